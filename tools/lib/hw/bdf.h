/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requester IDs as bus:device.function.
 */
#ifndef LIB_HW_BDF_H
#define LIB_HW_BDF_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that one has as text */
#define BDF_MAX 8

/**
 * bdf_format() - A requester ID as text
 * @buf: result
 * @len: its size, BDF_MAX at least
 * @id:  the ID
 *
 * Return: @buf.
 */
const char *bdf_format(char *buf, size_t len, uint16_t id);

/**
 * bdf_parse() - A requester ID from text
 * @id:   result
 * @text: begins with bus:device.function
 *
 * Return: what is behind it; NULL if there is none.
 */
const char *bdf_parse(uint16_t *id, const char *text);

#endif /* LIB_HW_BDF_H */
