#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# packages.sh LAYER…: installs what scripts/packages lists for the layers and
# is not there yet. Asks for root only then, saying what for.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

wanted() {
	local layer

	for layer; do
		sed -n "s/^$layer://p" "$top/scripts/packages"
	done | tr -s ' ' '\n' | sort -u | grep .
}

missing() {
	local -A have=()
	local name

	while read -r name; do
		have[$name]=1
	done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
		sed -n 's/ installed$//p')
	for name; do
		[[ ${have[$name]:-} ]] || printf '%s\n' "$name"
	done
}

as_root() {
	if ((EUID == 0)); then
		env DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo env DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

install() {
	local -a apt=(apt-get install -y --no-install-recommends -o "DPkg::Lock::Timeout=600")

	as_root "${apt[@]}" "$@" && return
	# most often the index is missing (a fresh image) or out of date
	as_root apt-get update && as_root "${apt[@]}" "$@"
}

main() {
	local -a list

	[[ $(uname -m) == x86_64 ]] ||
		die "this machine is $(uname -m), and the kernel and the emulated machine are x86-64 only"
	mapfile -t list < <(wanted "$@")
	command -v dpkg-query >/dev/null ||
		die "no dpkg here: install the equivalents of these Debian packages yourself: ${list[*]}"
	mapfile -t list < <(missing "${list[@]}")
	((${#list[@]})) || return 0

	if ((EUID != 0)); then
		command -v sudo >/dev/null ||
			die "packages are missing; as root: apt-get install --no-install-recommends ${list[*]}"
		say "sudo is asked for one thing: apt-get install ${list[*]}"
		sudo -v || die "without root, install them yourself: ${list[*]}"
	fi
	need_space /var/cache 1500 "installing packages"
	step packages "installing ${#list[@]} packages (${list[*]})" none -- install "${list[@]}" ||
		die "apt-get could not install: ${list[*]}. Check the network and /etc/apt, then call make again"
}

main "$@"
