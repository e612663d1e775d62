#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# debs.sh [DIR NAME]: all that a host needs for the driver as Debian packages in
# build/: a kernel beside the distribution's, its headers, the tools, and the boot
# option. With DIR they go there, from a build of its own called NAME.
#  CONFIG_BASE='FILE …'  the kernel's configuration, to which kernel/config/debs.config
#                        is added; /boot/config-$(uname -r) if not given. A file that
#                        Kconfig did not write is a fragment, and what it does not name
#                        is off.
#  DEBS_REVISION=TEXT    of the kernel's package; this project's version if not given

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

base=${CONFIG_BASE:-/boot/config-$(uname -r)}
revision=${DEBS_REVISION:-}
unset CONFIG CONFIG_BASE KERNEL T V TRACE CMD O DESTDIR PREFIX
tree=$build/linux
out=${1:-$build}
name=${2:-debs}
obj=$tree/obj-$name
ours=$top/kernel/config/debs.config

# As in build-kernel.sh, so that the compiler's cache serves both
export CCACHE_DIR=$cache/ccache CCACHE_NOHASHDIR=1
export KBUILD_BUILD_TIMESTAMP="Thu Jan  1 00:00:00 UTC 2026"
export KBUILD_BUILD_USER=amd-viommu KBUILD_BUILD_HOST=amd-viommu

kbuild() {
	make -C "$tree" O="obj-$name" -j"$jobs" CC="ccache gcc" HOSTCC="ccache gcc" "$@"
}

check_base() {
	local file

	for file in $base; do
		[[ -r $file ]] && continue
		[[ ${base} != /boot/config-* ]] ||
			die "$file is not there: give the configuration of a kernel that runs on the host," \
			    "CONFIG_BASE=/boot/config-… of it, or" \
			    "CONFIG_BASE='kernel/config/vm.config kernel/config/disk.config' for a small one"
		die "CONFIG_BASE: cannot read $file"
	done
}

is_fragment() {
	# shellcheck disable=SC2086 # words
	! head -qn 5 $base | grep -q '^# Automatically generated file'
}

# What a module can be may be built in as well; a string may not be asked for at all.
refused() {
	local line name

	grep -E '^CONFIG_[A-Za-z0-9_]+=[ym]$' "$ours" | while read -r line; do
		name=${line%=*}
		grep -qxE "${line%=m}=[ym]|$line" "$obj/.config" || printf '%s ' "$name"
	done
}

configure() {
	local sum lost

	mkdir -p "$obj"
	# shellcheck disable=SC2086 # words
	cat $base "$ours" >"$obj/asked.config"
	sum=$(cat "$obj/asked.config" "$tree/.overlay/sum" | sha256sum)
	[[ $sum != "$(cat "$obj/.configured" 2>/dev/null)" || ! -f $obj/.config ]] || return 0
	if is_fragment; then
		step "config-$name" "configuring the kernel" none -- \
			kbuild allnoconfig KCONFIG_ALLCONFIG="$obj/asked.config" || return
	else
		cp "$obj/asked.config" "$obj/.config"
		step "config-$name" "configuring the kernel" none -- kbuild olddefconfig || return
	fi
	lost=$(refused)
	[[ ! $lost ]] || die "Kconfig does not grant, for lack of what they depend on: $lost(see kernel/config/debs.config)"
	printf '%s\n' "$sum" >"$obj/.configured"
}

# Objects of a small kernel and of a distribution's, about
objects() {
	if (($(grep -c '=m$' "$obj/.config") > 500)); then
		echo 12000
	else
		echo 1700
	fi
}

# Numbered as the packaging does, which else links it once more
kernel() {
	local total

	total=$(objects)
	need_space "$build" $((total > 5000 ? 30000 : 4000)) "building the kernel"
	step "kernel-$name" "building Linux" kbuild "$total" -- \
		kbuild all KBUILD_BUILD_VERSION="${revision##*-}" || die "the kernel does not build"
}

# The kernel's own packaging; what it makes beside image and headers would replace
# packages of the distribution, or is big.
package() {
	local version

	version=$(sed -nE 's/^(VERSION|PATCHLEVEL|SUBLEVEL) = ([0-9]+)$/\2/p' "$tree/Makefile" | paste -sd.)
	rm -f "$tree"/*.{deb,changes,buildinfo}
	KDEB_SOURCENAME=linux-viommu KDEB_CHANGELOG_DIST=unstable \
	DEBFULLNAME="AMD vIOMMU developers" DEBEMAIL=maintainers@amd-viommu.example \
	DEB_BUILD_PROFILES=pkg.linux-viommu.nokerneldbg SOURCE_DATE_EPOCH=$stamp \
		kbuild bindeb-pkg KDEB_PKGVERSION="$version-$revision"
}

packages() {
	local release deb

	release=$(cat "$obj/include/config/kernel.release")
	step "$name" "packing Linux $release" none -- package || die "the kernel's packages cannot be made"
	rm -f "$out"/linux-{image,headers}-*.deb
	for deb in "$tree"/linux-{image,headers}-"$release"_*.deb; do
		[[ -f $deb ]] || die "the kernel's packaging made no ${deb##*/}: see build/log/$name.log"
		mv "$deb" "$out/"
		say "made ${out#"$top/"}/${deb##*/}"
	done
	rm -f "$tree"/*.{deb,changes,buildinfo}
}

main() {
	mkdir -p "$out"
	check_base
	"$top/scripts/packages.sh" fetch kernel tools deb debs
	"$top/scripts/deb.sh"
	if [[ $out != "$build" ]]; then
		rm -f "$out"/{viommu-tools,amd-viommu-grub}_*.deb
		cp "$build"/{viommu-tools,amd-viommu-grub}_*.deb "$out/"
	fi
	"$top/scripts/build-kernel.sh" tree
	[[ $revision ]] || revision=$(cd "$top" && dpkg-parsechangelog -S Version)
	stamp=$(cd "$top" && dpkg-parsechangelog -S Timestamp)
	share linux
	lock linux-debs
	configure || exit
	kernel
	packages
	[[ $out != "$build" ]] || say "on the host: sudo apt install ./build/*.deb && sudo reboot"
}

main
