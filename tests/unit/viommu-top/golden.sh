#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# This test replays a recording of the emulated hardware and compares every
# output of viommu-top with that in tests/golden. After a change that is meant,
# UPDATE=1 writes them anew: look at the difference before you commit it.
#
# usage: golden.sh PROGRAM

# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"

program=$1
golden=$(cd "$(dirname "$0")/../../golden" && pwd)
recording=$golden/recording.ndjson
dir=$(mktemp -d) || exit 1
trap 'rm -r "$dir"' EXIT
export LC_ALL=C.UTF-8 TZ=UTC TERM=xterm

queues=$golden/queues.ndjson
vm=$golden/vm.ndjson

same() { # NAME ARGUMENT…: the output is that of a file
	local name=$1
	shift

	"$program" --replay "$recording" "$@" >"$dir/out" 2>"$dir/err"
	ok $? "$name: $*"
	[[ ! -s $dir/err ]]
	ok $? "$name: nothing on standard error"
	[[ ! ${UPDATE-} ]] || cp "$dir/out" "$golden/$name"
	diff -u "$golden/$name" "$dir/out"
	ok $? "$name: as expected"
}

# Readers may have 53 bits for numbers, as jq has
! grep -qE "[:,[]-?[0-9]{16}" "$vm"
ok $? "no number loses digits"
# Recordings of version 1 have the time as a number
sed -E 's/"time_ns":"([0-9]+)"/"time_ns":\1/; 1s/"version":2/"version":1/' "$vm" >"$dir/first"
"$program" --replay "$dir/first" --json | cmp - "$vm"
ok $? "a recording of the first version is shown, too"

# Nobody reads, and the pipe is full
mkfifo "$dir/fifo"
exec {fd}<>"$dir/fifo"
head -c 65536 /dev/zero >"$dir/fifo"
timeout -k 20 1 "$program" --replay "$recording" --batch >"$dir/fifo"
ok $(($? != 124)) "SIGTERM ends what waits for a reader"
exec {fd}>&-

refused() { # TEXT FILE: with the reason
	"$program" --replay "$2" >/dev/null 2>"$dir/err"
	ok $(($? != 1)) "fails: $1"
	grep -qF -- "$1" "$dir/err"
	ok $? "and says why" || cat "$dir/err"
}

same batch.txt --batch
same expand.txt --batch --expand --sort guest_id -n 2
same filter.txt --batch --guest 'web-*' --active --sort p99 --reverse
same ascii.txt --batch --expand --no-unicode -n 1
same once.txt --once
same columns.txt --batch -n 1 --columns vm,p99,p50,guest_id --sort p99
same once.ndjson --once --json
same csv.csv --csv
"$program" --replay "$recording" --csv --pid 0120 | cmp -s - <("$program" --replay "$recording" --csv --pid 120)
ok $? "a number that begins with 0 is decimal"
recording=$queues same queues.txt --batch -n 2 --columns vm,queue,guest_cmd_rate,guest_evt_rate,cmdq,evtq,pprq --sort cmdq
recording=$queues same queues.csv --csv --once
same once.csv --csv --once --gid 2
recording=$vm same vm.csv --csv -n 2
recording=$vm same vm-once.ndjson --once --json --gid 5
recording=$vm same resolve.txt --resolve gdev:00:02.0
recording=$vm same resolve.ndjson --resolve 0000:00:12.0 --json
recording=$vm same resolve-domain.txt --resolve hdom:40
recording=$vm same resolve-trans.txt --resolve trans:00:1f.3
recording=$vm same resolve-line.txt --resolve "vfio-pci 0000:00:12.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000d address=0xcff49000 flags=0x0070]"
recording=$vm same resolve-log.txt --resolve - <"$golden/resolve.log"
recording=$vm same resolve-log.ndjson --resolve - --json <"$golden/resolve.log"

