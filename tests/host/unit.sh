#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: vm prometheus
DESCRIPTION="runs the tools' unit tests"
# shellcheck source=../lib/tap.sh
. "${0%/*}/../lib/tap.sh"

for program in prometheus prometheus-3 promtool-3 victoria-metrics prometheus-node-exporter; do
	name=${program#prometheus-node-}
	name=${name//-/_}
	run "$top/scripts/fetch-prometheus.sh" "$program"
	isnt "$out" "" "Debian has $program" || diag "$err"
	export "${name^^}=$out"
done
run make -C "$top/tools" check "O=$build" WERROR=y
is "$rc" 0 "make check passes" || {
	diag "$(grep -E "not ok |Failed|Dubious|: \*\*\* " <<<"$out$err")"
	diag "$out" "$err"
}
like "$out" 'Result: PASS' "and ran something"
done_testing
