// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of recordings that are opened and closed again: nothing of them stays.
 */
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "sample/recording.h"
#include "tap.h"

#define ROUNDS 100

static const char good[] =
	"{\"type\":\"ready\",\"version\":2,\"interval_ns\":1000000000,\"iommus\":4}\n"
	"{\"type\":\"totals\",\"time_ns\":\"1\",\"monotonic_ns\":1}\n"
	"{\"type\":\"interval\",\"complete\":true}\n";
static const char bad[] = "{\"type\":\"ready\",\"version\":2,\"interval_ns\":1,\"iommus\":9}\n";

static void open_and_close(const char *path)
{
	struct recording *replay = NULL;

	recording_open(&replay, path);
	recording_close(replay);
}

static void test(const char *text, const char *what)
{
	char path[] = "/tmp/viommu-recording-XXXXXX";
	int fd = mkstemp(path);
	size_t before;

	ok(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s", what);
	close(fd);
	/* The allocator keeps some for the next one, and counts it */
	for (int i = 0; i < ROUNDS; i++)
		open_and_close(path);
	before = mallinfo2().uordblks;
	for (int i = 0; i < ROUNDS; i++)
		open_and_close(path);
	is_number(mallinfo2().uordblks, before, "takes no memory once it is closed");
	unlink(path);
}

int main(void)
{
	/* Why one is refused is not to be seen */
	if (!freopen("/dev/null", "w", stderr))
		return 1;
	test(good, "a recording");
	test(bad, "one that is refused");
	return tap_end();
}
