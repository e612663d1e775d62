// SPDX-License-Identifier: GPL-2.0-only
/*
 * The collector of a kernel without our driver.
 *
 * What the BPF programs count is by domain and by device. Whose those are is in
 * sysfs and in the descriptors of processes, and changes: a domain's ID is used
 * again. So each remembers whose it was at the last look, and what it had then;
 * what it had under another owner is not the next one's.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#include "lib/bpf/bpflog.h"
#include "lib/bpf/host.h"
#include "lib/bpf/progs.h"
#include "lib/sys/array.h"
#include "lib/sys/file.h"
#include "lib/sys/pcidev.h"
#include "lib/text/message.h"
#include "lib/text/text.h"
#include "sample/collect_host.h"
#include "sample/host.h"

/* Domains and devices that are counted */
#define OWNERS_MAX 4096

/**
 * struct owner - A domain or device, and whose it is
 * @key:  which
 * @pid:  process that has it, or 0
 * @base: what it had when that process got it
 * @last: what it had at the last look
 */
struct owner {
	struct vh_owner_key key;
	int pid;
	struct vh_owner base;
	struct vh_owner last;
};

/** struct faulty - Records that name a device: as &struct owner */
struct faulty {
	uint32_t key;
	int pid;
	uint64_t base;
	uint64_t last;
};

/**
 * struct assigned - A device that a process has by VFIO
 * @dev: the device
 * @pid: the process
 */
struct assigned {
	struct pcidev dev;
	int pid;
};

/** struct counted - Counters of a domain or device */
struct counted {
	struct vh_owner_key key;
	struct vh_owner seen;
};

/** struct record - Records that name a device, by segment and requester ID */
struct record {
	uint32_t key;
	uint64_t events;
};

/**
 * struct host_collector - The BPF programs while they run
 * @skel:     as loaded
 * @probes:   where they are attached
 * @owners:   all that were ever seen, of &struct owner
 * @faulty:   likewise, of &struct faulty
 * @assigned: at the last look, of &struct assigned
 * @counted:  the owners as just read, of &struct counted
 * @records:  records by device, likewise, of &struct record
 */
struct host_collector {
	struct viommu_host_bpf *skel;
	const struct probes *probes;
	struct list owners;
	struct list faulty;
	struct list assigned;
	struct list counted;
	struct list records;
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

enum exit_code host_collect_start(struct host_collector **collector, const struct options *opts)
{
	struct host_options options = {.probes = opts->probes, .max_owners = OWNERS_MAX};
	struct host_collector *c = *collector = calloc(1, sizeof(*c));

	if (!c) {
		msg("out of memory");
		return EXIT_FAIL;
	}
	c->probes = opts->probes;
	bpflog_init(opts->verbose);
	return host_load(&c->skel, &options);
}

void host_collect_stop(struct host_collector *c)
{
	if (!c)
		return;
	if (c->skel)
		host_unload(c->skel);
	list_free(&c->owners);
	list_free(&c->faulty);
	list_free(&c->assigned);
	list_free(&c->counted);
	list_free(&c->records);
	free(c);
}

/*
 * Who has which device
 */

static bool add_device(struct host_collector *c, const char *address, int pid)
{
	struct assigned assigned = {.pid = pid};
	unsigned int segment, bus, dev, fn;

	if (sscanf(address, "%4x:%2x:%2x.%1x", &segment, &bus, &dev, &fn) != 4 ||
	    !pcidev_read(&assigned.dev, segment, bus << 8 | dev << 3 | fn))
		return true;
	/* Of a group, its bridges are nobody's: VFIO has the others */
	if (assigned.dev.iommu < 0 || !strcmp(assigned.dev.driver, "pcieport"))
		return true;
	return list_add(&c->assigned, &assigned, sizeof(assigned));
}

static bool add_directory(struct host_collector *c, const char *path, int pid)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool good = true;

	while (dir && good && (entry = readdir(dir)))
		if (isxdigit((unsigned char)entry->d_name[0]))
			good = add_device(c, entry->d_name, pid);
	if (dir)
		closedir(dir);
	return good;
}

/* /sys/class/vfio-dev/vfio0/device leads to the device */
static bool add_cdev(struct host_collector *c, const char *cdev, int pid)
{
	char link[96], *path, *address;
	bool good;

	snprintf(link, sizeof(link), "/sys/class/vfio-dev/%s/device", cdev);
	path = realpath(link, NULL);
	if (!path)
		return true;
	address = strrchr(path, '/');
	good = add_device(c, address ? address + 1 : path, pid);
	free(path);
	return good;
}

