// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of which completion ends which commands.
 */
#include "event/pairs.h"
#include "tap.h"

static uint64_t seqs, total, last, life;

static void done(void *context, const struct pairs_command *command, uint64_t ns)
{
	(void)context;
	seqs++;
	total += ns;
	last = command->submit.arg[0];
	life = command->life;
}

static void happen(struct pairs *pairs, enum vtr_event_id id, uint32_t iommu, uint64_t ns,
		   uint64_t seq, int ret)
{
	const struct vtr_event event = {
		.id = id,
		.iommu = iommu,
		.ns = ns,
		.arg = {seq, id == VTR_cmd_complete ? (uint64_t)ret : 0},
	};

	ok(pairs_event(pairs, &event, seq * 3), "IOMMU %u, command %llu", iommu,
	   (unsigned long long)seq);
}

int main(void)
{
	struct pairs pairs = {.done = done};

	happen(&pairs, VTR_cmd_complete, 0, 50, 4, 0);
	is_number(seqs, 0, "what was queued before recording began ends nothing");
	happen(&pairs, VTR_cmd_submit, 0, 100, 5, 0);
	happen(&pairs, VTR_cmd_submit, 1, 100, 5, 0);
	happen(&pairs, VTR_cmd_submit, 0, 110, 6, 0);
	happen(&pairs, VTR_cmd_submit, 0, 120, 7, 0);
	happen(&pairs, VTR_cmd_complete, 0, 200, 6, 0);
	is_number(seqs, 2, "a completion ends all that was queued before it");
	is_number(total, 190, "with the time since each was queued");
	is_number(last, 6, "and nothing behind it, or elsewhere");
	is_number(life, 18, "for whom it was queued");
	happen(&pairs, VTR_cmd_complete, 0, 210, 7, -5);
	is_number(pairs.timeouts, 1, "a time-out is told");
	is_number(seqs, 2, "and ends nothing");
	pairs_lost(&pairs);
	is_number(pairs.missing, 2, "when events are lost, nobody knows when commands ended");
	happen(&pairs, VTR_cmd_submit, 1, 300, 9, 0);
	/* As another processor's clock has it */
	happen(&pairs, VTR_cmd_complete, 1, 299, 9, 0);
	is_number(seqs, 3, "but those behind that do");
	is_number(total, 190, "never in less than no time");
	pairs_free(&pairs);
	return tap_end();
}
