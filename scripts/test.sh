#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# test.sh: sets up what the tests need and runs them through prove, one boot
# for all tests that want the same VM. Closes with one line.
#  T='glob …'  only tests whose path below tests/, with or without .sh, matches
#  V=1         every check as it is made

verbose=${V:-}
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=test-header.sh
. "$top/scripts/test-header.sh"

patterns=${T:-*}
unset T V
results=$build/log/tests

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

# Those on the host first, then by boot, the slow kernels last.
selected() {
	local test boot

	for test in "$top"/tests/{host/*,vm/*,*}.sh; do
		[[ -f $test ]] || continue
		wanted "$test" || continue
		boot=$(header BOOT "$test")
		on_host "$test" && boot=0 || boot="1 ${boot//CONFIG=/~CONFIG=}"
		printf '%s\t%s\n' "$boot" "$test"
	done | sort -s -t $'\t' -k1,1 | cut -f2
}

# Everything the tests need, built before the first of them begins.
prepare() {
	local test boot need needs
	local -A prepared=()

	"$top/scripts/packages.sh" fetch kernel test
	for test; do
		needs=$(header NEEDS "$test")
		on_host "$test" || needs="vm${needs:+ $needs}"
		boot=$(header BOOT "$test")
		[[ ! ${prepared["$needs $boot"]:-} ]] || continue
		prepared["$needs $boot"]=1
		for need in ${needs:-vm}; do
			case $need in
			nothing) ;;
			tree) "$top/scripts/build-kernel.sh" tree ;;
			qtest) "$top/scripts/qtest.sh" --build ;;
			vm) boot_env "$boot" "$top/scripts/vm-ready.sh" ;;
			selftests) "$top/scripts/build-selftests.sh" ;;
			prometheus) "$top/scripts/fetch-prometheus.sh" >/dev/null ;;
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

summary() { # SECONDS
	local skipped failed

	failures
	failed=$(count '^not ok ') || true
	skipped=$(count '^1\.\.0 # SKIP|^ok .* # SKIP') || true
	say "log of each test: ${results#"$top/"}; it took $(duration "$1")"
	printf 'tests: %d passed, %d failed, %d skipped\n' "$(($(count '^ok ' || true)))" "$failed" "$skipped"
}

main() {
	local rc=0
	local -a tests

	mapfile -t tests < <(selected)
	((${#tests[@]})) || die "no test matches T='$patterns'; there are: $(cd "$top/tests" && printf '%s ' host/*.sh vm/*.sh [!*]*.sh)"
	prepare "${tests[@]}"
	lock tests
	rm -rf "$results"
	mkdir -p "$results"
	trap stop_vms EXIT
	trap 'exit 130' INT TERM HUP
	cd "$top"
	TEST_RESULTS=$results VM_KEEPER=$$ prove ${verbose:+-v} --timer --exec "$top/scripts/test-exec.sh" \
		"${tests[@]#"$top/"}" </dev/null || rc=$?
	summary "$SECONDS"
	exit "$rc"
}

main