static bool find_assigned(struct host_collector *c)
{
	struct vfio_files files;
	bool good = vfio_files_read(&files);
	char path[64];

	c->assigned.nr = 0;
	for (size_t i = 0; i < files.nr && good; i++) {
		const struct vfio_file *file = &files.file[i];

		snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/devices", file->group);
		good = file->group >= 0 ? add_directory(c, path, file->pid)
					: add_cdev(c, file->cdev, file->pid);
	}
	vfio_files_free(&files);
	return good;
}

static const struct assigned *find_device(const struct host_collector *c, unsigned int segment,
					  unsigned int devid)
{
	const struct assigned *all = c->assigned.item;

	for (size_t i = 0; i < c->assigned.nr; i++)
		if (all[i].dev.segment == segment && all[i].dev.devid == devid)
			return &all[i];
	return NULL;
}

/* Of a domain, some device; -1 if it was never seen to be flushed */
static int devid_of(const struct host_collector *c, uint32_t owner)
{
	__u32 devid;

	if (owner & VH_DEVICE)
		return owner & 0xffff;
	if (bpf_map_lookup_elem(bpf_map__fd(host_map(c->skel, "devices")), &owner, &devid))
		return -1;
	return devid;
}

/*
 * Counters
 */

static struct owner *owner_state(struct host_collector *c, const struct vh_owner_key *key)
{
	struct owner *all = c->owners.item, new = {.key = *key};

	for (size_t i = 0; i < c->owners.nr; i++)
		if (all[i].key.iommu == key->iommu && all[i].key.owner == key->owner)
			return &all[i];
	if (!list_add(&c->owners, &new, sizeof(new)))
		return NULL;
	all = c->owners.item;
	return &all[c->owners.nr - 1];
}

static struct faulty *faulty_state(struct host_collector *c, uint32_t key)
{
	struct faulty *all = c->faulty.item, new = {.key = key};

	for (size_t i = 0; i < c->faulty.nr; i++)
		if (all[i].key == key)
			return &all[i];
	if (!list_add(&c->faulty, &new, sizeof(new)))
		return NULL;
	all = c->faulty.item;
	return &all[c->faulty.nr - 1];
}

static uint64_t sum(const __u64 *count)
{
	uint64_t all = 0;

	for (int i = 0; i < 16; i++)
		all += count[i];
	return all;
}

/* The row of a process on an IOMMU: there is one if it has a device there */
static struct viommu *row_of(struct snapshot *snap, int pid, unsigned int iommu)
{
	for (size_t i = 0; i < snap->nr; i++)
		if (snap->viommu[i].rec.tgid == pid && snap->viommu[i].rec.iommu == iommu)
			return &snap->viommu[i];
	return NULL;
}

static void add_owner(struct viommu *row, const struct owner *owner)
{
	const struct vh_owner *now = &owner->last, *base = &owner->base;
	struct hist gained;

	row->rec.cmds += sum(now->cmds) - sum(base->cmds);
	row->rec.waits += now->waits - base->waits;
	row->rec.wait_errors += now->wait_errors - base->wait_errors;
	row->rec.wait_ns_total += now->wait_ns_total - base->wait_ns_total;
	hist_delta(&gained, &now->latency, &base->latency);
	hist_add(&row->latency->hist, &gained);
}

static struct host_device *device_of(struct host_view *view, const struct host_collector *c,
				     unsigned int segment, unsigned int devid)
{
	const struct assigned *assigned = find_device(c, segment, devid);
	struct host_device *device;
	struct pcidev dev;

	for (size_t i = 0; i < view->nr_devices; i++)
		if (view->device[i].segment == segment && view->device[i].devid == devid)
			return &view->device[i];
	device = array_add(&view->device, &view->nr_devices, &view->room_devices, sizeof(*device));
	if (!device)
		return NULL;
	device->segment = segment;
	device->devid = devid;
	device->pid = assigned ? assigned->pid : 0;
	pcidev_read(&dev, segment, devid);
	memcpy(device->driver, dev.driver, sizeof(device->driver));
	text_sanitize(device->driver);
	return device;
}

/* Of whoever had the domain or device before */
static void forget_latencies(struct host_collector *c, const struct vh_owner_key *key)
{
	int fd = bpf_map__fd(host_map(c->skel, "latencies"));
	struct vh_latency_key latency = {.iommu = key->iommu, .owner = key->owner};

	for (latency.opcode = 0; latency.opcode < VTR_OPCODES; latency.opcode++)
		bpf_map_delete_elem(fd, &latency);
}

