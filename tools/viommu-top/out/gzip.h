/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gzip, as HTTP has it.
 */
#ifndef TOP_OUT_GZIP_H
#define TOP_OUT_GZIP_H

#include <stddef.h>

/**
 * gzip_text() - Compress
 * @text: what
 * @len:  its length; gets that of the result
 *
 * Return: allocated; NULL without memory.
 */
char *gzip_text(const char *text, size_t *len);

#endif /* TOP_OUT_GZIP_H */
