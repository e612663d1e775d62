#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: nothing
# TIMEOUT: 300
DESCRIPTION="makes the Debian packages twice, and installs, runs and removes them in a Debian 12"
# shellcheck source=../lib/tap.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=../lib/root.sh
. "$tests/lib/root.sh"

requires_program lintian dh
version=$(make -s -C "$top/tools" version)
arch=$(dpkg --print-architecture)
tools=viommu-tools_${version}_$arch.deb
grub=amd-viommu-grub_${version}_all.deb

run make -s -C "$top" deb
is "$rc" 0 "make deb makes packages" || diag "$err"
run "$top/scripts/deb.sh" "$root/again/deep/down"
is "$rc" 0 "and makes them elsewhere" || diag "$err"
for deb in "$tools" "$grub"; do
	is "$(sha256sum <"$root/again/deep/down/$deb")" "$(sha256sum <"$build/$deb")" "to the bit: ${deb%%_*}"
done
run lintian --allow-root --fail-on error,warning "$build/deb/"*.changes
is "$rc$out" 0 "lintian has neither errors nor warnings" || diag "$err"
rm -rf --one-file-system "$root/again"

make_root
cp -r "$build/$tools" "$build/$grub" "$root/root/"
# A kernel of ours and a newer one of the distribution's: what GRUB is told
touch "$root/boot/vmlinuz-7.3.4-viommu" "$root/boot/vmlinuz-7.3.10-viommu" "$root/boot/vmlinuz-8.0.1-amd64"
settings() { # VALUE: of GRUB_CMDLINE_LINUX_DEFAULT
	# shellcheck disable=SC2016 # the chroot's shell expands it
	in_root sh -ec 'GRUB_CMDLINE_LINUX_DEFAULT=$1; for f in /etc/default/grub.d/*.cfg; do
		[ ! -e "$f" ] || . "$f"; done
		echo "$GRUB_CMDLINE_LINUX_DEFAULT,$(printenv GRUB_TOP_LEVEL)"' sh "$1"
}

before=$(files_in_root)
run in_root dpkg -i "/root/$tools" "/root/$grub"
is "$rc" 0 "they install" || diag "$err"
like "$err" 'give Linux amd_iommu=viommu by hand' "and say what to do where GRUB does not boot"
replay_in_root
run in_root viommu-top --once
is "$rc" 3 "without the driver viommu-top exits with 3" || diag "$err"
run in_root dpkg --verify viommu-tools amd-viommu-grub
is "$rc$out" 0 "every file is as packed"
like "$(in_root getent passwd _viommu-top)" ':/usr/sbin/nologin$' "the unit has a user, who cannot log in"
is "$(readlink "$root/etc/systemd/system/multi-user.target.wants/viommu-top.service")" \
	/lib/systemd/system/viommu-top.service "and is enabled"
is "$(settings quiet)" "quiet amd_iommu=viommu,/boot/vmlinuz-7.3.10-viommu" \
	"GRUB has the option, and the newest kernel of ours first"
is "$(settings "")" "amd_iommu=viommu,/boot/vmlinuz-7.3.10-viommu" "also if it had none"
is "$(settings "amd_iommu=viommu quiet")" "amd_iommu=viommu quiet,/boot/vmlinuz-7.3.10-viommu" "but not twice"
rm "$root"/boot/vmlinuz-*-viommu
is "$(settings quiet)" "quiet amd_iommu=viommu," "and no kernel first if there is none"
run in_root dpkg -r amd-viommu-grub viommu-tools
is "$rc" 0 "they can be removed" || diag "$err"
is "$(settings quiet)" "quiet," "which takes the option away"
run in_root dpkg --purge viommu-tools amd-viommu-grub
is "$rc" 0 "and purged" || diag "$err"
touch "$root/boot/vmlinuz-7.3.4-viommu" "$root/boot/vmlinuz-7.3.10-viommu"
is "$(diff <(echo "$before") <(files_in_root))" "" "and leave nothing behind"
done_testing
