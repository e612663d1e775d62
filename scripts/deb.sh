#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# deb.sh [DIR]: makes the packages that debian/ describes, with their source, in
# build/deb, and puts those to be installed into build/. With DIR all of it goes
# there, made anew. The same source gives the same packages, wherever it lies.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

into=${1:-$build/deb}
tree=$into/amd-viommu

# A copy: dpkg-buildpackage writes beside its source. Times of a checkout are of
# no meaning, and would be in the packages.
stage() {
	mkdir -p "$tree"
	rsync -a --delete --exclude=/build --exclude=/.git "$top/" "$tree/"
	find "$tree" -exec touch -h -d "@$(cd "$top" && dpkg-parsechangelog -S Timestamp)" {} +
}

# Unit tests are `make test`'s; whoever builds the source package by himself has them run.
package() {
	(cd "$tree" && env -u O -u PREFIX -u DESTDIR DEB_BUILD_OPTIONS="nocheck parallel=$jobs" \
		DEB_BUILD_PROFILES=nocheck dpkg-buildpackage -us -uc -F)
}

# Of which files the packages are made
source_sum() {
	fingerprint "$top"/{debian,tools,bpf,docs,README.md,LICENSE,tests/{unit,golden},scripts/deb.sh}
}

made() { # the packages to be installed; those with debug symbols are not
	local deb

	for deb in "$1"/{viommu-tools,amd-viommu-grub}_*.deb; do
		[[ ! -f $deb ]] || printf '%s\n' "$deb"
	done
}

main() {
	local sum deb

	lock deb
	command -v dh >/dev/null || die "debhelper is missing: apt-get install debhelper"
	sum=$(source_sum)
	if [[ ! ${1:-} && $sum == "$(cat "$into/.sum" 2>/dev/null)" && $(made "$build" | wc -l) == 2 ]]; then
		return 0
	fi
	rm -rf --one-file-system "$into"
	stage
	step deb "making Debian packages of the tools" none -- package || die "the tools' packages cannot be made"
	[[ $(made "$into" | wc -l) == 2 ]] || die "debian/ makes other packages than expected: see build/log/deb.log"
	[[ ! ${1:-} ]] || return 0
	rm -f "$build"/{viommu-tools,amd-viommu-grub}_*.deb
	made "$into" | while read -r deb; do
		cp "$deb" "$build/"
		say "made build/${deb##*/}"
	done
	printf '%s\n' "$sum" >"$into/.sum"
}

main "$@"
