// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of the drift detector: what it rebuilds from events is what there is,
 * and without any one of these events it is not; what the hardware holds is read
 * from files as debugfs has them; what does not last is no drift.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diff/compare.h"
#include "diff/hardware.h"
#include "diff/rebuild.h"
#include "lib/hw/event_table.h"
#include "tap.h"

#define IOMMU 1
#define GUEST 7
#define TABLE 0x1000700000ull
#define PAGE 0x1000ull

/* A guest's life up to where the files below have it */
static const struct vtr_event life[] = {
	{.id = VTR_guest_id_alloc, .ns = 1000},
	{.id = VTR_trans_devid_alloc, .arg = {0xff}},
	{.id = VTR_ipa_map, .arg = {TABLE, 0x100000}},
	{.id = VTR_ipa_map, .arg = {0x2000380000, 0x80000}},
	{.id = VTR_init, .arg = {42}, .pid = 4711},
	{.id = VTR_devid_map, .arg = {0x10, 0x28}},
	{.id = VTR_vdevice_init, .arg = {0x10, 0x28}},
	{.id = VTR_devid_map, .arg = {0x18, 0x30}},
	{.id = VTR_vdevice_init, .arg = {0x18, 0x30}},
	{.id = VTR_devid_map, .arg = {0x20, 0x38}},
	{.id = VTR_vdevice_init, .arg = {0x20, 0x38}},
	{.id = VTR_vdevice_destroy, .arg = {0x20, 0x38}},
	{.id = VTR_devid_unmap, .arg = {0x20, 0}},
	{.id = VTR_domain_alloc, .arg = {5, 17}},
	{.id = VTR_domain_alloc, .arg = {5, 17}},
	{.id = VTR_domain_alloc, .arg = {6, 18}},
	{.id = VTR_domid_map, .arg = {5, 17}},
	{.id = VTR_domid_map, .arg = {6, 18}},
	{.id = VTR_domid_unmap, .arg = {6, 3}},
	{.id = VTR_domain_free, .arg = {6, 18}},
	/* A page of a table is replaced */
	{.id = VTR_ipa_unmap, .arg = {TABLE + PAGE, PAGE}},
	{.id = VTR_ipa_map, .arg = {TABLE + PAGE, PAGE}},
	{.id = VTR_queue_init, .arg = {0, 0x300000, 0x2000}},
	{.id = VTR_queue_enable, .arg = {0, 0x300109}},
	{.id = VTR_queue_init, .arg = {1, 0x310000, 0x1000}},
	{.id = VTR_queue_enable, .arg = {1, 0x310108}},
	{.id = VTR_queue_disable, .arg = {1}},
	/* Enabled from the start: told ahead of its beginning */
	{.id = VTR_queue_enable, .arg = {2, 0x3200108}},
	{.id = VTR_queue_init, .arg = {2, 0x320000, 0x1000}},
	{.id = VTR_queue_disable, .arg = {2}},
	{.id = VTR_queue_destroy, .arg = {2}},
	{.id = VTR_trans_devid_relocate, .arg = {0xff, 0xfe}},
	/* What fails leaves nothing */
	{.id = VTR_vdevice_init, .arg = {0x40, 0x40, -17}},
	{.id = VTR_queue_init, .arg = {0, 0x777000, 0x1000, -17}},
	{.id = VTR_domain_alloc, .arg = {9, 0, -12}},
	/* One user of several */
	{.id = VTR_domain_alloc, .arg = {5, 17}},
	{.id = VTR_domain_free, .arg = {5, 17}},
};

#define NR_LIFE (sizeof(life) / sizeof(*life))

/*
 * Those that nobody misses: others tell the same later, or it is over by then, or
 * they failed
 */
static const bool told[NR_LIFE] = {
	[0] = true,  [1] = true,  [9] = true,  [10] = true, [15] = true, [17] = true,
	[20] = true, [22] = true, [24] = true, [25] = true, [27] = true, [28] = true,
	[29] = true, [32] = true, [33] = true, [34] = true,
};

/* All of them but one, and what comes of it */
static void live(struct facts *facts, size_t but, uint64_t lost)
{
	struct rebuild rebuild = {.lost = lost};

	for (size_t i = 0; i < NR_LIFE; i++) {
		struct vtr_event event = life[i];

		event.iommu = IOMMU;
		event.guest_id = GUEST;
		if (i != but)
			rebuild_event(&rebuild, &event);
	}
	rebuild_facts(&rebuild, NULL, facts);
	rebuild_free(&rebuild);
}

