#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: vm
DESCRIPTION="runs the tools' unit tests"
# shellcheck source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

run make -C "$top/tools" check "O=$build"
is "$rc" 0 "make check passes" || diag "$out" "$err"
like "$out" 'Result: PASS' "and ran something"
done_testing
