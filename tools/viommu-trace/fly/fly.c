// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flight recorder.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "bundle/child.h"
#include "fly/control.h"
#include "fly/fly.h"
#include "fly/incident.h"
#include "fly/names.h"
#include "fly/past.h"
#include "fly/status.h"
#include "lib/sys/clock.h"
#include "lib/sys/wait.h"
#include "lib/text/jsonline.h"
#include "lib/text/message.h"
#include "lib/text/text.h"
#include "live/event_source.h"
#include "live/exists.h"

#define NSEC_PER_SEC 1000000000ull
#define MIB (1ull << 20)
/* What is less may be how long it took to ask two clocks */
#define CLOCK_STEP_NS 1000000
/* How often the driver is asked to look at guests' queues: it takes two looks to find one stuck */
#define SAMPLE_NS NSEC_PER_SEC
/* The past is in so many recordings, or in more where each would be too long to copy */
#define PARTS 4
#define PARTS_MAX 1000
#define WINDOW_NS (10 * NSEC_PER_SEC)
/* How long a bundle may take to finish with what is there */
#define END_NS (10 * NSEC_PER_SEC)
#define BUNDLE_SECONDS "2"

/**
 * struct fly - While it runs
 * @options:   how to
 * @source:    where events come from
 * @directory: of the files, a descriptor
 * @past_dir:  of the past, likewise; -1 for memory
 * @past:      the last events
 * @triggers:  what to look for
 * @incident:  the file that is being written
 * @control:   how others ask
 * @pending:   a trigger that has no file yet
 * @is_pending: there is one
 * @written:   when each kind of trigger began a file, 0 for never
 * @status:    what happened so far
 * @child:     makes a bundle
 * @bundle:    its file
 * @real_ns:   CLOCK_REALTIME less CLOCK_MONOTONIC, as the recordings have it
 * @sampled:   when the driver was asked last, CLOCK_MONOTONIC
 */
struct fly {
	const struct fly_options *options;
	struct event_source *source;
	int directory;
	int past_dir;
	struct past past;
	struct triggers triggers;
	struct incident incident;
	struct control control;
	struct trace_trigger pending;
	bool is_pending;
	uint64_t written[NR_TRIGGERS];
	struct fly_status status;
	struct bundle_child child;
	char *bundle;
	int64_t real_ns;
	uint64_t sampled;
};

void fly_init(struct fly_options *options)
{
	*options = (struct fly_options){
		.directory = "/var/lib/viommu-trace",
		.before_ns = 30 * NSEC_PER_SEC,
		.after_ns = 2 * NSEC_PER_SEC,
		.every_ns = 60 * NSEC_PER_SEC,
		.max_bytes = 1024 * MIB,
		.past_bytes = 64 * MIB,
		.buffer = EVENT_BUFFER_MIB,
		.p99_ns = NSEC_PER_SEC / 1000,
		.faults = 100,
	};
	select_init(&options->select);
	triggers_parse(options->on, "all");
}

/*
 * Triggers
 */

static bool too_often(const struct fly *f, enum trigger_kind kind, uint64_t ns)
{
	return f->written[kind] && ns < f->written[kind] + f->options->every_ns;
}

static void on_fire(void *context, enum trigger_kind kind, const struct vtr_event *event,
		    const char *text)
{
	struct trace_trigger trigger = {
		.ns = event->ns,
		.iommu = event->iommu,
		.guest_id = event->guest_id,
	};
	struct fly *f = context;

	snprintf(trigger.kind, sizeof(trigger.kind), "%s", trigger_names[kind]);
	snprintf(trigger.text, sizeof(trigger.text), "%s", text);
	f->status.fired[kind]++;
	past_trigger(&f->past, &trigger);
	/* It is in the file of another one */
	if (incident_open(&f->incident)) {
		incident_check(&f->incident, trace_write_trigger(f->incident.writer, &trigger));
		return;
	}
	if (f->is_pending)
		return;
	if (too_often(f, kind, event->ns)) {
		f->status.limited[kind]++;
		return;
	}
	f->written[kind] = event->ns;
	f->pending = trigger;
	f->is_pending = true;
}

