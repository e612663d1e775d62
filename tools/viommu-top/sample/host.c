// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots of a kernel without our driver.
 */
#include <stdlib.h>
#include <string.h>

#include "sample/host.h"

void host_view_free(struct host_view *view)
{
	free(view->iommu);
	free(view->device);
	free(view->task);
	memset(view, 0, sizeof(*view));
}
