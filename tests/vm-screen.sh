#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# TIMEOUT: 400
DESCRIPTION="shows what a VM is made of, what happened to it, and whose an ID is"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/record.sh"
requires_driver
requires_program tmux
expect_dmesg 'Event logged \[IO_PAGE_FAULT'

dir=$(mktemp -d)
at_exit rm -rf "$dir"
mapfile -t bdf < <(dma_devices)
cmp_ok "${#bdf[@]}" -ge 4 "there are devices for it"

# before guests are: it would keep their input open
screen() { tmux -S "$dir/tmux" "$@"; }
stop_screen() { screen kill-server 2>/dev/null || :; }
at_exit stop_screen
LC_ALL=C.UTF-8 screen -f /dev/null new-session -d -x 80 -y 40 "sleep 1000"

# --- a recording, and perf, from before the first guest on
recording=$dir/recording
viommu-top --json -i 0.2 >"$recording" &
json_pid=$!
stop_json() { kill -TERM "$json_pid" 2>/dev/null || :; }
at_exit stop_json
wait_until 30 grep -q '"type":"interval"' "$recording"
record_start "$dir/perf" -e amd_viommu:viommu_cmd_submit

play_vm one "${bdf[0]}" 0x10 5
plays one "3 devices, 7 domain IDs, 13 changes of memory, 2 faults" <<S
device d2 ${bdf[1]}
attach d2 p
vdevice vd2 v d2 0x11
device d3 ${bdf[2]}
attach d3 p
vdevice vd3 v d3 0x1ff
nested n2 v d 5 0x180000
nested n6 v d 6 0x180000
nested n7 v d 7 0x180000
nested n8 v d 8 0x180000
nested n9 v d 9 0x180000
nested n10 v d 10 0x180000
nested n11 v d 0xffff 0x180000
attach d2 n6
!EIO dma-write d 0x100001000 x
!EIO dma-write d 0x100001000 x
S
for _ in {1..13}; do
	play one map as 0x800000 0 0x1000 || diag "$reply"
	play one unmap as 0x800000 0x1000 || diag "$reply"
done
play_vm two "${bdf[3]}" 0x10 5
guest=$(guest_of one) gid=$(basename "$(guest_of one)") gid_two=$(basename "$(guest_of two)")

# --- the same as debugfs has
json=$(top_json)
of() { jq -r --argjson gid "$1" "select(.guest_id == \$gid) | $2" <<<"$json"; }
is "$(of "$gid" '.vdevices | length')" 3 "three devices"
bdf_of='def h: "0123456789abcdef"[.:. + 1]; def bdf: (. / 4096 | floor | h) + (. / 256 % 16 | floor | h) + ":" + (. / 128 % 2 | floor | h) + (. / 8 % 16 | floor | h) + "." + (. % 8 | h); '
is "$(of "$gid" "$bdf_of"'.vdevices | sort_by(.hdev_id)[] | "\(.gdev_id | bdf) \(.hdev_id | bdf) \(.serial) \(.events)"')" \
	"$(awk 'NR > 1 { print $1, $2, $3, $4 }' "$guest/vdevices")" "as debugfs has them"
is "$(of "$gid" '[.vdevices[].driver] | unique | join(" ")')" vfio-pci "with their driver"
is "$(of "$gid" '[.vdevices[].events] | add')" 2 "and two faults"
is "$(of "$gid" '.domains | length')" 7 "seven domain IDs"
is "$(of "$gid" '.domains[] | "\(.gdom_id) \(.hdom_id) \(.users) \(if .mapped then "yes" else "no" end)"')" \
	"$(awk 'NR > 1 { print $1, $2, $3, $4 }' "$guest/domains")" "as debugfs has them"
is "$(of "$gid_two" '"\(.vdevices | length) \(.domains | length)"')" "1 1" "another VM has its own"
is "$(of "$gid" .table_bytes)" "$(awk '/^table_memory:/ { print $2 }' "$guest/state")" "memory of its tables, too"
is "$(of "$gid" "$bdf_of .trans_devid | bdf")" "$(awk '/^trans_devid:/ { print $3 }' "$guest/state" | tr -d ,)" "and its translation device ID"
is "used $(jq -s length <<<"$json") free $(of "$gid" .trans_devids_free)" "$(cat "$guest/../trans_devids")" "of which as many are free"

# --- commands, one by one, as perf saw them
settled() { [[ $(grep -c '"type":"interval"' "$recording") -gt $1 ]]; }
wait_until 20 settled "$(($(grep -c '"type":"interval"' "$recording") + 1))"
record_stop
last=$(grep "\"guest_id\":$gid," "$recording" | tail -n 1)
perf_counts=$(PAGER=cat perf script -i "$dir/perf" -F trace |
	awk -v gid="guest_id=$gid" '$2 == gid { sub("opcode=", "", $4); n[$4]++ } END { for (i in n) print i, n[i] }' | sort)
