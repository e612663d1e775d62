/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI device for tests of DMA, PASID, ATS and PRI
 *
 * Does single accesses, translation requests and page requests as the software
 * that drives it says, and says what became of them. It is what a test of an
 * IOMMU needs of a device: every request can be had alone, with every
 * attribute, and none comes that nobody asked for.
 */

#include "qemu/osdep.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "hw/resettable.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "dma-testdev.h"
#include "trace.h"

#define DMA_TESTDEV_DEVICE_ID       0x11ea
#define DMA_TESTDEV_OUTSTANDING     32

/* --- commands ------------------------------------------------------------- */

static bool is_transfer(const DMATestDevCommand *c)
{
    unsigned opcode = FIELD_EX32(c->command, COMMAND, OPCODE);

    return opcode == DMA_TESTDEV_READ || opcode == DMA_TESTDEV_WRITE;
}

static DMATestDevResult transfer(DMATestDev *d, const DMATestDevCommand *c)
{
    unsigned again = FIELD_EX32(c->command, COMMAND, REPEAT);
    DMATestDevResult result = dma_testdev_transfer(d, c);

    while (again--) {
        result = dma_testdev_transfer(d, c);
    }
    return result;
}

static DMATestDevResult execute(DMATestDev *d, const DMATestDevCommand *c)
{
    if (c->pasid != PCI_NO_PASID) {
        if (!pcie_pasid_enabled(PCI_DEVICE(d))) {
            return DMA_TESTDEV_NOT_ENABLED;
        }
        if (c->pasid >> d->pasid_width) {
            return DMA_TESTDEV_BAD_ARGS;
        }
    }
    switch (FIELD_EX32(c->command, COMMAND, OPCODE)) {
    case DMA_TESTDEV_READ:
    case DMA_TESTDEV_WRITE:
        return transfer(d, c);
    case DMA_TESTDEV_TRANSLATE:
        return dma_testdev_translate(d, c);
    case DMA_TESTDEV_PAGE_REQUEST:
        return dma_testdev_page_request(d, c);
    case DMA_TESTDEV_ATC_FLUSH:
        dma_testdev_atc_flush(d);
        return DMA_TESTDEV_OK;
    default:
        return DMA_TESTDEV_BAD_ARGS;
    }
}

static void dma_testdev_done(void *opaque)
{
    DMATestDev *d = opaque;

    d->status = FIELD_DP32(R_STATUS_DONE_MASK, STATUS, RESULT, d->result);
    trace_dma_testdev_done(DEVICE(d)->canonical_path, d->current.command,
                           d->result);
    if (FIELD_EX32(d->current.command, COMMAND, MSI) &&
        msi_enabled(PCI_DEVICE(d))) {
        msi_notify(PCI_DEVICE(d), 0);
    }
}

static void dma_testdev_run(void *opaque)
{
    DMATestDev *d = opaque;

    d->result = execute(d, &d->current);
    dma_testdev_done(d);
}

/* Without the BQL; what software sees of it changes with it */
static void dma_testdev_run_thread(void *opaque)
{
    DMATestDev *d = opaque;

    d->result = execute(d, &d->current);
    qemu_bh_schedule(d->done_bh);
}

static void start_command(DMATestDev *d, uint32_t command)
{
    if (FIELD_EX32(d->status, STATUS, BUSY)) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "%s: command 0x%x while busy\n", __func__, command);
        return;
    }
    d->current = (DMATestDevCommand) {
        .command = command,
        .addr = d->addr,
        .length = d->length,
        .pasid = FIELD_EX32(command, COMMAND, PASID) ? d->pasid_reg :
                                                       PCI_NO_PASID,
        .group = d->group,
    };
    d->status = R_STATUS_BUSY_MASK;
    trace_dma_testdev_command(DEVICE(d)->canonical_path, command, d->addr,
                              d->length, d->pasid_reg);
    qemu_bh_schedule(d->iothread && is_transfer(&d->current) ? d->thread_bh
                                                             : d->bh);
}

