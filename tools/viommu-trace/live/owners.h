/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who got guest IDs since tracing began, as the BPF programs of latencies saw it.
 */
#ifndef TRACE_LIVE_OWNERS_H
#define TRACE_LIVE_OWNERS_H

#include "event/vms.h"

/**
 * owners_read() - Learn who they are, by their lives
 * @vms:    is brought up to date
 * @owners: the map
 *
 * Call it often: the name of a process can be found while it exists only.
 */
void owners_read(struct vms *vms, int owners);

#endif /* TRACE_LIVE_OWNERS_H */
