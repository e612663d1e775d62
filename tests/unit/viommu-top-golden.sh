#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# This test replays a recording of the emulated hardware and compares every
# output of viommu-top with that in tests/golden. After a change that is meant,
# UPDATE=1 writes them anew: look at the difference before you commit it.
#
# usage: viommu-top-golden.sh PROGRAM

# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$(dirname "$0")/tap.sh"

program=$1
golden=$(cd "$(dirname "$0")/../golden" && pwd)
recording=$golden/recording.ndjson
dir=$(mktemp -d) || exit 1
trap 'rm -r "$dir"' EXIT
export LC_ALL=C.UTF-8 TZ=UTC TERM=xterm

queues=$golden/queues.ndjson

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
recording=$queues same queues.txt --batch -n 2 --columns vm,queue,guest_cmd_rate,guest_evt_rate,cmdq,evtq,pprq --sort cmdq
recording=$queues same queues.csv --csv --once
same once.csv --csv --once --gid 2

"$program" --replay "$recording" --json | cmp - "$recording"
ok $? "a recording of a replay is the recording"
"$program" --replay "$queues" --json | cmp - "$queues"
ok $? "also one with queues"

"$program" --replay "$recording" --openmetrics "$dir/metrics" -n 4 >"$dir/out"
ok $? "metrics are written"
[[ ! -s $dir/out ]]
ok $? "and nothing else"
[[ ! ${UPDATE-} ]] || cp "$dir/metrics" "$golden/metrics.txt"
diff -u "$golden/metrics.txt" "$dir/metrics"
ok $? "metrics as expected"
"$program" --replay "$queues" --openmetrics "$dir/metrics" -n 2 && grep 'amd_viommu_queue' "$dir/metrics" >"$dir/out"
[[ ! ${UPDATE-} ]] || cp "$dir/out" "$golden/queues-metrics.txt"
diff -u "$golden/queues-metrics.txt" "$dir/out"
ok $? "those of queues, too"
[[ ! -e $(compgen -G "$dir/metrics.*.tmp") ]]
ok $? "no temporary file is left"
"$program" --replay "$recording" --openmetrics "$dir/nowhere/metrics" 2>"$dir/err"
ok $(($? != 1)) "a file that cannot be written is an error"
[[ $(grep -c "is its directory there" "$dir/err") == 1 ]]
ok $? "which is told once"
if command -v promtool >/dev/null; then
	# it reads the older format, where the help of a counter has another name
	promtool check metrics <"$dir/metrics" 2>&1 | grep -v "^amd_viommu_.*_total no help text$" >"$dir/out"
	[[ ! -s $dir/out ]]
	ok $? "promtool finds nothing" || cat "$dir/out"
else
	skip "promtool is not installed (package prometheus)"
fi

# cut off in the middle of the last sample
grep -n '"type":"interval"' "$recording" | tail -n 1 | cut -d : -f 1 >"$dir/last"
head -n "$(($(<"$dir/last") - 1))" "$recording" | head -c -20 >"$dir/cut"
samples=$(grep -c '"type":"interval"' "$recording")
[[ $("$program" --replay "$dir/cut" --json | grep -c '"type":"interval"') == $((samples - 1)) ]]
ok $? "a recording that is cut off is good up to there"

head -n 3 "$recording" >"$dir/short"
refused "no complete sample" "$dir/short"
tail -n +2 "$recording" >"$dir/headless"
refused 'does not begin with a "ready" object' "$dir/headless"
sed '1s/"version":1/"version":99/' "$recording" >"$dir/newer"
refused "update viommu-top" "$dir/newer"
sed '1s/}$/,"active_only":true}/' "$recording" >"$dir/active"
refused "record without --active" "$dir/active"
sed '2d' "$recording" >"$dir/hole"
refused "sample 0 is damaged" "$dir/hole"
sed '2s/.*/nonsense/' "$recording" >"$dir/nonsense"
refused "sample 0 is damaged" "$dir/nonsense"
refused "No such file" "$dir/nowhere"

# names in a file are nobody's to trust
sed 's/"\(vm\|comm\)":"[^"]*"/"\1":"\\u001b[2J"/g' "$recording" >"$dir/evil"
for output in --batch --csv; do
	"$program" --replay "$dir/evil" $output >"$dir/out"
	ok $? "odd names are shown with $output"
	! grep -q $'\033' "$dir/out"
	ok $? "but no control characters of theirs"
done

done_testing
