// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metrics of VMs, of their vIOMMUs, and of the queues of these.
 */
#include "out/metrics.h"
#include "sample/totals.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* Bytes of a command, or of a record of a log */
#define QUEUE_ENTRY_SIZE 16

/**
 * struct guest - What a sample is of
 * @s:   for the rest
 * @row: of a VM or of a vIOMMU
 * @of:  rows of its vIOMMUs
 */
struct guest {
	const struct session *s;
	const struct row *row;
	const struct row *of;
};

static enum metrics_level level(const struct session *s)
{
	return s->opts->level;
}

/* Those of a VM tell apart all VMs of one time, those of a vIOMMU all vIOMMUs */
static void put_labels(struct expo *e, const void *arg)
{
	const struct guest *guest = arg;

	if (level(guest->s) == LEVEL_VM) {
		expo_label_u64(e, "pid", "", guest->row->pid);
	} else {
		expo_label_u64(e, "iommu", "ivhd", guest->row->iommu);
		if (!(guest->row->known & VT_KNOWS_HOST))
			expo_label_u64(e, "guest_id", "", guest->row->guest_id);
	}
	expo_label(e, "vm", guest->row->name);
}

static size_t nr_guests(const struct session *s)
{
	return level(s) == LEVEL_VM ? s->model.nr_vms : s->model.nr_viommus;
}

static struct guest guest_at(const struct session *s, size_t i)
{
	const struct model *model = &s->model;

	if (level(s) == LEVEL_VM)
		return (struct guest){s, &model->vm[i], &model->viommu[model->first[i]]};
	return (struct guest){s, &model->viommu[i], &model->viommu[i]};
}

static void put_vmid(struct expo *e, const struct guest *guest)
{
	const struct viommu *viommu = snapshot_find(session_now(guest->s), guest->row->serial);

	if (!viommu)
		return;
	if (*viommu->id.uuid)
		expo_label(e, "uuid", viommu->id.uuid);
	if (*viommu->id.namespace)
		expo_label(e, "namespace", viommu->id.namespace);
	if (*viommu->id.vmi)
		expo_label(e, "vmi", viommu->id.vmi);
}

static void write_info(struct expo *e, const struct session *s)
{
	static const struct expo_family family = {
		"", EXPO_INFO, NULL, "Always 1; the labels tell to which process it belongs."};

	expo_family(e, &family);
	for (size_t i = 0; i < nr_guests(s); i++) {
		const struct guest guest = guest_at(s, i);

		expo_sample(e, "");
		put_labels(e, &guest);
		put_vmid(e, &guest);
		expo_label(e, "comm", guest.row->comm);
		if (level(s) == LEVEL_QUEUE)
			expo_label_u64(e, "pid", "", guest.row->pid);
		if (level(s) == LEVEL_QUEUE && !session_now(s)->host.on) {
			expo_label_u64(e, "serial", "", guest.row->serial);
			expo_label_u64(e, "domain_id", "", guest.row->domain_id);
		}
		expo_u64(e, 1);
	}
}

/*
 * What the driver counts
 */

/* As a vIOMMU has it; with each queue's samples more than one would */
static void put_created(struct expo *e, const struct guest *guest)
{
	if (e->format != EXPO_OPENMETRICS || level(guest->s) != LEVEL_QUEUE ||
	    session_now(guest->s)->host.on)
		return;
	expo_sample(e, "_created");
	put_labels(e, guest);
	expo_ns(e, session_real_ns(guest->s, guest->row->created_ns));
}

#define VALUE(member)                                       \
	static uint64_t get_##member(const struct row *row) \
	{                                                   \
		return row->member;                         \
	}

VALUE(cmds)
VALUE(wait_errors)
VALUE(events)
VALUE(lost)
VALUE(forwarded)
VALUE(delivered)
VALUE(takebacks)

