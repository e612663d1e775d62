#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# test.sh: sets up what the tests need and runs them through prove. Tests that
# want the same VM follow each other in one boot of it; several VMs and tests on
# the host run at a time. Closes with one line.
#  T='glob …'   only tests whose path below tests/, with or without .sh, matches
#  V=1          every check as it is made
#  TEST_JOBS=N  how many run at a time: 2, if the machine has the cores and the memory

verbose=${V:-}
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=test-header.sh
. "$top/scripts/test-header.sh"

patterns=${T:-*}
unset T V
results=$build/log/tests
# What each test took: in the runs of this machine, else in that of tests/times.tsv
times=$cache/test-times.tsv

wanted() { # TEST
	local pattern short

	short=${1#"$top/tests/"}
	short=${short%.sh}
	set -f
	for pattern in $patterns; do
		set +f
		pattern=${pattern#tests/}
		# shellcheck disable=SC2053 # a glob
		if [[ $short == ${pattern%.sh} || ${short##*/} == ${pattern%.sh} ]]; then
			return 0
		fi
	done
	return 1
}

# A line per test: the sequence it is in, which is its boot, or itself on the
# host; the seconds it takes; its path. In a boot, what spoils it for others is last.
selected() {
	local test boot order

	for test in "$top"/tests/{host/*,*}.sh; do
		[[ -f $test ]] || continue
		wanted "$test" || continue
		order=$(header ORDER "$test")
		boot=$(header BOOT "$test")
		! on_host "$test" || boot=host-${test##*/}
		printf '%s\t%s\t%s\n' "${order:-1}" "${boot:-plain}" "${test#"$top/"}"
	done | sort -s -n -k1,1 | cut -f2- | awk -F'\t' -v OFS='\t' '
		FILENAME != "-" { took[$2] = $1; next }
		{ print $1, ($2 in took) ? took[$2] : 10, $2 }' "$top/tests/times.tsv" <(cat "$times" 2>/dev/null) -
}

# Of the lines of selected: the sequences, that which takes longest first
sequences() {
	awk -F'\t' -v OFS='\t' '{ sum[$1] += $2 } END { for (s in sum) print sum[s], s }' | sort -k1,1nr -k2,2 | cut -f2
}

# How long all of it takes, if each sequence goes to the lane that is free first
estimate() { # LANES
	awk -F'\t' -v lanes="$1" '
	{ sum[$1] += $2; if (!seen[$1]++) order[++n] = $1 }
	END {
		for (i = 1; i <= n; i++) {
			best = 0
			for (j = 1; j <= n; j++)
				if (!done[j] && (!best || sum[order[j]] > sum[order[best]]))
					best = j
			done[best] = 1
			lane = 0
			for (j = 1; j < lanes; j++)
				if (busy[j] < busy[lane])
					lane = j
			busy[lane] += sum[order[best]]
		}
		for (j = 0; j < lanes; j++)
			if (busy[j] > all)
				all = busy[j]
		print int(all)
	}'
}

# prove's rules: sequences beside each other. It takes the first that can go on.
rules() {
	local sequence

	printf -- '---\npar:\n'
	sequences <<<"$1" | while read -r sequence; do
		printf '  - seq:\n'
		awk -F'\t' -v sequence="$sequence" '$1 == sequence { printf "    - \"%s\"\n", $3 }' <<<"$1"
	done
}

# The last test of each boot, after which its VM is of no use
last_of_boot() {
	awk -F'\t' '$1 !~ /^host-/ { last[$1] = $3 } END { for (boot in last) print last[boot] }' <<<"$1"
}

lanes() {
	local by_memory

	by_memory=$(awk '/^MemAvailable:/ { print int($2 / 5000000) }' /proc/meminfo)
	printf '%s\n' "$(nproc)" "$by_memory" 2 | sort -n | head -n 1 | sed 's/^0$/1/'
}

# What the tests need and no sequence builds for itself, as that of the debug
# kernel does while others run.
prepare() { # TEST…
	local test need
	local -A prepared=()

	"$top/scripts/packages.sh" fetch kernel test
	for test; do
		for need in $(on_host "$test" && echo nothing || echo vm) $(header NEEDS "$test"); do
			[[ ! ${prepared[$need]:-} ]] || continue
			prepared[$need]=1
			case $need in
			nothing) ;;
			tree) "$top/scripts/build-kernel.sh" tree ;;
			qtest) "$top/scripts/qtest.sh" --build ;;
			vm) env -u CONFIG -u KERNEL "$top/scripts/vm-ready.sh" ;;
			selftests) "$top/scripts/build-selftests.sh" ;;
			guests)
				"$top/scripts/guest-image.sh" 7.3
				"$top/scripts/guest-image.sh" 6.12
				;;
			xen) ln -sfn "$("$top/scripts/fetch-xen.sh")" "$build/xen" ;;
			perfetto) ln -sfn "$("$top/scripts/fetch-perfetto.sh")" "$build/perfetto" ;;
			prometheus)
				ln -sfn "$("$top/scripts/fetch-prometheus.sh")" "$build/prometheus"
				ln -sfn "$("$top/scripts/fetch-prometheus.sh" prometheus-alertmanager)" "$build/prometheus-alertmanager"
				;;
			*) die "$test: NEEDS: $need: nobody knows how to make that (scripts/test.sh)" ;;
			esac
		done
	done
}

