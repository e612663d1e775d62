#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: nothing
DESCRIPTION="looks at how the tools are built: flags, architecture, what is missing, versions"
# shellcheck disable=SC1091
. "${0%/*}/../lib/tap.sh"

dir=$(mktemp -d)
at_exit rm -rf "$dir"
# plan ARGUMENT…: the commands that make would run
plan() { run make -n -C "$top/tools" "O=$dir" V=1 "$@"; }
bpf_arch() { grep -o 'D__TARGET_ARCH_[a-z0-9_]*' <<<"$out" | sed 's/.*ARCH_//' | sort -u; }

plan programs
is "$rc" 0 "there is what the tools need" || diag "$err"
is "$(grep -c -- -Werror <<<"$out")" 0 "a package is built whatever a new compiler warns of"
cmp_ok "$(grep -cF -- "-ffile-prefix-map=$top=." <<<"$out")" -gt 0 "and does not say where"
plan WERROR=y programs
# but for what protobuf-c wrote
is "$(grep -- ' -c -o ' <<<"$out" | grep -vc "\.pb-c\.o")" "$(grep -c -- ' -Werror .* -c -o ' <<<"$out")" "who works on the tools stops at a warning"

plan CC='clang --target=aarch64-linux-gnu' programs
is "$(bpf_arch)" arm64 "BPF programs are for the machine that CC compiles for"
cmp_ok "$(grep -c -- "-I/usr/include/$(clang --target=aarch64-linux-gnu -print-multiarch) " <<<"$out")" -gt 0 "with its headers"
plan CC=gcc programs
is "$(bpf_arch)" x86 "and for this one if that is this"

mkdir "$dir/pc"
sed 's/^Version:.*/Version: 0.8.1/' "$(pkg-config --variable=pcfiledir libbpf)/libbpf.pc" >"$dir/pc/libbpf.pc"
PKG_CONFIG_PATH=$dir/pc plan programs
is "$rc" 2 "an old libbpf will not do"
like "$err" "libbpf.*0\\.8\\.1.*need the development files of: .*libbpf >= 1\\.0" "which is said"
for missing in CLANG BPFTOOL; do
	plan "$missing=false" programs
	is "$rc" 2 "nor does no $missing"
	like "$err" "$missing=false" "which is said as well"
done
PKG_CONFIG_LIBDIR=$dir plan clean
is "$rc" 0 "to clean takes none of it" || diag "$err"

# Of what is mounted below, nothing may be removed
mkdir -p "$dir/tree/scripts" "$dir/tree/build/newer/sys"
cp "$top/scripts/clean.sh" "$top/scripts/common.sh" "$dir/tree/scripts/"
# shellcheck disable=SC2016 # they are for the shell within
run unshare -rm bash -c 'mount -t tmpfs none "$1/build/newer/sys" && touch "$1/build/newer/sys/kept" &&
	! bash "$1/scripts/clean.sh" && ls "$1/build/newer/sys"' - "$dir/tree"
is "$rc $out" "0 kept" "nothing is cleaned with something mounted in there"
like "$err" "umount $dir/tree/build/newer/sys\$" "which is said"
run bash "$dir/tree/scripts/clean.sh"
is "$rc $(ls "$dir/tree")" "0 scripts" "without that, it is" || diag "$err"

CONFIG_BASE="$top/kernel/config/vm.config $dir/none" run "$top/scripts/debs.sh"
is "$rc" 1 "no kernel package without a configuration"
like "$err" "CONFIG_BASE: cannot read $dir/none" "which is said, too"

version=$(make -s -C "$top/tools" version)
is "$(cd "$top" && dpkg-parsechangelog -S Version)" "$version" "debian/changelog has the tools' version"
is "$(sed -n 's/^Version: *//p' "$top/rpm/viommu-tools.spec")" "$version" "so has the RPM package"
done_testing
