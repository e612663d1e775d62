#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# insns.sh KERNEL ROUNDS DOMAIN…: counts in a VM of COUNT_INSNS=yes, and prints each
# figure as a line of JSON, with KERNEL in it. Behind a DOMAIN of "traced" come the
# same of a guest's, under each tracer.

set -u
export LC_ALL=C.UTF-8
kernel=$1 rounds=$2
shift 2
# shellcheck source-path=SCRIPTDIR source=tracers.sh
. "$(dirname "$0")/tracers.sh"

count() { # DOMAIN TRACER
	viommu-insns --domain "$1" --rounds "$rounds" |
		sed "s/^{/{\"kernel\":\"$kernel\",\"tracer\":\"$2\",/"
}

# under NAME READY-REGEX COMMAND…
under() {
	local name=$1 ready=$2 dir pid
	shift 2

	dir=$(mktemp -d)
	"$@" >"$dir/out" 2>"$dir/err" &
	pid=$!
	! wait_for "$ready" "$dir/out" "$dir/err" || count viommu "$name"
	# not INT, which what a script starts in the background may ignore
	kill "$pid"
	wait "$pid"
	rm -rf "$dir"
}

for domain; do
	if [[ $domain != traced ]]; then
		count "$domain" none
		continue
	fi
	under viommu-top '"ready"' viommu-top --json -i 1
	under viommu-trace-latency '"ready"' viommu-trace latency --json
	under viommu-trace-record recording viommu-trace record -o /dev/null -e cmd_submit -e cmd_complete
	under perf-stat '^#' sh -c 'echo "#"; exec perf stat -a -e "$1" -e "$2"' sh "${events[@]}"
done
