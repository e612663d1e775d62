// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-play: steps of a guest with queues in hardware. Allocating one and
 * writing the control register are calls of the VMM; what the guest does with
 * a queue is none.
 */
#include <errno.h>
#include <linux/iommufd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/iommufd.h"
#include "play.h"

#define TIMEOUT_MS 10000

/* Opcodes, in the upper bits of the first word */
#define CMD(opcode) ((uint64_t)(opcode) << 60)
#define CMD_COMPLETION_WAIT CMD(1)
#define CMD_INV_DEVTAB CMD(2)
#define CMD_INV_PAGES CMD(3)
#define CMD_INV_IOTLB CMD(4)
#define CMD_COMPLETE_PPR CMD(7)
#define CMD_INV_ALL CMD(8)
#define WAIT_STORE 1
#define INV_S 1
#define INV_GN 4
#define INV_EVERYTHING 0x7ffffffffffff000ull

static const struct {
	const char *name;
	uint32_t type;
} types[] = {
	[GUEST_QUEUE_CMD] = {"cmd", IOMMU_HW_QUEUE_TYPE_AMD_CMD},
	[GUEST_QUEUE_EVT] = {"evt", IOMMU_HW_QUEUE_TYPE_AMD_EVT},
	[GUEST_QUEUE_PPR] = {"ppr", IOMMU_HW_QUEUE_TYPE_AMD_PPR},
};

static int find_type(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(name, types[i].name))
			return i;
	return -1;
}

static int step_queue(struct play *play, int argc, char **argv)
{
	struct object *viommu = object_find(play, argv[1], OBJECT_VIOMMU), *object;
	uint64_t gpa, size, index = 0;
	int type = find_type(argv[2]), ret;

	if (!viommu || type < 0 || !word_number(argv[3], &gpa) || !word_number(argv[4], &size) ||
	    !word_option(argc - 5, argv + 5, "index", &index))
		return PLAY_USAGE;
	object = object_add(play, argv[0], OBJECT_QUEUE);
	if (!object)
		return PLAY_USAGE;
	object->queue = (struct guest_queue){
		.type = type,
		.ring = guest_ram_at(&play->ram, gpa, size),
		.size = size,
		.vf = viommu->vf,
	};
	ret = iommufd_queue_alloc(play->iommufd, viommu->id, types[type].type, index, gpa, size,
				  &object->id);
	if (ret)
		object_remove(play, object);
	return ret;
}

static int undo_queue(struct play *play, int argc, char **argv)
{
	struct object *queue = object_find(play, argv[0], OBJECT_QUEUE);
	int ret = queue ? iommufd_destroy(play->iommufd, queue->id) : PLAY_USAGE;

	(void)argc;
	if (!ret)
		object_remove(play, queue);
	return ret;
}

/* What can be done twice need not be undone */
static int undo_nothing(struct play *play, int argc, char **argv)
{
	(void)play;
	(void)argc;
	(void)argv;
	return 0;
}

static int step_control(struct play *play, int argc, char **argv)
{
	struct object *viommu = object_find(play, argv[0], OBJECT_VIOMMU);
	uint64_t control;

	if (!viommu)
		return PLAY_USAGE;
	if (argc == 1) {
		int ret = iommufd_control_get(play->iommufd, viommu->id, &control);

		snprintf(play->says, sizeof(play->says), "0x%llx", (unsigned long long)control);
		return ret;
	}
	if (!word_number(argv[1], &control))
		return PLAY_USAGE;
	return iommufd_control_set(play->iommufd, viommu->id, control);
}

static struct guest_queue *find_queue(struct play *play, const char *name, bool commands)
{
	struct object *object = object_find(play, name, OBJECT_QUEUE);