# of a kernel without the driver: what nobody knows is absent, and not 0
host=$golden/host.ndjson
recording=$host same host-batch.txt --batch
recording=$host same host.csv --csv -n 2
recording=$host same host-once.ndjson --once --json
recording=$host same host-columns.txt --batch -n 1 --columns vm,guest_id,age,waits,wait_errors,events,queue,devices,flush_rate,pinned
recording=$host same host-resolve.txt --resolve 0000:00:10.0
recording=$host same host-resolve.ndjson --resolve 0000:00:10.0 --json
refuses_host=$("$program" --replay "$host" --resolve hdom:15 2>&1)
ok $(($? != 1)) "whose a domain is, nobody knows"
[[ $refuses_host == *"takes the AMD vIOMMU driver"* ]]
ok $? "and that is told"
"$program" --replay "$host" --metrics queue --openmetrics "$dir/metrics" -n 2 && grep -v "^amd_viommu_.*_bucket\|build_info" "$dir/metrics" >"$dir/out"
[[ ! ${UPDATE-} ]] || cp "$dir/out" "$golden/host-mode-metrics.txt"
diff -u "$golden/host-mode-metrics.txt" "$dir/out"
ok $? "its metrics as expected"

"$program" --replay "$recording" --json | cmp - "$recording"
ok $? "a recording of a replay is the recording"
"$program" --replay "$queues" --json | cmp - "$queues"
ok $? "also one with queues"
"$program" --replay "$vm" --json | cmp - "$vm"
ok $? "and one with devices, domains, commands and what happened"

# some of whose commands the hardware did not execute, as no recording here
awk '{ sub(/"table_bytes":[0-9]*/, "&,\"forwarded\":" NR * 7 ",\"delivered\":3,\"takebacks\":" int(NR / 5)) } { print }' "$vm" >"$dir/trapped"
recording=$dir/trapped same trapped.txt --batch -n 2 --columns vm,guest_cmd_rate,forward_rate,forwarded,takebacks,delivered --sort forward_rate
"$program" --replay "$dir/trapped" --json | cmp - "$dir/trapped"
ok $? "also one of what was trapped"
"$program" --replay "$dir/trapped" --metrics vm --openmetrics "$dir/metrics" -n 2 && grep -E "forwarded|delivered|takebacks" "$dir/metrics" >"$dir/out"
[[ ! ${UPDATE-} ]] || cp "$dir/out" "$golden/trapped-metrics.txt"
diff -u "$golden/trapped-metrics.txt" "$dir/out"
ok $? "its metrics as expected"

# as no recording here: something for which there was no room
sed "/\"type\":\"interval\"/s/\"happened_lost\":0/\"happened_lost\":13/" "$vm" >"$dir/lost"
"$program" --replay "$dir/lost" --json >"$dir/out" 2>/dev/null
[[ $(jq -s -c "map(select(.complete != null) | [.happened_lost, .lost, .complete]) | unique" "$dir/out") == "[[13,13,false]]" ]]
ok $? "what was lost of VMs' events is told as JSON" || cat "$dir/out"
"$program" --replay "$dir/lost" --batch --fail-on-loss >"$dir/out" 2>"$dir/err"
ok $(($? != 6)) "makes --fail-on-loss fail"
grep -q "^loss: lost 13 .*happened_lost 13)" "$dir/out"
ok $? "is in the totals" || cat "$dir/out"
grep -q "no room for what happened to some vIOMMUs, 13 events" "$dir/err"
ok $? "and explained" || cat "$dir/err"

# one that an earlier version made, which measured latencies itself
sed '/"type":"interval"/s/"missed_runs":0/"unmatched_waits":2,"untracked_waits":1,"missed_runs":0,"unfinished_waits":4/; s/"latencies_lost":0/"command_latencies_lost":5/' "$vm" >"$dir/lost"
"$program" --replay "$dir/lost" --json >"$dir/out" 2>/dev/null
[[ $(jq -s -c "map(select(.complete != null) | [.latencies_lost, .lost, .complete]) | unique" "$dir/out") == "[[12,12,false]]" ]]
ok $? "what it lost is still told" || cat "$dir/out"

nobody() { # ID TEXT: it is nobody's, and why
	"$program" --replay "${recording}" --resolve "$1" >"$dir/out" 2>"$dir/err"
	ok $(($? != 1)) "--resolve $1 fails"
	[[ ! -s $dir/out ]] && grep -qF -- "$2" "$dir/err"
	ok $? "as $2"
}
recording=$vm nobody gid:7 "nobody has gid:7"
recording=$vm nobody hdom:4711 "nobody has hdom:4711"
nobody hdev:00:10.0 "this recording was made by an older viommu-top"
# one that ended with the third sample is still known, and when that was
awk '/"type":"interval"/ { n++ } n > 2 && /"guest_id":6,/ { next }
	n > 3 && /"type":"interval"/ { sub("\"viommus\":6", "\"viommus\":5") } { print }' "$vm" >"$dir/ended"
