#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# This test has those read what viommu-top serves and writes who read it elsewhere,
# each from its program: PROMETHEUS (2.x; or what is installed), PROMETHEUS_3,
# VICTORIA_METRICS and NODE_EXPORTER.
#
# usage: readers.sh PROGRAM

# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"

program=$1
golden=$(cd "$(dirname "$0")/../../golden" && pwd)
docs=$golden/../../docs
# shellcheck source=../serve.sh
. "$(dirname "$0")/../serve.sh"

serve_finest
serve_many
serve_recording
targets="{job_name: viommu, static_configs: [{targets: ['127.0.0.1:$port', '127.0.0.1:$finest', '127.0.0.1:$many']}]}"
# Below those that the system gives to who asks for any
declare -A port_of=([Prometheus]=29090 [Prometheus-3]=29091 [VictoriaMetrics]=29092 [node_exporter]=29093)

# has NUMBER EXPRESSION WHAT: within a minute or two, the reader at $at says that number
has() {
	local value

	for ((i = 0; i < 500; i++)); do
		value=$(query "$2")
		[[ $value != "$1" ]] || break
		sleep 0.2
	done
	[[ $value == "$1" ]]
	ok $? "$reader: $3" || {
		echo "# $2: ${value:-nothing}"
		tail -n 5 "$dir/$reader.log"
	}
}
# query EXPRESSION: the value that the reader has
query() {
	get_from "$at" --data-urlencode "query=$1" /api/v1/query | jq -r '.data.result[0].value[1] // empty' 2>/dev/null
}

# start NAME COMMAND…: in the background
start() {
	"${@:2}" >"$dir/$1.log" 2>&1 &
	pids+=($!)
}

# what all know who take samples
knows() {
	has 3 "count(up == 1)" "it scrapes each"
	has 350 'amd_viommu_commands_total{vm="late-1"}' "and knows the commands of a VM"
	has 0 'sum(amd_viommu_host_latency_seconds_bucket{le="+Inf"}) - sum(amd_viommu_host_latency_seconds_count)' \
		"its histograms count all there is"
	has 1 'count(amd_viommu_host_latency_seconds_sum > 0.009 < 0.01)' "and have a sum"
	has 1000 'count(amd_viommu_commands_total{vm=~"vm-.*"})' "of a host with a thousand VMs each is there"
	awk -v "p=$(query 'histogram_quantile(0.5, amd_viommu_latency_seconds_bucket{vm="web-1"})')" \
		'BEGIN { exit !(p > 4.095e-6 && p < 16.384e-6) }'
	ok $? "$reader: the median is in its bucket"
	dashboard
}

