// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-play: steps on the guest's memory and on the tables in it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/iommufd.h"
#include "play.h"

#define PAGE_SHIFT(level) (12 + 9 * (level))

/* As many numbers as words, in order */
static bool numbers(int argc, char **argv, uint64_t *values)
{
	for (int i = 0; i < argc; i++)
		if (!word_number(argv[i], &values[i]))
			return false;
	return true;
}

static int step_ram(struct play *play, int argc, char **argv)
{
	struct object *ioas = object_find(play, argv[0], OBJECT_IOAS);
	uint64_t n[2];
	void *mem;

	if (!ioas || !numbers(argc - 1, argv + 1, n))
		return PLAY_USAGE;
	mem = guest_ram_add(&play->ram, n[0], n[1]);
	return mem ? iommufd_map(play->iommufd, ioas->id, mem, n[0], n[1]) : -ENOMEM;
}

static int step_unmap(struct play *play, int argc, char **argv)
{
	struct object *ioas = object_find(play, argv[0], OBJECT_IOAS);
	uint64_t n[2];

	if (!ioas || !numbers(argc - 1, argv + 1, n))
		return PLAY_USAGE;
	return iommufd_unmap(play->iommufd, ioas->id, n[0], n[1]);
}

/* Map guest memory where it was, or somewhere else, perhaps read-only */
static int step_map(struct play *play, int argc, char **argv)
{
	struct object *ioas = object_find(play, argv[0], OBJECT_IOAS);
	bool readonly = argc == 5;
	uint64_t n[3];
	void *mem;

	if (!ioas || !numbers(3, argv + 1, n) || (readonly && strcmp(argv[4], "ro")))
		return PLAY_USAGE;
	mem = guest_ram_at(&play->ram, n[1], n[2]);
	if (!mem)
		return -EFAULT;
	return iommufd_map_access(play->iommufd, ioas->id, mem, n[0], n[2], !readonly);
}

static int undo_map(struct play *play, int argc, char **argv)
{
	struct object *ioas = object_find(play, argv[0], OBJECT_IOAS);
	uint64_t n[3];

	(void)argc;
	if (!ioas || !numbers(3, argv + 1, n))
		return PLAY_USAGE;
	return iommufd_unmap(play->iommufd, ioas->id, n[0], n[2]);
}

static int step_write(struct play *play, int argc, char **argv)
{
	uint64_t gpa;
	void *mem;

	(void)argc;
	if (!word_number(argv[0], &gpa))
		return PLAY_USAGE;
	mem = guest_ram_at(&play->ram, gpa, strlen(argv[1]) + 1);
	if (!mem)
		return -EFAULT;
	memcpy(mem, argv[1], strlen(argv[1]) + 1);
	return 0;
}

static int step_check(struct play *play, int argc, char **argv)
{
	size_t len = strlen(argv[1]) + 1;
	uint64_t gpa;
	void *mem;

	(void)argc;
	if (!word_number(argv[0], &gpa))
		return PLAY_USAGE;
	mem = guest_ram_at(&play->ram, gpa, len);
	if (!mem)
		return -EFAULT;
	if (!memcmp(mem, argv[1], len))
		return 0;
	snprintf(play->says, sizeof(play->says), "\"%.32s\"", (char *)mem);
	return -EILSEQ;
}

static int step_fill(struct play *play, int argc, char **argv)
{
	uint64_t n[3];
	void *mem;

	if (!numbers(argc, argv, n))
		return PLAY_USAGE;
	mem = guest_ram_at(&play->ram, n[0], n[1]);
	if (!mem)
		return -EFAULT;
	memset(mem, n[2], n[1]);
	return 0;
}

/* The same noise for the same seed */
static int step_noise(struct play *play, int argc, char **argv)
{
	unsigned char *mem;
	unsigned int seed;
	uint64_t n[3];

	if (!numbers(argc, argv, n))
		return PLAY_USAGE;
	mem = guest_ram_at(&play->ram, n[0], n[1]);
	if (!mem)
		return -EFAULT;
	seed = n[2];
	for (uint64_t i = 0; i < n[1]; i++)
		mem[i] = rand_r(&seed) >> 8;
	return 0;
}

static int step_s1_pool(struct play *play, int argc, char **argv)
{
	uint64_t n[2];

	if (!numbers(argc, argv, n))
		return PLAY_USAGE;
	play->tables = (struct stage1_pool){.next = n[0], .end = n[0] + n[1]};
	return 0;
}

