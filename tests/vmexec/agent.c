// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm-agent PORT: runs in the VM, one command after the other as vm-exec on the
 * host asks for them, on a terminal of their own where the user has one.
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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frame.h"

/* struct command - the command that runs
 * @pid: its process, leader of its session
 * @pidfd: readable once it has ended
 * @in: its standard input, or -1 when that is closed
 * @out: its standard output, or the terminal's master
 * @error: its standard error, or -1 on a terminal
 * @tty: whether @in and @out are a terminal's master
 * @input: bytes for @in that it has not taken yet
 * @input_ends: close @in after that
 */
struct command {
	pid_t pid;
	int pidfd;
	int in;
	int out;
	int error;
	bool tty;
	struct frame_buf input;
	bool input_ends;
};

static int port;
static struct frame_buf inbox;

static void send_frame(char type, const void *data, size_t len)
{
	struct frame_buf buf = {};

	frame_append(&buf, type, data, len);
	/* the host left: there is nobody to tell */
	(void)write_all(port, buf.data, buf.len);
	free(buf.data);
}

/* A request is strings: "tty" or "", ROWS, COLUMNS, directory, command, NAME=VALUE… */
static char *next_string(struct frame *frame, size_t *at)
{
	char *string = frame->data + *at;

	if (*at >= frame->len)
		return NULL;
	*at += strlen(string) + 1;
	return string;
}

static char *need_string(struct frame *frame, size_t *at)
{
	char *string = next_string(frame, at);

	return string ? string : "";
}

static void set_winsize(int fd, const char *rows, const char *columns)
{
	struct winsize size = {
		.ws_row = (unsigned short)atoi(rows),
		.ws_col = (unsigned short)atoi(columns),
	};

	ioctl(fd, TIOCSWINSZ, &size);
}

static int open_terminal(int *slave)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (master < 0 || grantpt(master) || unlockpt(master))
		err(EXIT_FAILURE, "cannot make a terminal");
	*slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*slave < 0)
		err(EXIT_FAILURE, "cannot open the terminal");
	return master;
}

static void make_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC))
		err(EXIT_FAILURE, "cannot make a pipe");
}

static _Noreturn void become(char *command, bool tty, const int fds[3])
{
	setsid();
	for (int fd = 0; fd < 3; fd++)
		dup2(fds[fd], fd);
	if (tty)
		ioctl(0, TIOCSCTTY, 0);
	if (*command)
		execl("/bin/bash", "bash", "-c", command, NULL);
	else
		execl("/bin/bash", tty ? "-bash" : "bash", NULL);
	warn("cannot run bash");
	_exit(127);
}

static void start(struct command *cmd, struct frame *frame)
{
	int fds[3], ins[2], outs[2], errs[2];
	char *rows, *columns, *dir, *command, *variable;
	size_t at = 0;

	cmd->tty = *need_string(frame, &at);
	rows = need_string(frame, &at);
	columns = need_string(frame, &at);
	dir = need_string(frame, &at);
	command = need_string(frame, &at);
	if (cmd->tty) {
		cmd->in = open_terminal(&fds[0]);
		cmd->out = cmd->in;
		cmd->error = -1;
		fds[1] = fds[0];
		fds[2] = fds[0];
		set_winsize(cmd->in, rows, columns);
	} else {
		make_pipe(ins);
		make_pipe(outs);
		make_pipe(errs);
		cmd->in = ins[1];
		cmd->out = outs[0];
		cmd->error = errs[0];
		fds[0] = ins[0];
		fds[1] = outs[1];
		fds[2] = errs[1];
	}
	fcntl(cmd->in, F_SETFL, fcntl(cmd->in, F_GETFL) | O_NONBLOCK);

	cmd->pid = fork();
	if (cmd->pid < 0)
		err(EXIT_FAILURE, "cannot fork");
	if (!cmd->pid) {
		while ((variable = next_string(frame, &at)))
			putenv(variable);
		if (chdir(dir))
			warn("%s", dir);
		become(command, cmd->tty, fds);
	}
	close(fds[0]);
	if (!cmd->tty) {
		close(fds[1]);
		close(fds[2]);
	}
	cmd->pidfd = (int)syscall(SYS_pidfd_open, cmd->pid, 0);
	send_frame(FRAME_BEGUN, NULL, 0);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void feed(struct command *cmd)
{
	ssize_t done = write(cmd->in, cmd->input.data, cmd->input.len);

	if (done < 0 && errno != EAGAIN && errno != EINTR) {
		/* it does not read any more: forget the rest, as a shell would */
		cmd->input.len = 0;
		cmd->input_ends = true;
	} else if (done > 0) {
		frame_drop(&cmd->input, (size_t)done);
	}
	if (!cmd->input.len && cmd->input_ends && !cmd->tty)
		close_fd(&cmd->in);
}

static void on_frame(struct command *cmd, struct frame *frame)
{
	size_t room;

	switch (frame->type) {
	case FRAME_STDIN:
		if (!frame->len)
			cmd->input_ends = true;
		room = cmd->input.len + frame->len;
		cmd->input.data = realloc(cmd->input.data, room + 1);
		if (!cmd->input.data)
			err(EXIT_FAILURE, "out of memory");
		memcpy(cmd->input.data + cmd->input.len, frame->data, frame->len);
		cmd->input.len = room;
		if (cmd->in >= 0)
			feed(cmd);
		break;
	case FRAME_WINSIZE:
		if (cmd->tty) {
			char *columns = strchr(frame->data, ' ');

			if (columns)
				set_winsize(cmd->in, frame->data, columns);
		}
		break;
	default:
		break;
	}
}

/* Return: whether there may be more */
static bool pass_on(int fd, char type)
{
	char chunk[FRAME_CHUNK];
	ssize_t got = read(fd, chunk, sizeof(chunk));

	if (got > 0)
		send_frame(type, chunk, (size_t)got);
	return got > 0;
}

/* What is still in the pipes once the command has ended, and no more: what it
 * left running in the background may keep them open for ever.
 */
static void drain(int fd, char type)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	while (fd >= 0 && poll(&wait, 1, 0) > 0 && (wait.revents & POLLIN))
		if (!pass_on(fd, type))
			break;
}

