// SPDX-License-Identifier: GPL-2.0-only
/*
 * AMD vIOMMU tracepoints.
 */

#include "viommu.h"

#define CREATE_TRACE_POINTS
#include <trace/events/amd_viommu.h>
