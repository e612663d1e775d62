// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash-kernel [now] IMAGE INITRAMFS COMMAND-LINE: loads the kernel that runs
 * after a crash of this one, or starts it now. kexec-tools do it as well, but change
 * how the machine that they are installed on reboots. It is linked statically: guests
 * have no libraries.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdbool.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

int main(int argc, char **argv)
{
	bool now = argc == 5 && !strcmp(argv[1], "now");

	if (argc != 4 + now)
		errx(2, "usage: crash-kernel [now] IMAGE INITRAMFS COMMAND-LINE");
	argv += now;
	if (syscall(SYS_kexec_file_load, open_file(argv[1]), open_file(argv[2]),
		    strlen(argv[3]) + 1, argv[3], now ? 0 : KEXEC_FILE_ON_CRASH))
		err(1, "the other kernel cannot be loaded");
	if (now && reboot(RB_KEXEC))
		err(1, "the other kernel cannot be started");
	return 0;
}
