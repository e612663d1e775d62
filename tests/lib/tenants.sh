# shellcheck shell=bash disable=SC2154,SC2034
# SPDX-License-Identifier: GPL-2.0-only
#
# A tenant that knows what is its own, and one that does what it must not. Needs
# play.sh and storm.sh.

# What the last record of the tenant had: its number, and the record
declare -A tenant_sequence tenant_record
tenant_rounds=0 tenant_wrong=''

# tenant_start NAME BDF: a VM whose faults are in the host's log, so that its VMM is told
tenant_start() {
	play_vm "$1" "$2" 0x10 5
	plays "$1" "$1 has a command buffer and is told of its faults" <<-'S'
		queue c v cmd 0x300000 0x1000
		control v 0x1000
		veventq e v 1024
		mem-write 0x10000 mine
		!EIO dma-read d 0x100009000 x
	S
	play "$1" event e
	like "$reply" 'sequence=0 flags=0 evt=0000000100009000:2[0-9a-f]{3}0005[0-9a-f]{4}0010$' \
		"the record has the guest's IDs"
	tenant_sequence[$1]=0
	tenant_record[$1]=${reply##*evt=}
}

# tenant_works NAME: whether its data, commands and records are as they should;
# else $tenant_wrong says what is not
tenant_works() {
	local step

	for step in "dma-read d 0x100000000 mine" "inv-pages c 5 times=3" "cmd-wait c 0x320000" \
		"!EIO dma-read d 0x100009000 x" "event e timeout=10000"; do
		play "$1" "$step" || {
			tenant_wrong="$step: $reply"
			return 1
		}
	done
	((tenant_sequence[$1]++, tenant_rounds++))
	[[ $reply == *"sequence=${tenant_sequence[$1]} flags=0 evt=${tenant_record[$1]}" ]] || {
		tenant_wrong="record ${tenant_sequence[$1]}: $reply"
		return 1
	}
}

# tenant_goes_on NAME DESCRIPTION: as one result
tenant_goes_on() {
	tenant_works "$1"
	is "$tenant_wrong" "" "$2"
}

# storm_lasts: whether an actor is at work
storm_lasts() {
	local name

	for name in "${!actor[@]}"; do
		! kill -0 "${actor[$name]}" 2>/dev/null || return 0
	done
	return 1
}

# hostile_steps SEED: what a VMM and its guest must not do, and what is too much
hostile_steps() {
	local i

	cat <<-EOS
		queue c v cmd 0x300000 0x1000
		queue e v evt 0x310000 0x1000
		queue r v ppr 0x312000 0x1000
		nested asks v d 6 0x180000 ppr=1
		attach d asks
		control v 0xb004
	EOS
	# page requests, which nobody answers
	for ((i = 0; i < 300; i += 17)); do
		echo "?page-request d 0x10000a000 $i"
	done
	# rings and pointers of noise, and doorbells
	for ((i = 0; i < 5; i++)); do
		cat <<-EOS
			mem-noise 0x300000 0x1000 $(($1 + i))
			?control v $(($1 * (i + 1) & 0xb00c))
			reg-write v 0 $((($1 + i) * 7919 & 0xfff))
			reg-write v 8 $((($1 + i) * 104729))
			reg-write v 0x10 $((($1 + i) * 1299709))
			reg-write v 0x18 $((($1 + i) * 15485863))
			reg-write v 0x30 $((($1 + i) * 32452843))
			?dma-read d $((0x100000000 + i * 0x1000)) x
			invalidate-noise v 2003 $(($1 + i))
		EOS
	done
	# buffers that go while they are used, and every domain that it can have
	cat <<-EOS
		?destroy c
		?queue c v cmd 0x300000 0x1000
		?control v 0x1000
		unmap as 0 0x400000
		reg-write v 8 0xff0
		map as 0 0 0x400000
		?inv-all c
	EOS
	for ((i = 0; i < 13; i++)); do
		echo "?nested n$i v d $((100 + i)) 0x180000"
	done
}

# hostile BDF ROUNDS SEED: an actor: VMs that are killed in the middle of it
hostile() {
	local i line steps

	for ((i = 0; i < $2; i++)); do
		play_start bad
		steps=0
		while IFS= read -r line; do
			((++steps))
			play bad "${line#\?}" || [[ $line == \?* && $reply != "no answer" ]] ||
				echo "hostile $i: $line: $reply" >>"$wrong"
		done < <(vm_script "$1" 0x10 5 && hostile_steps $(($3 + i)))
		echo "round $i: $steps steps"
		play_kill bad
	done
}
