// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-trace explain: what bits mean, and lines of the kernel's log.
 */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "lib/text/exitcode.h"
#include "lib/text/message.h"
#include "show/explain.h"

#define WORDS_MAX (2 * BITS_QUADS)

/* Beyond what short options can be */
#define OPT_NO_LOOKUP 256

/*
 * Words: "0x20000005:00000010", as perf and the kernel print them, or apart
 */

struct words {
	uint64_t word[WORDS_MAX];
	size_t digits[WORDS_MAX];
	size_t nr;
	bool joined;
};

static bool add_words(struct words *words, const char *text)
{
	words->joined |= !!strchr(text, ':');
	while (*text) {
		size_t digits;

		if (!strncasecmp(text, "0x", 2))
			text += 2;
		digits = strspn(text, "0123456789abcdefABCDEF");
		if (!digits || digits > 16 || words->nr == WORDS_MAX)
			return false;
		words->word[words->nr] = strtoull(text, NULL, 16);
		words->digits[words->nr++] = digits;
		text += digits;
		if (*text && *text != ':')
			return false;
		text += !!*text;
	}
	return true;
}

/*
 * As many words of 32 bits as there are, the lowest first, as perf has them; or
 * of 64 bits, and then the highest comes first in "high:low", as debugfs has it.
 */
static bool to_bits(const struct words *words, struct bits *bits)
{
	size_t quads = bits->quads;

	if (words->nr == 2 * quads && quads > 1) {
		for (size_t i = 0; i < words->nr; i++) {
			if (words->digits[i] > 8)
				return false;
			bits_set(bits, 32 * i + 31, 32 * i, words->word[i]);
		}
		return true;
	}
	if (words->nr != quads)
		return false;
	for (size_t i = 0; i < quads; i++)
		bits_set(bits, 64 * i + 63, 64 * i, words->word[words->joined ? quads - 1 - i : i]);
	return true;
}

static enum exit_code explain_words(struct explainer *e, enum bits_kind kind,
				    const struct words *words)
{
	struct bits bits = {.quads = bits_quads[kind]};

	if (!to_bits(words, &bits)) {
		msg("\"%s\" takes %d words of 64 bits%s, not %zu", bits_names[kind], bits.quads,
		    bits.quads == 1   ? ""
		    : bits.quads == 2 ? " or 4 of 32"
				      : " or 8 of 32",
		    words->nr);
		return EXIT_USAGE;
	}
	explain_bits(e, kind, &bits);
	return EXIT_OK;
}

/*
 * Lines
 */

static enum exit_code explain_stdin(struct explainer *e)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	bool failed;

	e->indent = "    ";
	while ((len = getline(&line, &size, stdin)) > 0) {
		fwrite(line, 1, len, stdout);
		if (line[len - 1] != '\n')
			putchar('\n');
		line[strcspn(line, "\r\n")] = '\0';
		explain_line(e, line);
		/* Somebody may be watching dmesg --follow */
		if (fflush(stdout))
			break;
	}
	failed = ferror(stdin);
	if (failed)
		msg("cannot read standard input: %s", strerror(errno));
	free(line);
	explain_end(e);
	return failed ? EXIT_FAIL : EXIT_OK;
}

/* One line, or several in one argument: each has to mean something */
static enum exit_code explain_lines(struct explainer *e, char *text)
{
	bool known = false;
	char *save;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		known |= explain_line(e, line);
	explain_end(e);
	if (known)
		return EXIT_OK;
	msg("\"%s\": this is neither a line of the kernel's log about AMD's IOMMU, such as dmesg | grep AMD-Vi prints, nor hexadecimal words behind command, event, dte, ppr, control, efr or efr2, such as viommu-trace events, perf and debugfs print",
	    text);
	return EXIT_USAGE;
}

static const char doc[] =
	"Explain lines of the kernel's log about AMD's IOMMU, in any format that Linux has had "
	"since 4.0, or the bits of a command, an event log record (event), a device table entry "
	"(dte), a PPR log record (ppr) or a register (control, efr, efr2).\v"
	"Without arguments, or with \"-\", lines come from standard input: all are printed, and "
	"each about AMD's IOMMU is explained in place, as of dmesg | viommu-trace explain. "
	"A LINE may also be a name and flags: IO_PAGE_FAULT flags=0x0070.\n\n"
	"WORDs are hexadecimal, apart or with \":\" between them: either all 32-bit words, "
	"lowest first, as perf and `viommu-trace events` print them, or 64-bit words: apart, "
	"lowest first; with \":\", highest first, as debugfs prints them.\n\n"
	"Flags that are not set are left out.";

static const struct argp_option options[] = {
	{"no-lookup", OPT_NO_LOOKUP, NULL, 0,
	 "The log is another machine's: do not tell who has a device on this one", 0},
	{},
};

/**
 * struct arguments - As given
 * @arg:       all of them
 * @nr:        how many
 * @no_lookup: see above
 */
struct arguments {
	char **arg;
	int nr;
	bool no_lookup;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	(void)arg;
	switch (key) {
	case OPT_NO_LOOKUP:
		args->no_lookup = true;
		return 0;
	case ARGP_KEY_ARGS:
		args->arg = state->argv + state->next;
		args->nr = state->argc - state->next;
		state->next = state->argc;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool find_kind(enum bits_kind *kind, const char *name)
{
	for (*kind = 0; *kind < BITS_NR_KINDS; ++*kind)
		if (!strcmp(name, bits_names[*kind]))
			return true;
	return false;
}

/* All arguments, with blanks between: a shell has taken a line without quotes apart */
static char *join(char **arg, int nr)
{
	size_t size = 1;
	char *text;

	for (int i = 0; i < nr; i++)
		size += strlen(arg[i]) + 1;
	text = calloc(1, size);
	for (int i = 0; text && i < nr; i++) {
		if (i)
			strcat(text, " ");
		strcat(text, arg[i]);
	}
	return text;
}

static bool are_words(struct words *words, char **arg, int nr)
{
	for (int i = 0; i < nr; i++)
		if (!add_words(words, arg[i]))
			return false;
	return nr > 0;
}

static enum exit_code explain_arguments(struct explainer *e, const struct arguments *args)
{
	struct words words = {};
	enum exit_code code;
	enum bits_kind kind;
	char *text;
	bool named;

	named = find_kind(&kind, args->arg[0]);
	if (named && are_words(&words, args->arg + 1, args->nr - 1))
		return explain_words(e, kind, &words);
	if (named && args->nr == 1) {
		msg("explain what %s?", args->arg[0]);
		return EXIT_USAGE;
	}
	text = join(args->arg + named, args->nr - named);
	if (!text) {
		msg("out of memory");
		return EXIT_FAIL;
	}
	code = explain_lines(e, text);
	free(text);
	return code;
}

enum exit_code cmd_explain(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[LINE|command|event|dte|ppr|control|efr|efr2 WORD...]",
		.doc = doc,
	};
	struct arguments args = {};
	struct explainer e = {.indent = ""};

	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &args);
	e.lookup = !args.no_lookup;
	if (args.nr && strcmp(args.arg[0], "-"))
		return explain_arguments(&e, &args);
	if (isatty(STDIN_FILENO) && !args.nr) {
		msg("explain what? Give it a line of the kernel's log, or dmesg on standard input; see --help");
		return EXIT_USAGE;
	}
	return explain_stdin(&e);
}
