#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# TIMEOUT: 400
DESCRIPTION="finds that trace, driver and hardware say the same, and when they do not"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
requires_driver
requires_program busybox

mapfile -t bdf < <(dma_devices)
out_file=$(mktemp)
record=$(mktemp)
at_exit rm -f "$out_file" "$record" "$record.old"

# diff_start ARGUMENT…: back once it follows; diff_stop: its last words in $out, its status in $rc
diff_start() {
	: >"$out_file"
	viommu-trace diff --json "$@" >"$out_file" 2>&1 &
	differ=$!
	wait_until 30 grep -q '"type":"ready"' "$out_file" || diag "$(cat "$out_file")"
}
diff_stop() {
	rc=0
	kill -INT "$differ"
	wait "$differ" || rc=$?
	out=$(cat "$out_file")
}

# compared: what it compared of each kind, in the order of the tool
compared() { tail -n 1 <<<"$out" | jq -r '.compared | map(tostring) | join(" ")'; }
differences() { jq -c 'select(.type == "difference") | [.vm, .object, .key, .trace, .driver, .hardware]' <<<"$out"; }

# there: the same, counted in debugfs: guest IDs three times, devices twice, domains,
# those of them that the hardware knows, ranges of their tables, queues
there() {
	local dir guests=0 devices=0 domains=0 mapped=0 queues=0

	for dir in "$debugfs"/iommu*/viommu/[0-9]*; do
		guests=$((guests + 1))
		devices=$((devices + $(wc -l <"$dir/vdevices") - 1))
		domains=$((domains + $(wc -l <"$dir/domains") - 1))
		mapped=$((mapped + $(awk '$4 == "yes"' "$dir/domains" | wc -l)))
		queues=$((queues + $(grep -cE "^(cmd|evt|ppr) " "$dir/queues")))
	done
	echo "$guests $guests $guests $devices $devices $domains $mapped $((2 * guests)) $queues"
}

recorder_stop() {
	[[ $recorder ]] || return 0
	kill -INT "$recorder"
	wait "$recorder"
	recorder=
}

# --- from the beginning
viommu-trace record -o "$record" -d 600 >/dev/null 2>&1 &
recorder=$!
at_exit recorder_stop
wait_until 30 test -s "$record"
diff_start
for n in 0 1 2 3 4; do
	play_vm "vm-$n" "${bdf[n]}" 0x10 $((n + 5))
done
plays vm-0 "with more of everything" <<S
device d2 ${bdf[5]}
vdevice vd2 v d2 0xfff0
viommu w d p
nested n2 v d2 5 0x180000
nested n3 w d 7 0x180000
nested n4 v d2 0x4000 0x180000
attach d2 n4
!EEXIST vdevice x v d 0x11
destroy n3
destroy w
queue c v cmd 0x300000 0x2000
queue e v evt 0x310000 0x1000
control v 0x1004
S
plays vm-1 "another" <<S
device d2 ${bdf[6]}
vdevice vd2 v d2 0x8000
queue c v cmd 0x300000 0x1000
S
viommu-vmm --vms 2 --churn 11 >/dev/null 2>&1
play_vm gone "${bdf[7]}" 0x20 9
play_kill gone
sleep 0.5
diff_stop
is "$rc $(differences)" "0 " "nothing differs"
is "$(compared)" "5 5 5 7 7 6 6 10 3" "of 5 VMs with 7 devices, 6 domains and 3 queues"
is "$(compared)" "$(there)" "as many as debugfs has"
is "$(tail -n 1 <<<"$out" | jq -c '[.lost, .complete, .hardware]')" '[0,true,true]' "none is missing"

# --- of guests that were there before, while others come and go
viommu-vmm --vms 2 --churn 100000 >/dev/null 2>&1 &
churn=$!
run viommu-trace diff --json -d 2
is "$rc $(differences)" "0 " "nothing differs while guests come and go"
is "$(tail -n 1 <<<"$out" | jq '.objects >= 54 and .complete and .events > 0')" true "and all was compared"
run viommu-trace diff --json --once
is "$rc $(differences)" "0 " "nor between driver and hardware"
kill "$churn"
wait "$churn"
run_ok viommu-trace diff --once
is "$out" "33 objects compared (5 guest-id, 5 trans-devid, 7 vdevice, 7 devid-map, 6 domid-map, 3 queue): 0 differences" "in words"

