// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaving out names of VMs, addresses and secrets: in a part of a line, word by word.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bundle/redact.h"

/* Numbers below this are flags, IDs and sizes */
#define ADDRESS_MIN 0x10000ull
#define DIGITS_MAX 16

/**
 * struct copy - Text on its way
 * @redact:    what is left out
 * @out:       where to
 * @text:      all of it, up to @end
 * @end:       of that
 * @at:        what comes next
 * @from:      what is to be copied as it is begins here
 * @numbers:   numbers may be addresses
 * @range_end: an address without 0x ended here
 */
struct copy {
	struct redact *redact;
	FILE *out;
	const char *text;
	const char *end;
	const char *at;
	const char *from;
	bool numbers;
	const char *range_end;
};

/* What is before it has been dealt with; @len bytes are replaced by what is written next */
static void skip(struct copy *c, size_t len)
{
	fwrite(c->from, 1, c->at - c->from, c->out);
	c->at += len;
	c->from = c->at;
}

static size_t left(const struct copy *c)
{
	return c->end - c->at;
}

/*
 * Numbers
 */

static size_t hex_digits(const char *at, const char *end)
{
	size_t len = 0;

	while (at + len < end && isxdigit((unsigned char)at[len]))
		len++;
	return len;
}

static uint64_t value_of(const char *at, size_t len)
{
	uint64_t value = 0;

	for (; len--; at++)
		value = value << 4 |
			(isdigit((unsigned char)*at) ? *at - '0' : (*at | 0x20) - 'a' + 10);
	return value;
}

/**
 * struct key - What a line says a number is
 * @at:  the word in front of it
 * @len: its length
 */
struct key {
	const char *at;
	size_t len;
};

/* "mmio-addr: N", "pasid=N", "address N" */
static struct key key_of(const struct copy *c)
{
	const char *end = c->at, *at;

	while (end > c->text && strchr(" \t=:(\"", end[-1]))
		end--;
	for (at = end; at > c->text && (isalnum((unsigned char)at[-1]) || strchr("_-", at[-1]));)
		at--;
	return (struct key){at, end - at};
}

/* A word that ends so, as range_start does in start */
static bool ends_in(const struct key *key, const char *const *words)
{
	for (; *words; words++) {
		size_t n = strlen(*words);
		const char *from = key->at + key->len - n;

		if (key->len >= n && !strncasecmp(from, *words, n) &&
		    (key->len == n || !isalnum((unsigned char)from[-1])))
			return true;
	}
	return false;
}

/* IDs, and what is counted, are as large as small addresses */
static bool is_no_address(const struct key *key)
{
	static const char *const words[] = {"pasid",	  "id",	    "rid",	"devid", "device",
					    "domid",	  "domain", "gdom",	"hdom",	 "tag",
					    "flags",	  "vflags", "features", "efr",	 "efr2",
					    "capability", "vendor", "opcode",	"count", "size",
					    "len",	  "length", "serial",	"seq",	 NULL};

	return ends_in(key, words);
}

static bool is_address(const struct key *key)
{
	static const char *const words[] = {"addr", "address",	"base",	 "start", "end",
					    "phys", "physical", "iova",	 "gpa",	  "hpa",
					    "root", "mmio",	"range", NULL};
	static const char *const ids[] = {"devid_start", "devid_end", NULL};

	return ends_in(key, words) && !ends_in(key, ids);
}

static void put_address(struct copy *c, const char *prefix, size_t digits, size_t len,
			uint64_t value)
{
	skip(c, len);
	fprintf(c->out, "%s%0*" PRIx64, prefix, (int)digits, redact_address(c->redact, value));
}

/* A number such as 0x12345000 */
static bool copy_number(struct copy *c)
{
	size_t digits;
	uint64_t value;
	struct key key;

	if (left(c) < 3 || c->at[0] != '0' || (c->at[1] | 0x20) != 'x' ||
	    (c->at > c->text && isalnum((unsigned char)c->at[-1])))
		return false;
	digits = hex_digits(c->at + 2, c->end);
	if (!digits || digits > DIGITS_MAX)
		return false;
	value = value_of(c->at + 2, digits);
	key = key_of(c);
	if (value < ADDRESS_MIN || is_no_address(&key))
		return false;
	put_address(c, "0x", digits, digits + 2, value);
	return true;
}

