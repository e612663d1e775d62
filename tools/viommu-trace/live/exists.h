/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What exists, as recordings have it.
 */
#ifndef TRACE_LIVE_EXISTS_H
#define TRACE_LIVE_EXISTS_H

#include "event/vms.h"
#include "file/trace_file.h"
#include "viommu_trace.h"

/** exists_viommu() - A vIOMMU that was there at the start, and whose it is */
struct trace_viommu exists_viommu(const struct vtr_viommu *from, const struct vm *vm);

/** exists_vdevice() - A guest's device, likewise */
struct trace_vdevice exists_vdevice(const struct vtr_vdevice *from);

/**
 * exists_new() - Somebody has a guest ID now
 * @comm: name of the process
 */
struct trace_viommu exists_new(const struct vm *vm, const char *comm);

#endif /* TRACE_LIVE_EXISTS_H */
