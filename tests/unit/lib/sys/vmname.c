// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of naming VMs: command lines of QEMU, scopes of libvirt.
 */
#include <string.h>
#include <unistd.h>

#include "lib/sys/vmname.h"
#include "tap.h"

/* A string literal with its terminating NUL is the last argument */
#define CMDLINE(args) args, sizeof(args)

static void named(const char *want, const char *cmdline, size_t size, const char *what)
{
	char name[VMNAME_MAX] = "";

	vmname_from_cmdline(name, sizeof(name), cmdline, size);
	is_string(name, want, what);
}

static void test_cmdline(void)
{
	named("web-1",
	      CMDLINE("qemu\0-name\0web-1\0-m\0"
		      "1G"),
	      "-name web-1");
	named("web-1", CMDLINE("qemu\0-name\0guest=web-1,debug-threads=on"),
	      "-name guest=web-1,debug-threads=on");
	named("web-1", CMDLINE("qemu\0-name\0debug-threads=on,guest=web-1"), "guest= is not first");
	named("web-1", CMDLINE("qemu\0-name\0web-1,process=qemu:web"), "-name web-1,process=…");
	named("web-1", CMDLINE("qemu\0--name\0web-1"), "--name");
	named("a,b", CMDLINE("qemu\0-name\0guest=a,,b,process=x"), "a comma in the name");
	named("guest", CMDLINE("qemu\0-name\0guest"), "a VM called guest");
	named("a=b", CMDLINE("qemu\0-name\0guest=a=b"), "an equals sign in the name");
	named("web 1", CMDLINE("qemu\0-name\0web 1"), "a blank in the name");
}

static void test_no_name(void)
{
	named("",
	      CMDLINE("qemu\0-m\0"
		      "1G"),
	      "no -name");
	named("", CMDLINE("qemu\0-name"), "-name without argument");
	named("", CMDLINE("qemu\0-name\0debug-threads=on"), "no name in -name");
	named("", CMDLINE("qemu\0-name\0"), "empty -name");
	named("", "", 0, "no command line at all");
	named("", "qemu\0-name\0web-1", sizeof("qemu\0-name\0web-1") - 1,
	      "an argument that is cut off");
	named("", CMDLINE("qemu\0-names\0web-1"), "another option");
}

static void test_long(void)
{
	char name[8];

	ok(vmname_from_cmdline(name, sizeof(name), CMDLINE("qemu\0-name\0guest=much-too-long")),
	   "a long name is found");
	is_string(name, "much-to", "and cut");
}

static void in_cgroup(const char *want, const char *cgroup, const char *what)
{
	char name[VMNAME_MAX] = "";

	vmname_from_cgroup(name, sizeof(name), cgroup);
	is_string(name, want, what);
}

static void test_cgroup(void)
{
	in_cgroup("web-1",
		  "0::/machine.slice/machine-qemu\\x2d3\\x2dweb\\x2d1.scope/libvirt/emulator\n",
		  "libvirt, cgroup v2");
	in_cgroup("db", "12:cpuset:/x\n5:memory:/machine.slice/machine-qemu\\x2d17\\x2ddb.scope\n",
		  "libvirt, cgroup v1");
	in_cgroup("web-1", "0::/machine.slice/machine-ch\\x2d3\\x2dweb\\x2d1.scope\n",
		  "libvirt with cloud-hypervisor");
	in_cgroup("", "0::/user.slice/user-0.slice/session-1.scope\n", "a user's session");
	in_cgroup("", "0::/machine.slice/machine-qemu\\x2dx.scope\n", "no number");
	in_cgroup("", "0::/machine.slice/machine-qemu\\x2d1\\x2d.scope\n", "no name");
	in_cgroup("", "", "nothing");
}

static void test_escapes(void)
{
	static const char start[] = "0::/machine.slice/machine-ch\\x2d12\\x2d";
	char cgroup[1024], want[VMNAME_MAX] = "", name[VMNAME_MAX];
	size_t used = sprintf(cgroup, "%s", start);

	for (int i = 0; i < 12; i++) {
		used += sprintf(cgroup + used, "\\xe4\\xb8\\xad");
		strcat(want, "中");
	}
	sprintf(cgroup + used, ".scope\n");
	in_cgroup(want, cgroup, "escapes count once they are undone");
	in_cgroup("my.scope.vm", "0::/machine.slice/machine-qemu\\x2d1\\x2dmy.scope.vm.scope\n",
		  ".scope in the name");
	in_cgroup("", "0::/machine.slice/machine-qemu\\x2d1\\x2dx.slice/y.scope\n",
		  "a scope within something else");
	used = sprintf(cgroup, "%s", start);
	for (int i = 0; i < 60; i++)
		used += sprintf(cgroup + used, "\\xe4\\xb8\\xad");
	sprintf(cgroup + used, ".scope\n");
	ok(vmname_from_cgroup(name, sizeof(name), cgroup) && strlen(name) == VMNAME_MAX - 1,
	   "what is longer is cut");
}