is "$(jq -r '.commands[] | "\(.command) \(.count)"' <<<"$last" | sort)" "$perf_counts" "commands by type, as perf counted them"
flushes=$(jq '.commands[] | select(.command == "INVALIDATE_IOMMU_PAGES").count' <<<"$last")
cmp_ok "$flushes" -ge 26 "among them a flush per map and unmap"
is "$(jq '[.commands[] | .count == (.latency_buckets | map(.[1]) | add) and .p50_ns <= .p90_ns and .p90_ns <= .p99_ns] | all' <<<"$last")" \
	true "their histograms have them all, and percentiles in order"

# --- what happened
happened() { jq -r --argjson gid "$gid" "select(.type == \"viommu\" and .guest_id == \$gid) | .happened[] | $1" "$recording"; }
is "$(happened .event | grep -c vdevice_init)" 3 "three devices came"
is "$(happened .event | grep -c domain_alloc)" 8 "eight nested domains were allocated, two with one ID"
is "$(happened 'select(.event == "viommu_event_record").text')" \
	"$(printf 'IO_PAGE_FAULT device %s address 0x100001000\n' "${bdf[0]#*:}" "${bdf[0]#*:}")" "and two faults, which say where"
is "$(happened .nr)" "$(happened .nr | sort -nu)" "each is there once, in order"

# --- whose is it?
resolves() { # ID DESCRIPTION: to VM one, as JSON
	run_ok viommu-top --resolve "$1" --json
	is "$(jq -r '"\(.vm) \(.pid) \(.guest_id)"' <<<"$out" | sort -u)" "one ${play_pid[one]} $gid" "$2"
}
resolves "gid:$gid" "a guest ID"
resolves "gid:0:$gid" "one of an IOMMU"
resolves "gdev:01:1f.7" "a device ID of a guest"
resolves "gdev:0x11" "one as a number"
resolves "${bdf[1]}" "a device of the host"
resolves "hdev:${bdf[1]#*:}" "also without its segment"
resolves "hdom:$(awk '$1 == 8 { print $2 }' "$guest/domains")" "a domain of the host behind one of the guest"
resolves "hdom:$(awk '/^parent:/ { print $3 }' "$guest/state")" "the domain of its memory"
resolves "trans:$(awk '/^trans_devid:/ { print $3 }' "$guest/state" | tr -d ,)" "a translation device ID"
run_ok viommu-top --resolve gdev:00:02.0 --json
is "$(jq -r .vm <<<"$out" | sort | xargs)" "one two" "an ID of two guests is both's"
run_ok viommu-top --resolve "$(basename "${bdf[2]}")"
is "$out" "ivhd0  guest ID $gid  VM one  PID ${play_pid[one]} (viommu-play)  host device ${bdf[2]} is the guest's 01:1f.7, driver vfio-pci" \
	"in words"
run_fails 1 viommu-top --resolve gid:32766
is "$out" "" "what is nobody's is nobody's"
like "$err" 'nobody has gid:32766' "which is told"
run_fails 2 viommu-top --resolve 5
like "$err" 'say what it is' "what may be many things has to be named"

# --- the screen itself
screen respawn-pane -k "viommu-top -g one -i 0.5"
shows() {
	wait_until 20 eval "screen capture-pane -p | grep -qE -- '$1'"
	ok_or_screen $? "$2"
}
ok_or_screen() {
	if (($1)); then not_ok "$2" "$(screen capture-pane -p)"; else ok "$2"; fi
}
shows "TransDevIDs 2 of" "the table says what is in use"
screen send-keys Enter
shows "vIOMMUs 1 +guest IDs $gid +devices 3 +domains 7" "one VM has the screen"
shows "${bdf[1]} +vfio-pci +00:02.1 of guest ID $gid" "its devices"
shows "^65535 +of $gid +→ [0-9]+ +1 +never attached" "its domains"
play one map as 0x800000 0 0x1000
play one unmap as 0x800000 0x1000
shows "^INVALIDATE_IOMMU_PAGES +[0-9]+ +[0-9.]+(n|µ|m)s" "its commands"
play one nested late v d 12 0x180000
shows "ago domain_alloc gdom_id=12" "what happens to it"
screen send-keys Escape
shows "GUEST ID VM " "and back to the table"
screen send-keys Enter
play_stop one
shows "one has no vIOMMU any more" "a VM that ends is gone"
screen send-keys q q
wait_until 10 eval '! screen list-sessions 2>/dev/null'
is "$?" 0 "q, and q again, leaves"

# --- and later, from the recording
play_stop two
wait_until 20 settled "$(($(grep -c '"type":"interval"' "$recording") + 1))"
stop_json
wait "$json_pid"
run viommu-top --replay "$recording" --json
is "$out" "$(cat "$recording")" "a replay of the recording says the same"
run_ok viommu-top --replay "$recording" --resolve "${bdf[2]}" --json
is "$(jq -r '"\(.vm) \(.guest_id)"' <<<"$out")" "one $gid" "and still knows whose the device was"
done_testing
