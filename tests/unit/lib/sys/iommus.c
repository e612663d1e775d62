// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of reading the state of IOMMUs.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "lib/sys/iommus.h"
#include "tap.h"

static char dir[] = "/tmp/iommus.XXXXXX";

static void make_dir(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	mkdir(path, 0755);
}

static void make_iommu(const char *name, const char *state)
{
	char path[128];
	FILE *file;

	make_dir(name);
	snprintf(path, sizeof(path), "%s/amd-iommu", name);
	make_dir(path);
	if (!state)
		return;
	snprintf(path, sizeof(path), "%s/%s/amd-iommu/viommu", dir, name);
	file = fopen(path, "w");
	fprintf(file, "%s\n", state);
	fclose(file);
}

static bool problem(const char *part)
{
	static struct iommus iommus;
	char text[512] = "";
	bool found;

	iommus_read(&iommus, dir);
	found = iommus_problem(&iommus, text, sizeof(text));
	if (part && !strstr(text, part))
		printf("# got \"%s\"\n", text);
	return found && part ? !!strstr(text, part) : found;
}

static void test_order(void)
{
	static struct iommus iommus;

	make_iommu("ivhd10", "enabled");
	make_iommu("ivhd2", "enabled");
	make_dir("dmar0");
	iommus_read(&iommus, dir);
	is_number(iommus.nr, 2, "only AMD's count");
	is_number(iommus.info[0].index, 2, "by number");
	is_number(iommus_enabled(&iommus), 2, "both are enabled");
	is_number(iommus_indices(&iommus), 11, "with room for all numbers up to the highest");
	for (int i = 100; i < 1400; i++) {
		char name[16];

		snprintf(name, sizeof(name), "ivhd%d", i);
		make_dir(name);
	}
	iommus_read(&iommus, dir);
	is_number(iommus.nr, 1302, "there may be any number");
	is_number(iommus_indices(&iommus), 1400, "and room for all");
}

int main(void)
{
	char command[64];

	if (!mkdtemp(dir))
		return 1;
	ok(problem("no AMD IOMMU"), "no IOMMU");
	make_iommu("ivhd0", "off");
	ok(problem("boot with amd_iommu=viommu"), "off: the remedy is a boot option");
	ok(problem("ivhd0: off"), "off: it says which");
	make_iommu("ivhd1", "firmware-bug");
	ok(problem("ivhd1: firmware-bug"), "every IOMMU is listed");
	make_iommu("ivhd0", "unsupported");
	ok(problem("firmware"), "firmware bug: the remedy is an update");
	make_iommu("ivhd1", "unsupported");
	ok(problem("hardware"), "unsupported by all");
	make_iommu("ivhd3", NULL);
	ok(!problem(NULL), "no file, no judgement");
	make_iommu("ivhd3", "failed");
	ok(problem("dmesg"), "failed: the kernel's log says why");
	make_iommu("ivhd1", "enabled");
	ok(!problem(NULL), "one that is enabled will do");

	snprintf(command, sizeof(command), "rm -rf %s/*", dir);
	ok(!system(command), "clean up");
	test_order();
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ok(!system(command), "clean up");
	return tap_end();
}
