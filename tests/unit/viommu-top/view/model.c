// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of the rows: differences, VMs, filters, order, layout.
 */
#include <stdlib.h>

#include "lib/text/text.h"
#include "tap.h"
#include "view/columns.h"

#define SEC 1000000000ull

static void add(struct snapshot *snap, uint64_t serial, int pid, const char *name,
		unsigned int iommu, unsigned int guest_id, uint64_t cmds)
{
	struct viommu *viommu;

	snap->viommu = reallocarray(snap->viommu, snap->nr + 1, sizeof(*snap->viommu));
	viommu = &snap->viommu[snap->nr++];
	memset(viommu, 0, sizeof(*viommu));
	viommu->rec.serial = serial;
	viommu->rec.tgid = pid;
	viommu->rec.iommu = iommu;
	viommu->rec.guest_id = guest_id;
	viommu->rec.cmds = cmds;
	viommu->rec.created_ns = serial * SEC;
	viommu->latency = latency_new();
	viommu->latency->hist.bucket[40] = cmds;
	snprintf(viommu->name, sizeof(viommu->name), "%s", name);
	snprintf(viommu->rec.comm, sizeof(viommu->rec.comm), "qemu");
}

static struct snapshot then, now;

static void make_snapshots(void)
{
	then.mono_ns = 100 * SEC;
	add(&then, 1, 501, "web-1", 0, 1, 100);
	add(&then, 2, 502, "web-2", 0, 2, 100);
	add(&then, 3, 502, "web-2", 0, 3, 50);
	add(&then, 4, 503, "gone", 0, 4, 7);

	now.mono_ns = 102 * SEC;
	add(&now, 1, 501, "web-1", 0, 1, 300);
	add(&now, 2, 502, "web-2", 0, 2, 110);
	add(&now, 3, 502, "web-2", 0, 3, 54);
	/* The guest ID of the one that is gone */
	add(&now, 5, 504, "web-10", 0, 4, 6);
	add(&now, 6, 502, "web-2", 1, 1, 0);
}

static const struct row *find(const struct model *model, const char *name)
{
	for (size_t i = 0; i < model->nr_vms; i++)
		if (!strcmp(model->vm[i].name, name))
			return &model->vm[i];
	return NULL;
}

static void test_rows(void)
{
	struct model model = {};
	const struct filter all = {};
	const struct row *row;
	struct hist latency;

	ok(model_build(&model, &now, &then, &all), "rows are made");
	is_number(model.nr_vms, 3, "three VMs");
	is_number(model.nr_viommus, 5, "five vIOMMUs");
	row = find(&model, "web-1");
	is_number(row->cmds_gained, 200, "a VM gained the difference");
	ok(model_rate(&model, row->cmds_gained) == 100, "over two seconds");
	is_number(row->samples, 200, "latencies gained likewise");
	row = find(&model, "web-10");
	is_number(row->cmds_gained, 6, "a new VM with an old guest ID inherits nothing");
	is_number(row->samples, 6, "nor latencies");
	ok(!find(&model, "gone"), "what is gone is gone");
	row = find(&model, "web-2");
	is_number(row->nr, 3, "a VM with three vIOMMUs");
	is_number(row->cmds_gained, 14, "is their sum");
	is_string(row->ids, "0:2-3,1:1", "and has their guest IDs");
	is_string(row->iommus, "ivhd0,1", "and their IOMMUs");
	is_number(row->samples, 14, "and the latencies that they gained");
	model_latency(&model, row, &latency);
	is_number(hist_count(&latency), 164, "and all that they had");
	model_free(&model);

	model_build(&model, &now, NULL, &all);
	is_number(find(&model, "web-1")->cmds_gained, 0, "the first snapshot has no differences");
	model_free(&model);
}

static void test_lost(void)
{
	struct snapshot snap = {.mono_ns = 1};
	const struct filter all = {};
	struct model model = {};

	add(&snap, 1, 501, "old", 0, 1, 10);
	snap.viommu[0].lost = 3;

	model_build(&model, &snap, NULL, &all);
	is_number(find(&model, "old")->lost, 3, "latencies that an earlier version lost are shown");
	ok(!snapshot_lost(&snap) && snapshot_complete(&snap), "complete");
	snap.latencies_lost = 2;
	ok(!snapshot_complete(&snap), "not complete once something was lost");
	snap.missed = 3;
	snap.parts.happened_lost = 11;
	is_number(snapshot_lost(&snap), 16, "the sum of what was lost");
	model_free(&model);
	snapshot_free(&snap);
}