/*
 * Bundles
 */

/* One at a time: it looks at everything, whichever trigger it was */
static void start_bundle(struct fly *f, const char *name)
{
	int base = strlen(name) - strlen(FLY_TRACE);
	char *argv[] = {"viommu-trace", "bundle",	"--output", NULL,
			"--duration",	BUNDLE_SECONDS, NULL};

	if (!f->options->bundle || f->bundle)
		return;
	if (asprintf(&f->bundle, "%s/%.*s" FLY_BUNDLE, f->options->directory, base, name) < 0) {
		f->bundle = NULL;
		return;
	}
	argv[3] = f->bundle;
	bundle_child_start(&f->child, argv);
}

static void look_for_bundle(struct fly *f)
{
	char why[256];

	if (!f->bundle || bundle_child_running(&f->child))
		return;
	if (f->child.status) {
		bundle_child_why(&f->child, why, sizeof(why));
		msg("cannot make %s: %s", f->bundle, why);
		fly_status_error(&f->status, why);
	} else {
		f->status.bundles++;
		msg("wrote %s", f->bundle);
	}
	bundle_child_close(&f->child);
	free(f->bundle);
	f->bundle = NULL;
	names_trim(f->directory, f->options->max_bytes, f->status.last_file);
}

static void end_bundle(struct fly *f)
{
	if (!f->bundle)
		return;
	/* It finishes with what is there */
	bundle_child_stop(&f->child, false);
	for (uint64_t end = wait_now_ns() + END_NS;
	     bundle_child_running(&f->child) && wait_now_ns() < end;)
		usleep(10000);
	if (bundle_child_running(&f->child)) {
		bundle_child_stop(&f->child, true);
		while (bundle_child_running(&f->child))
			usleep(10000);
	}
	look_for_bundle(f);
}

/*
 * Files
 */

static struct json_object *answer_of(const char *key, const char *value)
{
	struct json_object *answer = json_object_new_object();

	json_add_string(answer, key, value);
	return answer;
}

static void fail_file(struct fly *f)
{
	const char *why = strerror(errno);

	msg("cannot write to %s: %s", f->options->directory, why);
	fly_status_error(&f->status, why);
	control_answer(&f->control, answer_of("error", why));
}

static void begin_file(struct fly *f)
{
	const struct trace_trigger *t = &f->pending;
	uint64_t before = f->options->before_ns;

	f->is_pending = false;
	msg("trigger %s: %s", t->kind, t->text);
	if (!incident_begin(&f->incident, &f->past, t->kind, t->ns,
			    t->ns > before ? t->ns - before : 0, t->ns + f->options->after_ns))
		fail_file(f);
}

static void end_file(struct fly *f, uint64_t now)
{
	char *name = incident_end(&f->incident, now);
	size_t base;

	if (!name) {
		fail_file(f);
		return;
	}
	f->status.files++;
	base = strlen(name) - strlen(FLY_TRACE);
	snprintf(f->status.last_file, sizeof(f->status.last_file), "%.*s", (int)base, name);
	msg("wrote %s/%s", f->options->directory, name);
	control_answer(&f->control, answer_of("file", name));
	f->status.deleted += names_trim(f->directory, f->options->max_bytes, f->status.last_file);
	start_bundle(f, name);
	free(name);
}

/*
 * Events
 */

/* To the file that is being written, if there is one */
#define ALSO(f, call)                                         \
	do {                                                  \
		if (incident_open(&(f)->incident))            \
			incident_check(&(f)->incident, call); \
	} while (0)

static void on_event(void *context, const struct vtr_event *event,
		     const struct vm *vm __attribute__((unused)))
{
	struct fly *f = context;

	f->status.events++;
	past_event(&f->past, event);
	ALSO(f, trace_write_event(f->incident.writer, event));
	/* Behind the event that led to it */
	triggers_event(&f->triggers, event);
}

