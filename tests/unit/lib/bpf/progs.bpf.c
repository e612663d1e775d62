// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that runs when an element is deleted from a hash table, and then
 * deletes one itself: what the kernel skips is known to the last one.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} table SEC(".maps");

/* Of this process, or nothing is deleted */
const volatile __u32 tgid;

/* How often it does so each time */
const volatile __u32 times = 1;

static __always_inline void delete_some(void)
{
	__u32 key = 1;

	if (bpf_get_current_pid_tgid() >> 32 != tgid)
		return;
	for (__u32 i = 0; i < times && i < 16; i++)
		bpf_map_delete_elem(&table, &key);
}

SEC("fentry/htab_map_delete_elem")
int again(void *ctx)
{
	delete_some();
	return 0;
}

/* Nothing is in its way */
SEC("tp_btf/sys_enter")
int never(void *ctx)
{
	return 0;
}

/* Not loaded */
SEC("fentry/htab_map_delete_elem")
int absent(void *ctx)
{
	delete_some();
	return 0;
}
