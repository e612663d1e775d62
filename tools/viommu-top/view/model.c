// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows to show.
 *
 * Counters only ever grow: what happened in an interval is the difference of
 * two snapshots, and reading never loses anything. A vIOMMU that the earlier
 * snapshot does not have started from zero since.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/text.h"
#include "view/model.h"

static uint64_t grown(uint64_t now, uint64_t then)
{
	return now > then ? now - then : 0;
}

static void set_percentiles(struct row *row, const struct hist *gained)
{
	row->samples = hist_count(gained);
	row->p50 = 0;
	row->p99 = 0;
	hist_percentile(gained, 50, &row->p50);
	hist_percentile(gained, 99, &row->p99);
}

/* Of one vIOMMU; false without any */
static bool get_gained(const struct row *row, struct hist *gained)
{
	if (row->latency == row->latency_then)
		return false;
	hist_delta(gained, latency_hist(row->latency), latency_hist(row->latency_then));
	return true;
}

static void set_gained(struct row *row, const struct viommu *now, const struct viommu *then)
{
	static const struct viommu nothing;
	struct hist gained;

	if (!then)
		then = &nothing;
	row->cmds_gained = grown(now->rec.cmds, then->rec.cmds);
	row->events_gained = grown(now->rec.events, then->rec.events);
	row->waits_gained = grown(now->rec.waits, then->rec.waits);
	row->forwarded_gained = grown(now->rec.forwarded, then->rec.forwarded);
	queues_gain(&row->queues, now->rec.queue, then->rec.queue);
	row->latency_then = then->latency;
	if (get_gained(row, &gained))
		set_percentiles(row, &gained);
}

/* Quicker than printf, which matters with thousands of them */
static void put_number(char *text, const char *before, unsigned int number)
{
	char digits[12];
	size_t at = sizeof(digits);

	digits[--at] = '\0';
	do {
		digits[--at] = '0' + number % 10;
		number /= 10;
	} while (number);
	text = stpcpy(text, before);
	memcpy(text, digits + at, sizeof(digits) - at);
}

static void set_row(struct row *row, const struct viommu *viommu)
{
	const struct vt_record *rec = &viommu->rec;

	*row = (struct row){
		.nr = 1,
		.pid = rec->tgid,
		.serial = rec->serial,
		.created_ns = rec->created_ns,
		.guest_id = rec->guest_id,
		.iommu = rec->iommu,
		.domain_id = rec->domain_id,
		.cmds = rec->cmds,
		.waits = rec->waits,
		.wait_errors = rec->wait_errors,
		.wait_ns_total = rec->wait_ns_total,
		.events = rec->events,
		.forwarded = rec->forwarded,
		.delivered = rec->delivered,
		.takebacks = rec->takebacks,
		.lost = viommu->lost,
		.known = rec->known,
		.trans_devid = rec->trans_devid,
		.table_bytes = rec->table_bytes,
		.pinned = viommu->pinned,
		.name = viommu->name,
		/* Without an interval, nothing was gained */
		.latency = viommu->latency,
		.latency_then = viommu->latency,
	};
	queues_set(&row->queues, rec->queue);
	put_number(row->ids, "", row->guest_id);
	put_number(row->iommus, "ivhd", row->iommu);
	memcpy(row->comm, rec->comm, sizeof(row->comm) - 1);
	text_sanitize(row->comm);
}

/*
 * Filter
 */

static bool contains(const struct row *row, const char *text)
{
	char numbers[64];

	snprintf(numbers, sizeof(numbers), "%d %u ivhd%u", row->pid, row->guest_id, row->iommu);
	return strcasestr(row->name, text) || strcasestr(row->comm, text) ||
	       strcasestr(numbers, text);
}

