/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest: the extended interrupt remapping table of an amd-iommu, and what
 * comes of it at the processor
 *
 * No processor runs that would take an interrupt, so each that came is still
 * requested at its local APIC: who looks for another gives it another vector.
 */

#ifndef AMD_VIOMMU_IRQ_H
#define AMD_VIOMMU_IRQ_H

#include "amd-viommu-harness.h"

#define INT_LEVEL1          0x600000
#define INT_LEVEL2(n)       (0x610000ULL + (n) * 0x1000)
#define INT_EVENT           0
#define INT_PPR             1
#define INT_EN              BIT_ULL(9)

#define IRTE_VALID          BIT_ULL(0)
#define IRTE_GUEST_MODE     BIT_ULL(7)

#define DTE2_IV             BIT_ULL(0)
#define DTE2_REMAP          (2ULL << 60)

static inline void set_int_table(Iommu *t, uint64_t dte2)
{
    qtest_writeq(t->qts, DEVTAB + t->pdev->devfn * 32 + 16, dte2);
    command(t, 2, t->pdev->devfn);
}

static inline uint64_t irte(unsigned kind, uint16_t gid)
{
    unsigned id = kind << 16 | gid;

    return INT_LEVEL2(extract32(id, 8, 10)) + extract32(id, 0, 8) * 16;
}

/* Physical destination 0; entries of the first level have @step bytes */
static inline void set_irte(Iommu *t, unsigned step, unsigned kind,
                            uint16_t gid, uint64_t low, uint8_t vector)
{
    unsigned n = extract32(kind << 16 | gid, 8, 10);

    qtest_writeq(t->qts, INT_LEVEL1 + n * step, INT_LEVEL2(n) | 1);
    qtest_writeq(t->qts, irte(kind, gid) + 8, vector);
    qtest_writeq(t->qts, irte(kind, gid), low);
}

/* Whether @vector came: all that is on its way is there after some turns */
static inline bool interrupted(Iommu *t, uint8_t vector)
{
    g_autofree char *want = g_strdup_printf(" %u ", vector);
    g_autofree char *apic = NULL;
    char *irr, *end;

    for (int i = 0; i < 50; i++) {
        reg_read(t, MMIO_CONTROL);
    }
    apic = qtest_hmp(t->qts, "info lapic");
    irr = strstr(apic, "IRR\t");
    g_assert_nonnull(irr);
    end = strpbrk(irr, "\r\n");
    g_assert_nonnull(end);
    *end = '\0';
    return strstr(irr, want);
}

#endif
