#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# TIMEOUT: 400
DESCRIPTION="puts what a support case needs into one archive, without names and addresses"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
requires_driver
requires_program tar zstd sha256sum
expect_dmesg 'Event logged \[IO_PAGE_FAULT'

work=$(mktemp -d)
at_exit rm -rf "$work"
mapfile -t bdf < <(dma_devices)
play_vm topsecret-1 "${bdf[0]}" 0x10 5
play_vm topsecret-2 "${bdf[1]}" 0x10 6
plays topsecret-1 "a guest with a queue" <<'S'
queue c v cmd 0x3ab000 0x1000
control v 0x1000
S
# more of them: what is known of where things are, as debugfs and the kernel's log print it
mapfile -t known < <(awk '{ print $3 }' "$debugfs"/iommu*/viommu/*/ipa | sed 's/^0x//' | sort -u)
known+=(00000000003ab 0x100001000 topsecret)

# bundle NAME ARGUMENT…: made while guests work; unpacked in $work/NAME, $dir is its top
bundle() {
	local name=$1
	shift

	viommu-trace bundle -o "$work/$name.tar.zst" "$@" 2>"$work/$name.err" &
	local pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		play topsecret-1 '!EIO dma-read d 0x100001000 x'
		play topsecret-2 'unmap as 0 0x400000'
		play topsecret-2 'map as 0 0 0x400000'
	done
	rc=0
	wait "$pid" || rc=$?
	unpack "$name"
}
unpack() { # NAME
	mkdir "$work/$1"
	tar -C "$work/$1" -xf "$work/$1.tar.zst"
	dir=$(echo "$work/$1"/viommu-bundle-*)
	! [[ -e $dir/viommu.trace ]] || viommu-trace report --json "$work/$1.tar.zst" >"$dir/events" 2>"$dir/events.err"
}
# status MEMBER: and why, from the manifest
status() { jq -r --arg name "$1" '.members[] | select(.name == $name) | "\(.status) \(.note)"' "$dir/manifest.json"; }
found() { # PATTERN…: of these, what is somewhere in the archive
	local pattern

	for pattern; do
		! grep -rqaF -- "$pattern" "$dir" || printf '%s\n' "$pattern"
	done
}

# --- as root
bundle redacted -d 1
is "$rc" 0 "a bundle is made"
is "$(stat -c %a "$work/redacted.tar.zst") $(cd "$work" && echo redacted*)" "600 redacted redacted.err redacted.tar.zst" \
	"for its owner only, and nothing is left beside it"
is "$(cd "$dir" && sha256sum -c --quiet SHA256SUMS 2>&1)" "" "sha256sum agrees"
is "$(jq -r '.members[] | select(.sha256) | "\(.sha256)  \(.name)"' "$dir/manifest.json")" \
	"$(grep -v manifest.json "$dir/SHA256SUMS")" "so does the manifest"
is "$(jq -r '.members[] | select(.status != "ok") | .name' "$dir/manifest.json" | grep -v kernel-config)" "" "all is there"
is "$(jq -c '.redacted' "$dir/manifest.json")" '["names","addresses"]' "it says what is left out"
is "$(found "${known[@]}")" "" "no name of a VM, and no address, is anywhere in it"
is "$(jq -s 'map([.guest_id, .vm != null]) | length' "$dir/viommus.ndjson") $(wc -l <"$dir/vdevices.ndjson")" "2 2" \
	"both VMs and their devices are"
vm=$(jq -r 'select(.cmd) | .vm' "$dir/viommus.ndjson")
like "$vm" '^vm-[0-9a-f]{8}$' "by pseudonyms"
is "$(jq -r 'select(.event == "viommu_event_record").vm' "$dir/events" | sort -u)" "$vm" "the same in the trace"
counted=$(grep -c "\"vm\":\"vm-" "$dir/latency.ndjson")
cmp_ok "$counted" -ge 1 "and latencies have some, too"
is "$(jq -r 'select(.event == "viommu_event_record").record' "$dir/events" | awk -F: '{ print "0x" $4 $3 }' | sed 's/x0*/x/' | sort -u)" \
	"$(grep -oE 'IO_PAGE_FAULT.*address=0x[0-9a-f]+' "$dir/dmesg.txt" | sed "s/.*=//" | tail -n 1)" \
	"trace and log have one pseudonym for an address"
is "$(tail -n 1 "$dir/events" | jq -c '[.type, .lost, .truncated]')" '["totals",0,false]' "the trace is whole"
is "$(jq -c 'select(.type == "totals") | [.differences, .complete]' "$dir/diff.ndjson")" "[0,true]" "driver and hardware agree"
is "$(cd "$dir/debugfs" && echo iommu*/viommu/*/*)" "$(cd "$debugfs" && echo iommu*/viommu/*/*)" "all files of debugfs are there"
is "$(head -c 4 "$dir/acpi/IVRS") $(od -An -v -tu1 -w1 "$dir/acpi/IVRS" | awk '{ n += $1 } END { print n % 256 }')" "IVRS 0" \
	"the ACPI table has a right checksum"
is "$(cat "$dir/sysfs/class/iommu/ivhd0/amd-iommu/features")" "$(cat /sys/class/iommu/ivhd0/amd-iommu/features)" "features are as they are"

bundle plain -d 0.5 --no-redact
is "$(found "${known[@]}" | sort)" "$(printf '%s\n' "${known[@]}" | sort)" "with --no-redact each of them is"
is "$(jq -c '.redacted' "$dir/manifest.json")" '[]' "and it says so"
like "$(cat "$work/plain.err")" 'think of who gets it' "and warns"

# --- interrupted
viommu-trace bundle -o "$work/int.tar.zst" -d 600 2>"$work/int.err" &
pid=$!
wait_until 30 grep -q 'tracing for' "$work/int.err"
kill -INT "$pid"
rc=0
wait "$pid" || rc=$?
unpack int
is "$rc $(jq -c '[.interrupted, .complete]' "$dir/manifest.json")" '0 [true,false]' "it finishes with what is there"
is "$(status cmdline.txt)" "ok null" "which is all that takes no time"

# --- with two capabilities, and with none
as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs)
caps=-all,+bpf,+perfmon
chmod 777 "$work"
run_ok "${as_nobody[@]}" --inh-caps="$caps" --ambient-caps="$caps" --bounding-set="$caps" \
	viommu-trace bundle -d 0.1 -o "$work/caps.tar.zst"
unpack caps
is "$(status viommu.trace) $(wc -l <"$dir/viommus.ndjson")" "ok null 2" "with CAP_BPF and CAP_PERFMON there is a trace"
like "$(status debugfs) $(status acpi/IVRS)" '^missing .*Permission denied missing .*Permission denied$' "but not what root may see"
run_ok "${as_nobody[@]}" --bounding-set=-all viommu-trace bundle -d 0.1 -o "$work/none.tar.zst"
unpack none
like "$(status viommu.trace)" '^missing .*CAP_BPF' "without, it says what is missing"
is "$(status versions.json) $(found topsecret)" "ok null " "and has what anybody may see, without names"
run_fails 1 "${as_nobody[@]}" viommu-trace bundle -d 0.1 -o /nowhere.tar.zst
like "$err" 'cannot write /nowhere.tar.zst: ' "what cannot be written is told"
done_testing
