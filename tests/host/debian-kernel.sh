#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: vm
DESCRIPTION="boots Debian's own kernel on the emulated hardware with the vIOMMU on"
# shellcheck disable=SC1091
. "$(dirname "$0")/../lib/tap.sh"

run env KERNEL=debian "$top/scripts/vm-ready.sh"
is "$rc" 0 "Debian's kernel is at hand" || diag "$err"
run env KERNEL=debian "$top/scripts/vm.sh" 'uname -r; dmesg | grep -iE "AMD-Vi|iommu"'
is "$rc" 0 "it boots"
like "$out" '^7\.3\.' "as 7.3"
like "$out" 'AMD-Vi: Interrupt remapping enabled' "with interrupt remapping"
is "$(grep -E 'AMD-Vi: .*([Ww]arn|[Ee]rror|[Bb]ug|[Ff]ail|timed out|mismatch)' <<<"$out")" "" "and AMD-Vi has no complaint"
done_testing
