// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs: what the hardware holds of each guest, next to what the driver
 * believes. See Documentation/ABI/testing/debugfs-amd-iommu-viommu.
 */

#include <linux/debugfs.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/seq_file.h>
#include <linux/string_choices.h>
#include <linux/timekeeping.h>

#include "viommu_internal.h"

static void viommu_debugfs_show_devid(struct seq_file *m, u16 devid)
{
	seq_printf(m, "%02x:%02x.%x", PCI_BUS_NUM(devid), PCI_SLOT(devid),
		   PCI_FUNC(devid));
}

static void viommu_debugfs_show_dte(struct seq_file *m, struct amd_iommu *iommu,
				    u16 devid)
{
	struct dev_table_entry *dte = &get_dev_table(iommu)[devid];

	seq_printf(m, "%016llx:%016llx:%016llx:%016llx",
		   READ_ONCE(dte->data[3]), READ_ONCE(dte->data[2]),
		   READ_ONCE(dte->data[1]), READ_ONCE(dte->data[0]));
}

/*
 * Table entries, as they lie in memory
 */

static const u8 *viommu_debugfs_page_memory(struct amd_viommu_table *table,
					    unsigned int page_nr)
{
	struct page *page;

	if (table->whole)
		return (u8 *)page_address(table->whole) +
		       page_nr * AMD_VIOMMU_TABLE_PAGE_SIZE;
	page = xa_load(&table->pages, page_nr) ?: table->default_page;
	return page_address(page);
}

static const u8 *
viommu_debugfs_entry_memory(const struct amd_viommu_table_type *type,
			    struct amd_viommu_table *table, u16 id)
{
	unsigned int nr = amd_viommu_page_entries(type);

	return viommu_debugfs_page_memory(table, id / nr) +
	       id % nr * type->entry_size;
}

/* Caller holds the table lock */
static void viommu_debugfs_show_entry(struct seq_file *m,
				      const struct amd_viommu_table_type *type,
				      struct amd_viommu_table *table, u16 id)
{
	const u8 *entry = viommu_debugfs_entry_memory(type, table, id);

	for (int i = type->entry_size - 1; i >= 0; i--)
		seq_printf(m, "%02x", entry[i]);
}

/*
 * Files of a guest
 */

static void viommu_debugfs_show_owner(struct seq_file *m,
				      const struct amd_viommu_owner *owner)
{
	seq_printf(m, "owner:        %d (%s)\n", owner->tgid, owner->comm);
	seq_printf(m, "age:          %llu ms\n",
		   div_u64(ktime_get_ns() - owner->created_ns, NSEC_PER_MSEC));
}

