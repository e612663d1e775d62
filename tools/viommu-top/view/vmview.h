/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The screen of one VM.
 */
#ifndef TOP_VIEW_VMVIEW_H
#define TOP_VIEW_VMVIEW_H

#include "sample/recording.h"
#include "view/history.h"
#include "view/model.h"
#include "view/session.h"

/**
 * struct vmview - The VM on the screen, zeroed while there is none
 * @pid:      its process, 0 for none
 * @name:     its name
 * @model:    rows of that process
 * @vm:       its row; NULL when it has no vIOMMU any more
 * @viommu:   rows of its vIOMMUs
 * @series:   what it did in the last minutes
 * @happened: what happened to it, of &struct happening, the latest first
 * @command:  latencies by opcode
 * @history:  of a replay: of this VM, up to @position
 * @earlier:  of a replay: what happened in the samples of @history
 * @position: sample that @history ends with, one more than its index; 0 for none
 * @bars:     show histograms line by line
 * @top:      first line on the screen
 * @focus:    section that Tab went to
 */
struct vmview {
	int pid;
	char name[VMNAME_MAX];
	struct model model;
	const struct row *vm;
	const struct row *viommu;
	struct series series;
	struct list happened;
	struct vtr_latency command[VTR_OPCODES];
	struct history history;
	struct list earlier;
	size_t position;
	bool bars;
	size_t top;
	unsigned int focus;
};

/**
 * vm_update() - Bring it up to date, after a sample
 * @view: with its process and name
 * @s:    the run
 *
 * Return: false if out of memory.
 */
bool vm_update(struct vmview *view, struct session *s);

/** vm_close() - Forget it */
void vm_close(struct vmview *view);

#endif /* TOP_VIEW_VMVIEW_H */
