// SPDX-License-Identifier: GPL-2.0-only
/*
 * Columns of the table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/text.h"
#include "sample/totals.h"
#include "view/columns.h"

#define WIDE_MAX 15
/* Of the columns that even the narrowest screen has */
#define WIDE_MIN (-7)
/* Never there just because there is room */
#define ON_DEMAND 99

#define NAME_WIDTH_MIN 8
#define NAME_WIDTH_GOOD 24
#define NAME_WIDTH_MAX 40

/* Generates the comparison of one member of struct row */
#define COMPARE(member)                                                       \
	static int compare_##member(const struct row *a, const struct row *b) \
	{                                                                     \
		return (a->member > b->member) - (a->member < b->member);     \
	}

COMPARE(pid)
COMPARE(serial)
COMPARE(domain_id)
COMPARE(cmds)
COMPARE(waits)
COMPARE(wait_errors)
COMPARE(events)
COMPARE(lost)
COMPARE(cmds_gained)
COMPARE(events_gained)
COMPARE(waits_gained)
COMPARE(forwarded)
COMPARE(delivered)
COMPARE(takebacks)
COMPARE(forwarded_gained)
COMPARE(pinned)
COMPARE(vdevices)
COMPARE(p50)
COMPARE(p99)
COMPARE(nr)

/* The youngest has the latest time of creation */
static int compare_age(const struct row *a, const struct row *b)
{
	return (a->created_ns < b->created_ns) - (a->created_ns > b->created_ns);
}

static int compare_iommu(const struct row *a, const struct row *b)
{
	return (a->iommu > b->iommu) - (a->iommu < b->iommu);
}

static int compare_guest_id(const struct row *a, const struct row *b)
{
	int order = compare_iommu(a, b);

	return order ? order : (a->guest_id > b->guest_id) - (a->guest_id < b->guest_id);
}

/* As people count: web-2 comes before web-10 */
static int compare_name(const struct row *a, const struct row *b)
{
	return strverscmp(a->name, b->name);
}

static int compare_comm(const struct row *a, const struct row *b)
{
	return strcmp(a->comm, b->comm);
}

/* Generates the comparison of how full a queue is, and of its entries */
#define COMPARE_QUEUE(name, type)                                                         \
	static int compare_##name##_state(const struct row *a, const struct row *b)       \
	{                                                                                 \
		const struct queues *x = &a->queues, *y = &b->queues;                     \
                                                                                          \
		if (x->state[type] != y->state[type])                                     \
			return x->state[type] < y->state[type] ? -1 : 1;                  \
		return (x->fill[type] > y->fill[type]) - (x->fill[type] < y->fill[type]); \
	}                                                                                 \
	static int compare_##name##_rate(const struct row *a, const struct row *b)        \
	{                                                                                 \
		uint64_t x = a->queues.gained[type], y = b->queues.gained[type];          \
                                                                                          \
		return (x > y) - (x < y);                                                 \
	}

COMPARE_QUEUE(cmd, VT_QUEUE_CMD)
COMPARE_QUEUE(evt, VT_QUEUE_EVT)
COMPARE_QUEUE(ppr, VT_QUEUE_PPR)

static int compare_worst(const struct row *a, const struct row *b)
{
	return (int)queues_worst(&a->queues) - (int)queues_worst(&b->queues);
}

static uint64_t mean(const struct row *row)
{
	return row->waits ? row->wait_ns_total / row->waits : 0;
}

static int compare_mean(const struct row *a, const struct row *b)
{
	return (mean(a) > mean(b)) - (mean(a) < mean(b));
}

/*
 * Cells
 */

#define FORMAT(name)                                                            \
	static void format_##name(char *buf, size_t len, const struct row *row, \
				  const struct model *model __attribute__((unused)))

#define FORMAT_COUNT(member)                       \
	FORMAT(member)                             \
	{                                          \
		text_count(buf, len, row->member); \
	}

FORMAT_COUNT(cmds)
FORMAT_COUNT(waits)
FORMAT_COUNT(wait_errors)
FORMAT_COUNT(events)
FORMAT_COUNT(lost)
FORMAT_COUNT(nr)

static void dash(char *buf, size_t len)
{
	snprintf(buf, len, "-");
}

static void rate_cell(char *buf, size_t len, const struct model *model, uint64_t gained)
{
	if (model->then)
		text_rate(buf, len, model_rate(model, gained));
	else
		dash(buf, len);
}

FORMAT(ids)
{
	snprintf(buf, len, "%s", row->ids);
}

FORMAT(name)
{
	if (row->child)
		snprintf(buf, len, "%s", text_unicode() ? " └" : " `-");
	else
		snprintf(buf, len, "%s", row->name);
}

