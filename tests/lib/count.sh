# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only
#
# perf counts while a test goes on.

counter='' count_dir='' counts=''

# count_start ARGUMENT…: perf stat, of all CPUs, with these; back once it counts
count_start() {
	count_dir=$(mktemp -d)
	mkfifo "$count_dir/go"
	perf stat -a -x, -o "$count_dir/counts" "$@" \
		sh -c 'touch "$0/counting"; read -r _ <"$0/go"' "$count_dir" &
	counter=$!
	at_exit count_stop
	wait_until 60 test -e "$count_dir/counting" || diag "perf does not start to count"
}

# count_stop: $counts is name=count of each event, in one line
count_stop() {
	[[ $counter ]] || return 0
	echo >"$count_dir/go"
	wait "$counter"
	counter=''
	counts=$(awk -F, '/^[0-9]/ { sub(".*:", "", $3); print $3 "=" $1 }' "$count_dir/counts" | xargs)
	rm -rf "$count_dir"
}
