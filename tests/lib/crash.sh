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
	vm_script "${bdf[0]}" 0x10 5
	cat <<-S
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
