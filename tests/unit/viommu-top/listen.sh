#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# This test asks viommu-top --listen for what it serves; readers.sh has real readers.
#
# usage: listen.sh PROGRAM

# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"

program=$1
golden=$(cd "$(dirname "$0")/../../golden" && pwd)
# shellcheck source=../serve.sh
. "$(dirname "$0")/../serve.sh"

get() { get_from "$port" "$@"; }
status() { get -o /dev/null -w '%{http_code}' "$@"; }

serve_finest
serve_many
serve_recording
ok $? "says which port it got"
for ((i = 0; i < 1000; i++)); do
	get /metrics >"$dir/metrics"
	! cmp -s "$golden/metrics.txt" "$dir/metrics" || break
	sleep 0.05
done
diff -u "$golden/metrics.txt" "$dir/metrics"
ok $? "serves what --openmetrics writes"
is_type() { # TYPE ACCEPT
	[[ $(get -D - -o /dev/null -H "Accept: $2" /metrics) == *"Content-Type: $1; charset=utf-8"* ]]
	ok $? "who accepts \"$2\" gets $1"
}
prometheus="application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
is_type "application/openmetrics-text; version=1.0.0" "$prometheus"
is_type "application/openmetrics-text; version=1.0.0" application/openmetrics-text
is_type "text/plain; version=0.0.4" "*/*"
is_type "text/plain; version=0.0.4" "text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.5"
is_type "text/plain; version=0.0.4" "application/openmetrics-text;version=2.0.0"
get_from "$finest" -H "Accept: $prometheus" /metrics >"$dir/openmetrics"
[[ ! ${UPDATE-} ]] || cp "$dir/openmetrics" "$golden/openmetrics.txt"
diff -u "$golden/openmetrics.txt" "$dir/openmetrics"
ok $? "OpenMetrics as expected"
grep -q '_bucket.* # {seq="4711",opcode="0x3"}' "$dir/openmetrics"
ok $? "with the slowest command of a histogram"
(($(get_from "$many" -H "Accept: $prometheus" /metrics | grep -c '{.*vm="vm-77"') <= 12))
ok $? "a vIOMMU has twelve samples at most"
bytes=$(get_from "$many" -H "Accept: $prometheus" -H "Accept-Encoding: gzip" /metrics | wc -c)
((bytes > 10000 && bytes <= 100000))
ok $? "1000 VMs take 100 KB at most: $bytes bytes"
get -H "Accept-Encoding: gzip" /metrics >"$dir/packed" && gzip -dc "$dir/packed" | cmp - "$dir/metrics"
ok $? "with gzip for those who take it"
get -H "Accept-Encoding: br, gzip;q=0" /metrics | cmp - "$dir/metrics"
ok $? "and only for them"
if grep -q "^00000000000000000000000000000001 .* lo$" /proc/net/if_inet6 2>/dev/null; then
	[[ $(curl -g -s -o /dev/null -w "%{http_code}" "http://[::1]:$port/metrics") == 200 ]]
	ok $? "IPv6 is served, too"
else
	skip "this machine has no IPv6"
fi
! grep "^Cap.*:.*[1-9a-f]" "/proc/${pids[-1]}/status" | grep -v "^CapBnd"
ok $? "no capability is left"
[[ $(status --head /metrics) == 200 ]]
ok $? "HEAD is answered"
[[ $(status /) == 404 ]]
ok $? "there is nothing else"
[[ $(status -d x=y /metrics) == 405 ]]
ok $? "and nothing to change"
"$program" --replay "$golden/recording.ndjson" --listen "$port" 2>"$dir/err2"
ok $(($? != 1)) "a port in use is an error"
grep -q "choose another" "$dir/err2"
ok $? "that says so" || cat "$dir/err2"
"$program" --replay "$golden/recording.ndjson" --listen "127.0.0.1:nonsense" 2>"$dir/err2"
ok $(($? != 1)) "a port that is none, too"
for wrong in 99999 127.0.0.1:65536 "[::1]:18446744073709551617" "" 127.0.0.1:; do
	"$program" --replay "$golden/recording.ndjson" --listen "$wrong" 2>"$dir/err2"
	ok $(($? != 2)) "wrong usage: --listen=$wrong"
done

# forty that never finish what they ask
for ((i = 0; i < 40; i++)); do
	exec {fd}<>"/dev/tcp/127.0.0.1/$port"
	printf 'GET /met' >&"$fd"
done
[[ $(status /metrics) == 200 ]]
ok $? "who connects and says little is in nobody's way"
# It closes with the rest unread, and then its answer may be lost
refuses() { [[ $(status -H "X-Long: $(printf '%099999d' 0)" /metrics) == 431 ]]; }
for ((i = 0; i < 30; i++)); do
	! refuses || break
done
((i < 30))
ok $? "a header without end is refused"

# the dashboard asks for what is served
mapfile -t metrics < <(grep -oE "amd_viommu_[a-z_]+" "$golden/../../docs/grafana.json" | sort -u)
for metric in "${metrics[@]}"; do
	cat "$golden"/*metrics.txt | grep -q "^$metric\\b"
	ok $? "the dashboard's $metric exists"
done
kill -TERM "${pids[0]}"
wait "${pids[0]}"
ok $? "SIGTERM ends it well"

# A signal that comes before it listens, while it reads, or as it begins to listen
lost=0
for ((i = 0; i < 13; i++)); do
	"$program" --listen 0 --replay "$dir/many" 2>/dev/null &
	until [[ $(<"/proc/$!/comm") == viommu-top ]]; do :; done
	sleep "$(printf "0.%03d" $((i * 7)))"
	kill -TERM $!
	timeout 60 tail -s 0.02 --pid=$! -f /dev/null || {
		lost=$((lost + 1))
		kill -KILL $!
	}
	wait $!
done
((lost == 0))
ok $? "and does so however early it comes"

done_testing
