# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only
#
# What every test sources. A test is a bash script:
#
#	#!/bin/bash
#	# SPDX-License-Identifier: GPL-2.0-only
#	# BOOT: VIOMMU=off		(the VM it wants, see scripts/vm.sh; optional)
#	# TIMEOUT: 300			(seconds, 180 if not given)
#	# NEEDS: selftests		(programs beside a VM, see scripts/test.sh; optional)
#	DESCRIPTION="shows every vIOMMU once"	(completes "This test …")
#	. "${0%/*}/lib/tap.sh"
#
#	requires_driver
#	run_ok viommu-top --once
#	like "$out" web-1 "the first guest is listed"
#	done_testing
#
# tests/host/*.sh run on the host, all others as root in a VM they share with
# those that want the same boot: each must leave it as it found it, with the
# help of at_exit. A kernel splat or an IOMMU error in the log fails the test
# in which it happens, unless the test said expect_dmesg.

set -u
export LC_ALL=C.UTF-8

# A process costs a debug kernel under TCG a tenth of a second and more: hence no program
# here or in the other libraries for what the shell does by itself.
tests=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd -P)
top=${tests%/*}
build=$top/build
tap_name=${0##*/}
tap_name=${tap_name%.sh}
tap_count=0 tap_failed=0 tap_ended=
tap_cleanups=() tap_expected=()
# What a test may write to
tap_dir=$(mktemp -d)
out='' err='' rc=0

tap_splat='WARNING: |BUG: |Oops|general protection fault|Kernel panic|Call Trace:|KASAN: |UBSAN: |INFO: (task|rcu|possible|inconsistent|trying)|possible (recursive|circular)|refcount_t: |unreferenced object|kmemleak: [0-9]+ new|DMA-API: .*(error|not|leak)|ODEBUG: |AMD-Vi: .*([Ee]rror|[Tt]imeout|[Tt]imed out|[Ff]ail|Event logged|overflow)'

# --- results ------------------------------------------------------------

diag() {
	local text="$*"

	printf '# %s\n' "${text//$'\n'/$'\n'# }"
}

tap_result() { # STATUS DESCRIPTION
	tap_count=$((tap_count + 1))
	if (($1 == 0)); then
		printf 'ok %d - %s\n' "$tap_count" "$2"
		return 0
	fi
	tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' "$tap_count" "$2"
	return 1
}

ok() { tap_result 0 "$1"; }

not_ok() { # DESCRIPTION [WHY]
	tap_result 1 "$1"
	[[ -z ${2:-} ]] || diag "$2"
	return 1
}

# is ACTUAL EXPECTED DESCRIPTION
is() {
	if [[ $1 == "$2" ]]; then
		ok "$3"
	else
		not_ok "$3" "got:      $1"$'\n'"expected: $2"
	fi
}

# isnt ACTUAL UNEXPECTED DESCRIPTION
isnt() {
	if [[ $1 != "$2" ]]; then
		ok "$3"
	else
		not_ok "$3" "got what it must not be: $1"
	fi
}

# like ACTUAL REGEX DESCRIPTION: an extended regular expression, as of bash
like() {
	if [[ $1 =~ $2 ]]; then
		ok "$3"
	else
		not_ok "$3" "got:      $1"$'\n'"expected: =~ $2"
	fi
}

# unlike ACTUAL REGEX DESCRIPTION
unlike() {
	if [[ ! $1 =~ $2 ]]; then
		ok "$3"
	else
		not_ok "$3" "got:      $1"$'\n'"unwanted: =~ $2"
	fi
}

# cmp_ok NUMBER OPERATOR NUMBER DESCRIPTION: operators of [, as -ge
cmp_ok() {
	# shellcheck disable=SC1073,SC1072,SC1009 # the operator is an argument
	if test "$1" "$2" "$3" 2>/dev/null; then
		ok "$4"
	else
		not_ok "$4" "is not so: $1 $2 $3"
	fi
}

# run COMMAND…: its output in $out, error output in $err, status in $rc
run() {
	local file=$tap_dir/err.$BASHPID

	rc=0
	out=$("$@" 2>"$file") || rc=$?
	err=$(<"$file")
}

tap_ran() { # STATUS-WANTED COMMAND…
	local want=$1
	shift

	run "$@"
	if ((rc == want)); then
		ok "$* exits $want"
	else
		not_ok "$* exits $want" "status $rc; stderr: ${err:-(empty)}; stdout: ${out:0:500}"
	fi
}

run_ok() { tap_ran 0 "$@"; }
run_fails() { tap_ran "$@"; } # STATUS COMMAND…

# wait_until SECONDS COMMAND…: false if COMMAND has not succeeded by then
wait_until() {
	local end=$((SECONDS + $1))
	shift

	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.05
	done
}

# --- requirements -------------------------------------------------------

skip_all() { # WHY
	tap_ended=skipped
	printf '1..0 # SKIP %s\n' "$*"
	exit 0
}

requires_program() {
	local program

	for program; do
		command -v "$program" >/dev/null || skip_all "no $program here"
	done
}

requires_driver() { # the driver's vIOMMU enabled
	[[ -d /sys/kernel/tracing/events/amd_viommu ]] || skip_all "this kernel has no AMD vIOMMU driver"
	grep -qsx enabled /sys/class/iommu/*/amd-iommu/viommu || skip_all "the vIOMMU is not enabled in this boot"
}

requires_file() { # PATH WHY
	[[ -e $1 ]] || skip_all "$2"
}

# --- cleanup and the kernel's log ----------------------------------------

# at_exit COMMAND…: runs when the test ends, last one first
at_exit() {
	local line

	printf -v line '%q ' "$@"
	tap_cleanups=("$line" "${tap_cleanups[@]}")
}

# has_choice NAME: the hardware has x-viommu-NAME=on, an answer of its own to a
# question that its documentation leaves open
has_choice() { [[ ,${HARDWARE_CHOICES:-}, == *,"$1",* ]]; }

# expect_dmesg REGEX: lines that this test provokes and that are no failure
expect_dmesg() { tap_expected+=("$1"); }

# dmesg_here: what the kernel has logged since this test began
dmesg_here() { dmesg | sed "1,/test $tap_name begins $$\$/d"; }

tap_dmesg() {
	local lines expected

	[[ ${IN_VM:-} ]] || return 0
	lines=$(dmesg_here | grep -E "$tap_splat")
	for expected in ${tap_expected[@]+"${tap_expected[@]}"}; do
		[[ $lines ]] || break
		lines=$(grep -vE "$expected" <<<"$lines")
	done
	if [[ ! $lines ]]; then
		ok "the kernel has nothing to complain about"
		return
	fi
	not_ok "the kernel has nothing to complain about"
	diag "$(dmesg_here | grep -E -A12 "$tap_splat" | head -n 60)"
}

tap_finish() {
	local status=$? line

	trap '' INT TERM
	for line in ${tap_cleanups[@]+"${tap_cleanups[@]}"}; do
		eval "$line" || diag "cleanup failed: $line"
	done
	if [[ $tap_ended != skipped ]]; then
		[[ $tap_ended == yes ]] || not_ok "the test ran to its end" "it left with status $status"
		tap_dmesg
		printf '1..%d\n' "$tap_count"
	fi
	rm -rf "$tap_dir"
	exit $((tap_failed > 0))
}

done_testing() {
	tap_ended=yes
	exit 0
}

trap tap_finish EXIT
trap 'exit 143' INT TERM
diag "This test ${DESCRIPTION:?}."
[[ ! ${IN_VM:-} ]] || printf 'test %s begins %d\n' "$tap_name" $$ >/dev/kmsg