/* --- registers ------------------------------------------------------------ */

static uint32_t capabilities(DMATestDev *d)
{
    uint32_t val = R_CAPS_DMA64_MASK;

    val = FIELD_DP32(val, CAPS, PASID, d->pasid);
    val = FIELD_DP32(val, CAPS, ATS, d->ats);
    val = FIELD_DP32(val, CAPS, PRI, d->pri);
    return FIELD_DP32(val, CAPS, PASID_WIDTH, d->pasid ? d->pasid_width : 0);
}

static uint64_t dma_testdev_read(void *opaque, hwaddr addr, unsigned size)
{
    DMATestDev *d = opaque;

    switch (addr) {
    case A_ID:
        return DMA_TESTDEV_MAGIC;
    case A_CAPS:
        return capabilities(d);
    case A_COMMAND:
        return 0;
    case A_STATUS:
        return d->status;
    case A_ADDR_LO:
    case A_ADDR_HI:
        return extract64(d->addr, (addr - A_ADDR_LO) * 8, 32);
    case A_LENGTH:
        return d->length;
    case A_PASID:
        return d->pasid_reg;
    case A_XLATE_ADDR_LO:
    case A_XLATE_ADDR_HI:
        return extract64(d->xlate_addr, (addr - A_XLATE_ADDR_LO) * 8, 32);
    case A_XLATE_INFO_LO:
    case A_XLATE_INFO_HI:
        return extract64(d->xlate_info, (addr - A_XLATE_INFO_LO) * 8, 32);
    case A_PRI_GROUP:
        return d->group;
    case A_PRI_RESPONSE:
        return d->pri_response;
    case A_ATC_INVALIDATIONS:
        return d->invalidations;
    case A_ATC_HANGS:
        return FIELD_DP32(0, ATC_HANGS, HANGS, d->hangs);
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "%s: no register 0x%" HWADDR_PRIx "\n",
                      __func__, addr);
        return 0;
    }
}

static void dma_testdev_write(void *opaque, hwaddr addr, uint64_t val,
                              unsigned size)
{
    DMATestDev *d = opaque;

    switch (addr) {
    case A_COMMAND:
        start_command(d, val);
        break;
    case A_STATUS:
        d->status &= ~(val & R_STATUS_DONE_MASK);
        break;
    case A_ADDR_LO:
    case A_ADDR_HI:
        d->addr = deposit64(d->addr, (addr - A_ADDR_LO) * 8, 32, val);
        break;
    case A_LENGTH:
        d->length = val;
        break;
    case A_PASID:
        d->pasid_reg = val & R_PASID_PASID_MASK;
        break;
    case A_PRI_GROUP:
        d->group = val & R_PRI_GROUP_INDEX_MASK;
        break;
    case A_PRI_RESPONSE:
        d->pri_response &= ~(val & R_PRI_RESPONSE_VALID_MASK);
        break;
    case A_ATC_HANGS:
        d->hangs = FIELD_EX32(val, ATC_HANGS, HANGS);
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR,
                      "%s: register 0x%" HWADDR_PRIx " cannot be written\n",
                      __func__, addr);
    }
}

