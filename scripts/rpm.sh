#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# rpm.sh: makes build/viommu-tools-VERSION-RELEASE.ARCH.rpm of rpm/viommu-tools.spec.
# On Debian rpmbuild knows of no packages: `make` says what is missing.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

dir=$build/rpm

package() {
	local version

	version=$(make -s -C "$top/tools" version) || return
	mkdir -p "$dir/SOURCES"
	tar -C "$top" --exclude=./build --exclude=./.git --transform "s|^\.|amd-viommu-$version|" \
		-cJf "$dir/SOURCES/amd-viommu-$version.tar.xz" . || return
	env -u O -u PREFIX -u DESTDIR rpmbuild -bb --nodeps --define "_topdir $dir" \
		--define "_smp_mflags -j$jobs" "$top/rpm/viommu-tools.spec"
}

main() {
	local rpm

	command -v rpmbuild >/dev/null || die "rpmbuild is missing: apt-get install rpm"
	lock rpm
	rm -rf --one-file-system "$dir" "$build"/viommu-tools-*.rpm
	step rpm "making an RPM package of the tools" none -- package || die "the RPM package cannot be made"
	for rpm in "$dir"/RPMS/*/viommu-tools-[0-9]*.rpm; do
		[[ -f $rpm ]] || die "rpmbuild made no package: see build/log/rpm.log"
		mv "$rpm" "$build/"
		say "made build/${rpm##*/}"
	done
	rm -rf --one-file-system "$dir"
}

main
