/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buckets of the latency histograms, for BPF and user space alike.
 *
 * Powers of two, each in four equal steps: what is read off a bucket is at
 * most a quarter of its lower bound away from the truth, and 34 seconds fit.
 */
#ifndef VIOMMU_HIST_H
#define VIOMMU_HIST_H

#include <linux/types.h>

#define VIOMMU_HIST_STEP_BITS 2
#define VIOMMU_HIST_STEPS (1 << VIOMMU_HIST_STEP_BITS)
#define VIOMMU_HIST_BUCKETS 136

/**
 * struct hist - A histogram
 * @bucket: how many values each bucket counts
 */
struct hist {
	__u64 bucket[VIOMMU_HIST_BUCKETS];
};

/* BPF has no instruction for this, and clang 14 no loop-free expansion */
static inline __u32 viommu_hist_log2(__u64 value)
{
	__u32 log = 0;

	for (__u32 shift = 32; shift; shift >>= 1) {
		if (value >> shift) {
			value >>= shift;
			log += shift;
		}
	}
	return log;
}

/**
 * viommu_hist_bucket() - The bucket that counts a value
 * @value: in nanoseconds
 *
 * Return: index below VIOMMU_HIST_BUCKETS; too large values are in the last.
 */
static inline __u32 viommu_hist_bucket(__u64 value)
{
	__u32 log, step, bucket;

	if (value < VIOMMU_HIST_STEPS)
		return value;

	log = viommu_hist_log2(value);
	step = (value >> (log - VIOMMU_HIST_STEP_BITS)) & (VIOMMU_HIST_STEPS - 1);
	bucket = (log - 1) * VIOMMU_HIST_STEPS + step;
	return bucket < VIOMMU_HIST_BUCKETS ? bucket : VIOMMU_HIST_BUCKETS - 1;
}

/**
 * viommu_hist_floor() - The smallest value that a bucket counts
 * @bucket: index; VIOMMU_HIST_BUCKETS gives the end of the last one
 */
static inline __u64 viommu_hist_floor(__u32 bucket)
{
	__u32 octave = bucket / VIOMMU_HIST_STEPS;

	if (!octave)
		return bucket;
	return (__u64)(VIOMMU_HIST_STEPS + bucket % VIOMMU_HIST_STEPS) << (octave - 1);
}

#endif /* VIOMMU_HIST_H */
