// SPDX-License-Identifier: GPL-2.0-only
/*
 * What vIOMMUs are made of, from the kernel's iterators and the BPF programs.
 *
 * Devices and domains are few, and always read. Latencies by type of command,
 * and what happened, are much per vIOMMU: those are read of whom they are shown.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "lib/hw/bdf.h"
#include "lib/sys/file.h"
#include "lib/text/message.h"
#include "lib/text/text.h"
#include "sample/collector.h"

/*
 * Devices and domains
 */

/* The name of the driver is the end of a link in sysfs */
static void find_driver(struct vdevice *vdev)
{
	char path[96], target[256], bdf[BDF_MAX];
	const char *slash;
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%04x:%s/driver", vdev->rec.segment,
		 bdf_format(bdf, sizeof(bdf), vdev->rec.hdev_id));
	len = readlink(path, target, sizeof(target) - 1);
	if (len <= 0)
		return;
	target[len] = '\0';
	slash = strrchr(target, '/');
	snprintf(vdev->driver, sizeof(vdev->driver), "%.*s", (int)sizeof(vdev->driver) - 1,
		 slash ? slash + 1 : target);
	text_sanitize(vdev->driver);
}

/* While it is a guest's, a device keeps its driver: look once */
static void introduce(struct vdevice *vdev, const struct snapshot *prev)
{
	const struct vdevice *known;
	size_t nr = 0;

	if (prev) {
		known = parts_vdevices(&prev->parts, vdev->rec.viommu, &nr);
		for (size_t i = 0; i < nr; i++) {
			if (known[i].rec.serial != vdev->rec.serial)
				continue;
			memcpy(vdev->driver, known[i].driver, sizeof(vdev->driver));
			return;
		}
	}
	find_driver(vdev);
}

static int open_iterator(struct bpf_link *link, const char *what)
{
	int fd = bpf_iter_create(bpf_link__fd(link));

	if (fd < 0)
		msg("cannot list %s: %s", what, strerror(errno));
	return fd;
}

static bool close_iterator(int fd, ssize_t n, const char *what)
{
	if (n < 0)
		msg("cannot list %s: %s", what, strerror(errno));
	close(fd);
	return n >= 0;
}

static bool read_vdevices(struct collector *c, struct parts *parts, const struct snapshot *prev)
{
	struct file_records records;
	struct vdevice vdev = {};
	ssize_t n;
	int fd;

	if (!c->skel->links.list_vdevices)
		return true;
	fd = open_iterator(c->skel->links.list_vdevices, "devices");
	if (fd < 0)
		return false;
	file_records_start(&records, fd);
	while ((n = file_records_next(&records, &vdev.rec, sizeof(vdev.rec))) > 0) {
		vdev.driver[0] = '\0';
		introduce(&vdev, prev);
		if (!list_add(&parts->vdevices, &vdev, sizeof(vdev))) {
			errno = ENOMEM;
			n = -1;
			break;
		}
	}
	parts->known |= PART_VDEVICES;
	return close_iterator(fd, n, "devices");
}

static bool read_domains(struct collector *c, struct parts *parts)
{
	struct file_records records;
	struct vt_domain domain;
	ssize_t n;
	int fd;

	if (!c->skel->links.list_domains)
		return true;
	fd = open_iterator(c->skel->links.list_domains, "domains");
	if (fd < 0)
		return false;
	file_records_start(&records, fd);
	while ((n = file_records_next(&records, &domain, sizeof(domain))) > 0) {
		if (!list_add(&parts->domains, &domain, sizeof(domain))) {
			errno = ENOMEM;
			n = -1;
			break;
		}
	}
	parts->known |= PART_DOMAINS;
	return close_iterator(fd, n, "domains");
}

static uint64_t own_cpu_ns(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000ull +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000ull;
}

bool collect_own_cost(struct snapshot *snap)
{
	snap->parts.cpu_ns = own_cpu_ns();
	snap->parts.known |= PART_CPU;
	return true;
}

bool collect_parts(struct collector *c, struct snapshot *snap, const struct snapshot *prev)
{
	parts_empty(&snap->parts);
	if (!read_vdevices(c, &snap->parts, prev) || !read_domains(c, &snap->parts))
		return false;
	if (!parts_sort(&snap->parts)) {
		msg("out of memory");
		return false;
	}
	/* Whoever shows no details has no programs that could lose any */
	snap->parts.happened_lost = c->skel->bss->happened_lost;
	return collect_own_cost(snap);
}

/*
 * Latencies by type of command
 */

static bool read_commands(struct collector *c, struct parts *parts, const struct want *want)
{
	struct file_records records;
	struct vt_command from;
	ssize_t n;
	int fd;

	c->skel->bss->commands_of = want->all ? 0 : want->pid;
	fd = open_iterator(c->skel->links.list_commands, "latencies");
	if (fd < 0)
		return false;
	file_records_start(&records, fd);
	while ((n = file_records_next(&records, &from, sizeof(from))) > 0) {
		const struct command command = {from.viommu, from.opcode, from.latency};

		if (!list_add(&parts->commands, &command, sizeof(command))) {
			errno = ENOMEM;
			n = -1;
			break;
		}
	}
	return close_iterator(fd, n, "latencies");
}

/*
 * What happened
 */

static bool add_happening(struct parts *parts, uint64_t viommu, uint64_t nr,
			  const struct vtr_event *event)
{
	struct happening happening = {
		.viommu = viommu,
		.nr = nr,
		.mono_ns = event->ns,
		.bad = event_bad(event),
	};

	snprintf(happening.event, sizeof(happening.event), "%s", event_types[event->id].name);
	event_line(happening.text, sizeof(happening.text), event);
	return list_add(&parts->happened, &happening, sizeof(happening));
}

/*
 * Programs go on while the map is copied. The second look tells which events
 * may have been overwritten during the first; those are the oldest.
 */
static bool read_happened(struct collector *c, struct parts *parts, const struct vt_record *rec)
{
	int fd = bpf_map__fd(c->skel->maps.recent);
	struct vt_key key = {.iommu = rec->iommu, .guest_id = rec->guest_id};
	struct vt_recent first, second;
	uint64_t nr;

	if (bpf_map_lookup_elem(fd, &key, &first) || bpf_map_lookup_elem(fd, &key, &second))
		return true;
	nr = second.nr > VT_RECENT ? second.nr - VT_RECENT : 0;
	for (; nr < first.nr; nr++) {
		const struct vtr_event *event = &first.event[nr % VT_RECENT];

		if (first.whole[nr % VT_RECENT] != (uint32_t)(nr + 1) || event->id >= VTR_NR_EVENTS)
			continue;
		if (!add_happening(parts, rec->serial, nr + 1, event))
			return false;
	}
	return true;
}

static bool is_wanted(const struct viommu *viommu, const struct want *want)
{
	return want->all || (viommu->rec.tgid == want->pid && !strcmp(viommu->name, want->name));
}

bool collect_details(struct collector *c, struct snapshot *snap, const struct want *want)
{
	struct parts *parts = &snap->parts;

	/* Those are in each snapshot already */
	if (c->host)
		return true;
	parts->commands.nr = 0;
	parts->happened.nr = 0;
	parts->known |= PART_COMMANDS | PART_HAPPENED | PART_HAPPENED_LOST;
	if (!read_commands(c, parts, want))
		return false;
	for (size_t i = 0; i < snap->nr; i++) {
		const struct viommu *viommu = &snap->viommu[i];

		if (!is_wanted(viommu, want))
			continue;
		if (!read_happened(c, parts, &viommu->rec)) {
			msg("out of memory");
			return false;
		}
	}
	return true;
}
