#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: IOMMU_OPTS=intremap=on,dma-remap=on,viommu=on,profile=epyc-7542,efr2=0
DESCRIPTION="boots where guests' tables cannot be found through the host's: backs out and runs on"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/refused.sh"

refused unsupported 'not supported, this IOMMU cannot nest'
done_testing
