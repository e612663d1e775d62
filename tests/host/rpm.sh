#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: nothing
# TIMEOUT: 300
DESCRIPTION="makes the RPM package, and installs, runs and removes it in a root of its own"
# shellcheck source=../lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=../lib/root.sh
. "$tests/lib/root.sh"

requires_program rpmbuild
run make -s -C "$top" rpm
is "$rc" 0 "make rpm makes a package" || diag "$err"
rpm=$(echo "$build"/viommu-tools-*.rpm)
is "$(rpm -qp --qf '%{VERSION}' "$rpm" 2>/dev/null)" "$(make -s -C "$top/tools" version)" "of the tools' version"

make_root
# distributions with RPM packages have it
mkdir -p "$root/usr/share/licenses"
run rpm --root "$root" --initdb
before=$(files_in_root)
run rpm --root "$root" --nodeps -i "$rpm"
is "$rc" 0 "it installs" || diag "$err"
replay_in_root
run rpm --root "$root" -V --nodeps viommu-tools
is "$rc$out" 0 "every file is as packed"
run rpm --root "$root" -e viommu-tools
is "$rc" 0 "it can be removed" || diag "$err"
is "$(diff <(echo "$before") <(files_in_root))" "" "and leaves nothing behind"
done_testing
