// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-probe [DEVICE]: asks for vIOMMUs in every wrong way, and in the right
 * one, and prints a line per case: "case errno-name" (or "case OK").
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/iommufd.h"
#include "lib/vfio.h"
#include "lib/vm.h"

/* EFR vIommuSup, as hw_info reports it */
#define EFR_VIOMMU (1ull << 55)

static struct vm vm;

static void result(const char *name, int ret)
{
	printf("%s %s\n", name, ret ? strerrorname_np(-ret) : "OK");
}

static int call(unsigned long request, void *arg)
{
	return ioctl(vm.iommufd, request, arg) ? -errno : 0;
}

/* Ask for a vIOMMU; one that is granted by mistake is given back */
static int ask(struct iommu_viommu_alloc *cmd)
{
	int ret;

	cmd->size = sizeof(*cmd);
	cmd->dev_id = cmd->dev_id ?: vm.dev;
	cmd->hwpt_id = cmd->hwpt_id ?: vm.hwpt;
	ret = call(IOMMU_VIOMMU_ALLOC, cmd);
	if (!ret)
		iommufd_destroy(vm.iommufd, cmd->out_viommu_id);
	return ret;
}

static void probe_types(void)
{
	for (uint32_t type = 0; type <= 4; type++) {
		struct iommu_viommu_amd amd = {};
		struct iommu_viommu_alloc cmd = {
			.type = type,
			.data_len = sizeof(amd),
			.data_uptr = (uintptr_t)&amd,
		};
		char name[32];

		snprintf(name, sizeof(name), "type-%u", type);
		result(name, ask(&cmd));
	}
}

static void probe_data(void)
{
	struct iommu_viommu_amd amd = {};
	uint64_t larger[2] = {0, 0}, dirty[2] = {0, 1};
	void *read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct {
		const char *name;
		uint32_t len;
		void *data;
	} cases[] = {
		{"no-data", 0, NULL},
		{"short-data", sizeof(amd) - 1, &amd},
		{"larger-data", sizeof(larger), larger},
		{"larger-dirty-data", sizeof(dirty), dirty},
		{"bad-pointer", sizeof(amd), (void *)8},
		{"read-only-data", sizeof(amd), read_only},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct iommu_viommu_alloc cmd = {
			.type = IOMMU_VIOMMU_TYPE_AMD,
			.data_len = cases[i].len,
			.data_uptr = (uintptr_t)cases[i].data,
		};

		result(cases[i].name, ask(&cmd));
	}
	munmap(read_only, 4096);
}

static void probe_arguments(void)
{
	struct iommu_viommu_amd amd = {};
	const struct iommu_viommu_alloc right = {
		.type = IOMMU_VIOMMU_TYPE_AMD,
		.data_len = sizeof(amd),
		.data_uptr = (uintptr_t)&amd,
	};
	struct iommu_viommu_alloc cmd;

	cmd = right;
	cmd.flags = 1;
	result("flags", ask(&cmd));
	cmd = right;
	cmd.dev_id = 9999;
	result("no-such-device", ask(&cmd));
	cmd = right;
	cmd.hwpt_id = 9999;
	result("no-such-parent", ask(&cmd));
	cmd = right;
	cmd.hwpt_id = vm.ioas;
	result("parent-is-ioas", ask(&cmd));
}

static int try_mmap(uint64_t offset, size_t len, int prot, int flags)
{
	void *page = mmap(NULL, len, prot, flags, vm.iommufd, offset);

	if (page == MAP_FAILED)
		return -errno;
	munmap(page, len);
	return 0;
}

static void probe_mmap(void)
{
	const int rw = PROT_READ | PROT_WRITE;
	struct vm_viommu viommu;
	uint64_t offset;

	if (vm_viommu_create(&vm, &viommu, IOMMU_VIOMMU_TYPE_AMD, false))
		return;
	offset = viommu.vf_offset;
	result("mmap", try_mmap(offset, 4096, rw, MAP_SHARED));
	result("mmap-long", try_mmap(offset, 8192, rw, MAP_SHARED));
	result("mmap-private", try_mmap(offset, 4096, rw, MAP_PRIVATE));
	result("mmap-exec", try_mmap(offset, 4096, rw | PROT_EXEC, MAP_SHARED));
	result("mmap-next-page", try_mmap(offset + 4096, 4096, rw, MAP_SHARED));

	viommu.vf = mmap(NULL, 4096, rw, MAP_SHARED, vm.iommufd, offset);
	result("destroy-mapped", iommufd_destroy(vm.iommufd, viommu.id));
	munmap((void *)viommu.vf, 4096);
	result("destroy", iommufd_destroy(vm.iommufd, viommu.id));
	result("destroy-twice", iommufd_destroy(vm.iommufd, viommu.id));
	result("mmap-destroyed", try_mmap(offset, 4096, rw, MAP_SHARED));
}

/* As vm_open(), but on IOMMUs without vIOMMU as well */
static void open_vm(const char *device)
{
	uint64_t efr = 0;
	int ret;

	vm.iommufd = open("/dev/iommu", O_RDWR);
	vm.vfio = vfio_open(device);
	if (vm.iommufd < 0 || vm.vfio < 0)
		errx(1, "cannot open /dev/iommu or %s", device);
	ret = vfio_bind(vm.vfio, vm.iommufd, &vm.dev);
	if (!ret)
		ret = iommufd_ioas_alloc(vm.iommufd, &vm.ioas);
	if (ret)
		errx(1, "cannot assign %s: %s", device, strerror(-ret));

	ret = iommufd_amd_features(vm.iommufd, vm.dev, &efr);
	printf("hw-info-viommu %s\n", !ret && (efr & EFR_VIOMMU) ? "yes" : "no");
	ret = iommufd_nest_parent_alloc(vm.iommufd, vm.dev, vm.ioas, &vm.hwpt);
	result("nest-parent", ret);
	if (!vm.hwpt)
		vm.hwpt = vm.ioas;
}

int main(int argc, char **argv)
{
	open_vm(argc > 1 ? argv[1] : "vfio0");
	probe_types();
	probe_data();
	probe_arguments();
	probe_mmap();
	close(vm.vfio);
	close(vm.iommufd);
	return 0;
}
