/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BPF programs for kernels without our driver.
 */
#ifndef LIB_BPF_HOST_H
#define LIB_BPF_HOST_H

#include <stdbool.h>

#include <bpf/libbpf.h>

#include "lib/sys/probes.h"
#include "lib/text/exitcode.h"
#include "viommu_host.h"

struct viommu_host_bpf;

/**
 * struct host_options - How to load them
 * @probes:      what there is to attach to
 * @send_events: send each event, too
 * @buffer:      size of the buffer for those, in bytes
 * @max_owners:  for how many domains and devices there is room
 */
struct host_options {
	const struct probes *probes;
	bool send_events;
	unsigned int buffer;
	unsigned int max_owners;
};

/**
 * host_load() - Load and attach the programs
 * @skel:    result; NULL on failure
 * @options: how
 *
 * Return: EXIT_OK, or how to exit; the reason is on stderr then.
 */
enum exit_code host_load(struct viommu_host_bpf **skel, const struct host_options *options);

/** host_unload() - The opposite; NULL is fine */
void host_unload(struct viommu_host_bpf *skel);

/** host_map() - One of its maps, by name */
struct bpf_map *host_map(const struct viommu_host_bpf *skel, const char *name);

/** host_object() - Its BPF object */
struct bpf_object *host_object(const struct viommu_host_bpf *skel);

/** host_lost() - What could not be counted, by &enum vh_lost */
const __u64 *host_lost(const struct viommu_host_bpf *skel);

/** host_events_lost() - Events for which there was no room */
__u64 host_events_lost(const struct viommu_host_bpf *skel);

/** host_count() - Begin, or end, to count; after host_load() it counts already */
void host_count(struct viommu_host_bpf *skel, bool on);

#endif /* LIB_BPF_HOST_H */