	if (!object)
		return NULL;
	if ((object->queue.type == GUEST_QUEUE_CMD) != commands) {
		fprintf(stderr, "viommu-play: \"%s\" is a %s\n", name,
			commands ? "log" : "command buffer");
		return NULL;
	}
	if (!object->queue.ring) {
		fprintf(stderr, "viommu-play: \"%s\" is not in guest memory\n", name);
		return NULL;
	}
	return &object->queue;
}

static int step_cmd(struct play *play, int argc, char **argv)
{
	struct guest_queue *queue = find_queue(play, argv[0], true);
	uint64_t cmd[2], times = 1;
	int ret = 0;

	if (!queue || !word_number(argv[1], &cmd[0]) || !word_number(argv[2], &cmd[1]) ||
	    !word_option(argc - 3, argv + 3, "times", &times))
		return PLAY_USAGE;
	while (times-- && !ret)
		ret = guest_queue_submit(queue, cmd, TIMEOUT_MS);
	return ret;
}

/* COMPLETION_WAIT: the hardware stores a value that is not there yet */
static int wait_once(struct guest_queue *queue, uint64_t gpa, volatile uint64_t *word,
		     uint64_t timeout)
{
	uint64_t cmd[2] = {CMD_COMPLETION_WAIT | gpa | WAIT_STORE, *word + 1};
	int ret = guest_queue_submit(queue, cmd, timeout);

	if (!ret && !guest_queue_poll(word, cmd[1], timeout))
		ret = -ETIMEDOUT;
	return ret;
}

#define WAITS_MAX 4096