static size_t differences(const struct facts *trace, const struct facts *driver,
			  const struct facts *hardware, uint64_t *compared)
{
	const struct facts *const by[] = {trace, driver, hardware};
	struct comparison result;
	size_t nr;

	compare_facts(by, &result);
	for (size_t i = 0; i < result.nr; i++)
		printf("# %s %llx: \"%s\" \"%s\" \"%s\"\n",
		       fact_kinds[result.difference[i].of.kind],
		       (unsigned long long)result.difference[i].of.key,
		       result.difference[i].says[0], result.difference[i].says[1],
		       result.difference[i].says[2]);
	nr = result.nr;
	*compared = compare_total(&result);
	compare_free(&result);
	return nr;
}

static void test_every_event(void)
{
	struct facts all = {}, most;
	uint64_t compared;

	live(&all, NR_LIFE, 0);
	is_number(differences(&all, &all, NULL, &compared), 0, "a trace says what it says");
	/* ID, vIOMMU, TransDevID, 2 vDevices and maps, a domain and its map, 2 ranges, 2 queues */
	is_number(compared, 13, "of so many objects");
	for (size_t i = 0; i < NR_LIFE; i++) {
		size_t nr;

		memset(&most, 0, sizeof(most));
		live(&most, i, 0);
		nr = differences(&all, &most, NULL, &compared);
		ok(!nr == told[i], "%s, event %zu, is missed unless others tell",
		   event_types[life[i].id].name, i);
		facts_free(&most);
	}
	facts_free(&all);
}

static void test_lost(void)
{
	struct facts all = {}, some = {};
	uint64_t compared;

	live(&all, NR_LIFE, 0);
	live(&some, 5, 1);
	is_number(differences(&some, &all, NULL, &compared), 0, "where events were lost");
	is_number(compared, 0, "nothing is compared with them");
	facts_free(&all);
	facts_free(&some);
}

/*
 * The hardware
 */

static char root[] = "/tmp/viommu-drift-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/iommu01/viommu/%s", root, name);
	file = fopen(path, "w");
	if (!file || fputs(text, file) == EOF || fclose(file))
		abort();
}

static void make_dir(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	if (mkdir(path, 0700))
		abort();
}

#define ZERO "00000000000000000000000000000000"
#define OF_28 "00000000000000000000000000280001"
#define OF_30 "00000000000000000000000000300001"

static const char tables[] = "devid 0000 " ZERO "\n"
			     "devid 0010 " OF_28 "\n"
			     "devid 0011 " ZERO "\n"
			     "devid 0018 " OF_30 "\n"
			     "devid 0019 " ZERO "\n"
			     "domid 0000 0000000000030001\n"
			     "domid 0005 0000000000110001\n"
			     "domid 0006 0000000000030001\n";
static const char devices[] =
	"gdev_id hdev_id serial events entry                            dte\n"
	"00:02.0 00:05.0      1      0 " OF_28
	" 0000000700108000:0000000000000000:0000000000000011:6000000000000003\n"
	"00:03.0 00:06.0      2      0 " OF_30
	" 0000000700188000:0000000000000000:0000000000000011:6000000000000003\n";
static const char registers[] = "vf     020 status    0000000000000010\n"
				"vfctrl 000 devid_map 0000000000000000\n"
				"vfctrl 010 misc      0000000000fe0000\n"
				"vfctrl 020 cmd       0000000000300109\n"
				"vfctrl 028 evt       0000000000310008\n"
				"vfctrl 030 ppr       0000000000000000\n";
static const char state[] =
	"guest_id:     7\n"
	"owner:        4711 (vmm)\n"
	"parent:       domain 3\n"
	"trans_devid:  driver 00:1f.6, hardware 00:1f.6\n"
	"trans_dte:    0000000000000000:0000000000000000:0000000000000003:6000000000000003\n";

static void make_files(void)
{
	if (!mkdtemp(root))
		abort();
	make_dir("iommu01");
	make_dir("iommu01/viommu");
	make_dir("iommu01/viommu/7");
	write_file("default_pages", "on\n");
	write_file("7/state", state);
	write_file("7/vdevices", devices);
	write_file("7/domains", "gdom_id hdom_id users mapped entry\n"
				"      5      17     2    yes 0000000000110001\n");
	write_file("7/tables", tables);
	write_file("7/ipa", "devid 001000700000-001000700fff 0x0000000001234000 own\n"
			    "devid 001000701000-0010007fffff 0x0000000001235000 default\n"
			    "domid 002000380000-0020003fffff 0x0000000001236000 default\n");
	write_file("7/registers", registers);
}

/* What differs from all events; the driver says of domains what debugfs says */
static size_t drift(uint64_t *compared)
{
	struct facts trace = {}, driver = {}, hardware = {};
	const struct hardware hw = {.dir = root, .hardware = &hardware, .driver = &driver};
	size_t nr;

	live(&trace, NR_LIFE, 0);
	if (hardware_read(&hw))
		abort();
	for (int kind = 0; kind < NR_FACT_KINDS; kind++)
		if (kind != FACT_DOMAIN && kind != FACT_DOMID_MAP)
			facts_mute(&driver, kind, 0, 0);
	facts_sort(&driver);
	nr = differences(&trace, &driver, &hardware, compared);
	facts_free(&trace);
	facts_free(&driver);
	facts_free(&hardware);
	return nr;
}

