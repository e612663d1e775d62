# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# Actors that get in each other's way. Each does a fixed number of rounds in a
# process of its own and appends a line per round that went wrong to $wrong; what
# it did goes to $storm/NAME.

# shellcheck source=vmm.sh
. "${BASH_SOURCE[0]%/*}/vmm.sh"
# shellcheck source=play.sh
. "${BASH_SOURCE[0]%/*}/play.sh"
# shellcheck source=record.sh
. "${BASH_SOURCE[0]%/*}/record.sh"
# shellcheck source=seen.sh
. "${BASH_SOURCE[0]%/*}/seen.sh"

# What the DMA of devices is told that are being detached, or whose domain is changed
# shellcheck disable=SC2034
storm_events='Event logged \[(IO_PAGE_FAULT|GUEST_EVENT_FAULT|VIOMMU_HARDWARE_ERROR|Device not attached to domain)|callbacks suppressed'

storm='' wrong=''
declare -A actor

storm_start() {
	storm=$(mktemp -d)
	wrong=$storm/wrong
	: >"$wrong"
	at_exit rm -rf "$storm"
	at_exit storm_end
}

# act NAME FUNCTION ARGUMENT…: lets an actor begin
act() {
	local name=$1
	shift

	(
		# what it starts belongs to it, and nothing else does
		trap - EXIT INT TERM
		# not those of the guests that stay
		for fd in "${play_in[@]}" "${play_out[@]}"; do
			exec {fd}>&-
		done
		"$@" >"$storm/$name" 2>&1
	) &
	actor[$name]=$!
}

# acted NAME: waits for its last round
acted() {
	wait "${actor[$1]}"
	unset "actor[$1]"
}

storm_end() {
	local name

	for name in "${!actor[@]}"; do
		kill "${actor[$name]}" 2>/dev/null
		acted "$name"
	done
}

# life BDF GDEVID GDOMID: the script of a whole VM, with all that it can have
life() {
	vm_script "$@"
	cat <<-EOS
		nested m v d $3 0x180000
		queue c v cmd 0x300000 0x1000
		queue e v evt 0x310000 0x1000
		control v 0x1004
		dma-write d 0x100000000 alive
		inv-pages c $3 times=211
		inv-devtab c $2
		attach d m
		inv-all c
		cmd-wait c 0x20000
		invalidate v 0x8000000000000000 0
		dma-read d 0x100000000 alive
	EOS
}

# its end, step by step
end_of_life() {
	cat <<-EOS
		control v 0
		destroy c
		attach d p
		destroy n
		destroy m
		destroy vd
		destroy e
		destroy v
		detach d
		close d
		destroy p
		destroy as
	EOS
}

# lives BDF ROUNDS: VMs that come and go, by turns step by step and by just ending
lives() {
	local i

	for ((i = 0; i < $2; i++)); do
		{
			life "$1" $((0x10 + i)) $((5 + i))
			((i % 2)) || end_of_life
		} >"$storm/script-$1"
		viommu-play "$storm/script-$1" || echo "lives $1: round $i: status $?" >>"$wrong"
	done
}

# kills BDF ROUNDS SEED: VMs that end in the middle of whatever they do
kills() {
	local i vm

	RANDOM=$3
	{
		life "$1" 0x10 5
		# more than it will live for
		for ((i = 0; i < 5003; i++)); do
			printf '%s\n' 'dma-write d 0x100000000 dying' 'inv-pages c 5 times=23'
		done
	} >"$storm/script-$1"
	for ((i = 0; i < $2; i++)); do
		viommu-play "$storm/script-$1" >/dev/null &
		vm=$!
		sleep "$((RANDOM % 2)).$((RANDOM % 10))"
		kill -9 "$vm" || echo "kills $1: round $i: it had ended" >>"$wrong"
		wait "$vm" 2>/dev/null
	done
}

# unplugs BDF ID BUS ROUNDS: the device goes while its VM is made or ends
unplugs() {
	local i n

	{
		life "$1" 0x10 5
		end_of_life
	} >"$storm/script-$1"
	for ((i = 0; i < $4; i++)); do
		ask_qemu "device_del $2" || echo "unplugs $1: round $i: device_del" >>"$wrong"
		# fails once the device has gone, at whatever step
		for ((n = 0; n < 53; n++)); do
			viommu-play "$storm/script-$1" 2>>"$storm/unplugged-$1" || break
		done
		echo "$n whole lives in round $i"
		wait_until 60 gone "$1" || echo "unplugs $1: round $i: it stays" >>"$wrong"
		wait_until 60 ask_qemu "device_add dma-testdev,id=$2,bus=$3" ||
			echo "unplugs $1: round $i: device_add" >>"$wrong"
		wait_until 60 there "$1" || echo "unplugs $1: round $i: it does not come back" >>"$wrong"
	done
	viommu-play "$storm/script-$1" || echo "unplugs $1: no VM any more" >>"$wrong"
}

# one at a time can have the port
ask_qemu() { flock "$storm/monitor" "$tests/lib/monitor.sh" "$1"; }
there() { [[ -d /sys/bus/pci/devices/$1/vfio-dev ]]; }
gone() { ! [[ -e /sys/bus/pci/devices/$1 ]]; }

# reads ROUNDS: all files of all guests; one that goes in between is no error
reads() {
	local i dir bytes=0

	for ((i = 0; i < $1; i++)); do
		for dir in "$debugfs"/iommu*/viommu{,/*}/; do
			bytes=$((bytes + $(cat "$dir"* 2>/dev/null | wc -c)))
		done
	done
	echo "$bytes bytes"
	((bytes)) || echo "reads: nothing" >>"$wrong"
}

# walks ROUNDS SERIAL…: the iterators. Guests that stay are there each time, and
# none is there twice.
walks() {
	local i rounds=$1 all serials serial
	shift

	for ((i = 0; i < rounds; i++)); do
		all=$(top_json) || echo "walks: round $i: viommu-top: status $?" >>"$wrong"
		serials=$(jq .serial <<<"$all")
		for serial; do
			grep -qx "$serial" <<<"$serials" || echo "walks: round $i: no vIOMMU $serial" >>"$wrong"
		done
		[[ ! $(sort <<<"$serials" | uniq -d) ]] || echo "walks: round $i: one is there twice" >>"$wrong"
		all=$(vdevices) || echo "walks: round $i: iter/amd_vdevice: status $?" >>"$wrong"
		[[ ! $(sort <<<"$all" | uniq -d) ]] || echo "walks: round $i: a vDevice is there twice" >>"$wrong"
	done
}

# watches ROUNDS: tools that look at events
watches() {
	local i

	for ((i = 0; i < $1; i++)); do
		viommu-top --batch -n 2 -i 0.5 >/dev/null || echo "watches: round $i: viommu-top: $?" >>"$wrong"
		viommu-trace events -d 0.5 >/dev/null || echo "watches: round $i: viommu-trace: $?" >>"$wrong"
	done
}
