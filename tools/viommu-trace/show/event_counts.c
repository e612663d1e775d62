// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often each event happened to each VM.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys/array.h"
#include "lib/text/jsonline.h"
#include "lib/text/text.h"
#include "show/event_counts.h"

static bool same(const struct event_count *count, const struct vtr_event *event, size_t order,
		 const char *vm)
{
	return count->order == order && count->iommu == event->iommu &&
	       count->guest_id == event->guest_id && !strcmp(count->name, vm);
}

bool event_counts_add(struct event_counts *counts, const struct vtr_event *event, const char *name,
		      size_t order, const struct vm *vm)
{
	const char *vm_name = vm ? vm->name : "-";
	struct event_count *more;

	/* The last ones are the most likely */
	for (size_t i = counts->nr; i--;) {
		if (same(&counts->count[i], event, order, vm_name)) {
			counts->count[i].count++;
			return true;
		}
	}
	more = array_add(&counts->count, &counts->nr, &counts->room, sizeof(*more));
	if (!more)
		return false;
	*more = (struct event_count){
		.iommu = event->iommu,
		.guest_id = event->guest_id,
		.event = name,
		.order = order,
		.count = 1,
	};
	snprintf(more->name, sizeof(more->name), "%s", vm_name);
	return true;
}

static int by_vm(const void *x, const void *y)
{
	const struct event_count *a = x, *b = y;
	int names = strcmp(a->name, b->name);

	if (a->iommu != b->iommu)
		return a->iommu < b->iommu ? -1 : 1;
	if (a->guest_id != b->guest_id)
		return a->guest_id < b->guest_id ? -1 : 1;
	if (names)
		return names;
	return (a->order > b->order) - (a->order < b->order);
}

static void print_json(const struct event_count *count)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "type", "summary");
	json_add_string(object, "vm", strcmp(count->name, "-") ? count->name : NULL);
	json_add_u64(object, "guest_id", count->guest_id);
	json_add_u64(object, "iommu", count->iommu);
	json_add_string(object, "event", count->event);
	json_add_u64(object, "count", count->count);
	json_print_line(object);
}

static void print_text(const struct event_count *count)
{
	char name[VMNAME_MAX * 4];

	text_fit(name, sizeof(name), count->name, 16, false);
	printf("%s %5u ivhd%-2u %-30s %10" PRIu64 "\n", name, count->guest_id, count->iommu,
	       count->event, count->count);
}

void event_counts_print(struct event_counts *counts, bool json)
{
	if (counts->nr)
		qsort(counts->count, counts->nr, sizeof(*counts->count), by_vm);
	if (!json)
		printf("%-16s %5s %-6s %-30s %10s\n", "VM", "GUEST", "IOMMU", "EVENT", "COUNT");
	for (size_t i = 0; i < counts->nr; i++) {
		if (json)
			print_json(&counts->count[i]);
		else
			print_text(&counts->count[i]);
	}
}

void event_counts_free(struct event_counts *counts)
{
	free(counts->count);
	memset(counts, 0, sizeof(*counts));
}
