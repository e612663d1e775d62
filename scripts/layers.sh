#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# layers.sh: compares the driver with the table of layers in
# docs/architecture.md. Every file of the driver has a layer there, and none
# calls a function or uses a variable of a higher layer; nor do those of one layer
# in a circle. Prints what does not agree, and fails.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

doc=$top/docs/architecture.md
driver=$top/kernel/drivers/iommu/amd

# "LAYER FILE" for each file of the table, the lowest layer first
table() {
	awk -F'|' '
		/<!-- layers of the driver -->/ { inside = 1; next }
		inside && /^$/ { if (n) exit; next }
		inside && $2 ~ /^ *[0-9]+ *$/ {
			n = split($4, word, "`")
			for (i = 2; i <= n; i += 2)
				print $2 + 0, word[i]
		}' "$doc"
}

# Without comments; includes and macros stay as they are written.
source_of() { gcc -fpreprocessed -dD -E -P - <"$driver/$1" 2>/dev/null; }

# Functions and variables that other files can use
exports() {
	source_of "$1" | awk '
		/^[a-z].*[(=[]/ && !/^(static|extern|typedef)/ {
			line = $0
			sub(/[({=\[].*/, "", line)
			n = split(line, word, /[ *]+/)
			name = word[n] != "" ? word[n] : word[n - 1]
			if (name ~ /^amd_/)
				print name
		}
		/^amd_[a-z0-9_]+\(/ { sub(/\(.*/, ""); print }
		/^DEFINE_(MUTEX|XARRAY)\(/ { gsub(/.*\(|\).*/, ""); print }' | sort -u
}

main() {
	local -A layer=() text=()
	local n file other name circle edges="" wrong=0

	while read -r n file; do
		layer[$file]=$n
		text[$file]=$(source_of "$file")
	done < <(table)
	((${#layer[@]})) || die "${doc#"$top/"} has no table of the driver's layers"

	for file in "$driver"/*.c; do
		file=${file##*/}
		[[ $file == *_kunit.c || ${layer[$file]:-} ]] || {
			say "$file has no layer in ${doc#"$top/"}"
			wrong=1
		}
	done
	for file in "${!layer[@]}"; do
		[[ -f $driver/$file ]] || {
			say "${doc#"$top/"} has a layer for $file, which is not there"
			wrong=1
			continue
		}
		while read -r name; do
			for other in "${!layer[@]}"; do
				((layer[$other] <= layer[$file])) || continue
				[[ $other != "$file" ]] || continue
				grep -qw -- "$name" <<<"${text[$other]}" || continue
				if ((layer[$other] == layer[$file])); then
					edges+="$other $file"$'\n'
				else
					say "$other (layer ${layer[$other]}) uses $name of $file (layer ${layer[$file]})"
					wrong=1
				fi
			done
		done < <(exports "$file")
	done
	circle=$(tsort <<<"$edges" 2>&1 >/dev/null) || {
		say "files of one layer use each other in a circle:" "$circle"
		wrong=1
	}
	return "$wrong"
}

main
