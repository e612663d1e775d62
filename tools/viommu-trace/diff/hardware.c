// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the hardware holds of guests, from debugfs.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diff/hardware.h"
#include "diff/hardware_files.h"
#include "lib/hw/bdf.h"
#include "lib/sys/file.h"
#include "viommu_hw.h"

/* Longer than any; a path that is longer cannot be opened */
#define DIR_MAX 512

enum { DEVID_TABLE, DOMID_TABLE };

/**
 * struct place - Where a guest's facts belong
 * @hw:       where they go
 * @iommu:    index of the IOMMU
 * @guest_id: guest ID
 */
struct place {
	const struct hardware *hw;
	uint32_t iommu;
	uint16_t guest_id;
};

static struct fact fact_at(const struct place *place, enum fact_kind kind, uint64_t key)
{
	return (struct fact){
		.kind = kind, .iommu = place->iommu, .guest_id = place->guest_id, .key = key};
}

static void trans_facts(const struct place *place, const struct hardware_state *state)
{
	const struct fact fact = fact_at(place, FACT_TRANS_DEVID, 0);
	const uint64_t *dte = state->trans_dte;
	unsigned int domain = dte[1] & VHW_DTE_DOMAIN;
	char bdf[BDF_MAX];

	if (!state->trans_devid)
		return;
	bdf_format(bdf, sizeof(bdf), state->trans_devid);
	if ((dte[0] & VHW_DTE_VALID) != VHW_DTE_VALID || (dte[0] & VHW_DTE_RW) != VHW_DTE_RW)
		facts_add(place->hw->hardware, &fact, "%s, whose DTE does not translate", bdf);
	else if (domain != state->parent)
		facts_add(place->hw->hardware, &fact, "%s, whose DTE has domain %u, not %u", bdf,
			  domain, state->parent);
	else
		facts_add(place->hw->hardware, &fact, "%s", bdf);
}

/* What events and page requests of a device would name */
static void device_facts(const struct place *place, const struct hardware_device *device)
{
	const struct fact fact = fact_at(place, FACT_VDEVICE, device->hdev_id);
	uint64_t word = device->dte[3];
	unsigned int guest_id = word >> VHW_DTE_GUEST_ID_SHIFT & 0xffff;
	char bdf[BDF_MAX];

	if (!(word & VHW_DTE_VIMU_EN))
		return;
	bdf_format(bdf, sizeof(bdf), word >> VHW_DTE_GUEST_DEVICE_SHIFT & 0xffff);
	if (guest_id == place->guest_id)
		facts_add(place->hw->hardware, &fact, "guest's %s", bdf);
	else
		facts_add(place->hw->hardware, &fact, "%s of guest ID %u", bdf, guest_id);
}

static void domain_facts(const struct place *place, const struct hardware_domain *domain)
{
	const struct fact fact = fact_at(place, FACT_DOMAIN, domain->gdom_id);
	const struct fact map = fact_at(place, FACT_DOMID_MAP, domain->gdom_id);

	facts_add(place->hw->driver, &fact, "host's %u, users %u", domain->hdom_id, domain->users);
	if (domain->mapped)
		facts_add(place->hw->driver, &map, "host's %u", domain->hdom_id);
}

/* What an entry that is like that of a known device, or domain, stands for */
static bool known_entry(const struct hardware_guest *guest, int table, const char *entry,
			char *says, size_t len)
{
	char bdf[BDF_MAX];

	for (size_t i = 0; table == DEVID_TABLE && i < guest->nr_devices; i++) {
		if (strcmp(guest->device[i].entry, entry))
			continue;
		snprintf(says, len, "host's %s",
			 bdf_format(bdf, sizeof(bdf), guest->device[i].hdev_id));
		return true;
	}
	for (size_t i = 0; table == DOMID_TABLE && i < guest->nr_domains; i++) {
		if (!guest->domain[i].mapped || strcmp(guest->domain[i].entry, entry))
			continue;
		snprintf(says, len, "host's %u", guest->domain[i].hdom_id);
		return true;
	}
	return false;
}

static const char *most_common(const struct hardware_table *table)
{
	const char *best = "";
	uint64_t most = 0;

	for (size_t i = 0; i < table->nr; i++) {
		uint64_t nr = 0;

		/* One that has half of them needs no comparison with others */
		if (table->entries[i].nr > 32768)
			return table->entries[i].entry;
		for (size_t j = i; j < table->nr; j++)
			if (!strcmp(table->entries[j].entry, table->entries[i].entry))
				nr += table->entries[j].nr;
		if (nr > most) {
			most = nr;
			best = table->entries[i].entry;
		}
	}
	return best;
}

static void table_facts(const struct place *place, const struct hardware_guest *guest, int which)
{
	const struct hardware_table *table = &guest->table[which];
	const char *none = most_common(table);
	char says[72];

	for (size_t i = 0; i < table->nr; i++) {
		const struct hardware_entries *entries = &table->entries[i];

		if (!strcmp(entries->entry, none))
			continue;
		if (!known_entry(guest, which, entries->entry, says, sizeof(says)))
			snprintf(says, sizeof(says), "entry %s", entries->entry);
		for (uint32_t id = entries->first; id < entries->first + entries->nr; id++) {
			const struct fact fact = fact_at(
				place, which == DEVID_TABLE ? FACT_DEVID_MAP : FACT_DOMID_MAP, id);

			facts_add(place->hw->hardware, &fact, "%s", says);
		}
	}
}

/* Every entry differs from the one before it if it depends on its place */
static bool readable_tables(const char *iommu_dir)
{
	char path[DIR_MAX + 32], word[16];

	snprintf(path, sizeof(path), "%s/default_pages", iommu_dir);
	if (!file_read_line(word, sizeof(word), path))
		return true;
	return strncmp(word, "unsupported", strlen("unsupported"));
}

