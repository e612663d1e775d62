#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: CONFIG=debug
# TIMEOUT: 900
DESCRIPTION="lets every allocation of every call of a VM's life fail once"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/record.sh"
requires_driver
requires_program bpftool
requires_file /proc/self/fail-nth "this kernel injects no faults"
requires_file /sys/kernel/debug/failslab "this kernel injects no faults into allocations"

# The faults are said to be no news; what they lead to is
for attr in failslab fail_page_alloc fail_iommufd; do
	echo 0 >"/sys/kernel/debug/$attr/verbose"
done
for attr in failslab fail_page_alloc; do
	echo N >"/sys/kernel/debug/$attr/ignore-gfp-wait"
done
echo N >/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem
echo 0 >/sys/kernel/debug/fail_page_alloc/min-order

mapfile -t bdf < <(dma_devices)
pin=/sys/fs/bpf/vdevices_$$
bpftool iter pin "$build/tools/viommu_vdevices.bpf.o" "$pin"
at_exit rm -f "$pin"
same=("$debugfs/iommu*/viommu/trans_devids" "$pin")
for file in vdevices domains queues; do
	same+=("$debugfs/iommu*/viommu/[0-9]*/$file")
done
data=$(mktemp)
script=$(mktemp)
at_exit rm -f "$data" "$script"

# life SCRIPT: in $out
life() {
	cat >"$script"
	rc=0
	viommu-play -f "$script" "${same[@]}" >"$build/out/fail-nth.txt" 2>"$build/out/fail-nth.err" || rc=$?
	out=$(cat "$build/out/fail-nth.txt") err=$(cat "$build/out/fail-nth.err")
	is "$rc" 0 "$1: every call works once memory is there, and what fails leaves nothing behind" ||
		diag "$(grep -v ^fault <<<"$out"$'\n'"$err" | tail -n 20)"
	diag "$(awk '/^fault/ { n[$3 " " $5]++ } END { for (i in n) print i, n[i] }' <<<"$out" | sort | paste -sd,)"
	# Not all of them are for lack of memory. iommufd has faults of its own, in its tests'
	# configuration: look-ups of objects that do not find them (ENOENT, which IOMMU_HWPT_ALLOC
	# makes EINVAL for what the table shall be of), reserved addresses in the way (EINVAL of
	# attach), pages that cannot be pinned (EFAULT of map). PCI says EBUSY when there is no
	# memory to note down who has a BAR, and mmap EINVAL for how the VF page may be cached.
	others=' (parent|nested|attach|viommu) [0-9]+ EINVAL| map [0-9]+ EFAULT| device [0-9]+ EBUSY'
	is "$(grep '^fault ' <<<"$out" | grep -vE " (ENOMEM|ENOENT|passes)\$|($others)\$")" "" \
		"$1: who fails says why"
}

events=()
for event in /sys/kernel/tracing/events/amd_viommu/viommu_*; do
	[[ $event == */viommu_cmd_* ]] || [[ ! -d $event ]] || events+=(-e "amd_viommu:${event##*/}")
done
record_start "$data" "${events[@]}"
life "a VM from its first call to its last" <<S
ioas as
device d ${bdf[0]}
attach d as
detach d
parent p d as
ram as 0 0x400000
unmap as 0 0x400000
map as 0 0 0x400000
attach d p
viommu v d p
vdevice vd v d 0x10
s1-pool 0x200000 0x100000
s1-gcr3 0x180000 0x181000
s1-map 0x181000 0x100000000 0x10000 0x1000
nested n v d 5 0x180000
nested m v d 0x4000 0x180000
attach d n
attach d m
attach d n
veventq q v 4
queue c v cmd 0x300000 0x1000
queue l v evt 0x310000 0x1000
queue r v ppr 0x320000 0x1000
control v 0x1004
map as 0x8000000000 0x20000 0x1000
cmd-wait c 0x330000
dma-write d 0x100000000 works
mem-check 0x10000 works
invalidate v 0x3000000500000000 0x7ffffffffffff007 0x1000000000000004 0
invalidate v 0x400000100a000010 0x7ffffffffffff001 0x8000000000000000 0
unmap as 0x8000000000 0x1000
control v 0
destroy r
destroy l
destroy c
destroy q
attach d p
destroy m
destroy n
destroy vd
destroy v
detach d
destroy p
unmap as 0 0x400000
close d
destroy as
S
record_stop
of_memory=$(awk '/^fault .* ENOMEM$/ { print $3 }' <<<"$out" | sort -u | paste -sd' ')
is "$of_memory" "attach device ioas map nested parent queue vdevice veventq viommu" "each that needs memory lacked it"
trace=$(perf script -i "$data" 2>/dev/null)
is "$(awk -f "${0%/*}/lib/rebuild.awk" <<<"$trace")" "" "the trace adds up to nothing"
is "$(sed -n 's/.*viommu_guest_id_alloc: .*guest_id=\([0-9]*\) ret=0$/\1/p' <<<"$trace" | tail -n 1)" 1 \
	"the vIOMMU that was made in the end got the lowest guest ID"
is "$(rows)" 0 "no vIOMMU is left"
done_testing
