/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Capabilities of this process.
 */
#ifndef LIB_SYS_CAPS_H
#define LIB_SYS_CAPS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * caps_missing() - What is missing to load tracing programs
 * @buf: names of the missing capabilities, such as "CAP_BPF and CAP_PERFMON"
 * @len: its size
 *
 * Return: false if nothing is missing.
 */
bool caps_missing(char *buf, size_t len);

/**
 * caps_drop() - Give up all capabilities, for good
 *
 * It is of the thread that calls it: do so before there are others.
 *
 * Return: false with errno set.
 */
bool caps_drop(void);

#endif /* LIB_SYS_CAPS_H */
