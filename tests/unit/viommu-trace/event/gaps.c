// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of commands that are in no trace.
 */
#include "event/gaps.h"
#include "tap.h"

static uint64_t see(struct gaps *gaps, uint32_t iommu, uint64_t seq)
{
	const struct vtr_event event = {.id = VTR_cmd_submit, .iommu = iommu, .arg = {seq}};

	return gaps_event(gaps, &event);
}

int main(void)
{
	const struct vtr_event other = {.id = VTR_cmd_complete, .arg = {4711}};
	struct gaps gaps = {};

	is_number(see(&gaps, 0, 1830), 0, "nothing is missing before the first");
	is_number(see(&gaps, 0, 1831), 0, "nor in a row");
	is_number(gaps_event(&gaps, &other), 0, "only what is queued counts");
	is_number(see(&gaps, 1, 7), 0, "each IOMMU counts by itself");
	is_number(see(&gaps, 0, 1850), 18, "what is left out is missing");
	is_number(see(&gaps, 1, 8), 0, "there, and not elsewhere");
	is_number(gaps_lost(&gaps, 18), 0, "what is told as lost later is the same");
	is_number(gaps_lost(&gaps, 5), 5, "what is lost beyond that is not");
	is_number(see(&gaps, 0, 1854), 0, "what was told as lost before is not missing, too");
	is_number(see(&gaps, 0, 1860), 3, "but for what is beyond that");
	is_number(see(&gaps, 0, 3), 0, "numbers that begin anew miss nothing");
	is_number(see(&gaps, 0, 4), 0, "and go on from there");
	gaps_free(&gaps);
	return tap_end();
}
