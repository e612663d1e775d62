#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# layers-tools.sh: compares what files of bpf/ and tools/ include with the layers in
# docs/architecture.md; says what is wrong, and fails then.
#
# There, a block of "layers" has a chain in each line, lowest first; what a line names
# before a colon is the folder that the rest is in. A file includes what is in its own
# folder or below, never what is beside or above it. Nor do files, of one folder either,
# use functions or variables of each other in a circle: the compiled files tell.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$PWD/build
doc=docs/architecture.md
folder_max=20
wrong=0

complain() {
	echo "$1"
	wrong=1
}

# rank[FOLDER]: how far up it is; "main" is what lies in a tool's own folder
declare -A rank=()
read_layers() {
	local line tool steps step folder at

	while read -r line; do
		tool=""
		[[ $line != *:* ]] || tool=tools/${line%%:*}
		IFS='>' read -ra steps <<<"$(sed 's/^[^:]*: *//; s/ *→ */>/g' <<<"$line")"
		at=-1
		for step in "${steps[@]}"; do
			for folder in ${step//,/ }; do
				case $folder in
				bpf) ;;
				main) folder=$tool ;;
				lib/*) folder=tools/$folder ;;
				*) folder=$tool/$folder ;;
				esac
				# what another line has already is where this one goes on
				[[ ${rank[$folder]-} ]] || rank[$folder]=$((at + 1))
			done
			at=${rank[$folder]}
		done
	done < <(sed -n '/^```layers$/,/^```$/{/^```/!p}' "$doc")
	((${#rank[@]})) || complain "$doc has no layers"
}

# folder_of FILE INCLUDED: the folder that what FILE includes is in
folder_of() {
	local tool

	case $2 in
	lib/*/*) echo "tools/${2%/*}" ;;
	*.skel.h | viommu_*.h) echo bpf ;;
	*)
		tool=$(cut -d/ -f1-2 <<<"$1")
		[[ $2 == */* ]] && echo "$tool/${2%/*}" || echo "$tool"
		;;
	esac
}

check_include() { # FILE INCLUDED
	local from=${1%/*} to

	to=$(folder_of "$1" "$2")
	# what protoc-c makes is where its source is
	if [[ $to != bpf && ! -f $to/${2##*/} && ! -f $to/$(basename "$2" .pb-c.h).proto ]]; then
		complain "$1 includes $2, which is not in $to"
	elif [[ ! ${rank[$to]-} ]]; then
		complain "$1 includes $2: $to is no layer"
	elif [[ $from != "$to" ]] && ((rank[$to] >= rank[$from])); then
		complain "$1 includes $2, which is not below it"
	fi
}

check_guard() { # HEADER
	local guard

	guard=$(sed 's/\.h$//; s|^tools/||; s/^viommu-//' <<<"$1" | tr 'a-z/-' 'A-Z__')_H
	grep -qx "#define $guard" "$1" || complain "$1 is not guarded by $guard"
}

# circles FILE…: files that use functions or variables of each other, one before the other
circles() {
	nm -gA "$@" | awk -v build="$build/tools/" '
		{ file = $1; sub(/:.*/, "", file); sub(build, "", file) }
		$(NF - 1) == "U" { use[file, $NF]; next }
		{ defined[$NF] = file }
		END {
			for (pair in use) {
				split(pair, part, SUBSEP)
				if (part[2] in defined)
					print part[1], defined[part[2]]
			}
		}' | sort -u | { tsort >/dev/null; } 2>&1
}

check_circles() { # TOOL
	local file found objects=()

	for file in "${files[@]}"; do
		[[ $file != tools/lib/*.c && $file != tools/$1/*.c ]] || objects+=("$build/${file%.c}.o")
	done
	found=$(circles "${objects[@]}") ||
		complain "files of tools/$1 and tools/lib use each other in a circle:"$'\n'"$found"
}

mapfile -t files < <(git ls-files --cached --others --exclude-standard -- 'tools/*.[ch]' |
	while read -r file; do [[ ! -f $file ]] || echo "$file"; done)
read_layers
while read -r folder; do
	[[ ${rank[$folder]-} ]] || complain "$folder is no layer"
done < <(printf '%s\n' "${files[@]%/*}" | sort -u)
for folder in "${!rank[@]}"; do
	[[ -d $folder ]] || complain "$folder is a layer, but not there"
done
while read -r nr folder; do
	((nr <= folder_max)) || complain "$folder has $nr files: $folder_max are enough"
done < <(printf '%s\n' "${files[@]}" | grep '\.c$' | sed 's|/[^/]*$||' | sort | uniq -c)
for file in "${files[@]}"; do
	[[ $file != *.h ]] || check_guard "$file"
done
while IFS=: read -r file included; do
	check_include "$file" "$included"
done < <(grep -H '^#include "' "${files[@]}" | sed 's/:#include "\(.*\)".*/:\1/')
make -s -C tools O="$build" WERROR=y programs >&2
check_circles viommu-top
check_circles viommu-trace
exit "$wrong"