static const struct counter {
	struct expo_family family;
	uint64_t (*get)(const struct row *row);
	enum metrics_level from;
	enum vt_counter total;
} counters[] = {
	{{"commands", EXPO_COUNTER, NULL, "Commands the host queued for it since its creation."},
	 get_cmds,
	 LEVEL_VM,
	 VT_CMD},
	{{"wait_errors", EXPO_COUNTER, NULL, "Completion waits of these that timed out."},
	 get_wait_errors,
	 LEVEL_VM,
	 VT_WAIT_ERROR},
	{{"events", EXPO_COUNTER, NULL, "Records of the host's event log that name it."},
	 get_events,
	 LEVEL_VM,
	 VT_EVENT},
	{{"latencies_lost", EXPO_COUNTER, NULL,
	  "Latencies missing from amd_viommu_latency_seconds."},
	 get_lost,
	 LEVEL_QUEUE,
	 VT_WAIT},
};

static void write_counter(struct expo *e, const struct session *s, const struct counter *counter)
{
	if (level(s) < counter->from || !totals_known(session_now(s), counter->total))
		return;
	expo_family(e, &counter->family);
	for (size_t i = 0; i < nr_guests(s); i++) {
		const struct guest guest = guest_at(s, i);

		expo_sample(e, "");
		put_labels(e, &guest);
		expo_u64(e, counter->get(guest.row));
		put_created(e, &guest);
	}
}

/* What the hardware did not do for the guest */
static const struct trapped_metric {
	struct expo_family family;
	uint64_t (*get)(const struct row *row);
} trapped_metrics[] = {
	{{"forwarded_commands", EXPO_COUNTER, NULL,
	  "Commands of the guest that its VMM had to pass to the host's driver."},
	 get_forwarded},
	{{"delivered_events", EXPO_COUNTER, NULL,
	  "Records of the host's event log that its VMM got, instead of the guest's log."},
	 get_delivered},
	{{"command_buffer_takebacks", EXPO_COUNTER, NULL,
	  "Times its VMM took the guest's command buffer from the hardware."},
	 get_takebacks},
};

/* Where nobody knows, there is no sample, rather than 0 */
static void write_trapped(struct expo *e, const struct session *s,
			  const struct trapped_metric *metric)
{
	if (session_now(s)->host.on)
		return;
	expo_family(e, &metric->family);
	for (size_t i = 0; i < nr_guests(s); i++) {
		const struct guest guest = guest_at(s, i);

		if (!(guest.row->known & VT_KNOWS_TRAPPED))
			continue;
		expo_sample(e, "");
		put_labels(e, &guest);
		expo_u64(e, metric->get(guest.row));
		put_created(e, &guest);
	}
}

static void write_waits(struct expo *e, const struct session *s)
{
	static const struct expo_family family = {
		"wait_seconds", EXPO_SUMMARY, "seconds",
		"Completion waits of its commands that ended, and the time they took."};

	if (!totals_known(session_now(s), VT_WAIT))
		return;
	expo_family(e, &family);
	for (size_t i = 0; i < nr_guests(s); i++) {
		const struct guest guest = guest_at(s, i);

		expo_sample(e, "_count");
		put_labels(e, &guest);
		expo_u64(e, guest.row->waits);
		expo_sample(e, "_sum");
		put_labels(e, &guest);
		expo_ns(e, guest.row->wait_ns_total);
		put_created(e, &guest);
	}
}

/*
 * Queues
 */

static uint64_t get_entries(const struct vt_queue *queue)
{
	return queue->entries;
}

static uint64_t get_overflows(const struct vt_queue *queue)
{
	return queue->overflows;
}

static uint64_t get_stucks(const struct vt_queue *queue)
{
	return queue->stucks;
}

static uint64_t get_size(const struct vt_queue *queue)
{
	return queue->size / QUEUE_ENTRY_SIZE;
}

static uint64_t get_used(const struct vt_queue *queue)
{
	return queue_used(queue) / QUEUE_ENTRY_SIZE;
}

