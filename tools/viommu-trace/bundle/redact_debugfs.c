// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of debugfs without names of VMs and addresses.
 *
 * Lines are made anew, not changed where they are: another version of the driver may
 * write them otherwise, and what is not understood must neither stay nor do harm.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/redact_debugfs.h"
#include "viommu_hw.h"

#define HEX "0123456789abcdef"
#define WORD 16
/* Four quadwords with colons in between, the highest first */
#define DTE_WORDS 4
#define DTE_LENGTH (DTE_WORDS * WORD + DTE_WORDS - 1)

/**
 * struct file - One that is being copied
 * @redact: what is left out
 * @name:   of the file
 * @out:    where to
 */
struct file {
	struct redact *redact;
	const char *name;
	FILE *out;
};

/* Hexadecimal digits of one number at a place; 0 if a word goes on behind them */
static size_t digits_at(const char *at)
{
	size_t len = strspn(at, HEX);

	return isalnum((unsigned char)at[len]) || at[len] == '_' ? 0 : len;
}

static bool is_dte(const char *at)
{
	for (int i = 0; i < DTE_WORDS; i++, at += WORD + 1)
		if (strspn(at, HEX) != WORD || (i + 1 < DTE_WORDS && at[WORD] != ':'))
			return false;
	return at[-1] != ':';
}

/* NULL if there is none */
static const char *find_dte(const char *line)
{
	for (const char *at = line; *at; at += strspn(at, HEX) ? strspn(at, HEX) : 1)
		if (is_dte(at))
			return at;
	return NULL;
}

static void put_dte(const struct file *f, const char *line, const char *at)
{
	uint64_t dte[DTE_WORDS];

	for (int i = 0; i < DTE_WORDS; i++)
		dte[DTE_WORDS - 1 - i] = strtoull(at + i * (WORD + 1), NULL, 16);
	redact_dte(f->redact, dte);
	fprintf(f->out, "%.*s%016" PRIx64 ":%016" PRIx64 ":%016" PRIx64 ":%016" PRIx64 "%s",
		(int)(at - line), line, dte[3], dte[2], dte[1], dte[0], at + DTE_LENGTH);
}

/* As wide as it was, or wider */
static void put_number(const struct file *f, const char *line, const char *at, uint64_t value)
{
	size_t len = digits_at(at);

	fprintf(f->out, "%.*s%0*" PRIx64 "%s", (int)(at - line), line, (int)len, value, at + len);
}

/* What is known of it, which is how it begins */
static void put_unknown(const struct file *f, const char *line, size_t known)
{
	f->redact->counts->unknown++;
	fprintf(f->out, "%.*s (redacted)", (int)known, line);
}

/* The number behind so many words; NULL if it is none */
static const char *number_behind(const char *line, int words)
{
	while (words--) {
		line += strcspn(line, " \t");
		line += strspn(line, " \t");
	}
	return digits_at(line) && digits_at(line) <= WORD ? line : NULL;
}

/* "vfctrl 020 cmd       0000000000300309" */
static bool put_register(const struct file *f, const char *line)
{
	const char *at = number_behind(line, 3);
	unsigned int offset;
	uint64_t value;

	if (strncmp(line, "vfctrl", 6))
		return false;
	if (!at || sscanf(line, "vfctrl %x ", &offset) != 1) {
		put_unknown(f, line, 6);
		return true;
	}
	value = strtoull(at, NULL, 16);
	if (offset >= VHW_VFCTRL_QUEUE && offset < VHW_VFCTRL_QUEUE + 8 * VHW_NR_QUEUES)
		value = redact_queue(f->redact, (offset - VHW_VFCTRL_QUEUE) / 8, value);
	else if (offset == 0x18 || offset == 0x38)
		value = redact_address(f->redact, value);
	put_number(f, line, at, value);
	return true;
}

/* "cmd   0000000000300000   8192" */
static bool put_queue(const struct file *f, const char *line)
{
	const char *at = number_behind(line, 1);

	if (!*line || !strncmp(line, "control", 7) || !strncmp(line, "queue ", 6))
		return false;
	if (at)
		put_number(f, line, at, redact_address(f->redact, strtoull(at, NULL, 16)));
	else
		put_unknown(f, line, strcspn(line, " \t"));
	return true;
}

static void put_line(const struct file *f, const char *line)
{
	const char *dte = f->redact->addresses ? find_dte(line) : NULL;

	if (dte)
		put_dte(f, line, dte);
	else if (!f->redact->addresses ||
		 !((!strcmp(f->name, "registers") && put_register(f, line)) ||
		   (!strcmp(f->name, "queues") && put_queue(f, line))))
		fputs(line, f->out);
}

/* A NUL does not end it */
static void put_lines(const struct file *f, char *text, size_t size)
{
	char *end = text + size, *next;

	for (char *at = text; (at = memchr(at, '\0', end - at));)
		*at = '?';
	for (char *line = text; line < end; line = next) {
		next = memchr(line, '\n', end - line);
		if (next)
			*next = '\0';
		put_line(f, line);
		if (next)
			fputc('\n', f->out);
		next = next ? next + 1 : end;
	}
}

char *redact_debugfs(struct redact *redact, const char *file, const char *text, size_t *size)
{
	char *copy = malloc(*size + 1), *lines = NULL, *result = NULL;
	size_t len;
	struct file f = {.redact = redact, .name = file};

	if (!copy)
		return NULL;
	memcpy(copy, text, *size);
	copy[*size] = '\0';
	f.out = open_memstream(&lines, &len);
	if (f.out) {
		put_lines(&f, copy, *size);
		if (!fclose(f.out)) {
			*size = len;
			result = redact_text(redact, lines, size);
		}
	}
	free(lines);
	free(copy);
	return result;
}
