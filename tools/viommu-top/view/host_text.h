/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is only without our driver, as lines for people.
 */
#ifndef TOP_VIEW_HOST_TEXT_H
#define TOP_VIEW_HOST_TEXT_H

#include "view/session.h"

#define HOST_TEXT_MAX 512

/**
 * host_text_mode() - Which mode it is, and what takes the driver
 * @buf:  result
 * @len:  its size
 * @host: of a snapshot
 */
void host_text_mode(char *buf, size_t len, const struct host_view *host);

/**
 * host_text_iommu() - What an IOMMU did in the interval
 * @buf:   result
 * @len:   its size
 * @model: as built
 * @iommu: of its later snapshot
 */
void host_text_iommu(char *buf, size_t len, const struct model *model,
		     const struct host_iommu *iommu);

/**
 * host_text_devices() - Which devices made most flushes in the interval
 * @buf:   result; empty if there were none
 * @len:   its size
 * @model: as built
 */
void host_text_devices(char *buf, size_t len, const struct model *model);

/** host_text_tasks() - Which processes did, likewise */
void host_text_tasks(char *buf, size_t len, const struct model *model);

#endif /* TOP_VIEW_HOST_TEXT_H */
