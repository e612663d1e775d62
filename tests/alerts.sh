#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: prometheus
DESCRIPTION="has Prometheus raise alerts for what goes wrong, and end them"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/tap.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/vmm.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/play.sh"
requires_driver
requires_program jq curl

# What is alerted for has to last for minutes: here, for no time at all. How long it is
# counted stays: an alert about counters ends when that is over, as
# docs/mixin/rules-test.yml shows.
dir=$(mktemp -d)
at_exit rm -rf "$dir"
port=19897 at=19090
sed '/^ *for: /d' "$top/docs/mixin/rules.yml" >"$dir/rules.yml"
cat >"$dir/config.yml" <<END
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs: [{job_name: viommu, static_configs: [{targets: ['127.0.0.1:$port']}]}]
END
exporter='' prometheus=''
serve() {
	viommu-top --listen $port -i 0.5 2>"$dir/top" &
	exporter=$!
}
# shellcheck disable=SC2086 # none, if there are none
stop() { kill $exporter $prometheus 2>/dev/null; }
at_exit stop
# firing ALERT: the VMs of which, or the alert itself; as the program says
alerts() { curl -s --max-time 5 "http://127.0.0.1:$at/api/v1/alerts" | jq -r '.data.alerts[] | select(.state == "firing") | .labels.alertname + " " + (.labels.vm // "")'; }
fires() { alerts | grep -qx "$1 *"; }
ends() { curl -s --max-time 5 "http://127.0.0.1:$at/api/v1/rules" | grep -q "\"$1" && ! fires "$1${2:+ $2}"; }
# alert ALERT [VM]: it fires within a minute
alert() {
	wait_until 60 fires "$1${2:+ $2}"
	is "$?" 0 "$1 fires${2:+ for $2}" || diag "$(alerts)"
}
resolved() {
	wait_until 60 ends "$@"
	is "$?" 0 "$1 resolves" || diag "$(alerts)"
}

"$build/prometheus" --config.file="$dir/config.yml" --storage.tsdb.path="$dir/data" \
	--web.listen-address="127.0.0.1:$at" >"$dir/prometheus" 2>&1 &
prometheus=$!
alert AmdViommuTargetGone
serve
resolved AmdViommuTargetGone

mapfile -t bdf < <(dma_devices)
play_vm one "${bdf[0]}" 0x10 5
plays one "it has queues" <<'S'
queue c v cmd 0x300000 0x1000
queue e v evt 0x310000 0x1000
control v 0x1004
S
is "$(alerts)" "" "nothing is wrong"
plays one "its command buffer stops at what is no command" <<'S'
cmd c 0xf000000000000000 0
cmd c 0x1000000000320009 0x1234
!ETIMEDOUT cmd-drain c timeout=200
S
alert AmdViommuQueueStuck one
plays one "a new buffer runs" <<'S'
destroy c
queue c v cmd 0x300000 0x1000
cmd-wait c 0x320000
S
resolved AmdViommuQueueStuck one
for _ in {1..262}; do
	play one '!EIO dma-read d 0x100001000 x' || diag "$reply"
done
alert AmdViommuGuestLogOverflow one
play_stop one
done_testing
