/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of a recorded file, as docs/trace-file.md has them.
 */
#ifndef TRACE_FILE_WIRE_H
#define TRACE_FILE_WIRE_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <zlib.h>

/* Damaged by whoever takes it for text, or cuts the top bit off */
#define TRACE_MAGIC "\x89VTR\r\n\x1a\n"
#define TRACE_MAGIC_LEN 8
#define TRACE_BLOCK_MAGIC 0x4b4c4256u /* "VBLK" */

/* No block is larger, packed or not */
#define TRACE_BLOCK_MAX (1u << 24)

/**
 * struct trace_wire_header - The beginning of a file
 * @magic:   TRACE_MAGIC
 * @version: of the format
 * @zero:    not used
 */
struct trace_wire_header {
	char magic[TRACE_MAGIC_LEN];
	uint16_t version;
	uint8_t zero[6];
} __attribute__((packed));

/** enum trace_block_type - What is in a block; readers skip types they do not know */
enum trace_block_type {
	TRACE_BLOCK_META = 1,
	TRACE_BLOCK_RECORDS,
	TRACE_BLOCK_END,
};

/** enum trace_codec - How it is packed */
enum trace_codec {
	TRACE_PLAIN,
	TRACE_ZSTD,
};

/** enum trace_record_type - Records of a block; readers skip types they do not know */
enum trace_record_type {
	TRACE_RECORD_EVENT = 1,
	TRACE_RECORD_PROCESS,
	TRACE_RECORD_VIOMMU,
	TRACE_RECORD_VDEVICE,
	TRACE_RECORD_LOST,
	TRACE_RECORD_CLOCK,
	TRACE_RECORD_TRIGGER,
	TRACE_RECORD_RUN,
};

/* Bytes of the length of a run, which is written before that is known: a varint */
#define TRACE_RUN_LENGTH 3

/**
 * struct trace_wire_block - What is in front of each block
 * @magic:    TRACE_BLOCK_MAGIC
 * @type:     of &enum trace_block_type
 * @codec:    of &enum trace_codec
 * @zero:     not used
 * @number:   0, 1, 2, … in a file
 * @size:     bytes that follow
 * @unpacked: what they are once unpacked
 * @crc:      CRC-32 of these fields, with 0 here, and of the bytes that follow
 */
struct trace_wire_block {
	uint32_t magic;
	uint8_t type;
	uint8_t codec;
	uint16_t zero;
	uint32_t number;
	uint32_t size;
	uint32_t unpacked;
	uint32_t crc;
} __attribute__((packed));

/** trace_wire_crc() - Checksum of a block */
static inline uint32_t trace_wire_crc(struct trace_wire_block header, const void *payload,
				      size_t size)
{
	header.crc = 0;
	return crc32(crc32(0, (const void *)&header, sizeof(header)), payload, size);
}

/* Signed numbers with small ones first: 0, -1, 1, -2, … */
static inline uint64_t zigzag(int64_t value)
{
	return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static inline int64_t unzigzag(uint64_t value)
{
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

#define VARINT_MAX 10

/** varint_put() - Seven bits a byte, the lowest first; returns what is behind it */
static inline uint8_t *varint_put(uint8_t *to, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*to++ = value | 0x80;
	*to++ = value;
	return to;
}

/**
 * struct wire_in - Bytes to be read
 * @at:  the next
 * @end: behind the last
 */
struct wire_in {
	const uint8_t *at;
	const uint8_t *end;
};

/** varint_get() - Read a number; 0 behind the end, for fields that came later */
static inline uint64_t varint_get(struct wire_in *in)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; in->at < in->end; shift += 7) {
		uint8_t byte = *in->at++;

		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	return value;
}

/** string_get() - Read a length and as many characters; cut if there is no room */
static inline void string_get(struct wire_in *in, char *buf, size_t len)
{
	uint64_t size = varint_get(in);
	size_t used;

	if (size > (uint64_t)(in->end - in->at))
		size = in->end - in->at;
	used = size < len ? size : len - 1;
	memcpy(buf, in->at, used);
	buf[used] = '\0';
	in->at += size;
}

#endif /* TRACE_FILE_WIRE_H */
