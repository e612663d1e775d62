# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# Debian's own kernels as hosts whose VMs are watched without our driver. Sourced by
# tests on the host, after tap.sh.

# stock_boot VERSION: as $vm; what it found of IOMMUs is in $out
stock_boot() {
	vm=debian-$1-$$
	trace=$build/log/emulator-trace-$vm.log
	dir=$build/out/$vm
	export KERNEL=debian-$1 VM_BOOT_TIMEOUT=${VM_BOOT_TIMEOUT:-180}
	at_exit rm -rf "$trace" "$dir"
	at_exit stock_stop "$vm"
	run "$top/scripts/vm-ready.sh"
	is "$rc" 0 "Debian's Linux $1 is at hand" || diag "$err"
	TRACE=amdvi_pages_inval VM_KEEPER=$$ run "$top/scripts/vm.sh" --start "$vm"
	is "$rc" 0 "it is started" || diag "$err"
	run "$top/scripts/vm.sh" --exec "$vm" 'uname -r; dmesg | grep -iE "AMD-Vi|iommu"'
	is "$rc" 0 "it boots" || diag "$err"
	like "$out" "^${1/./\\.}\." "as $1"
	like "$out" 'AMD-Vi: Interrupt remapping enabled' "with interrupt remapping"
	is "$(grep -E 'AMD-Vi: .*([Ww]arn|[Ee]rror|[Bb]ug|[Ff]ail|timed out|mismatch)' <<<"$out")" "" "and AMD-Vi has no complaint"
}

stock_stop() { # VM
	[[ ! -f $build/run/$1.pid ]] || "$top/scripts/vm.sh" --stop "$1"
}

# last_of NAME FILTER: of the last sample of the VM of that name
last_of() { jq -c -s --arg vm "$1" "map(select(.type == \"viommu\" and .vm == \$vm)) | last | $2" "$dir/top.out"; }

# stock_watch [COMMANDS]: what the kernel's log, the tools and the emulator say is the
# same, to the one. An edu keeps no translations: an invalidation and a COMPLETION_WAIT
# each; with dma-testdevs there is an INVALIDATE_IOTLB_PAGES, too. So many commands are
# for domains that alpha's devices have left, and nobody's.
stock_watch() {
	local left=${1:-0} queued executed all

	mkdir -p "$dir"
	run "$top/scripts/vm.sh" --exec "$vm" "bash '$top/tests/lib/host_mode.sh' \"\$(mktemp -d)\""
	is "$rc" 0 "VMs are watched without the driver" || diag "$err"
	base64 -d <<<"$out" | tar xz -C "$dir" || diag "$out"
	is "$(cat "$dir/status")" $'events 0\nlatency 0\ntop 0' "every tool ends with 0" || diag "$(cat "$dir"/*.err)"
	like "$(cat "$dir/check")" 'kprobe iommu_completion_wait.*driver +GUEST ID.*verdict: ready, in host mode' \
		"--check says where each column comes from"
	unlike "$(cat "$dir/check")" MISSING "and has them all"
	is "$(jq -c -s 'map(select(.type == "interval")) | last | [.complete, .wait_errors, has("init")]' "$dir/top.out")" \
		"[true,0,false]" "nothing is lost" || diag "$(cat "$dir/top.err")"
	is "$(last_of beta '[.waits, .wait_errors, .events]')" "[26,0,7]" "13 times a page is mapped and unmapped, and 7 faults" ||
		diag "$(tail -n 12 "$dir/top.out")"
	is "$(last_of beta '[.commands[] | select(.opcode != 1) | [.opcode, .count]] | sort')" "[[3,26],[4,26]]" \
		"by type, with latencies"
	is "$(last_of beta '.cmds - ([.commands[].count] | add)')" 0 "of each command"
	is "$(last_of beta '[.vdevices[].hdev_id] | sort')" "[80,88,128]" "of a VM with 3 devices"
	is "$(last_of beta '[.vdevices[] | select(.events > 0) | .hdev_id, .events]')" "[128,7]" "whose first one faulted"
	is "$(last_of beta .pinned_bytes)" $((131 * 4096)) "131 pages of it are pinned"
	is "$(last_of alpha '[.vdevices[].hdev_id] | sort')" "[64,72]" "a VM that came later has 2 devices"
	all=$(jq -s 'map(select(.type == "process" and .comm == "viommu-type1")) | group_by(.pid) | map(last.cmds) | max' "$dir/top.out")
	is "$(last_of alpha .cmds)" $((all - left)) "and all of its commands, from the first on"
	is "$(last_of alpha .pinned_bytes)" $((17 * 4096)) "and 17 pages"
	is "$(jq -s 'map(select(.event == "viommu_event_record")) | length' "$dir/events.out")" 7 "viommu-trace shows 7 records"
	is "$(jq -s 'map(select(.event == "viommu_cmd_submit" and .comm == "viommu-type1")) | length' "$dir/events.out")" \
		"$(jq -s 'map(select(.type == "process" and .comm == "viommu-type1")) | group_by(.pid) | map(last.cmds) | add' "$dir/top.out")" \
		"and each command that viommu-top counts"
	is "$(wc -l <"$dir/dmesg")" 7 "the kernel logged 7 faults"
	# Domains of all INVALIDATE_IOMMU_PAGES in order, as queued and as executed
	queued=$(jq -r 'select(.event == "viommu_cmd_submit").cmd | split(":")[1] | select(startswith("3"))[4:]' "$dir/events.out" |
		sed 's/^0*\(.\)/\1/' | tr '\n' ' ')
	executed=$(sed -n 's/.*domain 0x\([0-9a-f]*\) invalidated.*/\1/p' "$trace" | tr '\n' ' ')
	cmp_ok "$(wc -w <<<"$queued")" -ge $((2 * 101 + 2 * 13)) "each flush has one"
	like " $executed" " ${queued% } " "and the hardware executed just those, in this order"
}
