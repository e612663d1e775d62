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

#endif /* LIB_SYS_CAPS_H */
