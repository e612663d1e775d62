// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON output: what a vIOMMU is made of.
 *
 * What is not known is left out; what there is none of is an empty list.
 */
#include "lib/hw/names.h"
#include "lib/text/jsonline.h"
#include "out/json_parts.h"
#include "sample/totals.h"

void json_add_hist(struct json_object *object, const struct hist *hist)
{
	struct json_object *pairs = json_object_new_array();

	for (int i = 0; i < VIOMMU_HIST_BUCKETS; i++) {
		struct json_object *pair;

		if (!hist->bucket[i])
			continue;
		pair = json_object_new_array_ext(2);
		json_object_array_add(pair, json_object_new_int(i));
		json_object_array_add(pair, json_object_new_uint64(hist->bucket[i]));
		json_object_array_add(pairs, pair);
	}
	json_object_object_add(object, "latency_buckets", pairs);
}

static void add_flag(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

static void add_vdevices(struct json_object *object, const struct parts *parts, uint64_t viommu,
			 bool is_host)
{
	struct json_object *list = json_object_new_array();
	const struct vdevice *vdev;
	size_t nr;

	vdev = parts_vdevices(parts, viommu, &nr);
	for (size_t i = 0; i < nr; i++) {
		struct json_object *member = json_object_new_object();

		if (!is_host)
			json_add_u64(member, "serial", vdev[i].rec.serial);
		json_add_u64(member, "segment", vdev[i].rec.segment);
		json_add_u64(member, "hdev_id", vdev[i].rec.hdev_id);
		if (!is_host)
			json_add_u64(member, "gdev_id", vdev[i].rec.gdev_id);
		json_add_string(member, "driver", *vdev[i].driver ? vdev[i].driver : NULL);
		json_add_u64(member, "events", vdev[i].rec.events);
		json_object_array_add(list, member);
	}
	json_object_object_add(object, "vdevices", list);
}

static void add_domains(struct json_object *object, const struct parts *parts, uint64_t viommu)
{
	struct json_object *list = json_object_new_array();
	const struct vt_domain *domain;
	size_t nr;

	domain = parts_domains(parts, viommu, &nr);
	for (size_t i = 0; i < nr; i++) {
		struct json_object *member = json_object_new_object();

		json_add_u64(member, "gdom_id", domain[i].gdom_id);
		json_add_u64(member, "hdom_id", domain[i].hdom_id);
		json_add_u64(member, "users", domain[i].users);
		add_flag(member, "mapped", domain[i].mapped);
		json_object_array_add(list, member);
	}
	json_object_object_add(object, "domains", list);
}

static void add_percentile(struct json_object *object, const char *key,
			   const struct vtr_latency *latency, double percent)
{
	uint64_t ns;

	if (hist_percentile_max(&latency->hist, percent, latency->max_ns, &ns))
		json_add_u64(object, key, ns);
}

static void add_commands(struct json_object *object, const struct parts *parts, uint64_t viommu,
			 bool buckets)
{
	struct json_object *list = json_object_new_array();
	const struct command *command;
	size_t nr;

	command = parts_commands(parts, viommu, &nr);
	for (size_t i = 0; i < nr; i++) {
		struct json_object *member = json_object_new_object();
		const struct vtr_latency *latency = &command[i].latency;

		json_add_string(member, "command", command_name(command[i].opcode));
		json_add_u64(member, "opcode", command[i].opcode);
		json_add_u64(member, "count", hist_count(&latency->hist));
		json_add_u64(member, "total_ns", latency->total_ns);
		add_percentile(member, "p50_ns", latency, 50);
		add_percentile(member, "p90_ns", latency, 90);
		add_percentile(member, "p99_ns", latency, 99);
		json_add_u64(member, "max_ns", latency->max_ns);
		/* A recording may be too old to say */
		if (latency->slowest.ns) {
			json_add_u64(member, "slowest_seq", latency->slowest.seq);
			json_add_u64(member, "slowest_monotonic_ns", latency->slowest.ns);
		}
		if (buckets)
			json_add_hist(member, &latency->hist);
		json_object_array_add(list, member);
	}
	json_object_object_add(object, "commands", list);
}

/* What the snapshot before did not have: each is written once */
static void add_happened(struct json_object *object, const struct session *s, uint64_t viommu)
{
	const struct snapshot *now = session_now(s), *then = s->model.then;
	struct json_object *list = json_object_new_array();
	const struct happening *happening;
	uint64_t seen = 0;
	size_t nr;

	if (then) {
		happening = parts_happened(&then->parts, viommu, &nr);
		seen = nr ? happening[nr - 1].nr : 0;
	}
	happening = parts_happened(&now->parts, viommu, &nr);
	for (size_t i = 0; i < nr; i++) {
		struct json_object *member;

		if (happening[i].nr <= seen)
			continue;
		member = json_object_new_object();
		json_add_u64(member, "nr", happening[i].nr);
		json_add_u64(member, "monotonic_ns", happening[i].mono_ns);
		json_add_string(member, "event", happening[i].event);
		json_add_string(member, "text", happening[i].text);
		add_flag(member, "bad", happening[i].bad);
		json_object_array_add(list, member);
	}
	json_object_object_add(object, "happened", list);
}

/* Without a limit there is no largest number */
static void add_quota(struct json_object *object, const struct vt_record *rec)
{
	const struct vt_quota *quota = &rec->quota;

	json_add_u64(object, "uid", rec->uid);
	json_add_u64(object, "user_trans_devids", quota->trans_devids);
	if (quota->trans_devids_max != VT_NO_LIMIT)
		json_add_u64(object, "user_trans_devids_max", quota->trans_devids_max);
	json_add_u64(object, "user_domain_ids", quota->domain_ids);
	if (quota->domain_ids_max != VT_NO_LIMIT)
		json_add_u64(object, "user_domain_ids_max", quota->domain_ids_max);
	json_add_u64(object, "all_domain_ids", quota->all_domain_ids);
	json_add_u64(object, "host_domain_ids", quota->host_domain_ids);
}

void json_add_parts(struct json_object *object, const struct session *s,
		    const struct viommu *viommu)
{
	const struct parts *parts = &session_now(s)->parts;
	const struct vt_record *rec = &viommu->rec;

	if (rec->known & VT_KNOWS_TRANS)
		json_add_u64(object, "trans_devid", rec->trans_devid);
	if (rec->known & VT_KNOWS_FREE) {
		json_add_u64(object, "segment", rec->segment);
		json_add_u64(object, "trans_devids_free", rec->trans_free);
	}
	if (rec->known & VT_KNOWS_TABLES)
		json_add_u64(object, "table_bytes", rec->table_bytes);
	if (rec->known & VT_KNOWS_TRAPPED) {
		json_add_u64(object, "forwarded", rec->forwarded);
		json_add_u64(object, "delivered", rec->delivered);
		json_add_u64(object, "takebacks", rec->takebacks);
	}
	if (rec->known & VT_KNOWS_QUOTA)
		add_quota(object, rec);
	if (parts->known & PART_VDEVICES)
		add_vdevices(object, parts, rec->serial, rec->known & VT_KNOWS_HOST);
	if (parts->known & PART_DOMAINS)
		add_domains(object, parts, rec->serial);
	if (parts->known & PART_COMMANDS)
		add_commands(object, parts, rec->serial, !s->opts->once);
	if (parts->known & PART_HAPPENED)
		add_happened(object, s, rec->serial);
}

/*
 * What there is only without our driver
 */
static struct json_object *new_object(const char *type, const struct snapshot *now)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "type", type);
	json_add_digits(object, "time_ns", now->real_ns);
	return object;
}