# no expression of the dashboard is an error
dashboard() {
	local expr wrong=0

	while read -r expr; do
		expr=${expr//\$__rate_interval/5s}
		[[ $(get_from "$at" --data-urlencode "query=$expr" /api/v1/query | jq -r .status) == success ]] || ((++wrong))
	done < <(jq -r ".panels[].targets[]?.expr" "$docs/grafana.json")
	ok "$wrong" "$reader: it understands the dashboard"
	# Of the fleet's page: each host of its own, and VMs of one name on two hosts
	has 3 "count($(panel host_commands_total))" "hosts are told apart"
	has 2 "count($(panel viommu_commands_total | sed 's/vm=~"[^"]*"/vm="web-1"/'))" "two hosts' VMs of one name are two"
}

# panel METRIC: the expression of the dashboard, for all hosts and VMs
panel() {
	jq -r --arg metric "$1" 'first(.panels[].targets[]?.expr | select(contains($metric)))' "$docs/grafana.json" |
		sed 's/\$__rate_interval/10s/; s/"\$instance"/".*"/; s/"\$vm"/".*"/'
}

start_prometheus() { # NAME PROGRAM
	printf '%s\n' 'global: {scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 1s}' \
		"rule_files: [$docs/mixin/rules.yml]" "scrape_configs: [$targets]" >"$dir/$1.yml"
	start "$1" "$2" --config.file="$dir/$1.yml" --storage.tsdb.path="$dir/$1" --web.listen-address="127.0.0.1:${port_of[$1]}"
}

ask_prometheus() {
	knows
	has 1 'count(ALERTS{alertname="AmdViommuQueueStuck",vm="stuck",job="viommu"})' "a queue that is stuck raises its alert"
	has 0 'count(ALERTS{alertname!~"AmdViommu(QueueStuck|FaultStorm|TransDevidsLow)",alertstate="firing"}) or vector(0)' \
		"and nothing raises one that it should not"
	[[ $(get_from "$at" "/api/v1/metadata?metric=amd_viommu_commands" | jq -r '.data.amd_viommu_commands[0].type') == counter ]]
	ok $? "$reader: types are known"
}

start_victoria_metrics() {
	printf '%s\n' 'global: {scrape_interval: 2s, scrape_timeout: 2s}' "scrape_configs: [$targets]" >"$dir/victoria.yml"
	start VictoriaMetrics "$VICTORIA_METRICS" -promscrape.config="$dir/victoria.yml" -storageDataPath="$dir/victoria" \
		-httpListenAddr="127.0.0.1:${port_of[VictoriaMetrics]}" -retentionPeriod=1 -search.latencyOffset=1ms
}

# The textfile collector gives out what it read, made anew
start_node_exporter() {
	mkdir "$dir/files"
	# world-readable whatever the umask: the collector is somebody else
	(umask 077 && "$program" --replay "$golden/recording.ndjson" -n 4 --openmetrics "$dir/files/viommu.prom" 2>/dev/null)
	[[ $(stat -c %a "$dir/files/viommu.prom") == 644 ]]
	ok $? "node_exporter may read the file"
	start node_exporter "$NODE_EXPORTER" --collector.disable-defaults --collector.textfile \
		--collector.textfile.directory="$dir/files" --web.listen-address="127.0.0.1:${port_of[node_exporter]}"
}

ask_node_exporter() {
	for ((i = 0; i < 500; i++)); do
		get_from "$at" /metrics | grep ' amd_viommu_\|^amd_viommu_' >"$dir/collected"
		[[ ! -s $dir/collected ]] || break
		sleep 0.1
	done
	kinds <"$golden/metrics.txt" >"$dir/kinds"
	[[ -s $dir/kinds ]] && diff "$dir/kinds" <(kinds <"$dir/collected")
	ok $? "node_exporter: types and help are as they were"
	samples <"$golden/metrics.txt" >"$dir/samples"
	[[ -s $dir/samples ]] && diff "$dir/samples" <(samples <"$dir/collected")
	ok $? "node_exporter: so is every sample"
}
kinds() { grep '^#' | sort; }
# Labels may come in another order, and numbers be written otherwise
samples() {
	grep -v "^#" | sed "s/[{},]/ /g" | awk '{
		for (i = 3; i < NF; i++)
			for (j = i; j > 2 && $(j - 1) > $j; j--) {
				label = $j
				$j = $(j - 1)
				$(j - 1) = label
			}
		$NF = sprintf("%.9g", $NF)
		print
	}' | sort
}

# All begin at the same time, and are asked one after the other
ask() { # NAME FUNCTION
	reader=$1 at=${port_of[$1]}
	"$2"
}

: "${PROMETHEUS:=$(command -v prometheus)}"
[[ ! $PROMETHEUS ]] || start_prometheus Prometheus "$PROMETHEUS"
[[ ! ${PROMETHEUS_3:-} ]] || start_prometheus Prometheus-3 "$PROMETHEUS_3"
[[ ! ${VICTORIA_METRICS:-} ]] || start_victoria_metrics
[[ ! ${NODE_EXPORTER:-} ]] || start_node_exporter
if [[ $PROMETHEUS ]]; then
	ask Prometheus ask_prometheus
else
	skip "prometheus is not installed"
fi
[[ ! ${PROMETHEUS_3:-} ]] || ask Prometheus-3 ask_prometheus
[[ ! ${VICTORIA_METRICS:-} ]] || ask VictoriaMetrics knows
[[ ! ${NODE_EXPORTER:-} ]] || ask node_exporter ask_node_exporter
done_testing
