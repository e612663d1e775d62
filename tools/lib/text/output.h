/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Standard output, which is data: what cannot be written is lost.
 */
#ifndef LIB_TEXT_OUTPUT_H
#define LIB_TEXT_OUTPUT_H

#include <stdbool.h>

#include "lib/text/exitcode.h"

/** output_failed() - A write has failed just now: keep the reason, which is in errno */
void output_failed(void);

/** output_flush() - Let a reader have it; false once something could not be written */
bool output_flush(void);

/**
 * output_end() - Flush, and say what went wrong if that was not told before
 * @code: how to exit otherwise
 *
 * Return: EXIT_FAIL instead of EXIT_OK if something could not be written. That nobody
 * reads any more is fine.
 */
enum exit_code output_end(enum exit_code code);

#endif /* LIB_TEXT_OUTPUT_H */
