/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What exists, rebuilt from what existed and events since then.
 */
#ifndef TRACE_DIFF_REBUILD_H
#define TRACE_DIFF_REBUILD_H

#include "diff/facts.h"
#include "diff/ranges.h"
#include "file/trace_file.h"
#include "viommu_trace.h"

/* The events that it takes, by name, without "viommu_" */
#define REBUILD_EVENTS(X)       \
	X(guest_id_alloc)       \
	X(guest_id_free)        \
	X(init)                 \
	X(destroy)              \
	X(ipa_map)              \
	X(ipa_unmap)            \
	X(devid_map)            \
	X(devid_unmap)          \
	X(domid_map)            \
	X(domain_alloc)         \
	X(domid_unmap)          \
	X(domain_free)          \
	X(vdevice_init)         \
	X(vdevice_destroy)      \
	X(trans_devid_alloc)    \
	X(trans_devid_free)     \
	X(trans_devid_relocate) \
	X(queue_init)           \
	X(queue_enable)         \
	X(queue_disable)        \
	X(queue_destroy)

/**
 * struct id_pair - One thing that stands for another
 * @key:   the guest's ID
 * @value: the host's
 * @users: how often it was said
 */
struct id_pair {
	uint16_t key;
	uint16_t value;
	unsigned int users;
};

/**
 * struct id_pairs - Such things of one guest
 * @pair: each, in no order
 * @nr:   how many
 * @room: how many fit
 */
struct id_pairs {
	struct id_pair *pair;
	size_t nr;
	size_t room;
};

/**
 * struct rebuilt_queue - A queue of a guest
 * @base:    its guest physical address
 * @size:    in bytes, 0 if there is none
 * @enabled: the hardware is to serve it
 */
struct rebuilt_queue {
	uint64_t base;
	uint64_t size;
	bool enabled;
};

/**
 * struct rebuilt_guest - A guest ID that is in use
 * @iommu:       index of the IOMMU
 * @guest_id:    guest ID
 * @age:         tells apart the users of one guest ID
 * @serial:      of its vIOMMU, 0 while there is none
 * @pid:         process that created it
 * @events:      events seen of it
 * @base_events: of these, when somebody else was asked last
 * @based:       its domains and its private address space are known: either all
 *               of its life was seen, or somebody else told
 * @trans_known: so is its translation device ID
 * @trans_devid: which that is, 0 for none
 * @devices:     host's device ID to guest's, of vDevices
 * @devids:      guest's device ID to host's, in the DeviceID table
 * @domains:     guest's domain ID to host's, and users
 * @domids:      likewise, in the DomainID table
 * @ipa:         what is mapped of its private address space
 * @queue:       its queues
 */
struct rebuilt_guest {
	uint32_t iommu;
	uint16_t guest_id;
	uint64_t age;
	uint64_t serial;
	int pid;
	uint64_t events;
	uint64_t base_events;
	bool based;
	bool trans_known;
	uint16_t trans_devid;
	struct id_pairs devices;
	struct id_pairs devids;
	struct id_pairs domains;
	struct id_pairs domids;
	struct ranges ipa;
	struct rebuilt_queue queue[VTR_NR_QUEUES];
};

/**
 * struct rebuild - All that is known
 * @guest:  each guest ID in use, in no order
 * @nr:     how many
 * @room:   how many fit
 * @events: events seen that say something
 * @lost:   events lost: nothing is certain any more
 * @failed: there was not enough memory
 */
struct rebuild {
	struct rebuilt_guest *guest;
	size_t nr;
	size_t room;
	uint64_t events;
	uint64_t lost;
	bool failed;
};

/** rebuild_viommu() - A vIOMMU exists when it begins; before any event */
void rebuild_viommu(struct rebuild *rebuild, const struct trace_viommu *viommu);

/** rebuild_vdevice() - So does a device of a guest */
void rebuild_vdevice(struct rebuild *rebuild, const struct trace_vdevice *vdevice);

/** rebuild_event() - Something happened */
void rebuild_event(struct rebuild *rebuild, const struct vtr_event *event);

/** rebuild_find() - The user of a guest ID, or NULL */
struct rebuilt_guest *rebuild_find(const struct rebuild *rebuild, uint32_t iommu,
				   uint16_t guest_id);

/** ids_add() - Something is said of a pair; false without memory */
bool ids_add(struct id_pairs *pairs, uint16_t key, uint16_t value, unsigned int users);

/**
 * rebuild_facts() - What exists
 * @recorded: events that were looked for, by &enum vtr_event_id; NULL for all
 */
void rebuild_facts(const struct rebuild *rebuild, const bool *recorded, struct facts *facts);

/** rebuild_free() - Release the memory, and forget */
void rebuild_free(struct rebuild *rebuild);

#endif /* TRACE_DIFF_REBUILD_H */
