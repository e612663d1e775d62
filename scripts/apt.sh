# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A private apt: suites newer than the user's, without a change to the user's
# configuration. Own state, own sources list, Debian's own keyring; only the
# mirror and the network settings (proxies) come from the machine.
# Sourced after common.sh.
#
# A "view" is a sources list with its index: apt/VIEW in the cache. Views are
# separate so that the big index of sid is fetched only by those who need it.

apt_keyring=/usr/share/keyrings/debian-archive-keyring.gpg
apt_default_mirror=http://deb.debian.org/debian

# The suites of each view, as "deb" or "deb-src" and a suite.
apt_suites() {
	case $1 in
	*-backports | bookworm) printf '%s\n' "deb $1" ;;
	next) printf '%s\n' 'deb forky' 'deb sid' ;;
	sources) printf '%s\n' 'deb-src sid' ;;
	esac
}

# The mirrors to try: those apt itself uses for Debian, as apt parsed them
# (so every format of sources list is understood), then Debian's own.
# Origin is known only once an index has been fetched; a URI that does not
# carry Debian is found out by the keyring.
apt_mirrors() {
	local uri origin label component
	local -A seen=()

	while IFS='|' read -r uri origin label component; do
		[[ $component == main && ${origin:-Debian} == Debian && ${label:-Debian} == Debian ]] || continue
		uri=${uri%/}
		[[ $uri != *security* && ! ${seen[$uri]:-} ]] || continue
		seen[$uri]=1
		printf '%s\n' "$uri"
	done < <(apt-get indextargets --format '$(REPO_URI)|$(ORIGIN)|$(LABEL)|$(COMPONENT)' 2>/dev/null)
	[[ ${seen[$apt_default_mirror]:-} ]] || printf '%s\n' "$apt_default_mirror"
}

# apt_configure VIEW MIRROR: writes apt.conf and sources.list of the view
apt_configure() {
	local dir=${cache:?}/apt/$1 mirror=$2 kind suite

	mkdir -p "$dir"/{etc,state/lists/partial,cache/archives/partial}
	: >"$dir/state/status"
	while read -r kind suite; do
		printf '%s [arch=amd64 signed-by=%s] %s %s main\n' "$kind" "$apt_keyring" "$mirror" "$suite"
	done < <(apt_suites "$1") >"$dir/etc/sources.list"
	# what the machine says about the network may hold a password
	(umask 077 && {
		apt-config dump | grep '^Acquire::' || true
		cat <<-CONF
			Dir::State "$dir/state";
			Dir::State::status "$dir/state/status";
			Dir::Cache "$dir/cache";
			Dir::Etc::sourcelist "$dir/etc/sources.list";
			Dir::Etc::sourceparts "/dev/null";
			Dir::Etc::preferences "/dev/null";
			Dir::Etc::preferencesparts "/dev/null";
			Dir::Etc::main "/dev/null";
			Dir::Etc::parts "/dev/null";
			Acquire::Languages "none";
			Acquire::Retries "3";
			APT::Sandbox::User "";
			APT::Architecture "amd64";
		CONF
	} >"$dir/etc/apt.conf")
}

# apt_in VIEW COMMAND…: apt-get, apt-cache … as that view sees Debian
apt_in() {
	local conf=$cache/apt/$1/etc/apt.conf
	shift

	APT_CONFIG=$conf "$@"
}

apt_update() { # VIEW
	local mirror

	while read -r mirror; do
		apt_configure "$1" "$mirror"
		printf 'index of view %s from %s\n' "$1" "$mirror"
		if apt_in "$1" apt-get update -o APT::Update::Error-Mode=any; then
			touch "$cache/apt/$1/fresh"
			return 0
		fi
	done < <(apt_mirrors)
	return 1
}

# apt_refresh VIEW: an index not older than half a day
apt_refresh() {
	[[ -z $(find "$cache/apt/$1/fresh" -mmin -720 2>/dev/null) ]] || return 0
	step "apt-$1" "fetching Debian's package index ($1)" size "$cache/apt/$1" -- apt_update "$1" || {
		say "    cannot read Debian's index: check the network (or the proxy in apt's configuration) and call make again"
		return 1
	}
}

# apt_newest VIEW PACKAGE: its newest version there, or nothing
apt_newest() {
	apt_in "$1" apt-cache madison "$2" 2>/dev/null | awk -F ' *[|] *' '{ print $2 }' | sort -V | tail -n 1
}

apt_download() { # VIEW PACKAGE=VERSION, into the working directory
	apt_in "$1" apt-get download "$2"
}

# Where packages are kept. Those of another suite than others of their name have a
# place of their own.
apt_store=$cache/dl

# apt_fetch PACKAGE VIEW…: prints the path of PACKAGE's newest .deb, from the
# cache or from the first view that has it. apt checks it against the signed
# index; a partial download lies in a directory of its own and is resumed.
apt_fetch() {
	local package=$1 view version part="$apt_store/part-$1"
	local -a have
	shift

	mapfile -t have < <(printf '%s\n' "$apt_store/${package}"_*.deb | sort -V)
	if [[ -f ${have[-1]} ]]; then
		printf '%s\n' "${have[-1]}"
		return 0
	fi
	mkdir -p "$part"
	for view; do
		apt_refresh "$view" || return 1
		version=$(apt_newest "$view" "$package")
		[[ $version ]] || continue
		(cd "$part" && step "fetch-$package" "fetching $package $version" size "$part" -- \
			apt_download "$view" "$package=$version") || return 1
		mv "$part"/*.deb "$apt_store/" && rmdir "$part"
		printf '%s\n' "$apt_store/${package}"_*.deb | sort -V | tail -n 1
		return 0
	done
	say "Debian has no package $package any more (looked into: $*)"
	return 1
}

# deb_unpack DEB DIR: DIR appears only when whole
deb_unpack() {
	local tmp=$2.part

	[[ ! -d $2 ]] || return 0
	rm -rf "$tmp"
	mkdir -p "$tmp"
	dpkg-deb -x "$1" "$tmp"
	mv "$tmp" "$2"
}
