// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm-exec SOCKET [COMMAND]: runs COMMAND (or a shell) in the VM whose vm-agent
 * is behind SOCKET, as if it ran here: its input, output and error output are
 * ours, so is its exit status, and so is our terminal if we have one.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "frame.h"

#define ESCAPE 0x1d /* Ctrl-], as of telnet and of virsh console */

/* Where a conversation can end, and our exit status then. */
enum outcome {
	OUTCOME_NONE = -1,
	OUTCOME_LEFT = 130,
	OUTCOME_TIMEOUT = 124,
	OUTCOME_GONE = 125,
	OUTCOME_NO_BOOT = 126,
};

struct options {
	const char *dir;
	const char *socket;
	const char *command;
	const char *dmesg;
	const char *result;
	const char *variables[32];
	int n_variables;
	int boot_timeout;
	int timeout;
};

static struct frame_buf inbox, outbox;
static struct termios cooked;
static bool raw;
static volatile sig_atomic_t resized, stopped;

static void on_signal(int sig)
{
	if (sig == SIGWINCH)
		resized = 1;
	else
		stopped = 1;
}

static void restore_terminal(void)
{
	if (raw)
		tcsetattr(0, TCSADRAIN, &cooked);
	raw = false;
}

static void make_raw(void)
{
	struct termios term;

	if (tcgetattr(0, &cooked))
		return;
	term = cooked;
	cfmakeraw(&term);
	raw = true;
	tcsetattr(0, TCSADRAIN, &term);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		errx(OUTCOME_GONE, "%s: too long for a socket; call from nearer", path);
	strcpy(address.sun_path, path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		err(OUTCOME_GONE, "cannot reach the VM at %s", path);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void add_string(struct frame_buf *request, const char *string)
{
	size_t len = strlen(string) + 1;

	request->data = realloc(request->data, request->len + len);
	if (!request->data)
		err(EXIT_FAILURE, "out of memory");
	memcpy(request->data + request->len, string, len);
	request->len += len;
}

static void add_variable(struct frame_buf *request, const char *name)
{
	const char *value = getenv(name);
	char *line;

	if (!value)
		return;
	if (asprintf(&line, "%s=%s", name, value) < 0)
		err(EXIT_FAILURE, "out of memory");
	add_string(request, line);
	free(line);
}

static void window(char text[2][8])
{
	struct winsize size = {};

	ioctl(1, TIOCGWINSZ, &size);
	snprintf(text[0], 8, "%u", size.ws_row);
	snprintf(text[1], 8, "%u", size.ws_col);
}

static void ask(const struct options *options, bool tty)
{
	struct frame_buf request = {};
	char size[2][8];

	window(size);
	add_string(&request, tty ? "tty" : "");
	add_string(&request, size[0]);
	add_string(&request, size[1]);
	add_string(&request, options->dir);
	add_string(&request, options->command ? options->command : "");
	for (int i = 0; i < options->n_variables; i++)
		add_variable(&request, options->variables[i]);
	if (request.len > FRAME_MAX)
		errx(2, "the command is too long");
	frame_append(&outbox, FRAME_RUN, request.data, request.len);
	free(request.data);
}

static void tell_size(void)
{
	char size[2][8], text[20];

	resized = 0;
	window(size);
	snprintf(text, sizeof(text), "%s %s", size[0], size[1]);
	frame_append(&outbox, FRAME_WINSIZE, text, strlen(text));
}

/* Return: whether there is more to come */
static bool take_input(bool tty)
{
	char chunk[FRAME_CHUNK];
	ssize_t got = read(0, chunk, sizeof(chunk));

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (got < 0)
		got = 0;
	if (tty && memchr(chunk, ESCAPE, (size_t)got)) {
		stopped = 1;
		return false;
	}
	frame_append(&outbox, FRAME_STDIN, chunk, (size_t)got);
	return got > 0;
}

static FILE *dmesg_file(const struct options *options)
{
	static FILE *file;

	if (!file)
		file = fopen(options->dmesg ? options->dmesg : "/dev/null", "w");
	if (!file)
		err(EXIT_FAILURE, "%s", options->dmesg);
	return file;
}

/* Return: the command's exit status, or OUTCOME_NONE while it runs */
static int on_frame(const struct options *options, struct frame *frame)
{
	switch (frame->type) {
	case FRAME_STDOUT:
		/* our reader has gone, as in `| head`: so have we */
		if (write_all(1, frame->data, frame->len))
			return OUTCOME_LEFT;
		break;
	case FRAME_STDERR:
		(void)write_all(2, frame->data, frame->len);
		break;
	case FRAME_DMESG:
		fwrite(frame->data, 1, frame->len, dmesg_file(options));
		break;
	case FRAME_EXIT:
		fflush(dmesg_file(options));
		return atoi(frame->data);
	default:
		break;
	}
	return OUTCOME_NONE;
}

static int seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int)now.tv_sec;
}

