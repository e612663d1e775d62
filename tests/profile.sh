#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: IOMMU_OPTS=intremap=on,dma-remap=on,viommu=on,profile=epyc-7542 QEMU_EXTRA="-device pxb-pcie,id=pci.1,bus_nr=64,bus=pcie.0,addr=5.2 -device amd-iommu,primary-bus=pci.1,intremap=on,dma-remap=on,viommu=on,profile=epyc-7542 -device pxb-pcie,id=pci.2,bus_nr=96,bus=pcie.0,addr=5.3 -device amd-iommu,primary-bus=pci.2,intremap=on,dma-remap=on,viommu=on,profile=epyc-7542 -device pxb-pcie,id=pci.3,bus_nr=128,bus=pcie.0,addr=5.4 -device amd-iommu,primary-bus=pci.3,intremap=on,dma-remap=on,viommu=on,profile=epyc-7542"
DESCRIPTION="boots on the four IOMMUs of an EPYC 7542: runs, without what these have not"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/again.sh"
requires_driver
expect_dmesg 'Event logged \[IO_PAGE_FAULT'

is "$(cut -d: -f1 /sys/class/iommu/ivhd*/amd-iommu/features | xargs)" \
	"58f77ef22294ade 58f77ef22294ade 58f77ef22294ade 58f77ef22294ade" "the kernel sees four with those registers"
is "$(cat /sys/class/iommu/ivhd*/amd-iommu/viommu | sort | uniq -c | xargs)" "4 enabled" "each has its vIOMMU"
is "$(dmesg | grep -c 'AMD-Vi: Interrupt remapping enabled')" 1 "interrupts are remapped"
is "$(dmesg | grep -E 'AMD-Vi: .*(timed out|Event logged)|WARNING:')" "" "the boot is clean"

mapfile -t bdf < <(dma_devices)
play_start mover
plays mover "dirty pages are not tracked, and it says so" <<S
ioas as
device d ${bdf[0]}
!EOPNOTSUPP parent p d as dirty
parent p d as
S
play_stop mover
play_vm deep "${bdf[0]}" 0x10 5
plays deep "GCR3 tables of more levels than the hardware walks are refused" <<'S'
!EOPNOTSUPP nested three v d 6 0x180000 glx=2
nested two v d 6 0x180000 glx=1
S
play_stop deep
again nested
done_testing