static bool passes(const struct row *row, const struct filter *filter, bool interval)
{
	if (filter->pid && row->pid != filter->pid)
		return false;
	if (filter->guest_id && row->guest_id != filter->guest_id)
		return false;
	if (filter->guest && fnmatch(filter->guest, row->name, 0))
		return false;
	if (filter->text && *filter->text && !contains(row, filter->text))
		return false;
	/* Before the first interval is over, nobody was idle in it */
	return !filter->active || !interval || row->cmds_gained || row->events_gained ||
	       queues_active(&row->queues);
}

static void add_viommus(struct model *model, const struct filter *filter)
{
	const struct snapshot *now = model->now;
	size_t near = 0;

	for (size_t i = 0; i < now->nr; i++) {
		const struct viommu *viommu = &now->viommu[i];
		struct row *row = &model->viommu[model->nr_viommus];

		set_row(row, viommu);
		parts_vdevices(&now->parts, row->serial, &row->vdevices);
		if (model->then)
			set_gained(row, viommu,
				   snapshot_find_near(model->then, viommu->rec.serial, &near));
		model->nr_viommus += passes(row, filter, model->then);
	}
}

/*
 * VMs
 */

/* A PID that was reused while an old vIOMMU lives on is another VM */
static int compare_vm(const struct row *a, const struct row *b)
{
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return strcmp(a->name, b->name);
}

static int by_vm(const void *x, const void *y)
{
	const struct row *a = x, *b = y;
	int order = compare_vm(a, b);

	return order ? order : (a->serial > b->serial) - (a->serial < b->serial);
}

static void merge_row(struct row *vm, const struct row *row)
{
	vm->nr++;
	vm->cmds += row->cmds;
	vm->waits += row->waits;
	vm->wait_errors += row->wait_errors;
	vm->wait_ns_total += row->wait_ns_total;
	vm->events += row->events;
	vm->lost += row->lost;
	vm->cmds_gained += row->cmds_gained;
	vm->events_gained += row->events_gained;
	vm->waits_gained += row->waits_gained;
	vm->forwarded += row->forwarded;
	vm->delivered += row->delivered;
	vm->takebacks += row->takebacks;
	vm->forwarded_gained += row->forwarded_gained;
	vm->pinned += row->pinned;
	vm->vdevices += row->vdevices;
	vm->known &= row->known;
	vm->table_bytes += row->table_bytes;
	queues_merge(&vm->queues, &row->queues);
}

static int by_place(const void *x, const void *y)
{
	const struct row *const *a = x, *const *b = y;

	if ((*a)->iommu != (*b)->iommu)
		return (*a)->iommu < (*b)->iommu ? -1 : 1;
	return (*a)->guest_id < (*b)->guest_id ? -1 : 1;
}

/* As most are, most of the time */
static bool is_in_order(const void *items, size_t nr, size_t size,
			int (*compare)(const void *x, const void *y))
{
	const char *item = items;

	for (size_t i = 1; i < nr; i++, item += size)
		if (compare(item, item + size) > 0)
			return false;
	return true;
}

/* "1-3,7" on one IOMMU; "0:1-3,1:7" on several */
static void list_places(struct row *vm, const struct row **rows)
{
	bool several = rows[0]->iommu != rows[vm->nr - 1]->iommu;
	size_t i, end;

	vm->ids[0] = '\0';
	snprintf(vm->iommus, sizeof(vm->iommus), "ivhd%u", rows[0]->iommu);
	for (i = 0; i < vm->nr; i = end) {
		const struct row *row = rows[i];
		bool new_iommu = i && rows[i - 1]->iommu != row->iommu;

		for (end = i + 1; end < vm->nr; end++)
			if (rows[end]->iommu != row->iommu ||
			    rows[end]->guest_id != row->guest_id + end - i)
				break;
		text_append(vm->ids, sizeof(vm->ids), i ? "," : "");
		if (several && (!i || new_iommu))
			text_append(vm->ids, sizeof(vm->ids), "%u:", row->iommu);
		text_append(vm->ids, sizeof(vm->ids), "%u", row->guest_id);
		if (end > i + 1)
			text_append(vm->ids, sizeof(vm->ids), "-%u", rows[end - 1]->guest_id);
		if (new_iommu)
			text_append(vm->iommus, sizeof(vm->iommus), ",%u", row->iommu);
	}
}

