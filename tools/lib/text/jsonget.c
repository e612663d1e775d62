// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values of JSON objects, whatever they are.
 */
#include "lib/text/jsonget.h"

uint64_t json_get_u64(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value))
		return 0;
	return json_object_get_uint64(value);
}

const char *json_get_string(struct json_object *object, const char *key)
{
	struct json_object *value;
	const char *text = NULL;

	if (json_object_object_get_ex(object, key, &value))
		text = json_object_get_string(value);
	return text ? text : "";
}

bool json_get_flag(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) && json_object_get_boolean(value);
}

bool json_has(struct json_object *object, const char *key)
{
	return json_object_object_get_ex(object, key, NULL);
}

size_t json_get_list(struct json_object *object, const char *key, struct json_object **list)
{
	if (!json_object_object_get_ex(object, key, list) ||
	    !json_object_is_type(*list, json_type_array))
		return 0;
	return json_object_array_length(*list);
}