static int step_s1_gcr3(struct play *play, int argc, char **argv)
{
	uint64_t n[2], pasid = 0;

	if (!numbers(2, argv, n) || !word_option(argc - 2, argv + 2, "pasid", &pasid))
		return PLAY_USAGE;
	return stage1_gcr3_set(&play->ram, n[0], pasid, n[1]);
}

static int step_s1_map(struct play *play, int argc, char **argv)
{
	uint64_t flags = STAGE1_W | STAGE1_U, n[4];
	unsigned int level = 0;
	int ret = 0;

	if (!numbers(4, argv, n))
		return PLAY_USAGE;
	for (int i = 4; i < argc; i++) {
		if (!strcmp(argv[i], "ro"))
			flags &= ~STAGE1_W;
		else if (!strcmp(argv[i], "super"))
			flags &= ~STAGE1_U;
		else if (!strcmp(argv[i], "2m"))
			level = 1;
		else if (!strcmp(argv[i], "1g"))
			level = 2;
		else
			return PLAY_USAGE;
	}
	for (uint64_t done = 0; done < n[3] && !ret; done += 1ULL << PAGE_SHIFT(level))
		ret = stage1_map(&play->ram, &play->tables, n[0], n[1] + done, n[2] + done, flags,
				 level);
	return ret;
}

static int step_s1_unmap(struct play *play, int argc, char **argv)
{
	uint64_t n[2];

	if (!numbers(argc, argv, n))
		return PLAY_USAGE;
	return stage1_unmap(&play->ram, n[0], n[1]);
}

static int step_reg_read(struct play *play, int argc, char **argv)
{
	struct object *viommu = object_find(play, argv[0], OBJECT_VIOMMU);
	uint64_t offset;

	(void)argc;
	if (!viommu || !word_number(argv[1], &offset) || offset > 4088 || offset % 4)
		return PLAY_USAGE;
	snprintf(play->says, sizeof(play->says), "0x%x",
		 *(volatile uint32_t *)((volatile char *)viommu->vf + offset));
	return 0;
}

static int step_reg_write(struct play *play, int argc, char **argv)
{
	struct object *viommu = object_find(play, argv[0], OBJECT_VIOMMU);
	uint64_t n[2];

	if (!viommu || !numbers(argc - 1, argv + 1, n) || n[0] > 4088 || n[0] % 4)
		return PLAY_USAGE;
	*(volatile uint32_t *)((volatile char *)viommu->vf + n[0]) = n[1];
	return 0;
}

static int step_sleep(struct play *play, int argc, char **argv)
{
	uint64_t ms;

	(void)play;
	if (!numbers(argc, argv, &ms))
		return PLAY_USAGE;
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
	return 0;
}

const struct step memory_steps[] = {
	{"ram", "IOAS GPA SIZE", 3, 3, false, step_ram, NULL},
	{"unmap", "IOAS GPA SIZE", 3, 3, true, step_unmap, NULL},
	{"map", "IOAS GPA RAM-GPA SIZE [ro]", 4, 5, true, step_map, undo_map},
	{"mem-write", "GPA WORD", 2, 2, false, step_write, NULL},
	{"mem-check", "GPA WORD", 2, 2, false, step_check, NULL},
	{"mem-fill", "GPA SIZE BYTE", 3, 3, false, step_fill, NULL},
	{"mem-noise", "GPA SIZE SEED", 3, 3, false, step_noise, NULL},
	{"s1-pool", "GPA SIZE", 2, 2, false, step_s1_pool, NULL},
	{"s1-gcr3", "GCR3 ROOT [pasid=N]", 2, 3, false, step_s1_gcr3, NULL},
	{"s1-map", "ROOT IOVA GPA SIZE [ro] [super] [2m|1g]", 4, 7, false, step_s1_map, NULL},
	{"s1-unmap", "ROOT IOVA", 2, 2, false, step_s1_unmap, NULL},
	{"reg-read", "VIOMMU OFFSET", 2, 2, false, step_reg_read, NULL},
	{"reg-write", "VIOMMU OFFSET VALUE", 3, 3, false, step_reg_write, NULL},
	{"sleep", "MILLISECONDS", 1, 1, false, step_sleep, NULL},
	{},
};
