/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of debugfs without names of VMs and addresses.
 */
#ifndef TRACE_BUNDLE_REDACT_DEBUGFS_H
#define TRACE_BUNDLE_REDACT_DEBUGFS_H

#include "bundle/redact.h"

/**
 * redact_debugfs() - What may be shown of a guest's file
 * @file: its name
 * @text: its content
 * @size: of that; set to the length of the result
 *
 * Entries of guests' tables stay: they have IDs, if anything that is known. So do
 * addresses in the IOMMU's private space, which are the same everywhere. Of a line that another
 * version of the driver writes otherwise, its beginning stays.
 *
 * Return: allocated; NULL without memory.
 */
char *redact_debugfs(struct redact *redact, const char *file, const char *text, size_t *size);

#endif /* TRACE_BUNDLE_REDACT_DEBUGFS_H */
