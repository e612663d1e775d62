// SPDX-License-Identifier: GPL-2.0-only
/*
 * gzip, as HTTP has it.
 */
#include <stdlib.h>

#include <zlib.h>

#include "out/gzip.h"

/* With a header of gzip rather than of zlib */
#define WINDOW_BITS (MAX_WBITS + 16)
#define MEMORY_LEVEL 9

char *gzip_text(const char *text, size_t *len)
{
	z_stream z = {.next_in = (unsigned char *)text, .avail_in = *len};
	size_t room;
	char *out;

	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return NULL;
	room = deflateBound(&z, *len);
	out = malloc(room);
	if (out) {
		z.next_out = (unsigned char *)out;
		z.avail_out = room;
		/* As much room as it can take: once is enough */
		deflate(&z, Z_FINISH);
		*len = z.total_out;
	}
	deflateEnd(&z);
	return out;
}
