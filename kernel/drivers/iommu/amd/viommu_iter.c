// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF iterators over every vIOMMU and every vDevice of every IOMMU:
 * iter/amd_viommu and iter/amd_vdevice.
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
 * @serial: serial of the last object shown, 0 before the first
 */
struct viommu_iter_priv {
	unsigned long serial;
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
};

DEFINE_BPF_ITER_FUNC(amd_viommu, struct bpf_iter_meta *meta,
		     struct amd_iommu_viommu *viommu)

static void *viommu_iter_seq_start(struct seq_file *seq, loff_t *pos)
{
	return iter_start(seq, pos, &amd_viommus);
}

static void *viommu_iter_seq_next(struct seq_file *seq, void *v, loff_t *pos)
{
	return iter_next(seq, pos, &amd_viommus);
}

static int viommu_iter_run(struct seq_file *seq, void *v, bool in_stop)
{
	struct bpf_iter_meta meta;
	struct bpf_iter__amd_viommu ctx = { .meta = &meta, .viommu = v };

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

BTF_ID_LIST(viommu_btf_ids)
BTF_ID(struct, amd_iommu_viommu)
BTF_ID(struct, amd_iommu_vdevice)

static int __init viommu_iter_init(void)
{
	int ret;

	viommu_iter_reg.ctx_arg_info[0].btf_id = viommu_btf_ids[0];
	ret = bpf_iter_reg_target(&viommu_iter_reg);
	if (ret)
		return ret;
	vdevice_iter_reg.ctx_arg_info[0].btf_id = viommu_btf_ids[1];
	return bpf_iter_reg_target(&vdevice_iter_reg);
}
late_initcall(viommu_iter_init);
