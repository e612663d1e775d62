/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages for people: to stderr, after the name of the program.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

/**
 * msg() - Print one message to stderr
 * @fmt: as of printf(), without newline
 */
void msg(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif /* MESSAGE_H */
