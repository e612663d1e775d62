// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen of one VM: what is on it.
 */
#include <stdlib.h>
#include <string.h>

#include "view/vmview.h"

/* A key is to be answered at once: so much of a recording is read for it */
#define PAST_BYTES (64ull << 20)
#define PAST_OBJECTS 2000

/*
 * The past, of a recording: only as far as it is shown, and only of this VM
 */

static int by_serial(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* Its vIOMMUs now; the caller frees them */
static bool get_serials(const struct vmview *view, struct serials *serials)
{
	uint64_t *serial = calloc(view->vm->nr, sizeof(*serial));

	if (!serial)
		return false;
	for (unsigned int i = 0; i < view->vm->nr; i++)
		serial[i] = view->viommu[i].serial;
	qsort(serial, view->vm->nr, sizeof(*serial), by_serial);
	serials->serial = serial;
	serials->nr = view->vm->nr;
	return true;
}

static bool add_earlier(struct vmview *view, const struct snapshot *snap)
{
	const struct happening *happening = snap->parts.happened.item;

	for (size_t i = 0; i < snap->parts.happened.nr; i++)
		if (!list_add(&view->earlier, &happening[i], sizeof(*happening)))
			return false;
	return true;
}

/* Samples from @first to @last; one that is damaged ends it, which seeking tells */
static bool read_past(struct vmview *view, struct session *s, size_t first, size_t last,
		      const struct serials *serials)
{
	struct snapshot snap[2] = {};
	bool done = true;

	for (size_t i = first; done && i <= last; i++) {
		struct snapshot *now = &snap[i & 1], *then = &snap[~i & 1];

		if (!recording_read_of(s->replay, i, now, serials))
			break;
		/* What the first one brings was counted with the last one before */
		if (i > first)
			done = history_add(&view->history, now, then);
		if (i > first || !i)
			done = done && add_earlier(view, now);
	}
	snapshot_free(&snap[0]);
	snapshot_free(&snap[1]);
	return done;
}

/* What reading takes is in the lines of the file, and in objects of the VM */
static size_t first_of_past(const struct vmview *view, const struct session *s)
{
	size_t samples = PAST_OBJECTS / view->vm->nr;

	if (samples > HISTORY_MAX)
		samples = HISTORY_MAX;
	return recording_back(s->replay, s->position, samples ? samples : 1, PAST_BYTES);
}

static bool remember(struct vmview *view, struct session *s)
{
	size_t last = s->position, first = first_of_past(view, s);
	struct serials serials;
	bool done;

	if (view->position == last + 1)
		return true;
	if (view->position == last) {
		first = last - 1;
	} else {
		history_free(&view->history);
		view->earlier.nr = 0;
	}
	if (!get_serials(view, &serials))
		return false;
	done = read_past(view, s, first, last, &serials);
	free((void *)serials.serial);
	view->position = last + 1;
	return done;
}

/*
 * What happened
 */

static int latest_first(const void *x, const void *y)
{
	const struct happening *a = x, *b = y;

	if (a->mono_ns != b->mono_ns)
		return a->mono_ns > b->mono_ns ? -1 : 1;
	return (a->nr < b->nr) - (a->nr > b->nr);
}

static bool add_happened(struct vmview *view, const struct happening *happening, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (!list_add(&view->happened, &happening[i], sizeof(*happening)))
			return false;
	return true;
}

static bool get_happened(struct vmview *view, const struct session *s)
{
	const struct parts *parts = &session_now(s)->parts;
	bool done = true;
	size_t nr;

	view->happened.nr = 0;
	if (s->replay)
		done = add_happened(view, view->earlier.item, view->earlier.nr);
	for (unsigned int i = 0; !s->replay && done && i < view->vm->nr; i++) {
		const struct happening *happening =
			parts_happened(parts, view->viommu[i].serial, &nr);

		done = add_happened(view, happening, nr);
	}
	if (view->happened.nr)
		qsort(view->happened.item, view->happened.nr, sizeof(struct happening),
		      latest_first);
	return done;
}

/*
 * Sums over its vIOMMUs
 */

static void get_commands(struct vmview *view, const struct parts *parts)
{
	memset(view->command, 0, sizeof(view->command));
	for (unsigned int i = 0; i < view->vm->nr; i++) {
		const struct command *command;
		size_t nr;

		command = parts_commands(parts, view->viommu[i].serial, &nr);
		for (size_t n = 0; n < nr; n++) {
			struct vtr_latency *sum = &view->command[command[n].opcode % VTR_OPCODES];

			hist_add(&sum->hist, &command[n].latency.hist);
			sum->total_ns += command[n].latency.total_ns;
			if (command[n].latency.max_ns > sum->max_ns)
				sum->max_ns = command[n].latency.max_ns;
		}
	}
}

static void get_series(struct vmview *view, const struct session *s)
{
	const struct history *history = s->replay ? &view->history : &s->history;

	history_start(history, &view->series);
	for (unsigned int i = 0; i < view->vm->nr; i++)
		history_sum(history, &view->series, view->viommu[i].serial);
}

static void find(struct vmview *view)
{
	const struct model *model = &view->model;

	view->vm = NULL;
	view->viommu = NULL;
	for (size_t i = 0; i < model->nr_vms; i++) {
		if (strcmp(model->vm[i].name, view->name))
			continue;
		view->vm = &model->vm[i];
		view->viommu = &model->viommu[model->first[i]];
	}
}

bool vm_update(struct vmview *view, struct session *s)
{
	const struct filter filter = {.pid = view->pid};

	if (!model_build(&view->model, s->model.now, s->model.then, &filter))
		return false;
	find(view);
	if (!view->vm)
		return true;
	if (s->replay && !remember(view, s))
		return false;
	get_commands(view, &session_now(s)->parts);
	get_series(view, s);
	return get_happened(view, s);
}

void vm_close(struct vmview *view)
{
	model_free(&view->model);
	history_free(&view->history);
	list_free(&view->happened);
	list_free(&view->earlier);
	memset(view, 0, sizeof(*view));
}