void json_add_types(struct json_object *object, const __u64 cmds[VTR_OPCODES])
{
	struct json_object *list = json_object_new_array();

	for (unsigned int opcode = 0; opcode < VTR_OPCODES; opcode++) {
		struct json_object *member;

		if (!cmds[opcode])
			continue;
		member = json_object_new_object();
		json_add_string(member, "command", command_name(opcode));
		json_add_u64(member, "opcode", opcode);
		json_add_u64(member, "count", cmds[opcode]);
		json_object_array_add(list, member);
	}
	json_object_object_add(object, "commands", list);
}

static void add_waits(struct json_object *object, const struct vh_iommu *seen,
		      const struct snapshot *now)
{
	uint64_t ns;

	json_add_u64(object, "waits", seen->waits);
	if (totals_known(now, VT_WAIT_ERROR))
		json_add_u64(object, "wait_errors", seen->wait_errors);
	json_add_u64(object, "wait_total_ns", seen->wait_ns_total);
	if (hist_percentile(&seen->latency, 50, &ns))
		json_add_u64(object, "latency_p50_ns", ns);
	if (hist_percentile(&seen->latency, 99, &ns))
		json_add_u64(object, "latency_p99_ns", ns);
	json_add_u64(object, "latency_max_ns", seen->wait_ns_max);
}

