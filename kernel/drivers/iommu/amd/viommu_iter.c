// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF iterators over every IOMMU, and every vIOMMU, every vDevice and every domain
 * of guests of each: iter/amd_iommu, iter/amd_viommu, iter/amd_vdevice and
 * iter/amd_viommu_domain.
 *
 * IOMMUs in order of their index, all else in order of creation. Between two
 * reads of the file the position is the serial of the last object shown, so that
 * what is created or destroyed in the meantime never makes another one appear
 * twice or not at all.
 */

#include <linux/bpf.h>
#include <linux/btf_ids.h>
#include <linux/seq_file.h>

#include "viommu_internal.h"

/**
 * struct viommu_iter_priv - Position of one reader
 * @serial:     serial of the last object shown, 0 before the first
 * @pci_seg:    PCI segment that @trans_free is of, NULL before the first
 * @trans_free: translation device IDs that nobody has
 * @quota:      what the program is shown of the user's
 */
struct viommu_iter_priv {
	unsigned long serial;
	struct amd_iommu_pci_seg *pci_seg;
	u64 trans_free;
	struct amd_viommu_quota quota;
};

/*
 * What all have in common
 */

/* A first read of an empty list still runs the program once, at stop */
static void *viommu_iter_first(loff_t *pos, void *object)
{
	if (object && !*pos)
		++*pos;
	return object;
}

/* @ctx: context of the program, which starts with its bpf_iter_meta */
static int viommu_iter_run_prog(struct seq_file *seq,
				struct bpf_iter_meta *meta, void *ctx,
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
	__bpf_md_ptr(struct amd_viommu_quota *, quota);
};

DEFINE_BPF_ITER_FUNC(amd_viommu, struct bpf_iter_meta *meta,
		     struct amd_iommu_viommu *viommu, u64 table_bytes,
		     u64 trans_free, struct amd_viommu_quota *quota)

static void *viommu_iter_seq_start(struct seq_file *seq, loff_t *pos)
{
	struct viommu_iter_priv *priv = seq->private;
	unsigned long serial = priv->serial;

	/* Kept until stop, which comes before anything is copied out */
	amd_viommu_list_lock();
	return viommu_iter_first(pos, amd_viommu_find_after(&serial));
}

static void *viommu_iter_seq_next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct viommu_iter_priv *priv = seq->private;
	unsigned long serial;

	++*pos;
	/* First the object that was shown, then the one after it */
	amd_viommu_find_after(&priv->serial);
	serial = priv->serial;
	return amd_viommu_find_after(&serial);
}

/* Counting a segment takes a while: once for consecutive vIOMMUs of it */
static u64 viommu_iter_trans_free(struct viommu_iter_priv *priv,
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
	struct viommu_iter_priv *priv = seq->private;
	struct bpf_iter_meta meta;
	struct bpf_iter__amd_viommu ctx = { .meta = &meta, .viommu = v };
	struct amd_iommu_viommu *aviommu = v;

	if (aviommu) {
		ctx.table_bytes = amd_viommu_tables_memory(aviommu);
		ctx.trans_free = viommu_iter_trans_free(priv, aviommu->iommu->pci_seg);
		amd_viommu_quota_get(aviommu, &priv->quota);
		ctx.quota = &priv->quota;
	}
	return viommu_iter_run_prog(seq, &meta, &ctx, in_stop);
}

static int viommu_iter_seq_show(struct seq_file *seq, void *v)
{
	/* Heads and tails move without the driver */
	amd_viommu_queues_sample(v);
	return viommu_iter_run(seq, v, false);
}

