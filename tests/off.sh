#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: VIOMMU=off
# NEEDS: prometheus
DESCRIPTION="boots without the driver's option: a clear no everywhere"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/refused.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/prometheus.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/host_commands.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/guest.sh"

refused off 'off, boot with amd_iommu=viommu'
host_commands_traced

# A VMM hears what is missing, too
nvme=$(guest_nvme)
guest_take "$nvme"
at_exit guest_give_back "$nvme"
# shellcheck disable=SC2046 # words
like "$(guest_refused "-machine q35,kernel-irqchip=split -accel kvm" $(guest_accel "$nvme"))" \
	"has no vIommuSup.*amd_iommu=viommu" "QEMU says that the host has no vIOMMU, and what helps"

# Who runs many hosts hears of it
prometheus_start
exporter_start
alert AmdViommuNotEnabled
done_testing
