// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts for records in guests' logs.
 *
 * The IOMMU's own DTE leads to an extended interrupt remapping table, which the
 * hardware indexes with the kind of interrupt and the guest ID. Each interrupt
 * that a VMM asks for is one of the host's: its IRTE names a vector of the
 * host's, and the handler signals the eventfd that the VMM gave. KVM can take
 * that as an irqfd, so that neither the VMM nor AVIC is needed.
 *
 * Whether an entry of the table's first level has 8 or 16 bytes is not known.
 * The first 256 guest IDs find their IRTEs either way.
 */

#define pr_fmt(fmt)	"AMD-Vi: " fmt

#include <linux/eventfd.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>

#include <asm/apic.h>
#include <asm/hw_irq.h>
#include <asm/irqdomain.h>

#include <kunit/static_stub.h>

#include "../iommu-pages.h"
#include "viommu_internal.h"

#include <trace/events/amd_viommu.h>

/* Message ID: kind and guest ID; which entry of which level it selects */
#define IRQ_ID_KIND		GENMASK(17, 16)
#define IRQ_ID_GUEST_ID		GENMASK(15, 0)
#define IRQ_ID_LEVEL1		GENMASK(17, 8)
#define IRQ_ID_LEVEL1_GUEST	GENMASK(15, 8)
#define IRQ_ID_LEVEL2		GENMASK(7, 0)

/* First level: 1024 entries, with space for 16 bytes each */
#define LEVEL1_SIZE		SZ_16K
#define LEVEL1_VALID		BIT_ULL(0)

/* Second level: 256 IRTEs of 128 bits */
#define LEVEL2_SIZE		SZ_4K

/* What the guest finds in its status register when it is interrupted */
static const u32 irq_status[] = {
	[AMD_VIOMMU_IRQ_EVT] = AMD_VIOMMU_VF_STATUS_EVT_OVERFLOW |
			       AMD_VIOMMU_VF_STATUS_EVT_INT |
			       AMD_VIOMMU_VF_STATUS_COMWAIT_INT,
	[AMD_VIOMMU_IRQ_PPR] = AMD_VIOMMU_VF_STATUS_PPR_OVERFLOW |
			       AMD_VIOMMU_VF_STATUS_PPR_INT,
};

static u32 viommu_irq_id(enum amd_viommu_irq_kind kind, u16 guest_id)
{
	return FIELD_PREP(IRQ_ID_KIND, kind) | FIELD_PREP(IRQ_ID_GUEST_ID, guest_id);
}

/*
 * Tables
 */

static void viommu_irq_flush(struct amd_iommu *iommu)
{
	struct iommu_cmd cmd = { .data = { iommu->devid, CMD_INV_IRT << 28 } };

	KUNIT_STATIC_STUB_REDIRECT(viommu_irq_flush, iommu);

	/* The wait itself reports a time-out */
	amd_iommu_queue_command_wait(iommu, &cmd);
}

static int viommu_irq_init_table(struct amd_iommu *iommu, struct amd_viommu_hw *hw)
{
	KUNIT_STATIC_STUB_REDIRECT(viommu_irq_init_table, iommu, hw);

	if (hw->irq_table)
		return 0;
	hw->irq_table = iommu_alloc_pages_node_sz(dev_to_node(&iommu->dev->dev),
						  GFP_KERNEL, LEVEL1_SIZE);
	if (!hw->irq_table)
		return -ENOMEM;
	amd_iommu_set_own_irq_table(iommu, &hw->ipa.own, hw->irq_table);
	return 0;
}

/* The IRTE of a message; its piece of the second level stays once it is there */
static struct irte_ga *viommu_irq_irte(struct amd_iommu *iommu,
				       struct amd_viommu_hw *hw, u32 id)
{
	unsigned int index = FIELD_GET(IRQ_ID_LEVEL1, id);
	struct irte_ga *irtes = xa_load(&hw->irtes, index);
	u64 entry;
	int ret;

	if (irtes)
		return &irtes[FIELD_GET(IRQ_ID_LEVEL2, id)];

	irtes = iommu_alloc_pages_node_sz(dev_to_node(&iommu->dev->dev),
					  GFP_KERNEL, LEVEL2_SIZE);
	if (!irtes)
		return ERR_PTR(-ENOMEM);
	ret = xa_err(xa_store(&hw->irtes, index, irtes, GFP_KERNEL));
	if (ret) {
		iommu_free_pages(irtes);
		return ERR_PTR(ret);
	}

	entry = iommu_virt_to_phys(irtes) | LEVEL1_VALID;
	WRITE_ONCE(hw->irq_table[index], entry);
	/* Where it is if entries have 16 bytes: nobody else's if they have 8 */
	if (!(id & IRQ_ID_LEVEL1_GUEST))
		WRITE_ONCE(hw->irq_table[2 * index], entry);
	return &irtes[FIELD_GET(IRQ_ID_LEVEL2, id)];
}

