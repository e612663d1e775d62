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

# get ARGUMENT… PATH
get() { curl -s --max-time 5 "${@:1:$#-1}" "http://127.0.0.1:$port${*: -1}"; }
status() { get -o /dev/null -w '%{http_code}' "$@"; }

"$program" --replay "$golden/recording.ndjson" --listen 0 -n 4 2>"$dir/err" &
pids+=($!)
for ((i = 0; i < 100; i++)); do
	port=$(sed -n 's/.*metrics are at port \([0-9]*\),.*/\1/p' "$dir/err")
	[[ ! $port ]] || break
	sleep 0.05
done
[[ $port ]]
ok $? "says which port it got"
for ((i = 0; i < 100; i++)); do
	get /metrics >"$dir/metrics"
	! cmp -s "$golden/metrics.txt" "$dir/metrics" || break
	sleep 0.05
done
diff -u "$golden/metrics.txt" "$dir/metrics"
ok $? "serves what --openmetrics writes"
[[ $(get -D - -o /dev/null /metrics) == *"application/openmetrics-text; version=1.0.0"* ]]
ok $? "as OpenMetrics"
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

# forty that never finish what they ask
for ((i = 0; i < 40; i++)); do
	exec {fd}<>"/dev/tcp/127.0.0.1/$port"
	printf 'GET /met' >&"$fd"
done
[[ $(status /metrics) == 200 ]]
ok $? "who connects and says little is in nobody's way"
[[ $(status -H "X-Long: $(printf '%099999d' 0)" /metrics) == 431 ]]
ok $? "a header without end is refused"

# query EXPRESSION: the value Prometheus has
query() {
	curl -s --max-time 5 --data-urlencode "query=$1" "http://127.0.0.1:$at/api/v1/query" |
		jq -r '.data.result[0].value[1] // empty'
}

scrape() {
	at=$((port == 39090 ? 39091 : 39090))
	printf '%s\n' 'global: {scrape_interval: 3s, scrape_timeout: 3s}' 'scrape_configs:' \
		"- {job_name: viommu, static_configs: [{targets: ['127.0.0.1:$port']}]}" >"$dir/config.yml"
	"$PROMETHEUS" --config.file="$dir/config.yml" --storage.tsdb.path="$dir/data" \
		--web.listen-address="127.0.0.1:$at" >"$dir/log" 2>&1 &
	pids+=($!)
	for ((i = 0; i < 100; i++)); do
		[[ ! $(query amd_viommu_viommus) ]] || break
		sleep 0.2
	done
	[[ $(query up) == 1 ]]
	ok $? "Prometheus scrapes it" || tail "$dir/log"
	[[ $(query 'amd_viommu_commands_total{vm="late-1"}') == 350 ]]
	ok $? "and knows the commands of a VM"
	[[ $(query 'sum(amd_viommu_latency_seconds_bucket{le="+Inf"})') == \
		$(query 'sum(amd_viommu_latency_seconds_count)') ]]
	ok $? "its histograms count all there is"
	asks_of_dashboard
	awk -v "p=$(query 'histogram_quantile(0.5, amd_viommu_latency_seconds_bucket{vm="late-1"})')" \
		'BEGIN { exit !(p > 1.024e-6 && p < 4.096e-6) }'
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
	done < <(jq -r ".panels[].targets[].expr" "$golden/../../docs/grafana.json")
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
