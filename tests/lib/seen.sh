# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# What exists, twice: as debugfs has it and as a trace tells it. Needs play.sh
# and record.sh.

# seen: every object as debugfs and the iterators have it, a line each
seen() {
	local dir iommu gid

	for dir in "$debugfs"/iommu*/viommu/[0-9]*; do
		[[ -e $dir/state ]] || continue
		iommu=${dir#"$debugfs"/iommu}
		iommu=$((10#${iommu%%/*}))
		gid=${dir##*/}
		awk -v guest="$iommu $gid" 'FNR > 1 { print "vdevice", guest, $3, $1, $2 }' "$dir/vdevices"
		awk -v guest="$iommu $gid" 'FNR > 1 { print "domain", guest, $1, $2, $3 }' "$dir/domains"
		printf 'viommu %s %s trans %s pages %s\n' "$iommu $gid" \
			"$(awk '/^serial:/ { s = $2 } /^owner:/ { print s, $2 }' "$dir/state")" \
			"$(sed -n 's/^trans_devid:.* //p' "$dir/state")" "$(pages "$dir")"
	done
}

pages() { # GUEST-DIR: how many pages of its tables are mapped
	local range n=0

	while read -r _ range _; do
		n=$((n + (16#${range#*-} - 16#${range%-*} + 1) / 4096))
	done <"$1/ipa"
	echo "$n"
}

# state_events: perf's arguments for all events but those that are no news of
# what exists: commands of the host and of guests, records of the event log
state_events() {
	local event

	for event in /sys/kernel/tracing/events/amd_viommu/viommu_*; do
		case $event in
		*/viommu_cmd_* | */viommu_event_* | */viommu_invalidate | */viommu_control) ;;
		*) [[ ! -d $event ]] || printf '%s\n' -e "amd_viommu:${event##*/}" ;;
		esac
	done
}

# rebuilt DATA: what exists, from the trace in DATA alone, as seen has it
rebuilt() { PAGER=cat perf script -i "$1" 2>/dev/null | awk -f "$tests/lib/rebuild.awk" | sort; }
