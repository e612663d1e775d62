/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a reader of metrics asks for, by the headers of its request.
 */
#ifndef TOP_OUT_NEGOTIATE_H
#define TOP_OUT_NEGOTIATE_H

#include <stdbool.h>

#include "out/expo.h"

/**
 * negotiate_format() - The format that a reader likes best
 * @accept: its Accept header; NULL for none
 *
 * Return: the text format unless OpenMetrics 1.0 is asked for by name: people, and
 * what they look with, take anything.
 */
enum expo_format negotiate_format(const char *accept);

/**
 * negotiate_gzip() - Whether a reader takes gzip
 * @accept_encoding: its header; NULL for none
 */
bool negotiate_gzip(const char *accept_encoding);

#endif /* TOP_OUT_NEGOTIATE_H */
