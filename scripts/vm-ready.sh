#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vm-ready.sh: builds everything that a VM needs to boot and to be useful, as
# far as it is not there: the kernel of CONFIG, the emulator, the tools.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

"$top/scripts/packages.sh" vm guest
if [[ ${KERNEL:-} == debian ]]; then
	"$top/scripts/fetch-debian-kernel.sh"
elif [[ ${KERNEL:-} ]]; then
	[[ -f $KERNEL ]] || die "KERNEL=$KERNEL: no such file; give a kernel image, or 'debian' for Debian's"
else
	"$top/scripts/build-kernel.sh" "${CONFIG:-vm}" headers
fi
[[ ${QEMU:-} ]] || "$top/scripts/build-qemu.sh"
for part in tools tests/vmm; do
	# a part of the project that is not written yet is no reason not to boot
	[[ -f $top/$part/Makefile ]] || continue
	mkdir -p "$log"
	step "${part//\//-}" "building $part" none -- \
		make -C "$top/$part" O="$build" UAPI="$build/uapi/include" ||
		die "$part does not build"
done
"$top/scripts/initramfs.sh" "$build/initramfs.cpio.gz"