# --- one that the hardware has and nobody else knows of
vfctrl=$((0xa010000000 + $(gid_of vm-1) * 0x40))
store() { # GDEVID HDEVID: what the driver does to tell the hardware
	busybox devmem "$vfctrl" 64 "$(printf "0x%x" $((1 << 63 | $1 << 46 | $2 << 14 | 1)))"
}
# What it stands for until then is an ID that no device has, in an entry that is
# valid and has the ID somewhere
mine=$(guest_of vm-1)
no_device=$(entry "$mine" devid 0x13)
store 0x13 "$(bdf_number "${bdf[1]}")"
one_device=$(entry "$mine" devid 0x13)
scale=$(((0x${one_device: -16} - 1) / $(bdf_number "${bdf[1]}")))
nobody=$(((0x${no_device: -16} - 1) / scale))
cmp_ok "$nobody" -gt 0 "a device that a guest does not have is not 00:00.0"
run test -e "/sys/bus/pci/devices/0000:$(printf '%02x:%02x.%x' $((nobody >> 8)) $((nobody >> 3 & 31)) $((nobody & 7)))"
is "$rc" 1 "nor any other that is there"
run viommu-trace diff --json -d 0.5
is "$rc" 1 "what the hardware alone has is drift"
is "$(differences)" "[\"vm-1\",\"devid-map\",\"00:02.3\",null,null,\"host's ${bdf[1]#0000:}\"]" "and is told"
run viommu-trace diff --once
is "$rc" 1 "so it is without a trace"
like "$out" "guest [0-9]+ \(vm-1\) devid-map 00:02.3: driver says nothing; hardware says host's" "in words"
store 0x13 "$nobody"
run_ok viommu-trace diff --once

# --- what was recorded, and what happened behind the recorder's back
recorder_stop
run viommu-trace diff --json --replay "$record" --fail-on-loss
is "$rc $(differences)" "0 " "a recording of all of it says the same"
is "$(compared)" "5 5 5 7 7 6 6 10 3" "of as many"
plays vm-2 "another device and queue" <<S
device d2 ${bdf[7]}
vdevice vd2 v d2 0x30
queue c v cmd 0x300000 0x1000
S
run viommu-trace diff --json --replay "$record"
is "$rc" 1 "it does not have what came later"
is "$(differences)" "[\"vm-2\",\"vdevice\",\"${bdf[7]#0000:}\",null,\"guest's 00:06.0\",\"guest's 00:06.0\"]
[\"vm-2\",\"devid-map\",\"00:06.0\",null,\"host's ${bdf[7]#0000:}\",\"host's ${bdf[7]#0000:}\"]
[\"vm-2\",\"queue\",\"cmd\",null,\"disabled, 4096 bytes at 0x300000\",\"disabled, 4096 bytes at 0x300000\"]" \
	"which is told, and nothing else"
viommu-trace record -o "$record" -e 'guest_id_*' -d 0.1 >/dev/null 2>&1
run viommu-trace diff --json --replay "$record"
is "$rc $(tail -n 1 <<<"$out" | jq -c '.compared["guest-id"]')" "0 5" "one of other events is compared as far as it goes"

# --- without root
caps=-all,+bpf,+perfmon
run setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --inh-caps="$caps" --ambient-caps="$caps" \
	--bounding-set="$caps" viommu-trace diff --json -d 0.2
is "$rc $(differences)" "0 " "events and driver say the same"
is "$(compared)" "5 5 5 8 8 0 0 0 4" "as far as they can be asked"
like "$err" 'what the hardware holds is not compared: .*Permission denied' "and what cannot is told"
run_fails 4 setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all viommu-trace diff -d 0.1
like "$err" 'CAP_BPF' "what is missing is named"
done_testing
