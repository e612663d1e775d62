/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What exists now, as a recording that begins now has to say first.
 */
#ifndef TRACE_FLY_PRESENT_H
#define TRACE_FLY_PRESENT_H

#include "file/trace_file.h"
#include "file/write.h"

/**
 * struct present - What exists; zeroed at the beginning
 * @viommu:         vIOMMUs, in order of IOMMU and guest ID
 * @nr_viommus:     how many
 * @viommu_room:    how many fit
 * @vdevice:        guests' devices, in no order
 * @nr_vdevices:    how many
 * @vdevice_room:   how many fit
 * @who:            who asked for a guest ID last
 */
struct present {
	struct trace_viommu *viommu;
	size_t nr_viommus;
	size_t viommu_room;
	struct trace_vdevice *vdevice;
	size_t nr_vdevices;
	size_t vdevice_room;
	struct trace_viommu who;
};

/* All return false without memory: something is missing from then on */

/** present_viommu() - A vIOMMU existed at the beginning */
bool present_viommu(struct present *present, const struct trace_viommu *viommu);

/** present_vdevice() - A guest's device existed at the beginning */
bool present_vdevice(struct present *present, const struct trace_vdevice *vdevice);

/** present_who() - Who gets a guest ID with the event that comes next */
void present_who(struct present *present, const struct trace_viommu *who);

/** present_event() - An event happened */
bool present_event(struct present *present, const struct vtr_event *event);

/** present_write() - Begin a file with what exists; false as trace_write_viommu() */
bool present_write(const struct present *present, struct trace_writer *writer);

/** present_free() - Release the memory */
void present_free(struct present *present);

#endif /* TRACE_FLY_PRESENT_H */
