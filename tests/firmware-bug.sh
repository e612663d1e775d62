#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: IOMMU_OPTS=intremap=on,xtsup=on,dma-remap=on,viommu=on,x-viommu-bars=off
# NEEDS: prometheus
DESCRIPTION="boots with firmware that forgot the vIOMMU's BARs: reports it and runs on"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/refused.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/prometheus.sh"

refused firmware-bug 'Firmware Bug.*did not enable the VF and VF control BARs'

# Who runs many hosts hears of it
prometheus_start
exporter_start
alert AmdViommuFailed
done_testing
