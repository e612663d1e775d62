/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the bits of the hardware's structures and registers mean.
 */
#ifndef LIB_HW_BITS_H
#define LIB_HW_BITS_H

#include <stdbool.h>
#include <stdint.h>

/* The largest, a device table entry, has 256 bits */
#define BITS_QUADS 4

/** enum field_kind - How to show a field */
enum field_kind {
	FIELD_HEX,
	FIELD_DEC,
	FIELD_FLAG,
	FIELD_BDF,
	FIELD_COMMAND,
	FIELD_RECORD,
	FIELD_NAMED,
};

/**
 * struct field - A field; one of an address may come in up to three pieces
 * @name:   as in the specification, with what it means
 * @high:   number of its highest bit, from 0 to 255
 * @low:    of its lowest
 * @kind:   how to show it
 * @shift:  where its lowest bit belongs in the value
 * @more:   the next entry is the next upper piece of it
 * @if_bit: the field is there only while this bit is set; -N: clear; 0: always
 * @quiet:  not worth a line while it is 0, as flags are
 * @names:  of its values, if it is FIELD_NAMED
 */
struct field {
	const char *name;
	int high;
	int low;
	enum field_kind kind;
	int shift;
	bool more;
	int if_bit;
	bool quiet;
	const char *const *names;
};

/**
 * struct bits - Bits of one structure
 * @q:     they, by 64
 * @known: which of them are known: a line of a log does not tell all
 * @quads: how many there are of @q
 */
struct bits {
	uint64_t q[BITS_QUADS];
	uint64_t known[BITS_QUADS];
	int quads;
};

/** enum bits_kind - What can be explained */
enum bits_kind {
	BITS_COMMAND,
	BITS_EVENT,
	BITS_DTE,
	BITS_PPR,
	BITS_CONTROL,
	BITS_EFR,
	BITS_EFR2,
	BITS_NR_KINDS,
};

/** bits_names - What people call it, by &enum bits_kind */
extern const char *const bits_names[BITS_NR_KINDS];

/** bits_quads - How many times 64 bits it has, by &enum bits_kind */
extern const int bits_quads[BITS_NR_KINDS];

/**
 * bits_fields() - The fields of a structure
 * @kind: of structure
 * @bits: of a command or record: its code says which
 *
 * Return: an array that ends with an entry without name.
 */
const struct field *bits_fields(enum bits_kind kind, const struct bits *bits);

/**
 * bits_set() - Bits become known
 * @bits:  of a structure
 * @high:  the highest of them
 * @low:   the lowest, of the same 64
 * @value: of them
 */
void bits_set(struct bits *bits, int high, int low, uint64_t value);

/**
 * bits_get() - Value of some bits
 * @bits: of a structure
 * @high: the highest of them
 * @low:  the lowest, of the same 64
 */
uint64_t bits_get(const struct bits *bits, int high, int low);

/** bits_known() - Whether all of some bits are known */
bool bits_known(const struct bits *bits, int high, int low);

/** bits_has() - Whether a field is there, which may depend on a bit */
bool bits_has(const struct bits *bits, const struct field *field);

/**
 * bits_rest() - Bits that are set and belong to no field
 * @bits:   of a structure
 * @fields: of it
 * @quad:   which 64 of them
 */
uint64_t bits_rest(const struct bits *bits, const struct field *fields, int quad);

#endif /* LIB_HW_BITS_H */
