/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libbpf's messages: kept back until something fails.
 */
#ifndef LIB_BPF_BPFLOG_H
#define LIB_BPF_BPFLOG_H

#include <stdbool.h>

#include "lib/text/exitcode.h"

/**
 * bpflog_init() - Take over libbpf's messages
 * @verbose: pass all of them on to stderr at once
 */
void bpflog_init(bool verbose);

/**
 * bpflog_print_tail() - Print the last lines to stderr
 * @lines: how many at most
 *
 * Prints nothing when all of them went to stderr anyway.
 */
void bpflog_print_tail(int lines);

/**
 * bpflog_load_error() - Say why BPF programs could not be loaded
 * @err: negative errno
 *
 * Return: how to exit.
 */
enum exit_code bpflog_load_error(int err);

#endif /* LIB_BPF_BPFLOG_H */
