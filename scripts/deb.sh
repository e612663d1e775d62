#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# deb.sh: makes build/viommu-tools_VERSION_ARCH.deb of what `make install`
# installs; which libraries it needs is read off the programs.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

tree=$build/deb/viommu-tools

stage() {
	rm -rf --one-file-system "$tree"
	mkdir -p "$tree/DEBIAN" "$tree/debian"
	env -u MAKEFLAGS make -s -C "$top/tools" O="$build" DESTDIR="$tree" PREFIX=/usr install
	gzip -9n "$tree"/usr/share/man/man1/*.1
	strip --strip-unneeded "$tree"/usr/bin/*
	install -Dm644 "$top/LICENSE" "$tree/usr/share/doc/viommu-tools/copyright"
}

# dpkg-shlibdeps wants to stand in a source package
libraries() {
	: >"$tree/debian/control"
	(cd "$tree" && dpkg-shlibdeps -O usr/bin/* 2>/dev/null) | sed -n 's/^shlibs:Depends=//p'
}

control() {
	cat <<-END
		Package: viommu-tools
		Version: $(make -s -C "$top/tools" version)
		Architecture: $(dpkg --print-architecture)
		Maintainer: amd-viommu developers <root@localhost>
		Installed-Size: $(du -sk "$tree/usr" | cut -f 1)
		Depends: $(libraries)
		Section: admin
		Priority: optional
		Description: watch virtual machines that use AMD hardware vIOMMU
		 viommu-top shows which virtual machines have a hardware vIOMMU of an AMD
		 IOMMU, what the host does for them and how long it takes: on a screen, as
		 JSON, CSV or metrics for Prometheus.
		 .
		 It needs Linux with the tracepoints amd_viommu. The systemd unit viommu-top
		 serves metrics; it is not enabled by the installation.
	END
}

main() {
	local deb

	command -v dpkg-shlibdeps >/dev/null || die "dpkg-shlibdeps is missing: apt-get install dpkg-dev"
	stage
	control >"$tree/DEBIAN/control.new" || die "cannot write the package's control file"
	grep -q '^Depends: .*libbpf' "$tree/DEBIAN/control.new" ||
		die "dpkg-shlibdeps found no libraries: are the programs built for this machine?"
	mv "$tree/DEBIAN/control.new" "$tree/DEBIAN/control"
	rm -r "$tree/debian"
	deb=$(dpkg-deb --root-owner-group --build "$tree" "$build" | sed -n "s/.*in '\(.*\)'.*/\1/p")
	[[ -f $deb ]] || die "dpkg-deb made no package"
	say "made ${deb#"$top/"}"
}

main "$@"