# shellcheck disable=SC2317 # called by the trap
stop_vms() {
	local pid

	for pid in "$build"/run/test-*.pid; do
		[[ ! -f $pid ]] || "$top/scripts/vm.sh" --stop "$(basename "$pid" .pid)" || true
	done
}

count() { # REGEX, in all results
	cat "$results"/*.tap 2>/dev/null | grep -cE "$1"
}

# Each check that failed and what it said of that, where whoever sees the end
# of the output finds it.
failures() {
	local tap

	for tap in "$results"/*.tap; do
		grep -q '^not ok ' "$tap" || continue
		printf '\n%s:\n' "$(basename "$tap" .tap)"
		awk '/^((not )?ok |1\.\.)/ { bad = /^not/; n = 0 } bad && n++ < 40' "$tap"
	done
}

# What each test took, for the next run's plan
remember() {
	local all

	all=$(cat "$results"/*.time 2>/dev/null) || return 0
	mkdir -p "$cache"
	{ cat "$times" 2>/dev/null; printf '%s\n' "$all"; } |
		awk -F'\t' -v OFS='\t' '{ took[$2] = $0 } END { for (test in took) print took[test] }' |
		sort -t $'\t' -k1,1nr -k2,2 >"$times.$$" && mv "$times.$$" "$times"
}

summary() { # SECONDS
	local skipped failed

	failures
	failed=$(count '^not ok ') || true
	skipped=$(count '^1\.\.0 # SKIP|^ok .* # SKIP') || true
	say "log of each test: ${results#"$top/"}; it took $(duration "$1")"
	printf 'tests: %d passed, %d failed, %d skipped\n' "$(($(count '^ok ' || true)))" "$failed" "$skipped"
}

main() {
	local rc=0 plan number begin lock err prove=
	local -a tests

	plan=$(selected)
	[[ $plan ]] || die "no test matches T='$patterns'; there are: $(cd "$top/tests" && printf '%s ' host/*.sh [!*]*.sh)"
	mapfile -t tests < <(cut -f3 <<<"$plan")
	number=${TEST_JOBS:-$(lanes)}
	say "${#tests[@]} tests in $(sequences <<<"$plan" | grep -vc ^host-) boots and on the host, $number at a time:" \
		"about $(duration "$(estimate "$number" <<<"$plan")") once everything is built"
	prepare "${tests[@]}"
	lock tests
	lock=${lock_fds[tests]}
	exec {err}>&2
	rm -rf "$results"
	mkdir -p "$results"
	rules "$plan" >"$results/rules.yml"
	last_of_boot "$plan" >"$results/last-of-boot"
	cut -f2,3 <<<"$plan" >"$results/plan"
	trap stop_vms EXIT
	trap 'kill -- "-$prove" 2>/dev/null; exit 130' INT TERM HUP
	cd "$top"
	begin=$SECONDS
	# A group of its own, not in the foreground: a signal would be ours only once prove has
	# ended, and what runs in the background without one ignores SIGINT
	set -m
	TEST_RESULTS=$results TEST_VERBOSE=$verbose VM_KEEPER=$$ HARNESS_RULESFILE=$results/rules.yml TEST_JOBS=$number TEST_STDERR=$err \
		prove ${verbose:+-v} -j "$number" --merge --timer --exec "$top/scripts/test-exec.sh" "${tests[@]}" </dev/null {lock}>&- &
	prove=$!
	set +m
	wait "$prove" || rc=$?
	say "the tests took $(duration $((SECONDS - begin)))"
	remember
	summary "$SECONDS"
	exit "$rc"
}

main
