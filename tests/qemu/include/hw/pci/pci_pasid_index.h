/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI requests with a PASID, as an IOMMU memory region sees them
 */

#ifndef HW_PCI_PCI_PASID_INDEX_H
#define HW_PCI_PCI_PASID_INDEX_H

#include "qemu/bitops.h"

/*
 * MemTxAttrs has room for 8 bits of a PASID and cannot tell PASID 0 from none.
 * So a device that uses PASIDs translates such a request itself, through the
 * translate() of its IOMMU memory region, and says with the IOMMU index what
 * the PASID TLP prefix would say. Index 0 is a request without PASID. Nor does
 * MemTxAttrs.address_type reach translate(): whether a request may pass that says
 * that its address is translated is asked in the same way. An IOMMU that
 * understands this returns PCI_PASID_INDEXES from num_indexes().
 */
#define PCI_PASID_INDEX_VALID   BIT(20)
#define PCI_PASID_INDEX_EXEC    BIT(21)
#define PCI_PASID_INDEX_PRIV    BIT(22)
#define PCI_PASID_INDEX_TRANSLATED BIT(23)
#define PCI_PASID_INDEXES       BIT(24)

/**
 * pci_pasid_index: the IOMMU index of a request with a PASID
 *
 * @pasid: PASID, 20 bits
 * @exec: Execute Requested
 * @priv: Privileged Mode Requested
 */
static inline int pci_pasid_index(uint32_t pasid, bool exec, bool priv)
{
    return extract32(pasid, 0, 20) | PCI_PASID_INDEX_VALID |
           (exec ? PCI_PASID_INDEX_EXEC : 0) |
           (priv ? PCI_PASID_INDEX_PRIV : 0);
}

/**
 * pci_pasid_index_pasid: the PASID that an IOMMU index stands for
 *
 * @index: what translate() was called with
 * @pasid: the PASID, if there is one
 *
 * Returns: whether the request has a PASID.
 */
static inline bool pci_pasid_index_pasid(int index, uint32_t *pasid)
{
    *pasid = extract32(index, 0, 20);
    return index & PCI_PASID_INDEX_VALID;
}

/**
 * pci_pasid_index_translated: whether the address of a request is translated
 *
 * @index: what translate() was called with
 */
static inline bool pci_pasid_index_translated(int index)
{
    return index & PCI_PASID_INDEX_TRANSLATED;
}

#endif
