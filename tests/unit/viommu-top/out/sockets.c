// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of the sockets to listen on: those of an address, all that a host has,
 * and those that a service manager has opened.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "out/sockets.h"
#include "tap.h"

static bool connects(int family, int port)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
				  .sin6_port = htons(port),
				  .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in v4 = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good =
		fd >= 0 && !(family == AF_INET ? connect(fd, (struct sockaddr *)&v4, sizeof(v4))
					       : connect(fd, (struct sockaddr *)&v6, sizeof(v6)));

	if (fd >= 0)
		close(fd);
	return good;
}

static bool has_v6(void)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good = fd >= 0 && !bind(fd, (struct sockaddr *)&v6, sizeof(v6));

	if (fd >= 0)
		close(fd);
	return good;
}

static void test_addresses(void)
{
	struct sockets sockets;
	bool v6 = has_v6();
	int port;

	port = sockets_open(&sockets, "127.0.0.1:0");
	ok(port > 0 && sockets.nr == 1 && connects(AF_INET, port), "one of IPv4");
	sockets_close(&sockets);
	ok(!connects(AF_INET, port), "which can be closed");
	port = sockets_open(&sockets, "0");
	ok(port > 0 && connects(AF_INET, port) && connects(AF_INET6, port) == v6,
	   "without a host, all that this machine calls its own");
	sockets_close(&sockets);
	if (!v6)
		return;
	port = sockets_open(&sockets, "[::]:0");
	ok(port > 0 && sockets.nr == 1 && connects(AF_INET, port) && connects(AF_INET6, port),
	   "[::] is all there is");
	sockets_close(&sockets);
	port = sockets_open(&sockets, "[::1]:0");
	ok(port > 0 && !connects(AF_INET, port) && connects(AF_INET6, port), "[::1] is itself");
	sockets_close(&sockets);
}

static void test_wrong(void)
{
	struct sockets sockets, other;
	char address[64];

	ok(!sockets_wrong("65535") && !sockets_wrong("0") && !sockets_wrong("host:http"),
	   "ports and names of services are right");
	ok(sockets_wrong("65536") && sockets_wrong("[::1]:98970") &&
		   sockets_wrong("1:99999999999999999999") && sockets_wrong("") &&
		   sockets_wrong("127.0.0.1:"),
	   "what is too large and what is missing are not");
	snprintf(address, sizeof(address), "127.0.0.1:%d", sockets_open(&sockets, "127.0.0.1:0"));
	ok(sockets_open(&other, address) < 0 && !other.nr, "a port in use is a failure");
	sockets_close(&sockets);
	ok(sockets_open(&other, "127.0.0.1:no-such-service") < 0, "so is one nobody knows");
}

/* As systemd does: from descriptor 3 on, one of which is no such socket */
static void test_systemd(void)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(v4);
	int fd = socket(AF_INET, SOCK_STREAM, 0), null = open("/dev/null", O_RDONLY);
	struct sockets sockets;
	char pid[16];
	int port;

	if (bind(fd, (struct sockaddr *)&v4, sizeof(v4)) || listen(fd, 1) ||
	    getsockname(fd, (struct sockaddr *)&v4, &len))
		abort();
	fd = fcntl(fd, F_DUPFD, 10);
	dup2(null, 3);
	dup2(fd, 4);
	setenv("LISTEN_FDS", "2", 1);
	setenv("LISTEN_PID", "1", 1);
	port = sockets_open(&sockets, "127.0.0.1:0");
	ok(port > 0 && port != ntohs(v4.sin_port), "another process's are not ours");
	sockets_close(&sockets);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	port = sockets_open(&sockets, "127.0.0.1:0");
	is_number(port, ntohs(v4.sin_port), "ours are taken in place of an address");
	ok(sockets.nr == 1 && sockets.fd[0] == 4 && (fcntl(4, F_GETFD) & FD_CLOEXEC),
	   "those that listen, and no child gets them");
	ok(!getenv("LISTEN_PID") && !getenv("LISTEN_FDS"), "nor is told of them");
	sockets_close(&sockets);
}

int main(void)
{
	test_addresses();
	test_wrong();
	test_systemd();
	return tap_end();
}
