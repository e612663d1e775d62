// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of the running kernel, from BPF programs through a ring buffer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "event/gaps.h"
#include "lib/bpf/bpflog.h"
#include "lib/bpf/host.h"
#include "lib/bpf/objects.h"
#include "lib/bpf/progs.h"
#include "lib/bpf/sections.h"
#include "lib/hw/event_table.h"
#include "lib/sys/kernelbtf.h"
#include "lib/sys/require.h"
#include "lib/text/message.h"
#include "lib/text/numbers.h"
#include "live/event_source.h"
#include "viommu_events.skel.h"

#define POLL_NS 50000000ull
/* How often to ask for runs that the kernel skipped */
#define MISSED_NS 1000000000ull
/* Events between two looks at signals and the time */
#define BATCH 4096
#define MIB (1u << 20)
/* Domains and devices whose commands are counted, too, for which nobody asks here */
#define HOST_OWNERS 256

/**
 * struct event_source - Events of the running kernel
 * @options: which are wanted
 * @wanted:  these, by name
 * @skel:    the BPF programs
 * @host:    instead of them, on a kernel without our driver
 * @vms:     who has which guest ID
 * @gaps:    in sequence numbers of commands
 * @lost:    events without room, as far as the buffer told
 * @told:    of these, what the sink was told
 * @told_missed: of @missed, likewise
 * @unseen:  commands that no tracepoint told of
 * @missed:  events that the kernel skipped
 * @missed_before: those from before the start
 * @asked:   when that was last asked for, CLOCK_MONOTONIC
 * @ring:    through which they come, while they do
 * @taken:   events read since the last look at signals and the time
 * @sink:    who gets them, likewise
 * @filters: not all VMs are wanted
 * @whose:   it matters whose an event is
 */
struct event_source {
	const struct event_source_options *options;
	bool wanted[VTR_NR_EVENTS];
	struct viommu_events_bpf *skel;
	struct viommu_host_bpf *host;
	struct vms vms;
	struct gaps gaps;
	uint64_t told;
	uint64_t told_missed;
	uint64_t unseen;
	uint64_t lost;
	uint64_t missed;
	uint64_t missed_before;
	uint64_t asked;
	struct ring_buffer *ring;
	unsigned int taken;
	const struct event_sink *sink;
	bool filters;
	bool whose;
};

unsigned int buffer_parse(struct argp_state *state, const char *arg)
{
	unsigned int mib = integer_parse(state, arg, "buffer", 1, EVENT_BUFFER_MAX);

	if (mib & (mib - 1))
		argp_error(state, "buffer: %s is no power of two", arg);
	return mib;
}

/* Who has a new guest ID must be known, whatever is wanted */
static bool tells_owner(unsigned int id)
{
	return id == VTR_guest_id_alloc || id == VTR_init;
}

static int id_of(const char *name)
{
	for (int i = 0; i < VTR_NR_EVENTS; i++)
		if (!strcmp(event_types[i].name, name))
			return i;
	return -1;
}

/* Not those that nobody wants, nor those that this kernel does not have */
static void choose_programs(struct event_source *s)
{
	static const char prefix[] = "tp_btf/";
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, s->skel->obj)
	{
		const char *section = bpf_program__section_name(prog);
		const char *name = section + strlen(prefix);
		int id;

		if (strncmp(section, prefix, strlen(prefix)))
			continue;
		id = id_of(name);
		s->wanted[id] =
			event_filter_wants(s->options->filter, name) && kernelbtf_tracepoint(name);
		if (!s->wanted[id] && !(tells_owner(id) && kernelbtf_tracepoint(name)))
			bpf_program__set_autoload(prog, false);
	}
}

/* What can be watched without our driver */
static bool tells_host(const struct probes *probes, int id)
{
	switch (id) {
	case VTR_cmd_submit:
		return true;
	case VTR_cmd_complete:
		return probes_has(probes, PROBE_WAIT);
	case VTR_event_record:
		return probes_has(probes, PROBE_RECORD);
	case VTR_event_log_overflow:
		return probes_has(probes, PROBE_RESTART);
	default:
		return false;
	}
}

static enum exit_code load_host(struct event_source *s, const struct probes *probes)
{
	const struct host_options options = {
		.probes = probes,
		.send_events = true,
		.buffer = s->options->buffer * MIB,
		.max_owners = HOST_OWNERS,
	};
	enum exit_code code = host_load(&s->host, &options);

	if (code)
		return code;
	host_count(s->host, false);
	for (int id = 0; id < VTR_NR_EVENTS; id++)
		s->wanted[id] = tells_host(probes, id) &&
				event_filter_wants(s->options->filter, event_types[id].name);
	return EXIT_OK;
}

static enum exit_code load(struct event_source *s)
{
	int err;