"$program" --replay "$dir/ended" --resolve 0000:00:12.0 >"$dir/out"
grep -qE "^[0-9:]{8}  ivhd0  guest ID 6  VM db-1 " "$dir/out"
ok $? "who had it in the past is told, with the time" || cat "$dir/out"

"$program" --replay "$recording" --openmetrics "$dir/metrics" -n 4 >"$dir/out"
ok $? "metrics are written"
[[ ! -s $dir/out ]]
ok $? "and nothing else"
[[ ! ${UPDATE-} ]] || cp "$dir/metrics" "$golden/metrics.txt"
diff -u "$golden/metrics.txt" "$dir/metrics"
ok $? "metrics as expected"
for level in host vm; do
	"$program" --replay "$vm" --openmetrics "$dir/metrics" -n 3 --metrics="$level"
	[[ ! ${UPDATE-} ]] || cp "$dir/metrics" "$golden/$level-metrics.txt"
	diff -u "$golden/$level-metrics.txt" "$dir/metrics"
	ok $? "those of level $level, too"
done
"$program" --replay "$queues" --openmetrics "$dir/metrics" -n 2 --metrics=queue && grep 'amd_viommu_queue' "$dir/metrics" >"$dir/out"
[[ ! ${UPDATE-} ]] || cp "$dir/out" "$golden/queues-metrics.txt"
diff -u "$golden/queues-metrics.txt" "$dir/out"
ok $? "those of queues, too"
# with a user's shares
sed 's/"trans_devids_free":/"uid":107,"user_trans_devids":2,"user_trans_devids_max":4,"user_domain_ids":3,"user_domain_ids_max":7,"all_domain_ids":3,"host_domain_ids":16384,&/' "$vm" >"$dir/shares"
"$program" --replay "$dir/shares" --openmetrics "$dir/metrics" -n 3 --metrics=queue && grep -vE "^amd_viommu_(host_|.*_bucket)" "$dir/metrics" >"$dir/out"
[[ ! ${UPDATE-} ]] || cp "$dir/out" "$golden/parts-metrics.txt"
diff -u "$golden/parts-metrics.txt" "$dir/out"
ok $? "and those of what VMs are made of"
[[ ! -e $(compgen -G "$dir/metrics.*.tmp") ]]
ok $? "no temporary file is left"
(umask 077 && exec "$program" --replay "$recording" --openmetrics "$dir/metrics")
[[ $(stat -c %a "$dir/metrics") == 644 ]]
ok $? "another user reads them whatever the umask is"
"$program" --replay "$recording" --openmetrics "$dir/nowhere/metrics" 2>"$dir/err"
ok $(($? != 1)) "a file that cannot be written is an error"
[[ $(grep -c "is its directory there" "$dir/err") == 1 ]]
ok $? "which is told once"
# old metrics are better than half of new ones
cp "$dir/metrics" "$dir/before"
(ulimit -f 8 && exec "$program" --replay "$recording" --openmetrics "$dir/metrics") 2>"$dir/err"
ok $(($? != 1)) "metrics that find no room are an error"
grep -q "cannot write .*/metrics: File too large" "$dir/err"
ok $? "with the reason" || cat "$dir/err"
cmp "$dir/before" "$dir/metrics" && [[ ! -e $(compgen -G "$dir/metrics.*.tmp") ]]
ok $? "the old ones stay, and nothing else"
mkfifo "$dir/pipe"
"$program" --replay "$recording" --openmetrics "$dir/pipe" 2>"$dir/err"
ok $(($? != 1)) "a pipe is not replaced by metrics"
[[ -p $dir/pipe ]] && grep -q "refusing to replace .*/pipe" "$dir/err"
ok $? "which is told" || cat "$dir/err"
echo mine >"$dir/mine"
# shellcheck disable=SC2016 # $$ is of that shell, and of what it becomes
"$BASH" -c 'ln -s mine "$1/linked.$$.tmp" && exec "$2" --replay "$3" -n 1 --openmetrics "$1/linked"' - \
	"$dir" "$program" "$recording"