static void viommu_iter_seq_stop(struct seq_file *seq, void *v)
{
	if (!v)
		viommu_iter_run(seq, NULL, true);
	amd_viommu_list_unlock();
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
	.ctx_arg_info_size	= 2,
	.ctx_arg_info		= {
		{ offsetof(struct bpf_iter__amd_viommu, viommu),
		  PTR_TO_BTF_ID_OR_NULL | PTR_TRUSTED },
		{ offsetof(struct bpf_iter__amd_viommu, quota),
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

static void *viommu_iter_vdevice_seq_start(struct seq_file *seq, loff_t *pos)
{
	struct viommu_iter_priv *priv = seq->private;
	unsigned long serial = priv->serial;

	amd_viommu_list_lock();
	return viommu_iter_first(pos, amd_viommu_vdevice_find_after(&serial));
}

static void *viommu_iter_vdevice_seq_next(struct seq_file *seq, void *v,
					  loff_t *pos)
{
	struct viommu_iter_priv *priv = seq->private;
	unsigned long serial;

	++*pos;
	amd_viommu_vdevice_find_after(&priv->serial);
	serial = priv->serial;
	return amd_viommu_vdevice_find_after(&serial);
}

static int viommu_iter_vdevice_run(struct seq_file *seq, void *v, bool in_stop)
{
	struct bpf_iter_meta meta;
	struct bpf_iter__amd_vdevice ctx = { .meta = &meta, .vdevice = v };

	return viommu_iter_run_prog(seq, &meta, &ctx, in_stop);
}

static int viommu_iter_vdevice_seq_show(struct seq_file *seq, void *v)
{
	return viommu_iter_vdevice_run(seq, v, false);
}

static void viommu_iter_vdevice_seq_stop(struct seq_file *seq, void *v)
{
	if (!v)
		viommu_iter_vdevice_run(seq, NULL, true);
	amd_viommu_list_unlock();
}

static const struct seq_operations viommu_iter_vdevice_seq_ops = {
	.start	= viommu_iter_vdevice_seq_start,
	.next	= viommu_iter_vdevice_seq_next,
	.stop	= viommu_iter_vdevice_seq_stop,
	.show	= viommu_iter_vdevice_seq_show,
};

static void viommu_iter_vdevice_show_fdinfo(const struct bpf_iter_aux_info *aux,
					    struct seq_file *seq)
{
	seq_puts(seq, "amd_vdevice iter\n");
}

static const struct bpf_iter_seq_info viommu_iter_vdevice_seq_info = {
	.seq_ops	= &viommu_iter_vdevice_seq_ops,
	.seq_priv_size	= sizeof(struct viommu_iter_priv),
};

static struct bpf_iter_reg viommu_iter_vdevice_reg = {
	.target			= "amd_vdevice",
	.feature		= BPF_ITER_RESCHED,
	.show_fdinfo		= viommu_iter_vdevice_show_fdinfo,
	.ctx_arg_info_size	= 1,
	.ctx_arg_info		= {
		{ offsetof(struct bpf_iter__amd_vdevice, vdevice),
		  PTR_TO_BTF_ID_OR_NULL | PTR_TRUSTED },
	},
	.seq_info		= &viommu_iter_vdevice_seq_info,
};

/*
 * iter/amd_viommu_domain
 *
 * Domains have no serial: they are shown vIOMMU by vIOMMU, by the guest's ID.
 * The entry of one is freed without the lock of the list, but never before it has
 * left its array, which takes the array's lock: under that lock the entry is
 * copied, and the program gets the copy.
 */

/**
 * struct amd_viommu_domain - A domain of a guest, for iterators
 * @viommu:  vIOMMU of the guest
 * @gdom_id: guest domain ID
 * @hdom_id: host domain ID that stands for it
 * @users:   nested domains that have it
 * @mapped:  the guest's DomainID table has it: a device was attached
 */
struct amd_viommu_domain {
	struct amd_iommu_viommu *viommu;
	u16 gdom_id;
	u16 hdom_id;
	u32 users;
	bool mapped;
};

/**
 * struct viommu_iter_domain_priv - Position of one reader
 * @serial: of the vIOMMU whose domains are shown, 0 before the first
 * @next:   guest's ID of the first domain of it that was not shown
 * @domain: what the program is shown
 */
struct viommu_iter_domain_priv {
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
static bool viommu_iter_copy_domain(struct viommu_iter_domain_priv *priv,
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
static void *viommu_iter_find_domain(struct viommu_iter_domain_priv *priv)
{
	struct amd_iommu_viommu *aviommu;

	/* The same vIOMMU, unless it is gone: then none of its domains is left */
	aviommu = amd_viommu_find(priv->serial);
	while (!aviommu || !viommu_iter_copy_domain(priv, aviommu)) {
		aviommu = amd_viommu_find_after(&priv->serial);
		if (!aviommu)
			return NULL;
		priv->next = 0;
	}
	priv->next = priv->domain.gdom_id;
	return &priv->domain;
}

static void *viommu_iter_domain_seq_start(struct seq_file *seq, loff_t *pos)
{
	amd_viommu_list_lock();
	return viommu_iter_first(pos, viommu_iter_find_domain(seq->private));
}

static void *viommu_iter_domain_seq_next(struct seq_file *seq, void *v,
					 loff_t *pos)
{
	struct viommu_iter_domain_priv *priv = seq->private;

	++*pos;
	priv->next++;
	return viommu_iter_find_domain(priv);
}

static int viommu_iter_domain_run(struct seq_file *seq, void *v, bool in_stop)
{
	struct bpf_iter_meta meta;
	struct bpf_iter__amd_viommu_domain ctx = { .meta = &meta, .domain = v };

	return viommu_iter_run_prog(seq, &meta, &ctx, in_stop);
}

static int viommu_iter_domain_seq_show(struct seq_file *seq, void *v)
{
	return viommu_iter_domain_run(seq, v, false);
}

static void viommu_iter_domain_seq_stop(struct seq_file *seq, void *v)
{
	if (!v)
		viommu_iter_domain_run(seq, NULL, true);
	amd_viommu_list_unlock();
}

static const struct seq_operations viommu_iter_domain_seq_ops = {
	.start	= viommu_iter_domain_seq_start,
	.next	= viommu_iter_domain_seq_next,
	.stop	= viommu_iter_domain_seq_stop,
	.show	= viommu_iter_domain_seq_show,
};

static void viommu_iter_domain_show_fdinfo(const struct bpf_iter_aux_info *aux,
					   struct seq_file *seq)
{
	seq_puts(seq, "amd_viommu_domain iter\n");
}

static const struct bpf_iter_seq_info viommu_iter_domain_seq_info = {
	.seq_ops	= &viommu_iter_domain_seq_ops,
	.seq_priv_size	= sizeof(struct viommu_iter_domain_priv),
};

static struct bpf_iter_reg viommu_iter_domain_reg = {
	.target			= "amd_viommu_domain",
	.feature		= BPF_ITER_RESCHED,
	.show_fdinfo		= viommu_iter_domain_show_fdinfo,
	.ctx_arg_info_size	= 1,
	.ctx_arg_info		= {
		{ offsetof(struct bpf_iter__amd_viommu_domain, domain),
		  PTR_TO_BTF_ID_OR_NULL | PTR_TRUSTED },
	},
	.seq_info		= &viommu_iter_domain_seq_info,
};

/*
 * iter/amd_iommu
 *
 * What an IOMMU counts whether or not it has a vIOMMU. IOMMUs never come or go.
 */

struct bpf_iter__amd_iommu {
	__bpf_md_ptr(struct bpf_iter_meta *, meta);
	__bpf_md_ptr(struct amd_iommu *, iommu);
};

DEFINE_BPF_ITER_FUNC(amd_iommu, struct bpf_iter_meta *meta,
		     struct amd_iommu *iommu)

static void *viommu_iter_iommu_seq_start(struct seq_file *seq, loff_t *pos)
{
	struct amd_iommu *iommu;
	loff_t n = 0;

	for_each_iommu(iommu)
		if (n++ == *pos)
			return iommu;
	return NULL;
}

static void *viommu_iter_iommu_seq_next(struct seq_file *seq, void *v,
					loff_t *pos)
{
	++*pos;
	return viommu_iter_iommu_seq_start(seq, pos);
}

static int viommu_iter_iommu_run(struct seq_file *seq, void *v, bool in_stop)
{
	struct bpf_iter_meta meta;
	struct bpf_iter__amd_iommu ctx = { .meta = &meta, .iommu = v };

	return viommu_iter_run_prog(seq, &meta, &ctx, in_stop);
}

static int viommu_iter_iommu_seq_show(struct seq_file *seq, void *v)
{
	return viommu_iter_iommu_run(seq, v, false);
}

static void viommu_iter_iommu_seq_stop(struct seq_file *seq, void *v)
{
	if (!v)
		viommu_iter_iommu_run(seq, NULL, true);
}

static const struct seq_operations viommu_iter_iommu_seq_ops = {
	.start	= viommu_iter_iommu_seq_start,
	.next	= viommu_iter_iommu_seq_next,
	.stop	= viommu_iter_iommu_seq_stop,
	.show	= viommu_iter_iommu_seq_show,
};

static void viommu_iter_iommu_show_fdinfo(const struct bpf_iter_aux_info *aux,
					  struct seq_file *seq)
{
	seq_puts(seq, "amd_iommu iter\n");
}

static const struct bpf_iter_seq_info viommu_iter_iommu_seq_info = {
	.seq_ops	= &viommu_iter_iommu_seq_ops,
};

static struct bpf_iter_reg viommu_iter_iommu_reg = {
	.target			= "amd_iommu",
	.feature		= BPF_ITER_RESCHED,
	.show_fdinfo		= viommu_iter_iommu_show_fdinfo,
	.ctx_arg_info_size	= 1,
	.ctx_arg_info		= {
		{ offsetof(struct bpf_iter__amd_iommu, iommu),
		  PTR_TO_BTF_ID_OR_NULL | PTR_TRUSTED },
	},
	.seq_info		= &viommu_iter_iommu_seq_info,
};

/*
 * All of them
 */

BTF_ID_LIST(viommu_btf_ids)
BTF_ID(struct, amd_iommu_viommu)
BTF_ID(struct, amd_iommu_vdevice)
BTF_ID(struct, amd_viommu_domain)
BTF_ID(struct, amd_iommu)
BTF_ID(struct, amd_viommu_quota)

static int __init viommu_iter_init(void)
{
	int ret;

	viommu_iter_reg.ctx_arg_info[0].btf_id = viommu_btf_ids[0];
	viommu_iter_reg.ctx_arg_info[1].btf_id = viommu_btf_ids[4];
	ret = bpf_iter_reg_target(&viommu_iter_reg);
	if (ret)
		return ret;
	viommu_iter_vdevice_reg.ctx_arg_info[0].btf_id = viommu_btf_ids[1];
	ret = bpf_iter_reg_target(&viommu_iter_vdevice_reg);
	if (ret)
		return ret;
	viommu_iter_domain_reg.ctx_arg_info[0].btf_id = viommu_btf_ids[2];
	ret = bpf_iter_reg_target(&viommu_iter_domain_reg);
	if (ret)
		return ret;
	viommu_iter_iommu_reg.ctx_arg_info[0].btf_id = viommu_btf_ids[3];
	return bpf_iter_reg_target(&viommu_iter_iommu_reg);
}
late_initcall(viommu_iter_init);
