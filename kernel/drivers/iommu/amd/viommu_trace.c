// SPDX-License-Identifier: GPL-2.0-only
/*
 * AMD vIOMMU tracepoints.
 */

#include "viommu_internal.h"

#define CREATE_TRACE_POINTS
#include <trace/events/amd_viommu.h>
