#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: CONFIG=debug
# TIMEOUT: 1500
DESCRIPTION="fails every allocation of every step of a VM's life, once each"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/tap.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/vmm.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/play.sh"
requires_driver
requires_file /proc/self/fail-nth "this kernel has no fault injection"

for file in failslab/ignore-gfp-wait failslab/cache-filter fail_page_alloc/ignore-gfp-wait; do
	echo N >"/sys/kernel/debug/$file"
done
echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
# a stack trace for each would fill the log
echo 0 >/sys/kernel/debug/failslab/verbose
echo 0 >/sys/kernel/debug/fail_page_alloc/verbose

mapfile -t bdf < <(dma_devices)
script=$(mktemp)
at_exit rm -f "$script"
cat >"$script" <<S
ioas as
device d ${bdf[0]}
parent p d as
ram as 0 0x400000
viommu v d p
vdevice vd v d 0x10
veventq q v 3
s1-pool 0x200000 0x100000
s1-gcr3 0x180000 0x181000
s1-map 0x181000 0x100000000 0x10000 0x1000
nested n v d 5 0x180000
nested m v d 0xfff0 0x180000
attach d n
mem-write 0x10000 works
dma-read d 0x100000000 works
attach d m
dma-read d 0x100000000 works
attach d p
destroy m
destroy n
destroy vd
vdevice vd v d 0xff00
detach d
destroy vd
destroy q
destroy v
S

counts=$(event_counts bash -c "viommu-play -f $script >/tmp/faults.out 2>/tmp/faults.err; echo \$? >/tmp/faults.rc")
count() { sed -n "s/^viommu_$1=//p" <<<"$counts"; }
is "$(cat /tmp/faults.rc)" 0 "every step works once the fault is over"
faults=$(sed -n 's/^faults //p' /tmp/faults.out)
cmp_ok "${faults:-0}" -gt 100 "there were many: ${faults:-0}"
[[ $(cat /tmp/faults.rc) == 0 ]] || diag "$(tail -n 5 /tmp/faults.out /tmp/faults.err)"
diag "steps that failed: $(sort /tmp/faults.err | uniq -c | tr -s ' \n' ' ')"
for step in viommu vdevice nested attach parent; do
	cmp_ok "$(grep -c "^$step: ENOMEM" /tmp/faults.err)" -ge 1 "$step ran out of memory"
done
is "$(grep -vc ': ENOMEM$' /tmp/faults.err)" 0 "and no step failed for another reason"
is "$(count guest_id_free)" "$(count guest_id_alloc)" "as many guest IDs came back as were given"
is "$(count trans_dte_clear)" "$(count trans_dte_set)" "as many translation DTEs"
is "$(count vf_page_free)" "$(count vf_page_alloc)" "as many VF pages"
is "$(rows)" 0 "no vIOMMU is left"
is "$(vdevices)" "" "and no vDevice"
no_leaks
done_testing