FORMAT(pid)
{
	snprintf(buf, len, "%d", row->pid);
}

FORMAT(iommus)
{
	snprintf(buf, len, "%s", row->iommus);
}

FORMAT(age)
{
	uint64_t now = model->now->mono_ns;

	text_age(buf, len, now > row->created_ns ? now - row->created_ns : 0);
}

FORMAT(host_cmd_rate)
{
	rate_cell(buf, len, model, row->cmds_gained);
}

FORMAT(event_rate)
{
	rate_cell(buf, len, model, row->events_gained);
}

FORMAT(flush_rate)
{
	rate_cell(buf, len, model, row->waits_gained);
}

/* Where nobody counts it, it is not 0 */
#define FORMAT_TRAPPED(member)                             \
	FORMAT(member)                                     \
	{                                                  \
		if (row->known & VT_KNOWS_TRAPPED)         \
			text_count(buf, len, row->member); \
		else                                       \
			dash(buf, len);                    \
	}

FORMAT_TRAPPED(forwarded)
FORMAT_TRAPPED(delivered)
FORMAT_TRAPPED(takebacks)

FORMAT(forward_rate)
{
	if (row->known & VT_KNOWS_TRAPPED)
		rate_cell(buf, len, model, row->forwarded_gained);
	else
		dash(buf, len);
}

FORMAT(vdevices)
{
	if (model->now->parts.known & PART_VDEVICES)
		text_count(buf, len, row->vdevices);
	else
		dash(buf, len);
}

FORMAT(pinned)
{
	if (row->known & VT_KNOWS_HOST)
		text_bytes(buf, len, row->pinned);
	else
		dash(buf, len);
}

FORMAT(p50)
{
	if (row->samples)
		text_duration(buf, len, row->p50);
	else
		dash(buf, len);
}

FORMAT(p99)
{
	if (row->samples)
		text_duration(buf, len, row->p99);
	else
		dash(buf, len);
}

FORMAT(mean)
{
	if (row->waits)
		text_duration(buf, len, mean(row));
	else
		dash(buf, len);
}

/* One that is served shows how full it is; of others, that does not matter */
static void queue_cell(char *buf, size_t len, const struct queues *queues, enum vt_queue_type type)
{
	if (queues->state[type] == QUEUE_OK)
		snprintf(buf, len, "%u%%", queues->fill[type]);
	else
		snprintf(buf, len, "%s", queue_state_name(queues->state[type]));
}

static void queue_rate_cell(char *buf, size_t len, const struct row *row, const struct model *model,
			    enum vt_queue_type type)
{
	if (row->queues.state[type] == QUEUE_NONE)
		dash(buf, len);
	else
		rate_cell(buf, len, model, row->queues.gained[type]);
}

