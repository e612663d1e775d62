#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="traces every event and every command of known workloads"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
requires_driver
expect_dmesg 'Event logged \[IO_PAGE_FAULT'

run_ok viommu-trace check

out_file=$(mktemp)
at_exit rm -f "$out_file"
# trace_start COMMAND ARGUMENT…: back once it really traces
trace_start() {
	: >"$out_file"
	viommu-trace "$@" --json >"$out_file" 2>&1 &
	tracer=$!
	wait_until 30 grep -q '"type":"ready"' "$out_file" || diag "$(cat "$out_file")"
}
trace_stop() {
	kill -INT "$tracer"
	wait "$tracer"
}
# events NAME: how many there were
events() { grep -c "\"event\":\"viommu_$1\"" "$out_file"; }

# --- a life of everything, counted by perf at the same time
trace_start events
counts=$(event_counts viommu-vmm --churn 23)
trace_stop
for event in init destroy guest_id_alloc guest_id_free vf_page_alloc vf_page_free \
	tables_init tables_uninit trans_devid_alloc trans_devid_free trans_dte_set trans_dte_clear; do
	is "$(events "$event") $(sed -n "s/^viommu_$event=//p" <<<"$counts")" "23 23" "23 times $event, as perf says"
done
# reset when it is made and when it is destroyed
is "$(events reset)" 46 "46 times reset"
for event in cmd_submit cmd_complete ipa_map ipa_unmap; do
	is "$(events "$event")" "$(sed -n "s/^viommu_$event=//p" <<<"$counts")" "as many $event as perf says"
done
is "$(tail -n 1 "$out_file" | jq -c '[.type, .lost, .events == '"$(grep -c '"event":' "$out_file")]")" '["totals",0,true]' "and none was lost"

# --- only what is asked for
run_ok viommu-trace events --list
is "$(sort <<<"$out")" "$(cd /sys/kernel/tracing/events/amd_viommu && printf '%s\n' viommu_* | grep -v viommu_cmd_latency)" \
	"the tool knows all events of the kernel, and no others"
trace_start events -e guest_id_alloc -e 'vdevice_*' -e viommu_event_deliver -e destroy --guest one
mapfile -t bdf < <(dma_devices)
play_vm one "${bdf[0]}" 0x10 5
play_vm two "${bdf[1]}" 0x11 5
plays one "a guest whose device faults, once" <<'S'
veventq q v 3
!EIO dma-read d 0x100001000 x
event q
S
gid=$(gid_of one)
# a name is read from /proc, so it must not end before
wait_until 30 grep -q event_deliver "$out_file"
play_stop one
play_stop two
trace_stop
is "$(jq -c 'select(.event) | [.event, .guest_id, .vm, .gdev_id, .ret]' "$out_file")" \
	"[\"viommu_guest_id_alloc\",$gid,\"one\",null,0]
[\"viommu_vdevice_init\",$gid,\"one\",\"00:02.0\",0]
[\"viommu_event_deliver\",$gid,\"one\",null,0]
[\"viommu_vdevice_destroy\",$gid,\"one\",\"00:02.0\",null]
[\"viommu_destroy\",$gid,\"one\",null,null]" "its events, and nobody else's"
is "$(jq -r 'select(.code).code' "$out_file")" IO_PAGE_FAULT "the fault by name"
run_ok viommu-trace explain event "$(jq -r 'select(.record).record' "$out_file")"
like "$out" 'code +IO_PAGE_FAULT.*address +0x100001000' "and all of it explained"
run_ok viommu-trace events -n 3 -d 1 -e cmd_submit -g 'nobody*'
like "$out" 'TIME +PROCESS' "no events, no lines but the headings"
run_fails 2 viommu-trace events -e nonsense
like "$err" 'see --list' "an event that does not exist is told"
# neither ends by itself, but for this
for command in "events --json" "latency --interval 0.1"; do
	run_fails 1 sh -c "viommu-trace $command >/dev/full"
	like "$err" 'cannot write to standard output: No space left' "a full disk is told"
done

# --- with two capabilities, and without
as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs)
caps=-all,+bpf,+perfmon
run_ok "${as_nobody[@]}" --inh-caps="$caps" --ambient-caps="$caps" --bounding-set="$caps" viommu-trace events -d 0.1
run_ok "${as_nobody[@]}" --inh-caps="$caps" --ambient-caps="$caps" --bounding-set="$caps" viommu-trace latency -d 0.1
run_fails 4 "${as_nobody[@]}" --bounding-set=-all viommu-trace latency -d 0.1
like "$err" 'CAP_BPF' "what is missing is named"

# --- latencies: reset and wait, twice; a flush and a wait on each map and unmap
trace_start latency
counts=$(event_counts viommu-vmm --ops 101 --names ops)
trace_stop
of() { jq -r --arg command "$1" 'select(.command == $command and .guest_id > 0).count' "$out_file"; }
is "$(of RESET_VMMIO) $(of INVALIDATE_IOMMU_PAGES) $(of COMPLETION_WAIT)" "2 202 204" "the commands of the VM, by type"
is "$(jq 'select(.type == "latency").count' "$out_file" | awk '{ n += $1 } END { print n }')" \
	"$(sed -n 's/^viommu_cmd_submit=//p' <<<"$counts")" "with the host's own, as many as perf saw"
is "$(jq -s 'map(select(.type == "latency") | .p50_ns <= .p90_ns and .p90_ns <= .p99_ns and .p99_ns <= .max_ns and .mean_ns <= .max_ns) | all' "$out_file")" \
	true "no percentile is above a higher one, or the longest"
is "$(jq -s 'map(select(.type == "latency") | .count == (.buckets | map(.[1]) | add)) | all' "$out_file")" \
	true "the histogram has them all"
is "$(jq -c 'select(.type == "interval") | [.lost, .timeouts]' "$out_file" | tail -n 1)" '[0,0]' "none is missing"

trace_start latency --guest gone
play_vm gone "${bdf[0]}" 0x10 5
plays gone "a VM that ends before the table comes" <<'S'
unmap as 0 0x400000
map as 0 0 0x400000
sleep 2000
S
play_stop gone
trace_stop
is "$(jq -r 'select(.type == "latency").vm' "$out_file" | sort -u)" gone "is known by its name"

trace_start latency
for name in first second; do
	play_vm "$name" "${bdf[0]}" 0x10 5
	plays "$name" "the $name VM of a guest ID" <<'S'
unmap as 0 0x400000
map as 0 0 0x400000
sleep 2000
S
	play_stop "$name"
done
trace_stop
is "$(jq -rs 'map(select(.command == "INVALIDATE_IOMMU_PAGES" and .guest_id > 0) | .vm) | sort | join(" ")' "$out_file")" \
	"first second" "each has its own latencies"
is "$(jq -s 'map(select(.vm == ("first", "second")) | .guest_id) | unique | length' "$out_file")" 1 \
	"though they had the same guest ID"
is "$(jq -s 'map(select(.vm == ("first", "second")) | .serial) | unique | length' "$out_file")" 2 \
	"as their serials tell"

vmm_start --vms 2 --names busy --rate 50 --hold 60
run_ok viommu-trace latency -i 0.5 -n 2 -H --guest busy-1
like "$out" 'busy-1 +[0-9]+ ivhd0 +host +INVALIDATE_IOMMU_PAGES +[0-9]+' "a table per interval"
like "$out" '(█|#)' "with histograms"
unlike "$out" 'busy-2' "of the VM that was asked for"
vmm_stop
done_testing
