# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Results of a test of a program that needs no VM; tap.h is its like in C.

tests=0 failures=0

ok() { # STATUS WHAT
	((++tests))
	if (($1 == 0)); then
		echo "ok $tests - $2"
	else
		echo "not ok $tests - $2"
		((++failures))
	fi
}

skip() { # WHY
	echo "ok $((++tests)) # SKIP $1"
}

done_testing() {
	echo "1..$tests"
	exit $((failures != 0))
}
