#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh: boots the VM with demo guests and shows them in viommu-top, on the
# user's terminal until q; without a terminal, a few lines of what it shows.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

if [[ -t 0 && -t 1 ]]; then
	top_options=
	say "booting the VM; in viommu-top, q leaves and h helps; Ctrl-] ends the VM"
else
	top_options='--batch --count 3'
fi
exec "$top/scripts/vm.sh" "bash tests/lib/demo.sh viommu-top $top_options"