static bool take_owner(struct host_collector *c, struct snapshot *snap,
		       const struct vh_owner_key *key, const struct vh_owner *now)
{
	struct owner *owner = owner_state(c, key);
	int devid = devid_of(c, key->owner);
	const struct assigned *assigned = NULL;
	struct host_device *device;
	struct viommu *row;
	int pid;

	if (!owner)
		return false;
	if (devid >= 0)
		assigned = find_device(c, now->segment, devid);
	pid = assigned ? assigned->pid : 0;
	if (pid != owner->pid) {
		if (owner->pid)
			forget_latencies(c, key);
		owner->pid = pid;
		owner->base = owner->last;
	}
	owner->last = *now;
	row = pid ? row_of(snap, pid, key->iommu) : NULL;
	if (row)
		add_owner(row, owner);
	if (devid < 0)
		return true;
	device = device_of(&snap->host, c, now->segment, devid);
	if (device) {
		device->cmds += sum(now->cmds);
		device->waits += now->waits;
	}
	return device;
}

static bool read_owners(struct host_collector *c)
{
	int fd = bpf_map__fd(host_map(c->skel, "owners"));
	struct vh_owner_key *previous = NULL;
	struct counted counted;

	c->counted.nr = 0;
	while (!bpf_map_get_next_key(fd, previous, &counted.key)) {
		previous = &counted.key;
		if (!bpf_map_lookup_elem(fd, &counted.key, &counted.seen) &&
		    !list_add(&c->counted, &counted, sizeof(counted)))
			return false;
	}
	return true;
}

static bool take_owners(struct host_collector *c, struct snapshot *snap)
{
	const struct counted *all = c->counted.item;

	for (size_t i = 0; i < c->counted.nr; i++)
		if (!take_owner(c, snap, &all[i].key, &all[i].seen))
			return false;
	return true;
}

static bool take_faulty(struct host_collector *c, struct snapshot *snap, uint32_t key, uint64_t now)
{
	const struct assigned *assigned = find_device(c, key >> 16, key & 0xffff);
	struct host_device *device = device_of(&snap->host, c, key >> 16, key & 0xffff);
	struct faulty *faulty = faulty_state(c, key);
	int pid = assigned ? assigned->pid : 0;
	struct viommu *row;

	if (!faulty || !device)
		return false;
	if (pid != faulty->pid) {
		faulty->pid = pid;
		faulty->base = faulty->last;
	}
	faulty->last = now;
	device->events = now;
	row = pid ? row_of(snap, pid, assigned->dev.iommu) : NULL;
	if (row)
		row->rec.events += now - faulty->base;
	return true;
}

static bool read_faults(struct host_collector *c)
{
	int fd = bpf_map__fd(host_map(c->skel, "faults"));
	__u32 key, *previous = NULL;
	struct vh_faults now;

	c->records.nr = 0;
	while (!bpf_map_get_next_key(fd, previous, &key)) {
		struct record record = {.key = key};

		previous = &key;
		if (bpf_map_lookup_elem(fd, &key, &now))
			continue;
		record.events = sum(now.events);
		if (!list_add(&c->records, &record, sizeof(record)))
			return false;
	}
	return true;
}

static bool take_faults(struct host_collector *c, struct snapshot *snap)
{
	const struct record *all = c->records.item;

	for (size_t i = 0; i < c->records.nr; i++)
		if (!take_faulty(c, snap, all[i].key, all[i].events))
			return false;
	return true;
}

static bool take_tasks(struct host_collector *c, struct host_view *view)
{
	int fd = bpf_map__fd(host_map(c->skel, "tasks"));
	__u32 key, *previous = NULL;
	struct host_task task;
	struct host_task *new;

	while (!bpf_map_get_next_key(fd, previous, &key)) {
		previous = &key;
		if (bpf_map_lookup_elem(fd, &key, &task.task))
			continue;
		task.pid = key;
		task.task.comm[sizeof(task.task.comm) - 1] = '\0';
		text_sanitize(task.task.comm);
		new = array_add(&view->task, &view->nr_tasks, &view->room_tasks, sizeof(*new));
		if (!new)
			return false;
		*new = task;
	}
	return true;
}

