#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# This test checks the rules for Prometheus: each alert fires and resolves in a test
# of its own, asks for what there is, and has a section on what to do.
#
# usage: mixin.sh PROGRAM

# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"

top=$(cd "$(dirname "$0")/../../.." && pwd)
mixin=$top/docs/mixin
golden=$top/tests/golden

mapfile -t alerts < <(sed -n 's/^ *- alert: //p' "$mixin/rules.yml")
((${#alerts[@]} > 10))
ok $? "there are alerts: ${#alerts[@]}"
for alert in "${alerts[@]}"; do
	grep -qx "### $alert" "$top/docs/fleet.md"
	ok $? "$alert has a section on what to do"
	grep -q "runbook_url: fleet.md#${alert,,}\$" "$mixin/rules.yml"
	ok $? "which it names"
	grep -q "^  - name: $alert\b" "$mixin/rules-test.yml"
	ok $? "and a test"
done

mapfile -t metrics < <(grep -h "expr:\|^ *or " "$mixin/rules.yml" |
	grep -oE "(^|[^:a-z_])amd_viommu_[a-z_]+" | sed 's/^[^a]//' | sort -u)
for metric in "${metrics[@]}"; do
	cat "$golden"/*metrics.txt | grep -q "^$metric\\b"
	ok $? "$metric exists"
done

check() { # PROMTOOL
	"$1" check rules "$mixin/rules.yml" >/dev/null 2>&1
	ok $? "promtool takes the rules"
	"$1" test rules "$mixin/rules-test.yml"
	ok $? "and their tests"
}

promtool=${PROMETHEUS:+${PROMETHEUS%/*}/promtool}
if [[ ${promtool:=$(command -v promtool)} ]]; then
	check "$promtool"
else
	skip "promtool is not installed (package prometheus)"
fi
# of Prometheus 3, too
[[ ! ${PROMTOOL_3:-} ]] || check "$PROMTOOL_3"
done_testing
