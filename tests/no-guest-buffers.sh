#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: IOMMU_OPTS=intremap=on,xtsup=on,dma-remap=on,viommu=on,x-viommu-gst-buf-trp=off
DESCRIPTION="boots where guest buffers cannot be translated: backs out and runs on"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/refused.sh"

refused unsupported 'not supported, this IOMMU does not translate guest buffers'
done_testing