static int viommu_debugfs_state_show(struct seq_file *m, void *unused)
{
	struct amd_iommu_viommu *aviommu = m->private;
	const struct amd_viommu_latency *waits = &aviommu->latency[0];
	struct amd_viommu_stats *stats = &aviommu->stats;
	struct amd_viommu_hw *hw = aviommu->iommu->viommu_hw;
	u64 misc = readq(amd_viommu_vfctrl(hw, aviommu->guest_id) +
			 AMD_VIOMMU_VFCTRL_MISC);

	seq_printf(m, "guest_id:     %u\n", aviommu->guest_id);
	seq_printf(m, "serial:       %llu\n", aviommu->serial);
	viommu_debugfs_show_owner(m, &aviommu->owner);
	seq_printf(m, "parent:       domain %u\n", aviommu->parent->id);
	seq_puts(m, "trans_devid:  driver ");
	viommu_debugfs_show_devid(m, aviommu->trans_devid);
	seq_puts(m, ", hardware ");
	viommu_debugfs_show_devid(m, misc >> 16);
	seq_puts(m, "\ntrans_dte:    ");
	viommu_debugfs_show_dte(m, aviommu->iommu, aviommu->trans_devid);
	seq_printf(m, "\ntables:       %s\n",
		   aviommu->devid_table.whole ? "whole" : "default");
	seq_printf(m, "table_memory: %zu bytes\n",
		   amd_viommu_tables_memory(aviommu));
	seq_printf(m, "map_writes:   %llu\n",
		   (u64)atomic64_read(&stats->map_writes));
	seq_printf(m, "create_time:  %llu ns\n", stats->create_ns);
	seq_printf(m, "cmds:         %llu\n", (u64)atomic64_read(&stats->cmds));
	seq_printf(m, "waits:        %llu\n", waits->count);
	seq_printf(m, "wait_errors:  %llu\n",
		   (u64)atomic64_read(&stats->wait_errors));
	seq_printf(m, "wait_time:    %llu ns\n", waits->total_ns);
	seq_printf(m, "events:       %llu\n",
		   (u64)atomic64_read(&stats->events));
	seq_printf(m, "forwarded:    %llu\n",
		   (u64)atomic64_read(&stats->forwarded));
	seq_printf(m, "delivered:    %llu\n",
		   (u64)atomic64_read(&stats->delivered));
	seq_printf(m, "takebacks:    %llu\n",
		   (u64)atomic64_read(&stats->takebacks));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(viommu_debugfs_state);

static int viommu_debugfs_quota_show(struct seq_file *m, void *unused)
{
	struct amd_iommu_viommu *aviommu = m->private;
	static const char *const names[] = {
		[AMD_VIOMMU_TRANS_DEVIDS] = "trans_devids",
		[AMD_VIOMMU_DOMAIN_IDS]	= "domain_ids",
	};
	struct amd_viommu_quota quota;

	amd_viommu_quota_get(aviommu, &quota);
	seq_printf(m, "user %u\n", __kuid_val(aviommu->owner.uid));
	for (int i = 0; i < AMD_VIOMMU_NR_RESOURCES; i++) {
		seq_printf(m, "%s %u of ", names[i], quota.used[i]);
		if (quota.share[i] == U32_MAX)
			seq_puts(m, "all\n");
		else
			seq_printf(m, "%u\n", quota.share[i]);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(viommu_debugfs_quota);

static int viommu_debugfs_vdevices_show(struct seq_file *m, void *unused)
{
	struct amd_iommu_viommu *aviommu = m->private;
	struct amd_iommu_vdevice *vdev;
	unsigned long hdev_id;

	guard(amd_viommu_list)();
	guard(mutex)(&aviommu->iommu->viommu_hw->table_lock);

	seq_puts(m, "gdev_id hdev_id serial events entry                            dte\n");
	xa_for_each(&aviommu->vdevices, hdev_id, vdev) {
		viommu_debugfs_show_devid(m, vdev->gdev_id);
		seq_putc(m, ' ');
		viommu_debugfs_show_devid(m, vdev->hdev_id);
		seq_printf(m, " %6llu %6llu ", vdev->serial,
			   (u64)atomic64_read(&vdev->events));
		viommu_debugfs_show_entry(m, &amd_viommu_devid_type,
					  &aviommu->devid_table, vdev->gdev_id);
		seq_putc(m, ' ');
		viommu_debugfs_show_dte(m, aviommu->iommu, vdev->hdev_id);
		seq_putc(m, '\n');
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(viommu_debugfs_vdevices);

static int viommu_debugfs_domains_show(struct seq_file *m, void *unused)
{
	struct amd_iommu_viommu *aviommu = m->private;
	struct guest_domain_mapping_info *info;
	unsigned long gdom_id;

	guard(mutex)(&aviommu->gdom_lock);
	guard(mutex)(&aviommu->iommu->viommu_hw->table_lock);

	seq_puts(m, "gdom_id hdom_id users mapped entry\n");
	xa_for_each(&aviommu->gdomid_array, gdom_id, info) {
		seq_printf(m, "%7lu %7u %5u %6s ", gdom_id, info->hdom_id,
			   refcount_read(&info->users),
			   info->mapped ? "yes" : "no");
		viommu_debugfs_show_entry(m, &amd_viommu_domid_type,
					  &aviommu->domid_table, gdom_id);
		seq_putc(m, '\n');
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(viommu_debugfs_domains);

static const struct {
	const char *name;
	u16 offset;
} vf_regs[] = {
	{ "cmd_head", 0x00 }, { "cmd_tail", 0x08 },
	{ "evt_head", 0x10 }, { "evt_tail", 0x18 },
	{ "status", 0x20 },
	{ "ppr_head", 0x30 }, { "ppr_tail", 0x38 },
	{ "pprb_head", 0x50 }, { "pprb_tail", 0x58 },
	{ "evtb_head", 0x70 }, { "evtb_tail", 0x78 },
}, vfctrl_regs[] = {
	{ "devid_map", AMD_VIOMMU_VFCTRL_DEVID_MAP },
	{ "domid_map", AMD_VIOMMU_VFCTRL_DOMID_MAP },
	{ "misc", AMD_VIOMMU_VFCTRL_MISC },
	{ "evtb_base", AMD_VIOMMU_VFCTRL_EVTB_BASE },
	{ "cmd", AMD_VIOMMU_VFCTRL_CMD },
	{ "evt", AMD_VIOMMU_VFCTRL_EVT },
	{ "ppr", AMD_VIOMMU_VFCTRL_PPR },
	{ "pprb_base", AMD_VIOMMU_VFCTRL_PPRB_BASE },
};

static int viommu_debugfs_registers_show(struct seq_file *m, void *unused)
{
	struct amd_iommu_viommu *aviommu = m->private;
	struct amd_viommu_hw *hw = aviommu->iommu->viommu_hw;
	u8 __iomem *vfctrl = amd_viommu_vfctrl(hw, aviommu->guest_id);
	u8 __iomem *vf = hw->vf.base +
			 aviommu->guest_id * AMD_VIOMMU_VF_PAGE_SIZE;

	for (int i = 0; i < ARRAY_SIZE(vf_regs); i++)
		seq_printf(m, "vf     %03x %-9s %016llx\n", vf_regs[i].offset,
			   vf_regs[i].name, readq(vf + vf_regs[i].offset));
	for (int i = 0; i < ARRAY_SIZE(vfctrl_regs); i++)
		seq_printf(m, "vfctrl %03x %-9s %016llx\n",
			   vfctrl_regs[i].offset, vfctrl_regs[i].name,
			   readq(vfctrl + vfctrl_regs[i].offset));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(viommu_debugfs_registers);

static void viommu_debugfs_show_irqs(struct seq_file *m,
				     struct amd_iommu_viommu *aviommu)
{
	static const char *const names[] = {
		[AMD_VIOMMU_IRQ_EVT] = "evt",
		[AMD_VIOMMU_IRQ_PPR] = "ppr",
	};

	guard(mutex)(&aviommu->iommu->viommu_hw->irq_lock);

	for (int i = 0; i < AMD_VIOMMU_NR_IRQS; i++) {
		const struct amd_viommu_irq *irq = &aviommu->irqs[i];

		seq_printf(m, "irq %s ", names[i]);
		if (irq->ctx)
			seq_printf(m, "on %u %016llx:%016llx", irq->virq,
				   irq->irte->hi.val, irq->irte->lo.val);
		else
			seq_puts(m, "off");
		seq_printf(m, " count %llu\n", READ_ONCE(irq->count));
	}
}

static int viommu_debugfs_queues_show(struct seq_file *m, void *unused)
{
	struct amd_iommu_viommu *aviommu = m->private;

	amd_viommu_queues_sample(aviommu);
	guard(mutex)(&aviommu->queue_lock);

	seq_printf(m, "control %016llx\n", aviommu->control);
	seq_puts(m, "queue             base   size   head   tail enabled running overflow stuck entries overflows stucks faults\n");
	for (int i = 0; i < AMD_VIOMMU_NR_QUEUES; i++) {
		struct amd_viommu_queue *queue = &aviommu->queues[i];

		if (!queue->size)
			continue;
		seq_printf(m, "%-5s %016llx %6u %6u %6u %7s %7s %8s %5s %7llu %9llu %6llu %6llu\n",
			   amd_viommu_queue_regs[i].name, queue->base,
			   queue->size, queue->head, queue->tail,
			   str_yes_no(queue->reg & AMD_VIOMMU_QUEUE_ENABLE),
			   str_yes_no(queue->running),
			   str_yes_no(queue->overflow),
			   str_yes_no(queue->stuck), queue->entries,
			   queue->nr_overflow, queue->nr_stuck,
			   READ_ONCE(queue->nr_fault));
	}
	viommu_debugfs_show_irqs(m, aviommu);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(viommu_debugfs_queues);

static const char *
viommu_debugfs_page_kind(const struct amd_viommu_table *table, phys_addr_t spa)
{
	if (table->whole)
		return "whole";
	if (table->default_page && spa == page_to_phys(table->default_page))
		return "default";
	return "own";
}

/* What the hardware finds in each page, a line for equal ones in a row */
static void viommu_debugfs_show_ipa(struct seq_file *m,
				    struct amd_iommu_viommu *aviommu,
				    const struct amd_viommu_table_type *type,
				    struct amd_viommu_table *table)
{
	struct iommu_domain *domain =
		&aviommu->iommu->viommu_hw->ipa.domain->domain;
	u64 ipa = amd_viommu_table_ipa(type, aviommu->guest_id, 0);
	u64 end = ipa + type->size;

	while (ipa < end) {
		phys_addr_t spa = iommu_iova_to_phys(domain, ipa);
		phys_addr_t step = table->whole ? AMD_VIOMMU_TABLE_PAGE_SIZE :
						  0;
		u64 first = ipa;

		do {
			ipa += AMD_VIOMMU_TABLE_PAGE_SIZE;
		} while (ipa < end && iommu_iova_to_phys(domain, ipa) ==
			 spa + (ipa - first) / AMD_VIOMMU_TABLE_PAGE_SIZE * step);
		seq_printf(m, "%s %012llx-%012llx %pa %s\n", type->name, first,
			   ipa - 1, &spa, viommu_debugfs_page_kind(table, spa));
	}
}

static int viommu_debugfs_ipa_show(struct seq_file *m, void *unused)
{
	struct amd_iommu_viommu *aviommu = m->private;

	guard(mutex)(&aviommu->iommu->viommu_hw->table_lock);

	viommu_debugfs_show_ipa(m, aviommu, &amd_viommu_devid_type,
				&aviommu->devid_table);
	viommu_debugfs_show_ipa(m, aviommu, &amd_viommu_domid_type,
				&aviommu->domid_table);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(viommu_debugfs_ipa);

/* Entries that differ from the one before, so also where they differ no more */
static void viommu_debugfs_show_table(struct seq_file *m,
				      const struct amd_viommu_table_type *type,
				      struct amd_viommu_table *table)
{
	const u8 *last = NULL;

	for (u32 id = 0; id < AMD_VIOMMU_TABLE_ENTRIES; id++) {
		const u8 *entry = viommu_debugfs_entry_memory(type, table, id);

		if (last && !memcmp(last, entry, type->entry_size))
			continue;
		seq_printf(m, "%s %04x ", type->name, id);
		viommu_debugfs_show_entry(m, type, table, id);
		seq_putc(m, '\n');
		last = entry;
	}
}

static int viommu_debugfs_tables_show(struct seq_file *m, void *unused)
{
	struct amd_iommu_viommu *aviommu = m->private;

	guard(mutex)(&aviommu->iommu->viommu_hw->table_lock);

	viommu_debugfs_show_table(m, &amd_viommu_devid_type,
				  &aviommu->devid_table);
	viommu_debugfs_show_table(m, &amd_viommu_domid_type,
				  &aviommu->domid_table);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(viommu_debugfs_tables);

/**
 * amd_viommu_debugfs_add() - Make the directory of a guest
 * @aviommu: vIOMMU that is visible
 */
void amd_viommu_debugfs_add(struct amd_iommu_viommu *aviommu)
{
	struct dentry *dir;
	char name[8];

	snprintf(name, sizeof(name), "%u", aviommu->guest_id);
	dir = debugfs_create_dir(name, aviommu->iommu->viommu_hw->debugfs);
	aviommu->debugfs = dir;

	debugfs_create_file("state", 0400, dir, aviommu,
			    &viommu_debugfs_state_fops);
	debugfs_create_file("quota", 0400, dir, aviommu,
			    &viommu_debugfs_quota_fops);
	debugfs_create_file("vdevices", 0400, dir, aviommu,
			    &viommu_debugfs_vdevices_fops);
	debugfs_create_file("domains", 0400, dir, aviommu,
			    &viommu_debugfs_domains_fops);
	debugfs_create_file("queues", 0400, dir, aviommu,
			    &viommu_debugfs_queues_fops);
	debugfs_create_file("registers", 0400, dir, aviommu,
			    &viommu_debugfs_registers_fops);
	debugfs_create_file("ipa", 0400, dir, aviommu,
			    &viommu_debugfs_ipa_fops);
	debugfs_create_file("tables", 0400, dir, aviommu,
			    &viommu_debugfs_tables_fops);
}

/**
 * amd_viommu_debugfs_remove() - Remove the directory of a guest
 * @aviommu: vIOMMU that is about to be torn down
 *
 * Waits for readers of its files.
 */
void amd_viommu_debugfs_remove(struct amd_iommu_viommu *aviommu)
{
	debugfs_remove_recursive(aviommu->debugfs);
}

/*
 * Files of an IOMMU
 */

static int viommu_debugfs_default_pages_show(struct seq_file *m, void *unused)
{
	struct amd_viommu_hw *hw = m->private;

	seq_puts(m, !hw->devid_default_page ? "unsupported\n" :
		    hw->default_pages_on ? "on\n" : "off\n");
	return 0;
}

static int viommu_debugfs_default_pages_open(struct inode *inode,
					     struct file *file)
{
	return single_open(file, viommu_debugfs_default_pages_show,
			   inode->i_private);
}

static ssize_t viommu_debugfs_default_pages_write(struct file *file,
						  const char __user *buf,
						  size_t count, loff_t *ppos)
{
	struct amd_viommu_hw *hw = file_inode(file)->i_private;
	bool on;
	int ret = kstrtobool_from_user(buf, count, &on);

	if (ret)
		return ret;
	if (on && !hw->devid_default_page)
		return -EOPNOTSUPP;
	WRITE_ONCE(hw->default_pages_on, on);
	return count;
}

static const struct file_operations default_pages_fops = {
	.owner		= THIS_MODULE,
	.open		= viommu_debugfs_default_pages_open,
	.read		= seq_read,
	.write		= viommu_debugfs_default_pages_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

static int viommu_debugfs_trans_devids_show(struct seq_file *m, void *unused)
{
	struct amd_iommu *iommu = m->private;
	u32 used, nr_free;

	nr_free = amd_viommu_trans_devid_count(iommu->pci_seg, &used);
	seq_printf(m, "used %u free %u\n", used, nr_free);
	return 0;
}

static int viommu_debugfs_trans_devids_open(struct inode *inode,
					    struct file *file)
{
	return single_open(file, viommu_debugfs_trans_devids_show,
			   inode->i_private);
}

static ssize_t viommu_debugfs_trans_devids_write(struct file *file,
						 const char __user *buf,
						 size_t count, loff_t *ppos)
{
	struct amd_iommu *iommu = file_inode(file)->i_private;
	u16 devid;
	int ret = kstrtou16_from_user(buf, count, 0, &devid);

	if (!ret)
		ret = amd_viommu_trans_devid_prefer(iommu->pci_seg, devid);
	return ret ?: count;
}

static const struct file_operations trans_devids_fops = {
	.owner		= THIS_MODULE,
	.open		= viommu_debugfs_trans_devids_open,
	.read		= seq_read,
	.write		= viommu_debugfs_trans_devids_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

static int viommu_debugfs_leaked_show(struct seq_file *m, void *unused)
{
	struct amd_viommu_hw *hw = m->private;

	seq_printf(m, "%llu bytes\n", (u64)atomic64_read(&hw->leaked));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(viommu_debugfs_leaked);

/**
 * amd_viommu_debugfs_setup() - Make the vIOMMU directory of an IOMMU
 * @iommu: IOMMU with its own directory
 */
void amd_viommu_debugfs_setup(struct amd_iommu *iommu)
{
	struct amd_viommu_hw *hw = iommu->viommu_hw;

	if (!hw)
		return;
	hw->debugfs = debugfs_create_dir("viommu", iommu->debugfs);
	debugfs_create_file("default_pages", 0600, hw->debugfs, hw,
			    &default_pages_fops);
	debugfs_create_file("leaked", 0400, hw->debugfs, hw,
			    &viommu_debugfs_leaked_fops);
	debugfs_create_file("trans_devids", 0600, hw->debugfs, iommu,
			    &trans_devids_fops);
}
