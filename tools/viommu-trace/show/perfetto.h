/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Perfetto's own format: packets of protobuf.
 *
 * A command is a slice, and a flow leads to it from the event of its submission and on to
 * the event of the completion that ended it.
 */
#ifndef TRACE_SHOW_PERFETTO_H
#define TRACE_SHOW_PERFETTO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "event/vms.h"
#include "file/trace_file.h"
#include "lib/hw/event_table.h"

struct perfetto;

/** perfetto_begin() - Begin a file; NULL without memory */
struct perfetto *perfetto_begin(FILE *out, const struct trace_meta *meta);

/* All of these return false without memory: the file is not complete then */

/**
 * perfetto_command() - A command was done
 * @submit: its submission
 * @ns:     time until then
 * @vm:     whose it was, NULL for the host
 *
 * The event of the completion is told next.
 */
bool perfetto_command(struct perfetto *p, const struct vtr_event *submit, uint64_t ns,
		      const struct vm *vm);

/** perfetto_event() - An event, as an instant */
bool perfetto_event(struct perfetto *p, const struct vtr_event *event,
		    const struct event_type *type, const struct vm *vm);

/** perfetto_fill() - So many commands are under way on an IOMMU now */
bool perfetto_fill(struct perfetto *p, uint32_t iommu, uint64_t ns, uint64_t commands);

/** perfetto_lost() - Events were lost */
bool perfetto_lost(struct perfetto *p, uint64_t lost);

/** perfetto_trigger() - Why a flight recorder wrote the recording */
bool perfetto_trigger(struct perfetto *p, const struct trace_trigger *trigger);

/** perfetto_clock() - CLOCK_REALTIME less CLOCK_MONOTONIC from here on */
bool perfetto_clock(struct perfetto *p, int64_t real_ns);

/** perfetto_end() - What is left: slices */
bool perfetto_end(struct perfetto *p);

/** perfetto_free() - Release the memory */
void perfetto_free(struct perfetto *p);

#endif /* TRACE_SHOW_PERFETTO_H */
