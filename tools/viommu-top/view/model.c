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

static void set_percentiles(struct row *row)
{
	row->samples = hist_count(&row->latency);
	row->p50 = 0;
	row->p99 = 0;
	hist_percentile(&row->latency, 50, &row->p50);
	hist_percentile(&row->latency, 99, &row->p99);
}

static void set_gained(struct row *row, const struct viommu *now, const struct viommu *then)
{
	static const struct viommu nothing;

	if (!then)
		then = &nothing;
	row->cmds_gained = grown(now->rec.cmds, then->rec.cmds);
	row->events_gained = grown(now->rec.events, then->rec.events);
	row->waits_gained = grown(now->rec.waits, then->rec.waits);
	queues_gain(&row->queues, now->rec.queue, then->rec.queue);
	hist_delta(&row->latency, &now->latency, &then->latency);
	set_percentiles(row);
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
		.lost = viommu->lost,
		.known = rec->known,
		.trans_devid = rec->trans_devid,
		.table_bytes = rec->table_bytes,
		.pinned = viommu->pinned,
		.latency_all = viommu->latency,
	};
	queues_set(&row->queues, rec->queue);
	snprintf(row->ids, sizeof(row->ids), "%u", row->guest_id);
	snprintf(row->iommus, sizeof(row->iommus), "ivhd%u", row->iommu);
	snprintf(row->name, sizeof(row->name), "%s", viommu->name);
	snprintf(row->comm, sizeof(row->comm), "%.*s", (int)sizeof(rec->comm) - 1, rec->comm);
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

	for (size_t i = 0; i < now->nr; i++) {
		const struct viommu *viommu = &now->viommu[i];
		struct row *row = &model->viommu[model->nr_viommus];

		set_row(row, viommu);
		parts_vdevices(&now->parts, row->serial, &row->vdevices);
		if (model->then)
			set_gained(row, viommu, snapshot_find(model->then, viommu->rec.serial));
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
	vm->pinned += row->pinned;
	vm->vdevices += row->vdevices;
	vm->known &= row->known;
	vm->table_bytes += row->table_bytes;
	queues_merge(&vm->queues, &row->queues);
	hist_add(&vm->latency, &row->latency);
	hist_add(&vm->latency_all, &row->latency_all);
}

static int by_place(const void *x, const void *y)
{
	const struct row *const *a = x, *const *b = y;

	if ((*a)->iommu != (*b)->iommu)
		return (*a)->iommu < (*b)->iommu ? -1 : 1;
	return (*a)->guest_id < (*b)->guest_id ? -1 : 1;
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

static bool finish_vm(struct row *vm, const struct row *children)
{
	const struct row **rows;

	if (vm->nr == 1)
		return true;
	rows = calloc(vm->nr, sizeof(*rows));
	if (!rows)
		return false;
	for (unsigned int i = 0; i < vm->nr; i++)
		rows[i] = &children[i];
	qsort(rows, vm->nr, sizeof(*rows), by_place);
	list_places(vm, rows);
	free(rows);
	set_percentiles(vm);
	return true;
}

static bool add_vms(struct model *model)
{
	qsort(model->viommu, model->nr_viommus, sizeof(*model->viommu), by_vm);

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

bool model_build(struct model *model, const struct snapshot *now, const struct snapshot *then,
		 const struct filter *filter)
{
	/* One more: a row is filled before it is known to be taken */
	size_t room = now->nr + 1;

	model_free(model);
	model->now = now;
	model->then = then;
	model->interval_ns = then ? now->mono_ns - then->mono_ns : 0;
	model->viommu = calloc(room, sizeof(*model->viommu));
	model->vm = calloc(room, sizeof(*model->vm));
	model->first = calloc(room, sizeof(*model->first));
	if (!model->viommu || !model->vm || !model->first)
		return false;

	add_viommus(model, filter);
	return add_vms(model);
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
