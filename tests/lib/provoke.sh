# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# Faults of the host for tests in the VM, made by what makes them elsewhere: an IOMMU that
# does no command, and an event log that nobody reads.

hog=''
end_hog() {
	[[ $hog ]] || return 0
	kill -KILL "$hog"
	wait "$hog" 2>/dev/null
	hog=''
}
rt_limit() { echo "$1" >/proc/sys/kernel/sched_rt_runtime_us; }

# unread PID COMMAND…: while the command runs nobody takes records out of the first IOMMU's
# log: who does has a processor that is taken. PID, which the command makes work, has another.
unread() {
	local pid=$1 evt cpu rt_runtime
	shift

	evt=$(pgrep -f "^\\[?irq/.*AMD-Vi0-Evt" | head -n 1)
	cpu=$(taskset -pc "$evt" | sed "s/.*: //")
	rt_runtime=$(cat /proc/sys/kernel/sched_rt_runtime_us)
	at_exit rt_limit "$rt_runtime"
	at_exit end_hog
	rt_limit -1
	taskset -c "$cpu" chrt -f 98 bash -c "while :; do :; done" &
	hog=$!
	taskset -pc "$((!cpu))" $$ >/dev/null
	taskset -pc "$((!cpu))" "$pid" >/dev/null
	"$@"
	end_hog
	rt_limit "$rt_runtime"
	taskset -pc 0,1 $$ >/dev/null
}

# stopped COMMAND…: while the command runs the first IOMMU does no other
stopped() {
	local control value

	control=0x$(awk '/amd_iommu/ { sub(/-.*/, "", $1); print $1; exit }' /proc/iomem)
	control=$(printf '%#x' $((control + 0x18)))
	value=$(busybox devmem "$control" 64)
	busybox devmem "$control" 64 "$(printf '%#x' $((value & ~(1 << 12))))"
	"$@"
	busybox devmem "$control" 64 "$value"
}
