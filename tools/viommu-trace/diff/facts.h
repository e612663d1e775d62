/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What somebody says exists: facts that can be compared with what others say.
 */
#ifndef TRACE_DIFF_FACTS_H
#define TRACE_DIFF_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * enum fact_kind - Objects that are compared
 * @FACT_GUEST_ID:    a guest ID is in use
 * @FACT_VIOMMU:      a vIOMMU
 * @FACT_TRANS_DEVID: its translation device ID
 * @FACT_VDEVICE:     a device of a guest; key: the host's device ID
 * @FACT_DEVID_MAP:   an entry of the DeviceID table; key: the guest's device ID
 * @FACT_DOMAIN:      a domain of a guest; key: the guest's domain ID
 * @FACT_DOMID_MAP:   an entry of the DomainID table; key: likewise
 * @FACT_IPA_MAP:     a range of the private address space; key: its start
 * @FACT_QUEUE:       a queue; key: 0 commands, 1 events, 2 PPRs
 * @NR_FACT_KINDS:    how many there are
 */
enum fact_kind {
	FACT_GUEST_ID,
	FACT_VIOMMU,
	FACT_TRANS_DEVID,
	FACT_VDEVICE,
	FACT_DEVID_MAP,
	FACT_DOMAIN,
	FACT_DOMID_MAP,
	FACT_IPA_MAP,
	FACT_QUEUE,
	NR_FACT_KINDS,
};

/**
 * struct fact - One of them
 * @kind:     of what
 * @guest_id: guest ID
 * @iommu:    index of the IOMMU
 * @key:      which of its kind
 * @age:      tells apart the users of one guest ID; never compared between those
 *            who say something
 * @says:     what about it, for people; equal if and only if the same
 */
struct fact {
	enum fact_kind kind;
	uint16_t guest_id;
	uint32_t iommu;
	uint64_t key;
	uint64_t age;
	char says[72];
};

/**
 * struct facts - All that one says
 * @fact:    each
 * @nr:      how many
 * @room:    how many fit
 * @mute:    what is not known here: of this kind (key 0), of this guest, or of
 *           guest 0 for all of them
 * @nr_mute: how many
 * @mute_room: how many fit
 * @only:    only guests that have a guest ID here are known at all
 * @failed:  there was not enough memory
 */
struct facts {
	struct fact *fact;
	size_t nr;
	size_t room;
	struct fact *mute;
	size_t nr_mute;
	size_t mute_room;
	bool only;
	bool failed;
};

/** fact_kinds - Their names, for people and for JSON */
extern const char *const fact_kinds[NR_FACT_KINDS];

/** facts_add() - Say something, as of printf() */
void facts_add(struct facts *facts, const struct fact *fact, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** facts_mute() - Nothing is known of a kind, of a guest, or of all with guest ID 0 */
void facts_mute(struct facts *facts, enum fact_kind kind, uint32_t iommu, uint16_t guest_id);

/** facts_mute_all() - Nothing is known at all */
void facts_mute_all(struct facts *facts);

/** facts_sort() - Into the order in which they are compared */
void facts_sort(struct facts *facts);

/** facts_know() - Whether this one knows about such a thing; after facts_sort() */
bool facts_know(const struct facts *facts, const struct fact *fact);

/** fact_compare() - Order of facts: by IOMMU, guest, kind and key */
int fact_compare(const struct fact *a, const struct fact *b);

/** facts_free() - Release the memory, and forget */
void facts_free(struct facts *facts);

/*
 * How things are said
 */

/** fact_queue() - A queue, as its VF control register has it; false if there is none */
bool fact_queue(struct facts *facts, const struct fact *of, uint64_t reg);

/** fact_queue_set() - A queue by what makes it up */
void fact_queue_set(struct facts *facts, const struct fact *of, uint64_t base, uint64_t size,
		    bool enabled);

#endif /* TRACE_DIFF_FACTS_H */
