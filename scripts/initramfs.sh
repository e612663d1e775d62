#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# initramfs.sh OUTPUT [MODULES_ROOT VERSION]: the VM's initramfs: busybox, the
# agent and tests/lib/init.sh; for a kernel that is not ours also the modules
# that get it to its root and to the devices under test.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

output=$1 modules=${2:-} version=${3:-}

# in the order of need; modprobe adds what each depends on
wanted=(virtio_pci virtio_console 9pnet_virtio 9p overlay vfio-pci)

# busybox has no modprobe configuration of the host's and no order of its own:
# write down the files in the order modprobe would load them
add_modules() {
	local dir=$1 module line file

	mkdir -p "$dir/modules"
	depmod -b "$modules" "$version"
	for module in "${wanted[@]}"; do
		modprobe -d "$modules" -S "$version" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r line; do
		file=$(basename "${line%.xz}")
		case $line in
		*.xz) xz -dc "$line" >"$dir/modules/$file" ;;
		*) cp "$line" "$dir/modules/$file" ;;
		esac
		case $file in
		vfio-pci.ko) printf '%s ids=1234:11e8,1234:11ea\n' "$file" ;;
		*) printf '%s\n' "$file" ;;
		esac
	done >"$dir/modules.list"
}

main() {
	local dir

	if [[ -f $output && ! $(find "$0" "$top/tests/lib/init.sh" "$build/bin/vm-agent" /bin/busybox \
		${modules:+"$modules"} -maxdepth 0 -newer "$output") ]]; then
		return 0
	fi
	dir=$(mktemp -d "$build/initramfs.XXXXXX")
	# shellcheck disable=SC2064 # dir is known now
	trap "rm -rf '$dir'" EXIT
	mkdir -p "$dir/bin"
	cp /bin/busybox "$dir/bin/busybox"
	cp "$build/bin/vm-agent" "$dir/vm-agent"
	install -m 755 "$top/tests/lib/init.sh" "$dir/init"
	[[ ! $modules ]] || add_modules "$dir"
	(cd "$dir" && find . | cpio -o -H newc --quiet --owner 0:0) | gzip -1 >"$output.tmp"
	mv "$output.tmp" "$output"
}

main
