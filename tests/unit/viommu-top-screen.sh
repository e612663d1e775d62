#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# This test goes through a recording on viommu-top's screen, with a thousand
# VMs made of one that was recorded: keys are to be answered at once.
#
# usage: viommu-top-screen.sh PROGRAM

# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

program=$1
golden=$(cd "$(dirname "$0")/../golden" && pwd)
dir=$(mktemp -d) || exit 1
screen() { tmux -S "$dir/tmux" "$@"; }
trap 'screen kill-server 2>/dev/null; rm -r "$dir"' EXIT
export LC_ALL=C.UTF-8 TZ=UTC

show() { screen capture-pane -p; }

# shows TEXT WHAT: within a second, and most of that is for a busy machine
shows() {
	local n

	for ((n = 0; n < 50; n++)); do
		! show | grep -qF -- "$1" || break
		sleep 0.02
	done
	((n < 50))
	ok $? "$2" || show
}

press() { screen send-keys "$@"; }

# watch FILE ARGUMENT…: a screen of 100 columns and 24 lines
watch() {
	screen -f /dev/null new-session -d -x 100 -y 24 \
		"$(printf '%q ' "$program" --replay "$@"); echo status=\$?; sleep 60"
}

thousand='
if .vm == "web-1" then
	. as $one | range(1000) | . as $i | $one
	| .serial = $i + 1 | .guest_id = $i + 1 | .vm = "vm-\($i)" | .pid = 1000 + $i | .cmds += $i
elif .vm then empty
elif .viommus then .viommus = 1000
else . end'
jq -c "$thousand" "$golden/recording.ndjson" >"$dir/thousand"

watch "$dir/thousand" -i 0.1
shows "VMs 1000" "a thousand VMs are shown"
shows "replay 7 of 7" "the recording plays to its end"
press '{'
shows "replay 1 of 7" "the first sample"
press '.'
shows "replay 2 of 7" "the next"
press ']'
shows "replay 7 of 7" "ten on stops at the end"
press ',' ','
shows "replay 5 of 7" "two back"
press G
shows "of 1000" "scrolled"
shows "983-1000 of 1000" "to the last row"
press f
press -l vm-77
press Enter
shows "VMs 11 " "filtered"
shows "filter: vm-77" "which the header says"
press l
shows "completion latency since start" "the histogram of one"
press q q
shows "status=0" "q leaves"
screen kill-server

watch "$golden/recording.ndjson" -i 60
shows "1,5-6    db-1" "a VM with several vIOMMUs"
press v
shows "6         └" "unfolds"
press v
shows "replay 1 of 7" "and folds"
press q
shows "status=0" "q leaves"
screen kill-server

# fine up to the fourth sample
awk '/"type":"interval"/ { n++ } n == 3 && /"vm":"db-1"/ { next } { print }' \
	"$golden/recording.ndjson" >"$dir/hole"
watch "$dir/hole" -i 60
shows "replay 1 of 7" "a damaged recording is shown up to there"
press '}'
shows "replay 7 of 7" "and from there on"
press '{' ']' ',' ',' ','
shows "sample 3 is damaged" "but not there"
shows "status=1" "which is a failure"

done_testing
