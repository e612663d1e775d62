// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers and names for people.
 */
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "lib/text/text.h"

#define NSEC_PER_SEC 1000000000ull

static bool unicode;

void text_init(bool want_unicode)
{
	setlocale(LC_ALL, "");
	/* Decimal points are points in every language */
	setlocale(LC_NUMERIC, "C");
	unicode = want_unicode && !strcmp(nl_langinfo(CODESET), "UTF-8");
}

bool text_unicode(void)
{
	return unicode;
}

/* Three significant digits, as far as there are decimals to drop */
static void three_digits(char *buf, size_t len, double value, const char *unit)
{
	int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

	snprintf(buf, len, "%.*f%s", decimals, value, unit);
}

void text_duration(char *buf, size_t len, uint64_t ns)
{
	if (ns < 1000)
		snprintf(buf, len, "%uns", (unsigned int)ns);
	else if (ns < 999500)
		three_digits(buf, len, ns / 1e3, unicode ? "µs" : "us");
	else if (ns < 999500000)
		three_digits(buf, len, ns / 1e6, "ms");
	else
		three_digits(buf, len, ns / 1e9, "s");
}

void text_age(char *buf, size_t len, uint64_t ns)
{
	unsigned long long s = ns / NSEC_PER_SEC;

	if (s < 60)
		snprintf(buf, len, "%llus", s);
	else if (s < 3600)
		snprintf(buf, len, "%llum%02llu", s / 60, s % 60);
	else if (s < 24 * 3600)
		snprintf(buf, len, "%lluh%02llu", s / 3600, s / 60 % 60);
	else
		snprintf(buf, len, "%llud%02llu", s / 86400, s / 3600 % 24);
}

static void with_prefix(char *buf, size_t len, double value)
{
	static const char *const prefix[] = {"k", "M", "G", "T", "P", "E"};
	size_t i = 0;

	for (value /= 1000; value >= 999.5 && i < 5; i++)
		value /= 1000;
	three_digits(buf, len, value, prefix[i]);
}

void text_count(char *buf, size_t len, uint64_t count)
{
	if (count < 100000)
		snprintf(buf, len, "%u", (unsigned int)count);
	else
		with_prefix(buf, len, count);
}

void text_bytes(char *buf, size_t len, uint64_t bytes)
{
	static const char *const unit[] = {"", "K", "M", "G", "T"};
	double value = bytes;
	size_t i = 0;

	for (; value >= 999.5 && i + 1 < sizeof(unit) / sizeof(*unit); i++)
		value /= 1024;
	if (i)
		three_digits(buf, len, value, unit[i]);
	else
		snprintf(buf, len, "%u", (unsigned int)bytes);
}

void text_rate(char *buf, size_t len, double rate)
{
	if (rate < 0.005)
		snprintf(buf, len, "0");
	else if (rate < 999.5)
		three_digits(buf, len, rate, "");
	else if (rate < 99999.5)
		snprintf(buf, len, "%.0f", rate);
	else
		with_prefix(buf, len, rate);
}

