// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-trace events: what the driver does, as it does it.
 */
#include <argp.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "bpflog.h"
#include "event_print.h"
#include "event_table.h"
#include "message.h"
#include "numbers.h"
#include "require.h"
#include "select.h"
#include "trace.h"
#include "viommu_events.skel.h"
#include "wait.h"

#define PATTERNS_MAX 32
#define POLL_NS 50000000ull
#define MIB (1u << 20)

/**
 * struct events - The command while it runs
 * @select:   whom to show
 * @pattern:  of names of events, any of them; all events if there is none
 * @nr:       how many
 * @count:    how many events to show, 0 for any number
 * @buffer:   size of the buffer in the kernel, in MiB: a power of two
 * @list:     only list the events
 * @vms:      who has which guest ID
 * @shown:    events shown
 */
struct events {
	struct select select;
	const char *pattern[PATTERNS_MAX];
	int nr;
	uint64_t count;
	unsigned int buffer;
	bool list;
	struct vms vms;
	uint64_t shown;
};

enum { OPT_BUFFER = 256, OPT_LIST };

static const struct argp_option options[] = {
	{"event", 'e', "PATTERN", 0,
	 "Only events whose name matches, with or without viommu_; may be given more than once", 1},
	{"count", 'n', "N", 0, "End after N events", 1},
	{"buffer", OPT_BUFFER, "MIB", 0,
	 "Room in the kernel for events that are not shown yet: a power of two (8)", 1},
	{"list", OPT_LIST, NULL, 0, "List the events there are", 1},
	{},
};

static const char doc[] = "Show the events of the AMD vIOMMU driver as they happen.\v"
			  "Each line has the time, the process in whose context it happened, the "
			  "IOMMU, the guest ID, the VM and the event. Events that were lost are "
			  "counted and told.";

static bool matches(const char *pattern, const char *name)
{
	return !fnmatch(pattern, name, 0) || !fnmatch(pattern, name + strlen("viommu_"), 0);
}

static bool is_wanted(const struct events *e, const char *name)
{
	for (int i = 0; i < e->nr; i++)
		if (matches(e->pattern[i], name))
			return true;
	return !e->nr;
}

static void add_pattern(struct events *e, struct argp_state *state, const char *pattern)
{
	if (e->nr == PATTERNS_MAX)
		argp_error(state, "more than %d patterns", PATTERNS_MAX);
	for (int i = 0; i < VTR_NR_EVENTS; i++) {
		if (matches(pattern, event_types[i].name)) {
			e->pattern[e->nr++] = pattern;
			return;
		}
	}
	argp_error(state, "no event is called \"%s\": see --list", pattern);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct events *e = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &e->select;
		return 0;
	case 'e':
		add_pattern(e, state, arg);
		return 0;
	case 'n':
		e->count = integer_parse(state, arg, "count", 1, 1ul << 50);
		return 0;
	case OPT_BUFFER:
		e->buffer = integer_parse(state, arg, "buffer", 1, 1024);
		if (e->buffer & (e->buffer - 1))
			argp_error(state, "buffer: %s is no power of two", arg);
		return 0;
	case OPT_LIST:
		e->list = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Who has a new guest ID must be known, whatever is shown */
static bool tells_owner(const char *name)
{
	return !strcmp(name, "viommu_guest_id_alloc") || !strcmp(name, "viommu_init");
}

/* Not those that nobody wants, nor those that this kernel does not have */
static void choose_programs(const struct events *e, struct viommu_events_bpf *skel)
{
	static const char prefix[] = "tp_btf/";
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, skel->obj)
	{
		const char *name = bpf_program__section_name(prog) + strlen(prefix);

		if (strncmp(bpf_program__section_name(prog), prefix, strlen(prefix)))
			continue;
		if (!(is_wanted(e, name) || tells_owner(name)) || !require_has_tracepoint(name))
			bpf_program__set_autoload(prog, false);
	}
}

static enum exit_code load(const struct events *e, struct viommu_events_bpf **skel)
{
	int err;

	bpflog_init(e->select.verbose);
	*skel = viommu_events_bpf__open();
	if (!*skel)
		return bpflog_load_error(-errno);
	choose_programs(e, *skel);
	bpf_map__set_max_entries((*skel)->maps.events, e->buffer * MIB);
	err = viommu_events_bpf__load(*skel);
	if (!err)
		err = viommu_events_bpf__attach(*skel);
	return err ? bpflog_load_error(err) : EXIT_OK;
}

static bool enough(const struct events *e)
{
	return e->count && e->shown == e->count;
}

static int on_event(void *context, void *data, size_t size)
{
	const struct vtr_event *event = data;
	struct events *e = context;
	const struct vm *vm;

	if (size < sizeof(*event) || event->id >= VTR_NR_EVENTS || enough(e))
		return 0;
	/* A VMM asks for these itself */
	if (event->id == VTR_guest_id_alloc || event->id == VTR_init)
		vms_add(&e->vms, event->iommu, event->guest_id, event->pid, event->comm);
	vm = vms_find(&e->vms, event->iommu, event->guest_id);
	if (!is_wanted(e, event_types[event->id].name) ||
	    !selected(&e->select, event->iommu, event->guest_id, vm))
		return 0;
	event_print(event, vm, e->select.json);
	e->shown++;
	return 0;
}

static void tell_lost(const struct events *e, uint64_t lost)
{
	if (lost)
		msg("%llu events were lost: show fewer with --event, or raise --buffer (now %u)",
		    (unsigned long long)lost, e->buffer);
}

static enum exit_code follow(struct events *e, struct viommu_events_bpf *skel)
{
	struct ring_buffer *ring =
		ring_buffer__new(bpf_map__fd(skel->maps.events), on_event, e, NULL);
	uint64_t end = e->select.duration_ns ? wait_now_ns() + e->select.duration_ns : UINT64_MAX;
	enum wait_result why = WAIT_TIME;

	if (!ring) {
		msg("cannot read from the kernel: %s", strerror(errno));
		return EXIT_FAIL;
	}
	skel->bss->tracing = true;
	event_print_begin(e->select.json);
	while (why == WAIT_TIME || why == WAIT_OTHER) {
		uint64_t now = wait_now_ns();

		if (enough(e) || now >= end)
			break;
		why = wait_until(now + POLL_NS < end ? now + POLL_NS : end, false);
		ring_buffer__consume(ring);
		fflush(stdout);
	}
	skel->bss->tracing = false;
	ring_buffer__consume(ring);
	event_print_end(e->shown, skel->bss->lost, e->select.json);
	tell_lost(e, skel->bss->lost);
	ring_buffer__free(ring);
	return EXIT_OK;
}

enum exit_code cmd_events(int argc, char **argv)
{
	static const struct argp_child children[] = {{&select_argp, 0, NULL, 0}, {}};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = doc,
		.children = children,
	};
	struct viommu_events_bpf *skel = NULL;
	struct events e = {.buffer = 8};
	enum exit_code code;

	select_init(&e.select);
	argp_parse(&argp, argc, argv, 0, NULL, &e);
	if (e.list) {
		for (int i = 0; i < VTR_NR_EVENTS; i++)
			puts(event_types[i].name);
		return EXIT_OK;
	}
	code = trace_ready();
	if (code)
		return code;
	wait_init();
	code = load(&e, &skel);
	if (!code && !vms_list(&e.vms, skel->progs.list_owners))
		code = EXIT_FAIL;
	if (!code)
		code = follow(&e, skel);
	viommu_events_bpf__destroy(skel);
	vms_free(&e.vms);
	return code;
}
