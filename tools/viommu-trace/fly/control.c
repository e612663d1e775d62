// SPDX-License-Identifier: GPL-2.0-only
/*
 * How others ask a flight recorder.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <json-c/json.h>

#include "fly/control.h"

/* Who does not ask by then is forgotten */
#define PATIENCE_NS 5000000000ull
#define BACKLOG 4

/* Names of sockets are short, those of directories are not */
static struct sockaddr_un address(int directory)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};

	snprintf(sun.sun_path, sizeof(sun.sun_path), "/proc/self/fd/%d/" CONTROL_SOCKET, directory);
	return sun;
}

bool control_listen(struct control *control)
{
	struct sockaddr_un sun = address(control->directory);
	mode_t before = umask(077);
	bool good;

	unlinkat(control->directory, CONTROL_SOCKET, 0);
	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	good = control->fd >= 0 && !bind(control->fd, (const struct sockaddr *)&sun, sizeof(sun)) &&
	       !listen(control->fd, BACKLOG);
	umask(before);
	return good;
}

static void hang_up(struct control *control, struct control_client *client)
{
	close(client->fd);
	*client = control->client[--control->nr];
}

static void send_to(struct control *control, struct control_client *client,
		    struct json_object *answer)
{
	const char *text = json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN);

	/* Who does not read gets no more than fits */
	send(client->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
	send(client->fd, "\n", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	hang_up(control, client);
}

static void accept_all(struct control *control, uint64_t now)
{
	while (control->nr < CONTROL_CLIENTS) {
		int fd = accept4(control->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		control->client[control->nr++] = (struct control_client){.fd = fd, .since = now};
	}
}

/* True once it is answered, and another one is in its place */
static bool asked(struct control *control, struct control_client *client)
{
	struct json_object *answer = control->ask(control->context, client->line);

	client->asked = true;
	if (!answer)
		return false;
	send_to(control, client, answer);
	json_object_put(answer);
	return true;
}

/* False once there is another one in its place */
static bool serve(struct control *control, struct control_client *client, uint64_t now)
{
	ssize_t n;
	char *end;

	if (client->asked)
		return true;
	n = recv(client->fd, client->line + client->len, CONTROL_LINE - 1 - client->len, 0);
	if (n > 0) {
		client->len += n;
		client->line[client->len] = '\0';
		end = strchr(client->line, '\n');
		if (end) {
			*end = '\0';
			return !asked(control, client);
		}
	}
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		if (client->len < CONTROL_LINE - 1 && now - client->since < PATIENCE_NS)
			return true;
	hang_up(control, client);
	return false;
}

void control_poll(struct control *control, uint64_t now)
{
	accept_all(control, now);
	for (size_t i = 0; i < control->nr;)
		i += serve(control, &control->client[i], now);
}

void control_answer(struct control *control, struct json_object *answer)
{
	for (size_t i = 0; i < control->nr;) {
		if (control->client[i].asked)
			send_to(control, &control->client[i], answer);
		else
			i++;
	}
	json_object_put(answer);
}

void control_close(struct control *control)
{
	while (control->nr)
		hang_up(control, &control->client[0]);
	if (control->fd >= 0) {
		close(control->fd);
		unlinkat(control->directory, CONTROL_SOCKET, 0);
	}
	control->fd = -1;
}

/* All there is until it hangs up */
static struct json_object *receive(int fd)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *answer = NULL;
	char buf[4096];
	ssize_t n;

	while (tokener && !answer && (n = recv(fd, buf, sizeof(buf), 0)) > 0)
		answer = json_tokener_parse_ex(tokener, buf, n);
	if (!answer)
		errno = EPROTO;
	if (tokener)
		json_tokener_free(tokener);
	return answer;
}

struct json_object *control_request(int directory, const char *line)
{
	struct sockaddr_un sun = address(directory);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), error;
	struct json_object *answer = NULL;

	if (fd < 0)
		return NULL;
	if (!connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) &&
	    send(fd, line, strlen(line), MSG_NOSIGNAL) >= 0 && send(fd, "\n", 1, MSG_NOSIGNAL) == 1)
		answer = receive(fd);
	error = errno == ENOENT ? ECONNREFUSED : errno;
	close(fd);
	errno = error;
	return answer;
}