static int compare_ns(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* With several times, how long they took is told */
static int step_wait(struct play *play, int argc, char **argv)
{
	struct guest_queue *queue = find_queue(play, argv[0], true);
	uint64_t gpa, timeout = TIMEOUT_MS, times = 1;
	uint64_t ns[WAITS_MAX];
	volatile uint64_t *word;

	if (!queue || !word_number(argv[1], &gpa) ||
	    !word_option(argc - 2, argv + 2, "timeout", &timeout) ||
	    !word_option(argc - 2, argv + 2, "times", &times) || !times || times > WAITS_MAX)
		return PLAY_USAGE;
	word = guest_ram_at(&play->ram, gpa, 8);
	if (!word || gpa % 8)
		return -EFAULT;
	for (uint64_t i = 0; i < times; i++) {
		uint64_t start = now_ns();
		int ret = wait_once(queue, gpa, word, timeout);

		if (ret)
			return ret;
		ns[i] = now_ns() - start;
	}
	if (times == 1)
		return 0;
	qsort(ns, times, sizeof(*ns), compare_ns);
	snprintf(play->says, sizeof(play->says), "p50_ns=%llu p99_ns=%llu",
		 (unsigned long long)ns[times / 2], (unsigned long long)ns[times * 99 / 100]);
	return 0;
}

static int submit(struct guest_queue *queue, uint64_t low, uint64_t high)
{
	uint64_t cmd[2] = {low, high};

	return guest_queue_submit(queue, cmd, TIMEOUT_MS);
}

/* All of a domain, or one page; of a guest's own tables if a PASID is given */
static int step_inv_pages(struct play *play, int argc, char **argv)
{
	struct guest_queue *queue = find_queue(play, argv[0], true);
	uint64_t gdom_id, address = ~0ull, pasid = 0, times = 1;
	int ret = 0;

	if (!queue || !word_number(argv[1], &gdom_id) ||
	    !word_option(argc - 2, argv + 2, "address", &address) ||
	    !word_option(argc - 2, argv + 2, "pasid", &pasid) ||
	    !word_option(argc - 2, argv + 2, "times", &times))
		return PLAY_USAGE;
	address = address == ~0ull ? INV_EVERYTHING | INV_S : address & ~0xfffull;
	while (times-- && !ret)
		ret = submit(queue, CMD_INV_PAGES | (gdom_id & 0xffff) << 32 | (pasid & 0xfffff),
			     address | 2 | INV_GN);
	return ret;
}

static int step_inv_devtab(struct play *play, int argc, char **argv)
{
	struct guest_queue *queue = find_queue(play, argv[0], true);
	uint64_t gdev_id;

	(void)argc;
	if (!queue || !word_number(argv[1], &gdev_id))
		return PLAY_USAGE;
	return submit(queue, CMD_INV_DEVTAB | (gdev_id & 0xffff), 0);
}

/* Everything of a device, or of one of its PASIDs */
static int step_inv_iotlb(struct play *play, int argc, char **argv)
{
	struct guest_queue *queue = find_queue(play, argv[0], true);
	uint64_t gdev_id, pasid = 0, gn = argc > 2 ? INV_GN : 0;

	if (!queue || !word_number(argv[1], &gdev_id) ||
	    !word_option(argc - 2, argv + 2, "pasid", &pasid))
		return PLAY_USAGE;
	return submit(queue,
		      CMD_INV_IOTLB | (gdev_id & 0xffff) | (pasid >> 8 & 0xff) << 16 |
			      (pasid & 0xff) << 48,
		      INV_EVERYTHING | INV_S | gn);
}

/* The answer to a page request: code 0 is success */
static int step_complete_ppr(struct play *play, int argc, char **argv)
{
	struct guest_queue *queue = find_queue(play, argv[0], true);
	uint64_t gdev_id, group, code, pasid = 0, gn = argc > 4 ? INV_GN : 0;

	if (!queue || !word_number(argv[1], &gdev_id) || !word_number(argv[2], &group) ||
	    !word_number(argv[3], &code) || !word_option(argc - 4, argv + 4, "pasid", &pasid))
		return PLAY_USAGE;
	return submit(queue, CMD_COMPLETE_PPR | (gdev_id & 0xffff) | (pasid & 0xfffff) << 32,
		      gn | (group & 0x1ff) << 32 | (code & 0xf) << 44);
}

static int step_inv_all(struct play *play, int argc, char **argv)
{
	struct guest_queue *queue = find_queue(play, argv[0], true);

	(void)argc;
	return queue ? submit(queue, CMD_INV_ALL, 0) : PLAY_USAGE;
}

/* The VMM forwards commands that it trapped, in one call */
static int step_invalidate(struct play *play, int argc, char **argv)
{
	struct object *viommu = object_find(play, argv[0], OBJECT_VIOMMU);
	uint64_t words[14] = {};
	uint32_t nr = (argc - 1) / 2;
	int ret;

	if (!viommu || argc % 2 == 0)
		return PLAY_USAGE;
	for (int i = 1; i < argc; i++)
		if (!word_number(argv[i], &words[i - 1]))
			return PLAY_USAGE;
	ret = iommufd_invalidate(play->iommufd, viommu->id, (const uint64_t(*)[2])words, &nr);
	snprintf(play->says, sizeof(play->says), "done=%u", nr);
	return ret;
}

/*
 * One command of noise: sparse or dense, most often of an opcode that can be
 * forwarded, and then about as often with nothing where nothing may be
 */
static void make_noise(unsigned int *seed, uint64_t cmd[2])
{
	static const uint64_t fields[8][2] = {
		[1] = {0x000ffffffffffffc, ~0ull},
		[2] = {0x000000000000ffff, 0},
		[3] = {0x0000ffff000fffff, 0xfffffffffffff007},
		[4] = {0x0fffffffffffffff, 0xfffffffffffff005},
	};
	unsigned int how = (unsigned int)rand_r(seed), opcode = how >> 4 & 7;

	for (int i = 0; i < 2; i++) {
		cmd[i] = ~0ull;
		for (int n = 0; n <= (int)(how >> (2 * i) & 3); n++)
			cmd[i] &= (uint64_t)rand_r(seed) << 48 ^ (uint64_t)rand_r(seed) << 24 ^
				  (uint64_t)rand_r(seed);
	}
	if (how & 0x1000)
		return;
	if (how & 0x2000) {
		cmd[0] &= fields[opcode][0];
		cmd[1] &= fields[opcode][1];
	}
	cmd[0] = (cmd[0] & ~(0xfull << 60)) | (uint64_t)opcode << 60;
	if (how & 0x4000)
		cmd[0] = (cmd[0] & ~0xffffull) | 0x10;
}

/* Forwards noise, and tells how much of it the host has executed */
static int step_noise(struct play *play, int argc, char **argv)
{
	struct object *viommu = object_find(play, argv[0], OBJECT_VIOMMU);
	uint64_t nr, seed, done = 0;
	unsigned int state;

	(void)argc;
	if (!viommu || !word_number(argv[1], &nr) || !word_number(argv[2], &seed))
		return PLAY_USAGE;
	state = (unsigned int)seed;
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t cmd[1][2];
		uint32_t one = 1;
		int ret;

		make_noise(&state, cmd[0]);
		ret = iommufd_invalidate(play->iommufd, viommu->id, (const uint64_t(*)[2])cmd,
					 &one);
		done += !ret;
		/* Not permitted, no such command, no such device */
		if (ret && ret != -EINVAL && ret != -EOPNOTSUPP && ret != -ENXIO)
			return ret;
	}
	snprintf(play->says, sizeof(play->says), "done=%llu", (unsigned long long)done);
	return 0;
}

