// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzing of the kernel's log and its command line: explained, and redacted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/redact.h"
#include "show/explain.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is explained is printed */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return !freopen("/dev/null", "w", stdout);
}

static void explain_all(char *text)
{
	struct explainer e = {.indent = ""};
	char *line, *rest = NULL;

	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		explain_line(&e, line);
	explain_end(&e);
}

static void redact_all(const uint8_t *data, size_t size)
{
	/* Without a NUL: none may be read behind its end */
	char *text = malloc(size ? size : 1);
	struct redact redact;
	size_t length = size;

	memcpy(text, data, size);
	if (redact_init(&redact, true, true)) {
		redact_learn(&redact, "web-1");
		free(redact_text(&redact, text, &length));
		length = size;
		free(redact_cmdline(&redact, text, &length));
	}
	redact_free(&redact);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	redact_all(data, size);
	explain_all(text);
	free(text);
	return 0;
}
