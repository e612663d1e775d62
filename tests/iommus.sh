#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: QEMU_EXTRA="-device pxb-pcie,id=pci.1,bus_nr=64,bus=pcie.0,addr=5.2 -device amd-iommu,primary-bus=pci.1,intremap=on,xtsup=on,dma-remap=on,viommu=on -device pcie-root-port,id=second0,bus=pci.1,chassis=64 -device edu,id=second,bus=second0"
# NEEDS: guests
DESCRIPTION="boots with two IOMMUs and gives VMs vIOMMUs on each"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/guest.sh"
requires_driver

monitor=${0%/*}/lib/monitor.sh
port=0000:40:01.0
device=$(basename /sys/bus/pci/devices/$port/0000:*:00.0)

cdev_of() { basename "$(echo "/sys/bus/pci/devices/$1/vfio-dev/"*)"; }
iommu_of() { basename "$(readlink "/sys/bus/pci/devices/$1/iommu")"; }
gone() { ! [[ -e /sys/bus/pci/devices/$device ]]; }
there() { [[ -e /sys/bus/pci/devices/$device/vfio-dev ]]; }

iommus=(/sys/class/iommu/*)
is "${iommus[*]##*/}" "ivhd0 ivhd1" "the kernel has two IOMMUs"
is "$(dmesg | grep -c 'AMD-Vi: ivhd[01]: vIOMMU: enabled')" 2 "both have the vIOMMU"
is "$(dmesg | grep -c 'AMD-Vi: Interrupt remapping enabled')" 1 "interrupts are remapped"
is "$(iommu_of 0000:00:08.0)" ivhd0 "the root bus is behind the first"
is "$(iommu_of $port) $(iommu_of "$device")" "ivhd1 ivhd1" "the other root complex is behind the second"

# --- each by itself: its commands, its events, what VMMs ask it for
dir=$(mktemp -d)
at_exit rm -rf "$dir"
viommu-top --json -i 0.2 >"$dir/recording" &
recorder=$!
stop_recorder() { [[ ! $recorder ]] || kill "$recorder"; }
at_exit stop_recorder
wait_until 20 grep -q '"type":"interval"' "$dir/recording"

first=$(cdev_of 0000:00:0e.0)
second=$(cdev_of "$device")
vmm_start --vms 2 --devices "$first,$second" --rate 10
json=$(top_json)
is "$(jq .iommu <<<"$json" | sort | xargs)" "0 1" "a vIOMMU on each"
is "$(jq .guest_id <<<"$json" | sort -u | wc -l)" 1 "each hands out its own guest IDs"
vmm_stop
is "$(awk '$NF == "ok"' "$vmm_out" | wc -l)" 2 "no page lost what its guest wrote to it"
is "$(rows)" 0 "no vIOMMU is left"
run_ok viommu-vmm --devices "$second" --churn 5
kill -TERM "$recorder"
wait "$recorder"
is "$?" 0 "its recording ends well"
recorder=''
last=$(grep '"type":"interval"' "$dir/recording" | tail -n 1)
is "$(jq -c '[.iommus[] | [.iommu, .init, .destroy]]' <<<"$last")" "[[0,1,1],[1,6,6]]" "vIOMMUs of each IOMMU are counted"
# Commands under way have no type yet, and there are none now
is "$(jq -c '[.iommus[] | (.commands | map(.count) | add) == .cmds and .cmds > 0 and .waits > 0]' <<<"$last")" "[true,true]" \
	"each command of each by its type"
keys='["cmds", "waits", "init", "ipa_map", "events", "wait_errors"]'
is "$(jq -c --argjson keys "$keys" '. as $all | $keys | map(. as $key | ($all.iommus | map(.[$key]) | add) == $all[$key]) | unique' <<<"$last")" \
	"[true]" "totals are their sums"
is "$(jq -c '[.latency_buckets, (.iommus | map(.latency_buckets[]) | group_by(.[0]) | map([.[0][0], (map(.[1]) | add)]))] | unique | length' <<<"$last")" 1 \
	"so are latencies"
run_ok viommu-top --replay "$dir/recording" --openmetrics "$dir/metrics" -n "$(grep -c '"type":"interval"' "$dir/recording")"
sample() { awk -v name="amd_viommu_$1" '$1 == name { print $2 }' "$dir/metrics"; }
is "$(sample 'operations_total{iommu="ivhd1",operation="init",result="ok"}')" 6 "metrics have the IOMMU"
for index in 0 1; do
	is "$(sample "host_latency_seconds_count{iommu=\"ivhd$index\"}")" "$(jq ".iommus[$index].waits" <<<"$last")" "ivhd$index: latencies"
	is "$(sample "host_commands_total{iommu=\"ivhd$index\",command=\"COMPLETION_WAIT\"}")" \
		"$(jq ".iommus[$index].commands[] | select(.opcode == 1).count" <<<"$last")" "ivhd$index: commands by type"
done

# --- QEMU: each IOMMU of the guest's is one of the host's
if [[ -e /dev/kvm ]]; then
	kvm="-machine q35,kernel-irqchip=split -accel kvm -object iommufd,id=iommufd0"
	like "$(guest_refused "$kvm" -device amd-iommu,accel=on,intremap=off \
		-device vfio-pci,host=0000:00:0e.0,iommufd=iommufd0 \
		-device "vfio-pci,host=$device,iommufd=iommufd0")" \
		"of one IOMMU of the host|another IOMMU of the host" \
		"a guest's IOMMU does not take devices of both"
	is "$(rows)" 0 "nothing is left of that"

	at_exit guest_stop
	# shellcheck disable=SC2046 # words
	guest_start debian-1 7.3 iommu.strict=1 $(guest_accel 0000:00:0e.0) \
		-device pxb-pcie,id=pci.1,bus_nr=64,bus=pcie.0 \
		-device amd-iommu,accel=on,intremap=off,primary-bus=pci.1 \
		-device pcie-root-port,id=second0,bus=pci.1,chassis=64 \
		-device "vfio-pci,host=$device,iommufd=iommufd0,bus=second0"
	is $? 0 "a guest with two IOMMUs, each with a device, comes up" || diag "$(tail -n 20 "$guest_log" "$guest_log.err")"
	guest 'ls /sys/class/iommu'
	like "$out" "ivhd0 +ivhd1" "it knows both"
	is "$(top_json | jq -c '[.vm, .iommu, (.vdevices | length), (.queues | map(select(.running)) | length)]' | sort | xargs)" \
		"[debian-1,0,1,2] [debian-1,1,1,2]" "each is on hardware queues of an IOMMU of its own"
	guest_stop
	is "$(rows)" 0 "no vIOMMU is left of it"
fi

# the port's interrupts come through the second IOMMU
run_ok "$monitor" "device_del second"
wait_until 60 gone
is $? 0 "a device behind the second IOMMU can be unplugged"
wait_until 30 "$monitor" "device_add edu,id=second,bus=second0" >/dev/null
is $? 0 "and plugged in again"
wait_until 60 there
is $? 0 "it is back"
is "$(iommu_of "$device")" ivhd1 "behind the same IOMMU"
done_testing
