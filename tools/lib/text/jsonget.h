/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values of JSON objects, whatever they are: what is not there is 0 or "".
 */
#ifndef LIB_TEXT_JSONGET_H
#define LIB_TEXT_JSONGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

/** json_get_u64() - A number of an object */
uint64_t json_get_u64(struct json_object *object, const char *key);

/** json_get_string() - A string of an object */
const char *json_get_string(struct json_object *object, const char *key);

/** json_get_flag() - A flag of an object */
bool json_get_flag(struct json_object *object, const char *key);

/** json_has() - Whether an object has a key */
bool json_has(struct json_object *object, const char *key);

/**
 * json_get_list() - A list of an object
 * @object: the object
 * @key:    of the list
 * @list:   gets it
 *
 * Return: how long it is; 0 without one.
 */
size_t json_get_list(struct json_object *object, const char *key, struct json_object **list);

#endif /* LIB_TEXT_JSONGET_H */