static bool add_traffic(struct snapshot *snap, const struct host_iommu *iommu)
{
	struct traffic *traffic = traffic_add(&snap->traffic, iommu->index);
	const struct vh_iommu *seen = &iommu->seen;

	if (!traffic)
		return false;
	traffic->typed = true;
	traffic->count[VT_CMD] = sum(seen->cmds);
	traffic->count[VT_WAIT] = seen->waits;
	traffic->count[VT_WAIT_ERROR] = seen->wait_errors;
	traffic->count[VT_EVENT] = seen->events;
	traffic->count[VT_EVENT_LOG_OVERFLOW] = seen->overflows;
	memcpy(traffic->cmds, seen->cmds, sizeof(traffic->cmds));
	traffic->latency = seen->latency;
	return true;
}

static bool take_iommus(struct host_collector *c, struct snapshot *snap)
{
	int fd = bpf_map__fd(host_map(c->skel, "iommus"));
	struct host_view *view = &snap->host;
	__u32 key, *previous = NULL;
	struct host_iommu *new;

	while (!bpf_map_get_next_key(fd, previous, &key)) {
		struct host_iommu iommu = {.index = key};

		previous = &key;
		if (bpf_map_lookup_elem(fd, &key, &iommu.seen))
			continue;
		new = array_add(&view->iommu, &view->nr_iommus, &view->room_iommus, sizeof(*new));
		if (!new)
			return false;
		*new = iommu;
		if (!add_traffic(snap, &iommu))
			return false;
	}
	return true;
}

/*
 * VMs
 */

/* VFIO accounts what it pins for a process as locked, and iommufd as pinned */
static uint64_t read_pinned(int pid)
{
	unsigned long long kib, all = 0;
	char path[48], line[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmLck: %llu", &kib) == 1 ||
		    sscanf(line, "VmPin: %llu", &kib) == 1)
			all += kib << 10;
	if (file)
		fclose(file);
	return all;
}

static bool has_row(const struct snapshot *snap, int pid, size_t before)
{
	for (size_t i = 0; i < before; i++)
		if (snap->viommu[i].rec.tgid == pid)
			return true;
	return false;
}

static bool add_row(struct snapshot *snap, int pid, unsigned int iommu)
{
	struct viommu *row;
	char path[48];

	if (row_of(snap, pid, iommu))
		return true;
	row = array_add(&snap->viommu, &snap->nr, &snap->room, sizeof(*row));
	if (!row)
		return false;
	row->latency = latency_new();
	if (!row->latency)
		return false;
	row->rec.serial = HOST_SERIAL(pid, iommu);
	row->rec.known = VT_KNOWS_HOST;
	row->rec.tgid = pid;
	row->rec.iommu = iommu;
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file_read_line(row->rec.comm, sizeof(row->rec.comm), path);
	if (!vmname_from_process(row->name, sizeof(row->name), pid))
		snprintf(row->name, sizeof(row->name), "%s", row->rec.comm);
	text_sanitize(row->name);
	/* Of a VM on several IOMMUs, one row has all of its memory */
	row->pinned = has_row(snap, pid, snap->nr - 1) ? 0 : read_pinned(pid);
	return true;
}

static bool add_rows(struct host_collector *c, struct snapshot *snap)
{
	const struct assigned *all = c->assigned.item;

	snapshot_empty(snap);
	for (size_t i = 0; i < c->assigned.nr; i++) {
		const struct pcidev *dev = &all[i].dev;
		struct vdevice vdev = {
			.rec = {.viommu = HOST_SERIAL(all[i].pid, dev->iommu),
				.serial = i + 1,
				.segment = dev->segment,
				.hdev_id = dev->devid},
		};

		snprintf(vdev.driver, sizeof(vdev.driver), "%.*s", (int)sizeof(vdev.driver) - 1,
			 dev->driver);
		text_sanitize(vdev.driver);
		if (!add_row(snap, all[i].pid, dev->iommu) ||
		    !list_add(&snap->parts.vdevices, &vdev, sizeof(vdev)))
			return false;
	}
	snap->parts.known = PART_VDEVICES;
	return true;
}

static void count_device_events(struct host_collector *c, struct parts *parts)
{
	struct vdevice *all = parts->vdevices.item;
	const struct faulty *faulty = c->faulty.item;

	for (size_t i = 0; i < parts->vdevices.nr; i++)
		for (size_t j = 0; j < c->faulty.nr; j++)
			if (faulty[j].key ==
			    ((uint32_t)all[i].rec.segment << 16 | all[i].rec.hdev_id))
				all[i].rec.events = faulty[j].last - faulty[j].base;
}

/*
 * Latencies by type of command
 */

