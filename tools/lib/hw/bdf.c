// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requester IDs as bus:device.function.
 */
#include <stdio.h>
#include <string.h>

#include "lib/hw/bdf.h"

const char *bdf_format(char *buf, size_t len, uint16_t id)
{
	snprintf(buf, len, "%02x:%02x.%x", id >> 8, id >> 3 & 0x1f, id & 7);
	return buf;
}

const char *bdf_parse(uint16_t *id, const char *text)
{
	/* scanf() takes signs and blanks, too */
	int digits = strspn(text, "0123456789abcdefABCDEF:."), end = 0;
	unsigned int bus, device, function;

	if (sscanf(text, "%2x:%2x.%1x%n", &bus, &device, &function, &end) != 3 || end > digits ||
	    device > 0x1f || function > 7)
		return NULL;
	*id = bus << 8 | device << 3 | function;
	return text + end;
}
