#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="serves and records a live workload with two capabilities only"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
. "${0%/*}/lib/vmm.sh"
requires_driver

# As the systemd unit runs it: nobody, with what tracing takes
caps=-all,+bpf,+perfmon
as_service=(setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs
	--inh-caps="$caps" --ambient-caps="$caps" --bounding-set="$caps")

# RESET_VMMIO and its wait; then two flushes and their waits for each operation
expected=$((2 + 4 * 101))

messages=$(mktemp) recording=$(mktemp)
"${as_service[@]}" viommu-top --listen 0 --metrics=queue -i 0.2 2>"$messages" &
service=$!
viommu-top --json -i 0.2 >"$recording" &
recorder=$!
stop_both() {
	kill "$service" "$recorder" 2>/dev/null
	rm -f "$messages" "$recording"
}
at_exit stop_both
served() { sed -n 's/.*metrics are at port \([0-9]*\),.*/\1/p' "$messages" | grep .; }
wait_until 20 served >/dev/null
port=$(served)
like "$port" '^[0-9]+$' "it listens" || diag "$(cat "$messages")"
wait_until 20 grep -q '"type":"interval"' "$recording"

vmm_start --ops 101 --hold 120
metric() { curl -s --max-time 5 "http://127.0.0.1:$port/metrics" | awk -v name="$1{" 'index($0, name) == 1 { print $2 }'; }
counted() { [[ $(metric amd_viommu_commands_total) == "$expected" ]]; }
wait_until 30 counted
is "$(metric amd_viommu_commands_total)" "$expected" "all commands of 101 operations are served"
is "$(metric amd_viommu_wait_seconds_count)" 203 "and the 203 waits"
is "$(metric amd_viommu_latency_seconds_count)" 203 "each with its latency"
recorded() { [[ $(jq -r 'select(.type == "viommu").cmds' "$recording" | tail -n 1) == "$expected" ]]; }
wait_until 30 recorded
vmm_stop
kill -TERM "$service"
wait "$service"
is "$?" 0 "SIGTERM ends it well"
kill -TERM "$recorder"
wait "$recorder"

run viommu-top --replay "$recording" --json
is "$out" "$(cat "$recording")" "a replay of the recording says the same"
run viommu-top --replay "$recording" --batch
like "$out" 'loss: complete' "which is complete"
done_testing
