// SPDX-License-Identifier: GPL-2.0-only
/*
 * One run of viommu-top.
 */
#include <string.h>

#include "message.h"
#include "session.h"

const struct snapshot *session_now(const struct session *s)
{
	return &s->snaps[s->latest];
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

bool session_sample(struct session *s)
{
	const struct snapshot *prev = s->samples ? session_now(s) : NULL;
	int next = !s->latest;

	if (!collect_snapshot(s->collector, &s->snaps[next], prev))
		return false;
	s->latest = next;
	s->samples++;
	return session_rebuild(s);
}

enum exit_code session_start(struct session *s, const struct options *opts,
			     const struct iommus *iommus)
{
	enum exit_code code;

	memset(s, 0, sizeof(*s));
	s->opts = opts;
	s->iommus = iommus;
	s->filter = (struct filter){
		.pid = opts->pid,
		.guest = opts->guest,
		.guest_id = opts->guest_id,
		.active = opts->active,
	};
	code = collect_start(&s->collector, opts);
	if (code)
		return code;
	if (!session_sample(s))
		return EXIT_FAIL;
	s->start_ns = session_now(s)->mono_ns;
	return EXIT_OK;
}

void session_stop(struct session *s)
{
	collect_stop(s->collector);
	model_free(&s->model);
	snapshot_free(&s->snaps[0]);
	snapshot_free(&s->snaps[1]);
}
