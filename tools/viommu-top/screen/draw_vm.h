/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The screen of one VM: its sections.
 */
#ifndef TOP_SCREEN_DRAW_VM_H
#define TOP_SCREEN_DRAW_VM_H

#include "screen/section.h"

extern const struct section section_rates;
extern const struct section section_viommus;
extern const struct section section_devices;
extern const struct section section_domains;
extern const struct section section_queues;
extern const struct section section_latency;
extern const struct section section_events;

/** vm_nr_devices() - How many devices a vIOMMU has */
size_t vm_nr_devices(const struct ui *ui, const struct row *row);

/** vm_nr_domains() - How many domains a vIOMMU has */
size_t vm_nr_domains(const struct ui *ui, const struct row *row);

#endif /* TOP_SCREEN_DRAW_VM_H */
