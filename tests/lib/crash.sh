# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# crash.sh FLAG: in the VM, a guest whose device and commands are at work, until
# the host makes the file FLAG. Then the kernel crashes, and says with how many
# guests. For setsid: the command that starts it takes its children with it.

# shellcheck disable=SC1091
. "$(dirname "$0")/play.sh"
mapfile -t bdf < <(dma_devices)

work() {
	cat <<-S
		ioas as
		device d ${bdf[0]}
		parent p d as
		ram as 0 0x400000
		viommu v d p
		vdevice vd v d 0x10
		s1-pool 0x200000 0x100000
		s1-gcr3 0x180000 0x181000
		s1-map 0x181000 0x100000000 0x10000 0x1000
		nested n v d 5 0x180000
		attach d n
		queue c v cmd 0x300000 0x80000
		queue e v evt 0x390000 0x1000
		control v 0x1004
	S
	while sleep 0.05; do
		printf '%s\n' 'inv-pages c 5 times=41' 'dma-write d 0x100000000 busy'
	done
}

work | viommu-play &
until [[ -e $1 ]]; do
	sleep 0.1
done
echo "crash: with $(compgen -G "$debugfs/iommu*/viommu/[0-9]*" | wc -l) guests" >/dev/kmsg
echo c >/proc/sysrq-trigger
