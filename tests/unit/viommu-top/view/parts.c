// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of what the screen of a VM shows: lists by vIOMMU, the last minutes,
 * and what can be asked for by ID.
 */
#include <stdlib.h>

#include "sample/parts.h"
#include "tap.h"
#include "view/history.h"
#include "view/id.h"
#include "view/usage.h"

#define SEC 1000000000ull

static void test_lists(void)
{
	static const uint64_t viommus[] = {7, 3, 7, 9, 3, 7};
	struct parts parts = {};
	const struct vt_domain *domain;
	size_t nr;

	parts_domains(&parts, 7, &nr);
	is_number(nr, 0, "an empty list has nothing of anybody");
	for (size_t i = 0; i < sizeof(viommus) / sizeof(*viommus); i++) {
		struct vt_domain add = {.viommu = viommus[i], .gdom_id = i};

		list_add(&parts.domains, &add, sizeof(add));
	}
	ok(parts_sort(&parts), "lists are sorted");
	domain = parts_domains(&parts, 7, &nr);
	is_number(nr, 3, "three of one");
	ok(domain[0].gdom_id == 0 && domain[1].gdom_id == 2 && domain[2].gdom_id == 5,
	   "in the order they came in");
	domain = parts_domains(&parts, 9, &nr);
	ok(nr == 1 && domain->gdom_id == 3, "one of the last");
	parts_domains(&parts, 5, &nr);
	is_number(nr, 0, "none of one in between");
	parts_domains(&parts, 10, &nr);
	is_number(nr, 0, "or behind all");
	parts_free(&parts);
}

/*
 * History
 */

static struct viommu viommus[2][3];

static void interval(struct history *history, size_t nr, uint64_t cmds)
{
	static struct snapshot snap[2];
	static int latest;
	struct snapshot *now = &snap[!latest], *then = &snap[latest];

	now->viommu = viommus[!latest];
	now->nr = nr;
	now->mono_ns = then->mono_ns + 2 * SEC;
	for (size_t i = 0; i < nr; i++) {
		now->viommu[i].rec.serial = 10 + i;
		now->viommu[i].rec.cmds = then->viommu ? then->viommu[i].rec.cmds + cmds : cmds;
	}
	then->viommu = viommus[latest];
	history_add(history, now, then);
	latest = !latest;
}

static void test_history(void)
{
	struct history history = {};
	struct series series;

	interval(&history, 2, 20);
	interval(&history, 3, 40);
	history_start(&history, &series);
	history_sum(&history, &series, 10);
	is_number(series.nr, 2, "two intervals");
	ok(series.cmds[0] == 10 && series.cmds[1] == 20, "the oldest first, per second");
	history_sum(&history, &series, 11);
	ok(series.cmds[0] == 20 && series.cmds[1] == 40, "two vIOMMUs are their sum");
	history_start(&history, &series);
	history_sum(&history, &series, 12);
	ok(series.cmds[0] == 0 && series.cmds[1] == 20, "one that came later did nothing before");
	history_start(&history, &series);
	history_sum(&history, &series, 99);
	ok(series.cmds[1] == 0, "one that is not there adds nothing");
	for (int i = 0; i < HISTORY_MAX; i++)
		interval(&history, 3, 2 * i);
	history_start(&history, &series);
	history_sum(&history, &series, 10);
	is_number(series.nr, HISTORY_MAX, "no more than fit are kept");
	ok(series.cmds[0] == 0 && series.cmds[HISTORY_MAX - 1] == HISTORY_MAX - 1,
	   "the latest, still in order");
	interval(&history, 1, 0);
	history_start(&history, &series);
	history_sum(&history, &series, 11);
	ok(series.cmds[1] == 0, "what is gone is forgotten");
	history_free(&history);
}

/*
 * IDs
 */

static bool is_id(const char *text, enum id_kind kind, unsigned int number, int place)
{
	struct id id;

	return !resolve_parse(&id, text) && id.kind == kind && id.number == number &&
	       (kind == ID_GUEST ? id.iommu : id.segment) == place;
}

static bool is_refused(const char *text)
{
	struct id id;

	return resolve_parse(&id, text);
}

static void test_ids(void)
{
	ok(is_id("gid:5", ID_GUEST, 5, -1), "a guest ID");
	ok(is_id("gid:3:5", ID_GUEST, 5, 3), "one on an IOMMU");
	ok(is_id("gdev:00:02.0", ID_GUEST_DEVICE, 0x10, -1), "a guest's address");
	ok(is_id("gdev:0x10", ID_GUEST_DEVICE, 0x10, -1), "the same as a number");
	ok(is_id("hdev:0001:a0:1f.7", ID_HOST_DEVICE, 0xa0ff, 1), "an address with its segment");
	ok(is_id("0001:a0:1f.7", ID_HOST_DEVICE, 0xa0ff, 1), "which needs no kind");
	ok(is_id("hdom:17", ID_HOST_DOMAIN, 17, -1), "a domain");
	ok(is_id("trans:0x1200", ID_TRANS, 0x1200, -1), "a translation device ID");
	ok(is_id("trans:12:00.0", ID_TRANS, 0x1200, -1), "the same as an address");
	ok(is_refused("5"), "a number may be anything");
	ok(is_refused("00:02.0"), "so may an address without segment");
	ok(is_refused("gdev:00:20.0") && is_refused("gdev:00:02.8"), "no such device or function");
	ok(is_refused("gid:65536") && is_refused("hdom:-1") && is_refused("gid:") &&
		   is_refused("gid:5x") && is_refused("0000:00:02.0x"),
	   "what is no ID");
	ok(is_refused("gid:-1:5") && is_refused("gid: 1:5") && is_refused("gid:4294967296:5") &&
		   is_refused("gdev:-1:02.0") && is_refused("0000:+1:02.0") &&
		   is_refused("hdev: 00:02.0"),
	   "nor is what only looks like one");
}

static void test_usage(void)
{
	struct viommu viommu[3] = {};
	struct snapshot snap = {.viommu = viommu, .nr = 3};
	struct usage usage;

	for (int i = 0; i < 3; i++) {
		viommu[i].rec.known = VT_KNOWS_TRANS | VT_KNOWS_FREE | VT_KNOWS_TABLES;
		viommu[i].rec.trans_devid = 0x100 + i;
		viommu[i].rec.table_bytes = 4096;
		viommu[i].rec.segment = i == 2;
		viommu[i].rec.trans_free = i == 2 ? 7 : 40;
	}
	usage_get(&usage, &snap);
	is_number(usage.trans_used, 3, "three translation device IDs in use");
	is_number(usage.trans_all, 50, "of those of both segments, each counted once");
	is_number(usage.table_bytes, 12288, "memory of all");
	viommu[1].rec.known = VT_KNOWS_TRANS;
	usage_get(&usage, &snap);
	is_number(usage.known, VT_KNOWS_TRANS, "only what all of them tell is known");
}

int main(void)
{
	test_lists();
	test_history();
	test_ids();
	test_usage();
	return tap_end();
}
