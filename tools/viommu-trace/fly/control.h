/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How others ask a flight recorder: a socket in its directory.
 *
 * A request is one line, the answer one JSON object in one line. Who may search the
 * directory may ask.
 */
#ifndef TRACE_FLY_CONTROL_H
#define TRACE_FLY_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

#define CONTROL_SOCKET "control.sock"
#define CONTROL_CLIENTS 8
#define CONTROL_LINE 256

/**
 * struct control_client - Somebody who asks
 * @fd:    connection
 * @since: when that was, CLOCK_MONOTONIC
 * @line:  what was read so far
 * @len:   of that
 * @asked: it has been asked, and waits for the answer
 */
struct control_client {
	int fd;
	uint64_t since;
	char line[CONTROL_LINE];
	size_t len;
	bool asked;
};

/**
 * struct control - The socket
 * @directory: it is in, a descriptor
 * @fd:        it
 * @client:    who asks
 * @nr:        how many
 * @ask:       is called with each request, without the newline. It answers; or it
 *             returns NULL, for control_answer() to do so later
 * @context:   its first argument
 */
struct control {
	int directory;
	int fd;
	struct control_client client[CONTROL_CLIENTS];
	size_t nr;
	struct json_object *(*ask)(void *context, const char *line);
	void *context;
};

/** control_listen() - Make the socket; another one of that name is nobody's. errno is set */
bool control_listen(struct control *control);

/** control_poll() - Do what can be done now */
void control_poll(struct control *control, uint64_t now);

/** control_answer() - Answer all who wait; releases the object */
void control_answer(struct control *control, struct json_object *answer);

/** control_close() - Remove it */
void control_close(struct control *control);

/**
 * control_request() - Ask the recorder of a directory
 * @directory: a descriptor
 * @line:      request, without a newline
 *
 * Return: the answer; NULL with errno set, ECONNREFUSED if there is no recorder.
 */
struct json_object *control_request(int directory, const char *line);

#endif /* TRACE_FLY_CONTROL_H */
