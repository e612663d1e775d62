// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of numbers and names for people.
 */
#include <stdint.h>
#include <stdlib.h>

#include "lib/text/text.h"
#include "tap.h"

static void duration(uint64_t ns, const char *want)
{
	char buf[TEXT_MAX];

	text_duration(buf, sizeof(buf), ns);
	is_string(buf, want, want);
}

static void age(uint64_t seconds, const char *want)
{
	char buf[TEXT_MAX];

	text_age(buf, sizeof(buf), seconds * 1000000000ull);
	is_string(buf, want, want);
}

static void count(uint64_t value, const char *want)
{
	char buf[TEXT_MAX];

	text_count(buf, sizeof(buf), value);
	is_string(buf, want, want);
}

static void rate(double value, const char *want)
{
	char buf[TEXT_MAX];

	text_rate(buf, sizeof(buf), value);
	is_string(buf, want, want);
}

static void fit(const char *str, int width, bool right, const char *want)
{
	char buf[TEXT_MAX];

	text_fit(buf, sizeof(buf), str, width, right);
	is_string(buf, want, want);
}

static void sanitize(const char *str, const char *want, const char *what)
{
	char buf[TEXT_MAX];

	snprintf(buf, sizeof(buf), "%s", str);
	text_sanitize(buf);
	is_string(buf, want, what);
}

static void test_numbers(void)
{
	duration(0, "0ns");
	duration(999, "999ns");
	duration(1000, "1.00µs");
	duration(12345, "12.3µs");
	duration(999499, "999µs");
	duration(999500, "1.00ms");
	duration(99949999, "99.9ms");
	duration(34359738368ull, "34.4s");
	age(0, "0s");
	age(59, "59s");
	age(187, "3m07");
	age(3600, "1h00");
	age(90000, "1d01");
	count(99999, "99999");
	count(100000, "100k");
	count(1234567, "1.23M");
	count(UINT64_MAX, "18.4E");
	rate(0, "0");
	rate(0.25, "0.25");
	rate(12.34, "12.3");
	rate(999.7, "1000");
	rate(123456, "123k");
}

static void test_widths(void)
{
	static const uint64_t tops[] = {
		1,	9,	 99,	   999,	      9999,	     99999,
		999999, 9999999, 99999999, 999999999, 9999999999ull, 34359738367ull,
	};
	bool fits = true;

	for (size_t i = 0; i < sizeof(tops) / sizeof(*tops); i++) {
		char buf[TEXT_MAX];

		text_duration(buf, sizeof(buf), tops[i]);
		fits &= text_width(buf) <= 6;
		text_count(buf, sizeof(buf), tops[i]);
		fits &= text_width(buf) <= 5;
		text_rate(buf, sizeof(buf), tops[i]);
		fits &= text_width(buf) <= 5;
	}
	ok(fits, "every number fits its column");
}

static void test_fit(void)
{
	fit("abc", 5, false, "abc  ");
	fit("abc", 5, true, "  abc");
	fit("abc", 3, true, "abc");
	fit("abcdef", 4, false, "abc…");
	fit("äöü", 4, false, "äöü ");
	fit("äöüß", 3, false, "äö…");
	fit("日本語", 6, false, "日本語");
	fit("日本語", 4, false, "日… ");
	fit("abc", 0, false, "");
}

static void test_sanitize(void)
{
	sanitize("web-1", "web-1", "plain text stays");
	sanitize("größe", "größe", "so does UTF-8");
	sanitize("a\033[31mb\n", "a?[31mb?", "control characters go");
	sanitize("a\xc2\x9b"
		 "b",
		 "a?b", "also those of eight bits");
	sanitize("\xff\xfe", "??", "and what is not UTF-8");
	sanitize("\xc0\xaf", "??", "and what pretends to be");
	sanitize("\xe2\x80\xae"
		 "abc",
		 "?abc", "nothing turns text around");
	sanitize("a\xd8\x9c\xc2\xad\xe2\x81\xa0\xf3\xa0\x81\xa1z", "a????z",
		 "nor is anything there that nobody sees");
	sanitize("a\xc3", "a?", "a sequence that is cut off");
	sanitize("\x89\xbc\x91z", "???z", "what only goes on is no beginning");
	sanitize("\xc1\xbf\xf5\x80\x80\x80", "??????", "nor is what nothing begins with");
}

static void trim(const char *str, const char *want, const char *what)
{
	char buf[TEXT_MAX];

	snprintf(buf, sizeof(buf), "%s", str);
	text_trim(buf);
	is_string(buf, want, what);
}

static void test_trim(void)
{
	trim("abc", "abc", "what is whole stays");
	trim("äö", "äö", "also with more bytes");
	trim("日本\xe8\xaa", "日本", "a character that is cut goes");
	trim("日本\xe8", "日本", "cut anywhere");
	trim("a\xf0\x9f\x98", "a", "the longest, too");
	trim("\xe8", "", "and if it is the only one");
	trim("", "", "nothing");
}

int main(void)
{
	setenv("LC_ALL", "C.UTF-8", 1);
	text_init(true);
	test_numbers();
	test_widths();
	test_fit();
	test_sanitize();
	test_trim();

	text_init(false);
	duration(1500, "1.50us");
	fit("abcdef", 4, false, "abc~");
	fit("äöü", 3, false, "???");
	return tap_end();
}
