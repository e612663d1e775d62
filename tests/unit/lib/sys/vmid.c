// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of what VMs are known by to those who manage them.
 */
#include <unistd.h>

#include "lib/sys/vmid.h"
#include "tap.h"

#define QEMU "/usr/bin/qemu-system-x86_64\0-name\0guest=web-1\0"
#define UUID "6f6e0b4c-0d3b-4ad4-9e5b-6f1a3f7d8c21"
#define LAUNCHER                                           \
	"/usr/bin/virt-launcher-monitor\0--qemu-timeout\0" \
	"250s\0"

#define FROM(which, id, cmdline) vmid_from_##which(id, cmdline, sizeof(cmdline) - 1)

static void test_uuid(void)
{
	struct vmid id = {};

	ok(FROM(cmdline, &id, QEMU "-uuid\0" UUID "\0"), "QEMU has a UUID");
	is_string(id.uuid, UUID, "which is it");
	ok(FROM(cmdline, &id,
		QEMU "-uuid\0"
		     "6F6E0B4C-0D3B-4AD4-9E5B-6F1A3F7D8C21\0"),
	   "in capital letters");
	is_string(id.uuid, UUID, "it is the same");
	ok(!FROM(cmdline, &id,
		 QEMU "-uuid\0"
		      "6f6e0b4c-0d3b-4ad4-9e5b-6f1a3f7d8c2\0") &&
		   !*id.uuid,
	   "what is too short is none");
	ok(!FROM(cmdline, &id, QEMU "-uuid\0" UUID "0\0") && !*id.uuid, "nor is what is too long");
	ok(!FROM(cmdline, &id,
		 QEMU "-uuid\0"
		      "\"}\n\0"),
	   "nor anything else");
	ok(!FROM(cmdline, &id, QEMU "-uuid\0"), "nor nothing");
	ok(!FROM(cmdline, &id, QEMU "-uuid\0" UUID), "a command line that is cut off has none");
	ok(!vmid_from_cmdline(&id, "", 0), "nor has an empty one");
}

static void test_kube(void)
{
	struct vmid id = {};

	ok(FROM(launcher, &id, LAUNCHER "--name\0vm-a\0--uid\0x\0--namespace\0team-b\0"),
	   "virt-launcher is told");
	is_string(id.namespace, "team-b", "a namespace");
	is_string(id.vmi, "vm-a", "and a name in it");
	ok(FROM(launcher, &id, LAUNCHER "--name=vm-c\0--namespace=team-d\0") &&
		   !strcmp(id.vmi, "vm-c"),
	   "with equals signs, too");
	ok(!FROM(launcher, &id, LAUNCHER "--name\0vm-a\0--namespace\0a\"b\0") && !*id.namespace,
	   "what cannot be one is none");
	ok(!FROM(launcher, &id, "/usr/bin/docker\0--name\0vm-a\0--namespace\0team-b\0"),
	   "other programs have such options, too");
}

int main(void)
{
	struct vmid id;

	test_uuid();
	test_kube();
	vmid_lookup(&id, getpid(), 0);
	ok(!*id.uuid && !*id.namespace && !*id.vmi, "a process that is no VM has nothing of it");
	return tap_end();
}
