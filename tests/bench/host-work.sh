#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# host-work.sh OPS: a VMM as it is on kernels without iommufd, and a device of it for
# which OPS times a page is mapped and unmapped.
set -eu
ulimit -l unlimited
printf 'cycle %d\n' "$1" | exec viommu-type1 -name bench 17 0000:00:0a.0
