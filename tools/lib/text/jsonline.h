/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NDJSON: one object a line.
 */
#ifndef LIB_TEXT_JSONLINE_H
#define LIB_TEXT_JSONLINE_H

#include <stdint.h>

#include <json-c/json.h>

/*
 * Version of what is written: 2 since times since 1970 and what is shown as hexadecimal
 * are strings, as many readers have only 53 bits for numbers
 */
#define JSON_VERSION 2

/** json_add_u64() - Add a number to an object, which is not expected to need 53 bits */
void json_add_u64(struct json_object *object, const char *key, uint64_t value);

/** json_add_digits() - Add a number that needs more bits to an object, as a string */
void json_add_digits(struct json_object *object, const char *key, uint64_t value);

/** json_add_hex() - Likewise a register or an address, hexadecimal */
void json_add_hex(struct json_object *object, const char *key, uint64_t value);

/** json_add_string() - Add a string to an object; null if there is none */
void json_add_string(struct json_object *object, const char *key, const char *value);

/** json_print_line() - Print an object to stdout, as a line, and release it */
void json_print_line(struct json_object *object);

#endif /* LIB_TEXT_JSONLINE_H */
