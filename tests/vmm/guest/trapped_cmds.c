// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's command buffer without hardware.
 */
#include "trapped_cmds.h"

#include <errno.h>

#include "lib/iommufd.h"

/* Registers of the VF page */
#define CMD_HEAD 0x00
#define CMD_TAIL 0x08

#define CMD_OPCODE(word) ((word) >> 60)
#define CMD_COMPLETION_WAIT 1
#define WAIT_STORE 1ull
#define WAIT_ADDRESS 0x000ffffffffffff8ull

/* Everything ahead of it is done: the store is all there is to do */
static int complete(const struct trapped_cmds *cmds, const uint64_t cmd[2])
{
	uint64_t *word;

	if (!(cmd[0] & WAIT_STORE))
		return 0;
	word = guest_ram_at(cmds->ram, cmd[0] & WAIT_ADDRESS, sizeof(*word));
	if (!word)
		return -EFAULT;
	__atomic_store_n(word, cmd[1], __ATOMIC_RELEASE);
	return 0;
}

static int execute(const struct trapped_cmds *cmds)
{
	const volatile uint64_t *entry =
		guest_ram_at(cmds->ram, cmds->ring + cmds->head, 2 * sizeof(*entry));
	uint64_t cmd[1][2];
	uint32_t nr = 1;

	if (!entry)
		return -EFAULT;
	/* The guest may change it behind our back */
	cmd[0][0] = entry[0];
	cmd[0][1] = entry[1];
	if (CMD_OPCODE(cmd[0][0]) == CMD_COMPLETION_WAIT)
		return complete(cmds, cmd[0]);
	return iommufd_invalidate(cmds->iommufd, cmds->viommu, cmd, &nr);
}

/** trapped_cmds_write() - The guest has written to a register of the VF page */
int trapped_cmds_write(struct trapped_cmds *cmds, uint32_t offset, uint32_t value)
{
	int ret = 0;

	if (offset != CMD_TAIL || value >= cmds->size)
		return -EFAULT;
	cmds->tail = value;
	while (cmds->head != cmds->tail && !ret) {
		ret = execute(cmds);
		cmds->head = (cmds->head + 16) & (cmds->size - 1);
	}
	return ret;
}

/** trapped_cmds_read() - The guest reads one; what is not there reads 0 */
uint32_t trapped_cmds_read(const struct trapped_cmds *cmds, uint32_t offset)
{
	switch (offset) {
	case CMD_HEAD:
		return cmds->head;
	case CMD_TAIL:
		return cmds->tail;
	default:
		return 0;
	}
}