static void by_program(const char *want, const char *program, const char *cmdline, size_t size,
		       const char *what)
{
	char name[VMNAME_MAX] = "";

	vmname_from_socket(name, sizeof(name), program, cmdline, size);
	is_string(name, want, what);
}

static void test_wrapped(void)
{
	by_program("SANDBOX", NULL,
		   CMDLINE("/opt/kata/bin/cloud-hypervisor\0--api-socket\0"
			   "/run/vc/vm/SANDBOX/clh-api.sock"),
		   "kata: all sockets have one name");
	by_program("SANDBOX", NULL,
		   CMDLINE("cloud-hypervisor\0--api-socket\0path=/run/kata/SANDBOX/ch-api.sock,x"),
		   "kata's runtime in Rust");
	by_program("", NULL, CMDLINE("cloud-hypervisor\0--api-socket\0api.sock"),
		   "and no directory");
	by_program("web-1", NULL,
		   CMDLINE("cloud-hypervisor-static\0--api-socket\0/run/ch/web-1.sock"),
		   "a program that is linked statically");
	by_program("web-1", "/nix/store/x/bin/cloud-hypervisor",
		   CMDLINE("microvm@web-1\0--api-socket\0web-1.sock"),
		   "a service that calls it something else");
	by_program("web-1", NULL,
		   CMDLINE("/nix/store/x/bin/.cloud-hypervisor-wrapped\0--api-socket\0web-1.sock"),
		   "a wrapper");
	by_program("web-1", "cloud-hyperviso", CMDLINE("vmm\0--api-socket\0web-1.sock"),
		   "the name of the process, cut");
	by_program("", "/usr/bin/curl", CMDLINE("curl\0-s\0http://web-1"), "another program");
}

static void by_socket(const char *want, const char *cmdline, size_t size, const char *what)
{
	char name[VMNAME_MAX] = "";

	vmname_from_socket(name, sizeof(name), NULL, cmdline, size);
	is_string(name, want, what);
}

static void test_socket(void)
{
	by_socket("web-1", CMDLINE("/usr/bin/cloud-hypervisor\0--api-socket\0/run/ch/web-1.sock"),
		  "cloud-hypervisor, a path");
	by_socket("web-1", CMDLINE("cloud-hypervisor\0--api-socket=path=/run/web-1.sock,x=y"),
		  "cloud-hypervisor, path=");
	by_socket("",
		  CMDLINE("cloud-hypervisor\0--api-socket\0"
			  "fd=3"),
		  "a descriptor");
	by_socket("web.1", CMDLINE("crosvm\0run\0-s\0/run/web.1.sock\0vmlinux"), "crosvm -s");
	by_socket("db", CMDLINE("crosvm\0run\0--socket\0/run/x.sock\0--name=db"), "crosvm --name=");
	by_socket("", CMDLINE("crosvm\0run\0vmlinux"), "neither");
	by_socket("", CMDLINE("crosvm\0run\0--socket"), "no value");
	by_socket("", CMDLINE("ssh\0-s\0/run/web-1.sock"), "another program");
	by_socket("", "crosvm\0-s\0/run/x", sizeof("crosvm\0-s\0/run/x") - 1, "cut off");
	by_socket("", "", 0, "nothing");
}

static void test_process(void)
{
	char name[VMNAME_MAX];

	vmname_lookup(name, sizeof(name), 0, "qemu-system-x86", 0);
	is_string(name, "qemu-system-x86", "a process that is gone has its comm");
	vmname_lookup(name, sizeof(name), getpid(), "me\033[2J", 0);
	is_string(name, "me?[2J", "an escape sequence does not get through");
}

int main(void)
{
	test_cmdline();
	test_no_name();
	test_long();
	test_cgroup();
	test_escapes();
	test_socket();
	test_wrapped();
	test_process();
	return tap_end();
}
