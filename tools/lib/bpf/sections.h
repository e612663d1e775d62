/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sections of BPF programs whose targets we find ourselves.
 */
#ifndef LIB_BPF_SECTIONS_H
#define LIB_BPF_SECTIONS_H

/**
 * sections_init() - Find targets of tp_btf/ and iter/ by an index of the kernel's BTF
 *
 * libbpf looks through all of it for each program. Before any object is opened; more
 * than once is fine. A program whose target the BTF does not have, or where there is no
 * BTF, is not loaded: -ESRCH.
 */
void sections_init(void);

#endif /* LIB_BPF_SECTIONS_H */
