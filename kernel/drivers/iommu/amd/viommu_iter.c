// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF iterators over every vIOMMU, every vDevice and every domain of guests of
 * every IOMMU: iter/amd_viommu, iter/amd_vdevice and iter/amd_viommu_domain.
 *
 * In order of creation. Between two reads of the file the position is the
 * serial of the last object shown, so that what is created or destroyed in
 * the meantime never makes another one appear twice or not at all.
 */

#include <linux/bpf.h>
#include <linux/btf_ids.h>
#include <linux/seq_file.h>

#include "viommu.h"

/**
 * struct viommu_iter_priv - Position of one reader
 * @serial:     serial of the last object shown, 0 before the first
 * @pci_seg:    PCI segment that @trans_free is of, NULL before the first
 * @trans_free: translation device IDs that nobody has
 */
struct viommu_iter_priv {
	unsigned long serial;
	struct amd_iommu_pci_seg *pci_seg;
	u64 trans_free;
};

/*
 * What both have in common: objects by serial
 */

/* Holds every object until stop, which comes before anything is copied out */
static void *iter_start(struct seq_file *seq, loff_t *pos, struct xarray *objects)
	__acquires(amd_viommu_lock)
{
	struct viommu_iter_priv *priv = seq->private;
	unsigned long serial = priv->serial;
	void *object;

	mutex_lock(&amd_viommu_lock);
	object = xa_find_after(objects, &serial, ULONG_MAX, XA_PRESENT);
	/* A first read of an empty list still runs the program once, at stop */
	if (object && !*pos)
		++*pos;
	return object;
}

static void *iter_next(struct seq_file *seq, loff_t *pos, struct xarray *objects)
{
	struct viommu_iter_priv *priv = seq->private;
	unsigned long serial;

	++*pos;
	/* The one that was shown, and the one after it */
	xa_find_after(objects, &priv->serial, ULONG_MAX, XA_PRESENT);
	serial = priv->serial;
	return xa_find_after(objects, &serial, ULONG_MAX, XA_PRESENT);
}

/* @ctx: context of the program, which starts with its bpf_iter_meta */
static int iter_run(struct seq_file *seq, struct bpf_iter_meta *meta, void *ctx,
		    bool in_stop)
{
	struct bpf_prog *prog;

	meta->seq = seq;
	prog = bpf_iter_get_info(meta, in_stop);
	return prog ? bpf_iter_run_prog(prog, ctx) : 0;
}

/*
 * iter/amd_viommu
 */

struct bpf_iter__amd_viommu {
	__bpf_md_ptr(struct bpf_iter_meta *, meta);
	__bpf_md_ptr(struct amd_iommu_viommu *, viommu);
	u64 table_bytes __aligned(8);
	u64 trans_free __aligned(8);
};

DEFINE_BPF_ITER_FUNC(amd_viommu, struct bpf_iter_meta *meta,
		     struct amd_iommu_viommu *viommu, u64 table_bytes,
		     u64 trans_free)

static void *viommu_iter_seq_start(struct seq_file *seq, loff_t *pos)
{
	return iter_start(seq, pos, &amd_viommus);
}

static void *viommu_iter_seq_next(struct seq_file *seq, void *v, loff_t *pos)
{
	return iter_next(seq, pos, &amd_viommus);
}

/* Those of a segment take a while to count: once in a row of its vIOMMUs */
static u64 trans_free(struct viommu_iter_priv *priv,
		      struct amd_iommu_pci_seg *pci_seg)
{
	u32 used;

	if (priv->pci_seg != pci_seg) {
		priv->trans_free = amd_viommu_trans_devid_count(pci_seg, &used);
		priv->pci_seg = pci_seg;
	}
	return priv->trans_free;
}

static int viommu_iter_run(struct seq_file *seq, void *v, bool in_stop)
{
	struct bpf_iter_meta meta;
	struct bpf_iter__amd_viommu ctx = { .meta = &meta, .viommu = v };
	struct amd_iommu_viommu *aviommu = v;

	if (aviommu) {
		ctx.table_bytes = amd_viommu_tables_memory(aviommu);
		ctx.trans_free = trans_free(seq->private,
					    aviommu->iommu->pci_seg);
	}
	return iter_run(seq, &meta, &ctx, in_stop);
}

static int viommu_iter_seq_show(struct seq_file *seq, void *v)
{
	/* Heads and tails move without the driver */
	amd_viommu_queues_look(v);
	return viommu_iter_run(seq, v, false);
}

static void viommu_iter_seq_stop(struct seq_file *seq, void *v)
	__releases(amd_viommu_lock)
{
	if (!v)
		viommu_iter_run(seq, NULL, true);
	mutex_unlock(&amd_viommu_lock);
}

