// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets to listen on.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/text/message.h"
#include "out/sockets.h"

#define PORT_MAX 65535
#define BACKLOG 32
/* A port that the kernel chose for one address may be in use at another */
#define TRIES 16
/* Where systemd puts what it opened; see sd_listen_fds(3) */
#define SYSTEMD_FIRST 3

/**
 * struct address - As it is given
 * @host: without brackets; "" for this machine's own
 * @port: behind the last colon
 */
struct address {
	char host[256];
	const char *port;
};

static void split(struct address *to, const char *address)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : 0;

	to->port = colon ? colon + 1 : address;
	if (len > 1 && address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	snprintf(to->host, sizeof(to->host), "%.*s", (int)len, address);
}

const char *sockets_wrong(const char *address)
{
	struct address a;

	split(&a, address);
	if (!*a.port)
		return "there is no port: give HOST:PORT";
	/* A name of a service is for the resolver to know; it takes 99999 for 34463 */
	if (strspn(a.port, "0123456789") == strlen(a.port) &&
	    (strlen(a.port) > 9 || atol(a.port) > PORT_MAX))
		return "a port is from 0 to 65535";
	return NULL;
}

static struct addrinfo *resolve(const struct address *a)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	const char *host = *a->host ? a->host : NULL;
	struct addrinfo *found = NULL;
	int error;

	/* Without a host, these are 127.0.0.1 and ::1 */
	error = getaddrinfo(host, a->port, &hints, &found);
	if (!error)
		return found;
	msg("cannot listen on host \"%s\", port \"%s\": %s: give HOST:PORT",
	    host ? host : "localhost", a->port, gai_strerror(error));
	return NULL;
}

static in_port_t *port_of(struct sockaddr *address)
{
	if (address->sa_family == AF_INET6)
		return &((struct sockaddr_in6 *)address)->sin6_port;
	return &((struct sockaddr_in *)address)->sin_port;
}

static int get_port(int fd)
{
	struct sockaddr_storage address = {};
	socklen_t len = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &len) ||
	    (address.ss_family != AF_INET && address.ss_family != AF_INET6))
		return 0;
	return ntohs(*port_of((struct sockaddr *)&address));
}

/* The address of all is that of IPv4, too; others are what they say */
static int is_v6_only(const struct addrinfo *info)
{
	const struct sockaddr_in6 *address = (const struct sockaddr_in6 *)info->ai_addr;

	return !IN6_IS_ADDR_UNSPECIFIED(&address->sin6_addr);
}

static int open_one(const struct addrinfo *info)
{
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int yes = 1, v6_only;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (info->ai_family == AF_INET6) {
		v6_only = is_v6_only(info);
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only));
	}
	if (!bind(fd, info->ai_addr, info->ai_addrlen) && !listen(fd, BACKLOG))
		return fd;
	yes = errno;
	close(fd);
	errno = yes;
	return -1;
}

/*
 * A machine may have no IPv6, which its resolver need not know; that somebody else has
 * the port of one address is a failure.
 */
static bool is_absent(int error)
{
	return error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

static bool open_all(struct sockets *sockets, const struct addrinfo *found)
{
	int error = 0;

	for (const struct addrinfo *info = found; info && sockets->nr < SOCKETS_MAX;
	     info = info->ai_next) {
		int fd;

		if (info->ai_family != AF_INET && info->ai_family != AF_INET6)
			continue;
		/* A port that the kernel chose is that of all */
		if (sockets->nr)
			*port_of(info->ai_addr) = htons(get_port(sockets->fd[0]));
		fd = open_one(info);
		if (fd >= 0) {
			sockets->fd[sockets->nr++] = fd;
			continue;
		}
		error = errno;
		if (!is_absent(error))
			break;
	}
	errno = error;
	return sockets->nr && (!error || is_absent(error));
}

/* What a service manager opened is for the process that it started, not for its children */
static bool take_from_systemd(struct sockets *sockets)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	int nr;

	if (!pid || !fds || atol(pid) != getpid())
		return false;
	nr = atoi(fds);
	for (int i = 0; i < nr && sockets->nr < SOCKETS_MAX; i++) {
		int fd = SYSTEMD_FIRST + i, listening = 0;
		socklen_t len = sizeof(listening);

		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) || !listening)
			continue;
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		sockets->fd[sockets->nr++] = fd;
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	return sockets->nr;
}

int sockets_open(struct sockets *sockets, const char *address)
{
	struct addrinfo *found;
	struct address a;
	bool good, any;

	sockets->nr = 0;
	if (take_from_systemd(sockets))
		return get_port(sockets->fd[0]);
	split(&a, address);
	found = resolve(&a);
	if (!found)
		return -1;
	any = !*port_of(found->ai_addr);
	good = open_all(sockets, found);
	for (int i = 1; any && !good && i < TRIES; i++) {
		sockets_close(sockets);
		*port_of(found->ai_addr) = 0;
		good = open_all(sockets, found);
	}
	if (!good)
		msg("cannot listen on %s: %s: choose another address or port", address,
		    strerror(errno));
	freeaddrinfo(found);
	if (good)
		return get_port(sockets->fd[0]);
	sockets_close(sockets);
	return -1;
}

void sockets_close(struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->nr; i++)
		if (sockets->fd[i] >= 0)
			close(sockets->fd[i]);
	sockets->nr = 0;
}