/* Return: whether the host is still there */
static bool serve(struct command *cmd)
{
	struct pollfd wait[] = {
		{.fd = cmd->pidfd, .events = POLLIN},
		{.fd = cmd->out, .events = POLLIN},
		{.fd = cmd->error, .events = POLLIN},
		{.fd = cmd->input.len ? -1 : port, .events = POLLIN},
		{.fd = cmd->input.len ? cmd->in : -1, .events = POLLOUT},
	};
	struct frame frame;

	if (poll(wait, 5, -1) < 0)
		return true;
	if (wait[1].revents && !pass_on(cmd->out, FRAME_STDOUT) && !cmd->tty)
		close_fd(&cmd->out);
	if (wait[2].revents && !pass_on(cmd->error, FRAME_STDERR))
		close_fd(&cmd->error);
	if (wait[4].revents)
		feed(cmd);
	if (wait[3].revents & POLLHUP)
		return false;
	if (wait[3].revents & POLLIN && frame_fill(&inbox, port) > 0)
		while (frame_take(&inbox, &frame))
			on_frame(cmd, &frame);
	return !(wait[0].revents & POLLIN);
}

static void send_dmesg(void)
{
	FILE *dmesg = popen("dmesg", "r");
	char chunk[FRAME_CHUNK];
	size_t got;

	if (!dmesg)
		return;
	while ((got = fread(chunk, 1, sizeof(chunk), dmesg)))
		send_frame(FRAME_DMESG, chunk, got);
	pclose(dmesg);
}

static void finish(struct command *cmd)
{
	char number[16];
	int status;

	/* ended, or the host is gone: in both cases nothing shall stay behind */
	if (waitpid(cmd->pid, &status, WNOHANG) == 0) {
		kill(-cmd->pid, SIGKILL);
		waitpid(cmd->pid, &status, 0);
	}
	drain(cmd->out, FRAME_STDOUT);
	drain(cmd->error, FRAME_STDERR);
	kill(-cmd->pid, SIGKILL);
	if (cmd->tty)
		cmd->out = -1;
	close_fd(&cmd->in);
	close_fd(&cmd->out);
	close_fd(&cmd->error);
	close_fd(&cmd->pidfd);
	free(cmd->input.data);
	send_dmesg();
	sync();
	snprintf(number, sizeof(number), "%d",
		 WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	send_frame(FRAME_EXIT, number, strlen(number));
}

static void run(struct frame *frame)
{
	struct command cmd = {.in = -1, .out = -1, .error = -1};

	start(&cmd, frame);
	while (serve(&cmd))
		;
	finish(&cmd);
}

int main(int argc, char **argv)
{
	struct frame frame;

	if (argc != 2)
		errx(2, "usage: vm-agent PORT");
	port = open(argv[1], O_RDWR | O_CLOEXEC);
	if (port < 0)
		err(EXIT_FAILURE, "%s", argv[1]);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		/* nobody connected reads as the end; it is not for ever */
		if (frame_fill(&inbox, port) <= 0)
			usleep(20000);
		while (frame_take(&inbox, &frame))
			if (frame.type == FRAME_RUN)
				run(&frame);
	}
}
