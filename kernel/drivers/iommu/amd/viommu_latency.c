// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long the host's commands take.
 *
 * The hardware says that a COMPLETION_WAIT is done, and with it everything that
 * was queued before it. A command's latency is the time from queueing it until
 * the driver has seen the first of those that end after it. It is counted once
 * for the IOMMU and once for the vIOMMU that the command was for, if any, by
 * opcode.
 *
 * Sequence numbers of an IOMMU have no gaps, so the commands that are under way
 * are those between the last one that is known to be done and the last one that
 * was queued. The hardware's buffer holds CMD_BUFFER_ENTRIES of them, and so
 * does ours: who queues one more finds that the hardware has read the one whose
 * place it takes.
 *
 * A place is written under &amd_iommu.lock, which the waiter took to queue its
 * COMPLETION_WAIT, and read under &amd_viommu_timing.lock. It is not written
 * again before &amd_viommu_timing.done says that it was counted.
 */

#include <linux/clocksource.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include <asm/tsc.h>

#include "viommu_internal.h"

#include <trace/events/amd_viommu.h>

/* One more than the row of each opcode that can be for a guest */
static const u8 viommu_latency_rows[CMD_NR_OPCODES] = {
	[CMD_COMPL_WAIT]	= 1,
	[CMD_INV_DEV_ENTRY]	= 2,
	[CMD_INV_IOMMU_PAGES]	= 3,
	[CMD_INV_IOTLB_PAGES]	= 4,
	[CMD_RESET_VMMIO]	= 5,
};

/* Whether any IOMMU is timed, as all are that have a vIOMMU */
DEFINE_STATIC_KEY_FALSE(amd_viommu_timed);

/* Guards which IOMMUs are timed, and for whom */
static DEFINE_MUTEX(viommu_latency_lock);

static unsigned int viommu_latency_opcode(const struct iommu_cmd *cmd)
{
	return cmd->data[1] >> 28;
}

/* That of an opcode that can be for a guest */
static struct amd_viommu_latency *
viommu_latency_row(struct amd_iommu_viommu *aviommu, unsigned int opcode)
{
	return &aviommu->latency[viommu_latency_rows[opcode] - 1];
}

/* Powers of two in four equal steps each */
static unsigned int viommu_latency_bucket(u64 ns)
{
	unsigned int log, bucket;

	if (ns < 4)
		return ns;
	log = fls64(ns) - 1;
	bucket = (log - 1) * 4 + ((ns >> (log - 2)) & 3);
	return min(bucket, AMD_VIOMMU_LATENCY_BUCKETS - 1);
}

/* The fast clock: the IOMMU is flushed on resume, before timekeeping is back */
static noinline void viommu_latency_slowest(struct amd_viommu_latency *latency,
					    const struct amd_viommu_pending *cmd,
					    u64 seq, u64 ns)
{
	latency->max_ns = ns;
	latency->slowest_ns = ktime_get_mono_fast_ns();
	latency->slowest_seq = seq;
	latency->slowest_cmd = cmd->cmd;
}

static __always_inline void
viommu_latency_count(struct amd_viommu_latency *latency,
		     const struct amd_viommu_pending *cmd, u64 seq, u64 ns,
		     unsigned int bucket)
{
	latency->count++;
	latency->bucket[bucket]++;
	latency->total_ns += ns;
	if (unlikely(ns > latency->max_ns))
		viommu_latency_slowest(latency, cmd, seq, ns);
}

/*
 * Processors agree on the cycles but for a few: what comes out as less than
 * nothing is nothing.
 */
static u64 viommu_latency_ns(const struct amd_viommu_timing *timing,
			     cycles_t start, cycles_t end)
{
	return end > start ? mul_u64_u32_shr(end - start, timing->mult,
					     timing->shift) : 0;
}

/* Not inlined: nobody traces as a rule */
static noinline void viommu_latency_trace(struct amd_iommu *iommu,
					  const struct amd_viommu_pending *cmd,
					  u64 seq, u64 ns)
{
	u16 guest_id = cmd->viommu ? cmd->viommu->guest_id : 0;

	trace_viommu_cmd_latency(iommu, guest_id, seq, &cmd->cmd,
				 ktime_get_mono_fast_ns(), ns);
}

