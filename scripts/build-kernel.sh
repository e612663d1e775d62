#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build-kernel.sh [vm|debug|stock|tree|headers]…: brings build/linux up to date with
# kernel/ and builds the kernel of that name from kernel/config, or stops at
# the tree, or installs its uAPI headers below build/uapi. "stock" is Linux as it
# is, configured like vm, in build/linux-stock: what ours is compared with.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
unset CONFIG KERNEL T V TRACE CMD

tree=$build/linux

# Pinned, so that ccache serves every checkout and an image tells no machine.
export CCACHE_DIR=$cache/ccache CCACHE_NOHASHDIR=1
export KBUILD_BUILD_TIMESTAMP="Thu Jan  1 00:00:00 UTC 2026"
export KBUILD_BUILD_USER=amd-viommu KBUILD_BUILD_HOST=amd-viommu

# The object directory lies in the tree: kbuild then sees the source as "..",
# and what it compiles looks the same in every checkout.
kbuild() { # OBJ TARGET…
	local obj=$1
	shift

	make -C "$tree" O="$obj" -j"$jobs" CC="ccache gcc" HOSTCC="ccache gcc" "$@"
}

fragments() {
	cat "$top/kernel/config/vm.config"
	[[ $1 == vm ]] || cat "$top/kernel/config/$1.config"
}

# Options asked for that Kconfig did not grant: one that a test relies on
# must not vanish in silence.
refused() { # FRAGMENTS CONFIG
	grep -oE '^CONFIG_[A-Za-z0-9_]+=.*' "$1" | tac | sort -u -t= -k1,1 | grep -v '=n$' |
		grep -vxFf "$2" | paste -sd' '
}

configure() { # NAME
	local obj=$tree/obj-$1 all sum lost

	all=$obj/fragments.config
	mkdir -p "$obj"
	fragments "$1" >"$all"
	sum=$(cat "$all" "$tree/.overlay/sum" | sha256sum)
	[[ $sum != "$(cat "$obj/.configured" 2>/dev/null)" || ! -f $obj/.config ]] || return 0
	step "config-${tree##*/}-$1" "configuring ${tree##*/} ($1)" none -- \
		kbuild "obj-$1" allnoconfig KCONFIG_ALLCONFIG="$all" || return 1
	lost=$(refused "$all" "$obj/.config") || true
	[[ ! $lost ]] || die "Kconfig does not grant, for lack of what they depend on: $lost (see kernel/config)"
	printf '%s\n' "$sum" >"$obj/.configured"
}

image() { # NAME
	local obj=$tree/obj-$1 sum total=1500

	[[ $1 == vm ]] || total=1700
	[[ -f $top/kernel/config/$1.config ]] ||
		die "CONFIG=$1: no kernel/config/$1.config; there are: $(cd "$top/kernel/config" && printf '%s ' *.config)"
	lock "${tree##*/}-$1"
	configure "$1" || exit 1
	sum=$(cat "$tree/.overlay/sum" "$obj/.configured" <(gcc --version) | sha256sum)
	# KSRC may have changed behind us: only kbuild itself can tell
	if [[ $sum == "$(cat "$obj/.built" 2>/dev/null)" && -f $obj/arch/x86/boot/bzImage && ! ${KSRC:-} ]]; then
		return 0
	fi
	need_space "$build" 2500 "building the kernel"
	rm -f "$obj/.built"
	step "kernel-${tree##*/}-$1" "building ${tree##*/} ($1)" kbuild "$total" -- kbuild "obj-$1" bzImage ||
		die "the kernel ($1) does not build"
	printf '%s\n' "$sum" >"$obj/.built"
}

# The uAPI headers of the overlaid tree, for programs built here. Unchanged
# headers keep their time stamps.
headers() {
	local sum

	sum=$(cat "$tree/.overlay/sum" "$tree/.overlay/pristine" | sha256sum)
	[[ $sum != "$(cat "$build/uapi/.sum" 2>/dev/null)" || ${KSRC:-} ]] || return 0
	lock linux-vm
	mkdir -p "$tree/obj-vm" "$build/uapi/include"
	step headers "installing uAPI headers" none -- \
		kbuild obj-vm headers_install INSTALL_HDR_PATH="$tree/obj-vm/uapi" ||
		die "the uAPI headers cannot be installed"
	rsync -rc --delete "$tree/obj-vm/uapi/include/" "$build/uapi/include/"
	printf '%s\n' "$sum" >"$build/uapi/.sum"
}

# Without our change; in a shell of its own, as all above is about $tree.
stock() { # PRISTINE
	tree=$build/linux-stock
	lock linux-stock
	mkdir -p "$build/no-overlay"
	"$top/scripts/overlay.sh" "$build/no-overlay" "$1" "$tree"
	image vm
}

# One of us fetches, and the others find it.
locked_fetch() {
	lock fetch-linux
	"$top/scripts/fetch-linux.sh"
}

main() {
	local pristine what

	"$top/scripts/packages.sh" fetch kernel
	pristine=$(locked_fetch)
	# Whoever builds from the tree shares it: who only needs it as it is does not wait
	share linux
	"$top/scripts/overlay.sh" --current "$top/kernel" "$pristine" "$tree" || {
		lock linux
		OVERLAY_SRC_HINT=KSRC "$top/scripts/overlay.sh" "$top/kernel" "$pristine" "$tree"
		share linux
	}
	for what; do
		case $what in
		tree) ;;
		stock)
			unlock linux
			(stock "$pristine")
			share linux
			;;
		headers) headers ;;
		*) image "$what" ;;
		esac
	done
}

main "${@:-vm}"
