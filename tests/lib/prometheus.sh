# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# Debian's Prometheus in the VM, with this project's rules, viommu-top for it to scrape,
# and Debian's Alertmanager for it to tell. Needs NEEDS: prometheus.
#
# What is alerted for has to last for minutes: here, for no time at all. What is
# counted over minutes is counted over seconds, so that what went wrong is over soon.

prometheus_dir='' prometheus='' exporter='' alertmanager=''
exporter_port=19897 prometheus_port=19090 alertmanager_port=19093

# prometheus_start: scrapes every second from now on
prometheus_start() {
	prometheus_dir=$(mktemp -d)
	at_exit rm -rf "$prometheus_dir"
	at_exit prometheus_stop
	sed -E '/^ *for: /d; s/\[[0-9]+m\]/[15s]/g' "$top/docs/mixin/rules.yml" >"$prometheus_dir/rules.yml"
	cat >"$prometheus_dir/config.yml" <<-END
		global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
		rule_files: [rules.yml]
		alerting: {alertmanagers: [{static_configs: [{targets: ['127.0.0.1:$alertmanager_port']}]}]}
		scrape_configs: [{job_name: viommu, static_configs: [{targets: ['127.0.0.1:$exporter_port']}]}]
	END
	"$build/prometheus" --config.file="$prometheus_dir/config.yml" --storage.tsdb.path="$prometheus_dir/data" \
		--web.listen-address="127.0.0.1:$prometheus_port" >"$prometheus_dir/log" 2>&1 &
	prometheus=$!
}

# alertmanager_start: who is told of alerts, and would tell people
alertmanager_start() {
	local share

	echo '{route: {receiver: nobody}, receivers: [{name: nobody}]}' >"$prometheus_dir/alertmanager.yml"
	share=$(readlink -f "$build/prometheus-alertmanager")
	share=${share%/bin/*}/share
	# It is not installed, and Debian's looks for its templates where it would be
	unshare -m bash -c 'mount -t overlay -o "lowerdir=$1:/usr/share" none /usr/share && exec "${@:2}"' - "$share" \
		"$build/prometheus-alertmanager" --config.file="$prometheus_dir/alertmanager.yml" \
		--storage.path="$prometheus_dir/alertmanager" --web.listen-address="127.0.0.1:$alertmanager_port" \
		--cluster.listen-address= >"$prometheus_dir/alertmanager.log" 2>&1 &
	alertmanager=$!
}

# told ALERT [VM]: Alertmanager has it, with what is to be done, within a minute
told() {
	wait_until 60 has_been_told "$@"
	is "$?" 0 "Alertmanager is told of it" || diag "$(tail -n 3 "$prometheus_dir/alertmanager.log")"
}
has_been_told() {
	# Who does not answer says nothing
	[[ $(curl -s --max-time 5 "http://127.0.0.1:$alertmanager_port/api/v2/alerts" |
		jq --arg alert "$1" --arg vm "${2:-}" 'any(.[]; .labels.alertname == $alert and (.labels.vm // "") == $vm and
			.annotations.runbook_url == "fleet.md#\($alert | ascii_downcase)" and .status.state == "active")') == true ]]
}

# exporter_start OPTION…: viommu-top serves
exporter_start() {
	viommu-top --listen $exporter_port -i 0.5 "$@" 2>"$prometheus_dir/top" &
	exporter=$!
}

# shellcheck disable=SC2086 # none, if there are none
prometheus_stop() { kill -KILL $exporter $prometheus $alertmanager 2>/dev/null; }

asks() { curl -s --max-time 5 "http://127.0.0.1:$prometheus_port/api/v1/$1"; }

# alerts: those that fire, each with its VM if it has one
alerts() { asks alerts | jq -r '.data.alerts[] | select(.state == "firing") | .labels.alertname + " " + (.labels.vm // "")'; }
fires() { alerts | grep -qx "$1 *"; }
ends() { asks rules | grep -q "\"$1" && ! fires "$1${2:+ $2}"; }

# alert ALERT [VM]: it fires within a minute
alert() {
	wait_until 60 fires "$1${2:+ $2}"
	is "$?" 0 "$1 fires${2:+ for $2}" || diag "$(alerts)" "$(tail -n 3 "$prometheus_dir/log" "$prometheus_dir/top")"
}

# resolved ALERT [VM]: it ends within a minute
resolved() {
	wait_until 60 ends "$@"
	is "$?" 0 "$1 resolves" || diag "$(alerts)"
}
