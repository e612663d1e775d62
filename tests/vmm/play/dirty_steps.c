// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-play: steps of a VMM whose guest migrates while it runs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/iommufd.h"
#include "play.h"

#define PAGE_SIZE 4096ull
/* Names that fit into what a step says */
#define TOLD_MAX 16

/* A page is dirty as a whole, however large it is in the host's table */
static int step_small_pages(struct play *play, int argc, char **argv)
{
	struct object *ioas = object_find(play, argv[0], OBJECT_IOAS);

	(void)argc;
	return ioas ? iommufd_small_pages(play->iommufd, ioas->id) : PLAY_USAGE;
}

static int step_dirty(struct play *play, int argc, char **argv)
{
	struct object *hwpt = object_find(play, argv[0], OBJECT_HWPT);
	bool on = !strcmp(argv[1], "on");

	(void)argc;
	if (!hwpt || (!on && strcmp(argv[1], "off")))
		return PLAY_USAGE;
	return iommufd_dirty_tracking(play->iommufd, hwpt->id, on);
}

static void tell(struct play *play, const uint64_t *bitmap, uint64_t gpa, uint64_t pages)
{
	unsigned int nr = 0;
	size_t len = 0;

	for (uint64_t i = 0; i < pages; i++) {
		if (!(bitmap[i / 64] >> i % 64 & 1) || nr++ >= TOLD_MAX)
			continue;
		len += snprintf(play->says + len, sizeof(play->says) - len, "%s0x%llx",
				len ? "," : "", (unsigned long long)(gpa + i * PAGE_SIZE));
	}
	if (nr > TOLD_MAX || !nr)
		snprintf(play->says, sizeof(play->says), nr ? "%u pages" : "none", nr);
}

/* Which pages have been written since this was last asked */
static int step_dirty_pages(struct play *play, int argc, char **argv)
{
	struct object *hwpt = object_find(play, argv[0], OBJECT_HWPT);
	uint64_t gpa, size, *bitmap;
	int ret;

	(void)argc;
	if (!hwpt || !word_number(argv[1], &gpa) || !word_number(argv[2], &size) || !size ||
	    size % PAGE_SIZE)
		return PLAY_USAGE;
	bitmap = calloc(size / PAGE_SIZE / 64 + 1, sizeof(*bitmap));
	if (!bitmap)
		return -ENOMEM;
	ret = iommufd_dirty_bitmap(play->iommufd, hwpt->id, gpa, size, PAGE_SIZE, bitmap);
	if (!ret)
		tell(play, bitmap, gpa, size / PAGE_SIZE);
	free(bitmap);
	return ret;
}

const struct step dirty_steps[] = {
	{"small-pages", "IOAS", 1, 1, false, step_small_pages, NULL},
	{"dirty", "TABLE on|off", 2, 2, false, step_dirty, NULL},
	{"dirty-pages", "TABLE GPA SIZE", 3, 3, false, step_dirty_pages, NULL},
	{},
};
