/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON output: what a vIOMMU is made of.
 */
#ifndef TOP_OUT_JSON_PARTS_H
#define TOP_OUT_JSON_PARTS_H

#include <json-c/json.h>

#include "view/session.h"

/** json_add_hist() - Add a histogram: [[bucket, count], …], empty ones left out */
void json_add_hist(struct json_object *object, const struct hist *hist);

/** json_add_types() - Add how many commands of each type there were */
void json_add_types(struct json_object *object, const __u64 cmds[VTR_OPCODES]);

/**
 * json_add_parts() - Add what a vIOMMU is made of
 * @object: where to
 * @s:      the run
 * @viommu: which; in its latest snapshot
 */
void json_add_parts(struct json_object *object, const struct session *s,
		    const struct viommu *viommu);

/**
 * json_print_host() - An object for each IOMMU, device and process of the sample
 * @s: as started
 */
void json_print_host(const struct session *s);

#endif /* TOP_OUT_JSON_PARTS_H */
