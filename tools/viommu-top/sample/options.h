/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the command line asks for.
 */
#ifndef TOP_SAMPLE_OPTIONS_H
#define TOP_SAMPLE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct column;
struct probes;

/**
 * enum output_mode - What to write
 * @MODE_SCREEN: live screen
 * @MODE_BATCH:  one table per interval
 * @MODE_JSON:   one JSON object per vIOMMU and interval
 * @MODE_CSV:    one line per vIOMMU and interval
 * @MODE_OPENMETRICS: a file, written anew every interval
 * @MODE_LISTEN: the same over HTTP
 * @MODE_RESOLVE: whose something is
 * @MODE_CHECK:  what is needed and whether it is there
 */
enum output_mode {
	MODE_SCREEN,
	MODE_BATCH,
	MODE_JSON,
	MODE_CSV,
	MODE_OPENMETRICS,
	MODE_LISTEN,
	MODE_RESOLVE,
	MODE_CHECK,
};

/**
 * enum metrics_level - How many metrics there are; each has those before it, of finer things
 * @LEVEL_HOST:   of the host only
 * @LEVEL_VM:     and of each VM
 * @LEVEL_VIOMMU: and of each vIOMMU in place of each VM
 * @LEVEL_QUEUE:  and of each queue, and latencies of each vIOMMU
 */
enum metrics_level {
	LEVEL_HOST,
	LEVEL_VM,
	LEVEL_VIOMMU,
	LEVEL_QUEUE,
};

/**
 * struct options - Command line of viommu-top
 * @mode:         what to write
 * @once:         one table or one set of objects, nothing else
 * @interval_ns:  time between two samples; 0 for that of the recording
 * @count:        how many samples, 0 for no end
 * @pid:          show VMs of this process only, 0 for all
 * @guest:        show VMs whose name matches only, NULL for all
 * @guest_id:     show vIOMMUs with this guest ID only, 0 for all
 * @active:       show what did something during the interval only
 * @expand:       a row for every vIOMMU below that of its VM
 * @sort:         column to sort by
 * @reverse:      the other way round
 * @color:        use colours
 * @unicode:      use more than ASCII, if the locale does
 * @bpf_cost:     measure the time spent in our BPF programs
 * @fail_on_loss: exit with EXIT_LOST if anything was lost
 * @verbose:      show libbpf's messages
 * @probes:       where a kernel without our driver is watched; NULL with it
 * @replay:       recording to show instead of this machine, NULL for none
 * @json:         MODE_RESOLVE: as JSON
 * @resolve:      ID whose owner is asked for, NULL for none
 * @metrics:      file for MODE_OPENMETRICS, address for MODE_LISTEN
 * @level:        how many metrics
 */
struct options {
	enum output_mode mode;
	bool once;
	uint64_t interval_ns;
	unsigned long count;
	int pid;
	const char *guest;
	unsigned int guest_id;
	bool active;
	bool expand;
	const struct column *sort;
	bool reverse;
	bool color;
	bool unicode;
	bool bpf_cost;
	bool fail_on_loss;
	bool verbose;
	const struct probes *probes;
	const char *replay;
	bool json;
	const char *resolve;
	const char *metrics;
	enum metrics_level level;
};

#endif /* TOP_SAMPLE_OPTIONS_H */