static void change(const char *name, const char *text, const char *from, const char *to,
		   unsigned int nr, const char *what)
{
	const char *at = strstr(text, from);
	uint64_t compared;
	char *changed;

	if (!at ||
	    asprintf(&changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) < 0)
		abort();
	write_file(name, changed);
	is_number(drift(&compared), nr, what);
	write_file(name, text);
	free(changed);
}

static void test_hardware(void)
{
	uint64_t compared;

	make_files();
	is_number(drift(&compared), 0, "the hardware holds what events say");
	/* All but the vIOMMU, which is nothing to the hardware */
	is_number(compared, 12, "of so many objects");
	change("7/tables", tables, "devid 0018 ", "devid 0017 ", 1, "an entry of two devices");
	change("7/tables", tables, OF_30 "\n", "00000000000000000000000000990001\n", 1,
	       "an entry that is like no other");
	change("7/tables", tables, OF_30 "\n", OF_28 "\n", 1, "an entry of another device");
	change("7/tables", tables, "domid 0005 0000000000110001\ndomid 0006 0000000000030001\n", "",
	       1, "no entry of a domain");
	change("7/vdevices", devices, ":0000000000000011:", ":0000000000000012:", 0,
	       "domain IDs in DTEs are not compared");
	change("7/vdevices", devices, " 0000000700108000", " 0000000800108000", 1,
	       "a DTE with another guest");
	change("7/vdevices", devices, " 0000000700108000", " 0000000700100000", 1,
	       "a DTE with none");
	change("7/registers", registers, "0000000000300109", "0000000000300009", 1,
	       "a queue that is not enabled");
	change("7/registers", registers, "0000000000310008", "0000000000312008", 1,
	       "a queue in another place");
	change("7/registers", registers, "ppr       0000000000000000", "ppr       0000000003200108",
	       1, "a queue of nobody");
	change("7/state", state, "hardware 00:1f.6", "hardware 00:1f.5", 1,
	       "another translation device ID");
	change("7/state", state, "0003:6000", "0004:6000", 1, "whose DTE has another domain");
	change("7/state", state, ":6000000000000003", ":0000000000000000", 1, "or is cleared");
	change("7/state", state, "trans_dte:", "trans_dte: x", 0,
	       "what is not understood is not compared");
	write_file("default_pages", "unsupported\n");
	is_number(drift(&compared), 0, "entries that depend on their place");
	/* Nor are the driver's two device maps contradicted: it is not asked here */
	is_number(compared, 10, "are not compared");
}

static void remove_files(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", root);
	if (system(command))
		abort();
}

/*
 * What lasts, and what does not
 */

static void test_keep(void)
{
	struct fact fact = {.kind = FACT_DOMAIN, .iommu = IOMMU, .guest_id = GUEST, .key = 5};
	struct facts a = {}, b = {}, c = {};
	const struct facts *const by[] = {&a, &b, NULL}, *const later[] = {&c, &b, NULL};
	struct comparison first, second;

	fact.age = 1;
	facts_add(&a, &fact, "one");
	fact.age = 2;
	facts_add(&c, &fact, "one");
	compare_facts(by, &first);
	compare_facts(by, &second);
	compare_keep(&first, &second);
	is_number(first.nr, 1, "a difference that lasts counts");
	compare_free(&second);
	compare_facts(later, &second);
	compare_keep(&first, &second);
	is_number(first.nr, 0, "one of the guest ID's next user does not");
	compare_free(&first);
	compare_free(&second);
	facts_free(&a);
	facts_free(&c);
}

static void test_ranges(void)
{
	struct ranges ranges = {};

	ranges_add(&ranges, 0x1000, 0x1000);
	ranges_add(&ranges, 0x3000, 0x1000);
	is_number(ranges.nr, 2, "two ranges apart");
	ranges_add(&ranges, 0x2000, 0x1000);
	ok(ranges.nr == 1 && ranges.range[0].start == 0x1000 && ranges.range[0].end == 0x4000,
	   "that become one");
	ranges_remove(&ranges, 0x2000, 0x800);
	ok(ranges.nr == 2 && ranges.range[0].end == 0x2000 && ranges.range[1].start == 0x2800,
	   "and two again");
	ranges_remove(&ranges, 0, 0x10000);
	is_number(ranges.nr, 0, "and none");
	ranges_free(&ranges);
}

int main(void)
{
	test_ranges();
	test_every_event();
	test_lost();
	test_keep();
	test_hardware();
	remove_files();
	return tap_end();
}