static void on_lost(void *context, uint64_t lost)
{
	struct fly *f = context;

	f->status.lost += lost;
	past_lost(&f->past, lost);
	ALSO(f, trace_write_lost(f->incident.writer, lost));
	triggers_lost(&f->triggers);
}

static void on_viommu(void *context, const struct vtr_viommu *from, const struct vm *vm)
{
	const struct trace_viommu viommu = exists_viommu(from, vm);
	struct fly *f = context;

	past_viommu(&f->past, &viommu);
}

static void on_vdevice(void *context, const struct vtr_vdevice *from)
{
	const struct trace_vdevice vdevice = exists_vdevice(from);
	struct fly *f = context;

	past_vdevice(&f->past, &vdevice);
}

static void on_vm(void *context, const struct vm *vm, const char *comm)
{
	const struct trace_viommu who = exists_new(vm, comm);
	struct fly *f = context;

	past_who(&f->past, &who);
	ALSO(f, trace_write_viommu(f->incident.writer, &who));
}

static void on_begin(void *context)
{
	struct fly *f = context;
	const struct fly_options *o = f->options;
	struct past_options past = {
		.directory = f->past_dir,
		.keep_ns = o->keep_ns > o->before_ns ? o->keep_ns : o->before_ns,
		.part_ns = o->before_ns / PARTS,
		.max_bytes = o->past_bytes,
		.wanted = event_source_wanted(f->source),
	};

	if (past.part_ns < past.keep_ns / PARTS_MAX)
		past.part_ns = past.keep_ns / PARTS_MAX;
	f->real_ns = clock_real_offset();
	if (!past_begin(&f->past, &past, wait_now_ns()))
		fly_status_error(&f->status, strerror(errno));
	msg("recording, until interrupted; files go to %s", o->directory);
}

/* Set, or ahead after a sleep; NTP moves it by less between two looks */
static void check_clock(struct fly *f)
{
	int64_t real_ns = clock_real_offset();

	if (llabs(real_ns - f->real_ns) < CLOCK_STEP_NS)
		return;
	f->real_ns = real_ns;
	past_clock(&f->past, real_ns);
	ALSO(f, trace_write_clock(f->incident.writer, real_ns));
}

static void look_for_signal(struct fly *f, uint64_t now)
{
	if (!*f->options->signalled)
		return;
	*f->options->signalled = 0;
	triggers_ask(&f->triggers, TRIGGER_SIGNAL, now, "SIGUSR1");
}

static bool on_tick(void *context)
{
	struct fly *f = context;
	uint64_t now = wait_now_ns();

	check_clock(f);
	look_for_signal(f, now);
	triggers_time(&f->triggers, now);
	control_poll(&f->control, now);
	if (f->is_pending)
		begin_file(f);
	if (incident_open(&f->incident) && (now >= f->incident.until_ns || f->incident.error))
		end_file(f, now);
	past_tick(&f->past, now);
	look_for_bundle(f);
	if (now - f->sampled >= SAMPLE_NS) {
		f->sampled = now;
		event_source_sample(f->source);
	}
	return true;
}

/*
 * Questions
 */

static struct json_object *status(const struct fly *f)
{
	const struct fly_now now = {
		.directory = f->options->directory,
		.directory_fd = f->directory,
		.kept_ns = past_kept_ns(&f->past, wait_now_ns()),
		.past_bytes = past_bytes(&f->past),
		.in_files = f->past_dir >= 0,
		.past_errors = f->past.errors,
		.writing = incident_open(&f->incident),
		.bundling = f->bundle,
		.on = f->options->on,
	};

	return fly_status_to_json(&f->status, &now);
}

