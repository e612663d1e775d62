// SPDX-License-Identifier: GPL-2.0-only
/*
 * What vIOMMUs are made of, and what happens to them.
 */
#include "sample/parts.h"

const struct vdevice *parts_vdevices(const struct parts *parts, uint64_t viommu, size_t *nr)
{
	return list_of(&parts->vdevices, sizeof(struct vdevice), viommu, nr);
}

const struct vt_domain *parts_domains(const struct parts *parts, uint64_t viommu, size_t *nr)
{
	return list_of(&parts->domains, sizeof(struct vt_domain), viommu, nr);
}

const struct command *parts_commands(const struct parts *parts, uint64_t viommu, size_t *nr)
{
	return list_of(&parts->commands, sizeof(struct command), viommu, nr);
}

const struct happening *parts_happened(const struct parts *parts, uint64_t viommu, size_t *nr)
{
	return list_of(&parts->happened, sizeof(struct happening), viommu, nr);
}

bool parts_sort(struct parts *parts)
{
	return list_sort(&parts->vdevices, sizeof(struct vdevice)) &&
	       list_sort(&parts->domains, sizeof(struct vt_domain)) &&
	       list_sort(&parts->commands, sizeof(struct command)) &&
	       list_sort(&parts->happened, sizeof(struct happening));
}

void parts_empty(struct parts *parts)
{
	parts->known = 0;
	parts->vdevices.nr = 0;
	parts->domains.nr = 0;
	parts->commands.nr = 0;
	parts->happened.nr = 0;
	parts->cpu_ns = 0;
	parts->happened_lost = 0;
}

void parts_free(struct parts *parts)
{
	list_free(&parts->vdevices);
	list_free(&parts->domains);
	list_free(&parts->commands);
	list_free(&parts->happened);
	parts_empty(parts);
}
