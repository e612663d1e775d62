// SPDX-License-Identifier: GPL-2.0-only
/* Frames between vm-exec and vm-agent: encoding, decoding, buffers. */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frame.h"

static void make_room(struct frame_buf *buf, size_t more)
{
	size_t need = buf->len + more;

	if (need <= buf->room)
		return;
	need += need / 2;
	buf->data = realloc(buf->data, need);
	if (!buf->data)
		err(EXIT_FAILURE, "out of memory");
	buf->room = need;
}

void frame_append(struct frame_buf *buf, char type, const void *data, size_t len)
{
	unsigned char header[FRAME_HEADER] = {
		(unsigned char)type, len, len >> 8, len >> 16, len >> 24,
	};

	make_room(buf, FRAME_HEADER + len);
	memcpy(buf->data + buf->len, header, FRAME_HEADER);
	if (len)
		memcpy(buf->data + buf->len + FRAME_HEADER, data, len);
	buf->len += FRAME_HEADER + len;
}

long frame_fill(struct frame_buf *buf, int fd)
{
	ssize_t got;

	make_room(buf, FRAME_CHUNK);
	got = read(fd, buf->data + buf->len, FRAME_CHUNK);
	if (got > 0)
		buf->len += (size_t)got;
	return got;
}

void frame_drop(struct frame_buf *buf, size_t len)
{
	if (!len)
		return;
	memmove(buf->data, buf->data + len, buf->len - len);
	buf->len -= len;
}

/*
 * The taken frame stays in the buffer until the next call. Its payload moves
 * over its own header, so that the NUL does not overwrite what follows.
 */
bool frame_take(struct frame_buf *buf, struct frame *frame)
{
	const unsigned char *header;
	size_t len;

	frame_drop(buf, buf->taken);
	buf->taken = 0;
	if (buf->len < FRAME_HEADER)
		return false;
	header = (const unsigned char *)buf->data;
	len = header[1] | header[2] << 8 | header[3] << 16 | (size_t)header[4] << 24;
	if (len > FRAME_MAX)
		errx(EXIT_FAILURE, "a frame of %zu bytes: the other side is not ours", len);
	if (buf->len < FRAME_HEADER + len)
		return false;
	frame->type = buf->data[0];
	frame->len = len;
	memmove(buf->data, buf->data + FRAME_HEADER, len);
	buf->data[len] = '\0';
	frame->data = buf->data;
	buf->taken = FRAME_HEADER + len;
	return true;
}

int write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t done = write(fd, at, len);

		if (done > 0) {
			at += done;
			len -= (size_t)done;
			continue;
		}
		if (done < 0 && errno == EAGAIN) {
			struct pollfd wait = {.fd = fd, .events = POLLOUT};

			poll(&wait, 1, -1);
			continue;
		}
		if (done < 0 && errno == EINTR)
			continue;
		return -1;
	}
	return 0;
}
