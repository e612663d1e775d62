#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# This test goes through recordings on viommu-top's screens, one of them with three
# thousand vIOMMUs made of one that was recorded: keys are to be answered at once.
#
# usage: screen.sh PROGRAM

# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"

program=$1
golden=$(cd "$(dirname "$0")/../../golden" && pwd)
dir=$(mktemp -d) || exit 1
socket=0
screen() { tmux -S "$dir/tmux$socket" "$@" 2>/dev/null; }
trap 'screen kill-server 2>/dev/null; rm -r "$dir"' EXIT
export LC_ALL=C.UTF-8 TZ=UTC

show() { screen capture-pane -p; }

# shows TEXT WHAT: in the end; how long it took does not matter on a busy machine
shows() {
	local n

	for ((n = 0; n < 3000; n++)); do
		! show | grep -qF -- "$1" || break
		sleep 0.02
	done
	((n < 3000))
	ok $? "$2" || show
}

press() { screen send-keys "$@"; }

# watch FILE ARGUMENT…: a screen of 100 columns and 24 lines
watch() {
	# the last server may not be gone yet
	((++socket))
	screen -f /dev/null new-session -d -x 100 -y 24 \
		"$(printf '%q ' "$program" --replay "$@"); echo status=\$?; sleep 60"
}

three_thousand='
if .vm == "web-1" then
	. as $one | range(3000) | . as $i | $one
	| .serial = $i + 1 | .guest_id = $i + 1 | .cmds += $i
	| if $i < 1000 then .vm = "big" | .pid = 900 else .vm = "vm-\($i)" | .pid = 1000 + $i end
	| .trans_devid = 256 + $i | .trans_devids_free = 60000 | .segment = 0 | .table_bytes = 4096
	| .vdevices = [{serial: ($i + 1), segment: 0, hdev_id: $i, gdev_id: 16, driver: "vfio-pci", events: 0}]
	| .domains = [{gdom_id: 5, hdom_id: (5000 + $i), users: 1, mapped: true}]
	| .commands = [{command: "COMPLETION_WAIT", opcode: 1, count: 3, total_ns: 5000, max_ns: 2500,
		latency_buckets: [[38, 3]]}]
	| .happened = [{nr: .waits, monotonic_ns: .age_ns, event: "viommu_reset", text: "reset ret=0", bad: false}]
elif .vm then empty
elif .viommus then .viommus = 3000
else . end'
jq -c "$three_thousand" "$golden/recording.ndjson" >"$dir/many"

watch "$dir/many" -i 0.1
shows "VMs 2001" "three thousand vIOMMUs are shown"
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
shows "of 2001" "scrolled"
shows "1984-2001 of 2001" "to the last row"
press Enter
shows "vm-2999" "one VM has the screen"
shows "0000:0b:16.7    vfio-pci" "with its device"
press '{'
shows "replay 1 of 7" "which goes through the recording"
shows "commands/s       -" "without a rate at its beginning"
press '}'
shows "LAST 6 intervals" "and with those of all intervals at its end"
press Home Left
shows "vm-2998" "the VM above in the table"
press Escape f
press -l big
press Enter Enter
shows "vIOMMUs 1000" "a VM with a thousand vIOMMUs"
press G
shows " of 50" "scrolled"
press Tab
shows "4-23 of 50" "and back to the section that Tab goes to"
press q f
press C-u
press Enter
press f
press -l vm-277
press Enter
shows "VMs 10 " "filtered"
shows "filter: vm-277" "which the header says"
press l
shows "completion latency since creation" "the histogram of one"
press q q
shows "status=0" "q leaves"
screen kill-server

watch "$golden/recording.ndjson" -i 60
shows "1,5-6    db-1" "a VM with several vIOMMUs"
press v
shows "6         └" "unfolds"
press v
shows "replay 1 of 7" "and folds"
press Enter
shows "vIOMMUs 3  guest IDs 1,5-6" "Enter gives it the screen"
shows "not in this recording" "which says what an older recording does not have"
screen resize-window -x 80 -y 12
shows "VM db-1  PID 120" "in a small one, what it is about is still there"
press G
shows "of 17" "and the rest is scrolled to"
screen resize-window -x 200 -y 30
for ((n = 0; n < 3000; n++)); do
	! show | grep -qE '^RATE .* QUEUE ' || break
	sleep 0.02
done
((n < 3000))
ok $? "a wide one has two columns"
press "?"
shows "Left and Right to other VMs" "help covers it"
press x BSpace
shows "GUEST ID VM " "and back to the table"
press q
shows "status=0" "q leaves"
screen kill-server

watch "$golden/vm.ndjson" -i 60 --ascii
press '}' z
screen resize-window -x 80 -y 24
shows "by cmd_rate  complete  replay 10 of 10  PAUSED" "80 columns are enough for the state of a replay"
screen resize-window -x 100 -y 24
shows "Idle ones are left out" "z leaves out who is idle"
shows "4        stuck" "but not who is stuck"
press z f
press -l db-1
press Enter Enter
shows "vIOMMUs 2  guest IDs 5-6  devices 3  domains 3  IPA 20.0K" "a VM with devices and domains"
shows "commands/s     128    144 .+#-+*#+*" "its rate, in ASCII"
shows "0000:00:12.0    vfio-pci             00:02.0 of guest ID 6 0" "a device"
shows "7     of 5       > 42         1      never attached" "a domain"
shows "COMPLETION_WAIT               132 24.8us 39.0us 63.5us 1.71ms" "a command"
press l G Home PageDown
shows "16.4us - 32.8us            77 ########" "and its histogram"
press l G
shows "domain_alloc gdom_id=5 hdom_id=40 ret=0" "what happened"
press Home PageDown
shows "IO_PAGE_FAULT device 00:10.0 address 0x100001000" "a fault"
press q
shows "GUEST ID VM " "q goes back"
press f C-u
press -l stuck
press Enter Enter
shows "4 cmd    stuck [" "a queue that is stuck"
press Q
shows "status=0" "Q leaves at once"
screen kill-server

sed "/\"type\":\"interval\"/ { s/\"happened_lost\":0/\"happened_lost\":13/; s/\"wait_errors\":0/\"wait_errors\":11/; }" \
	"$golden/vm.ndjson" >"$dir/lost"
watch "$dir/lost" -i 60
shows "lost 13" "what was lost of what happened is told"
press '}'
screen resize-window -x 80 -y 24
shows "wait timeouts 11" "errors have room on 80 columns"
screen resize-window -x 30 -y 10
shows "lost 13" "also where there is little room"
screen resize-window -x 100 -y 24
press Enter
shows "events lost: 13" "also on the screen of a VM"
press Q
shows "status=0" "which Q leaves"
screen kill-server

for term in dumb nonsense; do
	((++socket))
	screen -f /dev/null new-session -d -x 100 -y 24 \
		"TERM=$term $(printf '%q ' "$program" --replay "$golden/vm.ndjson"); echo status=\$?; sleep 60"
	shows "cannot use this terminal (TERM=$term): set TERM, or use --batch" "TERM=$term is refused"
	shows "status=1" "which is a failure"
	show | grep -q '^status=1'
	ok $? "and leaves the terminal as it was" || show
	screen kill-server
done

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
