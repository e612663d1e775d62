# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# perf records while a test goes on.

recorder='' record_dir='' record_ctl='' record_ack=''

# record_start DATA ARGUMENT…: perf records to DATA; back once it really does
record_start() {
	local data=$1
	shift

	record_dir=$(mktemp -d)
	mkfifo "$record_dir/ctl" "$record_dir/ack"
	exec {record_ctl}<>"$record_dir/ctl" {record_ack}<>"$record_dir/ack"
	perf record -q -a -D -1 --control "fifo:$record_dir/ctl,$record_dir/ack" -o "$data" "$@" sleep 1000 &
	recorder=$!
	at_exit record_stop
	echo enable >&"$record_ctl"
	IFS= read -r -t 120 <&"$record_ack" || diag "perf does not start to record"
}

record_stop() {
	[[ $recorder ]] || return 0
	kill -INT "$recorder"
	wait "$recorder"
	recorder=''
	exec {record_ctl}>&- {record_ack}>&-
	rm -rf "$record_dir"
}
