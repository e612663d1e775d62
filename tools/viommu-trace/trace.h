/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands of viommu-trace.
 *
 * Each gets its own arguments, with its name as argv[0].
 */
#ifndef TRACE_H
#define TRACE_H

#include "exitcode.h"

enum exit_code cmd_check(int argc, char **argv);
enum exit_code cmd_events(int argc, char **argv);
enum exit_code cmd_explain(int argc, char **argv);
enum exit_code cmd_latency(int argc, char **argv);

/**
 * trace_ready() - Whether this machine has all it takes; complains if not
 */
enum exit_code trace_ready(void);

#endif /* TRACE_H */