	bpflog_init(s->options->select->verbose);
	if (require_host_mode())
		return load_host(s, require_host_mode());
	sections_init();
	s->skel = viommu_events_bpf__open();
	if (!s->skel)
		return bpflog_load_error(-errno);
	choose_programs(s);
	bpf_map__set_max_entries(s->skel->maps.events, s->options->buffer * MIB);
	err = viommu_events_bpf__load(s->skel);
	if (!err)
		err = viommu_events_bpf__attach(s->skel);
	return err ? bpflog_load_error(err) : EXIT_OK;
}

enum exit_code event_source_open(struct event_source **source,
				 const struct event_source_options *options)
{
	struct event_source *s = calloc(1, sizeof(*s));
	enum exit_code code;

	*source = NULL;
	if (!s) {
		msg("out of memory");
		return EXIT_FAIL;
	}
	s->options = options;
	code = load(s);
	if (code)
		event_source_close(s);
	else
		*source = s;
	return code;
}

const bool *event_source_wanted(const struct event_source *source)
{
	return source->wanted;
}

const struct vms *event_source_vms(const struct event_source *source)
{
	return &source->vms;
}

static uint64_t skipped(const struct event_source *s)
{
	return progs_missed(s->host ? host_object(s->host) : s->skel->obj);
}

static void set_tracing(struct event_source *s, bool on)
{
	if (s->host)
		host_count(s->host, on);
	else
		s->skel->bss->tracing = on;
}

static void tell_sink_lost(struct event_source *s, uint64_t lost)
{
	s->lost += lost;
	lost = gaps_lost(&s->gaps, lost);
	s->told += lost;
	if (lost)
		s->sink->lost(s->sink->context, lost);
}

/* No tracepoint told of these: whoever is not shown commands misses none */
static void look_for_gap(struct event_source *s, const struct vtr_event *event)
{
	uint64_t unseen = s->wanted[VTR_cmd_submit] ? gaps_event(&s->gaps, event) : 0;

	s->unseen += unseen;
	if (unseen)
		s->sink->unseen(s->sink->context, unseen);
}

/* Nothing in the buffer tells of these */
static void look_for_missed(struct event_source *s)
{
	uint64_t missed = skipped(s) - s->missed_before, fresh;

	s->asked = wait_now_ns();
	if (missed == s->missed)
		return;
	fresh = gaps_lost(&s->gaps, missed - s->missed);
	s->missed = missed;
	s->told_missed += fresh;
	if (fresh)
		s->sink->missed(s->sink->context, fresh);
}

/* Those without room of which no event behind them told yet */
static void look_for_lost(struct event_source *s)
{
	uint64_t lost = s->host ? host_events_lost(s->host) : s->skel->bss->lost;

	if (lost > s->lost)
		tell_sink_lost(s, lost - s->lost);
}

static bool is_selected(const struct event_source *s, const struct vtr_event *event,
			const struct vm *vm)
{
	return !s->filters || selected(s->options->select, event->iommu, event->guest_id, vm);
}

static void handle(struct event_source *s, const struct vtr_event *event)
{
	const struct vm *vm;
	int32_t lost;

	lost = event->lost - (uint32_t)s->lost;
	if (lost > 0)
		tell_sink_lost(s, lost);
	look_for_gap(s, event);
	/* A VMM asks for these itself */
	if (tells_owner(event->id)) {
		vms_add(&s->vms, event->iommu, event->guest_id, event->pid, event->comm, event->ns);
		vm = vms_find(&s->vms, event->iommu, event->guest_id);
		if (vm && s->sink->vm)
			s->sink->vm(s->sink->context, vm, event->comm);
	}
	vm = s->whose ? vms_find(&s->vms, event->iommu, event->guest_id) : NULL;
	if (s->wanted[event->id] && is_selected(s, event, vm))
		s->sink->event(s->sink->context, event, vm);
	if (event->id == VTR_guest_id_free)
		vms_end(&s->vms, event->iommu, event->guest_id);
}

static int on_event(void *context, void *data, size_t size)
{
	const struct vtr_event *event = data;
	struct event_source *s = context;

	if (size >= sizeof(*event) && event->id < VTR_NR_EVENTS)
		handle(s, event);
	return ++s->taken < BATCH ? 0 : -EAGAIN;
}

/* True at the end of the buffer, which one slower than the driver would never find */
static bool consume(struct event_source *s)
{
	s->taken = 0;
	return ring_buffer__consume(s->ring) != -EAGAIN;
}

static void on_viommu(void *context, const void *record)
{
	const struct vtr_viommu *viommu = record;
	struct event_source *s = context;
	const struct vm *vm;

	vms_add(&s->vms, viommu->iommu, viommu->guest_id, viommu->pid, viommu->comm,
		viommu->created_ns);
	vm = vms_find(&s->vms, viommu->iommu, viommu->guest_id);
	if (vm && s->sink->viommu)
		s->sink->viommu(s->sink->context, viommu, vm);
}

