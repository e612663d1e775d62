// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash-kernel IMAGE INITRAMFS COMMAND-LINE: loads the kernel that runs after a
 * crash of this one. kexec-tools do it as well, but change how the machine that
 * they are installed on reboots.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <string.h>
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
	if (argc != 4)
		errx(2, "usage: crash-kernel IMAGE INITRAMFS COMMAND-LINE");
	if (syscall(SYS_kexec_file_load, open_file(argv[1]), open_file(argv[2]),
		    strlen(argv[3]) + 1, argv[3], KEXEC_FILE_ON_CRASH))
		err(1, "the kernel for a crash cannot be loaded");
	return 0;
}
