/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NDJSON: one object a line.
 */
#ifndef LIB_TEXT_JSONLINE_H
#define LIB_TEXT_JSONLINE_H

#include <stdint.h>

#include <json-c/json.h>

/** json_add_u64() - Add a number to an object */
void json_add_u64(struct json_object *object, const char *key, uint64_t value);

/** json_add_string() - Add a string to an object; null if there is none */
void json_add_string(struct json_object *object, const char *key, const char *value);

/** json_print_line() - Print an object to stdout, as a line, and release it */
void json_print_line(struct json_object *object);

#endif /* LIB_TEXT_JSONLINE_H */
