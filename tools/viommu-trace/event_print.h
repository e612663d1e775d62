/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events as text and as JSON.
 */
#ifndef EVENT_PRINT_H
#define EVENT_PRINT_H

#include <stdbool.h>

#include "viommu_trace.h"
#include "vms.h"

/**
 * event_print_begin() - Headings, if there are any
 * @json: there are none
 */
void event_print_begin(bool json);

/**
 * event_print() - Print one event
 * @event: it
 * @vm:    whose, NULL for the host's or nobody's
 * @json:  as JSON
 */
void event_print(const struct vtr_event *event, const struct vm *vm, bool json);

/**
 * event_print_end() - What there was
 * @shown: events printed
 * @lost:  events lost
 * @json:  as JSON; as text it is up to the caller
 */
void event_print_end(uint64_t shown, uint64_t lost, bool json);

#endif /* EVENT_PRINT_H */
