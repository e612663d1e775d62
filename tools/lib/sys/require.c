// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tools need of the machine they run on.
 *
 * All of it can be found without privilege, so that the first thing a user
 * without hears is not about privileges when those would not help.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "lib/sys/caps.h"
#include "lib/sys/kernelbtf.h"
#include "lib/sys/require.h"

/* Before 1.0, libbpf returned errors as pointers that are none, unless told not to */
#if !defined(LIBBPF_MAJOR_VERSION) || LIBBPF_MAJOR_VERSION < 1
__attribute__((constructor)) static void use_libbpf_as_of_1_0(void)
{
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
}
#endif

/* viommu_init first: what is said about the first one missing is enough */
static const char *const tracepoints[] = {
	"viommu_init",		"viommu_destroy",	"viommu_guest_id_alloc",
	"viommu_guest_id_free", "viommu_vf_page_alloc", "viommu_vf_page_free",
	"viommu_reset",		"viommu_cmd_submit",	"viommu_cmd_complete",
	"viommu_event_record",
};

static const char *const members[] = {
	"iommu", "parent", "serial", "guest_id", "owner", "stats",
};

static struct requirement *add(struct requirements *reqs, enum exit_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static struct requirement *add(struct requirements *reqs, enum exit_code code, const char *fmt, ...)
{
	struct requirement *req = &reqs->each[reqs->nr++];
	va_list args;

	memset(req, 0, sizeof(*req));
	req->code = code;
	va_start(args, fmt);
	vsnprintf(req->what, sizeof(req->what), fmt, args);
	va_end(args);
	return req;
}

static void miss(struct requirement *req, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void miss(struct requirement *req, const char *fmt, ...)
{
	va_list args;

	req->missing = true;
	va_start(args, fmt);
	vsnprintf(req->detail, sizeof(req->detail), fmt, args);
	va_end(args);
}

static void probe_btf(struct requirements *reqs)
{
	struct requirement *req = add(reqs, EXIT_KERNEL, REQUIRE_BTF);
	struct utsname uts;

	if (!uname(&uts))
		snprintf(req->detail, sizeof(req->detail), "Linux %s", uts.release);
	if (!kernelbtf_get())
		miss(req,
		     "not found: cannot read /sys/kernel/btf/vmlinux (%s): use a kernel built with CONFIG_DEBUG_INFO_BTF=y",
		     strerror(errno));
}

/* Some are there, some not: another remedy than no driver at all */
static bool driver_exists(void)
{
	return kernelbtf_tracepoint(tracepoints[0]);
}

static const char *remedy(void)
{
	if (!kernelbtf_get())
		return "not checked without kernel BTF";
	if (driver_exists())
		return "this kernel's AMD vIOMMU driver is too old for this version of the tool";
	return "this kernel has no AMD vIOMMU driver; boot a kernel with it and amd_iommu=viommu";
}

static void probe_tracepoints(struct requirements *reqs)
{
	for (size_t i = 0; i < sizeof(tracepoints) / sizeof(*tracepoints); i++) {
		struct requirement *req =
			add(reqs, EXIT_KERNEL, "tracepoint amd_viommu:%s", tracepoints[i]);

		if (!kernelbtf_tracepoint(tracepoints[i]))
			miss(req, "not found: %s", remedy());
	}
}

static void probe_iterator(struct requirements *reqs)
{
	struct requirement *req = add(reqs, EXIT_KERNEL, "BPF iterator amd_viommu");

	if (!kernelbtf_iterator("amd_viommu"))
		miss(req, "not found: %s", remedy());
}

static bool has_member(const struct btf *btf, const struct btf_type *type, const char *name)
{
	const struct btf_member *member = btf_members(type);
	/* It has had more than one type */
	unsigned int nr = btf_vlen(type);

	for (unsigned int i = 0; i < nr; i++)
		if (!strcmp(btf__name_by_offset(btf, member[i].name_off), name))
			return true;
	return false;
}

static void probe_members(struct requirements *reqs)
{
	struct requirement *req = add(reqs, EXIT_KERNEL, "struct amd_iommu_viommu");
	const struct btf *btf = kernelbtf_get();
	const struct btf_type *type;
	int id = 0;

	if (btf)
		id = btf__find_by_name_kind(btf, "amd_iommu_viommu", BTF_KIND_STRUCT);
	type = id > 0 ? btf__type_by_id(btf, id) : NULL;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		if (!type || !has_member(btf, type, members[i])) {
			miss(req, "has no member %s: %s", members[i], remedy());
			return;
		}
	}
}

static void probe_iommus(struct requirements *reqs)
{
	struct requirement *req = add(reqs, EXIT_KERNEL, REQUIRE_VIOMMU);
	size_t used = 0;

	iommus_read(&reqs->iommus, IOMMUS_SYSFS);
	req->missing = iommus_problem(&reqs->iommus, req->detail, sizeof(req->detail));
	if (req->missing)
		return;
	for (size_t i = 0; i < reqs->iommus.nr; i++) {
		const struct iommu_info *info = &reqs->iommus.info[i];

		if (used >= sizeof(req->detail))
			break;
		used += snprintf(req->detail + used, sizeof(req->detail) - used, "%sivhd%d: %s",
				 i ? ", " : "", info->index,
				 info->state[0] ? info->state : "unknown");
	}
}

static void probe_caps(struct requirements *reqs)
{
	struct requirement *req = add(reqs, EXIT_PERM, REQUIRE_CAPS);
	char missing[64];

	if (caps_missing(missing, sizeof(missing)))
		miss(req,
		     "missing: %s; run as root, or give them to the program: setcap cap_bpf,cap_perfmon+ep \"$(command -v %s)\"",
		     missing, program_invocation_short_name);
	else
		snprintf(req->detail, sizeof(req->detail), "CAP_BPF, CAP_PERFMON");
}

bool require_has_driver(void)
{
	return driver_exists();
}

void require_probe(struct requirements *reqs)
{
	reqs->nr = 0;
	probe_btf(reqs);
	probe_tracepoints(reqs);
	probe_iterator(reqs);
	probe_members(reqs);
	probe_iommus(reqs);
	probe_caps(reqs);
}

static const struct requirement *find(const struct requirements *reqs, const char *what)
{
	for (size_t i = 0; i < reqs->nr; i++)
		if (!strcmp(reqs->each[i].what, what))
			return &reqs->each[i];
	return NULL;
}

static const struct probes *host_mode;

const struct probes *require_host_mode(void)
{
	return host_mode;
}

bool require_host(const struct requirements *reqs, struct probes *probes,
		  const struct requirement **missing)
{
	*missing = NULL;
	if (!kernelbtf_get() || driver_exists() || !reqs->iommus.nr)
		return false;
	probes_find(probes);
	if (!probes_enough(probes))
		return false;
	if (find(reqs, REQUIRE_CAPS)->missing)
		*missing = find(reqs, REQUIRE_CAPS);
	host_mode = probes;
	return true;
}

static void print_one(const struct requirement *req)
{
	printf("%-8s%s%s%s\n", req->missing ? "MISSING" : "ok", req->what,
	       !req->detail[0] ? ""
	       : req->missing  ? " "
			       : ": ",
	       req->detail);
}

/* Of processes of others: who has which device */
static void print_descriptors(void)
{
	if (access("/proc/1/fd", R_OK))
		puts("MISSING VMs, DEVS, PINNED: descriptors of processes: run as root, or with CAP_SYS_PTRACE");
	else
		puts("ok      VMs, DEVS, PINNED: descriptors of processes, /sys/kernel/iommu_groups");
}

enum exit_code require_print_host(const struct requirements *reqs, const struct probes *probes)
{
	const struct requirement *caps = find(reqs, REQUIRE_CAPS);

	puts("mode    host: this kernel has no AMD vIOMMU driver, its own is watched by probes");
	print_one(find(reqs, REQUIRE_BTF));
	printf("ok      IOMMUs: %zu\n", reqs->iommus.nr);
	probes_print(probes);
	print_descriptors();
	print_one(caps);
	printf("%s\n", caps->missing ? "verdict: not ready" : "verdict: ready, in host mode");
	return caps->missing ? caps->code : EXIT_OK;
}

const struct requirement *require_first_missing(const struct requirements *reqs)
{
	for (size_t i = 0; i < reqs->nr; i++)
		if (reqs->each[i].missing)
			return &reqs->each[i];
	return NULL;
}

enum exit_code require_print(const struct requirements *reqs)
{
	const struct requirement *first = require_first_missing(reqs);
	size_t missing = 0;

	for (size_t i = 0; i < reqs->nr; i++) {
		const struct requirement *req = &reqs->each[i];

		missing += req->missing;
		print_one(req);
	}
	if (!first) {
		printf("verdict: ready\n");
		return EXIT_OK;
	}
	printf("verdict: not ready, %zu of %zu requirements missing\n", missing, reqs->nr);
	return first->code;
}
