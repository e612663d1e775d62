/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * viommu-play: one VMM that does what a script says, step by step.
 */
#ifndef VMM_PLAY_H
#define VMM_PLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "guest/guest_queue.h"
#include "guest/guest_ram.h"
#include "guest/stage1.h"

/* A step that makes no sense, as opposed to one that fails */
#define PLAY_USAGE (-10000)

enum object_kind {
	OBJECT_IOAS,
	OBJECT_DEVICE,
	OBJECT_HWPT,
	OBJECT_VIOMMU,
	OBJECT_VDEVICE,
	OBJECT_VEVENTQ,
	OBJECT_QUEUE,
	OBJECT_IRQ,
};

struct dma_engine;

/**
 * struct object - Something the script made and gave a name
 * @name: unique among those that exist
 * @kind: what it is
 * @id:   its iommufd ID; of an interrupt, its vIOMMU's
 * @index: which interrupt it is
 * @fd:   file of a device, an event queue or an interrupt, else -1
 * @bar:  a device's BAR 0
 * @bar_size: size of that
 * @attached: ID of the table that it does DMA through, or 0
 * @before: what that was before the last change
 * @dma:  how to make the device do DMA, or NULL if nobody knows
 * @vf:   a vIOMMU's VF page
 * @queue: the guest's end of a queue
 * @next: next of the list
 */
struct object {
	char name[32];
	enum object_kind kind;
	uint32_t id;
	uint32_t index;
	int fd;
	volatile void *bar;
	size_t bar_size;
	uint32_t attached;
	uint32_t before;
	const struct dma_engine *dma;
	volatile void *vf;
	struct guest_queue queue;
	struct object *next;
};

/**
 * struct play - The VMM
 * @iommufd: file of iommufd
 * @objects: what exists by name
 * @ram:     the guest's memory
 * @tables:  where pages of the guest's own tables come from
 * @says:    what the step wants to tell beside its success, "" for nothing
 * @faults:  faults that the kernel is told to have, or NULL
 */
struct play {
	int iommufd;
	struct object *objects;
	struct guest_ram ram;
	struct stage1_pool tables;
	char says[256];
	struct fault_injection *faults;
};

/* Lines of a script with faults */
#define FAULT_LINES_MAX 256

/**
 * struct fault_line - How far a line has come
 * @nth:  the last of its allocations that failed
 * @done: there is none behind that
 */
struct fault_line {
	long nth;
	bool done;
};

/**
 * struct fault_injection - Faults of a script, see play_faults.c
 * @fd:      /proc/thread-self/fail-nth
 * @same:    patterns of files that stay as they are when a step fails
 * @nr_same: their number
 * @lines:   by number
 * @count:   faults so far
 * @again:   a step passed with one, so that the next is for the next round
 */
struct fault_injection {
	int fd;
	char *const *same;
	size_t nr_same;
	struct fault_line lines[FAULT_LINES_MAX];
	unsigned long count;
	bool again;
};

/**
 * struct step - A kind of step
 * @name: first word
 * @args: how to call it, for messages
 * @min:  arguments it needs
 * @max:  arguments it takes
 * @calls: it calls the kernel to change something, and may be tried again
 * @run:  does it; returns 0, a negative errno, or PLAY_USAGE after saying why
 * @undo: undoes it after it worked, with the same arguments; or NULL
 */
struct step {
	const char *name;
	const char *args;
	int min;
	int max;
	bool calls;
	int (*run)(struct play *play, int argc, char **argv);
	int (*undo)(struct play *play, int argc, char **argv);
};

extern const struct step object_steps[];
extern const struct step memory_steps[];
extern const struct step dirty_steps[];
extern const struct step dma_steps[];
extern const struct step queue_steps[];
extern const struct step kvm_steps[];
extern const struct step irq_steps[];
extern const struct step hold_steps[];

/* play.c */
int play_file(struct play *play, FILE *script, bool keep_going);

/* play_script.c */
int play_line(struct play *play, char *line, unsigned int number);

/* play_faults.c */
int play_with_faults(const char *path, char *const *same, size_t nr_same);
int fault_step(struct play *play, const struct step *step, unsigned int line, int argc,
	       char **argv);

/* play_objects.c */
struct object *object_find(struct play *play, const char *name, enum object_kind kind);
struct object *object_any(struct play *play, const char *name);
struct object *object_add(struct play *play, const char *name, enum object_kind kind);
void object_remove(struct play *play, struct object *object);

/* play_words.c */
bool word_number(const char *word, uint64_t *value);
bool word_option(int argc, char **argv, const char *name, uint64_t *value);

#endif