static void on_vdevice(void *context, const void *record)
{
	struct event_source *s = context;

	if (s->sink->vdevice)
		s->sink->vdevice(s->sink->context, record);
}

bool event_source_list(struct event_source *s, const struct event_sink *sink)
{
	const struct event_sink *before = s->sink;
	bool good;

	/* Without our driver there is nobody */
	if (s->host)
		return true;
	s->sink = sink;
	good = list_objects(s->skel->progs.list_owners, sizeof(struct vtr_viommu), on_viommu, s) &&
	       list_objects(s->skel->progs.list_vdevices, sizeof(struct vtr_vdevice), on_vdevice,
			    s);
	s->sink = before;
	return good;
}

/* That is asking */
static void look(void *context __attribute__((unused)), const void *record __attribute__((unused)))
{
}

bool event_source_sample(struct event_source *s)
{
	return s->host ||
	       list_objects(s->skel->progs.list_owners, sizeof(struct vtr_viommu), look, NULL);
}

enum exit_code event_source_start(struct event_source *source, const struct event_sink *sink)
{
	struct bpf_map *events =
		source->host ? host_map(source->host, "events") : source->skel->maps.events;

	source->sink = sink;
	source->filters = select_filters(source->options->select);
	source->whose = source->filters || sink->whose;
	source->ring = ring_buffer__new(bpf_map__fd(events), on_event, source, NULL);
	if (!source->ring) {
		msg("cannot read from the kernel: %s", strerror(errno));
		return EXIT_FAIL;
	}
	source->missed_before = skipped(source);
	source->asked = wait_now_ns();
	set_tracing(source, true);
	/* Those that come from here on are seen as events, perhaps here, too */
	if (!event_source_list(source, sink))
		return EXIT_FAIL;
	if (sink->begin)
		sink->begin(sink->context);
	return EXIT_OK;
}

/* No more was in the buffer than fits; what comes meanwhile may never end */
void event_source_poll(struct event_source *source)
{
	size_t fit = (size_t)source->options->buffer * MIB / sizeof(struct vtr_event);

	for (size_t batches = fit / BATCH + 1; batches && !consume(source);)
		batches--;
}

void event_source_poll_lost(struct event_source *source)
{
	event_source_poll(source);
	look_for_lost(source);
	look_for_missed(source);
}

void event_source_stop(struct event_source *source)
{
	set_tracing(source, false);
	event_source_poll_lost(source);
	ring_buffer__free(source->ring);
	source->ring = NULL;
}

static enum wait_result follow(struct event_source *s)
{
	uint64_t span = s->options->select->duration_ns, now = wait_now_ns(), next;
	uint64_t end = span ? now + span : UINT64_MAX;
	enum wait_result why = WAIT_TIME;
	bool all = true;

	while (why == WAIT_TIME || why == WAIT_OTHER) {
		if (!s->sink->tick(s->sink->context))
			return WAIT_INPUT;
		now = wait_now_ns();
		if (now >= end)
			return WAIT_TIME;
		next = all ? now + POLL_NS : now;
		why = wait_until(next < end ? next : end, false);
		all = consume(s);
		if (wait_now_ns() - s->asked >= MISSED_NS)
			look_for_missed(s);
	}
	return why;
}

enum exit_code event_source_follow(struct event_source *source, const struct event_sink *sink,
				   enum wait_result *why)
{
	enum exit_code code = event_source_start(source, sink);

	if (code)
		return code;
	*why = follow(source);
	event_source_stop(source);
	sink->tick(sink->context);
	return EXIT_OK;
}

void tell_lost(uint64_t lost, uint64_t missed, uint64_t unseen, unsigned int buffer)
{
	if (lost)
		msg("%llu events were lost: ask for fewer with --event, or raise --buffer (now %u)",
		    (unsigned long long)lost, buffer);
	if (missed)
		msg("%llu events were lost: each came while another of its type was being traced "
		    "on the same CPU",
		    (unsigned long long)missed);
	if (unseen)
		msg("%llu commands were not seen: the kernel traces nothing on a CPU that goes "
		    "offline, or comes back",
		    (unsigned long long)unseen);
}

uint64_t event_source_lost(const struct event_source *source)
{
	return source->told + source->told_missed + source->unseen;
}

void event_source_tell_lost(const struct event_source *source)
{
	tell_lost(source->told, source->told_missed, source->unseen, source->options->buffer);
}

void event_source_close(struct event_source *source)
{
	if (!source)
		return;
	ring_buffer__free(source->ring);
	viommu_events_bpf__destroy(source->skel);
	if (source->host)
		host_unload(source->host);
	vms_free(&source->vms);
	gaps_free(&source->gaps);
	free(source);
}
