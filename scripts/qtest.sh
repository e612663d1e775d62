#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# qtest.sh [--build]: the tests of the emulated hardware that need no guest
# kernel; they print TAP. With --build they are only built.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

qtest=tests/qtest/amd-viommu-test

"$top/scripts/build-qemu.sh" qemu-system-x86_64 "$qtest"
[[ ${1:-} != --build ]] || exit 0
# run from where it was built, QEMU looks for firmware below qemu-bundle only
mkdir -p "$build/qemu/obj/qemu-bundle$build"
ln -sfn "$build/fw" "$build/qemu/obj/qemu-bundle$build/fw"
cd "$build/qemu/obj"
QTEST_QEMU_BINARY=./qemu-system-x86_64 exec "./$qtest"
