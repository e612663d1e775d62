#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
DESCRIPTION="lets the hardware interrupt for what it logs, as eventfds of VMMs"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/vmm.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/play.sh"
# shellcheck disable=SC1091
. "${0%/*}/lib/count.sh"
requires_driver

mapfile -t bdf < <(dma_devices)
for name in one two; do
	play_vm "$name" "${bdf[0]}" 0x10 5
	bdf=("${bdf[@]:1}")
	plays "$name" "$name has queues and a VMM that is interrupted" <<-'S'
		queue c v cmd 0x300000 0x1000
		queue e v evt 0x310000 0x1000
		queue r v ppr 0x330000 0x1000
		control v 0xf00c
		irq i v evt
		irq j v ppr
	S
done
dir=$(guest_of one)
gid=$(basename "$dir")
# irq KIND: what debugfs has of it: whether there is an eventfd, and how often
irq() { awk -v kind="$1" '$1 == "irq" && $2 == kind { print $3, $NF }' "$dir/queues"; }
# lines of the guest's in /proc/interrupts
lines() { grep -c "AMD-Vi[0-9]*-g$gid-" /proc/interrupts; }
is "$(lines)" 2 "which the host's interrupts show"

# --- a prime number of each, no more and no less
count_start -e amd_viommu:viommu_irq --filter "guest_id == $gid && irq == 0" \
	-e amd_viommu:viommu_irq --filter "guest_id == $gid && irq == 1" \
	-e amd_viommu:viommu_irq --filter "guest_id != $gid"
sum=0
for i in {1..7}; do
	plays one "fault $i of seven interrupts" <<-'S'
		!EIO dma-read d 0x100001000 x
		log e
		reg-write v 0x20 2
		irq-count i
	S
	sum=$((sum + ${reply##* }))
done
is "$sum" 7 "seven faults are seven interrupts"
plays one "its device may ask for pages" <<'S'
nested asks v d 5 0x180000 ppr=1
attach d asks
S
sum=0
for group in {1..5}; do
	plays one "page request $group of five interrupts" <<-S
		page-request d 0x100005000 $group
		log r
		reg-write v 0x20 0x40
		complete-ppr c 0x10 $group 0
		cmd-wait c 0x320000
		irq-count j
	S
	sum=$((sum + ${reply##* }))
done
is "$sum" 5 "five page requests are five interrupts"
plays one "nothing else is" <<'S'
!ETIMEDOUT irq-count i timeout=50
!ETIMEDOUT irq-count j timeout=50
S
plays two "nor is the other guest told" <<'S'
!ETIMEDOUT irq-count i timeout=50
!ETIMEDOUT irq-count j timeout=50
S
count_stop
is "$counts" "viommu_irq=7 viommu_irq=5 viommu_irq=0" "the tracepoint has as many"
is "$(irq evt) $(irq ppr)" "on 7 on 5" "so has debugfs"

# --- COMPLETION_WAIT
plays one "a COMPLETION_WAIT that shall interrupt, when the guest does not want to be" <<'S'
cmd c 0x1000000000000002 0
cmd-drain c
reg-write v 0x20 4
!ETIMEDOUT irq-count i timeout=50
control v 0xf01c
S
if has_choice comwait-silent; then
	plays one "nor when it does" <<-'S'
		cmd c 0x1000000000000002 0
		cmd-drain c
		!ETIMEDOUT irq-count i timeout=50
	S
else
	plays one "and when it does" <<-'S'
		cmd c 0x1000000000000002 0
		irq-count i
		reg-write v 0x20 4
		cmd-wait c 0x320000
		!ETIMEDOUT irq-count i timeout=50
	S
fi
plays one "a guest that masks its event log is not interrupted for it" <<'S'
control v 0x1004
!EIO dma-read d 0x100001000 x
log e
!ETIMEDOUT irq-count i timeout=50
reg-write v 0x20 2
control v 0x100c
S

# --- the host's interrupt moves to another processor
virq=$(awk -F '[ :]+' -v name="-g$gid-evt" 'index($0, name) { print $2 }' /proc/interrupts)
per_cpu() { awk -v irq="$virq:" '$1 == irq { print $2, $3 }' /proc/interrupts; }
for cpu in 0 1; do
	echo "$cpu" >"/proc/irq/$virq/smp_affinity_list"
	read -ra before < <(per_cpu)
	plays one "it interrupts processor $cpu" <<-'S'
		!EIO dma-read d 0x100001000 x
		log e
		reg-write v 0x20 2
		irq-count i
	S
	read -ra after < <(per_cpu)
	is "$((after[cpu] - before[cpu])) $((after[1 - cpu] - before[1 - cpu]))" "1 0" "and that one only"
done

# --- what was before somebody wanted to know, and what is not allowed
plays one "a second eventfd is refused, and so is what is none" <<'S'
!EEXIST irq again v evt
!EBADF irq-option v 999
!EINVAL irq-option v 0
!EOPNOTSUPP irq-option v 0x2000000ffffffff
!EOPNOTSUPP irq-option v 0x10000000ffffffff
!EOPNOTSUPP irq-option v 0x41ffffffff
!EOPNOTSUPP irq-option v 0x100ffffffffff
S
plays one "taken away, it is signalled no more" <<'S'
irq-off i
irq-option v 0xffffffff
!EIO dma-read d 0x100001000 x
log e
S
is "$(irq evt | cut -d ' ' -f 1) $(lines)" "off 1" "nor does the host have the interrupt"
plays one "a new one says at once that there is something" <<'S'
irq i v evt
irq-count i
reg-write v 0x20 2
!EIO dma-read d 0x100001000 x
irq-count i
log e
S

# --- the VMM goes while the hardware interrupts
plays one "a file that its VMM has closed is nobody's" <<'S'
reg-write v 0x20 2
control v 0xf00c
irq-close j
page-request d 0x100005000 9
log r
S
storm() {
	local n

	for ((n = 0; n < 50; n++)); do
		printf '!EIO dma-read d 0x100001000 x\nreg-write v 0x20 2\n'
	done
}
storm >&"${play_in[one]}"
IFS= read -r -t 30 reply <&"${play_out[one]}"
play_kill one
is "$(lines)" 0 "killed in a storm of faults, it leaves no interrupt"
plays two "the other guest goes on" <<'S'
!EIO dma-read d 0x100001000 x
irq-count i
log e
S
done_testing
