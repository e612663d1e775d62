#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# monitor.sh COMMAND: in the VM, gives COMMAND to QEMU's own monitor and prints
# the answer: monitor.sh 'device_del edu16', 'device_add edu,id=edu16,bus=rp16'.
set -u
port=/dev/virtio-ports/monitor

answer() { # reads until the reply to a command; events come between
	local line

	while IFS= read -r -t 10 line <&3; do
		case $line in
		*'"return"'* | *'"error"'*)
			printf '%s\n' "$line"
			return 0
			;;
		esac
	done
	echo "monitor.sh: QEMU does not answer" >&2
	return 1
}

[[ $# == 1 && -e $port ]] || {
	echo "usage: monitor.sh COMMAND (in the VM)" >&2
	exit 2
}
exec 3<>"$port"
# once for all who use the port; who comes later gets an error for it
printf '{"execute":"qmp_capabilities"}\n' >&3
answer >/dev/null || exit 1
jq -cn --arg line "$1" '{execute: "human-monitor-command", arguments: {"command-line": $line}}' >&3
reply=$(answer) || exit 1
text=$(jq -r '.return // .error.desc' <<<"$reply" | tr -d '\r')
[[ ! $text ]] || printf '%s\n' "$text"
# the human monitor has no other way to say that something failed
! grep -qi '^error' <<<"$text"