static int step_drain(struct play *play, int argc, char **argv)
{
	struct guest_queue *queue = find_queue(play, argv[0], true);
	uint64_t timeout = TIMEOUT_MS;

	if (!queue || !word_option(argc - 1, argv + 1, "timeout", &timeout))
		return PLAY_USAGE;
	return guest_queue_drain(queue, timeout);
}

static int step_log(struct play *play, int argc, char **argv)
{
	struct guest_queue *queue = find_queue(play, argv[0], false);
	uint64_t record[2], timeout = TIMEOUT_MS;
	int ret;

	if (!queue || !word_option(argc - 1, argv + 1, "timeout", &timeout))
		return PLAY_USAGE;
	ret = guest_queue_take(queue, record, timeout);
	if (!ret)
		snprintf(play->says, sizeof(play->says), "%016llx:%016llx",
			 (unsigned long long)record[1], (unsigned long long)record[0]);
	return ret;
}

const struct step queue_steps[] = {
	{"queue", "QUEUE VIOMMU cmd|evt|ppr GPA SIZE [index=N]", 5, 6, true, step_queue,
	 undo_queue},
	{"control", "VIOMMU [VALUE]", 1, 2, true, step_control, undo_nothing},
	{"cmd", "QUEUE LOW HIGH [times=N]", 3, 4, false, step_cmd, NULL},
	{"cmd-wait", "QUEUE GPA [timeout=MILLISECONDS] [times=N]", 2, 4, false, step_wait, NULL},
	{"cmd-drain", "QUEUE [timeout=MILLISECONDS]", 1, 2, false, step_drain, NULL},
	{"inv-pages", "QUEUE GDOMID [address=N] [pasid=N] [times=N]", 2, 5, false, step_inv_pages,
	 NULL},
	{"inv-devtab", "QUEUE GDEVID", 2, 2, false, step_inv_devtab, NULL},
	{"inv-iotlb", "QUEUE GDEVID [pasid=N]", 2, 3, false, step_inv_iotlb, NULL},
	{"complete-ppr", "QUEUE GDEVID GROUP CODE [pasid=N]", 4, 5, false, step_complete_ppr, NULL},
	{"inv-all", "QUEUE", 1, 1, false, step_inv_all, NULL},
	{"invalidate", "VIOMMU [LOW HIGH]…", 1, 13, true, step_invalidate, undo_nothing},
	{"invalidate-noise", "VIOMMU NUMBER SEED", 3, 3, false, step_noise, NULL},
	{"log", "QUEUE [timeout=MILLISECONDS]", 1, 2, false, step_log, NULL},
	{},
};