static void sum_gained(struct row *vm, const struct row *children)
{
	struct hist sum = {}, gained;
	bool any = false;

	for (unsigned int i = 0; i < vm->nr; i++) {
		if (!get_gained(&children[i], &gained))
			continue;
		hist_add(&sum, &gained);
		any = true;
	}
	vm->samples = 0;
	vm->p50 = 0;
	vm->p99 = 0;
	if (any)
		set_percentiles(vm, &sum);
}

static bool finish_vm(struct row *vm, const struct row *children)
{
	const struct row **rows;

	if (vm->nr == 1)
		return true;
	sum_gained(vm, children);
	rows = calloc(vm->nr, sizeof(*rows));
	if (!rows)
		return false;
	for (unsigned int i = 0; i < vm->nr; i++)
		rows[i] = &children[i];
	if (!is_in_order(rows, vm->nr, sizeof(*rows), by_place))
		qsort(rows, vm->nr, sizeof(*rows), by_place);
	list_places(vm, rows);
	free(rows);
	return true;
}

static bool add_vms(struct model *model)
{
	if (!is_in_order(model->viommu, model->nr_viommus, sizeof(*model->viommu), by_vm))
		qsort(model->viommu, model->nr_viommus, sizeof(*model->viommu), by_vm);
	model->nr_vms = 0;
	for (size_t i = 0; i < model->nr_viommus; i++) {
		struct row *row = &model->viommu[i];
		struct row *vm = &model->vm[model->nr_vms];

		row->child = true;
		if (i && !compare_vm(row, row - 1)) {
			merge_row(vm - 1, row);
			continue;
		}
		*vm = *row;
		vm->child = false;
		model->first[model->nr_vms++] = i;
	}
	for (size_t i = 0; i < model->nr_vms; i++)
		if (!finish_vm(&model->vm[i], &model->viommu[model->first[i]]))
			return false;
	return true;
}

void model_free(struct model *model)
{
	free(model->viommu);
	free(model->vm);
	free(model->first);
	memset(model, 0, sizeof(*model));
}

static bool make_room(struct model *model, size_t room)
{
	if (room <= model->room)
		return true;
	model_free(model);
	model->viommu = calloc(room, sizeof(*model->viommu));
	model->vm = calloc(room, sizeof(*model->vm));
	model->first = calloc(room, sizeof(*model->first));
	model->room = room;
	return model->viommu && model->vm && model->first;
}

bool model_build(struct model *model, const struct snapshot *now, const struct snapshot *then,
		 const struct filter *filter)
{
	/* One more: a row is filled before it is known to be taken */
	if (!make_room(model, now->nr + 1)) {
		model_free(model);
		return false;
	}
	model->now = now;
	model->then = then;
	model->interval_ns = then ? now->mono_ns - then->mono_ns : 0;
	model->nr_viommus = 0;
	add_viommus(model, filter);
	return add_vms(model);
}

void model_latency(const struct model *model, const struct row *row, struct hist *latency)
{
	const struct row *each = row;

	if (!row->child)
		each = &model->viommu[model->first[row - model->vm]];
	*latency = (struct hist){};
	for (unsigned int i = 0; i < row->nr; i++)
		hist_add(latency, latency_hist(each[i].latency));
}

double model_rate(const struct model *model, uint64_t gained)
{
	return model->interval_ns ? gained * 1e9 / model->interval_ns : 0;
}

uint64_t model_gained(const struct model *model, enum vt_counter which)
{
	if (!model->then)
		return 0;
	return grown(model->now->count[which], model->then->count[which]);
}
