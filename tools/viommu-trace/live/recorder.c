// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recording events to a file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file/write.h"
#include "lib/sys/clock.h"
#include "lib/sys/wait.h"
#include "lib/text/message.h"
#include "live/event_source.h"
#include "live/exists.h"
#include "live/recorder.h"

/* What is lost when the recorder is killed is not older than this */
#define FLUSH_NS 1000000000ull
/* What is less may be how long it took to ask two clocks */
#define CLOCK_STEP_NS 1000000
/* How often to look at the time of day while waiting for a moment */
#define LOOK_NS 1000000000ull
/* Room for the end of a file */
#define END_BYTES 4096

/**
 * struct recording - While it goes on
 * @options:  what to record
 * @source:   where events come from
 * @writer:   where they go
 * @events:   how many so far
 * @missed:   events that were lost since the kernel skipped them
 * @unseen:   commands that no tracepoint told of
 * @error:    what went wrong with the file, an errno
 * @full:     the file must not grow any more
 * @flushed:  when that was last done, CLOCK_MONOTONIC
 * @real_ns:  CLOCK_REALTIME less CLOCK_MONOTONIC, as the file has it
 */
struct recording {
	const struct record_options *options;
	struct event_source *source;
	struct trace_writer *writer;
	uint64_t events;
	uint64_t missed;
	uint64_t unseen;
	int error;
	bool full;
	uint64_t flushed;
	int64_t real_ns;
};

void record_init(struct record_options *options)
{
	*options = (struct record_options){.buffer = EVENT_BUFFER_MIB};
	select_init(&options->select);
}

static bool enough(const struct recording *r)
{
	return r->error || r->full || (r->options->count && r->events == r->options->count);
}

/* The first error counts */
static void check(struct recording *r, bool written)
{
	if (!written && !r->error)
		r->error = errno;
}

static void on_begin(void *context)
{
	struct recording *r = context;

	r->flushed = wait_now_ns();
	check(r, trace_write_flush(r->writer));
	if (r->options->begin)
		r->options->begin();
}

static bool no_room(struct recording *r)
{
	return trace_write_bytes(r->writer) + END_BYTES > r->options->max_bytes;
}

/* What is not packed yet counts as it is: only that decides which fits when it is */
static void check_size(struct recording *r)
{
	if (!no_room(r))
		return;
	check(r, trace_write_flush(r->writer));
	r->full = no_room(r);
}

static void on_event(void *context, const struct vtr_event *event,
		     const struct vm *vm __attribute__((unused)))
{
	struct recording *r = context;

	if (enough(r))
		return;
	check(r, trace_write_event(r->writer, event));
	r->events++;
	if (r->options->max_bytes)
		check_size(r);
}

static void on_lost(void *context, uint64_t lost)
{
	struct recording *r = context;

	if (!enough(r))
		check(r, trace_write_lost(r->writer, lost));
}

/* Some of them may have been before the last event that is wanted */
static void on_missed(void *context, uint64_t missed)
{
	struct recording *r = context;

	if (r->error)
		return;
	check(r, trace_write_lost(r->writer, missed));
	r->missed += missed;
}

static void on_unseen(void *context, uint64_t unseen)
{
	struct recording *r = context;

	if (enough(r))
		return;
	check(r, trace_write_lost(r->writer, unseen));
	r->unseen += unseen;
}

static void on_viommu(void *context, const struct vtr_viommu *from, const struct vm *vm)
{
	const struct trace_viommu viommu = exists_viommu(from, vm);
	struct recording *r = context;

	check(r, trace_write_viommu(r->writer, &viommu));
}

static void on_vdevice(void *context, const struct vtr_vdevice *from)
{
	const struct trace_vdevice vdevice = exists_vdevice(from);
	struct recording *r = context;

	check(r, trace_write_vdevice(r->writer, &vdevice));
}

