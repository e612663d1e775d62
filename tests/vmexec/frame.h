/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vm-exec on the host and vm-agent in the VM say to each other over one
 * virtio-serial port: frames of a type, a length and a payload. One port for
 * all keeps the order: the exit status never overtakes the last output.
 */
#ifndef VMEXEC_FRAME_H
#define VMEXEC_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * enum frame_type - what a frame carries
 * @FRAME_RUN: host: a command to run, see struct run_request
 * @FRAME_STDIN: host: input of the command; empty: end of its input
 * @FRAME_WINSIZE: host: "ROWS COLUMNS" of the user's terminal
 * @FRAME_BEGUN: VM: the command runs
 * @FRAME_STDOUT: VM: its output
 * @FRAME_STDERR: VM: its error output
 * @FRAME_DMESG: VM: the kernel log, once the command has ended
 * @FRAME_EXIT: VM: exit status, in decimal; ends the conversation
 */
enum frame_type {
	FRAME_RUN = 'c',
	FRAME_STDIN = 'i',
	FRAME_WINSIZE = 'w',
	FRAME_BEGUN = 'b',
	FRAME_STDOUT = 'o',
	FRAME_STDERR = 'e',
	FRAME_DMESG = 'd',
	FRAME_EXIT = 'x',
};

#define FRAME_HEADER 5
#define FRAME_CHUNK 16384
#define FRAME_MAX (4u << 20)

/**
 * struct frame - a received frame
 * @type: an enum frame_type
 * @len: bytes of @data
 * @data: the payload, followed by a NUL that does not count
 */
struct frame {
	char type;
	size_t len;
	char *data;
};

/**
 * struct frame_buf - bytes that still have to become frames, or to be sent
 * @data: the bytes
 * @len: how many there are
 * @room: how many fit
 * @taken: how many of the first belong to the frame taken last
 */
struct frame_buf {
	char *data;
	size_t len;
	size_t room;
	size_t taken;
};

/**
 * frame_append() - encode a frame
 * @buf: gets the frame at its end
 * @type: an enum frame_type
 * @data: payload
 * @len: bytes of @data
 */
void frame_append(struct frame_buf *buf, char type, const void *data, size_t len);

/**
 * frame_fill() - read what a descriptor has into a buffer
 * @buf: gets the bytes at its end
 * @fd: where from
 *
 * Return: what read() returned.
 */
long frame_fill(struct frame_buf *buf, int fd);

/**
 * frame_take() - take the first whole frame from a buffer
 * @buf: where from
 * @frame: filled; valid until the next call with @buf
 *
 * Return: whether there was one.
 */
bool frame_take(struct frame_buf *buf, struct frame *frame);

/**
 * frame_drop() - forget the first bytes of a buffer
 * @buf: the buffer
 * @len: how many to forget
 */
void frame_drop(struct frame_buf *buf, size_t len);

/**
 * write_all() - write everything, waiting where needed
 * @fd: where to
 * @data: what
 * @len: how much
 *
 * Return: 0, or -1 with errno set.
 */
int write_all(int fd, const void *data, size_t len);

#endif
