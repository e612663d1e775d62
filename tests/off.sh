#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: VIOMMU=off
DESCRIPTION="boots without the driver's option: a clear no everywhere"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/tap.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/refused.sh"
# shellcheck disable=SC1091
. "$(dirname "$0")/lib/host_commands.sh"

refused off 'off, boot with amd_iommu=viommu'
host_commands_traced
done_testing
