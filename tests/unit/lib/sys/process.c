// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of telling processes apart that have had the same PID.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/sys/process.h"
#include "lib/sys/vmname.h"
#include "lib/sys/wait.h"
#include "tap.h"

#define NSEC_PER_SEC 1000000000ull

static void test_stat(void)
{
	static const char tail[] = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 12345 20 21\n";
	char stat[256];
	uint64_t start;

	snprintf(stat, sizeof(stat), "7 (qemu)%s", tail);
	ok(process_start_from_stat(&start, stat) &&
		   start == 12345 * (NSEC_PER_SEC / sysconf(_SC_CLK_TCK)),
	   "the start of a process");
	snprintf(stat, sizeof(stat), "7 (a) S 1 (b) c)%s", tail);
	ok(process_start_from_stat(&start, stat) &&
		   start == 12345 * (NSEC_PER_SEC / sysconf(_SC_CLK_TCK)),
	   "of one with parentheses in its name");
	ok(!process_start_from_stat(&start, "7 (qemu) S 1 2"), "nothing, where there is none");
	ok(!process_start_from_stat(&start, ""), "or no line");
}

/* A process that is called as a VM is, and has just begun; it ends with the pipe */
static pid_t begin(int *input)
{
	int in[2], ready[2];
	pid_t pid;
	char byte;

	if (pipe2(in, O_CLOEXEC) || pipe2(ready, O_CLOEXEC))
		abort();
	pid = fork();
	if (!pid) {
		dup2(in[0], STDIN_FILENO);
		execl("/bin/sh", "qemu", "-c", "read line", "sh", "-name", "guest=somebody-else",
		      NULL);
		_exit(1);
	}
	close(in[0]);
	close(ready[1]);
	/* This end comes with exec() */
	if (read(ready[0], &byte, 1))
		abort();
	close(ready[0]);
	*input = in[1];
	return pid;
}

static void test_reuse(void)
{
	uint64_t before = wait_now_ns() - 60 * NSEC_PER_SEC;
	pid_t self = getpid();

	ok(process_existed(self, wait_now_ns()), "who exists did it");
	ok(process_existed(self, 0), "or may have, if nobody knows when");
	ok(!process_existed(self, before), "not, who began later");
	ok(!process_existed(0, 0), "nor who is not there");
}

static void test_name(void)
{
	uint64_t before = wait_now_ns() - 60 * NSEC_PER_SEC;
	char name[VMNAME_MAX];
	int input;
	pid_t pid = begin(&input);

	ok(vmname_from_process(name, sizeof(name), pid) && !strcmp(name, "somebody-else"),
	   "a process has the name of its VM");
	vmname_lookup(name, sizeof(name), pid, "viommu-play", before);
	is_string(name, "viommu-play", "a process that has the PID now gives no name");
	close(input);
	waitpid(pid, NULL, 0);
}

static bool is_initial(const char *pid, const char *link)
{
	char dir[] = "/tmp/process-XXXXXX", path[64];
	bool initial;

	if (!mkdtemp(dir))
		abort();
	snprintf(path, sizeof(path), "%s/%s", dir, pid);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/ns", dir, pid);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/ns/pid", dir, pid);
	if (symlink(link, path))
		abort();
	initial = process_ns_is_initial(dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/%s/ns", dir, pid);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/%s", dir, pid);
	rmdir(path);
	rmdir(dir);
	return initial;
}

static void test_namespace(void)
{
	struct stat st;
	bool here = !stat("/proc/self/ns/pid", &st) && st.st_ino == 0xeffffffcu;

	ok(is_initial("1", "/proc/self/ns/pid") == here,
	   "the namespace of the first process counts");
	ok(is_initial("self", "/proc/self/ns/pid") == here, "else one's own");
	ok(!is_initial("1", "/etc/passwd"), "another one has other PIDs");
	ok(process_ns_is_initial("/nonexistent"), "a kernel without has only one");
}

int main(void)
{
	test_stat();
	test_reuse();
	test_name();
	test_namespace();
	return tap_end();
}
