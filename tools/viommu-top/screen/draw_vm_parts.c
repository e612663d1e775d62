// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen of one VM: what it is made of.
 */
#include <stdio.h>

#include "lib/hw/bdf.h"
#include "lib/text/text.h"
#include "screen/draw_vm.h"

static const struct parts *parts_of(const struct ui *ui)
{
	return &session_now(ui->session)->parts;
}

/* "none", or why nobody knows, takes a line, too */
static size_t at_least_one(size_t nr)
{
	return nr ? nr : 1;
}

static void draw_none(const struct ui *ui, enum part part, int y, const struct area *area)
{
	const char *why = vm_unknown(ui, part);

	area_put(y, area, 0, STYLE_DIM, "%s", why ? why : "none");
}

/*
 * vIOMMUs
 */

static size_t viommu_lines(const struct ui *ui)
{
	return ui->vm.vm->nr;
}

static void viommu_head(char *buf, size_t len, const struct ui *ui __attribute__((unused)),
			int width __attribute__((unused)))
{
	snprintf(buf, len, "%-6s %6s %6s %8s %6s %5s %6s %6s %6s %5s", "IOMMU", "SERIAL", "DOMAIN",
		 "TRANSDEV", "TABLES", "CMD/S", "P50", "P99", "EVENTS", "AGE");
}

static void rate_text(char *buf, size_t len, const struct model *model, uint64_t gained)
{
	if (model->then)
		text_rate(buf, len, model_rate(model, gained));
	else
		snprintf(buf, len, "-");
}

static void time_text(char *buf, size_t len, bool known, uint64_t ns)
{
	if (known)
		text_duration(buf, len, ns);
	else
		snprintf(buf, len, "-");
}

static void viommu_line(const struct ui *ui, size_t i, int y, const struct area *area)
{
	const struct row *row = &ui->vm.viommu[i];
	const struct model *model = &ui->vm.model;
	uint64_t now = model->now->mono_ns;
	char trans[16] = "-", tables[16] = "-", rate[16], p50[16], p99[16], events[16];
	char gid[16] = "-", serial[24] = "-", domain[16] = "-", age[16] = "-";

	if (row->known & VT_KNOWS_TRANS)
		bdf_format(trans, sizeof(trans), row->trans_devid);
	if (row->known & VT_KNOWS_TABLES)
		text_bytes(tables, sizeof(tables), row->table_bytes);
	rate_text(rate, sizeof(rate), model, row->cmds_gained);
	time_text(p50, sizeof(p50), row->samples, row->p50);
	time_text(p99, sizeof(p99), row->samples, row->p99);
	text_count(events, sizeof(events), row->events);
	if (!(row->known & VT_KNOWS_HOST)) {
		snprintf(gid, sizeof(gid), "%u", row->guest_id);
		snprintf(serial, sizeof(serial), "%llu", (unsigned long long)row->serial);
		snprintf(domain, sizeof(domain), "%u", row->domain_id);
		text_age(age, sizeof(age), now > row->created_ns ? now - row->created_ns : 0);
	}
	area_put(y, area, 0, STYLE_NORMAL, "%-8s %-6s %6s %6s %8s %6s %5s", gid, row->iommus,
		 serial, domain, trans, tables, rate);
	/* µ has more bytes than columns, so that printf() cannot pad it */
	text_fit(trans, sizeof(trans), p50, 6, true);
	text_fit(tables, sizeof(tables), p99, 6, true);
	area_put(y, area, 52, STYLE_NORMAL, " %s %s %6s %5s", trans, tables, events, age);
}

const struct section section_viommus = {"GUEST ID", viommu_lines, viommu_head, viommu_line};

/*
 * Devices
 */

size_t vm_nr_devices(const struct ui *ui, const struct row *row)
{
	size_t nr;

	parts_vdevices(parts_of(ui), row->serial, &nr);
	return nr;
}

static size_t device_lines(const struct ui *ui)
{
	return at_least_one(vm_items(ui, vm_nr_devices));
}

static void device_head(char *buf, size_t len, const struct ui *ui __attribute__((unused)),
			int width __attribute__((unused)))
{
	snprintf(buf, len, "%-6s %-20s %-21s %s", "", "DRIVER", "GUEST'S DEVICE ID", "EVENTS");
}

static void device_line(const struct ui *ui, size_t i, int y, const struct area *area)
{
	const struct row *row = vm_item(ui, &i, vm_nr_devices);
	const struct vdevice *vdev;
	char host[16], guest[16], gid[16];
	size_t nr;

	if (!row) {
		draw_none(ui, PART_VDEVICES, y, area);
		return;
	}
	vdev = parts_vdevices(parts_of(ui), row->serial, &nr) + i;
	bdf_format(host, sizeof(host), vdev->rec.hdev_id);
	bdf_format(guest, sizeof(guest), vdev->rec.gdev_id);
	vm_gid(gid, sizeof(gid), ui, row);
	if (row->known & VT_KNOWS_HOST)
		snprintf(guest, sizeof(guest), "-");
	area_put(y, area, 0, STYLE_NORMAL, "%04x:%-10s %-20s %s of guest ID %-5s",
		 vdev->rec.segment, host, *vdev->driver ? vdev->driver : "-", guest, gid);
	area_put(y, area, 59, vdev->rec.events ? STYLE_BAD : STYLE_NORMAL, "%llu",
		 (unsigned long long)vdev->rec.events);
}

const struct section section_devices = {"DEVICE", device_lines, device_head, device_line};

/*
 * Domains
 */

size_t vm_nr_domains(const struct ui *ui, const struct row *row)
{
	size_t nr;

	parts_domains(parts_of(ui), row->serial, &nr);
	return nr;
}

static size_t domain_lines(const struct ui *ui)
{
	return at_least_one(vm_items(ui, vm_nr_domains));
}

static void domain_head(char *buf, size_t len, const struct ui *ui __attribute__((unused)),
			int width __attribute__((unused)))
{
	snprintf(buf, len, "%-7s %-12s %-6s %s", "", "HOST'S", "USERS", "STATE");
}

static void domain_line(const struct ui *ui, size_t i, int y, const struct area *area)
{
	const struct row *row = vm_item(ui, &i, vm_nr_domains);
	const struct vt_domain *domain;
	char gid[16];
	size_t nr;

	if (!row) {
		draw_none(ui, PART_DOMAINS, y, area);
		return;
	}
	domain = parts_domains(parts_of(ui), row->serial, &nr) + i;
	vm_gid(gid, sizeof(gid), ui, row);
	area_put(y, area, 0, STYLE_NORMAL, "%-5u of %-7s %s %-10u %-6u %s", domain->gdom_id, gid,
		 text_unicode() ? "→" : ">", domain->hdom_id, domain->users,
		 domain->mapped ? "in the guest's table" : "never attached");
}

const struct section section_domains = {"DOMAIN", domain_lines, domain_head, domain_line};
