#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: vm guests xen
# TIMEOUT: 400
DESCRIPTION="boots Debian's Xen on the emulated hardware, and Debian's Linux as its domain 0"
# shellcheck disable=SC1091
. "${0%/*}/../lib/tap.sh"

console=$(mktemp)
at_exit rm -f "$console"
linux=$build/guest/6.12
qemu_pid=''
end_qemu() { [[ ! $qemu_pid ]] || kill "$qemu_pid" 2>/dev/null; }
at_exit end_qemu

# With 1 GiB Xen 4.17 makes tables of domain 0 too small for what is above its memory.
# shellcheck disable=SC2054 # the commas are QEMU's
machine=(-machine "q35,smm=off,usb=off,sata=off,smbus=off" -cpu EPYC-Milan,-erms,-fsrm -m 2G
	-accel tcg,thread=multi -smp 2 -device "amd-iommu,intremap=on,xtsup=on,dma-remap=on,viommu=on")
"$build/qemu/obj/qemu-system-x86_64" -L "$build/fw" -nodefaults -no-user-config -no-reboot -display none \
	"${machine[@]}" -serial "file:$console" \
	-kernel "$build/xen" -append "com1=115200 console=com1 loglvl=all iommu=verbose" \
	-initrd "$linux/vmlinuz console=hvc0 panic=-1,$linux/initrd" </dev/null >/dev/null 2>&1 &
qemu_pid=$!

ended() { grep -aqE '^(\(XEN\) )?@up |crashed' "$console" || ! kill -0 "$qemu_pid"; }
wait_until 240 ended
is $? 0 "it comes to an end"
log=$(tr -d '\r' <"$console")
like "$log" '(^|'$'\n'')@up 6\.12\.' "Linux is up as its domain 0" || diag "$(tail -n 20 <<<"$log")"
like "$log" 'AMD-Vi: IOMMU 0 Enabled' "Xen has the IOMMU"
like "$log" 'I/O virtualisation enabled' "and uses it"
like "$log" 'Interrupt remapping enabled' "for interrupts, too"
is "$(grep -iE '^\(XEN\).*AMD-Vi.*(error|warn|bug|fail|unknown|bad)|IO_PAGE_FAULT|crashed' <<<"$log")" "" "AMD-Vi has no complaint"
done_testing