/* May run with interrupts disabled */
static void viommu_irq_write(struct amd_viommu_irq *irq, struct irte_ga new)
{
	u128 old = irq->irte->irte;

	/* All of it at once; the hardware only reads it */
	WARN_ON(!try_cmpxchg128(&irq->irte->irte, &old, new.irte));
	viommu_irq_flush(irq->viommu->iommu);
}

static void viommu_irq_aim(struct amd_viommu_irq *irq, u8 vector, u32 apicid)
{
	struct irte_ga irte = {};

	irte.lo.fields_remap.valid = 1;
	irte.lo.fields_remap.int_type = APIC_DELIVERY_MODE_FIXED;
	irte.lo.fields_remap.dm = apic->dest_mode_logical;
	irte.lo.fields_remap.destination = APICID_TO_IRTE_DEST_LO(apicid);
	irte.hi.fields.vector = vector;
	irte.hi.fields.destination = APICID_TO_IRTE_DEST_HI(apicid);
	viommu_irq_write(irq, irte);
}

/*
 * Interrupts of the host
 */

static int viommu_irq_set_affinity(struct irq_data *irqd,
				   const struct cpumask *mask, bool force)
{
	struct irq_data *parent = irqd->parent_data;
	struct irq_cfg *cfg = irqd_cfg(irqd);
	int ret;

	ret = parent->chip->irq_set_affinity(parent, mask, force);
	if (ret < 0 || ret == IRQ_SET_MASK_OK_DONE)
		return ret;
	viommu_irq_aim(irqd->chip_data, cfg->vector, cfg->dest_apicid);
	/* From here on none arrives at the previous CPU */
	vector_schedule_cleanup(cfg);
	return IRQ_SET_MASK_OK_DONE;
}

static struct irq_chip viommu_irq_chip = {
	.name			= "AMD-vIOMMU",
	.irq_ack		= irq_chip_ack_parent,
	.irq_retrigger		= irq_chip_retrigger_hierarchy,
	.irq_set_affinity	= viommu_irq_set_affinity,
	.flags			= IRQCHIP_SKIP_SET_WAKE,
};

static int viommu_irq_domain_alloc(struct irq_domain *domain, unsigned int virq,
				   unsigned int nr_irqs, void *arg)
{
	struct irq_alloc_info *info = arg;
	struct irq_data *irqd;
	int ret;

	if (!info || info->type != X86_IRQ_ALLOC_TYPE_AMDVI || nr_irqs != 1)
		return -EINVAL;

	ret = irq_domain_alloc_irqs_parent(domain, virq, nr_irqs, arg);
	if (ret < 0)
		return ret;

	irqd = irq_domain_get_irq_data(domain, virq);
	irqd->chip = &viommu_irq_chip;
	irqd->hwirq = info->hwirq;
	irqd->chip_data = info->data;
	__irq_set_handler(virq, handle_edge_irq, 0, "edge");
	return 0;
}

static int viommu_irq_domain_activate(struct irq_domain *domain,
				      struct irq_data *irqd, bool reserve)
{
	struct irq_cfg *cfg = irqd_cfg(irqd);

	/* One that is only reserved has no vector yet */
	if (!reserve)
		viommu_irq_aim(irqd->chip_data, cfg->vector, cfg->dest_apicid);
	return 0;
}

/* Once this returns, the hardware does not know the vector any more */
static void viommu_irq_domain_deactivate(struct irq_domain *domain,
					 struct irq_data *irqd)
{
	viommu_irq_write(irqd->chip_data, (struct irte_ga){});
}

static const struct irq_domain_ops viommu_irq_domain_ops = {
	.alloc		= viommu_irq_domain_alloc,
	.free		= irq_domain_free_irqs_top,
	.activate	= viommu_irq_domain_activate,
	.deactivate	= viommu_irq_domain_deactivate,
};

static int viommu_irq_init_domain(struct amd_iommu *iommu, struct amd_viommu_hw *hw)
{
	struct fwnode_handle *fwnode;

	if (hw->irq_domain)
		return 0;
	fwnode = irq_domain_alloc_named_id_fwnode("AMD-vIOMMU", iommu->index);
	if (!fwnode)
		return -ENOMEM;
	hw->irq_domain = irq_domain_create_hierarchy(x86_vector_domain, 0, 0, fwnode,
						     &viommu_irq_domain_ops, iommu);
	if (hw->irq_domain)
		return 0;
	irq_domain_free_fwnode(fwnode);
	return -ENOMEM;
}

static irqreturn_t viommu_irq_handler(int virq, void *data)
{
	struct amd_viommu_irq *irq = data;

	WRITE_ONCE(irq->count, irq->count + 1);
	trace_viommu_irq(irq->viommu, irq->kind, irq->count);
	eventfd_signal(irq->ctx);
	return IRQ_HANDLED;
}

