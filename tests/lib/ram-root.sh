# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# A root in memory for VMs whose devices sleep: what the host shares by virtio
# does not come back after that.

ram_root_programs=(bash awk basename cat date diff dirname dmesg find grep head
	hostname ln ls mkdir mkfifo mktemp mount readlink rm sed setsid sleep sort tail touch tr
	uniq wc)

ram_root_copy() { # ROOT FILE…: to the same place, each with its libraries
	local root=$1 file
	shift

	for file; do
		printf '%s\n' "$file"
		ldd "$file" 2>/dev/null | grep -oE '/[^ ]+'
	done | sort -u | while read -r file; do
		install -D -m 755 "$file" "$root$file"
	done
}

# ram_root OUTPUT: the VM's initramfs with such a root, for INITRD of scripts/vm.sh. It has
# the project's programs, its tests and what those use of the system's programs.
ram_root() {
	local output=$1 dir root name
	local -a files=()

	dir=$(mktemp -d "$build/ram-root.XXXXXX")
	root=$dir/root-in-ram
	mkdir -p "$root"/{tmp,var/tmp,root,etc} "$root$build/out" "$root$top"
	for name in bin sbin lib lib64; do
		[[ ! -L /$name ]] || { mkdir -p "$root/usr/$name" && ln -s "usr/$name" "$root/$name"; }
	done
	for name in "${ram_root_programs[@]}"; do
		files+=("$(command -v "$name")")
	done
	ram_root_copy "$root" "${files[@]}" "$build"/bin/viommu-*
	cp -r "$top/tests" "$root$top/tests"
	mkdir -p "$root$build/tools"
	cp "$build"/tools/*.bpf.o "$root$build/tools"
	(cd "$dir" && find . | cpio -o -H newc --quiet --owner 0:0) | gzip -1 |
		cat "$build/initramfs.cpio.gz" - >"$output"
	rm -rf "$dir"
}
