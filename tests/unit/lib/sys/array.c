// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of arrays that grow.
 */
#include <stdint.h>
#include <stdlib.h>

#include "lib/sys/array.h"
#include "tap.h"

struct item {
	uint64_t a;
	uint32_t b;
};

static void test_add(void)
{
	struct item *items = NULL;
	size_t nr = 0, room = 0, good = 0, zero = 0;

	for (size_t i = 0; i < 1000; i++) {
		struct item *new = array_add(&items, &nr, &room, sizeof(*new));

		zero += new && !new->a && !new->b;
		if (new)
			*new = (struct item){i, i * 3};
	}
	for (size_t i = 0; i < nr; i++)
		good += items[i].a == i && items[i].b == i * 3;
	is_number(nr, 1000, "each that is added counts");
	is_number(good, 1000, "all stay what they were while it grows");
	is_number(zero, 1000, "new ones are zero");
	ok(room >= nr, "and fit");
	nr = 1;
	ok(array_add(&items, &nr, &room, sizeof(*items)) && !items[1].a && nr == 2,
	   "so is one in the place of one that was dropped");
	free(items);
}

static void test_reserve(void)
{
	uint64_t *numbers = NULL;
	size_t room = 0, before;

	ok(array_reserve(&numbers, 100, &room, sizeof(*numbers)) && room >= 100,
	   "there is room for as many as asked");
	before = room;
	ok(array_reserve(&numbers, 3, &room, sizeof(*numbers)) && room == before,
	   "fewer change nothing");
	ok(!array_reserve(&numbers, (size_t)1 << 61, &room, sizeof(*numbers)) && room == before &&
		   numbers,
	   "more than there is memory fails, and all stays");
	ok(!array_reserve(&numbers, ~(size_t)0, &room, sizeof(*numbers)) && room == before,
	   "as does more than can be counted");
	free(numbers);
}

int main(void)
{
	test_add();
	test_reserve();
	return tap_end();
}