/* Impl of 4 bytes: the core makes two of an 8-byte access */
static const MemoryRegionOps dma_testdev_ops = {
    .read = dma_testdev_read,
    .write = dma_testdev_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

static uint64_t buffer_read(void *opaque, hwaddr addr, unsigned size)
{
    DMATestDev *d = opaque;

    return ldn_le_p(d->buffer + addr, size);
}

static void buffer_write(void *opaque, hwaddr addr, uint64_t val,
                         unsigned size)
{
    DMATestDev *d = opaque;

    stn_le_p(d->buffer + addr, size, val);
}

static const MemoryRegionOps buffer_ops = {
    .read = buffer_read,
    .write = buffer_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

/* --- the device ----------------------------------------------------------- */

/*
 * When PASIDs or translation requests are switched on or off, translations that
 * were got before are void. They must go before the write: afterwards the
 * PASIDs that notifiers are registered for may be disabled.
 */
static bool writes_controls(PCIDevice *pdev, uint32_t addr, int len)
{
    const PCIExpressDevice *exp = &pdev->exp;

    return (exp->ats_cap &&
            ranges_overlap(addr, len, exp->ats_cap + PCI_ATS_CTRL, 2)) ||
           (exp->pasid_cap &&
            ranges_overlap(addr, len, exp->pasid_cap + PCI_PASID_CTRL, 2));
}

static void dma_testdev_config_write(PCIDevice *pdev, uint32_t addr,
                                     uint32_t val, int len)
{
    if (writes_controls(pdev, addr, len)) {
        dma_testdev_forget_spaces(DMA_TESTDEV(pdev));
    }
    pci_default_write_config(pdev, addr, val, len);
    pcie_cap_flr_write_config(pdev, addr, val, len);
}

/* PCI's own reset knows nothing of these capabilities */
static void reset_capabilities(PCIDevice *pdev)
{
    const PCIExpressDevice *exp = &pdev->exp;

    if (exp->ats_cap) {
        pci_set_word(pdev->config + exp->ats_cap + PCI_ATS_CTRL, 0);
    }
    if (exp->pasid_cap) {
        pci_set_word(pdev->config + exp->pasid_cap + PCI_PASID_CTRL, 0);
    }
    if (exp->pri_cap) {
        pci_set_word(pdev->config + exp->pri_cap + PCI_PRI_CTRL, 0);
        pci_set_long(pdev->config + exp->pri_cap + PCI_PRI_ALLOC_REQ, 0);
    }
}

static void dma_testdev_reset_hold(Object *obj, ResetType type)
{
    DMATestDev *d = DMA_TESTDEV(obj);

    qemu_bh_cancel(d->bh);
    dma_testdev_forget_spaces(d);
    reset_capabilities(PCI_DEVICE(d));
    d->status = 0;
    d->length = 0;
    d->pasid_reg = 0;
    d->group = 0;
    d->pri_response = 0;
    d->invalidations = 0;
    d->hangs = d->always_hangs;
    d->addr = 0;
    d->xlate_addr = 0;
    d->xlate_info = 0;
    memset(d->buffer, 0, sizeof(d->buffer));
}

/* One after the other from 100h, where the first must be */
static void add_extended_capabilities(DMATestDev *d)
{
    PCIDevice *pdev = PCI_DEVICE(d);
    uint16_t offset = PCI_CONFIG_SPACE_SIZE;

    if (d->ats) {
        pcie_ats_init(pdev, offset, true);
        offset += 0x10;
    }
    if (d->pri) {
        pcie_pri_init(pdev, offset, DMA_TESTDEV_OUTSTANDING, d->pasid);
        offset += 0x10;
    }
    if (d->pasid) {
        pcie_pasid_init(pdev, offset, d->pasid_width, true, true);
    }
}

static void init_bar(DMATestDev *d)
{
    memory_region_init(&d->bar, OBJECT(d), "dma-testdev",
                       DMA_TESTDEV_BAR_SIZE);
    memory_region_init_io(&d->registers, OBJECT(d), &dma_testdev_ops, d,
                          "dma-testdev-registers", DMA_TESTDEV_BUFFER);
    memory_region_init_io(&d->buffer_io, OBJECT(d), &buffer_ops, d,
                          "dma-testdev-buffer", DMA_TESTDEV_BUFFER_SIZE);
    memory_region_add_subregion(&d->bar, 0, &d->registers);
    memory_region_add_subregion(&d->bar, DMA_TESTDEV_BUFFER, &d->buffer_io);
    pci_register_bar(PCI_DEVICE(d), 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &d->bar);
}

static void dma_testdev_realize(PCIDevice *pdev, Error **errp)
{
    DMATestDev *d = DMA_TESTDEV(pdev);
    int ret;

    if (!d->pasid_width || d->pasid_width > R_PASID_PASID_LENGTH) {
        error_setg(errp, "pasid-width must be 1 to %u", R_PASID_PASID_LENGTH);
        return;
    }
    if (d->pri && !d->ats) {
        error_setg(errp, "page requests need translation requests: ats=on");
        return;
    }
    ret = pcie_endpoint_cap_init(pdev, 0);
    if (ret < 0) {
        error_setg(errp, "not on a PCI Express bus");
        return;
    }
    pcie_cap_flr_init(pdev);
    if (msi_init(pdev, 0, 1, true, false, errp)) {
        pcie_cap_exit(pdev);
        return;
    }
    add_extended_capabilities(d);
    init_bar(d);
    QLIST_INIT(&d->spaces);
    d->bh = qemu_bh_new_guarded(dma_testdev_run, d,
                                &DEVICE(d)->mem_reentrancy_guard);
    if (d->iothread) {
        d->done_bh = qemu_bh_new_guarded(dma_testdev_done, d,
                                         &DEVICE(d)->mem_reentrancy_guard);
        d->thread_bh = aio_bh_new(iothread_get_aio_context(d->iothread),
                                  dma_testdev_run_thread, d);
    }
}

static void dma_testdev_exit(PCIDevice *pdev)
{
    DMATestDev *d = DMA_TESTDEV(pdev);

    qemu_bh_delete(d->bh);
    if (d->iothread) {
        qemu_bh_delete(d->thread_bh);
        qemu_bh_delete(d->done_bh);
    }
    dma_testdev_forget_spaces(d);
    msi_uninit(pdev);
    pcie_cap_exit(pdev);
}

static const Property dma_testdev_properties[] = {
    DEFINE_PROP_BOOL("ats", DMATestDev, ats, true),
    DEFINE_PROP_BOOL("pri", DMATestDev, pri, true),
    DEFINE_PROP_BOOL("pasid", DMATestDev, pasid, true),
    DEFINE_PROP_UINT8("pasid-width", DMATestDev, pasid_width, 20),
    DEFINE_PROP_BOOL("x-atc-hangs", DMATestDev, always_hangs, false),
    /* For tests alone: software waits before it resets or unplugs the device */
    DEFINE_PROP_LINK("x-iothread", DMATestDev, iothread, TYPE_IOTHREAD,
                     IOThread *),
};

/* For the IOMMU, which does not see otherwise that there is no answer */
static bool dma_testdev_hangs(Object *obj, Error **errp)
{
    return DMA_TESTDEV(obj)->hangs;
}

static const VMStateDescription vmstate_dma_testdev = {
    .name = "dma-testdev",
    .unmigratable = 1,
};

static void dma_testdev_class_init(ObjectClass *klass, const void *data)
{
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);
    DeviceClass *dc = DEVICE_CLASS(klass);

    k->realize = dma_testdev_realize;
    k->exit = dma_testdev_exit;
    k->config_write = dma_testdev_config_write;
    k->vendor_id = PCI_VENDOR_ID_QEMU;
    k->device_id = DMA_TESTDEV_DEVICE_ID;
    k->class_id = PCI_CLASS_OTHERS;
    RESETTABLE_CLASS(klass)->phases.hold = dma_testdev_reset_hold;
    dc->desc = "Device for tests of DMA, PASID, ATS and PRI";
    dc->vmsd = &vmstate_dma_testdev;
    device_class_set_props(dc, dma_testdev_properties);
    object_class_property_add_bool(klass, "atc-hangs", dma_testdev_hangs, NULL);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static const TypeInfo dma_testdev_info = {
    .name = TYPE_DMA_TESTDEV,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(DMATestDev),
    .class_init = dma_testdev_class_init,
    .interfaces = (const InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { },
    },
};

static void dma_testdev_register(void)
{
    type_register_static(&dma_testdev_info);
}
type_init(dma_testdev_register)
