#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh: boots the VM, and in it an unmodified guest of Debian's as a VM called
# debian-1, whose IOMMU is on hardware queues; shows it in viommu-top until q.
#  GUEST=6.1|6.12|7.3  which of Debian's kernels the guest runs (7.3)
#  GUEST_ARGS=…        more arguments for the QEMU that runs the guest
#  CMD='…'             run that as root in the VM instead, once the guest is up

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

guest=${GUEST:-7.3}
"$top/scripts/guest-image.sh" "$guest"
command=${VM_CMD:-}
if [[ ! $command ]]; then
	command=viommu-top
	if [[ -t 0 && -t 1 ]]; then
		say "booting the VM and its guest; in viommu-top, q leaves and h helps; Ctrl-] ends the VM"
	else
		command='viommu-top --batch --count 3'
	fi
fi
exec "$top/scripts/vm.sh" "bash tests/lib/guest-run.sh $guest $(printf '%q ' "${GUEST_ARGS:-}" "$command")"
