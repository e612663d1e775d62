#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# test-times.sh: takes what each test of the last whole run took into
# tests/times.tsv, by which the next runs are planned on a new machine, and
# into the table of docs/times.md.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=test-header.sh
. "$top/scripts/test-header.sh"

times=$top/tests/times.tsv
doc=$top/docs/times.md

missing() {
	local test

	for test in tests/{host/*,*}.sh; do
		cut -f2 <<<"$1" | grep -qxF "$test" || printf '%s ' "$test"
	done
}

# A line per boot with its tests below it, those that take longest first
table() {
	awk -F'\t' -v OFS='\t' '{ sum[$4] += $1 + $3; n[$4]++; line[NR] = $0; boot[NR] = $4 }
		END { for (i = 1; i <= NR; i++) print sum[boot[i]], n[boot[i]], line[i] }' "$times" |
		sort -t $'\t' -k1,1nr -k6,6 -k3,3nr | awk -F'\t' '
		BEGIN { print "| boot, test | seconds | before its first test |\n|---|--:|--:|" }
		$6 != last { last = $6; printf "| **%s**, %d tests | **%d** | |\n", substr($6, 1, 60), $2, $1 }
		{ sub("^tests/", "", $4); printf "| %s | %d | %s |\n", $4, $3, ($5 > 2 ? $5 : "") }'
}

cd "$top"
all=$(cat "$log"/tests/*.time 2>/dev/null) || die "no test has been run: make test"
lost=$(missing "$all")
[[ ! $lost ]] || die "the last run was not one of all tests, it lacks: $lost"
sort -t $'\t' -k4,4 -k2,2 <<<"$all" >"$times"
awk -v table="$(table)" '
	/^<!-- tests -->$/ { print; print table; skip = 1; next }
	/^<!-- \/tests -->$/ { skip = 0 }
	!skip' "$doc" >"$doc.new"
mv "$doc.new" "$doc"
