/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What BPF iterators list.
 */
#ifndef LIB_BPF_OBJECTS_H
#define LIB_BPF_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>

#include <bpf/libbpf.h>

/**
 * list_objects() - Deliver what an iterator program lists
 * @iterator: program, loaded
 * @size:     of a record, 256 bytes at most
 * @each:     is called for each
 * @context:  its first argument
 *
 * Return: false on failure; the reason is on stderr then.
 */
bool list_objects(const struct bpf_program *iterator, size_t size,
		  void (*each)(void *context, const void *record), void *context);

#endif /* LIB_BPF_OBJECTS_H */
