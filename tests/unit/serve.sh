# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# viommu-top --listen for tests that scrape it. Sourced after tap.sh by what has
# $program and $golden, which gets the ports of each, too.

# shellcheck source-path=SCRIPTDIR source=many.sh
. "$(dirname "${BASH_SOURCE[0]}")/many.sh"

dir=$(mktemp -d) || exit 1
pids=()
trap '((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null; wait; rm -r "$dir"' EXIT

# get_from PORT ARGUMENT… PATH
get_from() { curl -s --max-time 60 "${@:2:$#-2}" "http://127.0.0.1:$1${*: -1}"; }

serve() { # ARGUMENT…: on a port of its own
	rm -f "$dir/err"
	"$program" --listen 0 "$@" 2>"$dir/err" &
	pids+=($!)
	for ((i = 0; i < 1000; i++)); do
		port=$(sed -n 's/.*metrics are at port \([0-9]*\),.*/\1/p' "$dir/err" 2>/dev/null)
		[[ ! $port ]] || return 0
		sleep 0.05
	done
	return 1
}

# one with all there is, the slowest commands among it
serve_finest() {
	sed 's/"max_ns":[1-9][0-9]*/&,"slowest_seq":4711,"slowest_monotonic_ns":1000/g' "$golden/vm.ndjson" >"$dir/slowest"
	serve --replay "$dir/slowest" -n 3 --metrics=queue
	finest=$port
}

# and one as large as hosts become, with three queues per VM
serve_many() {
	recording_of_many /dev/null >"$dir/many"
	serve --replay "$dir/many"
	many=$port
}

serve_recording() {
	serve --replay "$golden/recording.ndjson" -n 4
}