static void mute_guest(const struct place *place, struct facts *facts)
{
	for (int kind = 0; kind < NR_FACT_KINDS; kind++)
		facts_mute(facts, kind, place->iommu, place->guest_id);
}

static void guest_facts(const struct place *place, const struct hardware_guest *guest,
			bool with_tables)
{
	struct facts *hardware = place->hw->hardware;

	trans_facts(place, &guest->state);
	for (size_t i = 0; i < guest->nr_devices; i++)
		device_facts(place, &guest->device[i]);
	for (size_t i = 0; i < guest->nr_domains; i++)
		domain_facts(place, &guest->domain[i]);
	for (int i = 0; i < HARDWARE_TABLES; i++) {
		if (with_tables)
			table_facts(place, guest, i);
		else
			facts_mute(hardware, i == DEVID_TABLE ? FACT_DEVID_MAP : FACT_DOMID_MAP,
				   place->iommu, place->guest_id);
	}
	for (size_t i = 0; i < guest->ipa.nr; i++) {
		const struct fact fact = fact_at(place, FACT_IPA_MAP, guest->ipa.range[i].start);

		facts_add(hardware, &fact, "mapped to 0x%llx",
			  (unsigned long long)guest->ipa.range[i].end - 1);
	}
	for (int i = 0; i < VHW_NR_QUEUES; i++) {
		const struct fact fact = fact_at(place, FACT_QUEUE, i);

		fact_queue(hardware, &fact, guest->queue_reg[i]);
	}
}

static void read_guest(const struct place *place, const char *iommu_dir)
{
	const struct fact here = fact_at(place, FACT_GUEST_ID, 0);
	struct hardware_guest guest = {};
	char dir[DIR_MAX + 32];

	if (place->hw->wanted &&
	    !place->hw->wanted(place->hw->context, place->iommu, place->guest_id))
		return;
	facts_add(place->hw->hardware, &here, "in use");
	snprintf(dir, sizeof(dir), "%s/%u", iommu_dir, place->guest_id);
	if (hardware_read_guest(dir, &guest)) {
		guest_facts(place, &guest, readable_tables(iommu_dir));
	} else {
		/* It went while it was read, most likely */
		mute_guest(place, place->hw->hardware);
		mute_guest(place, place->hw->driver);
	}
	hardware_free_guest(&guest);
}

static void read_iommu(const struct hardware *hw, uint32_t iommu, const char *dir)
{
	DIR *handle = opendir(dir);
	struct dirent *entry;

	while (handle && (entry = readdir(handle))) {
		struct place place = {.hw = hw, .iommu = iommu};
		char behind;

		if (sscanf(entry->d_name, "%hu%c", &place.guest_id, &behind) == 1)
			read_guest(&place, dir);
	}
	if (handle)
		closedir(handle);
}

/* The driver's domains are known of those that have files */
static void mute_without_files(const struct hardware *hw)
{
	struct facts *driver = hw->driver;

	for (size_t i = 0; i < driver->nr; i++) {
		const struct fact *fact = &driver->fact[i];

		if (fact->kind != FACT_GUEST_ID || facts_know(hw->hardware, fact))
			continue;
		facts_mute(driver, FACT_DOMAIN, fact->iommu, fact->guest_id);
		facts_mute(driver, FACT_DOMID_MAP, fact->iommu, fact->guest_id);
	}
}

const char *hardware_read(const struct hardware *hw)
{
	DIR *handle = opendir(hw->dir);
	struct dirent *entry;
	unsigned int iommu;

	facts_mute(hw->hardware, FACT_VIOMMU, 0, 0);
	facts_mute(hw->hardware, FACT_DOMAIN, 0, 0);
	hw->hardware->only = true;
	if (!handle) {
		const char *why = strerror(errno);

		facts_mute_all(hw->hardware);
		facts_sort(hw->hardware);
		facts_mute(hw->driver, FACT_DOMAIN, 0, 0);
		facts_mute(hw->driver, FACT_DOMID_MAP, 0, 0);
		return why;
	}
	while ((entry = readdir(handle))) {
		char dir[DIR_MAX];

		if (sscanf(entry->d_name, "iommu%u", &iommu) != 1)
			continue;
		snprintf(dir, sizeof(dir), "%s/%s/viommu", hw->dir, entry->d_name);
		read_iommu(hw, iommu, dir);
	}
	closedir(handle);
	facts_sort(hw->hardware);
	mute_without_files(hw);
	return NULL;
}

bool hardware_base(const char *dir, struct rebuilt_guest *guest)
{
	struct hardware_guest files = {};
	char path[DIR_MAX + 32];
	bool good;

	/* Two digits, as the driver names them */
	snprintf(path, sizeof(path), "%s/iommu%02u/viommu/%u", dir, guest->iommu, guest->guest_id);
	good = hardware_read_domains(path, &files) && hardware_read_ipa(path, &files);
	if (good) {
		free(guest->domains.pair);
		free(guest->domids.pair);
		memset(&guest->domains, 0, sizeof(guest->domains));
		memset(&guest->domids, 0, sizeof(guest->domids));
		ranges_free(&guest->ipa);
		guest->ipa = files.ipa;
		memset(&files.ipa, 0, sizeof(files.ipa));
	}
	for (size_t i = 0; good && i < files.nr_domains; i++) {
		const struct hardware_domain *domain = &files.domain[i];

		good = ids_add(&guest->domains, domain->gdom_id, domain->hdom_id, domain->users) &&
		       (!domain->mapped ||
			ids_add(&guest->domids, domain->gdom_id, domain->hdom_id, 1));
	}
	hardware_free_guest(&files);
	return good;
}