static struct json_object *ask_trigger(struct fly *f, const char *text)
{
	if (!f->options->on[TRIGGER_COMMAND])
		return answer_of("error", "it takes no command: see --trigger");
	triggers_ask(&f->triggers, TRIGGER_COMMAND, wait_now_ns(), *text ? text : "asked for");
	if (f->is_pending || incident_open(&f->incident))
		return NULL;
	return answer_of("error", "too soon after the last one: see --every");
}

static struct json_object *on_ask(void *context, const char *line)
{
	static const char trigger[] = "trigger ";
	char text[CONTROL_LINE];
	struct fly *f = context;

	snprintf(text, sizeof(text), "%s", line);
	text_sanitize(text);
	if (!strcmp(text, "status"))
		return status(f);
	if (!strncmp(text, trigger, strlen(trigger)))
		return ask_trigger(f, text + strlen(trigger));
	return answer_of("error", "no such request");
}

/*
 * Beginning and end
 */

static int open_directory(int at, const char *name)
{
	int fd;

	/* It tells of VMs, and their processes: for its owner only */
	if (mkdirat(at, name, 0700) && errno != EEXIST) {
		msg("cannot make %s: %s", name, strerror(errno));
		return -1;
	}
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		msg("cannot open %s: %s", name, strerror(errno));
	return fd;
}

static bool open_directories(struct fly *f)
{
	f->directory = open_directory(AT_FDCWD, f->options->directory);
	if (f->directory < 0)
		return false;
	if (flock(f->directory, LOCK_EX | LOCK_NB)) {
		msg("another flight recorder has %s", f->options->directory);
		return false;
	}
	names_rescue(f->directory);
	if (!f->options->keep_ns)
		return true;
	f->past_dir = open_directory(f->directory, "past");
	return f->past_dir >= 0;
}

static bool listen_to(struct fly *f)
{
	f->control = (struct control){
		.directory = f->directory,
		.fd = -1,
		.ask = on_ask,
		.context = f,
	};
	if (control_listen(&f->control))
		return true;
	msg("cannot listen in %s: %s", f->options->directory, strerror(errno));
	return false;
}

static enum exit_code follow(struct fly *f)
{
	const struct event_sink sink = {
		.context = f,
		.begin = on_begin,
		.event = on_event,
		.lost = on_lost,
		.missed = on_lost,
		.unseen = on_lost,
		.viommu = on_viommu,
		.vdevice = on_vdevice,
		.vm = on_vm,
		.tick = on_tick,
	};
	enum wait_result why;
	enum exit_code code = event_source_follow(f->source, &sink, &why);

	if (incident_open(&f->incident))
		end_file(f, wait_now_ns());
	end_bundle(f);
	return code;
}

static void prepare(struct fly *f, const struct fly_options *options)
{
	*f = (struct fly){
		.options = options,
		.directory = -1,
		.past_dir = -1,
		.control.fd = -1,
		.child.out = -1,
		.child.err = -1,
	};
	f->status.begun_ns = wait_now_ns();
	f->triggers = (struct triggers){
		.p99_ns = options->p99_ns,
		.window_ns = options->before_ns < WINDOW_NS ? options->before_ns : WINDOW_NS,
		.faults = options->faults,
		.fire = on_fire,
		.context = f,
	};
	memcpy(f->triggers.on, options->on, sizeof(f->triggers.on));
}

enum exit_code fly_run(const struct fly_options *options)
{
	static const struct event_filter everything;
	const struct event_source_options wanted = {&options->select, &everything, options->buffer};
	enum exit_code code;
	struct fly f;

	prepare(&f, options);
	code = open_directories(&f) ? event_source_open(&f.source, &wanted) : EXIT_FAIL;
	f.incident.directory = f.directory;
	if (!code)
		code = listen_to(&f) ? follow(&f) : EXIT_FAIL;
	control_close(&f.control);
	past_end(&f.past, wait_now_ns());
	triggers_free(&f.triggers);
	event_source_close(f.source);
	if (f.past_dir >= 0)
		close(f.past_dir);
	if (f.directory >= 0)
		close(f.directory);
	return code;
}
