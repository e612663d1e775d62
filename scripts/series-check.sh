#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# series-check.sh OUTPUT PRISTINE: builds what every commit of OUTPUT/git
# changes with W=1, in a tree of its own: with the VM's configuration and the
# KUnit tests, and again without AMD_IOMMU_IOMMUFD. New files compile from their
# commit on, whether or not the Makefile names them yet. A warning in a file
# that the series touches, or a symbol of ours that nobody defines, fails the
# step. Then checkpatch --strict on every mail. It goes on after a failure.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=series-steps.sh
. "$top/scripts/series-steps.sh"

tree=$build/series-tree

# Hard links to the pristine tree: a file that changes is replaced.
make_tree() {
	local file

	if [[ $(cat "$tree/.pristine" 2>/dev/null) != "$pristine" ]]; then
		rm -rf "$tree"
		need_space "$build" 1500 "building the series"
		cp -al "$pristine" "$tree" 2>/dev/null || cp -a --reflink=auto "$pristine" "$tree"
		printf '%s\n' "$pristine" >"$tree/.pristine"
	fi
	# what an earlier run left; its objects are older than this
	touch "$tree/.series"
	while read -r file; do
		rm -f "$tree/$file"
		[[ ! -f $pristine/$file ]] || cp "$pristine/$file" "$tree/$file"
	done <"$tree/.series"
	ingit diff --name-only base HEAD >"$tree/.series"
}

kbuild() { # OBJ TARGET…
	local obj=$1
	shift

	make -C "$tree" O="$obj" -j"$jobs" W=1 CC="ccache gcc" HOSTCC="ccache gcc" "$@"
}

configure() { # OBJ OPTION=VALUE…
	local obj=$1
	shift

	mkdir -p "$tree/$obj"
	{
		cat "$top/kernel/config/vm.config"
		printf 'CONFIG_%s\n' "$@"
	} >"$tree/$obj/fragments.config"
	kbuild "$obj" allnoconfig KCONFIG_ALLCONFIG="$tree/$obj/fragments.config"
}

configure_all() {
	configure obj-iommufd KUNIT=y AMD_IOMMU_VIOMMU_KUNIT_TEST=y &&
		configure obj-without AMD_IOMMU_IOMMUFD=n
}

# New files that the Makefile of a later step names compile from now on.
name_new_files() { # COMMIT
	local file makefile=$tree/drivers/iommu/amd/Makefile

	rm -f "$makefile"
	ingit show "$1:drivers/iommu/amd/Makefile" >"$makefile"
	ingit diff --name-only --diff-filter=A base "$1" -- 'drivers/iommu/amd/*.c' ':!*_kunit.c' |
		while read -r file; do
			file=$(basename "$file" .c).o
			grep -qw "$file" "$makefile" || printf 'obj-$(CONFIG_AMD_IOMMU_IOMMUFD) += %s\n' "$file"
		done >"$tree/.names"
	cat "$tree/.names" >>"$makefile"
}

# Symbols of ours that one of the objects the Makefile of this step has uses,
# and none of them defines: that would not link.
undefined() { # OBJ
	local archive=$tree/$1/drivers/iommu/amd/built-in.a
	local -a objects

	# members only: there may be objects of an earlier run
	mapfile -t objects < <(ar t "$archive" | sed 's|.*/||' |
		grep -vxF -f <(sed 's/.* += //' "$tree/.names"; echo none) |
		sed "s|^|${archive%/*}/|")
	nm "${objects[@]}" "$tree/$1/drivers/iommu/iommufd/built-in.a" | awk '
		$1 == "U" { used[$2] = 1 }
		$2 ~ /^[TDBRVW]$/ { defined[$3] = 1 }
		END { for (s in used) if (s ~ /^_*(tracepoint_|SCT__tp_func_)?(amd_)?viommu|^amd_iommu|^_?iommufd_/ && !(s in defined)) print s }'
}

compile() { # COMMIT SUBJECT OBJ
	local output=$log/series-$3.log lost warnings

	kbuild "$3" -k drivers/iommu/ >"$output" 2>&1 || {
		fail "$2: does not compile ($3):"
		explain "$output"
		return
	}
	warnings=$(grep -F ': warning:' "$output" | sed 's|^\.\./||' | grep -F -f "$tree/.series" | head) || true
	[[ ! $warnings ]] || fail "$2: warnings ($3): $warnings"
	lost=$(undefined "$3" | paste -sd' ')
	[[ ! $lost ]] || fail "$2: would not link ($3): $lost"
}

check_step() { # COMMIT SUBJECT N
	name_new_files "$1"
	# only once there is an option of ours to answer
	if (($3 == 1)) || [[ $(ingit diff --name-only "$1^" "$1" -- "*Kconfig") ]]; then
		configure_all >"$log/series-config.log" 2>&1 ||
			die "the kernel cannot be configured: see ${log#"$top/"}/series-config.log"
	fi
	compile "$1" "$2" obj-iommufd
	compile "$1" "$2" obj-without
}

# A new file's maintainer is who maintains its directory, and the macros of
# trace events are no function calls. The commits that Fixes: names are Linux',
# whose history is not here.
checkpatch() {
	perl "$pristine/scripts/checkpatch.pl" --strict --no-summary --terse --show-types --showfile \
		--no-tree --ignore FILE_PATH_CHANGES,UNKNOWN_COMMIT_ID "$@" |
		grep -vE '^include/trace/events/.* CHECK:(OPEN_ENDED_LINE|PARENTHESIS_ALIGNMENT):'
}

main() {
	"$top/scripts/packages.sh" kernel
	make_tree
	each_step check_step
	check_mails
}

main
