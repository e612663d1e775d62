/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways to write a session; each returns how to exit.
 */
#ifndef TOP_OUT_OUT_H
#define TOP_OUT_OUT_H

#include "view/session.h"

enum exit_code batch_run(struct session *s);
enum exit_code json_run(struct session *s);
enum exit_code csv_run(struct session *s);
enum exit_code textfile_run(struct session *s);
enum exit_code listen_run(struct session *s);
/** listen_without() - Serve that there is no vIOMMU, until told to stop */
enum exit_code listen_without(const struct options *opts, const struct iommus *iommus);
enum exit_code resolve_run(struct session *s);

#endif /* TOP_OUT_OUT_H */