static void print_iommu(const struct host_iommu *iommu, const struct snapshot *now, bool buckets)
{
	struct json_object *object = new_object("iommu", now);
	uint64_t cmds = 0;

	for (int i = 0; i < VTR_OPCODES; i++)
		cmds += iommu->seen.cmds[i];
	json_add_u64(object, "iommu", iommu->index);
	json_add_u64(object, "cmds", cmds);
	json_add_types(object, iommu->seen.cmds);
	if (totals_known(now, VT_WAIT))
		add_waits(object, &iommu->seen, now);
	if (totals_known(now, VT_EVENT))
		json_add_u64(object, "events", iommu->seen.events);
	if (totals_known(now, VT_EVENT_LOG_OVERFLOW))
		json_add_u64(object, "event_log_overflows", iommu->seen.overflows);
	if (buckets)
		json_add_hist(object, &iommu->seen.latency);
	json_print_line(object);
}

static const char *vm_of(const struct snapshot *now, int pid)
{
	for (size_t i = 0; pid && i < now->nr; i++)
		if (now->viommu[i].rec.tgid == pid)
			return now->viommu[i].name;
	return NULL;
}

static void print_device(const struct host_device *device, const struct snapshot *now)
{
	struct json_object *object = new_object("device", now);
	const char *vm = vm_of(now, device->pid);

	json_add_u64(object, "segment", device->segment);
	json_add_u64(object, "hdev_id", device->devid);
	json_add_string(object, "driver", *device->driver ? device->driver : NULL);
	if (vm) {
		json_add_string(object, "vm", vm);
		json_add_u64(object, "pid", device->pid);
	}
	json_add_u64(object, "cmds", device->cmds);
	if (totals_known(now, VT_WAIT))
		json_add_u64(object, "waits", device->waits);
	if (totals_known(now, VT_EVENT))
		json_add_u64(object, "events", device->events);
	json_print_line(object);
}

static void print_task(const struct host_task *task, const struct snapshot *now)
{
	struct json_object *object = new_object("process", now);

	json_add_u64(object, "pid", task->pid);
	json_add_string(object, "comm", task->task.comm);
	json_add_u64(object, "cmds", task->task.cmds);
	json_add_u64(object, "waits", task->task.waits);
	json_print_line(object);
}

void json_print_host(const struct session *s)
{
	const struct snapshot *now = session_now(s);
	const struct host_view *host = &now->host;

	for (size_t i = 0; i < host->nr_iommus; i++)
		print_iommu(&host->iommu[i], now, !s->opts->once);
	for (size_t i = 0; i < host->nr_devices; i++)
		print_device(&host->device[i], now);
	for (size_t i = 0; i < host->nr_tasks; i++)
		print_task(&host->task[i], now);
}
