#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# TIMEOUT: 300
DESCRIPTION="installs, runs and removes the Debian package in a fresh Debian 12"
# shellcheck disable=SC1091
. "$(dirname "$0")/../lib/tap.sh"

((EUID == 0)) || skip_all "a chroot takes root"
command -v debootstrap >/dev/null || skip_all "debootstrap is not installed"

root=$(mktemp -d "$build/chroot.XXXXXX")
# debootstrap has /proc mounted for a while: what is left of it goes first
remove_root() {
	umount "$root/proc" "$root/sys" 2>/dev/null
	! grep -qF " $root/" /proc/mounts || return
	rm -rf --one-file-system "$root"
}
at_exit remove_root

run make -s -C "$top" deb
is "$rc" 0 "make deb makes a package" || diag "$err"
deb=$build/viommu-tools_$(make -s -C "$top/tools" version)_$(dpkg --print-architecture).deb

mirror=$(apt-get indextargets --format '$(SITE)' 2>/dev/null | grep -m 1 debian.org/debian$)
run debootstrap --variant=minbase bookworm "$root" "${mirror:-http://deb.debian.org/debian}"
is "$rc" 0 "a fresh Debian 12" || diag "$(tail -n 5 <<<"$out$err")"
cp "$deb" "$top/tests/golden/recording.ndjson" "$root/root/"
in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 TZ=UTC DEBIAN_FRONTEND=noninteractive "$@"; }
files() { (cd "$root" && find . -xdev -not -path './var/*' -not -path './root/*' -not -path './etc/ld.so.cache' | sort); }

# The libraries it asks for stay: only what the package itself brings is looked at
run in_root sh -c 'apt-get install -y --no-install-recommends $(dpkg-deb -f /root/*.deb Depends | sed "s/ ([^)]*)//g; s/,//g")'
is "$rc" 0 "its dependencies are in Debian 12" || diag "$err"
before=$(files)
run in_root sh -c 'dpkg -i /root/*.deb'
is "$rc" 0 "it installs" || diag "$err"
run in_root viommu-top --replay /root/recording.ndjson --once
is "$rc" 0 "it runs" || diag "$err"
is "$out" "$(cat "$top/tests/golden/once.txt")" "as it does here"
run in_root viommu-trace explain command 8000000000000000 0
like "$out" '^opcode +INVALIDATE_IOMMU_ALL$' "so does viommu-trace" || diag "$err"
run in_root viommu-top --once
is "$rc" 3 "without the driver it exits with 3" || diag "$err"
run in_root dpkg --verify viommu-tools
is "$rc$out" 0 "every file is as packed"
run in_root dpkg --purge viommu-tools
is "$rc" 0 "it can be removed" || diag "$err"
is "$(diff <(echo "$before") <(files))" "" "and leaves nothing behind"
done_testing