static void on_vm(void *context, const struct vm *vm, const char *comm)
{
	const struct trace_viommu viommu = exists_new(vm, comm);
	struct recording *r = context;

	if (!enough(r))
		check(r, trace_write_viommu(r->writer, &viommu));
}

/* Set, or ahead after a sleep; NTP moves it by less between two looks */
static void check_clock(struct recording *r)
{
	int64_t real_ns = clock_real_offset();

	if (llabs(real_ns - r->real_ns) < CLOCK_STEP_NS)
		return;
	check(r, trace_write_clock(r->writer, real_ns));
	r->real_ns = real_ns;
}

static bool on_tick(void *context)
{
	struct recording *r = context;
	uint64_t now = wait_now_ns();

	check_clock(r);

	if (now - r->flushed >= FLUSH_NS) {
		check(r, trace_write_flush(r->writer));
		r->flushed = now;
	}
	return !enough(r);
}

static const char *reason(const struct recording *r, enum wait_result why)
{
	if (r->full)
		return "size";
	switch (why) {
	case WAIT_TIME:
		return "duration";
	case WAIT_INPUT:
		return "count";
	default:
		return "interrupted";
	}
}

static enum exit_code follow(struct recording *r, struct trace_end *end)
{
	const struct event_sink sink = {
		.context = r,
		.begin = on_begin,
		.event = on_event,
		.lost = on_lost,
		.missed = on_missed,
		.unseen = on_unseen,
		.viommu = on_viommu,
		.vdevice = on_vdevice,
		.vm = on_vm,
		.tick = on_tick,
	};
	enum wait_result why;
	enum exit_code code;

	code = event_source_follow(r->source, &sink, &why);
	if (code)
		return code;
	end->ns = wait_now_ns();
	end->missed = r->missed;
	end->unseen = r->unseen;
	snprintf(end->why, sizeof(end->why), "%s", reason(r, why));
	check(r, trace_write_end(r->writer, end));
	return EXIT_OK;
}

static bool start(struct recording *r, int fd)
{
	struct trace_meta meta;

	if (!trace_meta_now(&meta, event_source_wanted(r->source))) {
		r->error = ENOMEM;
		return false;
	}
	meta.filtered = select_filters(&r->options->select);
	r->real_ns = meta.real_ns;
	r->writer = trace_write_start(fd, &meta);
	check(r, r->writer);
	trace_meta_free(&meta);
	return r->writer;
}

/* The clock may be set meanwhile, but is not by much within a second; false if interrupted */
static bool wait_for_moment(uint64_t at_ns)
{
	enum wait_result why = WAIT_TIME;
	uint64_t moment = 0, now, left;

	while (why == WAIT_TIME || why == WAIT_OTHER) {
		now = wait_now_ns() + clock_real_offset();
		/* Which it is does not change, unless the clock goes far back */
		if (!moment || moment > now + at_ns)
			moment = (now / at_ns + 1) * at_ns;
		if (now >= moment)
			return true;
		left = moment - now < LOOK_NS ? moment - now : LOOK_NS;
		why = wait_until(wait_now_ns() + left, false);
	}
	return false;
}

enum exit_code record_to(int (*open)(void *context), void *context, const char *name,
			 const struct record_options *options, struct trace_end *end)
{
	const struct event_source_options wanted = {&options->select, &options->filter,
						    options->buffer};
	struct recording r = {.options = options};
	enum exit_code code;
	int fd;

	memset(end, 0, sizeof(*end));
	code = event_source_open(&r.source, &wanted);
	if (code)
		return code;
	if (options->at_ns && !wait_for_moment(options->at_ns)) {
		msg("interrupted before it began");
		event_source_close(r.source);
		return EXIT_FAIL;
	}
	fd = open(context);
	if (fd < 0)
		code = EXIT_FAIL;
	else if (start(&r, fd))
		code = follow(&r, end);
	if (r.error) {
		msg("cannot write %s: %s", name, strerror(r.error));
		code = EXIT_FAIL;
	}
	trace_write_free(r.writer);
	event_source_close(r.source);
	return code;
}
