#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# TIMEOUT: 300
DESCRIPTION="runs a tenant beside two hostile ones, who notices nothing of them"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/storm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/tenants.sh"
requires_driver
# What the hostile ones provoke, and the faults that the good one is told of
expect_dmesg 'Event logged \[|callbacks suppressed|vIOMMU: user [0-9]+ has all'
# With all checks, lockdep tells of the kernel's hot-plug driver, see debug-unplug.sh
[[ $(uname -r) != *-dbg ]] || expect_dmesg 'possible circular locking dependency|Call Trace:'

monitor=${0%/*}/lib/monitor.sh
seed=${SEED:-$((RANDOM + 1))}
diag "SEED=$seed"
mapfile -t bdf < <(dma_devices)
there() { [[ -d /sys/bus/pci/devices/$1/vfio-dev ]]; }
gone() { ! [[ -e /sys/bus/pci/devices/$1 ]]; }
rounds=${ROUNDS:-2}
storm_start

# A share that the hostile ones will want more of
share=/sys/module/amd_iommu/parameters/viommu_max_domain_ids
at_exit bash -c "echo $(cat "$share") >$share"
echo 12 >"$share"

tenant_start good "${bdf[0]}"

# --- all at once
act race viommu-race --rounds "$rounds" --seed "$seed" "${bdf[1]}" "${bdf[2]}"
act hostile hostile "${bdf[7]}" $(((rounds + 3) / 4)) "$seed"
while storm_lasts; do
	tenant_works good || break
done
is "${tenant_wrong:-}" "" "$tenant_rounds times: its data, its commands, its records, and the IDs in them"
acted race
like "$(cat "$storm/race")" 'left=0' "one of the hostile ones did what it could"
acted hostile
is "$(cat "$wrong")" "" "and so did the other"

# --- held up by who answers late
play_vm late "${bdf[7]}" 0x10 5
plays late "a VMM holds up what the kernel tells it, while there is a record for it" <<'S'
hold-veventq v
!EIO dma-read d 0x100009000 x
S
tenant_goes_on good "its neighbour gets its own records all the same"
plays late "the call ends when the VMM likes" <<'S'
hold-end
veventq e v 16
!EIO dma-read d 0x100009000 x
event e
S
play_stop late

# --- whatever is forwarded
play_vm noise "${bdf[7]}" 0x10 5
play noise "invalidate-noise v 2003 $seed"
cmp_ok "${reply##*done=}" -ge 100 "of noise that a VMM forwards much is executed"
play_stop noise
tenant_goes_on good "the host's command buffer runs on"
unlike "$(dmesg_here)" 'Event logged \[ILLEGAL_COMMAND_ERROR' "nothing that was forwarded stopped it"

# --- a storm of the dearest command
# p99 of a tenant: the longest but one in a hundred of its COMPLETION_WAITs, in us
p99() {
	play "$1" cmd-wait c 0x320000 times=1009
	[[ $reply =~ p99_ns=([0-9]+) ]] && echo "$((BASH_REMATCH[1] / 1000))"
}
play_vm storm "${bdf[7]}" 0x10 5
plays storm "a VM is about to do nothing but INVALIDATE_IOMMU_ALL" <<'S'
queue c v cmd 0x300000 0x1000
control v 0x1000
inv-all c
S
alone=$(p99 good)
isnt "$alone" "" "its neighbour's commands are done"
printf 'cmd c 0x8000000000000000 0 times=5003\n' >&"${play_in[storm]}"
beside=$(p99 good)
# How long it takes is a figure: it decides nothing where others use the machine
isnt "$beside" "" "its neighbour's commands are done beside it"
diag "p99 of COMPLETION_WAIT: $alone us alone, $beside us in the storm, with the processors it keeps busy"
play_kill storm

# --- unplugged in the middle of it
play_vm bad "${bdf[7]}" 0x10 5
"$monitor" 'device_del dma7' >/dev/null
tenant_goes_on good "a device of another one is to be unplugged"
play_kill bad
wait_until 60 gone "${bdf[7]}"
tenant_goes_on good "and is gone"
wait_until 30 "$monitor" 'device_add dma-testdev,id=dma7,bus=rp21' >/dev/null
wait_until 60 there "${bdf[7]}"
is $? 0 "it is back"
tenant_goes_on good "and the neighbour is there as before"
is "$(rows)" 1 "who is the only one that is left"
like "$(vdevices)" "gdev_id=0x0010 hdev_id=$(printf '0x%04x' "$(bdf_number "${bdf[0]}")") " "with its device"
play_kill good
is "$(rows)" 0 "nothing is left of anybody"
is "$(dmesg_here | grep -A3 'possible circular' | grep 'is trying to acquire' | grep -cv pciehp)" 0 \
	"no lock but those of the hot-plug driver is taken in two orders"
done_testing
