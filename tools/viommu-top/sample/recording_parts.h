/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recordings: what vIOMMUs are made of.
 */
#ifndef TOP_SAMPLE_RECORDING_PARTS_H
#define TOP_SAMPLE_RECORDING_PARTS_H

#include <json-c/json.h>

#include "sample/snapshot.h"

/**
 * recording_get_hist() - A histogram of an object
 * @object: the object
 * @hist:   result; empty if there is none
 */
void recording_get_hist(struct json_object *object, struct hist *hist);

/**
 * recording_get_parts() - What an object tells of its vIOMMU
 * @object: as recorded
 * @parts:  where to add it
 * @rec:    of the vIOMMU
 *
 * Return: false if out of memory.
 */
bool recording_get_parts(struct json_object *object, struct parts *parts, struct vt_record *rec);

#endif /* TOP_SAMPLE_RECORDING_PARTS_H */
