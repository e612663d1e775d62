// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metrics over HTTP, for Prometheus.
 *
 * A thread of libmicrohttpd answers with the text of the latest sample, so that a
 * scrape costs the kernel nothing, however many there are. The text is made when
 * somebody asks for it: samples are many, scrapes few.
 */
#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys/caps.h"
#include "lib/sys/wait.h"
#include "lib/text/message.h"
#include "out/gzip.h"
#include "out/metrics.h"
#include "out/negotiate.h"
#include "out/out.h"
#include "out/sockets.h"
#include "out/stream.h"

/* Whoever connects and says nothing must not be in the way of others */
#define CONNECTIONS_MAX 128
#define CONNECTIONS_MAX_OF_ONE 64
#define TIMEOUT_S 5

/**
 * struct page - What is served
 * @lock:    guards all of it, and the session while a sample is taken
 * @session: whose latest sample it is
 * @metrics: by format, and with gzip or without: the answer, which all who ask until
 *           the next sample share; NULL until somebody asks
 */
struct page {
	pthread_mutex_t lock;
	const struct session *session;
	struct MHD_Response *metrics[EXPO_NR_FORMATS][2];
};

static struct page page = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* NULL without memory; takes the text */
static struct MHD_Response *new_response(char *text, size_t len, const char *type)
{
	struct MHD_Response *response;

	if (!text)
		return NULL;
	response = MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(text);
		return NULL;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	return response;
}

static char *render(enum expo_format format, size_t *len)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, len);

	if (!file)
		return NULL;
	metrics_write(file, format, page.session);
	if (!fclose(file))
		return text;
	free(text);
	return NULL;
}

static struct MHD_Response *new_metrics(enum expo_format format, bool gzip)
{
	struct MHD_Response *response;
	size_t len;
	char *text = render(format, &len), *packed;

	if (text && gzip) {
		packed = gzip_text(text, &len);
		free(text);
		text = packed;
	}
	response = new_response(text, len, expo_content_type(format));
	if (!response)
		return NULL;
	MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding");
	if (gzip)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	return response;
}

/* Who still reads it has a reference of its own */
static void forget(void)
{
	for (int format = 0; format < EXPO_NR_FORMATS; format++)
		for (int gzip = 0; gzip < 2; gzip++) {
			if (page.metrics[format][gzip])
				MHD_destroy_response(page.metrics[format][gzip]);
			page.metrics[format][gzip] = NULL;
		}
}

/*
 * Answers
 */

static enum MHD_Result reply_text(struct MHD_Connection *connection, unsigned int status,
				  const char *text)
{
	struct MHD_Response *response = new_response(strdup(text), strlen(text), "text/plain");
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result reply_metrics(struct MHD_Connection *connection)
{
	enum expo_format format = negotiate_format(header(connection, MHD_HTTP_HEADER_ACCEPT));
	bool gzip = negotiate_gzip(header(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING));
	struct MHD_Response **response = &page.metrics[format][gzip];
	enum MHD_Result result = MHD_NO;

	pthread_mutex_lock(&page.lock);
	if (!*response)
		*response = new_metrics(format, gzip);
	if (*response)
		result = MHD_queue_response(connection, MHD_HTTP_OK, *response);
	pthread_mutex_unlock(&page.lock);
	return result;
}

static enum MHD_Result answer(void *cls __attribute__((unused)), struct MHD_Connection *connection,
			      const char *url, const char *method,
			      const char *version __attribute__((unused)),
			      const char *data __attribute__((unused)), size_t *size,
			      void **state __attribute__((unused)))
{
	/* What somebody sends along is nothing to us */
	if (*size) {
		*size = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return reply_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
	if (!strcmp(url, "/metrics"))
		return reply_metrics(connection);
	return reply_text(connection, MHD_HTTP_NOT_FOUND, "viommu-top: see /metrics\n");
}

/*
 * Service
 */

/**
 * struct server - One daemon per socket
 * @sockets: those that are not taken by a daemon yet
 * @daemon:  each
 * @nr:      how many
 */
struct server {
	struct sockets sockets;
	struct MHD_Daemon *daemon[SOCKETS_MAX];
	size_t nr;
};

static bool serve_one(struct server *server, int fd)
{
	struct MHD_Daemon *daemon;
	int error;

	/* Signals are for this thread, which waits for them */
	wait_block(true);
	errno = 0;
	daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, NULL, NULL,
				  answer, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
				  MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
				  MHD_OPTION_PER_IP_CONNECTION_LIMIT, CONNECTIONS_MAX_OF_ONE,
				  MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S, MHD_OPTION_END);
	error = errno;
	wait_block(false);
	if (!daemon) {
		msg("cannot serve HTTP: %s", error ? strerror(error) : "refused");
		return false;
	}
	server->daemon[server->nr++] = daemon;
	return true;
}

static void stop(struct server *server)
{
	while (server->nr)
		MHD_stop_daemon(server->daemon[--server->nr]);
	sockets_close(&server->sockets);
	forget();
}

/* The programs are attached, the sockets are there: nothing else takes a capability */
static bool start(struct server *server, const struct session *s)
{
	int port = sockets_open(&server->sockets, s->opts->metrics);

	if (port < 0)
		return false;
	if (!caps_drop()) {
		msg("cannot give up capabilities: %s", strerror(errno));
		return false;
	}
	page.session = s;
	for (size_t i = 0; i < server->sockets.nr; i++) {
		if (!serve_one(server, server->sockets.fd[i]))
			return false;
		server->sockets.fd[i] = -1;
	}
	msg("metrics are at port %d, /metrics", port);
	return true;
}

static void hold(bool busy)
{
	if (busy) {
		pthread_mutex_lock(&page.lock);
		return;
	}
	forget();
	pthread_mutex_unlock(&page.lock);
}

static void until_stopped(void)
{
	enum wait_result why;

	do {
		why = wait_until(UINT64_MAX / 2, false);
	} while (why != WAIT_STOP && why != WAIT_CLOSED);
}

/* The last sample of a recording stays to be read */
static void linger(const struct session *s)
{
	if (s->replay)
		until_stopped();
}

static void no_rows(const struct session *s __attribute__((unused)))
{
}

enum exit_code listen_run(struct session *s)
{
	static const struct stream_ops ops = {
		.busy = hold,
		.rows = no_rows,
		.end = linger,
	};
	struct server server = {};
	enum exit_code code = EXIT_FAIL;

	if (start(&server, s))
		code = stream_run(s, &ops);
	stop(&server);
	return code;
}

enum exit_code listen_without(const struct options *opts, const struct iommus *iommus)
{
	struct session s = {.opts = opts, .iommus = iommus};
	struct server server = {};
	enum exit_code code = EXIT_FAIL;

	if (start(&server, &s)) {
		until_stopped();
		code = EXIT_OK;
	}
	stop(&server);
	return code;
}
