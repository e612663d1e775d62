#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build-qemu.sh [TARGET…]: brings build/qemu/src up to date with tests/qemu and
# builds TARGET of it, the emulator if none is named.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=apt.sh
. "$top/scripts/apt.sh"
# shellcheck source=meson.sh
. "$top/scripts/meson.sh"
unset CONFIG KERNEL T V TRACE CMD

src=$build/qemu/src
obj=$build/qemu/obj
emulator=qemu-system-x86_64

export CCACHE_DIR=$cache/ccache CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$build

configure() {
	local sum
	local -a args

	mapfile -t args < <(sed 's/#.*//' "$top/tests/qemu/configure.args" | xargs -n 1)
	sum=$(printf '%s\n' "$src" "$PYTHONPATH" "${args[@]}" | cat - "$src/.overlay/pristine" | sha256sum)
	[[ $sum != "$(cat "$obj/.configured" 2>/dev/null)" || ! -f $obj/build.ninja ]] || return 0
	need_space "$build" 1500 "building QEMU"
	mkdir -p "$obj"
	(cd "$obj" && step configure-qemu "configuring QEMU" none -- \
		../src/configure --python=/usr/bin/python3 --cc="ccache gcc" --host-cc="ccache gcc" \
		--firmwarepath="$build/fw" "${args[@]}") || die "QEMU cannot be configured (tests/qemu/configure.args)"
	printf '%s\n' "$sum" >"$obj/.configured"
}

main() {
	local pristine target sum

	"$top/scripts/packages.sh" fetch emulator
	lock qemu
	"$top/scripts/fetch-firmware.sh"
	pristine=$("$top/scripts/fetch-qemu.sh")
	OVERLAY_SRC_HINT=QEMU_SRC "$top/scripts/overlay.sh" "$top/tests/qemu" "$pristine" "$src"
	use_meson
	configure
	for target; do
		# the same sources need not ask ninja, which takes a second to say so
		sum=$(cat "$src/.overlay/sum" "$obj/.configured" | sha256sum)
		if [[ $sum == "$(cat "$obj/.built-${target//\//-}" 2>/dev/null)" && -f $obj/$target && ! ${QEMU_SRC:-} ]]; then
			continue
		fi
		step qemu "building QEMU ($(basename "$target"))" ninja -- ninja -C "$obj" -j"$jobs" "$target" ||
			die "QEMU does not build"
		printf '%s\n' "$sum" >"$obj/.built-${target//\//-}"
	done
}

main "${@:-$emulator}"
