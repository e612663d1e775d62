/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sockets to listen on.
 */
#ifndef TOP_OUT_SOCKETS_H
#define TOP_OUT_SOCKETS_H

#include <stddef.h>

#define SOCKETS_MAX 16

/**
 * struct sockets - Those that there are
 * @nr: how many
 * @fd: each
 */
struct sockets {
	size_t nr;
	int fd[SOCKETS_MAX];
};

/**
 * sockets_wrong() - What is wrong with an address, as far as it can be told by looking at it
 * @address: HOST:PORT, [HOST]:PORT or PORT
 *
 * Return: NULL if there is nothing.
 */
const char *sockets_wrong(const char *address);

/**
 * sockets_open() - Listen
 * @sockets: result
 * @address: HOST:PORT, [HOST]:PORT or PORT, which is of this machine's own users only;
 *           all addresses that a host has are listened on, and [::] is all of the machine
 *
 * If systemd has opened sockets, these are it, and the address means nothing.
 *
 * Return: port of the first; -1 on failure, the reason is on stderr then.
 */
int sockets_open(struct sockets *sockets, const char *address);

/** sockets_close() - Close what is left of them; those that are taken are -1 */
void sockets_close(struct sockets *sockets);

#endif /* TOP_OUT_SOCKETS_H */
