// SPDX-License-Identifier: GPL-2.0-only
/*
 * What there is only without our driver, as lines for people.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/hw/bdf.h"
#include "lib/hw/names.h"
#include "lib/text/text.h"
#include "sample/totals.h"
#include "view/host_text.h"

/* More are not the cause of a storm */
#define MOST 3

void host_text_mode(char *buf, size_t len, const struct host_view *host)
{
	static const struct {
		enum probe_id id;
		const char *columns;
	} told[] = {
		{PROBE_WAIT, "flushes, P50, P99"},
		{PROBE_TIMEOUT, "T/OUT"},
		{PROBE_RECORD, "EVENTS"},
	};

	snprintf(buf, len, "host mode, without the AMD vIOMMU driver: no " HOST_UNKNOWN);
	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++)
		if (!host_view_knows(host, told[i].id))
			text_append(buf, len, ", %s", told[i].columns);
}

static const struct host_iommu *iommu_then(const struct snapshot *then, unsigned int index)
{
	for (size_t i = 0; then && i < then->host.nr_iommus; i++)
		if (then->host.iommu[i].index == index)
			return &then->host.iommu[i];
	return NULL;
}

static void append_rate(char *buf, size_t len, const struct model *model, const char *name,
			uint64_t now, uint64_t then)
{
	char rate[TEXT_MAX] = "-";

	if (model->then)
		text_rate(rate, sizeof(rate), model_rate(model, now - then));
	text_append(buf, len, "  %s %s/s", name, rate);
}

static void append_time(char *buf, size_t len, const char *name, bool known, uint64_t ns)
{
	char text[TEXT_MAX] = "-";

	if (known)
		text_duration(text, sizeof(text), ns);
	text_append(buf, len, "  %s %s", name, text);
}

void host_text_iommu(char *buf, size_t len, const struct model *model,
		     const struct host_iommu *iommu)
{
	static const struct host_iommu nothing;
	const struct host_iommu *then = iommu_then(model->then, iommu->index);
	const struct vh_iommu *seen = &iommu->seen;
	const struct snapshot *now = model->now;
	struct hist latency;
	uint64_t p50 = 0, p99 = 0;
	bool any;

	if (!then)
		then = &nothing;
	hist_delta(&latency, &seen->latency, &then->seen.latency);
	any = hist_percentile(&latency, 50, &p50);
	hist_percentile(&latency, 99, &p99);
	snprintf(buf, len, "ivhd%u", iommu->index);
	if (totals_known(now, VT_WAIT)) {
		append_rate(buf, len, model, "flushes", seen->waits, then->seen.waits);
		append_time(buf, len, "p50", any, p50);
		append_time(buf, len, "p99", any, p99);
		append_time(buf, len, "max", seen->waits, seen->wait_ns_max);
	}
	if (totals_known(now, VT_WAIT_ERROR))
		text_append(buf, len, "  time-outs %" PRIu64, (uint64_t)seen->wait_errors);
	if (totals_known(now, VT_EVENT))
		text_append(buf, len, "  events %" PRIu64, (uint64_t)seen->events);
	for (int i = 0; i < VTR_OPCODES; i++)
		if (seen->cmds[i])
			append_rate(buf, len, model, command_name(i), seen->cmds[i],
				    then->seen.cmds[i]);
}

static uint64_t device_gained(const struct model *model, const struct host_device *device)
{
	const struct host_view *then = model->then ? &model->then->host : NULL;

	for (size_t i = 0; then && i < then->nr_devices; i++)
		if (then->device[i].segment == device->segment &&
		    then->device[i].devid == device->devid)
			return device->waits - then->device[i].waits;
	return device->waits;
}

static uint64_t task_gained(const struct model *model, const struct host_task *task)
{
	const struct host_view *then = model->then ? &model->then->host : NULL;

	for (size_t i = 0; then && i < then->nr_tasks; i++)
		if (then->task[i].pid == task->pid)
			return task->task.waits - then->task[i].task.waits;
	return task->task.waits;
}

static const char *vm_of(const struct snapshot *now, int pid)
{
	for (size_t i = 0; pid && i < now->nr; i++)
		if (now->viommu[i].rec.tgid == pid)
			return now->viommu[i].name;
	return NULL;
}

static void append_gain(char *buf, size_t len, const struct model *model, uint64_t gained)
{
	char rate[TEXT_MAX];

	text_rate(rate, sizeof(rate), model_rate(model, gained));
	text_append(buf, len, " %s/s", rate);
}

/**
 * struct gain - What something gained
 * @i:      its index
 * @gained: how much
 */
struct gain {
	size_t i;
	uint64_t gained;
};

/* Those that gained most, in order; what gained nothing is none of them */
static size_t keep_most(struct gain best[MOST], size_t nr, size_t i, uint64_t gained)
{
	size_t at = nr;

	while (at && best[at - 1].gained < gained)
		at--;
	if (!gained || at == MOST)
		return nr;
	if (nr < MOST)
		nr++;
	memmove(&best[at + 1], &best[at], (nr - at - 1) * sizeof(*best));
	best[at] = (struct gain){i, gained};
	return nr;
}

void host_text_devices(char *buf, size_t len, const struct model *model)
{
	const struct host_view *host = &model->now->host;
	struct gain best[MOST];
	size_t nr = 0;

	*buf = '\0';
	for (size_t i = 0; model->then && i < host->nr_devices; i++)
		nr = keep_most(best, nr, i, device_gained(model, &host->device[i]));
	for (size_t i = 0; i < nr; i++) {
		const struct host_device *device = &host->device[best[i].i];
		const char *vm = vm_of(model->now, device->pid);
		char bdf[BDF_MAX];

		bdf_format(bdf, sizeof(bdf), device->devid);
		if (!vm)
			vm = *device->driver ? device->driver : "no driver";
		text_append(buf, len, "%s%04x:%s (%s)", i ? ", " : "", device->segment, bdf, vm);
		append_gain(buf, len, model, best[i].gained);
	}
}

void host_text_tasks(char *buf, size_t len, const struct model *model)
{
	const struct host_view *host = &model->now->host;
	struct gain best[MOST];
	size_t nr = 0;

	*buf = '\0';
	for (size_t i = 0; model->then && i < host->nr_tasks; i++)
		nr = keep_most(best, nr, i, task_gained(model, &host->task[i]));
	for (size_t i = 0; i < nr; i++) {
		const struct host_task *task = &host->task[best[i].i];

		text_append(buf, len, "%s%s (%d)", i ? ", " : "", task->task.comm, task->pid);
		append_gain(buf, len, model, best[i].gained);
	}
}
