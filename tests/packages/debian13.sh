#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# debian13.sh: run by `make test-debs`, which has made what it needs. A Debian 13
# boots from its own disk by its own GRUB: the packages of `make debs` come, are
# upgraded, and go.
DESCRIPTION="boots, upgrades and removes the packages in a Debian 13 with its own kernel and GRUB"
# shellcheck source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

((EUID == 0)) || skip_all "a root file system takes root"
work=$build/test-debs
debs=$work/debs
disk=$work/disk.img
rm -f "$work"/{console,qemu}-*.log
qemu=${QEMU:-$build/qemu/obj/qemu-system-x86_64}
limit=${VM_BOOT_TIMEOUT:-900}
boots=0 pid=

# --- the machine ----------------------------------------------------------

# A disk in a file, what the agent needs, a device for a guest, and the IOMMU
qemu_start() { # ARGUMENT…
	boots=$((boots + 1))
	rm -f "$work"/{exec,qmp}
	cd "$work" || return
	"$qemu" -L "$build/fw" -nodefaults -no-user-config -no-reboot -display none \
		-machine q35,smm=off,usb=off,sata=off -accel tcg,thread=multi -cpu EPYC-Milan -smp 2 -m 2G \
		-device amd-iommu,intremap=on,xtsup=on,dma-remap=on,viommu=on \
		-drive "file=$disk,format=raw,if=none,id=disk,cache=unsafe" \
		-device virtio-blk-pci,drive=disk -device edu,addr=8 \
		-device virtio-serial-pci -chardev socket,id=exec,path=exec,server=on,wait=off \
		-device virtserialport,chardev=exec,name=exec \
		-serial "file:console-$boots.log" "$@" </dev/null >"qemu-$boots.log" 2>&1 &
	pid=$!
	qemu_listens() { [[ -S exec ]] || ! kill -0 "$pid" 2>/dev/null; }
	wait_until 60 qemu_listens || diag "QEMU did not start: $(cat "qemu-$boots.log")"
	cd "$OLDPWD" || return
}

# qemu_ended: it went down by itself, as it should
qemu_ended() {
	timeout "$limit" tail -s 0.1 --pid="$pid" -f /dev/null && wait "$pid"
}

qemu_stop() {
	[[ $pid ]] || return 0
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	pid=
}
at_exit qemu_stop

# in_vm COMMAND: its output in $out, error output in $err, status in $rc
in_vm() {
	cd "$work" || return
	run "$build/bin/vm-exec" -b "$limit" -t "$limit" -r result -d dmesg -C / exec "$1"
	cd "$OLDPWD" || return
	((rc < 124)) || diag "$(tail -n 30 "$work/console-$boots.log" | tr -d '\r')"
}

boot() { # DESCRIPTION
	qemu_start
	in_vm 'systemctl is-system-running --wait >/dev/null; uname -r'
	is "$rc" 0 "$1" || {
		diag "$err"
		exit 1
	}
	release=$out
}

shut_down() {
	cd "$work" || return
	# It may go before it has answered
	run "$build/bin/vm-exec" -b "$limit" -t "$limit" -r result -d dmesg -C / exec 'systemctl --no-block poweroff'
	cd "$OLDPWD" || return
	qemu_ended || diag "it did not power off"
	qemu_stop
}

# --- the disk -------------------------------------------------------------

make_disk() {
	local root=$work/root depends

	rm -rf --one-file-system "$root"
	depends=$(dpkg-deb -f "$debs"/viommu-tools_*.deb Depends | tr ',' '\n' | sed 's/|.*//; s/(.*//' | sort | xargs)
	# shellcheck disable=SC2086 # words
	"$top/scripts/debian-root.sh" trixie "$root" systemd-sysv udev kmod initramfs-tools \
		linux-image-cloud-amd64 grub-pc e2fsprogs zstd procps $depends || return
	install "$build/bin/vm-agent" "$tests/packages/init.sh" "$root/usr/local/sbin/"
	cat >"$root/etc/systemd/system/vm-agent.service" <<-UNIT
		[Service]
		ExecStart=/usr/local/sbin/vm-agent /dev/virtio-ports/exec
		Restart=always
		RestartSec=1
		StartLimitBurst=10000
		[Install]
		WantedBy=multi-user.target
	UNIT
	ln -s ../vm-agent.service "$root/etc/systemd/system/multi-user.target.wants/"
	echo '/dev/vda1 / ext4 defaults 0 1' >"$root/etc/fstab"
	echo debian13 >"$root/etc/hostname"
	cat >"$root/etc/default/grub" <<-GRUB
		GRUB_DEFAULT=0
		GRUB_TIMEOUT=0
		GRUB_DISTRIBUTOR=Debian
		GRUB_TERMINAL=serial
		GRUB_CMDLINE_LINUX_DEFAULT=quiet
		GRUB_CMDLINE_LINUX="console=ttyS0 no_timer_check tsc=reliable"
	GRUB
	mkdir -p "$root/root/debs" "$root/root/newer"
	cp "$debs"/*.deb "$root/root/debs/"
	newer "$root/root/newer"
	rm -f "$disk"
	truncate -s 3G "$disk"
	echo 'label: dos
start=2048, type=83, bootable' | sfdisk -q "$disk" &&
		mke2fs -q -F -t ext4 -E offset=1048576 -d "$root" "$disk" 3000000k &&
		rm -rf --one-file-system "$root"
}

# newer DIR: the same packages of the next version, as an upgrade brings them
newer() {
	local deb tree=$work/repack

	for deb in "$debs"/*.deb; do
		rm -rf "$tree"
		dpkg-deb -R "$deb" "$tree"
		sed -i 's/^Version: .*/&+1/' "$tree/DEBIAN/control"
		dpkg-deb -Zgzip --root-owner-group -b "$tree" "$1" >/dev/null
	done
	rm -rf "$tree"
}

