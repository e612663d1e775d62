#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: perfetto
DESCRIPTION="records beside Debian's recorder of Perfetto, and both are one trace with one time"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/tap.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/vmm.sh"
requires_driver
requires_program protoc

dir=$(mktemp -d)
at_exit rm -rf "$dir"
cd "$dir" || exit 1
export PERFETTO_PRODUCER_SOCK_NAME=$dir/producer PERFETTO_CONSUMER_SOCK_NAME=$dir/consumer
perfetto=$build/perfetto/run
pids=()
# start NAME COMMAND…: in the background
start() {
	"${@:2}" >"$1.log" 2>&1 &
	pids+=($!)
}
end_all() {
	kill -KILL "${pids[@]}"
	wait "${pids[@]}"
} 2>/dev/null
at_exit end_all

# export_start NAME: back once it records
export_start() {
	start "$1" viommu-trace export --live --perfetto -o "$1.pftrace"
	wait_until 60 grep -q 'recording, until' "$1.log" || diag "$(cat "$1.log")"
}

# Who begins first sees a command first: theirs is between two of ours
export_start before
start traced "$perfetto" sbin/traced
start probes "$perfetto" sbin/traced_probes
listens() { [[ -S producer && -S consumer ]]; }
wait_until 60 listens || diag "$(cat traced.log)"
# ftrace's records of the same tracepoint
cat >config <<'END'
buffers { size_kb: 8192 }
data_sources { config { name: "linux.ftrace" ftrace_config { ftrace_events: "amd_viommu/viommu_cmd_submit" } } }
END
start perfetto "$perfetto" bin/perfetto --txt -c config -o theirs.pftrace
traces() { grep -qx 1 /sys/kernel/tracing/events/amd_viommu/viommu_cmd_submit/enable; }
wait_until 60 traces || diag "$(cat perfetto.log probes.log)"
export_start after

run_ok viommu-vmm --ops 101
for i in 4 3 0; do
	kill -INT "${pids[i]}"
	wait "${pids[i]}"
	is "$?" 0 "recorder $i ends well" || diag "$(cat ./*.log)"
done
cat theirs.pftrace before.pftrace after.pftrace >both.pftrace

# theirs: sequence number and CLOCK_BOOTTIME of each command. The fields of an event
# that only this kernel has are described beside it, in the order of the tracepoint.
protoc --decode_raw <both.pftrace >raw 2>raw.err
is "$?" 0 "one behind the other, both are a trace" || diag "$(cat raw.err)"
like "$(grep -A18 '1: "viommu_cmd_submit"' raw)" '3: 3[[:space:]]+1: "seq"' "it describes events"
awk '$1 == "2" && $2 == "{" { at = 0 } /^      1: / { at = $2 } $1 == "65536" { fields = 1 }
	fields && $1 == "3:" { print $2, at; fields = 0 }' raw | sort >theirs
cmp_ok "$(wc -l <theirs)" -ge $((4 * 101)) "it has the commands of 101 operations"
decode() { protoc --decode=perfetto.Trace -I "$top/tools/viommu-trace/show" perfetto.proto 2>/dev/null; }
# ours NAME: likewise, by CLOCK_MONOTONIC and the difference of both clocks when it began
ours() {
	decode <"$1.pftrace" | awk '
		$1 == "clock_id:" { id = $2 } $1 == "timestamp:" && id { if (!(id in clock)) clock[id] = $2; id = 0 }
		/^packet/ { at = seq = instant = 0 } $1 == "timestamp:" && /^  t/ { at = $2 } $1 == "uint_value:" { value = $2 }
		/name: "seq"/ { seq = value } /TYPE_INSTANT/ { instant = 1 }
		/name: "viommu_cmd_submit"/ && instant { printf "%s %.0f\n", seq, at + clock[6] - clock[3] }' | sort >"$1"
	is "$(join -v 1 theirs "$1" | wc -l)" 0 "viommu-trace, begun $1 it, has them, too"
}
ours before
ours after
is "$(decode <both.pftrace | grep -c 'name: "viommu_cmd_submit"')" $(($(wc -l <before) + $(wc -l <after))) "all are in the one trace"

# Recording takes a while, and longer where something comes between. Of the shortest times
# from ours to theirs, and from theirs to ours, the difference is that of the clocks, twice.
shortest() { join "$1" "$2" | awk '{ d = $3 - $2; if (!n++ || d < least) least = d } END { printf "%d\n", least }'; }
to=$(shortest before theirs) from=$(shortest theirs after)
apart=$(((from - to) / 2))
cmp_ok "${apart#-}" -le 1000 "the time of both is the same within 1 µs"
diag "$apart ns: $to ns to theirs, and $from ns from there"
done_testing
