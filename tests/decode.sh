#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="decodes the tracepoints with perf and bpftrace"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
requires_driver
requires_program perf bpftrace

data=$(mktemp)
perf record -q -a -o "$data" -e 'amd_viommu:*' viommu-vmm --churn 1 >/dev/null 2>&1
text=$(PAGER=cat perf script -i "$data" 2>/dev/null)
like "$text" 'viommu_guest_id_alloc: iommu=0 guest_id=1 ret=0' "perf script: guest ID"
like "$text" 'viommu_init: iommu=0 guest_id=1 serial=[0-9]+ tgid=[0-9]+ ret=0' "perf script: init"
like "$text" 'viommu_cmd_submit: iommu=0 guest_id=1 seq=[0-9]+ opcode=RESET_VMMIO cmd=90000001:a0000000' "perf script: the command by name and in hex"
like "$text" 'opcode=COMPLETION_WAIT' "perf script: the wait"
like "$text" 'viommu_vf_page_alloc: iommu=0 guest_id=1 offset=0x[0-9a-f]+ ret=0' "perf script: VF page"
unlike "$text" 'FAILED TO PARSE|UNKNOWN' "perf script: every event can be parsed"
rm -f "$data"

# perf trace may leave unread what comes right before its workload ends
text=$(perf trace -a -e 'amd_viommu:viommu_guest_id_*' sh -c 'viommu-vmm --churn 3; sleep 1' 2>&1 >/dev/null)
is "$(grep -c 'viommu_guest_id_alloc(' <<<"$text")" 3 "perf trace shows 3 allocations"
is "$(grep -c 'viommu_guest_id_free(' <<<"$text")" 3 "and 3 frees"

# It leaves out what is 0, shows numbers for names, and of an array only where it lies:
# a command's words are a field each. With the library that perf script has, all is there
config=$(mktemp)
at_exit rm -f "$config"
traced() {
	{ PERF_CONFIG=$config perf trace -a -e 'amd_viommu:viommu_cmd_*' sh -c 'viommu-vmm --churn 1; sleep 1' >/dev/null; } 2>&1
}
text=$(traced)
like "$text" 'viommu_cmd_submit\(guest_id: 1, seq: [0-9]+, opcode: 10, cmd0: 2415919105, cmd1: 2684354560\)' \
	"perf trace shows the words of RESET_VMMIO as numbers"
printf '[trace]\n\ttracepoint_beautifiers = libtraceevent\n\tshow_zeros = yes\n' >"$config"
text=$(traced)
like "$text" 'iommu=0 guest_id=1 seq=[0-9]+ opcode=RESET_VMMIO cmd=90000001:a0000000:00000000:00000000' \
	"and, if it is told to, opcodes by name, words in hex and zeros"
like "$text" 'viommu_cmd_complete\(.*guest_id=1 seq=[0-9]+ ret=0\)' "and results that are 0"

run_ok bpftrace -e 'tracepoint:amd_viommu:viommu_cmd_submit /args->opcode == 10/ { @reset[args->guest_id] = count(); }' -c 'viommu-vmm --churn 5'
like "$out" '@reset\[1\]: 10' "bpftrace counts 10 resets of guest 1"

for event in /sys/kernel/tracing/events/amd_viommu/viommu_*/format; do
	name=$(basename "$(dirname "$event")")
	like "$(sed -n 's/.*field:\([^;]*\);.*/\1/p' "$event" | grep -v common_ | head -n 2 | tr '\n' ',')" \
		'^u32 iommu,u16 guest_id,$' "$name starts with iommu and guest_id"
done
done_testing