/* Everything up to @seq is done: count those that nobody has counted yet */
static __always_inline void viommu_latency_done(struct amd_iommu *iommu,
						struct amd_viommu_timing *timing,
						u64 seq)
{
	cycles_t end = get_cycles();
	u64 done = timing->done;

	lockdep_assert_held(&timing->lock);
	while (done < seq) {
		const struct amd_viommu_pending *cmd;
		unsigned int opcode, bucket;
		u64 ns;

		cmd = &timing->pending[++done % CMD_BUFFER_ENTRIES];
		opcode = viommu_latency_opcode(&cmd->cmd);
		ns = viommu_latency_ns(timing, cmd->start, end);
		bucket = viommu_latency_bucket(ns);
		viommu_latency_count(&timing->latency[opcode], cmd, done, ns,
				     bucket);
		if (cmd->viommu)
			viommu_latency_count(viommu_latency_row(cmd->viommu, opcode),
					     cmd, done, ns, bucket);
		if (trace_viommu_cmd_latency_enabled())
			viommu_latency_trace(iommu, cmd, done, ns);
	}
	/* Pairs with the acquire of whoever queues a command in one of these places */
	smp_store_release(&timing->done, done);
}

/**
 * amd_viommu_latency_make_room() - Count the command whose place a new one takes
 * @iommu: IOMMU
 * @seq:   sequence number of the command that is about to be queued
 *
 * The hardware has read that command, and nobody waited for it.
 * Called under &amd_iommu.lock.
 */
void amd_viommu_latency_make_room(struct amd_iommu *iommu, u64 seq)
{
	struct amd_viommu_timing *timing = iommu->viommu_timing;

	lockdep_assert_held(&iommu->lock);
	guard(raw_spinlock)(&timing->lock);
	viommu_latency_done(iommu, timing, seq - CMD_BUFFER_ENTRIES);
}

/**
 * amd_viommu_latency_end() - Note that a COMPLETION_WAIT is done
 * @iommu: IOMMU it was queued on
 * @seq:   its sequence number
 *
 * Called without &amd_iommu.lock.
 */
void amd_viommu_latency_end(struct amd_iommu *iommu, u64 seq)
{
	struct amd_viommu_timing *timing;
	unsigned long flags;

	guard(rcu)();
	timing = READ_ONCE(iommu->viommu_timing);
	/* Somebody who waited for a later command may have counted it */
	if (!timing || smp_load_acquire(&timing->done) >= seq)
		return;
	raw_spin_lock_irqsave(&timing->lock, flags);
	viommu_latency_done(iommu, timing, seq);
	raw_spin_unlock_irqrestore(&timing->lock, flags);
}

/**
 * amd_viommu_latency_timeout() - Note that a COMPLETION_WAIT timed out
 * @iommu: IOMMU it was queued on
 *
 * It is done when a later one is.
 */
void amd_viommu_latency_timeout(struct amd_iommu *iommu)
{
	struct amd_viommu_timing *timing;
	unsigned long flags;

	guard(rcu)();
	timing = READ_ONCE(iommu->viommu_timing);
	if (!timing)
		return;
	raw_spin_lock_irqsave(&timing->lock, flags);
	timing->timeouts++;
	raw_spin_unlock_irqrestore(&timing->lock, flags);
}

static void viommu_latency_init_rows(struct amd_viommu_latency *latency)
{
	for (unsigned int i = 0; i < CMD_NR_OPCODES; i++)
		if (viommu_latency_rows[i])
			latency[viommu_latency_rows[i] - 1].opcode = i;
}

/**
 * amd_viommu_latency_alloc() - Give a vIOMMU its histograms
 * @aviommu: vIOMMU that no command is for yet
 *
 * Return: 0 or -ENOMEM.
 */
int amd_viommu_latency_alloc(struct amd_iommu_viommu *aviommu)
{
	aviommu->latency = kcalloc(AMD_VIOMMU_LATENCY_ROWS,
				   sizeof(*aviommu->latency),
				   GFP_KERNEL_ACCOUNT);
	if (!aviommu->latency)
		return -ENOMEM;
	viommu_latency_init_rows(aviommu->latency);
	return 0;
}