/**
 * struct queue_metric - A number that each queue has
 * @family: of it
 * @get:    from what the kernel has
 * @split:  from which level on it is of each queue; below it is of all together
 * @from:   from which level on there is one
 */
static const struct queue_metric {
	struct expo_family family;
	uint64_t (*get)(const struct vt_queue *queue);
	enum metrics_level split;
	enum metrics_level from;
} queue_metrics[] = {
	{{"queue_entries", EXPO_COUNTER, NULL,
	  "Entries of the guest's queue that the hardware read or wrote, or more: it is looked at "
	  "now and then."},
	 get_entries,
	 LEVEL_VM,
	 LEVEL_VM},
	{{"queue_overflows", EXPO_COUNTER, NULL,
	  "Times a log of the guest was found to have lost records."},
	 get_overflows,
	 LEVEL_QUEUE,
	 LEVEL_VM},
	{{"queue_stucks", EXPO_COUNTER, NULL, "Times the guest's queue was found to be stuck."},
	 get_stucks,
	 LEVEL_QUEUE,
	 LEVEL_QUEUE},
	{{"queue_size_entries", EXPO_GAUGE, NULL, "Entries that the guest's queue has."},
	 get_size,
	 LEVEL_QUEUE,
	 LEVEL_QUEUE},
	{{"queue_used_entries", EXPO_GAUGE, NULL, "Entries that are in it."},
	 get_used,
	 LEVEL_QUEUE,
	 LEVEL_QUEUE},
};

/* All vIOMMUs of a guest together; false if none of them has such a queue */
static bool add_queues(const struct guest *guest, const struct queue_metric *metric, int type,
		       uint64_t *value)
{
	bool any = false;

	for (unsigned int i = 0; i < guest->row->nr; i++) {
		const struct viommu *viommu =
			snapshot_find(session_now(guest->s), guest->of[i].serial);

		if (!viommu || !viommu->rec.queue[type].size)
			continue;
		*value += metric->get(&viommu->rec.queue[type]);
		any = true;
	}
	return any;
}

static void write_queues_of(struct expo *e, const struct guest *guest,
			    const struct queue_metric *metric)
{
	bool split = level(guest->s) >= metric->split, any = false;
	uint64_t value = 0;

	for (int type = 0; type < VT_NR_QUEUES; type++) {
		if (split)
			value = 0;
		if (!add_queues(guest, metric, type, &value))
			continue;
		any = true;
		if (!split)
			continue;
		expo_sample(e, "");
		put_labels(e, guest);
		expo_label(e, "queue", queue_name(type));
		expo_u64(e, value);
	}
	if (split || !any)
		return;
	expo_sample(e, "");
	put_labels(e, guest);
	expo_u64(e, value);
}

static void write_queue_metric(struct expo *e, const struct session *s,
			       const struct queue_metric *metric)
{
	if (level(s) < metric->from)
		return;
	expo_family(e, &metric->family);
	for (size_t i = 0; i < nr_guests(s); i++) {
		const struct guest guest = guest_at(s, i);

		write_queues_of(e, &guest, metric);
	}
}

/* One gauge of all states, the worst of which is the greatest */
static void write_queue_state(struct expo *e, const struct session *s)
{
	static const struct expo_family family = {
		"queue_state", EXPO_GAUGE, NULL,
		"State of the guest's queues, the worst: 0 there is none, 1 off, 2 served, 3 stopped, "
		"4 lost records, 5 stuck."};

	expo_family(e, &family);
	for (size_t i = 0; i < nr_guests(s); i++) {
		const struct guest guest = guest_at(s, i);
		const struct queues *queues = &guest.row->queues;

		for (int type = 0; level(s) == LEVEL_QUEUE && type < VT_NR_QUEUES; type++) {
			expo_sample(e, "");
			put_labels(e, &guest);
			expo_label(e, "queue", queue_name(type));
			expo_u64(e, queues->state[type]);
		}
		if (level(s) == LEVEL_QUEUE)
			continue;
		expo_sample(e, "");
		put_labels(e, &guest);
		expo_u64(e, queues_worst(queues));
	}
}

