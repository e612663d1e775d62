#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# This test checks what viommu-trace does without a kernel: its documents name
# the same commands, options and events; it refuses nonsense.
#
# usage: commands.sh PROGRAM

# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"

program=$1
top=$(cd "$(dirname "$0")/../../.." && pwd)
man=$top/docs/man/viommu-trace.1
completion=$top/tools/completions/viommu-trace.bash
header=$top/kernel/include/trace/events/amd_viommu.h
dir=$(mktemp -d) || exit 1
trap 'rm -r "$dir"' EXIT

plain() { sed -e 's/\\-/-/g; s/\\f[RIB]//g' "$man"; }
known() { grep -qwF -- "$1" "${@:2}"; }
mapfile -t commands < <("$program" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')

ok $((${#commands[@]} < 4)) "there are commands"
for command in "${commands[@]}"; do
	known "$command" <(plain) && known "$command" "$completion"
	ok $? "$command is in the man page and completed"
	"$program" "$command" --help >"$dir/$command"
	ok $? "$command --help works"
	mapfile -t options < <(grep -oE -- '--[a-z][a-z-]+' "$dir/$command" | sort -u)
	for option in "${options[@]}"; do
		known "$option" <(plain) && known "$option" "$completion"
		ok $? "$command $option is in the man page and completed"
	done
done
mapfile -t mentioned < <(grep -ohE -- '--[a-z][a-z-]+' "$completion" <(plain) | sort -u)
for option in "${mentioned[@]}"; do
	grep -qF -- "$option" "$dir"/* <("$program" --help) || [[ $option == --version ]]
	ok $? "$option of man page or completion exists"
done

# the same as the driver has
diff <("$program" events --list | sort) \
	<(sed -nE 's/^(TRACE_EVENT|DEFINE_EVENT)\((viommu_[a-z_]+, )?(viommu_[a-z_]+).*/\3/p' "$header" | sort)
ok $? "all events of the driver are known"
diff <(sed -n 's/.*{ \(0x[0-9a-f]*\), "\([A-Z_]*\)" }.*/\2/p' "$header" | sort -u) \
	<(grep -oE '"[A-Z_]+"' "$top/tools/lib/hw/names.c" | tr -d '"' | sort -u)
ok $? "and so are the names of commands and records"

# --- a full disk: what is lost is told
if [[ -c /dev/full ]]; then
	for words in "explain command 1:2" "events --list" --help --version; do
		# shellcheck disable=SC2086
		"$program" $words 2>"$dir/err" >/dev/full
		ok $(($? != 1)) "$words fails where it cannot write"
		grep -q 'cannot write to standard output: No space left' "$dir/err"
		ok $? "and says why" || cat "$dir/err"
	done
fi

# --- nonsense
for wrong in "" nonsense "explain nothing 0" "explain command" \
	"explain command xyz 0" "explain command 1 2 3" "explain command 11111111111111111 0" \
	"explain dte 0 0" "events surplus" "events -e nonsense" "events --buffer 3" \
	"events --count 0" "events --gid 65536" "events --iommu x" "latency --interval 0" \
	"latency --count 3" "latency --duration nan" "fly nonsense" "fly status surplus" \
	"fly --trigger nonsense" "fly --keep 3" "fly --json" "record --at 10s"; do
	# shellcheck disable=SC2086 # several words
	"$program" $wrong >"$dir/out" 2>"$dir/err"
	ok $(($? != 2)) "wrong usage: $wrong"
	[[ -s $dir/err && ! -s $dir/out ]]
	ok $? "which is told on standard error only"
done
[[ $("$program" --version) == "viommu-trace "* ]]
ok $? "--version names it"
done_testing
