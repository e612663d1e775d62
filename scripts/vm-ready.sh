#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vm-ready.sh: builds everything that a VM needs to boot and to be useful, as
# far as it is not there: the kernel of CONFIG, the emulator, the programs.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

"$top/scripts/packages.sh" vm tools guest
if [[ ${KERNEL:-} =~ ^debian(-|$) ]]; then
	"$top/scripts/build-kernel.sh" headers
elif [[ ${KERNEL:-} ]]; then
	[[ -f $KERNEL ]] || die "KERNEL=$KERNEL: no such file; give a kernel image, or debian, debian-6.1 or debian-6.12 for Debian's"
	"$top/scripts/build-kernel.sh" headers
else
	"$top/scripts/build-kernel.sh" "${CONFIG:-vm}" headers
fi
if [[ ${QEMU:-} ]]; then
	"$top/scripts/fetch-firmware.sh"
else
	"$top/scripts/build-qemu.sh"
fi
lock programs
for part in tests/vmexec tests/vmm tools; do
	step "${part//\//-}" "building $part" none -- \
		make -C "$top/$part" O="$build" UAPI="$build/uapi/include" WERROR=y ||
		die "$part does not build"
done
"$top/scripts/initramfs.sh" "$build/initramfs.cpio.gz"
[[ ! ${KERNEL:-} =~ ^debian(-(.*))?$ ]] || "$top/scripts/fetch-debian-kernel.sh" "${BASH_REMATCH[2]:-7.3}"
