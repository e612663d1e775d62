/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all vIOMMUs use together, and what the tool itself does.
 */
#ifndef TOP_VIEW_USAGE_H
#define TOP_VIEW_USAGE_H

#include "view/model.h"

/**
 * struct usage - What is used; what is not known is 0
 * @known:       of &enum vt_known: what all vIOMMUs tell
 * @trans_used:  translation device IDs that vIOMMUs have
 * @trans_all:   these and those that nobody has, of the segments with vIOMMUs
 * @table_bytes: memory behind ID tables
 * @domains_used: domain IDs that stand for guests'
 * @domains_all: as many as there may be of these, without those of the host
 */
struct usage {
	unsigned int known;
	uint64_t trans_used;
	uint64_t trans_all;
	uint64_t table_bytes;
	uint64_t domains_used;
	uint64_t domains_all;
};

/**
 * usage_get() - Sum up
 * @usage: result
 * @snap:  what of; never filtered
 */
void usage_get(struct usage *usage, const struct snapshot *snap);

/**
 * usage_is_first_of_user() - Whether a vIOMMU is the one to tell what its user has
 * @snap: with all vIOMMUs
 * @i:    which one
 *
 * Return: false if there is one of the same user before it.
 */
bool usage_is_first_of_user(const struct snapshot *snap, size_t i);

/**
 * usage_cpu() - CPU time of the tool during the interval
 * @model: with the interval
 * @share: gets it, 1 for all of one CPU
 *
 * Return: false if it is not known.
 */
bool usage_cpu(const struct model *model, double *share);

/** usage_bpf() - Likewise, of the BPF programs; false without --bpf-cost */
bool usage_bpf(const struct model *model, double *share);

#endif /* TOP_VIEW_USAGE_H */