static size_t passing(const struct filter *filter)
{
	struct model model = {};
	size_t nr;

	model_build(&model, &now, &then, filter);
	nr = model.nr_viommus;
	model_free(&model);
	return nr;
}

static void test_filters(void)
{
	is_number(passing(&(struct filter){.pid = 502}), 3, "by PID");
	is_number(passing(&(struct filter){.guest = "web-1"}), 1, "by name");
	is_number(passing(&(struct filter){.guest = "web-1*"}), 2, "by pattern");
	is_number(passing(&(struct filter){.guest_id = 1}), 2, "by guest ID");
	is_number(passing(&(struct filter){.active = true}), 4, "active ones");
	is_number(passing(&(struct filter){.text = "WEB-2"}), 3, "by text");
	is_number(passing(&(struct filter){.text = "ivhd1"}), 1, "by IOMMU");
	is_number(passing(&(struct filter){.text = "nobody"}), 0, "by nothing");
}

static void sorted(const char *key, bool reverse, const char *first, const char *last)
{
	const struct filter all = {};
	const struct row *rows[8];
	struct model model = {};

	model_build(&model, &now, &then, &all);
	for (size_t i = 0; i < model.nr_vms; i++)
		rows[i] = &model.vm[i];
	columns_sort(rows, model.nr_vms, column_find(key), reverse);
	ok(!strcmp(rows[0]->name, first) && !strcmp(rows[model.nr_vms - 1]->name, last),
	   "sorted by %s%s", key, reverse ? ", reversed" : "");
	model_free(&model);
}

static void test_order(void)
{
	sorted("cmd_rate", false, "web-1", "web-10");
	sorted("cmd_rate", true, "web-10", "web-1");
	sorted("vm", false, "web-1", "web-10");
	sorted("vm", true, "web-10", "web-1");
	sorted("guest_id", false, "web-1", "web-10");
	sorted("viommus", false, "web-2", "web-10");
	sorted("age", false, "web-1", "web-10");
	ok(!column_find("colour"), "no such column");
}

static int line_width(const struct layout *layout)
{
	int width = layout->nr - 1;

	for (size_t i = 0; i < layout->nr; i++)
		width += layout->width[i];
	return width;
}

static bool shows(const struct layout *layout, const char *key)
{
	for (size_t i = 0; i < layout->nr; i++)
		if (!strcmp(layout->column[i]->key, key))
			return true;
	return false;
}

static int name_width(const struct layout *layout)
{
	for (size_t i = 0; i < layout->nr; i++)
		if (!strcmp(layout->column[i]->key, "vm"))
			return layout->width[i];
	return 0;
}

static void test_layout(void)
{
	struct layout layout, wide;
	bool exact = true, more = true;

	columns_layout(&layout, 36);
	for (int width = 36; width < 80; width++) {
		columns_layout(&wide, width);
		exact &= line_width(&wide) == width;
		more &= wide.nr >= layout.nr;
		layout = wide;
	}
	columns_layout(&layout, 80);
	is_number(line_width(&layout), 80, "80 columns are used");
	ok(layout.nr == 11, "and show what matters");
	ok(column_step(column_find("guest_id"), -1, &layout) == column_find("lost"),
	   "the columns go round");
	ok(column_step(column_find("age"), 1, &layout) == column_find("cmd_rate"),
	   "and skip what is not shown");
	for (int width = 80; width <= 200; width++) {
		columns_layout(&wide, width);
		exact &= line_width(&wide) == width || name_width(&wide) == 40;
		more &= wide.nr >= layout.nr;
		layout = wide;
	}
	ok(exact, "every width is used, until names are wide enough");
	ok(more, "the wider, the more");
	columns_layout(&wide, 150);
	ok(wide.nr > 14, "150 columns show %zu", wide.nr);
	columns_layout(&wide, 40);
	ok(line_width(&wide) == 40 && shows(&wide, "vm") && shows(&wide, "cmd_rate") &&
		   shows(&wide, "p99") && shows(&wide, "queue"),
	   "a narrow screen shows what matters most");
	columns_layout(&wide, 5);
	ok(wide.nr == 4, "and the narrowest no less");
}

int main(void)
{
	text_init(false);
	make_snapshots();
	test_rows();
	test_lost();
	test_filters();
	test_order();
	test_layout();
	snapshot_free(&then);
	snapshot_free(&now);
	return tap_end();
}
