/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages for people: to stderr, after the name of the program.
 */
#ifndef LIB_TEXT_MESSAGE_H
#define LIB_TEXT_MESSAGE_H

/**
 * msg() - Print one message to stderr
 * @fmt: as of printf(), without newline
 */
void msg(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif /* LIB_TEXT_MESSAGE_H */
