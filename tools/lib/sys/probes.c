// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a kernel without our driver can be watched: functions of its own driver.
 *
 * Their names are no interface: they are looked for in the running kernel. A
 * compiler may have renamed a function when it changed how it is called
 * (".isra.0", ".constprop.0"): one whose arguments are of no interest will do
 * whatever its name ends in, of others those that have only lost an argument.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/sys/kernelbtf.h"
#include "lib/sys/probes.h"

#define NAMES_MAX 4

/**
 * struct wanted - What to look for
 * @names:    of the function, the best first; or of a tracepoint
 * @any:      its arguments do not matter
 * @tracepoint: it is one
 * @like:     another place to see what that one shows; PROBE_COMMAND if it is none
 * @columns:  what it is for
 */
struct wanted {
	const char *names[NAMES_MAX];
	bool any;
	bool tracepoint;
	enum probe_id like;
	const char *columns;
};

static const struct wanted wanted[NR_PROBES] = {
	[PROBE_COMMAND] = {.names = {"__iommu_queue_command_sync"},
			   .columns = "CMDS, CMD/s, commands by type and by device"},
	[PROBE_WAIT] = {.names = {"iommu_completion_wait"},
			.any = true,
			.columns = "WAITS, P50, P99, MEAN, flushes"},
	[PROBE_TIMEOUT] = {.names = {"console"}, .tracepoint = true, .columns = "T/OUT"},
	[PROBE_FLUSH] = {.names = {"amd_iommu_domain_flush_pages", "__domain_flush_pages",
				   "domain_flush_pages"},
			 .columns = "whose a domain is: commands and flushes of VMs"},
	[PROBE_RECORD] = {.names = {"iommu_poll_events"},
			  .columns = "EVENTS, EVT/s, faults by device"},
	[PROBE_RESTART] = {.names = {"amd_iommu_restart_event_logging"},
			   .columns = "event log overflows"},
	/* Where a compiler has made iommu_poll_events() part of its callers */
	[PROBE_THREAD] = {.names = {"amd_iommu_int_thread"}, .like = PROBE_RECORD},
	[PROBE_EVENTS] = {.names = {"amd_iommu_int_thread_evtlog"}, .like = PROBE_RECORD},
};

/* Does "iommu_completion_wait.isra.0" stand for "iommu_completion_wait"? */
static bool is_symbol(const struct wanted *want, const char *name, const char *symbol)
{
	size_t len = strlen(name);

	if (strncmp(symbol, name, len))
		return false;
	if (!symbol[len])
		return true;
	if (symbol[len] != '.' || strstr(symbol, ".cold"))
		return false;
	return want->any || !strncmp(symbol + len, ".constprop.", strlen(".constprop."));
}

/* A better name, or the very name instead of one with an end */
static void consider(struct probe *probe, const struct wanted *want, int *best, const char *symbol)
{
	for (int i = 0; i < NAMES_MAX && want->names[i]; i++) {
		int rank = 2 * i + !!strcmp(symbol, want->names[i]);

		if (!is_symbol(want, want->names[i], symbol) || rank >= *best)
			continue;
		*best = rank;
		snprintf(probe->symbol, sizeof(probe->symbol), "%.63s", symbol);
		probe->btf = !(rank % 2) && kernelbtf_function(symbol);
	}
}

static void find_functions(struct probes *probes)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	int best[NR_PROBES];
	char line[256], *symbol;

	for (int id = 0; id < NR_PROBES; id++)
		best[id] = 2 * NAMES_MAX;
	while (file && fgets(line, sizeof(line), file)) {
		char *type = strchr(line, ' ');

		/* "ffffffff8175e830 t iommu_completion_wait.isra.0", of the kernel, not of a module */
		if (!type || tolower((unsigned char)type[1]) != 't' || type[2] != ' ')
			continue;
		symbol = type + 3;
		line[strcspn(line, "\n")] = '\0';
		for (int id = 0; id < NR_PROBES; id++)
			if (!wanted[id].tracepoint)
				consider(&probes->probe[id], &wanted[id], &best[id], symbol);
	}
	if (file)
		fclose(file);
}

void probes_find(struct probes *probes)
{
	memset(probes, 0, sizeof(*probes));
	find_functions(probes);
	for (int id = 0; id < NR_PROBES; id++) {
		struct probe *probe = &probes->probe[id];

		if (!wanted[id].tracepoint || !kernelbtf_tracepoint(wanted[id].names[0]))
			continue;
		probe->btf = true;
		snprintf(probe->symbol, sizeof(probe->symbol), "%s", wanted[id].names[0]);
	}
}

bool probes_has(const struct probes *probes, enum probe_id id)
{
	for (int other = id + 1; other < NR_PROBES; other++)
		if (wanted[other].like && wanted[other].like == id &&
		    probes->probe[other].symbol[0])
			return true;
	return probes->probe[id].symbol[0];
}

bool probes_enough(const struct probes *probes)
{
	return probes_has(probes, PROBE_COMMAND);
}

void probes_missing(char *buf, size_t len, const struct probes *probes)
{
	size_t used = 0;

	*buf = '\0';
	for (int id = 0; id < NR_PROBES && used < len; id++)
		if (!wanted[id].like && !probes_has(probes, id))
			used += snprintf(buf + used, len - used, "%s%s", used ? ", " : "",
					 wanted[id].columns);
}

static void print_place(const struct probes *probes, int id, bool *first)
{
	const struct probe *probe = &probes->probe[id];

	if (!*probe->symbol)
		return;
	printf("%s %s %s", *first ? "" : ",",
	       wanted[id].tracepoint ? "tracepoint"
	       : probe->btf	     ? "fentry"
				     : "kprobe",
	       probe->symbol);
	*first = false;
}

void probes_print(const struct probes *probes)
{
	for (int id = 0; id < NR_PROBES; id++) {
		bool first = true;

		if (wanted[id].like)
			continue;
		if (!probes_has(probes, id)) {
			printf("MISSING %s: this kernel has no %s\n", wanted[id].columns,
			       wanted[id].names[0]);
			continue;
		}
		printf("ok      %s:", wanted[id].columns);
		for (int other = id; other < NR_PROBES; other++)
			if (other == id ||
			    (wanted[other].like && wanted[other].like == (enum probe_id)id))
				print_place(probes, other, &first);
		putchar('\n');
	}
	puts("driver  GUEST ID, SERIAL, AGE, QUEUE, GCMD/s, GEVT/s, GPPR/s, CMDQ, EVTQ, PPRQ, TransDevIDs, IPA, what happened: only with the AMD vIOMMU driver");
}
