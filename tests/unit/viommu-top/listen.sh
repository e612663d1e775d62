#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# This test scrapes viommu-top --listen, with curl and with a real Prometheus
# (the program PROMETHEUS, or what is installed).
#
# usage: listen.sh PROGRAM

# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"

program=$1
golden=$(cd "$(dirname "$0")/../../golden" && pwd)
dir=$(mktemp -d) || exit 1
pids=()
trap '((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null; wait; rm -r "$dir"' EXIT

# get_from PORT ARGUMENT… PATH
get_from() { curl -s --max-time 60 "${@:2:$#-2}" "http://127.0.0.1:$1${*: -1}"; }
get() { get_from "$port" "$@"; }
status() { get -o /dev/null -w '%{http_code}' "$@"; }

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
sed 's/"max_ns":[1-9][0-9]*/&,"slowest_seq":4711,"slowest_monotonic_ns":1000/g' "$golden/vm.ndjson" >"$dir/slowest"
serve --replay "$dir/slowest" -n 3 --metrics=queue
finest=$port

# and one as large as hosts become, with three queues per VM
jq -nc '
def numbers: . * 7919 % 1048573;
{type: "ready", time_ns: 0, version: 1, iommus: 1, interval_ns: 1000000000},
(range(2) as $t |
	(range(1; 1001) | . as $i | numbers as $n | {type: "viommu", time_ns: $t, guest_id: $i, iommu: 0,
		vm: "vm-\($i)", pid: (1000 + 3 * $i), comm: "qemu-system-x86", serial: $i, cmds: $n,
		waits: ($n / 2 | floor), wait_total_ns: ($n * 1973), events: ($i % 7),
		queues: [("cmd", "evt", "ppr") | {queue: ., size: 8192, enabled: true, running: true,
			entries: ($n * 7 % 100003)}]}),
	{type: "interval", time_ns: $t, monotonic_ns: ($t * 1000000000), viommus: 1000})' >"$dir/many"
serve --replay "$dir/many"
many=$port

serve --replay "$golden/recording.ndjson" -n 4
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
# The reference parser refuses a page for one family that it does not like
for python in python3 /usr/bin/python3 ""; do
	! "$python" -c 'import prometheus_client' 2>/dev/null || break
done
if [[ $python ]]; then
	for one in "$finest" "$many" "$port"; do
		get_from "$one" -H "Accept: $prometheus" /metrics >"$dir/page"
		"$python" -c 'from prometheus_client.openmetrics.parser import *
list(text_fd_to_metric_families(open("/dev/stdin")))' <"$dir/page" 2>"$dir/err2"
		ok $? "the reference parser takes the page of port $one" || tail -n 1 "$dir/err2"
	done
else
	skip "there is no Python with prometheus_client (package python3-prometheus-client)"
fi
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

# query EXPRESSION: the value Prometheus has
query() {
	curl -s --max-time 60 --data-urlencode "query=$1" "http://127.0.0.1:$at/api/v1/query" |
		jq -r '.data.result[0].value[1] // empty' 2>/dev/null
}

scrape() {
	at=$((port == 39090 ? 39091 : 39090))
	printf '%s\n' 'global: {scrape_interval: 5s, scrape_timeout: 5s, evaluation_interval: 1s}' \
		"rule_files: [$golden/../../docs/mixin/rules.yml]" 'scrape_configs:' \
		"- {job_name: viommu, static_configs: [{targets: ['127.0.0.1:$port', '127.0.0.1:$finest', '127.0.0.1:$many']}]}" >"$dir/config.yml"
	"$PROMETHEUS" --config.file="$dir/config.yml" --storage.tsdb.path="$dir/data" \
		--web.listen-address="127.0.0.1:$at" >"$dir/log" 2>&1 &
	pids+=($!)
	for ((i = 0; i < 1000; i++)); do
		[[ $(query "count(up == 1)") != 3 ]] || break
		sleep 0.2
	done
	[[ $(query "count(up == 1)") == 3 ]]
	ok $? "Prometheus scrapes each" || tail "$dir/log"
	[[ $(query 'amd_viommu_commands_total{vm="late-1"}') == 350 ]]
	ok $? "and knows the commands of a VM"
	[[ $(query 'sum(amd_viommu_host_latency_seconds_bucket{le="+Inf"})') == \
		$(query 'sum(amd_viommu_host_latency_seconds_count)') ]]
	ok $? "its histograms count all there is"
	for ((i = 0; i < 1000; i++)); do
		[[ $(query 'count(ALERTS{alertname="AmdViommuQueueStuck"})') != 1 ]] || break
		sleep 0.2
	done
	[[ $(query 'count(ALERTS{alertname="AmdViommuQueueStuck",vm="stuck",job="viommu"})') == 1 ]]
	ok $? "a queue that is stuck raises its alert"
	[[ $(query 'count(ALERTS{alertname!~"AmdViommu(QueueStuck|FaultStorm|TransDevidsLow)",alertstate="firing"}) or vector(0)') == 0 ]]
	ok $? "and nothing raises one that it should not"
	asks_of_dashboard
	awk -v "p=$(query 'histogram_quantile(0.5, amd_viommu_latency_seconds_bucket{vm="web-1"})')" \
		'BEGIN { exit !(p > 4.095e-6 && p < 16.384e-6) }'
	ok $? "and have the median in its bucket"
	[[ $(curl -s "http://127.0.0.1:$at/api/v1/metadata?metric=amd_viommu_commands" |
		jq -r '.data.amd_viommu_commands[0].type') == counter ]]
	ok $? "types are known"
}

# no expression of the dashboard is an error
asks_of_dashboard() {
	local expr wrong=0

	while read -r expr; do
		expr=${expr//\$__rate_interval/5s}
		[[ $(curl -s --data-urlencode "query=$expr" "http://127.0.0.1:$at/api/v1/query" |
			jq -r .status) == success ]] || ((++wrong))
	done < <(jq -r ".panels[].targets[]?.expr" "$golden/../../docs/grafana.json")
	ok "$wrong" "and understands the dashboard"
}

if [[ ${PROMETHEUS:=$(command -v prometheus)} ]]; then
	scrape
else
	skip "prometheus is not installed"
fi

# the dashboard asks for what is served
mapfile -t metrics < <(grep -oE "amd_viommu_[a-z_]+" "$golden/../../docs/grafana.json" | sort -u)
for metric in "${metrics[@]}"; do
	cat "$golden"/*metrics.txt | grep -q "^$metric\\b"
	ok $? "the dashboard's $metric exists"
done
kill -TERM "${pids[0]}"
wait "${pids[0]}"
ok $? "SIGTERM ends it well"

done_testing
