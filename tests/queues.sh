#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="sets up guests' queues in hardware, and refuses what cannot be"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
requires_driver

mapfile -t bdf < <(dma_devices)
play_vm one "${bdf[0]}" 0x10 5
dir=$(guest_of one)

# vfctrl NAME: a register of the VF control entry as the hardware has it
vfctrl() { awk -v name="$1" '$1 == "vfctrl" && $3 == name { print $4 }' "$dir/registers"; }
# column QUEUE N: of the queue's line
column() { awk -v queue="$1" -v n="$2" '$1 == queue { print $n }' "$dir/queues"; }

plays one "a queue that the hardware does not take is refused" <<'S'
!EINVAL queue c v cmd 0x300000 0x800
!EINVAL queue c v cmd 0x300000 0x100000
!EINVAL queue c v cmd 0x300000 0x3000
!EINVAL queue c v cmd 0x300800 0x1000
!EINVAL queue c v cmd 0x10000000000000 0x1000
!EOPNOTSUPP queue c v cmd 0x300000 0x1000 index=1
!EINVAL queue c v cmd 0x300000 0
S
is "$(vfctrl cmd)" 0000000000000000 "and leaves no trace in the hardware"
plays one "bits of the control register that queues do not know are refused" <<'S'
!EOPNOTSUPP control v 0x1001
!EOPNOTSUPP control v 0x100000000
!EOPNOTSUPP control v 0x8000000000000000
S
play one control v
like "$reply" ' 0x0$' "and it still is as it was"

plays one "a command buffer, which the guest has not enabled" <<'S'
queue c v cmd 0x300000 0x2000
!EEXIST queue other v cmd 0x310000 0x1000
S
is "$(vfctrl cmd)" 0000000000300009 "base and length are in its register"
plays one "the guest enables it, with its interrupt" <<'S'
control v 0x1010
S
is "$(vfctrl cmd)" 0000000000300309 "so are the enables"
is "$(column cmd 6) $(column cmd 7)" "yes yes" "debugfs says so, and that it runs"
plays one "a log that is allocated when it is enabled already" <<'S'
control v 0x101c
queue e v evt 0x310000 0x80000
S
is "$(vfctrl evt)" 000000000031030f "runs from the start"
is "$(vfctrl cmd)" 0000000000300309 "and the command buffer is as before"
plays one "the guest disables the commands" <<'S'
control v 0xc
S
is "$(vfctrl cmd)" 0000000000300009 "base and length stay"
is "$(column cmd 6) $(column cmd 7)" "no no" "and it does not run"
is "$(vfctrl evt)" 000000000031030f "the log does"
plays one "a vIOMMU with queues stays" <<'S'
!EBUSY destroy v
destroy c
destroy e
queue c v cmd 0x3ff000 0x1000
S
is "$(vfctrl cmd) $(vfctrl evt)" "00000000003ff008 0000000000000000" \
	"a new one has its own base, and one that is gone has none"
is "$(column cmd 4) $(column cmd 5)" "0 0" "and starts at its beginning"
play_kill one
is "$(rows)" 0 "a VMM that is killed leaves nothing"
done_testing
