// SPDX-License-Identifier: GPL-2.0-only
/*
 * One run of viommu-top.
 */
#include <stdio.h>
#include <string.h>

#include "lib/sys/wait.h"
#include "lib/text/message.h"
#include "view/columns.h"
#include "view/session.h"

const struct snapshot *session_now(const struct session *s)
{
	return &s->snaps[s->latest];
}

size_t session_iommus(const struct session *s)
{
	return session_now(s)->host.on ? s->iommus->nr : iommus_enabled(s->iommus);
}

bool session_rebuild(struct session *s)
{
	const struct snapshot *then = NULL;

	if (s->samples > 1)
		then = &s->snaps[!s->latest];
	if (model_build(&s->model, session_now(s), then, &s->filter))
		return true;
	msg("out of memory");
	return false;
}

bool session_at_end(const struct session *s)
{
	return s->replay && s->position + 1 >= recording_nr(s->replay);
}

static bool wants(const struct session *s)
{
	return s->want.all || s->want.pid;
}

static bool take(struct session *s, struct snapshot *snap)
{
	if (s->replay)
		return recording_read(s->replay, s->position, snap);
	return collect_snapshot(s->collector, snap, s->samples ? session_now(s) : NULL) &&
	       (!wants(s) || collect_details(s->collector, snap, &s->want));
}

bool session_want(struct session *s, int pid, const char *name)
{
	s->want = (struct want){.pid = pid};
	snprintf(s->want.name, sizeof(s->want.name), "%s", name);
	return s->replay || !pid || collect_details(s->collector, &s->snaps[s->latest], &s->want);
}

/* Of a recording, what a VM did is read when it is asked for */
static bool remember(struct session *s)
{
	if (s->replay || s->opts->mode != MODE_SCREEN || s->samples < 2)
		return true;
	if (history_add(&s->history, session_now(s), &s->snaps[!s->latest]))
		return true;
	msg("out of memory");
	return false;
}

bool session_sample(struct session *s)
{
	int next = !s->latest;

	if (s->samples)
		s->position++;
	if (!take(s, &s->snaps[next]))
		return false;
	s->latest = next;
	s->samples++;
	s->taken_ns = wait_now_ns();
	return remember(s) && session_rebuild(s);
}

bool session_seek(struct session *s, long step)
{
	long last = (long)recording_nr(s->replay) - 1;
	long to = (long)s->position + step;

	if (step > last || to > last)
		to = last;
	if (step < -last || to < 0)
		to = 0;
	/* The next one after this is what playing does, too */
	if (step == 1 && to == (long)s->position + 1)
		return session_sample(s);
	s->samples = 0;
	s->position = to ? to - 1 : 0;
	return session_sample(s) && (!to || session_sample(s));
}

enum exit_code session_start(struct session *s, const struct options *opts,
			     const struct iommus *iommus, struct recording *replay)
{
	enum exit_code code;

	memset(s, 0, sizeof(*s));
	s->opts = opts;
	s->iommus = iommus;
	s->replay = replay;
	s->filter = (struct filter){
		.pid = opts->pid,
		.guest = opts->guest,
		.guest_id = opts->guest_id,
		.active = opts->active,
	};
	s->want.all = opts->mode == MODE_JSON ||
		      (opts->mode == MODE_LISTEN && opts->level == LEVEL_QUEUE);
	code = replay ? EXIT_OK : collect_start(&s->collector, opts);
	if (code)
		return code;
	if (!session_sample(s))
		return EXIT_FAIL;
	if (session_now(s)->host.on)
		columns_of_host();
	s->start_ns = session_now(s)->mono_ns;
	s->start_real_ns = session_now(s)->real_ns;
	return EXIT_OK;
}

uint64_t session_real_ns(const struct session *s, uint64_t mono_ns)
{
	return s->start_real_ns + mono_ns - s->start_ns;
}

void session_stop(struct session *s)
{
	collect_stop(s->collector);
	model_free(&s->model);
	history_free(&s->history);
	snapshot_free(&s->snaps[0]);
	snapshot_free(&s->snaps[1]);
}
