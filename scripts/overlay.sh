#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# overlay.sh OVERLAY PRISTINE TREE: makes TREE out of PRISTINE and OVERLAY. With
# --current in front it only tells whether TREE is that already.
#
#  - A file in a sub-directory of OVERLAY is new, and lies at its upstream path.
#  - OVERLAY/patches/NNNN-topic.patch edit files that upstream has. They are
#    applied in the order of OVERLAY/series, if there is one, else by number.
#  - OVERLAY/config and files right in OVERLAY are not overlaid.
#
# TREE is hard links to PRISTINE, so it costs no space; whoever changes a file
# of it must replace the file, never write into it. All of the overlay is first
# staged beside the tree, then only files whose *content* differs are replaced:
# make rebuilds what a change touches and nothing else. What leaves the overlay
# is put back as upstream has it.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

only_ask=
[[ $1 != --current ]] || {
	only_ask=yes
	shift
}
overlay=$1 pristine=$2 tree=$3
state=$tree/.overlay
name=$(basename "$overlay")

# The upstream files that the patches touch; those a patch adds are not in pristine.
touched() {
	[[ -d $overlay/patches ]] || return 0
	find "$overlay/patches" -name '*.patch' -exec cat {} + |
		sed -nE 's/^(---|\+\+\+) [ab]\/([^	]*).*/\2/p' | sort -u
}

whole_files() {
	(cd "$overlay" && find . -mindepth 2 -type f ! -path './patches/*' ! -path './config/*' -printf '%P\n')
}

make_tree() {
	local tmp=$tree.part

	rm -rf "$tmp"
	mkdir -p "$(dirname "$tree")"
	# another file system takes no hard links: a copy, shared where it can be
	cp -al "$pristine" "$tmp" 2>/dev/null || {
		rm -rf "$tmp"
		need_space "$(dirname "$tree")" 2500 "a copy of $pristine"
		cp -a --reflink=auto "$pristine" "$tmp"
	}
	rm -rf "$tmp/.git"
	mkdir -p "$tmp/.overlay"
	printf '%s\n' "$pristine" >"$tmp/.overlay/pristine"
	mv "$tmp" "$tree"
}

# A tree at hand (KSRC, QEMU_SRC) may have been worked on since; ours in the cache never is.
follow_pristine() {
	[[ $pristine != "$cache"/* ]] || return 0
	touch -a "$state/manifest"
	rsync -a --exclude /.git --exclude '/obj-*' --exclude /.overlay --exclude-from <(sed 's/^/\//' "$state/manifest") \
		"$pristine/" "$tree/"
}

# Patches in the order of OVERLAY/series, without that in the order of their names.
patches_in_order() {
	local number patch

	if [[ ! -f $overlay/series ]]; then
		find "$overlay/patches" -name '*.patch' | sort
		return
	fi
	for patch in "$overlay"/patches/*.patch; do
		number=${patch##*/} number=${number%%-*}
		grep -qx "$number" "$overlay/series" ||
			die "${patch#"$top/"} is in no commit of $name/series: add it there; its head says where"
	done
	while read -r number; do
		find "$overlay/patches" -name "$number-*.patch"
	done < <(grep -xE '[0-9]{4}' "$overlay/series")
}

stage_patches() {
	local patch file

	while read -r file; do
		[[ -f $pristine/$file ]] || continue
		mkdir -p "$stage/$(dirname "$file")"
		cp -p "$pristine/$file" "$stage/$file"
	done < <(touched)
	[[ -d $overlay/patches ]] || return 0
	patches_in_order >"$state/order"
	while read -r patch; do
		patch -p1 -s -f --fuzz=1 --no-backup-if-mismatch -d "$stage" <"$patch" >"$log/overlay.log" 2>&1 || {
			explain "$log/overlay.log"
			die "${patch#"$top/"} does not apply to $(basename "$pristine"):" \
			    "mend the patch, or give a tree it was made for with ${OVERLAY_SRC_HINT:-KSRC}=/path"
		}
	done <"$state/order"
}

stage_files() {
	local file

	while read -r file; do
		[[ ! -e $pristine/$file ]] ||
			die "$name/$file would replace a file that upstream has: make it a patch in $name/patches"
		mkdir -p "$stage/$(dirname "$file")"
		cp -p "$overlay/$file" "$stage/$file"
	done < <(whole_files)
}

# What an earlier overlay had and this one has not. The time stamp is new, as
# objects made of the overlaid file are newer than the pristine one's.
restore() { # OLD NEW
	local file

	comm -23 "$1" "$2" | while read -r file; do
		if [[ -f $pristine/$file ]]; then
			cp --remove-destination "$pristine/$file" "$tree/$file"
		else
			rm -f "$tree/$file"
		fi
	done
}

# A new rule in this script is a new overlay, too
wanted_sum() {
	fingerprint "$overlay" "$0" | cat - <(printf '%s' "$pristine") | sha256sum | cut -c1-32
}

# Only what the cache holds is known not to have changed behind us.
current() {
	[[ $pristine == "$cache"/* && $(cat "$state/pristine" 2>/dev/null) == "$pristine" ]] || return
	[[ $(wanted_sum) == "$(cat "$state/sum" 2>/dev/null)" ]]
}

main() {
	local sum

	mkdir -p "$log"
	if [[ -d $tree && $(cat "$state/pristine" 2>/dev/null) != "$pristine" ]]; then
		say "the source tree is another one now: making ${tree#"$top/"} anew"
		rm -rf "$tree"
	fi
	[[ -d $tree ]] || make_tree
	follow_pristine

	sum=$(wanted_sum)
	[[ $sum != "$(cat "$state/sum" 2>/dev/null)" ]] || return 0

	stage=$(mktemp -d "$build/stage.XXXXXX")
	trap 'rm -rf "$stage"' EXIT
	stage_patches
	stage_files
	(cd "$stage" && find . -type f -printf '%P\n' | sort) >"$state/manifest.new"
	touch "$state/manifest"
	cp "$state/manifest" "$state/manifest.old"
	# until all is in place the manifest names the old and the new files, so
	# that an interrupted run forgets none
	sort -u "$state/manifest.old" "$state/manifest.new" >"$state/manifest"
	restore "$state/manifest.old" "$state/manifest.new"
	rsync -rlpc "$stage/" "$tree/"
	mv "$state/manifest.new" "$state/manifest"
	printf '%s\n' "$sum" >"$state/sum"
}

if [[ $only_ask ]]; then
	current
else
	main
fi
