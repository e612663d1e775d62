# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# Guests for tests in the VM: viommu-vmm in the background, and counting.

vmm_pid=''

# vmm_start ARGUMENT…: runs viommu-vmm until vmm_stop, back once all VMs are up
vmm_start() {
	vmm_out=$(mktemp)
	vmm_err=$(mktemp)
	viommu-vmm "$@" >"$vmm_out" 2>"$vmm_err" &
	vmm_pid=$!
	at_exit vmm_stop
	wait_until 30 grep -q READY "$vmm_err" || {
		diag "viommu-vmm does not get ready: $(cat "$vmm_err")"
		return 1
	}
}

vmm_stop() {
	[[ $vmm_pid ]] || return 0
	kill -TERM "$vmm_pid" 2>/dev/null
	wait "$vmm_pid"
	vmm_pid=''
}

vmm_pids() { pgrep -f -- "-name guest=$1" | sort -n; }

# top_json [ARGUMENT…]: an object per vIOMMU that exists now
top_json() { viommu-top --once --json -i 0.1 "$@"; }

# iterated NAME: what the iterator of viommu_NAME.bpf.o says. It stays pinned for the tests
# that follow: loading it takes longer than most of what they do.
iterated() {
	local pin=/sys/fs/bpf/tests_$1 text

	[[ -e $pin ]] || bpftool iter pin "$build/tools/viommu_$1.bpf.o" "$pin" || [[ -e $pin ]] || return
	text=$(<"$pin") || return
	[[ ! $text ]] || printf '%s\n' "$text"
}

# rows: how many vIOMMUs there are, by their iterator
rows() {
	local text
	local -a lines=()

	text=$(iterated guests) || {
		echo "iter/amd_viommu cannot be read"
		return
	}
	[[ ! $text ]] || mapfile -t lines <<<"$text"
	echo "${#lines[@]}"
}

# event_counts COMMAND…: name=count of each amd_viommu event while it runs, but
# viommu_cmd_latency, which tells who measures of a command once more
event_counts() {
	local file

	file=$(mktemp)
	perf stat -a -x, -o "$file" -e 'amd_viommu:*' "$@" >/dev/null 2>&1 || return
	awk -F, '/amd_viommu:/ && !/viommu_cmd_latency/ { sub("amd_viommu:", "", $3); print $3 "=" $1 }' "$file"
	rm -f "$file"
}

# top_start: viommu-top from before the workload on; top_stop: what it counted
top_start() {
	top_out=$(mktemp)
	viommu-top --json -i 0.5 >"$top_out" 2>&1 &
	top_pid=$!
	wait_until 20 grep -q '"type":"ready"' "$top_out"
}

# top_stop KEY…: "key=count" of the totals, a line each
top_stop() {
	local key

	kill -TERM "$top_pid"
	wait "$top_pid"
	for key; do
		printf '%s=%s\n' "$key" "$(jq -r --arg key "$key" 'select(.type == "totals")[$key]' "$top_out")"
	done
}
