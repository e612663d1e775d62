#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: IOMMU_OPTS=intremap=on,xtsup=on,dma-remap=on
DESCRIPTION="boots on an IOMMU without vIOMMU: a clear no everywhere"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/refused.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/host_commands.sh"

refused unsupported 'not supported by this IOMMU'
host_commands_traced
done_testing
