// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each IOMMU counts, since the start of the tool.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/sys/array.h"
#include "lib/text/hist.h"
#include "sample/traffic.h"

struct traffic *traffic_add(struct traffic_list *list, unsigned int index)
{
	size_t at = list->nr;

	/* They come in order, as a rule */
	while (at && list->item[at - 1].index >= index)
		at--;
	if (at < list->nr && list->item[at].index == index)
		return &list->item[at];
	if (!array_add(&list->item, &list->nr, &list->room, sizeof(*list->item)))
		return NULL;
	memmove(&list->item[at + 1], &list->item[at], (list->nr - 1 - at) * sizeof(*list->item));
	list->item[at] = (struct traffic){.index = index};
	return &list->item[at];
}

void traffic_empty(struct traffic_list *list)
{
	list->nr = 0;
}

void traffic_free(struct traffic_list *list)
{
	free(list->item);
	memset(list, 0, sizeof(*list));
}

static struct vt_iommu *find_last(struct traffic_meter *meter, unsigned int index)
{
	for (size_t i = 0; i < meter->nr; i++)
		if (meter->last[i].index == index)
			return &meter->last[i];
	return NULL;
}

static uint64_t gained_of(uint64_t now, uint64_t last)
{
	return now >= last ? now - last : 0;
}

/* What was counted before its timing began anew is gone */
static void forget(struct vt_iommu *last)
{
	const uint64_t cmds = last->cmds;
	const unsigned int index = last->index;

	*last = (struct vt_iommu){.cmds = cmds, .index = index};
}

static bool has_begun_anew(const struct vt_iommu *now, const struct vt_iommu *last)
{
	return now->waits < last->waits || now->wait_errors < last->wait_errors;
}

static void add_gained(struct traffic *sum, const struct vt_iommu *now, struct vt_iommu *last)
{
	struct hist gained;

	if (has_begun_anew(now, last))
		forget(last);
	sum->count[VT_CMD] += gained_of(now->cmds, last->cmds);
	sum->count[VT_WAIT] += gained_of(now->waits, last->waits);
	sum->count[VT_WAIT_ERROR] += gained_of(now->wait_errors, last->wait_errors);
	for (int i = 0; i < VTR_OPCODES; i++)
		sum->cmds[i] += gained_of(now->done[i], last->done[i]);
	hist_delta(&gained, &now->latency, &last->latency);
	hist_add(&sum->latency, &gained);
}

bool traffic_read(struct traffic_meter *meter, const struct vt_iommu *now)
{
	struct traffic *sum = traffic_add(&meter->sum, now->index);
	struct vt_iommu *last = find_last(meter, now->index);

	if (!sum)
		return false;
	if (last) {
		add_gained(sum, now, last);
	} else {
		last = array_add(&meter->last, &meter->nr, &meter->room, sizeof(*last));
		if (!last)
			return false;
		sum->typed = now->timed;
	}
	*last = *now;
	return true;
}

void traffic_meter_free(struct traffic_meter *meter)
{
	free(meter->last);
	traffic_free(&meter->sum);
}
