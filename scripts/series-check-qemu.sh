#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# series-check-qemu.sh OUTPUT PRISTINE: builds the emulator at every commit of
# OUTPUT/git in a tree of its own, as the tests' is configured but without what
# only comes with the tests. A warning fails the step. Then QEMU's checkpatch on
# every mail. It goes on after a failure.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=apt.sh
. "$top/scripts/apt.sh"
# shellcheck source=meson.sh
. "$top/scripts/meson.sh"
# shellcheck source=series-steps.sh
. "$top/scripts/series-steps.sh"

tree=$build/series-qemu-tree
devices=configs/devices/x86_64-softmmu

export CCACHE_BASEDIR=$build

# The tree is made anew each time: the objects come out of the compiler cache
make_tree() {
	local build_fix file
	local -a args

	rm -rf "$tree"
	need_space "$build" 1500 "building the series"
	cp -al "$pristine" "$tree" 2>/dev/null || cp -a --reflink=auto "$pristine" "$tree"
	# what Debian's source package lacks
	build_fix=$(echo "$top"/tests/qemu/patches/0001-*.patch)
	sed -n "s|^--- a/||p" "$build_fix" | while read -r file; do
		cp --remove-destination "$pristine/$file" "$tree/$file"
	done
	patch -p1 -s -d "$tree" <"$build_fix"
	sed '/TESTDEV/d' "$top/tests/qemu/$devices/amd-viommu.mak" >"$tree/$devices/series.mak"
	mapfile -t args < <(sed 's/#.*//' "$top/tests/qemu/configure.args" | xargs -n 1 |
		sed 's/=amd-viommu$/=series/; s/^--disable-werror$/--enable-werror/')
	mkdir "$tree/obj"
	(cd "$tree/obj" && ../configure --python=/usr/bin/python3 --cc="ccache gcc" --host-cc="ccache gcc" \
		"${args[@]}") >"$log/series-qemu-config.log" 2>&1 ||
		die "QEMU cannot be configured: see ${log#"$top/"}/series-qemu-config.log"
}

# MAINTAINERS has a pattern for the new file
checkpatch() {
	(cd "$pristine" && perl scripts/checkpatch.pl --strict --no-summary --terse --no-tree "$1") |
		grep -v 'WARNING: added, moved or deleted file'
}

check_step() { # COMMIT SUBJECT
	ninja -C "$tree/obj" -j"$jobs" qemu-system-x86_64 >"$log/series-qemu.log" 2>&1 || {
		fail "$2: does not build:"
		explain "$log/series-qemu.log"
	}
}

main() {
	"$top/scripts/packages.sh" fetch emulator
	use_meson
	make_tree
	each_step check_step
	check_mails
}

main
