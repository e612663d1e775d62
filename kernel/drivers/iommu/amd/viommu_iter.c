// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF iterator over every vIOMMU of every IOMMU: iter/amd_viommu.
 *
 * In order of creation. Between two reads of the file the position is the
 * serial of the last vIOMMU shown, so that what is created or destroyed in
 * the meantime never makes another one appear twice or not at all.
 */

#include <linux/bpf.h>
#include <linux/btf_ids.h>
#include <linux/seq_file.h>

#include "viommu.h"

/**
 * struct viommu_iter_priv - Position of one reader
 * @serial: serial of the last vIOMMU shown, 0 before the first
 */
struct viommu_iter_priv {
	u64 serial;
};

static struct amd_iommu_viommu *first_after(u64 serial)
{
	unsigned long index = serial;

	return xa_find_after(&amd_viommus, &index, ULONG_MAX, XA_PRESENT);
}

/* Holds every vIOMMU until stop, which comes before anything is copied out */
static void *viommu_iter_seq_start(struct seq_file *seq, loff_t *pos)
	__acquires(amd_viommu_lock)
{
	struct viommu_iter_priv *priv = seq->private;
	struct amd_iommu_viommu *aviommu;

	mutex_lock(&amd_viommu_lock);
	aviommu = first_after(priv->serial);
	/* A first read of an empty list still runs the program once, at stop */
	if (aviommu && !*pos)
		++*pos;
	return aviommu;
}

static void *viommu_iter_seq_next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct viommu_iter_priv *priv = seq->private;
	struct amd_iommu_viommu *aviommu = v;

	++*pos;
	priv->serial = aviommu->serial;
	return first_after(priv->serial);
}

struct bpf_iter__amd_viommu {
	__bpf_md_ptr(struct bpf_iter_meta *, meta);
	__bpf_md_ptr(struct amd_iommu_viommu *, viommu);
};

DEFINE_BPF_ITER_FUNC(amd_viommu, struct bpf_iter_meta *meta,
		     struct amd_iommu_viommu *viommu)

static int run_prog(struct seq_file *seq, struct amd_iommu_viommu *aviommu,
		    bool in_stop)
{
	struct bpf_iter_meta meta = { .seq = seq };
	struct bpf_iter__amd_viommu ctx = { .meta = &meta, .viommu = aviommu };
	struct bpf_prog *prog = bpf_iter_get_info(&meta, in_stop);

	return prog ? bpf_iter_run_prog(prog, &ctx) : 0;
}

static int viommu_iter_seq_show(struct seq_file *seq, void *v)
{
	return run_prog(seq, v, false);
}

static void viommu_iter_seq_stop(struct seq_file *seq, void *v)
	__releases(amd_viommu_lock)
{
	if (!v)
		run_prog(seq, NULL, true);
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

BTF_ID_LIST_SINGLE(viommu_btf_id, struct, amd_iommu_viommu)

static int __init viommu_iter_init(void)
{
	viommu_iter_reg.ctx_arg_info[0].btf_id = viommu_btf_id[0];
	return bpf_iter_reg_target(&viommu_iter_reg);
}
late_initcall(viommu_iter_init);