/* One without 0x, where the line says that it is an address, or the end of such a range */
static bool copy_plain_number(struct copy *c)
{
	size_t digits = hex_digits(c->at, c->end);
	bool ends_range = c->at > c->text && c->range_end == c->at - 1 && c->at[-1] == '-';
	uint64_t value;
	struct key key;

	if (digits < 5 || digits > DIGITS_MAX ||
	    (c->at + digits < c->end &&
	     (isalnum((unsigned char)c->at[digits]) || strchr(":._", c->at[digits]))))
		return false;
	if (!ends_range && !redact_is_edge(c->text, c->at, c->end))
		return false;
	value = value_of(c->at, digits);
	key = key_of(c);
	if (value < ADDRESS_MIN || (!ends_range && !is_address(&key)))
		return false;
	put_address(c, "", digits, digits, value);
	c->range_end = c->at;
	return true;
}

/*
 * A word of a table's entry or of a command that the kernel does not understand,
 * and prints without 0x: its first part is no number.
 */
static bool copy_raw_word(struct copy *c)
{
	static const size_t head = sizeof("DTE[0]: ") - 1;

	if (left(c) <= head || (memcmp(c->at, "DTE[", 4) && memcmp(c->at, "CMD[", 4)) ||
	    memcmp(c->at + 5, "]: ", 3))
		return false;
	c->at += head;
	skip(c, hex_digits(c->at, c->end));
	fputs("(redacted)", c->out);
	c->redact->counts->addresses++;
	return true;
}

/*
 * Names, and what a word says is secret
 */

static bool copy_name(struct copy *c)
{
	const char *alias;
	size_t len;

	alias = redact_name_at(c->redact, c->text, c->at, c->end, &len);
	if (!alias)
		return false;
	skip(c, len);
	fputs(alias, c->out);
	return true;
}

static bool is_secret(const char *name, size_t len)
{
	static const char *const words[] = {"password", "passwd", "passphrase", "secret",
					    "token",	"rootpw", "key"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		for (size_t at = 0; at + strlen(words[i]) <= len; at++)
			if (!strncasecmp(name + at, words[i], strlen(words[i])))
				return true;
	return false;
}

/* "rd.iscsi.password=…", up to a blank that is not within quotes */
static bool copy_secret(struct copy *c)
{
	const char *at = c->at;
	size_t len;
	bool quoted = false;

	if (!redact_is_edge(c->text, c->at, c->end))
		return false;
	while (at < c->end && (isalnum((unsigned char)*at) || strchr("_-.", *at)) && *at)
		at++;
	if (at == c->end || *at != '=' || !is_secret(c->at, at - c->at))
		return false;
	c->at = ++at;
	for (len = 0;
	     at + len < c->end && at[len] != '\n' && (quoted || !isspace((unsigned char)at[len]));
	     len++)
		quoted ^= at[len] == '"';
	skip(c, len);
	fputs("(redacted)", c->out);
	c->redact->counts->parameters++;
	return true;
}

/*
 * All of it
 */

static bool copy_special(struct copy *c)
{
	int byte = (unsigned char)*c->at;

	if (copy_name(c))
		return true;
	if (c->redact->addresses && (byte == 'D' || byte == 'C') && copy_raw_word(c))
		return true;
	if (c->redact->parameters && isalpha(byte) && copy_secret(c))
		return true;
	return c->numbers && isxdigit(byte) && (copy_number(c) || copy_plain_number(c));
}

void redact_copy(struct redact *redact, FILE *out, const char *text, const char *end, bool numbers)
{
	struct copy c = {.redact = redact,
			 .out = out,
			 .text = text,
			 .end = end,
			 .at = text,
			 .from = text,
			 .numbers = numbers && redact->addresses};

	while (c.at < end)
		if (!copy_special(&c))
			c.at++;
	skip(&c, 0);
}
