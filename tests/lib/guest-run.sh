#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# guest-run.sh VERSION ARGUMENTS COMMAND: in the VM, runs COMMAND while the guest
# debian-1 is up: Debian's kernel VERSION on hardware queues, with an NVMe disk and
# a virtio disk of the VM's. QEMU gets the words of ARGUMENTS, too.
set -u
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
build=$top/build
# shellcheck source=guest.sh
. "$top/tests/lib/guest.sh"

if ! nvme=$(guest_nvme) || ! blk=$(guest_blk); then
	echo "guest: the VM has no NVMe disk or no virtio-blk to hand on" >&2
	exit 1
fi
guest_take "$nvme" "$blk"
trap 'guest_stop; guest_give_back "$nvme" "$blk"' EXIT
# shellcheck disable=SC2046,SC2086 # words, as on a command line
guest_start debian-1 "$1" '' $(guest_accel "$nvme" "$blk") $2 || {
	echo "guest: debian-1 does not come up:" >&2
	tail -n 20 "$guest_log" "$guest_log.err" >&2
	exit 1
}
guest "while :; do dd if=/dev/nvme0n1 of=/dev/null bs=4k count=101 iflag=direct; sleep 1; done >/dev/null 2>&1 &"
eval "$3"
