// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parameters of the kernel, some of which are secrets of other programs.
 *
 * What is known to concern the machine stays, of all others the value does not: nobody
 * can know what every initramfs calls its passwords.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "bundle/redact.h"

/* With a star at the end, what begins so */
static const char *const allowed[] = {
	"BOOT_IMAGE",
	"acpi",
	"acpi.*",
	"acpi_*",
	"amd_iommu",
	"amd_iommu_*",
	"amd_pstate",
	"apic",
	"audit",
	"clocksource",
	"console",
	"cpuidle.*",
	"crashkernel",
	"debug",
	"default_hugepagesz",
	"dma_debug",
	"dyndbg",
	"earlyprintk",
	"efi",
	"hpet",
	"hugepages",
	"hugepagesz",
	"idle",
	"ignore_loglevel",
	"init_on_alloc",
	"init_on_free",
	"intel_iommu",
	"intremap",
	"iommu",
	"iommu.*",
	"iomem",
	"irqaffinity",
	"irqpoll",
	"isolcpus",
	"ivrs_*",
	"kasan.*",
	"kfence.*",
	"kvm",
	"kvm.*",
	"kvm_amd.*",
	"lockdown",
	"log_buf_len",
	"loglevel",
	"lsm",
	"maxcpus",
	"mce",
	"mem",
	"mem_encrypt",
	"memmap",
	"mitigations",
	"noapic",
	"nohz",
	"nohz_full",
	"nokaslr",
	"nolapic",
	"nomodeset",
	"nomodule",
	"psi",
	"random.*",
	"haltpoll.*",
	"cgroup_disable",
	"initcall_debug",
	"kgdboc",
	"earlycon",
	"noresume",
	"nousb",
	"nvme_core.*",
	"spec_store_bypass_disable",
	"spectre_v2",
	"retbleed",
	"pti",
	"nopti",
	"l1tf",
	"mds",
	"tsx",
	"ima_policy",
	"no_console_suspend",
	"norandmaps",
	"workqueue.*",
	"kexec_load_disabled",
	"rng_core.*",
	"zswap.*",
	"module_blacklist",
	"initcall_blacklist",
	"modprobe.blacklist",
	"systemd.unified_cgroup_hierarchy",
	"net.ifnames",
	"biosdevname",
	"nosmt",
	"nowatchdog",
	"nox2apic",
	"nr_cpus",
	"numa",
	"numa_balancing",
	"oops",
	"page_poison",
	"panic",
	"panic_on_*",
	"pci",
	"pci.*",
	"pcie_*",
	"possible_cpus",
	"preempt",
	"printk.*",
	"processor.*",
	"quiet",
	"rcu_nocbs",
	"rcupdate.*",
	"rcutree.*",
	"reboot",
	"ro",
	"rw",
	"selinux",
	"slub_debug",
	"softlockup_panic",
	"splash",
	"swiotlb",
	"sysrq_always_enabled",
	"transparent_hugepage",
	"tsc",
	"unknown_nmi_panic",
	"vfio.*",
	"vfio_*",
	"vfio-*",
	"watchdog",
	"x2apic",
};

static bool is_allowed(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++) {
		size_t n = strlen(allowed[i]);
		bool begins = allowed[i][n - 1] == '*';

		n -= begins;
		if ((begins ? len >= n : len == n) && !memcmp(name, allowed[i], n))
			return true;
	}
	return false;
}

/* One parameter: blanks within quotes are part of it */
static size_t length_of(const char *at, const char *end)
{
	bool quoted = false;
	size_t len = 0;

	for (; at + len < end && (quoted || !isspace((unsigned char)at[len])); len++)
		quoted ^= at[len] == '"';
	return len;
}

static void put_parameter(struct redact *redact, FILE *out, const char *at, size_t len)
{
	const char *equal = memchr(at, '=', len);
	size_t name = equal ? (size_t)(equal - at) : len;
	/* The whole of a parameter may be quoted, too */
	size_t quote = *at == '"';

	if (!strncmp(at, "--", len) || !strncmp(at, "\\", len) ||
	    (name > quote && is_allowed(at + quote, name - quote))) {
		redact_copy(redact, out, at, at + len, true);
		return;
	}
	redact->counts->parameters++;
	/* A name alone may be a value just as well */
	fprintf(out, "%.*s(redacted)", equal ? (int)name + 1 : 0, at);
}

void redact_parameters(struct redact *redact, FILE *out, const char *at, const char *end)
{
	while (at < end) {
		size_t len;

		if (isspace((unsigned char)*at)) {
			fputc(*at++, out);
			continue;
		}
		len = length_of(at, end);
		put_parameter(redact, out, at, len);
		at += len;
	}
}

char *redact_cmdline(struct redact *redact, const char *text, size_t *size)
{
	char *result = NULL;
	const char *end = text + *size;
	FILE *out = open_memstream(&result, size);

	if (!out)
		return NULL;
	if (redact->parameters)
		redact_parameters(redact, out, text, end);
	else
		redact_copy(redact, out, text, end, true);
	if (!fclose(out))
		return result;
	free(result);
	return NULL;
}

/*
 * In a log
 */

const char *redact_parameters_in(const char *line, const char **end)
{
	static const char *const before[] = {"ommand line: ", "ommand line parameters \"",
					     "ommand line parameters: "};
	const char *at, *quote;

	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++) {
		at = memmem(line, *end - line, before[i], strlen(before[i]));
		if (!at)
			continue;
		at += strlen(before[i]);
		quote = at[-1] == '"' ? memrchr(at, '"', *end - at) : NULL;
		if (quote)
			*end = quote;
		return at;
	}
	return NULL;
}
