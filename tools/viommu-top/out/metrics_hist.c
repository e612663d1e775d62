// SPDX-License-Identifier: GPL-2.0-only
/*
 * Histograms as metrics.
 */
#include "out/metrics.h"

/* Every other power of two less 1 ns, as le="…": from 255 ns to 17 s */
#define FIRST_OCTAVE 8
#define LAST_OCTAVE 34
#define OCTAVE_STEP 2

/* Up to and including @le_ns: buckets begin at powers of two, one more than that */
static uint64_t count_up_to(const struct hist *hist, uint64_t le_ns)
{
	int end = viommu_hist_bucket(le_ns + 1);
	uint64_t count = 0;

	for (int i = 0; i < end; i++)
		count += hist->bucket[i];
	return count;
}

void metrics_slower(struct metrics_exemplar *slowest, const struct snapshot *now,
		    const struct command *command)
{
	const struct vtr_latency *latency = &command->latency;

	if (!latency->slowest.ns || latency->max_ns <= slowest->ns)
		return;
	*slowest = (struct metrics_exemplar){
		.seq = latency->slowest.seq,
		.opcode = command->opcode,
		.ns = latency->max_ns,
		.real_ns = now->real_ns - (now->mono_ns - latency->slowest.ns),
	};
}

/* An exemplar is in the one bucket whose value is not in the one before */
static void put_exemplar(struct expo *e, const struct metrics_exemplar *x, uint64_t above_ns,
			 uint64_t le_ns)
{
	if (x->ns > above_ns && x->ns <= le_ns)
		expo_exemplar(e, x->seq, x->opcode, x->ns, x->real_ns);
}

/*
 * As the libraries of Prometheus write numbers, shortest: what passes through
 * node_exporter has the same bounds as what does not. Eleven digits are all there are.
 */
static void put_bound(char *buf, size_t len, uint64_t ns)
{
	snprintf(buf, len, "%.11g", ns / 1e9);
}

void metrics_write_hist(struct expo *e, const struct hist *hist,
			const struct metrics_exemplar *exemplar,
			void (*label)(struct expo *e, const void *arg), const void *arg)
{
	uint64_t all = hist_count(hist), above_ns = 0;
	char le[32];

	for (int octave = FIRST_OCTAVE; octave <= LAST_OCTAVE; octave += OCTAVE_STEP) {
		uint64_t le_ns = (1ull << octave) - 1;

		put_bound(le, sizeof(le), le_ns);
		expo_sample(e, "_bucket");
		label(e, arg);
		expo_label(e, "le", le);
		expo_value_u64(e, count_up_to(hist, le_ns));
		put_exemplar(e, exemplar, above_ns, le_ns);
		expo_line(e);
		above_ns = le_ns;
	}
	expo_sample(e, "_bucket");
	label(e, arg);
	expo_label(e, "le", "+Inf");
	expo_value_u64(e, all);
	put_exemplar(e, exemplar, above_ns, UINT64_MAX);
	expo_line(e);
	expo_sample(e, "_count");
	label(e, arg);
	expo_u64(e, all);
	expo_sample(e, "_sum");
	label(e, arg);
	expo_ns(e, hist_sum(hist));
}