ok $? "a link where the temporary file goes is none of ours"
[[ $(<"$dir/mine") == mine && ! -L $dir/linked ]]
ok $? "and is not followed"
if [[ -c /dev/full ]]; then
	for output in --batch --csv --json --once "--once --json" --resolve=hdom:40; do
		# shellcheck disable=SC2086
		"$program" --replay "$vm" $output >/dev/full 2>"$dir/err"
		ok $(($? != 1)) "$output fails on a full disk"
		grep -q "cannot write to standard output: No space left" "$dir/err"
		ok $? "and says why" || cat "$dir/err"
	done
fi
"$program" --replay "$vm" --json 2>"$dir/err" | head -n 1 | grep -q '"type":"ready"'
ok "${PIPESTATUS[0]}" "a reader may leave early"
[[ ! -s $dir/err ]]
ok $? "which is no error"
promtool=${PROMETHEUS:+${PROMETHEUS%/*}/promtool}
if [[ ${promtool:=$(command -v promtool)} ]]; then
	for level in host vm viommu queue; do
		"$program" --replay "$vm" --openmetrics "$dir/metrics" --metrics="$level"
		"$promtool" check metrics <"$dir/metrics" >"$dir/out" 2>&1 && [[ ! -s $dir/out ]]
		ok $? "promtool finds nothing in metrics of level $level" || cat "$dir/out"
	done
else
	skip "promtool is not installed (package prometheus)"
fi

# cut off in the middle of the last sample
grep -n '"type":"interval"' "$recording" | tail -n 1 | cut -d : -f 1 >"$dir/last"
head -n "$(($(<"$dir/last") - 1))" "$recording" | head -c -20 >"$dir/cut"
samples=$(grep -c '"type":"interval"' "$recording")
[[ $("$program" --replay "$dir/cut" --json | grep -c '"type":"interval"') == $((samples - 1)) ]]
ok $? "a recording that is cut off is good up to there"

# what other programs write again is the same
jq . -c --sort-keys "$vm" | sed 's/":/": /g' >"$dir/sorted"
diff <("$program" --replay "$dir/sorted" --batch) <("$program" --replay "$vm" --batch) >/dev/null
ok $? "blanks and the order of keys mean nothing"

head -n 3 "$recording" >"$dir/short"
refused "no complete sample" "$dir/short"
tail -n +2 "$recording" >"$dir/headless"
refused 'does not begin with a "ready" object' "$dir/headless"
sed '1s/"version":2/"version":99/' "$recording" >"$dir/newer"
refused "update viommu-top" "$dir/newer"
sed '1s/}$/,"active_only":true}/' "$recording" >"$dir/active"
refused "record without --active" "$dir/active"
sed '2d' "$recording" >"$dir/hole"
refused "sample 0 is damaged" "$dir/hole"
sed '2s/.*/nonsense/' "$recording" >"$dir/nonsense"
refused "sample 0 is damaged" "$dir/nonsense"
refused "No such file" "$dir/nowhere"
refused "it is no plain file" "$dir"
[[ ! -c /dev/zero ]] || refused "it is no plain file" /dev/zero

# names in a file are nobody's to trust
sed 's/"\(vm\|comm\|driver\|text\)":"[^"]*"/"\1":"\\u001b[2J"/g' "$vm" >"$dir/evil"
# a name in Shift-JIS, an overlong sequence, and half of one
sed 's/"vm":"[^"]*"/"vm":"\x89\xbc\x91z \xc0\xaf \xe3\x81"/' "$vm" >"$dir/bytes"
"$program" --replay "$dir/bytes" --json >"$dir/bytes.json"
"$program" --replay "$dir/bytes" --csv >"$dir/bytes.csv"
"$program" --replay "$dir/bytes" --openmetrics "$dir/bytes.prom"
for file in json csv prom; do
	iconv -f UTF-8 -t UTF-8 "$dir/bytes.$file" >/dev/null && grep -qF "???z ?? ??" "$dir/bytes.$file"
	ok $? "no byte that is no UTF-8 comes out as $file"
done
for output in --batch --csv --resolve=0000:00:12.0; do
	"$program" --replay "$dir/evil" $output >"$dir/out"
	ok $? "odd names are shown with $output"
	! grep -q $'\033' "$dir/out"
	ok $? "but no control characters of theirs"
done

done_testing