static int viommu_irq_request(struct amd_viommu_irq *irq)
{
	struct amd_iommu *iommu = irq->viommu->iommu;
	struct irq_alloc_info info;
	int virq, ret;

	init_irq_alloc_info(&info, NULL);
	info.type = X86_IRQ_ALLOC_TYPE_AMDVI;
	info.data = irq;
	info.hwirq = viommu_irq_id(irq->kind, irq->viommu->guest_id);
	virq = irq_domain_alloc_irqs(iommu->viommu_hw->irq_domain, 1,
				     dev_to_node(&iommu->dev->dev), &info);
	if (virq < 0)
		return virq;

	snprintf(irq->name, sizeof(irq->name), "AMD-Vi%d-g%u-%s", iommu->index,
		 irq->viommu->guest_id,
		 irq->kind == AMD_VIOMMU_IRQ_EVT ? "evt" : "ppr");
	ret = request_irq(virq, viommu_irq_handler, 0, irq->name, irq);
	if (ret) {
		irq_domain_free_irqs(virq, 1);
		return ret;
	}
	irq->virq = virq;
	return 0;
}

/*
 * Interrupts of guests
 */

static int viommu_irq_init(struct amd_iommu_viommu *aviommu,
			   enum amd_viommu_irq_kind kind, struct eventfd_ctx *ctx)
{
	struct amd_viommu_irq *irq = &aviommu->irqs[kind];
	struct amd_iommu *iommu = aviommu->iommu;
	struct amd_viommu_hw *hw = iommu->viommu_hw;
	int ret;

	if (irq->ctx)
		return -EEXIST;

	ret = viommu_irq_init_domain(iommu, hw) ?: viommu_irq_init_table(iommu, hw);
	if (ret)
		return ret;

	irq->irte = viommu_irq_irte(iommu, hw,
				    viommu_irq_id(kind, aviommu->guest_id));
	if (IS_ERR(irq->irte))
		return PTR_ERR(irq->irte);

	irq->viommu = aviommu;
	irq->kind = kind;
	irq->ctx = ctx;
	ret = viommu_irq_request(irq);
	if (ret) {
		irq->ctx = NULL;
		return ret;
	}
	/* An earlier interrupt found no IRTE, and the hardware raises it only once */
	if (readl(amd_viommu_vf(aviommu) + AMD_VIOMMU_VF_STATUS) & irq_status[kind])
		eventfd_signal(ctx);
	return 0;
}

static void viommu_irq_destroy(struct amd_iommu_viommu *aviommu,
			       enum amd_viommu_irq_kind kind)
{
	struct amd_viommu_irq *irq = &aviommu->irqs[kind];

	if (!irq->ctx)
		return;
	/* Waits for the handler, and takes the IRTE away */
	free_irq(irq->virq, irq);
	irq_domain_free_irqs(irq->virq, 1);
	eventfd_ctx_put(irq->ctx);
	irq->ctx = NULL;
}

/**
 * amd_viommu_irq_set() - Have an interrupt of a guest signal an eventfd
 * @core:  vIOMMU
 * @index: which interrupt, &enum amd_viommu_irq_kind
 * @ctx:   eventfd, the driver's once this returns 0; or NULL for none any more
 *
 * Signals it at once if something is pending already. Once this returns, nobody
 * signals the previous eventfd any more.
 *
 * Return: 0; -EEXIST if there is one already; -EOPNOTSUPP for an interrupt that
 * the hardware does not have; -ENOSPC without a free vector; -ENOMEM.
 */
int amd_viommu_irq_set(struct iommufd_viommu *core, unsigned int index,
		       struct eventfd_ctx *ctx)
{
	struct amd_iommu_viommu *aviommu =
		container_of(core, struct amd_iommu_viommu, core);
	int ret = 0;

	if (index >= AMD_VIOMMU_NR_IRQS ||
	    (index == AMD_VIOMMU_IRQ_PPR && !check_feature(FEATURE_PPR)))
		return -EOPNOTSUPP;

	guard(mutex)(&aviommu->iommu->viommu_hw->irq_lock);

	if (ctx)
		ret = viommu_irq_init(aviommu, index, ctx);
	else
		viommu_irq_destroy(aviommu, index);
	trace_viommu_irq_set(aviommu, index, ctx, ret);
	return ret;
}

/**
 * amd_viommu_irqs_destroy() - Take all interrupts of a guest away
 * @aviommu: vIOMMU that is about to be torn down
 */
void amd_viommu_irqs_destroy(struct amd_iommu_viommu *aviommu)
{
	guard(mutex)(&aviommu->iommu->viommu_hw->irq_lock);

	for (int kind = 0; kind < AMD_VIOMMU_NR_IRQS; kind++)
		viommu_irq_destroy(aviommu, kind);
}

#ifdef CONFIG_AMD_IOMMU_VIOMMU_KUNIT_TEST
#include "viommu_irq_kunit.c"
#endif