static bool take_latency(struct host_collector *c, struct snapshot *snap,
			 const struct vh_latency_key *key, const struct vtr_latency *latency)
{
	const struct vh_owner_key owner_key = {.iommu = key->iommu, .owner = key->owner};
	const struct owner *owner = owner_state(c, &owner_key);
	struct command new = {.opcode = key->opcode}, *all = snap->parts.commands.item;

	if (!owner || !owner->pid)
		return owner;
	new.viommu = HOST_SERIAL(owner->pid, key->iommu);
	for (size_t i = 0; i < snap->parts.commands.nr; i++) {
		if (all[i].viommu != new.viommu || all[i].opcode != key->opcode)
			continue;
		hist_add(&all[i].latency.hist, &latency->hist);
		all[i].latency.total_ns += latency->total_ns;
		if (latency->max_ns > all[i].latency.max_ns)
			all[i].latency.max_ns = latency->max_ns;
		return true;
	}
	new.latency = *latency;
	return list_add(&snap->parts.commands, &new, sizeof(new));
}

static bool take_latencies(struct host_collector *c, struct snapshot *snap)
{
	int fd = bpf_map__fd(host_map(c->skel, "latencies"));
	struct vh_latency_key key, *previous = NULL;
	struct vtr_latency latency;

	while (!bpf_map_get_next_key(fd, previous, &key)) {
		previous = &key;
		if (!bpf_map_lookup_elem(fd, &key, &latency) &&
		    !take_latency(c, snap, &key, &latency))
			return false;
	}
	snap->parts.known |= PART_COMMANDS;
	return true;
}

/*
 * All of it
 */

static int by_serial(const void *x, const void *y)
{
	const struct viommu *a = x, *b = y;

	return (a->rec.serial > b->rec.serial) - (a->rec.serial < b->rec.serial);
}

static int by_index(const void *x, const void *y)
{
	const struct host_iommu *a = x, *b = y;

	return (a->index > b->index) - (a->index < b->index);
}

static int by_device_waits(const void *x, const void *y)
{
	const struct host_device *a = x, *b = y;

	if (a->waits != b->waits)
		return a->waits < b->waits ? 1 : -1;
	return a->devid - b->devid;
}

static int by_task_waits(const void *x, const void *y)
{
	const struct host_task *a = x, *b = y;

	if (a->task.waits != b->task.waits)
		return a->task.waits < b->task.waits ? 1 : -1;
	return a->pid - b->pid;
}

static void sort(struct snapshot *snap)
{
	struct host_view *view = &snap->host;

	if (snap->nr)
		qsort(snap->viommu, snap->nr, sizeof(*snap->viommu), by_serial);
	if (view->nr_iommus)
		qsort(view->iommu, view->nr_iommus, sizeof(*view->iommu), by_index);
	if (view->nr_devices)
		qsort(view->device, view->nr_devices, sizeof(*view->device), by_device_waits);
	if (view->nr_tasks)
		qsort(view->task, view->nr_tasks, sizeof(*view->task), by_task_waits);
}

static void take_lost(struct host_collector *c, struct snapshot *snap)
{
	const __u64 *lost = host_lost(c->skel);
	struct progs_stats stats;

	snap->latencies_lost = lost[VH_NO_ROOM] + lost[VH_TOO_MANY];
	progs_stats(&stats, host_object(c->skel));
	snap->missed = stats.missed;
	snap->bpf_ns = stats.run_ns;
}

static void empty(struct host_collector *c, struct snapshot *snap)
{
	struct host_view *view = &snap->host;

	traffic_empty(&snap->traffic);
	parts_empty(&snap->parts);
	host_view_free(view);
	view->on = true;
	for (int id = 0; id < NR_PROBES; id++)
		view->known |= (unsigned int)probes_has(c->probes, id) << id;
}

bool host_collect_snapshot(struct host_collector *c, struct snapshot *snap)
{
	bool good;

	empty(c, snap);
	/*
	 * Counters first: who has a device opened it before there was anything to
	 * count, so that what is read here is somebody's below.
	 */
	good = read_owners(c) && read_faults(c) && find_assigned(c) && add_rows(c, snap) &&
	       take_iommus(c, snap) && take_owners(c, snap) && take_faults(c, snap) &&
	       take_tasks(c, &snap->host) && take_latencies(c, snap);
	snapshot_sum(snap);
	count_device_events(c, &snap->parts);
	sort(snap);
	good = good && parts_sort(&snap->parts);
	take_lost(c, snap);
	snap->mono_ns = now_ns(CLOCK_MONOTONIC);
	snap->real_ns = now_ns(CLOCK_REALTIME);
	if (!good)
		msg("out of memory");
	return good;
}
