// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metrics over HTTP, for Prometheus.
 *
 * A thread of libmicrohttpd answers with the text of the latest sample, so
 * that a scrape costs the kernel nothing, however many there are.
 */
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys/wait.h"
#include "lib/text/message.h"
#include "out/metrics.h"
#include "out/out.h"
#include "out/stream.h"

#define CONTENT_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"
/* Whoever connects and says nothing must not be in the way of others */
#define CONNECTIONS_MAX 128
#define CONNECTIONS_MAX_OF_ONE 64
#define TIMEOUT_S 5

/**
 * struct page - What is served
 * @lock:    guards the other
 * @metrics: the answer, which all who ask until the next sample share: however slowly
 *           they read, there is one copy of each
 */
struct page {
	pthread_mutex_t lock;
	struct MHD_Response *metrics;
};

static struct page page = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* NULL without memory; takes the text */
static struct MHD_Response *new_response(char *text, size_t len, const char *type)
{
	struct MHD_Response *response;

	response = MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(text);
		return NULL;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	return response;
}

static void render(const struct session *s)
{
	struct MHD_Response *metrics = NULL, *old;
	char *text = NULL;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	if (file) {
		metrics_write(file, s);
		if (fclose(file))
			free(text);
		else
			metrics = new_response(text, len, CONTENT_TYPE);
	}
	/* Rather the last ones than half of these */
	if (!metrics) {
		msg("out of memory");
		return;
	}

	pthread_mutex_lock(&page.lock);
	old = page.metrics;
	page.metrics = metrics;
	pthread_mutex_unlock(&page.lock);
	if (old)
		MHD_destroy_response(old);
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
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result reply_metrics(struct MHD_Connection *connection)
{
	enum MHD_Result result = MHD_NO;

	pthread_mutex_lock(&page.lock);
	if (page.metrics)
		result = MHD_queue_response(connection, MHD_HTTP_OK, page.metrics);
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
 * Address
 */

/* "HOST:PORT", "[::1]:PORT"; without HOST this machine's own users only */
static struct addrinfo *resolve(const char *address)
{
	const char *colon = strrchr(address, ':');
	const char *port = colon ? colon + 1 : address;
	size_t len = colon ? (size_t)(colon - address) : 0;
	struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char host[256] = "127.0.0.1";
	int error;

	if (len > 1 && address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	if (len)
		snprintf(host, sizeof(host), "%.*s", (int)len, address);
	error = getaddrinfo(host, port, &hints, &found);
	if (error) {
		msg("cannot listen on host \"%s\", port \"%s\": %s: give HOST:PORT", host, port,
		    gai_strerror(error));
		return NULL;
	}
	return found;
}

static struct MHD_Daemon *serve(const char *address)
{
	struct addrinfo *found = resolve(address);
	struct MHD_Daemon *daemon;
	unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO;

	if (!found)
		return NULL;
	if (found->ai_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	errno = 0;
	daemon = MHD_start_daemon(flags, 0, NULL, NULL, answer, NULL, MHD_OPTION_SOCK_ADDR,
				  found->ai_addr, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
				  MHD_OPTION_PER_IP_CONNECTION_LIMIT, CONNECTIONS_MAX_OF_ONE,
				  MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S, MHD_OPTION_END);
	if (!daemon)
		msg("cannot listen on %s: %s: choose another address or port", address,
		    errno ? strerror(errno) : "refused");
	freeaddrinfo(found);
	return daemon;
}

/* The last sample of a recording stays to be read */
static void linger(const struct session *s)
{
	enum wait_result why = WAIT_TIME;

	while (s->replay && why != WAIT_STOP && why != WAIT_CLOSED)
		why = wait_until(UINT64_MAX / 2, false);
}

enum exit_code listen_run(struct session *s)
{
	static const struct stream_ops ops = {
		.rows = render,
		.end = linger,
	};
	const union MHD_DaemonInfo *info;
	struct MHD_Daemon *daemon;
	enum exit_code code;

	render(s);
	daemon = serve(s->opts->metrics);
	if (!daemon)
		return EXIT_FAIL;
	info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
	msg("metrics are at port %u, /metrics", info ? info->port : 0);
	code = stream_run(s, &ops);
	MHD_stop_daemon(daemon);
	if (page.metrics)
		MHD_destroy_response(page.metrics);
	return code;
}
