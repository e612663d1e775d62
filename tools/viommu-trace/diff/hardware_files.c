// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of a guest in debugfs, as structures.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diff/hardware_files.h"
#include "lib/hw/bdf.h"
#include "lib/sys/array.h"
#include "viommu_hw.h"

#define TABLE_ENTRIES 65536

/* Lines of a file; each is false to stop, and then it is not understood */
static bool read_lines(const char *dir, const char *name,
		       bool (*each)(struct hardware_guest *guest, const char *line),
		       struct hardware_guest *guest)
{
	char path[1024], *line = NULL;
	bool good = true;
	size_t room = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (good && getline(&line, &room, file) > 0)
		good = each(guest, line);
	good = good && !ferror(file);
	free(line);
	fclose(file);
	return good;
}

/* debugfs has the highest quadword first */
static bool parse_dte(uint64_t dte[HARDWARE_DTE_WORDS], const char *text)
{
	return sscanf(text, "%16" SCNx64 ":%16" SCNx64 ":%16" SCNx64 ":%16" SCNx64, &dte[3],
		      &dte[2], &dte[1], &dte[0]) == 4;
}

static bool state_line(struct hardware_guest *guest, const char *line)
{
	struct hardware_state *state = &guest->state;
	const char *at;

	if (!strncmp(line, "parent:", 7))
		return sscanf(line, "parent: domain %u", &state->parent) == 1;
	if (!strncmp(line, "trans_devid:", 12)) {
		at = strstr(line, "hardware ");
		return at && bdf_parse(&state->trans_devid, at + strlen("hardware "));
	}
	if (!strncmp(line, "trans_dte:", 10))
		return parse_dte(state->trans_dte, line + strlen("trans_dte:"));
	return true;
}

static bool device_line(struct hardware_guest *guest, const char *line)
{
	char gdev[8], hdev[8], entry[40], dte[72];
	struct hardware_device *device;
	uint16_t gdev_id, hdev_id;

	if (!strncmp(line, "gdev_id", 7))
		return true;
	device =
		array_add(&guest->device, &guest->nr_devices, &guest->device_room, sizeof(*device));
	if (!device || sscanf(line, "%7s %7s %*u %*u %39s %71s", gdev, hdev, entry, dte) != 4 ||
	    !bdf_parse(&gdev_id, gdev) || !bdf_parse(&hdev_id, hdev))
		return false;
	device->gdev_id = gdev_id;
	device->hdev_id = hdev_id;
	memcpy(device->entry, entry, sizeof(entry));
	return parse_dte(device->dte, dte);
}

static bool domain_line(struct hardware_guest *guest, const char *line)
{
	struct hardware_domain *domain;
	char mapped[8];

	if (strstr(line, "gdom_id"))
		return true;
	domain =
		array_add(&guest->domain, &guest->nr_domains, &guest->domain_room, sizeof(*domain));
	if (!domain || sscanf(line, "%" SCNu16 " %" SCNu16 " %u %7s %39s", &domain->gdom_id,
			      &domain->hdom_id, &domain->users, mapped, domain->entry) != 5)
		return false;
	domain->mapped = !strcmp(mapped, "yes");
	return true;
}

static bool ipa_line(struct hardware_guest *guest, const char *line)
{
	uint64_t first, last, memory;

	if (sscanf(line, "%*s %" SCNx64 "-%" SCNx64 " %" SCNx64, &first, &last, &memory) != 3 ||
	    last < first)
		return false;
	return !memory || ranges_add(&guest->ipa, first, last - first + 1);
}

static bool register_line(struct hardware_guest *guest, const char *line)
{
	unsigned int offset;
	uint64_t value;

	if (strncmp(line, "vfctrl", 6))
		return true;
	if (sscanf(line, "vfctrl %x %*s %" SCNx64, &offset, &value) != 2)
		return false;
	if (offset >= VHW_VFCTRL_QUEUE && offset < VHW_VFCTRL_QUEUE + 8 * VHW_NR_QUEUES)
		guest->queue_reg[(offset - VHW_VFCTRL_QUEUE) / 8] = value;
	return true;
}

static bool table_line(struct hardware_guest *guest, const char *line)
{
	struct hardware_entries *entries, *before;
	struct hardware_table *table;
	char name[8], entry[40];
	unsigned int id;

	if (sscanf(line, "%7s %x %39s", name, &id, entry) != 3 || id >= TABLE_ENTRIES)
		return false;
	table = &guest->table[!!strcmp(name, "devid")];
	before = table->nr ? &table->entries[table->nr - 1] : NULL;
	if (before ? id <= before->first : id)
		return false;
	if (before)
		before->nr = id - before->first;
	entries = array_add(&table->entries, &table->nr, &table->room, sizeof(*entries));
	if (!entries)
		return false;
	entries->first = id;
	entries->nr = TABLE_ENTRIES - id;
	memcpy(entries->entry, entry, sizeof(entry));
	return true;
}

bool hardware_read_domains(const char *dir, struct hardware_guest *guest)
{
	return read_lines(dir, "domains", domain_line, guest);
}

bool hardware_read_ipa(const char *dir, struct hardware_guest *guest)
{
	return read_lines(dir, "ipa", ipa_line, guest);
}

bool hardware_read_guest(const char *dir, struct hardware_guest *guest)
{
	return read_lines(dir, "state", state_line, guest) &&
	       read_lines(dir, "vdevices", device_line, guest) &&
	       hardware_read_domains(dir, guest) && read_lines(dir, "tables", table_line, guest) &&
	       hardware_read_ipa(dir, guest) && read_lines(dir, "registers", register_line, guest);
}

void hardware_free_guest(struct hardware_guest *guest)
{
	free(guest->device);
	free(guest->domain);
	for (int i = 0; i < HARDWARE_TABLES; i++)
		free(guest->table[i].entries);
	ranges_free(&guest->ipa);
	memset(guest, 0, sizeof(*guest));
}
