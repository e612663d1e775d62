#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fuzz.sh: feeds what a fuzzer makes up to every reader of what others wrote, with
# sanitizers: recordings, replays, debugfs, the kernel's log, command lines, HTTP.
#  FUZZ_SECONDS=N  how long each is at it (60)
#  F='glob …'      only those of tests/fuzz whose name matches
# What it finds interesting is kept in build/fuzz/corpus, what ends a program in
# build/fuzz/found: give such a file to the program in build/fuzz/tools/fuzz again.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

seconds=${FUZZ_SECONDS:-60} patterns=${F:-*}
unset F
found=$build/fuzz/found
# What is undefined ends a program, too
sanitizers="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined"

wanted() { # NAME
	local pattern

	set -f
	for pattern in $patterns; do
		# shellcheck disable=SC2053 # a glob
		[[ $1 != $pattern ]] || {
			set +f
			return 0
		}
	done
	set +f
	return 1
}

# seed NAME DIRECTORY: what there is of golden files, in the form that it takes
seed() {
	local golden=$top/tests/golden file

	mkdir -p "$2"
	case $1 in
	trace) { printf '\0' && cat "$golden/trace.viommu"; } >"$2/golden" ;;
	log) cp "$golden/resolve.log" "$golden/explain.log" "$2" ;;
	replay)
		for file in "$golden"/*.ndjson; do
			head -c 20000 "$file" >"$2/${file##*/}"
		done
		;;
	esac
	cp "$top/tests/fuzz/corpus/$1"/* "$2" 2>/dev/null || true
}

fuzz() { # PROGRAM
	local name=${1##*/} log=$build/log/fuzz-${1##*/}.log corpus

	corpus=$build/fuzz/corpus/$name
	seed "$name" "$corpus"
	echo "$name: $seconds s"
	"$1" -close_fd_mask=3 -max_total_time="$seconds" -max_len=20000 -timeout=100 -rss_limit_mb=2048 \
		-print_final_stats=1 -artifact_prefix="$found/$name-" "$corpus" >"$log" 2>&1 || {
		tail -n 40 "$log"
		echo "$name: ends; the whole log is ${log#"$top/"}"
		return 1
	}
	sed -n 's/^stat::number_of_executed_units: */  runs: /p; s/^#.*DONE *cov: \([0-9]*\).*/  edges: \1/p' "$log"
}

main() {
	local program status=0

	"$top/scripts/packages.sh" tools fuzz
	mkdir -p "$found" "$build/log"
	make -s -C "$top/tools" O="$build/fuzz" CC="${CLANG:-clang}" CFLAGS="-g -O1 $sanitizers" fuzzers >&2 ||
		die "the fuzzers do not build"
	for program in "$build"/fuzz/tools/fuzz/viommu-*/*; do
		[[ -x $program && ! $program == *.d ]] || continue
		! wanted "${program##*/}" || fuzz "$program" || status=1
	done
	return "$status"
}

main
