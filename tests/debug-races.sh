#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: CONFIG=debug
# TIMEOUT: 900
DESCRIPTION="has VMMs make, use and destroy, be killed and be watched, all at once, under KASAN and lockdep"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/storm.sh"
requires_driver
requires_program bpftool
requires_file /sys/kernel/debug/kmemleak "this kernel has no kmemleak"
expect_dmesg "$storm_events"

seed=${SEED:-$((RANDOM + 1))}
diag "SEED=$seed"
used() { cat "$debugfs"/iommu*/viommu/trans_devids; }
serial_of() { sed -n 's/^serial: *\([0-9]*\).*/\1/p' "$(guest_of "$1")/state"; }

echo 1 >/proc/sys/kernel/panic_on_warn
mapfile -t bdf < <(dma_devices)
mapfile -t events < <(state_events)
before=$(used)
data=$(mktemp)
at_exit rm -f "$data"
record_start "$data" -m 8M "${events[@]}"
storm_start
viommu-trace diff --json >"$storm/diff" 2>&1 &
differ=$!
wait_until 60 grep -q '"type":"ready"' "$storm/diff" || diag "$(cat "$storm/diff")"

# --- two guests stay while others come and go
play_vm stays "${bdf[5]}" 0x10 5
play_vm too "${bdf[4]}" 0x10 5

act race viommu-race --rounds 53 --seed "$seed" "${bdf[0]}" "${bdf[1]}"
act lives lives "${bdf[2]}" 7
act kills kills "${bdf[3]}" 5 "$seed"
act kills-too kills "${bdf[6]}" 5 $((seed + 1))
act churn viommu-vmm --vms 2 --churn 11 --names churn
act reads reads 3
act walks walks 3 "$(serial_of stays)" "$(serial_of too)"
act watches watches 2
for name in race lives kills kills-too churn reads walks watches; do
	acted "$name"
	is $? 0 "$name: done after ${SECONDS}s"
done
is "$(cat "$wrong")" "" "each round of each went as it should"

# --- what threads did to each other: an ID may be gone, or by now be of an object of another kind
race=$(cat "$storm/race")
diag "$race"
like "$race" 'left=0' "threads of one VMM left nothing that cannot be destroyed"
is "$(grep -c ' done=' <<<"$race")" 17 "all 17 came to their end"
# whether the device has a domain just when it is to do DMA is nobody's choice
is "$(sed -n 's/ done=[1-9].*//p' <<<"$race" | grep -v '^dma$' | sort -u | wc -l)" 10 \
	"and what each of them tried was done at least once"
is "$(grep -o ' E[A-Z]*' <<<"$race" | sort -u | grep -vxE ' (ENOENT|EBUSY|EEXIST|EINVAL)')" "" \
	"and was refused for no other reason than what others had done"

# --- the guests that stay are as they were, and everybody says so
for name in stays too; do
	plays "$name" "$name goes on" <<-S
		queue c v cmd 0x300000 0x1000
		control v 0x1000
		inv-all c
		cmd-wait c 0x20000
		dma-write d 0x100000000 there
		dma-read d 0x100000000 there
	S
done
sleep 1
there=$(seen | sort)
is "$(wc -l <<<"$there")" 6 "2 vIOMMUs, 2 vDevices and 2 domains are left"
is "$(top_json | jq -r '"\(.iommu) \(.guest_id) \(.serial)"' | sort)" \
	"$(awk '$1 == "viommu" { print $2, $3, $4 }' <<<"$there" | sort)" "iter/amd_viommu has the same"
is "$(vdevices | sed 's/.*iommu=\([0-9]*\) guest_id=\([0-9]*\) serial=\([0-9]*\) .*/\1 \2 \3/' | sort)" \
	"$(awk '$1 == "vdevice" { print $2, $3, $4 }' <<<"$there" | sort)" "so has iter/amd_vdevice"
kill -INT "$differ"
wait "$differ"
is $? 0 "trace, driver and hardware say the same"
like "$(tail -n 1 "$storm/diff")" '"lost":0,.*"complete":true' "and no event is missing"

play_kill stays
play_kill too
sleep 1
record_stop
is "$(PAGER=cat perf script --show-lost-events -i "$data" 2>/dev/null | grep -c PERF_RECORD_LOST)" 0 "the trace lost nothing"
diag "$(PAGER=cat perf script -i "$data" 2>/dev/null | grep -c amd_viommu:) events"
is "$(rebuilt "$data")" "" "what it tells of in all is: nothing"
is "$(seen)" "" "debugfs has nothing"
is "$(rows)" 0 "nor has iter/amd_viommu"
is "$(vdevices)" "" "nor iter/amd_vdevice"
is "$(used)" "$before" "all translation device IDs are free"
run_ok viommu-vmm --vms 24 --churn 1
like "$(cat /proc/lockdep_stats)" "debug_locks: *1" "lockdep watched to the end"
done_testing