/* Commands that are under way still count for the IOMMU */
static void viommu_latency_disown(struct amd_iommu *iommu,
				  const struct amd_iommu_viommu *aviommu)
{
	struct amd_viommu_timing *timing;

	guard(raw_spinlock_irqsave)(&iommu->lock);
	timing = iommu->viommu_timing;
	if (!timing)
		return;
	guard(raw_spinlock)(&timing->lock);
	for (unsigned int i = 0; i < CMD_BUFFER_ENTRIES; i++)
		if (timing->pending[i].viommu == aviommu)
			timing->pending[i].viommu = NULL;
}

/**
 * amd_viommu_latency_free() - Undo amd_viommu_latency_alloc()
 * @aviommu: vIOMMU that no further command can be for
 */
void amd_viommu_latency_free(struct amd_iommu_viommu *aviommu)
{
	viommu_latency_disown(aviommu->iommu, aviommu);
	kfree(aviommu->latency);
	aviommu->latency = NULL;
}

static int viommu_latency_start_timing(struct amd_iommu *iommu)
{
	struct amd_viommu_timing *timing;

	timing = kvzalloc_obj(*timing);
	if (!timing)
		return -ENOMEM;
	raw_spin_lock_init(&timing->lock);
	/* A command that takes ten minutes timed out long before */
	clocks_calc_mult_shift(&timing->mult, &timing->shift, tsc_khz,
			       NSEC_PER_MSEC, 600);
	for (unsigned int i = 0; i < CMD_NR_OPCODES; i++)
		timing->latency[i].opcode = i;

	/* From here on each command comes along, so that none is left out below */
	static_branch_inc(&amd_viommu_timed);
	guard(raw_spinlock_irqsave)(&iommu->lock);
	/* Those before it are none of ours */
	timing->done = iommu->cmd_seq;
	/* Pairs with waiters, who look without the lock */
	smp_store_release(&iommu->viommu_timing, timing);
	return 0;
}

static void viommu_latency_stop_timing(struct amd_iommu *iommu)
{
	struct amd_viommu_timing *timing = iommu->viommu_timing;

	scoped_guard(raw_spinlock_irqsave, &iommu->lock)
		WRITE_ONCE(iommu->viommu_timing, NULL);
	static_branch_dec(&amd_viommu_timed);
	synchronize_rcu();
	kvfree(timing);
}

/**
 * amd_viommu_latency_on() - Time the commands of an IOMMU
 * @iommu: IOMMU
 * @user:  for whom, until amd_viommu_latency_off()
 *
 * Return: 0 or -ENOMEM.
 */
int amd_viommu_latency_on(struct amd_iommu *iommu, enum amd_viommu_timed user)
{
	int ret = 0;

	guard(mutex)(&viommu_latency_lock);
	if (!iommu->viommu_timing)
		ret = viommu_latency_start_timing(iommu);
	if (!ret)
		iommu->viommu_timing->users |= BIT(user);
	return ret;
}

/**
 * amd_viommu_latency_off() - Undo amd_viommu_latency_on()
 * @iommu: IOMMU, timed for @user or not
 * @user:  for whom it is no longer timed
 */
void amd_viommu_latency_off(struct amd_iommu *iommu, enum amd_viommu_timed user)
{
	guard(mutex)(&viommu_latency_lock);
	if (!iommu->viommu_timing)
		return;
	iommu->viommu_timing->users &= ~BIT(user);
	if (!iommu->viommu_timing->users)
		viommu_latency_stop_timing(iommu);
}

/**
 * amd_viommu_latency_trace_reg() - Somebody attaches to viommu_cmd_latency
 *
 * Then commands are timed on IOMMUs without a vIOMMU, too.
 *
 * Return: 0 or -ENOMEM.
 */
int amd_viommu_latency_trace_reg(void)
{
	struct amd_iommu *iommu;
	int ret;

	for_each_iommu(iommu) {
		ret = amd_viommu_latency_on(iommu, AMD_VIOMMU_TIMED_TRACE);
		if (ret) {
			amd_viommu_latency_trace_unreg();
			return ret;
		}
	}
	return 0;
}

/**
 * amd_viommu_latency_trace_unreg() - Nobody is attached any more
 */
void amd_viommu_latency_trace_unreg(void)
{
	struct amd_iommu *iommu;

	for_each_iommu(iommu)
		amd_viommu_latency_off(iommu, AMD_VIOMMU_TIMED_TRACE);
}

#ifdef CONFIG_AMD_IOMMU_VIOMMU_KUNIT_TEST
#include "viommu_latency_kunit.c"
#endif