# --- what is looked at ------------------------------------------------------

first_entry() { in_vm "sed -n 's/^[[:space:]]*linux[[:space:]]*//p' /boot/grub/grub.cfg | head -n 1"; }
splats() { grep -E "$tap_splat" "$work/dmesg"; }

run make_disk
is "$rc" 0 "there is a Debian 13 on a disk" || diag "$err"
qemu_start -kernel "$build/linux/obj-test-debs/arch/x86/boot/bzImage" \
	-append "root=/dev/vda1 console=ttyS0 no_timer_check tsc=reliable init=/usr/local/sbin/init.sh"
qemu_ended
is "$?" 0 "GRUB is put there" || exit
qemu_stop

boot "it boots its own kernel"
like "$release" '-cloud-amd64$' "by its own GRUB"
stock=$release
in_vm 'cat /proc/cmdline; ls /boot/grub/grub.cfg /grub-is-there'
unlike "$out" amd_iommu "without the option"
in_vm "cd /boot && sha256sum *$stock"
stock_sum=$out
in_vm 'apt-get install -y /root/debs/*.deb'
is "$rc" 0 "apt installs what make debs made" || diag "$out$err"
first_entry
like "$out" '^/boot/vmlinuz-7.*-viommu .*amd_iommu=viommu$' "and GRUB has it"
shut_down

boot "it boots anew"
like "$release" '^7\.3\..*-viommu$' "our kernel"
in_vm 'cat /proc/cmdline'
like "$out" 'amd_iommu=viommu' "with the option"
in_vm 'viommu-top --check'
is "$rc" 0 "viommu-top --check has nothing to complain about" || diag "$out$err"
in_vm 'cat /sys/class/iommu/*/amd-iommu/viommu'
is "$out" enabled "the driver is at work"
in_vm 'systemctl is-active viommu-top; systemctl show -p User viommu-top; exec 3<>/dev/tcp/127.0.0.1/9897 &&
	printf "GET /metrics HTTP/1.0\r\n\r\n" >&3 && cat <&3'
like "$out" $'^active\nUser=_viommu-top\n.*viommu_' "metrics are served" || diag "$out$err"
in_vm 'modprobe vfio-pci ids=1234:11e8 && ls /dev/vfio/devices'
like "$out" '^vfio' "a device can be had for a guest" || diag "$err"
in_vm 'cp /boot/vmlinuz-*-cloud-amd64 /boot/vmlinuz-99.1-cloud-amd64 && update-grub'
first_entry
like "$out" '^/boot/vmlinuz-7.*-viommu ' "a newer kernel without the driver is not what boots"
in_vm 'rm /boot/vmlinuz-99.1-cloud-amd64; systemctl show -p MainPID viommu-top'
before=$out
in_vm 'apt-get install -y /root/newer/*.deb'
is "$rc" 0 "apt upgrades it" || diag "$out$err"
in_vm "dpkg-query -W -f '\${Version} \${db:Status-Status}\n' viommu-tools amd-viommu-grub 'linux-*-viommu'"
is "$(grep -cE '\+1 installed$' <<<"$out")" 4 "all of it" || diag "$out"
in_vm 'systemctl is-active viommu-top; systemctl show -p MainPID viommu-top'
like "$out" $'^active\n' "the service runs"
isnt "${out#*$'\n'}" "$before" "as the new program"
is "$(splats)" "" "the kernel has nothing to complain about"
shut_down

boot "it boots what was upgraded"
like "$release" '-viommu$' "our kernel again"
in_vm 'viommu-top --check'
is "$rc" 0 "and viommu-top has nothing to complain about" || diag "$out$err"
in_vm "apt-get purge -y viommu-tools amd-viommu-grub 'linux-.*-viommu\$'"
is "$rc" 0 "apt removes it" || diag "$out$err"
in_vm 'grep -c amd_iommu= /boot/grub/grub.cfg; ls -d /boot/*viommu* /lib/modules/*viommu* /usr/bin/viommu* \
	/etc/default/grub.d/amd-viommu.cfg 2>/dev/null'
is "$out" 0 "and nothing of it is left"
shut_down

boot "it boots after that"
is "$release" "$stock" "the kernel that it had"
in_vm 'cat /proc/cmdline'
unlike "$out" amd_iommu "as it did"
in_vm "cd /boot && sha256sum *$stock"
is "$out" "$stock_sum" "to the bit"
shut_down
rm -f "$disk"
done_testing
