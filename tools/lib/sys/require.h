/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tools need of the machine they run on.
 */
#ifndef LIB_SYS_REQUIRE_H
#define LIB_SYS_REQUIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/sys/iommus.h"
#include "lib/sys/probes.h"
#include "lib/text/exitcode.h"

#define REQUIREMENTS_MAX 40

/* Name of the one that an IOMMU has its vIOMMU enabled */
#define REQUIRE_VIOMMU "vIOMMU"

/* Of what the host mode needs, too */
#define REQUIRE_BTF "kernel BTF"
#define REQUIRE_CAPS "capabilities"

/**
 * struct requirement - One thing needed
 * @what:    its name
 * @missing: it is not there
 * @code:    how a tool exits without it
 * @detail:  what was found; why it is missing, and what to do
 */
struct requirement {
	char what[64];
	bool missing;
	enum exit_code code;
	char detail[512];
};

/**
 * struct requirements - All of them, the most basic first
 * @nr:     how many
 * @each:   each
 * @iommus: the IOMMUs found on the way
 */
struct requirements {
	size_t nr;
	struct requirement each[REQUIREMENTS_MAX];
	struct iommus iommus;
};

/**
 * require_probe() - Find out what is there; needs no privilege
 * @reqs: result
 */
void require_probe(struct requirements *reqs);

/**
 * require_print() - Print all requirements and a verdict to stdout
 * @reqs: as probed
 *
 * Return: how a tool would exit.
 */
enum exit_code require_print(const struct requirements *reqs);

/**
 * require_first_missing() - The requirement to complain about
 * @reqs: as probed
 *
 * Return: NULL if nothing is missing.
 */
const struct requirement *require_first_missing(const struct requirements *reqs);

/** require_has_driver() - Whether the kernel has our driver; only after require_probe() */
bool require_has_driver(void);

/**
 * require_host() - Whether this is a kernel without our driver that can be watched
 * @reqs:    as probed
 * @probes:  where, if so
 * @missing: what is missing nevertheless, or NULL
 */
bool require_host(const struct requirements *reqs, struct probes *probes,
		  const struct requirement **missing);

/** require_host_mode() - The probes if require_host() found such a kernel, else NULL */
const struct probes *require_host_mode(void);

/**
 * require_print_host() - Say where each column comes from on such a kernel
 * @reqs:   as probed
 * @probes: as found
 *
 * Return: how a tool would exit.
 */
enum exit_code require_print_host(const struct requirements *reqs, const struct probes *probes);

#endif /* LIB_SYS_REQUIRE_H */
