#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# node_exporter's textfile collector writes the bounds of a histogram anew.
#
# Version: prometheus-node-exporter 1.5.0-1+b6 (Debian 12, amd64)
#
# Behaviour: the collector parses a .prom file and prints it again, with each bound as
# Go's shortest float. A file that has le="0.000000255", which is valid text format
# 0.0.4, is served as le="2.55e-07"; le="0.000001023" as le="1.023e-06". The label is
# text to whoever scrapes: the same histogram, scraped from the program that measured it
# and by way of a file, has other bounds, and "sum by (le)" over both kinds of hosts
# adds up neither. An exporter that wants to be joined with itself has to write
# bounds as Go does, in both outputs.
#
# Seen:
#	x_seconds_bucket{le="2.55e-07"} 1
#	x_seconds_bucket{le="1.023e-06"} 2
#	x_seconds_bucket{le="+Inf"} 3
#
# Fails if that changes. Needs apt-get with an index of Debian 12, curl, and no root.
set -euo pipefail

version=1.5.0-1+b6
dir=$(mktemp -d)
pid=
trap '[[ ! $pid ]] || kill "$pid"; rm -rf "$dir"' EXIT

cd "$dir"
apt-get download -q "prometheus-node-exporter=$version" >/dev/null
dpkg -x prometheus-node-exporter_*.deb root
mkdir text
cat >text/x.prom <<'T'
# HELP x_seconds A histogram with small bounds.
# TYPE x_seconds histogram
x_seconds_bucket{le="0.000000255"} 1
x_seconds_bucket{le="0.000001023"} 2
x_seconds_bucket{le="+Inf"} 3
x_seconds_sum 0.5
x_seconds_count 3
T
port=$((20000 + RANDOM % 10000))
root/usr/bin/prometheus-node-exporter --collector.disable-defaults --collector.textfile \
	--collector.textfile.directory=text --web.listen-address="127.0.0.1:$port" 2>log &
pid=$!
for ((i = 0; i < 100; i++)); do
	! curl -sf "http://127.0.0.1:$port/metrics" >served || break
	sleep 0.1
done
printf 'version %s\n' "$(root/usr/bin/prometheus-node-exporter --version 2>&1 | head -n 1)"
grep '^x_seconds_bucket' served
[[ $(grep '^x_seconds_bucket' served) == 'x_seconds_bucket{le="2.55e-07"} 1
x_seconds_bucket{le="1.023e-06"} 2
x_seconds_bucket{le="+Inf"} 3' ]] || {
	echo "it no longer behaves as described" >&2
	exit 1
}
echo "as described"
