#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: vm prometheus
DESCRIPTION="runs the tools' unit tests"
# shellcheck source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

PROMETHEUS=$("$top/scripts/fetch-prometheus.sh")
export PROMETHEUS
isnt "$PROMETHEUS" "" "there is a Prometheus to scrape with"
run make -C "$top/tools" check "O=$build" WERROR=y
is "$rc" 0 "make check passes" || {
	diag "$(grep -E "not ok |Failed|Dubious|: \*\*\* " <<<"$out$err")"
	diag "$out" "$err"
}
like "$out" 'Result: PASS' "and ran something"
done_testing
