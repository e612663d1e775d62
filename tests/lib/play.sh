# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# Guests for tests in the VM that are driven step by step: viommu-play in the
# background, one per name.

declare -A play_pid play_in play_out
play_count=0
debugfs=/sys/kernel/debug/iommu/amd

# dma_devices: the PCI addresses of all devices made for DMA tests, in order
dma_devices() {
	local dev

	for dev in /sys/bus/pci/devices/*; do
		[[ ! -d $dev/vfio-dev || $(<"$dev/vendor") != 0x1234 || $(<"$dev/device") != 0x11ea ]] ||
			printf "%s\n" "${dev##*/}"
	done
}

# play_start NAME: a VM that does nothing yet
play_start() {
	local name=$1 dir in out

	dir=$tap_dir/play-$BASHPID-$((++play_count))
	mkfifo "$dir.in" "$dir.out"
	# both ways, so that neither side waits for the other to open it
	exec {in}<>"$dir.in" {out}<>"$dir.out"
	play_in[$name]=$in
	play_out[$name]=$out
	(
		# its input ends when the test closes it, wherever else it came to
		for fd in "${play_in[@]}" "${play_out[@]}"; do
			exec {fd}>&-
		done
		exec viommu-play -k -name "guest=$name" "$dir.in" >"$dir.out" 2>&1
	) &
	play_pid[$name]=$!
	at_exit play_kill "$name"
}

# play_stop NAME: its script ends, and so does it; play_kill NAME: at once
play_stop() {
	[[ ${play_pid[$1]:-} ]] || return 0
	local fd

	for fd in "${play_in[$1]}" "${play_out[$1]}"; do
		exec {fd}>&-
	done
	wait "${play_pid[$1]}"
	unset "play_pid[$1]" "play_in[$1]" "play_out[$1]"
}

play_kill() {
	[[ ${play_pid[$1]:-} ]] || return 0
	kill -9 "${play_pid[$1]}"
	play_stop "$1" 2>/dev/null
}

# play NAME STEP…: true if it went as expected; what it said is in $reply
play() {
	local name=$1
	shift

	printf '%s\n' "$*" >&"${play_in[$name]}"
	IFS= read -r -t 30 reply <&"${play_out[$name]}" || reply="no answer"
	[[ $reply == ok\ * ]]
}

# plays NAME DESCRIPTION: the steps of standard input, as one result
plays() {
	local name=$1 description=$2 line

	while IFS= read -r line; do
		[[ $line ]] || continue
		if ! play "$name" "$line"; then
			not_ok "$description" "step: $line"$'\n'"went: $reply"
			return
		fi
	done
	ok "$description"
}

# vm_script BDF GDEVID GDOMID: the steps to a VM with 4 MiB of memory, a vIOMMU v, a
# device d that is GDEVID for it, and tables with one page, 100000000h to GPA
# 10000h, in a nested domain n that is GDOMID for it. The device is attached to it.
vm_script() {
	printf '%s\n' "ioas as" \
		"device d $1" \
		"parent p d as" \
		"ram as 0 0x400000" \
		"viommu v d p" \
		"vdevice vd v d $2" \
		"s1-pool 0x200000 0x100000" \
		"s1-gcr3 0x180000 0x181000" \
		"s1-map 0x181000 0x100000000 0x10000 0x1000" \
		"nested n v d $3 0x180000" \
		"attach d n"
}

# play_vm NAME BDF GDEVID GDOMID: such a VM
play_vm() {
	play_start "$1"
	plays "$1" "$1 has a device behind its own vIOMMU and tables" < <(vm_script "${@:2}")
}

# guest_of NAME: the directory in debugfs of a VM's first vIOMMU
guest_of() {
	local state

	for state in "$debugfs"/iommu*/viommu/*/state; do
		[[ ! $(<"$state") =~ (^|$'\n')"owner:"\ *"${play_pid[$1]} " ]] || {
			printf "%s\n" "${state%/*}"
			return
		}
	done
}

# gid_of NAME: the guest ID of that vIOMMU
gid_of() {
	local dir

	dir=$(guest_of "$1")
	echo "${dir##*/}"
}

# entry GUEST-DIR TABLE ID: an entry of its tables, as debugfs has it. Where
# entries depend on their place, without the 32 bits that say where it is.
entry() {
	local text

	text=$(entry_as_it_is "$@")
	[[ $(<"$1/../default_pages") != unsupported ]] ||
		text=$(printf '%016x' $((0x${text: -16} & ~0x1fffffffe0000)))
	echo "$text"
}

entry_as_it_is() {
	awk -v table="$2" -v id="$((16#${3#0x}))" '
		function hex(s, n, i) {
			n = 0
			for (i = 1; i <= length(s); i++)
				n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
			return n
		}
		$1 == table && hex($2) <= id { last = $3 }
		END { print last }' "$1/tables"
}

# vdevices: what iter/amd_vdevice says, a line per device of a guest
vdevices() { iterated vdevices; }

# bdf_number BDF: its requester ID, as a number
bdf_number() {
	local bus dev fn

	IFS=:. read -r _ bus dev fn <<<"$1"
	echo $((16#$bus << 8 | 16#$dev << 3 | fn))
}