/* Length of the UTF-8 sequence that a byte begins, 0 if it begins none */
static int utf8_wanted(unsigned char byte)
{
	if (byte < 0x80)
		return 1;
	/* Continuations; what would be too long; what is beyond Unicode */
	if (byte < 0xc2 || byte > 0xf4)
		return 0;
	return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/* Length of the UTF-8 sequence at the start of str, 0 if it is none */
static int utf8_length(const unsigned char *str, wchar_t *wc)
{
	static const wchar_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	int len = utf8_wanted(str[0]);

	if (!len)
		return 0;
	*wc = len == 1 ? str[0] : str[0] & (0x7f >> len);
	for (int i = 1; i < len; i++) {
		if ((str[i] & 0xc0) != 0x80)
			return 0;
		*wc = *wc << 6 | (str[i] & 0x3f);
	}
	if (*wc < least[len] || *wc > 0x10ffff || (*wc >= 0xd800 && *wc < 0xe000))
		return 0;
	return len;
}

static bool is_control(wchar_t wc)
{
	/* C0, DEL, C1; what turns the direction of writing around; what nobody sees */
	return wc < 0x20 || (wc >= 0x7f && wc < 0xa0) || wc == 0xad || wc == 0x61c ||
	       wc == 0x180e || (wc >= 0x200b && wc <= 0x200f) || (wc >= 0x2028 && wc <= 0x202e) ||
	       (wc >= 0x2060 && wc <= 0x206f) || wc == 0xfeff || (wc >= 0xfff9 && wc <= 0xfffb) ||
	       (wc >= 0xe0000 && wc <= 0xe0fff);
}

void text_sanitize(char *str)
{
	unsigned char *from = (unsigned char *)str;
	char *to = str;

	while (*from) {
		wchar_t wc;
		int len;

		/* What most of it is */
		if (*from >= ' ' && *from <= '~') {
			*to++ = *from++;
			continue;
		}
		len = utf8_length(from, &wc);
		if (len && !is_control(wc)) {
			memmove(to, from, len);
			to += len;
		} else {
			*to++ = '?';
		}
		from += len ? len : 1;
	}
	*to = '\0';
}

void text_trim(char *str)
{
	size_t len = strlen(str), back;

	for (back = 1; back <= len && back <= 3; back++) {
		unsigned char byte = str[len - back];

		if ((byte & 0xc0) == 0x80)
			continue;
		if ((size_t)utf8_wanted(byte) > back)
			str[len - back] = '\0';
		return;
	}
}

/* Columns of the character at str; how many bytes it has, and what to print */
static int next_char(const char *str, int *bytes)
{
	wchar_t wc;
	int len = utf8_length((const unsigned char *)str, &wc);
	int width;

	*bytes = len ? len : 1;
	if (*bytes == 1 || !unicode)
		return 1;
	width = wcwidth(wc);
	return width < 0 ? 1 : width;
}

int text_width(const char *str)
{
	int width = 0, bytes;

	for (; *str; str += bytes)
		width += next_char(str, &bytes);
	return width;
}

/* Copies as many characters as fit into width columns and len bytes */
static int copy_columns(char *buf, size_t len, const char *str, int width)
{
	int used = 0, bytes;

	for (; *str; str += bytes) {
		int columns = next_char(str, &bytes);

		if (used + columns > width || len <= (size_t)bytes)
			break;
		if (bytes > 1 && !unicode) {
			*buf++ = '?';
			len--;
		} else {
			memcpy(buf, str, bytes);
			buf += bytes;
			len -= bytes;
		}
		used += columns;
	}
	*buf = '\0';
	return used;
}

static void pad(char *buf, size_t len, int columns)
{
	size_t used = strlen(buf);

	while (columns-- > 0 && used + 1 < len)
		buf[used++] = ' ';
	buf[used] = '\0';
}

void text_fit(char *buf, size_t len, const char *str, int width, bool right)
{
	int columns = text_width(str);
	size_t used;

	*buf = '\0';
	if (width <= 0)
		return;

	if (columns <= width) {
		if (right)
			pad(buf, len, width - columns);
		used = strlen(buf);
		copy_columns(buf + used, len - used, str, width);
		if (!right)
			pad(buf, len, width - columns);
		return;
	}

	columns = copy_columns(buf, len, str, width - 1);
	used = strlen(buf);
	snprintf(buf + used, len - used, "%s", unicode ? "…" : "~");
	pad(buf, len, width - 1 - columns);
}

void text_bar(char *buf, size_t len, uint64_t count, uint64_t most, int width)
{
	const char *block = text_unicode() ? "█" : "#";
	int n = most ? width * count / most : 0;
	size_t used = 0;

	if (!n && count)
		n = 1;
	*buf = '\0';
	for (; n-- && used + strlen(block) < len; used += strlen(block))
		strcpy(buf + used, block);
}

void text_append(char *buf, size_t len, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf + used, len - used, fmt, args);
	va_end(args);
}
