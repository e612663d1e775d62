/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD IOMMU: what it says it has, and what follows from that
 *
 * Processors differ in their extended feature registers. Those of one that
 * somebody has read can be had by name, any other with efr= and efr2=: software
 * must run, or say why it does not. A feature that is only claimed stays one
 * that is not there: performance counters read 0, the guest vAPIC log stays
 * empty, no page request comes to the host's log.
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qapi/error.h"
#include "amd_iommu.h"

#define EFR_GATS(efr)           extract64(efr, 12, 2)
#define EFR_GLX(efr)            extract64(efr, 14, 2)
#define EFR_GAM(efr)            extract64(efr, 21, 3)
#define EFR_PASID_MAX(efr)      extract64(efr, 32, 5)
#define GATS_5_LEVELS           1

/* Registers of processors; where EFR2 is not known, what nesting needs */
static const struct {
    const char *name;
    uint64_t efr;
    uint64_t efr2;
} profiles[] = {
    { "epyc-7542", 0x058f77ef22294adeULL, AMDVI_FEATURE2_GCR3TRPMODE },
};

static uint64_t default_efr(AMDVIState *s)
{
    uint64_t efr = AMDVI_DEFAULT_EXT_FEATURES;

    if (s->accel.enabled) {
        return AMDVI_ACCEL_FEATURES;
    }
    if (s->xtsup) {
        efr |= AMDVI_FEATURE_XT;
    }
    if (s->viommu.enabled) {
        efr |= AMDVI_FEATURE_GIOSUP | AMDVI_FEATURE_VIOMMUSUP |
               AMDVI_FEATURE_PASIDS | AMDVI_FEATURE_HA | AMDVI_FEATURE_HD;
        /* No more levels than are walked */
        efr = deposit64(efr, 12, 2, GATS_5_LEVELS);
    }
    return efr;
}

static bool find_profile(AMDVIState *s, Error **errp)
{
    for (int i = 0; i < ARRAY_SIZE(profiles); i++) {
        if (!strcmp(s->profile, profiles[i].name)) {
            s->efr = profiles[i].efr;
            if (s->efr2 == AMDVI_EFR2_DEFAULT) {
                s->efr2 = profiles[i].efr2;
            }
            return true;
        }
    }
    error_setg(errp, "amd-iommu: no profile '%s'; there is %s", s->profile,
               profiles[0].name);
    return false;
}

bool amdvi_efr_init(AMDVIState *s, Error **errp)
{
    if (s->profile && s->efr) {
        error_setg(errp, "amd-iommu: either profile or efr");
        return false;
    }
    if (s->profile && !find_profile(s, errp)) {
        return false;
    }
    if (!s->efr) {
        s->efr = default_efr(s);
    }
    if (s->efr2 == AMDVI_EFR2_DEFAULT) {
        s->efr2 = s->viommu.enabled ? AMDVI_FEATURE2_GCR3TRPMODE : 0;
    }
    s->xtsup = s->efr & AMDVI_FEATURE_XT;
    return true;
}

uint64_t amdvi_extended_feature_register(AMDVIState *s)
{
    return s->iommu.dma_translation ? s->efr
                                    : s->efr | AMDVI_HATS_MODE_RESERVED;
}

uint64_t amdvi_extended_feature2_register(AMDVIState *s)
{
    return s->efr2;
}

bool amdvi_has_ga_log(AMDVIState *s)
{
    return EFR_GAM(s->efr);
}

unsigned amdvi_pasid_bits(AMDVIState *s)
{
    return EFR_PASID_MAX(s->efr) + 1;
}

bool amdvi_guest_stage_legal(AMDVIState *s, unsigned glx, unsigned mode)
{
    return glx <= EFR_GLX(s->efr) &&
           mode <= (EFR_GATS(s->efr) == GATS_5_LEVELS);
}

bool amdvi_had_legal(AMDVIState *s, unsigned had)
{
    switch (had) {
    case 0:
        return true;
    case AMDVI_HAD_ACCESSED:
        return s->efr & AMDVI_FEATURE_HA;
    case AMDVI_HAD_DIRTY:
        return s->efr & AMDVI_FEATURE_HD;
    default:
        return false;
    }
}