static const struct seq_operations viommu_iter_seq_ops = {
	.start	= viommu_iter_seq_start,
	.next	= viommu_iter_seq_next,
	.stop	= viommu_iter_seq_stop,
	.show	= viommu_iter_seq_show,
};

static void viommu_iter_show_fdinfo(const struct bpf_iter_aux_info *aux,
				    struct seq_file *seq)
{
	seq_puts(seq, "amd_viommu iter\n");
}

static const struct bpf_iter_seq_info viommu_iter_seq_info = {
	.seq_ops	= &viommu_iter_seq_ops,
	.seq_priv_size	= sizeof(struct viommu_iter_priv),
};

static struct bpf_iter_reg viommu_iter_reg = {
	.target			= "amd_viommu",
	.feature		= BPF_ITER_RESCHED,
	.show_fdinfo		= viommu_iter_show_fdinfo,
	.ctx_arg_info_size	= 1,
	.ctx_arg_info		= {
		{ offsetof(struct bpf_iter__amd_viommu, viommu),
		  PTR_TO_BTF_ID_OR_NULL | PTR_TRUSTED },
	},
	.seq_info		= &viommu_iter_seq_info,
};

/*
 * iter/amd_vdevice
 */

struct bpf_iter__amd_vdevice {
	__bpf_md_ptr(struct bpf_iter_meta *, meta);
	__bpf_md_ptr(struct amd_iommu_vdevice *, vdevice);
};

DEFINE_BPF_ITER_FUNC(amd_vdevice, struct bpf_iter_meta *meta,
		     struct amd_iommu_vdevice *vdevice)

static void *vdevice_iter_seq_start(struct seq_file *seq, loff_t *pos)
{
	return iter_start(seq, pos, &amd_viommu_vdevices);
}

static void *vdevice_iter_seq_next(struct seq_file *seq, void *v, loff_t *pos)
{
	return iter_next(seq, pos, &amd_viommu_vdevices);
}

static int vdevice_iter_run(struct seq_file *seq, void *v, bool in_stop)
{
	struct bpf_iter_meta meta;
	struct bpf_iter__amd_vdevice ctx = { .meta = &meta, .vdevice = v };

	return iter_run(seq, &meta, &ctx, in_stop);
}

static int vdevice_iter_seq_show(struct seq_file *seq, void *v)
{
	return vdevice_iter_run(seq, v, false);
}

static void vdevice_iter_seq_stop(struct seq_file *seq, void *v)
	__releases(amd_viommu_lock)
{
	if (!v)
		vdevice_iter_run(seq, NULL, true);
	mutex_unlock(&amd_viommu_lock);
}

static const struct seq_operations vdevice_iter_seq_ops = {
	.start	= vdevice_iter_seq_start,
	.next	= vdevice_iter_seq_next,
	.stop	= vdevice_iter_seq_stop,
	.show	= vdevice_iter_seq_show,
};

static void vdevice_iter_show_fdinfo(const struct bpf_iter_aux_info *aux,
				     struct seq_file *seq)
{
	seq_puts(seq, "amd_vdevice iter\n");
}

static const struct bpf_iter_seq_info vdevice_iter_seq_info = {
	.seq_ops	= &vdevice_iter_seq_ops,
	.seq_priv_size	= sizeof(struct viommu_iter_priv),
};

static struct bpf_iter_reg vdevice_iter_reg = {
	.target			= "amd_vdevice",
	.feature		= BPF_ITER_RESCHED,
	.show_fdinfo		= vdevice_iter_show_fdinfo,
	.ctx_arg_info_size	= 1,
	.ctx_arg_info		= {
		{ offsetof(struct bpf_iter__amd_vdevice, vdevice),
		  PTR_TO_BTF_ID_OR_NULL | PTR_TRUSTED },
	},
	.seq_info		= &vdevice_iter_seq_info,
};

/*
 * iter/amd_viommu_domain
 *
 * Domains have no serial: they are shown vIOMMU by vIOMMU, by the guest's ID.
 * The entry of one is freed without amd_viommu_lock, but never before it has
 * left its array, which takes the array's lock: under that lock the entry is
 * copied, and the program gets the copy.
 */

/**
 * struct domain_iter_priv - Position of one reader
 * @serial: of the vIOMMU whose domains are shown, 0 before the first
 * @next:   guest's ID of the first domain of it that was not shown
 * @domain: what the program is shown
 */
struct domain_iter_priv {
	unsigned long serial;
	unsigned long next;
	struct amd_viommu_domain domain;
};

struct bpf_iter__amd_viommu_domain {
	__bpf_md_ptr(struct bpf_iter_meta *, meta);
	__bpf_md_ptr(struct amd_viommu_domain *, domain);
};

DEFINE_BPF_ITER_FUNC(amd_viommu_domain, struct bpf_iter_meta *meta,
		     struct amd_viommu_domain *domain)

