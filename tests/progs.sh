#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="counts the runs of BPF programs that the kernel skips"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
requires_file /sys/kernel/btf/vmlinux "this kernel has no BTF"
program=$build/tools/unit/lib/bpf/progs
requires_file "$program" "the unit test is not built"

# what a host without privileges cannot: there it is a unit test that is skipped
run "$program"
is "$rc" 0 "the unit test passes" || diag "$out" "$err"
unlike "$out" SKIP "and ran"
done_testing
