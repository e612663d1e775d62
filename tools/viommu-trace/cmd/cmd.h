/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands of viommu-trace.
 *
 * Each gets its own arguments, with its name as argv[0].
 */
#ifndef TRACE_CMD_CMD_H
#define TRACE_CMD_CMD_H

#include <stdbool.h>

#include "lib/text/exitcode.h"

/* What is recorded, if nobody says where */
#define TRACE_FILE "viommu.trace"

enum exit_code cmd_check(int argc, char **argv);
enum exit_code cmd_bundle(int argc, char **argv);
enum exit_code cmd_diff(int argc, char **argv);
enum exit_code cmd_events(int argc, char **argv);
enum exit_code cmd_export(int argc, char **argv);
enum exit_code cmd_explain(int argc, char **argv);
enum exit_code cmd_fly(int argc, char **argv);
enum exit_code cmd_latency(int argc, char **argv);
enum exit_code cmd_record(int argc, char **argv);
enum exit_code cmd_report(int argc, char **argv);

/**
 * trace_ready() - Whether this machine has all it takes; complains if not
 *
 * No vIOMMU is no reason not to be, and is told.
 */
enum exit_code trace_ready(void);

/**
 * trace_has_driver() - Whether the kernel has our driver; complains if not
 * @what: takes it
 */
bool trace_has_driver(const char *what);

/** trace_check() - Print what it takes, and whether it is there */
enum exit_code trace_check(void);

#endif /* TRACE_CMD_CMD_H */