/*
 * What each vIOMMU is made of
 */

static bool get_table_bytes(const struct row *row, const struct parts *parts, uint64_t *value)
{
	(void)parts;
	*value = row->table_bytes;
	return row->known & VT_KNOWS_TABLES;
}

static bool get_vdevices(const struct row *row, const struct parts *parts, uint64_t *value)
{
	size_t nr;

	parts_vdevices(parts, row->serial, &nr);
	*value = nr;
	return parts->known & PART_VDEVICES;
}

static bool get_domains(const struct row *row, const struct parts *parts, uint64_t *value)
{
	size_t nr;

	parts_domains(parts, row->serial, &nr);
	*value = nr;
	return parts->known & PART_DOMAINS;
}

static bool get_pinned(const struct row *row, const struct parts *parts, uint64_t *value)
{
	(void)parts;
	*value = row->pinned;
	return row->known & VT_KNOWS_HOST;
}

static const struct part_metric {
	struct expo_family family;
	bool (*get)(const struct row *row, const struct parts *parts, uint64_t *value);
} part_metrics[] = {
	{{"table_bytes", EXPO_GAUGE, "bytes", "Memory behind the ID tables of the vIOMMU."},
	 get_table_bytes},
	{{"vdevices", EXPO_GAUGE, NULL, "Host devices that are devices of the guest."},
	 get_vdevices},
	{{"pinned_bytes", EXPO_GAUGE, "bytes",
	  "Memory that its devices can reach; known without the driver only."},
	 get_pinned},
	{{"domains", EXPO_GAUGE, NULL, "Domain IDs that the guest uses."}, get_domains},
};

/* Where nobody knows, there is no metric, rather than 0 */
static void write_part_metric(struct expo *e, const struct session *s,
			      const struct part_metric *metric)
{
	expo_family(e, &metric->family);
	for (size_t i = 0; i < nr_guests(s); i++) {
		const struct guest guest = guest_at(s, i);
		uint64_t value;

		if (!metric->get(guest.row, &session_now(s)->parts, &value))
			continue;
		expo_sample(e, "");
		put_labels(e, &guest);
		expo_u64(e, value);
	}
}

static void write_latency(struct expo *e, const struct session *s)
{
	static const struct expo_family family = {
		"latency_seconds", EXPO_HISTOGRAM, "seconds",
		"Completion waits of its commands, by duration, since viommu-top runs."};
	const struct snapshot *now = session_now(s);

	expo_family(e, &family);
	for (size_t i = 0; i < nr_guests(s); i++) {
		const struct guest guest = guest_at(s, i);
		struct metrics_exemplar slowest = {};
		const struct command *command;
		struct hist latency;
		size_t nr;

		command = parts_commands(&now->parts, guest.row->serial, &nr);
		for (size_t n = 0; n < nr; n++)
			metrics_slower(&slowest, now, &command[n]);
		model_latency(&s->model, guest.row, &latency);
		metrics_write_hist(e, &latency, &slowest, put_labels, &guest);
	}
}

void metrics_write_guests(struct expo *e, const struct session *s)
{
	if (level(s) == LEVEL_HOST)
		return;
	write_info(e, s);
	for (size_t i = 0; i < NR(counters); i++)
		write_counter(e, s, &counters[i]);
	write_waits(e, s);
	for (size_t i = 0; i < NR(trapped_metrics); i++)
		write_trapped(e, s, &trapped_metrics[i]);
	for (size_t i = 0; i < NR(queue_metrics); i++)
		write_queue_metric(e, s, &queue_metrics[i]);
	if (!session_now(s)->host.on)
		write_queue_state(e, s);
	for (size_t i = 0; level(s) == LEVEL_QUEUE && i < NR(part_metrics); i++)
		write_part_metric(e, s, &part_metrics[i]);
	if (level(s) == LEVEL_QUEUE)
		write_latency(e, s);
}