#define FORMAT_QUEUE(name, type)                             \
	FORMAT(name##_state)                                 \
	{                                                    \
		queue_cell(buf, len, &row->queues, type);    \
	}                                                    \
	FORMAT(name##_rate)                                  \
	{                                                    \
		queue_rate_cell(buf, len, row, model, type); \
	}

FORMAT_QUEUE(cmd, VT_QUEUE_CMD)
FORMAT_QUEUE(evt, VT_QUEUE_EVT)
FORMAT_QUEUE(ppr, VT_QUEUE_PPR)

FORMAT(worst)
{
	snprintf(buf, len, "%s", queue_state_name(queues_worst(&row->queues)));
}

FORMAT(serial)
{
	snprintf(buf, len, "%llu", (unsigned long long)row->serial);
}

FORMAT(domain_id)
{
	snprintf(buf, len, "%u", row->domain_id);
}

FORMAT(comm)
{
	snprintf(buf, len, "%s", row->comm);
}

/* From left to right */
static const struct column columns[] = {
	{"guest_id", "GUEST ID", "guest ID on its IOMMU; a VM may have several", 8, false, -4,
	 format_ids, compare_guest_id},
	{"vm", "VM", "name of the VM", 0, false, WIDE_MIN, format_name, compare_name},
	{"pid", "PID", "process that created the vIOMMU", 7, true, -1, format_pid, compare_pid},
	{"comm", "COMMAND", "name of that process", 15, false, 7, format_comm, compare_comm},
	{"viommus", "vIOMMUs", "vIOMMUs of the VM", 7, true, 8, format_nr, compare_nr},
	{"iommu", "IOMMU", "IOMMU the vIOMMU is on", 6, false, 0, format_iommus, compare_iommu},
	{"serial", "SERIAL", "order of creation since boot", 6, true, 15, format_serial,
	 compare_serial},
	{"domain_id", "DOMAIN", "host domain ID of the VM's memory", 6, true, 9, format_domain_id,
	 compare_domain_id},
	{"age", "AGE", "time since creation", 6, true, -2, format_age, compare_age},
	{"cmds", "CMDS", "host commands queued for it since creation", 6, true, 3, format_cmds,
	 compare_cmds},
	{"cmd_rate", "CMD/s", "host commands per second", 6, true, WIDE_MIN, format_host_cmd_rate,
	 compare_cmds_gained},
	{"waits", "WAITS", "completion waits since creation", 6, true, 4, format_waits,
	 compare_waits},
	{"wait_errors", "T/OUT", "completion waits that timed out", 5, true, 5, format_wait_errors,
	 compare_wait_errors},
	{"p50", "P50", "median latency of host completion waits in the interval", 6, true, -6,
	 format_p50, compare_p50},
	{"p99", "P99", "99th percentile of that", 6, true, WIDE_MIN, format_p99, compare_p99},
	{"mean", "MEAN", "mean latency of host completion waits since creation", 6, true, 2,
	 format_mean, compare_mean},
	{"events", "EVENTS", "host event log records that name it", 6, true, -5, format_events,
	 compare_events},
	{"event_rate", "EVT/s", "of these, per second", 6, true, 6, format_event_rate,
	 compare_events_gained},
	{"queue", "QUEUE", "worst state of the queues that the hardware serves the guest", 5, false,
	 WIDE_MIN, format_worst, compare_worst},
	{"guest_cmd_rate", "GCMD/s", "guest commands the hardware executed per second, as seen", 6,
	 true, 1, format_cmd_rate, compare_cmd_rate},
	{"forward_rate", "FWD/s", "guest commands that its VMM had to forward, per second", 6, true,
	 1, format_forward_rate, compare_forwarded_gained},
	{"guest_evt_rate", "GEVT/s", "events it wrote to the guest's log per second, as seen", 6,
	 true, 10, format_evt_rate, compare_evt_rate},
	{"guest_ppr_rate", "GPPR/s", "page requests it wrote to the guest's log, as seen", 6, true,
	 14, format_ppr_rate, compare_ppr_rate},
	{"cmdq", "CMDQ", "guest's command buffer: how full, or what is wrong", 5, true, 11,
	 format_cmd_state, compare_cmd_state},
	{"evtq", "EVTQ", "guest's event log, likewise", 5, true, 12, format_evt_state,
	 compare_evt_state},
	{"pprq", "PPRQ", "guest's PPR log, likewise", 5, true, 13, format_ppr_state,
	 compare_ppr_state},
	{"devices", "DEVS", "its devices", 4, true, ON_DEMAND, format_vdevices, compare_vdevices},
	{"flush_rate", "FLUSH/s", "completion waits per second: flushes", 7, true, ON_DEMAND,
	 format_flush_rate, compare_waits_gained},
	{"pinned", "PINNED", "memory that its devices can reach; known without the driver only", 6,
	 true, ON_DEMAND, format_pinned, compare_pinned},
	{"forwarded", "FWD", "guest commands that its VMM had to forward, since creation", 6, true,
	 ON_DEMAND, format_forwarded, compare_forwarded},
	{"takebacks", "TAKEN", "times its VMM took the command buffer from the hardware", 6, true,
	 ON_DEMAND, format_takebacks, compare_takebacks},
	{"delivered", "DELIV", "records of the host's event log that its VMM got", 6, true,
	 ON_DEMAND, format_delivered, compare_delivered},
	{"lost", "LOST", "latencies lost since the tool runs", 4, true, -3, format_lost,
	 compare_lost},
};

#define NR_COLUMNS (sizeof(columns) / sizeof(*columns))

const struct column *column_find(const char *key)
{
	for (size_t i = 0; i < NR_COLUMNS; i++)
		if (!strcmp(columns[i].key, key))
			return &columns[i];
	return NULL;
}

static bool is_shown(const struct layout *layout, const struct column *column)
{
	for (size_t i = 0; i < layout->nr; i++)
		if (layout->column[i] == column)
			return true;
	return false;
}

const struct column *column_step(const struct column *column, int step, const struct layout *layout)
{
	size_t i = column - columns;

	do {
		i = (i + NR_COLUMNS + step) % NR_COLUMNS;
	} while (!is_shown(layout, &columns[i]));
	return &columns[i];
}

void columns_print_keys(FILE *file)
{
	for (size_t i = 0; i < NR_COLUMNS; i++)
		fprintf(file, "%-12s %s\n", columns[i].key, columns[i].help);
}

/* Width with all columns up to a level, the name excluded */
static int width_of(int level)
{
	int width = -1;

	for (size_t i = 0; i < NR_COLUMNS; i++)
		if (columns[i].wide <= level)
			width += columns[i].width + 1;
	return width;
}

/* What the user wants, in that order; none for what fits */
static const struct column *chosen[COLUMNS_MAX];
static size_t nr_chosen;

bool columns_choose(const char *keys)
{
	char key[16];

	nr_chosen = 0;
	while (*keys) {
		size_t len = strcspn(keys, ",");
		const struct column *column;

		snprintf(key, sizeof(key), "%.*s", (int)len, keys);
		column = column_find(key);
		if (!column || nr_chosen == COLUMNS_MAX)
			return false;
		chosen[nr_chosen++] = column;
		keys += len + (keys[len] == ',');
	}
	return nr_chosen;
}

void columns_of_host(void)
{
	if (!nr_chosen)
		columns_choose("vm,pid,iommu,devices,pinned,cmd_rate,flush_rate,p50,p99,events,"
			       "lost");
}

static int clamp_name(int width)
{
	if (width < NAME_WIDTH_MIN)
		return NAME_WIDTH_MIN;
	return width > NAME_WIDTH_MAX ? NAME_WIDTH_MAX : width;
}

/* The name takes what the others leave */
static void layout_chosen(struct layout *layout, int width)
{
	layout->nr = nr_chosen;
	for (size_t i = 0; i < nr_chosen; i++)
		width -= chosen[i]->width + !!i;
	for (size_t i = 0; i < nr_chosen; i++) {
		layout->column[i] = chosen[i];
		layout->width[i] = chosen[i]->width ? chosen[i]->width : clamp_name(width);
	}
}

void columns_layout(struct layout *layout, int width)
{
	int level = WIDE_MIN, name;

	if (nr_chosen) {
		layout_chosen(layout, width);
		return;
	}
	while (level < 0 && width_of(level + 1) + NAME_WIDTH_MIN <= width)
		level++;
	while (level >= 0 && level < WIDE_MAX && width_of(level + 1) + NAME_WIDTH_GOOD <= width)
		level++;
	name = clamp_name(width - width_of(level));

	layout->nr = 0;
	for (size_t i = 0; i < NR_COLUMNS; i++) {
		const struct column *column = &columns[i];

		if (column->wide > level)
			continue;
		layout->column[layout->nr] = column;
		layout->width[layout->nr++] = column->width ? column->width : name;
	}
}

static const struct column *sort_column;
static bool sort_reverse;

static int by_column(const void *x, const void *y)
{
	const struct row *const *a = x, *const *b = y;
	int order = sort_column->compare(*a, *b);

	/* What is most comes first, names and places from the beginning */
	if (sort_column->right != sort_reverse)
		order = -order;
	/* Rows that are equal must not change places all the time */
	return order ? order : compare_serial(*a, *b);
}

void columns_sort(const struct row **rows, size_t nr, const struct column *column, bool reverse)
{
	sort_column = column;
	sort_reverse = reverse;
	qsort(rows, nr, sizeof(*rows), by_column);
}

/* What only our driver tells, and what of the rest the probes do not */
static bool is_unknown(const struct column *column, const struct snapshot *snap)
{
	static const struct {
		const char *key;
		enum vt_counter total;
	} told[] = {
		{"waits", VT_WAIT},
		{"flush_rate", VT_WAIT},
		{"p50", VT_WAIT},
		{"p99", VT_WAIT},
		{"mean", VT_WAIT},
		{"events", VT_EVENT},
		{"wait_errors", VT_WAIT_ERROR},
		{"event_rate", VT_EVENT},
	};
	static const char *const drivers[] = {
		"guest_id",	  "serial",	    "domain_id", "age",	 "queue", "guest_cmd_rate",
		"guest_evt_rate", "guest_ppr_rate", "cmdq",	 "evtq", "pprq",  "viommus",
	};

	for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++)
		if (!strcmp(column->key, drivers[i]))
			return true;
	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++)
		if (!strcmp(column->key, told[i].key))
			return !totals_known(snap, told[i].total);
	return false;
}

void columns_cell(char *buf, size_t len, const struct layout *layout, size_t i,
		  const struct row *row, const struct model *model)
{
	const struct column *column = layout->column[i];
	char text[TEXT_MAX];

	if (row && model->now->host.on && is_unknown(column, model->now))
		dash(text, sizeof(text));
	else if (row)
		column->format(text, sizeof(text), row, model);
	else
		snprintf(text, sizeof(text), "%s", column->title);
	text_fit(buf, len, text, layout->width[i], column->right);
}