/* The first domain of a vIOMMU from @priv->next on */
static bool copy_domain(struct domain_iter_priv *priv,
			struct amd_iommu_viommu *aviommu)
{
	struct xarray *domains = &aviommu->gdomid_array;
	struct guest_domain_mapping_info *info;
	unsigned long gdom_id = priv->next;
	unsigned long flags;

	xa_lock_irqsave(domains, flags);
	info = xa_find(domains, &gdom_id, U16_MAX, XA_PRESENT);
	if (info)
		priv->domain = (struct amd_viommu_domain) {
			.viommu	 = aviommu,
			.gdom_id = gdom_id,
			.hdom_id = info->hdom_id,
			.users	 = refcount_read(&info->users),
			.mapped	 = READ_ONCE(info->mapped),
		};
	xa_unlock_irqrestore(domains, flags);
	return info;
}

/* From the position on; the position becomes what was found */
static void *find_domain(struct domain_iter_priv *priv)
{
	struct amd_iommu_viommu *aviommu;

	/* Itself, unless it is gone: then none of its domains is left */
	aviommu = xa_load(&amd_viommus, priv->serial);
	while (!aviommu || !copy_domain(priv, aviommu)) {
		aviommu = xa_find_after(&amd_viommus, &priv->serial, ULONG_MAX,
					XA_PRESENT);
		if (!aviommu)
			return NULL;
		priv->next = 0;
	}
	priv->next = priv->domain.gdom_id;
	return &priv->domain;
}

static void *domain_iter_seq_start(struct seq_file *seq, loff_t *pos)
	__acquires(amd_viommu_lock)
{
	void *domain;

	mutex_lock(&amd_viommu_lock);
	domain = find_domain(seq->private);
	/* A first read of an empty list still runs the program once, at stop */
	if (domain && !*pos)
		++*pos;
	return domain;
}

static void *domain_iter_seq_next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct domain_iter_priv *priv = seq->private;

	++*pos;
	priv->next++;
	return find_domain(priv);
}

static int domain_iter_run(struct seq_file *seq, void *v, bool in_stop)
{
	struct bpf_iter_meta meta;
	struct bpf_iter__amd_viommu_domain ctx = { .meta = &meta, .domain = v };

	return iter_run(seq, &meta, &ctx, in_stop);
}

static int domain_iter_seq_show(struct seq_file *seq, void *v)
{
	return domain_iter_run(seq, v, false);
}

static void domain_iter_seq_stop(struct seq_file *seq, void *v)
	__releases(amd_viommu_lock)
{
	if (!v)
		domain_iter_run(seq, NULL, true);
	mutex_unlock(&amd_viommu_lock);
}

static const struct seq_operations domain_iter_seq_ops = {
	.start	= domain_iter_seq_start,
	.next	= domain_iter_seq_next,
	.stop	= domain_iter_seq_stop,
	.show	= domain_iter_seq_show,
};

static void domain_iter_show_fdinfo(const struct bpf_iter_aux_info *aux,
				    struct seq_file *seq)
{
	seq_puts(seq, "amd_viommu_domain iter\n");
}

static const struct bpf_iter_seq_info domain_iter_seq_info = {
	.seq_ops	= &domain_iter_seq_ops,
	.seq_priv_size	= sizeof(struct domain_iter_priv),
};

static struct bpf_iter_reg domain_iter_reg = {
	.target			= "amd_viommu_domain",
	.feature		= BPF_ITER_RESCHED,
	.show_fdinfo		= domain_iter_show_fdinfo,
	.ctx_arg_info_size	= 1,
	.ctx_arg_info		= {
		{ offsetof(struct bpf_iter__amd_viommu_domain, domain),
		  PTR_TO_BTF_ID_OR_NULL | PTR_TRUSTED },
	},
	.seq_info		= &domain_iter_seq_info,
};

/*
 * All three
 */

BTF_ID_LIST(viommu_btf_ids)
BTF_ID(struct, amd_iommu_viommu)
BTF_ID(struct, amd_iommu_vdevice)
BTF_ID(struct, amd_viommu_domain)

static int __init viommu_iter_init(void)
{
	int ret;

	viommu_iter_reg.ctx_arg_info[0].btf_id = viommu_btf_ids[0];
	ret = bpf_iter_reg_target(&viommu_iter_reg);
	if (ret)
		return ret;
	vdevice_iter_reg.ctx_arg_info[0].btf_id = viommu_btf_ids[1];
	ret = bpf_iter_reg_target(&vdevice_iter_reg);
	if (ret)
		return ret;
	domain_iter_reg.ctx_arg_info[0].btf_id = viommu_btf_ids[2];
	return bpf_iter_reg_target(&domain_iter_reg);
}
late_initcall(viommu_iter_init);
