#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# test-debs.sh: makes the packages of `make debs` with a small kernel and has
# tests/packages/debian13.sh install them in a Debian 13.

verbose=${V:-}
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
unset V

((EUID == 0)) || die "the Debian for the test is unpacked as root: call this as root"
"$top/scripts/packages.sh" fetch kernel vm test disk
lock test-debs
CONFIG_BASE="$top/kernel/config/vm.config $top/kernel/config/disk.config" \
	"$top/scripts/debs.sh" "$build/test-debs/debs" test-debs
if [[ ${QEMU:-} ]]; then
	"$top/scripts/fetch-firmware.sh"
else
	"$top/scripts/build-qemu.sh"
fi
step tests-vmexec "building tests/vmexec" none -- make -C "$top/tests/vmexec" O="$build"
exec prove ${verbose:+-v} --timer --exec bash "$top/tests/packages/debian13.sh" </dev/null
