#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build-selftests.sh: builds iommufd's selftests of the kernel's own tree, as
# it is with our patches, in build/selftests. The tree stays clean.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

out=$build/selftests
source=$build/linux/tools/testing/selftests
timeout=$top/tests/lib/kselftest-timeout.h

# Only the Makefile of the selftests may say what CFLAGS are: it adds to those
# of the environment, while those of the command line would replace its own.
build() {
	CFLAGS="-I$source -include $timeout" make -C "$source/iommu" OUTPUT="$out" \
		KHDR_INCLUDES="-isystem $build/uapi/include"
}

"$top/scripts/packages.sh" selftests
"$top/scripts/build-kernel.sh" headers
lock programs
mkdir -p "$out"
# make does not look at the uAPI headers
sum=$(cat "$build/uapi/.sum" "$timeout" "$0" | sha256sum)
[[ $sum == "$(cat "$out/.sum" 2>/dev/null)" ]] || rm -f "$out"/iommufd*
step selftests "building iommufd's selftests" none -- build || die "iommufd's selftests do not build"
printf '%s\n' "$sum" >"$out/.sum"