static void report(const struct options *options, const char *text)
{
	FILE *file = options->result ? fopen(options->result, "w") : NULL;

	if (!file)
		return;
	fprintf(file, "%s\n", text);
	fclose(file);
}

/* Send what waits. Return: whether the VM is still there */
static bool flush(int fd)
{
	ssize_t done = write(fd, outbox.data, outbox.len);

	if (done > 0)
		frame_drop(&outbox, (size_t)done);
	return done >= 0 || errno == EAGAIN || errno == EINTR;
}

/**
 * struct talk - the state of a conversation
 * @options: the command line
 * @fd: the socket
 * @tty: whether the command gets a terminal
 * @begun: whether the command runs
 * @input: whether our input has more
 * @start: when the phase started, boot or command
 * @limit: seconds the phase may take, or 0
 */
struct talk {
	const struct options *options;
	int fd;
	bool tty;
	bool begun;
	bool input;
	int start;
	int limit;
};

static void begin(struct talk *talk)
{
	talk->begun = true;
	talk->limit = talk->options->timeout;
	talk->start = seconds();
	if (talk->tty)
		make_raw();
}

/* Return: how it ended, or OUTCOME_NONE */
static int receive(struct talk *talk)
{
	struct frame frame;
	long got = frame_fill(&inbox, talk->fd);
	int rc;

	if (!got || (got < 0 && errno != EAGAIN && errno != EINTR))
		return OUTCOME_GONE;
	while (frame_take(&inbox, &frame)) {
		if (frame.type == FRAME_BEGUN) {
			begin(talk);
			continue;
		}
		rc = on_frame(talk->options, &frame);
		if (rc == OUTCOME_NONE)
			continue;
		report(talk->options, frame.type == FRAME_EXIT ? "exit" : "left");
		return rc;
	}
	return OUTCOME_NONE;
}

static int converse(struct talk *talk)
{
	int rc = OUTCOME_NONE;

	while (!stopped && rc == OUTCOME_NONE) {
		/* input is read only when the VM takes it: no queue grows here */
		bool hungry = talk->begun && talk->input && !outbox.len;
		struct pollfd wait[] = {
			{.fd = talk->fd, .events = POLLIN | (outbox.len ? POLLOUT : 0)},
			{.fd = hungry ? 0 : -1, .events = POLLIN},
		};

		if (talk->limit && seconds() - talk->start >= talk->limit)
			return talk->begun ? OUTCOME_TIMEOUT : OUTCOME_NO_BOOT;
		if (resized && talk->tty)
			tell_size();
		if (poll(wait, 2, 250) < 0)
			continue;
		if (wait[0].revents & POLLOUT && !flush(talk->fd))
			return OUTCOME_GONE;
		if (wait[1].revents)
			talk->input = take_input(talk->tty);
		if (wait[0].revents & (POLLIN | POLLHUP | POLLERR))
			rc = receive(talk);
	}
	return rc == OUTCOME_NONE ? OUTCOME_LEFT : rc;
}

static void usage(void)
{
	fprintf(stderr,
		"usage: vm-exec [-b BOOT_SECONDS] [-t SECONDS] [-d DMESG_FILE] [-r RESULT_FILE]\n"
		"               [-C DIRECTORY] [-e VARIABLE]... SOCKET [COMMAND]\n");
	exit(2);
}

static void parse(struct options *options, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "b:t:d:r:e:C:")) != -1) {
		switch (c) {
		case 'b':
			options->boot_timeout = atoi(optarg);
			break;
		case 't':
			options->timeout = atoi(optarg);
			break;
		case 'd':
			options->dmesg = optarg;
			break;
		case 'C':
			options->dir = optarg;
			break;
		case 'r':
			options->result = optarg;
			break;
		case 'e':
			if (options->n_variables == 32)
				errx(2, "too many variables");
			options->variables[options->n_variables++] = optarg;
			break;
		default:
			usage();
		}
	}
	if (optind == argc || argc - optind > 2)
		usage();
	options->socket = argv[optind];
	options->command = argv[optind + 1];
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGWINCH, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
	struct options options = {.boot_timeout = 120, .dir = "/"};
	struct talk talk = {.options = &options, .input = true};

	int rc;

	parse(&options, argc, argv);
	report(&options, "gone");
	talk.fd = connect_to(options.socket);
	talk.tty = isatty(0) && isatty(1);
	catch_signals();
	atexit(restore_terminal);
	ask(&options, talk.tty);
	talk.limit = options.boot_timeout;
	talk.start = seconds();
	rc = converse(&talk);
	restore_terminal();
	if (stopped)
		report(&options, "left");
	else if (rc == OUTCOME_TIMEOUT)
		report(&options, "timeout");
	else if (rc == OUTCOME_NO_BOOT)
		report(&options, "no boot");
	return rc;
}
