#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="sends the machine to sleep under two guests at work, and finds them at work again"
# shellcheck disable=SC1091
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/../lib/play.sh"
requires_driver

mapfile -t bdf < <(dma_devices)

# has DIR: what the hardware must have of a guest, and the tables in memory. Not the
# status register: nobody can set its bits again, and the Run bits are in queues.
has() {
	grep -vE '_map | status ' "$1/registers"
	awk '{ print $1, $2, $3, $4, $5, $6, $7 }' "$1/queues"
	cat "$1/vdevices" "$1/domains" "$1/tables" "$1/ipa" "$1/../trans_devids"
	sed -n '/^trans/p' "$1/state"
}

# sleep_for_a_while PM_TEST: none is the real thing
sleep_for_a_while() {
	echo "$1" >/sys/power/pm_test
	echo mem >/sys/power/state
}

play_vm one "${bdf[0]}" 0x10 5
plays one "with queues, of which the command buffer is in the middle" <<'S'
queue c v cmd 0x300000 0x1000
queue e v evt 0x310000 0x1000
control v 0x1004
inv-pages c 5 times=41
cmd-wait c 0x330000
dma-write d 0x100000000 awake
mem-check 0x10000 awake
!EIO dma-read d 0x100001000 x
log e
!EIO dma-read d 0x100001000 x
S
play_vm two "${bdf[1]}" 0x11 7
plays two "whose command buffer an illegal command has stopped" <<'S'
queue c v cmd 0x300000 0x1000
queue e v evt 0x310000 0x1000
control v 0x1004
cmd c 0xf000000000000000 0
log e
S
first=$(guest_of one)
second=$(guest_of two)
echo 1 >/sys/module/suspend/parameters/pm_test_delay

for test in core none; do
	before=$(has "$first")
	before_second=$(has "$second" | grep -v ' cmd  *')
	sleep_for_a_while $test
	is $? 0 "it sleeps, pm_test is $test, and wakes up"
	is "$(cat /sys/class/iommu/ivhd0/amd-iommu/viommu)" enabled "the vIOMMU is on again"
	is "$(diff <(echo "$before") <(has "$first"))" "" "the hardware has of the one guest what it had"
	is "$(diff <(echo "$before_second") <(has "$second" | grep -v ' cmd  *'))" "" "and of the other"
	plays one "DMA goes through both tables" <<-S
		dma-write d 0x100000000 slept-$test
		mem-check 0x10000 slept-$test
	S
	plays one "the guest's commands run where they stopped" <<-'S'
		inv-pages c 5 times=43
		cmd-wait c 0x330000
	S
	plays one "a change of the guest's tables is not seen before the guest says so" <<-'S'
		s1-map 0x181000 0x100002000 0x12000 0x1000
		dma-write d 0x100002000 one
		s1-map 0x181000 0x100002000 0x14000 0x1000
		dma-write d 0x100002000 two
		mem-check 0x12000 two
		inv-pages c 5
		cmd-wait c 0x330000
		dma-write d 0x100002000 three
		mem-check 0x14000 three
	S
	plays one "its log has what was in it, and what comes" <<-'S'
		log e
		!EIO dma-read d 0x100001000 x
		!EIO dma-read d 0x100001000 x
		log e
	S
	plays two "what an illegal command has stopped stands still, until the guest restarts it" <<-'S'
		!ETIMEDOUT log e timeout=200
		!ETIMEDOUT cmd-wait c 0x330000 timeout=200
		dma-write d 0x100000000 works
	S
done
play_start three
plays three "a new guest is as any other" <<-S
	ioas as
	device d ${bdf[2]}
	parent p d as
	ram as 0 0x400000
	viommu v d p
	queue c v cmd 0x300000 0x1000
	control v 0x1000
	inv-pages c 5 times=7
	cmd-wait c 0x330000
S
for name in one two three; do
	play_stop $name
done
is "$(echo "$debugfs"/iommu*/viommu/[0-9]*)" "$debugfs/iommu*/viommu/[0-9]*" "no vIOMMU is left"
done_testing
