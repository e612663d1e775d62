// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-play: what a script made, by name.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "play.h"

static const char *const kinds[] = {
	[OBJECT_IOAS] = "IOAS",	    [OBJECT_DEVICE] = "device",	  [OBJECT_HWPT] = "page table",
	[OBJECT_VIOMMU] = "vIOMMU", [OBJECT_VDEVICE] = "vDevice", [OBJECT_VEVENTQ] = "event queue",
	[OBJECT_QUEUE] = "queue",   [OBJECT_IRQ] = "interrupt",
};

/** object_any() - The object of that name, or NULL after a complaint */
struct object *object_any(struct play *play, const char *name)
{
	for (struct object *o = play->objects; o; o = o->next)
		if (!strcmp(o->name, name))
			return o;
	fprintf(stderr, "viommu-play: there is no \"%s\"\n", name);
	return NULL;
}

/** object_find() - The object of that name and kind, or NULL after a complaint */
struct object *object_find(struct play *play, const char *name, enum object_kind kind)
{
	struct object *object = object_any(play, name);

	if (!object || object->kind == kind)
		return object;
	fprintf(stderr, "viommu-play: \"%s\" is no %s\n", name, kinds[kind]);
	return NULL;
}

/** object_add() - A new object, or NULL after a complaint */
struct object *object_add(struct play *play, const char *name, enum object_kind kind)
{
	struct object *object;

	for (object = play->objects; object; object = object->next) {
		if (!strcmp(object->name, name)) {
			fprintf(stderr, "viommu-play: there is a \"%s\" already\n", name);
			return NULL;
		}
	}
	object = calloc(1, sizeof(*object));
	if (!object)
		return NULL;
	snprintf(object->name, sizeof(object->name), "%s", name);
	object->kind = kind;
	object->fd = -1;
	object->next = play->objects;
	play->objects = object;
	return object;
}

/** object_remove() - Forget an object and close what belongs to it */
void object_remove(struct play *play, struct object *object)
{
	struct object **link = &play->objects;

	while (*link != object)
		link = &(*link)->next;
	*link = object->next;

	if (object->bar)
		munmap((void *)object->bar, object->bar_size);
	if (object->vf)
		munmap((void *)object->vf, 4096);
	if (object->fd >= 0)
		close(object->fd);
	free(object);
}
