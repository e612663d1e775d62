// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of requester IDs as text.
 */
#include <string.h>

#include "lib/hw/bdf.h"
#include "tap.h"

static void test_all(void)
{
	unsigned int good = 0;
	char text[BDF_MAX];
	uint16_t id;

	for (unsigned int i = 0; i <= 0xffff; i++) {
		const char *end = bdf_parse(&id, bdf_format(text, sizeof(text), i));

		good += end && !*end && id == i;
	}
	is_number(good, 0x10000, "each is the same again");
	is_string(bdf_format(text, sizeof(text), 0x12a5), "12:14.5", "and looks as lspci has it");
}

static void test_wrong(void)
{
	static const char *const wrong[] = {
		"", "1", "00:20.0", "00:00.8", "00:00", "+1:00.0", "00: 1.0", "00:-1.0", "x:00.0",
	};
	size_t refused = 0, nr = sizeof(wrong) / sizeof(*wrong);
	const char *end;
	uint16_t id;

	for (size_t i = 0; i < nr; i++)
		refused += !bdf_parse(&id, wrong[i]);
	is_number(refused, nr, "what is none is refused");
	end = bdf_parse(&id, "00:08.0 (of 3)");
	ok(end && !strcmp(end, " (of 3)") && id == 0x40, "what is behind one is for the caller");
}

int main(void)
{
	test_all();
	test_wrong();
	return tap_end();
}
