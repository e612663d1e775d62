/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the BTF of the running kernel has for BPF programs to attach to.
 */
#ifndef LIB_SYS_KERNELBTF_H
#define LIB_SYS_KERNELBTF_H

#include <stdbool.h>

struct btf;

/**
 * kernelbtf_get() - The BTF of the running kernel
 *
 * Return: NULL if there is none, with errno set.
 */
const struct btf *kernelbtf_get(void);

/**
 * kernelbtf_tracepoint() - Find a tracepoint
 * @name: without its system
 *
 * Return: the ID of the type that a program for it attaches to, 0 if there is none.
 */
int kernelbtf_tracepoint(const char *name);

/**
 * kernelbtf_iterator() - Find a BPF iterator
 * @name: what it goes over
 *
 * Return: the ID of the type that a program for it attaches to, 0 if there is none.
 */
int kernelbtf_iterator(const char *name);

/**
 * kernelbtf_function() - Whether the arguments of a function are known
 * @name: of the function
 */
bool kernelbtf_function(const char *name);

/** kernelbtf_free() - Release its memory; it is read anew if it is asked for */
void kernelbtf_free(void);

#endif /* LIB_SYS_KERNELBTF_H */
