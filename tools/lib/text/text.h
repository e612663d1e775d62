/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers and names for people: short, and of known width on the screen.
 */
#ifndef LIB_TEXT_TEXT_H
#define LIB_TEXT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_MAX 160

/**
 * text_init() - Take over the locale and decide whether to use Unicode
 * @want_unicode: false: only ASCII whatever the locale can do
 */
void text_init(bool want_unicode);

/**
 * text_unicode() - Whether output may contain more than ASCII
 */
bool text_unicode(void);

/**
 * text_duration() - A time span in 6 columns: "1.25us", "340ms", "12.0s"
 * @buf: result
 * @len: its size
 * @ns:  the time span
 */
void text_duration(char *buf, size_t len, uint64_t ns);

/**
 * text_age() - A long time span in 5 columns: "42s", "3m07s", "5h12m", "12d"
 * @buf: result
 * @len: its size
 * @ns:  the time span
 */
void text_age(char *buf, size_t len, uint64_t ns);

/**
 * text_count() - A count in 5 columns: "12345", "1.23M"
 * @buf:   result
 * @len:   its size
 * @count: the count
 */
void text_count(char *buf, size_t len, uint64_t count);

/**
 * text_bytes() - An amount of memory in 5 columns: "4.0K", "1.5M"
 * @buf:   result
 * @len:   its size
 * @bytes: the amount
 */
void text_bytes(char *buf, size_t len, uint64_t bytes);

/**
 * text_rate() - A rate in 5 columns: "0", "0.25", "12.5", "1234", "1.23M"
 * @buf:  result
 * @len:  its size
 * @rate: per second
 */
void text_rate(char *buf, size_t len, double rate);

/**
 * text_sanitize() - Make a string from elsewhere safe to print
 * @str: is changed; control characters and what is not UTF-8 become "?"
 */
void text_sanitize(char *str);

/**
 * text_trim() - Drop a character at the end of which not all bytes are there
 * @str: is changed; one that was cut for want of room
 */
void text_trim(char *str);

/**
 * text_fit() - Pad or cut a string to an exact number of columns
 * @buf:   result
 * @len:   its size
 * @str:   sanitized string
 * @width: columns
 * @right: padded on the left instead of the right
 */
void text_fit(char *buf, size_t len, const char *str, int width, bool right);

/**
 * text_width() - Columns that a string takes
 * @str: sanitized string
 */
int text_width(const char *str);

/**
 * text_bar() - A bar as long as its share of the largest one
 * @buf:   result
 * @len:   its size, 3 * @width + 1 at least
 * @count: what it stands for; what is not 0 is seen
 * @most:  that of the largest one
 * @width: columns of that
 */
void text_bar(char *buf, size_t len, uint64_t count, uint64_t most, int width);

/**
 * text_append() - Print behind what is in a string
 * @buf: string
 * @len: its size; what does not fit is cut
 * @fmt: as printf()
 */
void text_append(char *buf, size_t len, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif /* LIB_TEXT_TEXT_H */
