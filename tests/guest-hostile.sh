#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# TIMEOUT: 300
DESCRIPTION="lets a guest write what it likes to its queues, beside one that notices nothing"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
requires_driver
expect_dmesg 'Event logged \[(IO_PAGE_FAULT|GUEST_EVENT_FAULT|VIOMMU_HARDWARE_ERROR)|callbacks suppressed'

mapfile -t bdf < <(dma_devices)
for name in bad good; do
	play_vm "$name" "${bdf[0]}" 0x10 5
	bdf=("${bdf[@]:1}")
	plays "$name" "$name has queues" <<-'S'
		queue c v cmd 0x300000 0x1000
		queue e v evt 0x310000 0x1000
		control v 0x1004
		mem-write 0x10000 mine
	S
done
good_gid=$(gid_of good)
bad_gid=$(gid_of bad)

# good_works WHAT: the other guest's device, commands and log do
good_works() {
	plays good "$1: the other guest notices nothing" <<-'S'
		dma-read d 0x100000000 mine
		inv-pages c 5 times=17
		cmd-wait c 0x320000
		!EIO dma-read d 0x100009000 x
		log e
		!ETIMEDOUT log e timeout=20
	S
}

# noise SEED: a ring and its pointers of noise, and a queue that runs if it can
noise() {
	play bad control v 0 &&
		play bad mem-noise 0x300000 0x1000 "$1" &&
		play bad control v 0x1004 &&
		play bad reg-write v 0 $(($1 * 7919 & 0xfff)) &&
		play bad reg-write v 8 $(($1 * 104729)) &&
		play bad reg-write v 0x10 $(($1 * 1299709)) &&
		play bad reg-write v 0x18 $(($1 * 15485863)) &&
		play bad reg-write v 0x20 $(($1 & 0xff))
}
for ((seed = 1; seed <= 101; seed++)); do
	noise "$seed" || break
done
is "$seed" 102 "101 rings of noise"
good_works "noise"

# commands that are legal, with IDs and addresses of noise
legal() {
	local i

	for ((i = 0; i < 101; i++)); do
		play bad cmd c "$((0x3000000000000000 | (i * 7919 & 0xffff) << 32))" 0x7fffffffffff007 || return
		play bad cmd c "$((0x1000000000000001 | (i * 104729 << 12)))" 1 || return
	done
}
plays bad "the guest makes a new buffer" <<'S'
destroy c
queue c v cmd 0x300000 0x1000
control v 0
control v 0x1004
reg-write v 0 0
reg-write v 8 0
cmd-wait c 0x320000
S
legal
is $? 0 "invalidations of 101 domains, mostly not its own, and stores anywhere"
good_works "other domains"

# doorbells without end
storm() {
	local i

	for ((i = 0; i < 503; i++)); do
		play bad reg-write v 8 $(((i * 16) & 0xff0)) || return
	done
}
play bad mem-fill 0x300000 0x1000 0
storm
is $? 0 "503 doorbells"
good_works "a storm"

# buffers that go while they are used
for ((i = 0; i < 13; i++)); do
	play bad unmap as 0 0x400000
	play bad reg-write v 8 $((i * 16))
	play bad map as 0 0 0x400000
	play bad control v 0
	play bad control v 0x1004
done
good_works "memory that comes and goes"

# What it may only read, the hardware must not write. Of what is printed each guest
# has a share, and the noise above may have used it up: the trace has all.
trace=$(mktemp)
at_exit rm -f "$trace"
viommu-trace events --json -e event_record >"$trace" 2>&1 &
tracer=$!
wait_until 60 grep -q '"type":"ready"' "$trace"
plays bad "a guest whose memory is read-only" <<'S'
unmap as 0 0x400000
map as 0 0 0x400000 ro
destroy c
destroy e
queue c v cmd 0x300000 0x1000
queue e v evt 0x310000 0x1000
reg-write v 0 0
reg-write v 8 0
cmd c 0x1000000000320001 0x123456
cmd-drain c
!EIO dma-read d 0x100009000 x
S
good_works "read-only memory"
blamed() { jq -c "select(.guest_id == $1 and .code == \"GUEST_EVENT_FAULT\")" "$trace" 2>/dev/null | wc -l; }
is_blamed() { (($(blamed "$bad_gid"))); }
wait_until 20 is_blamed
kill -INT "$tracer"
wait "$tracer"
isnt "$(blamed "$bad_gid")" 0 "who did it is blamed"
is "$(blamed "$good_gid")" 0 "and nobody else"
json=$(top_json)
isnt "$(jq "select(.guest_id == $bad_gid).events" <<<"$json")" 0 "its events are counted for it"
is "$(jq "select(.guest_id == $good_gid).events" <<<"$json")" 0 "none for the other one"
cmp_ok "$(dmesg_here | grep -c 'Event logged')" -le 60 "the log is not flooded"
play_kill bad
good_works "a neighbour that was killed"
play_kill good
is "$(rows)" 0 "nothing is left of either"
done_testing
