#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# This test explains bits, and lines of the kernel's log in every format that
# Linux has had. After a change that is meant, UPDATE=1 writes the log's
# explanation anew: look at the difference before you commit it.
#
# usage: explain.sh PROGRAM

# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"

program=$1
golden=$(cd "$(dirname "$0")/../../golden" && pwd)
dir=$(mktemp -d) || exit 1
trap 'rm -r "$dir"' EXIT

# explained ARGUMENT…: the fields alone, single spaces apart
explained() { "$program" explain --no-lookup "$@" | sed '/^means/,$d' | tr -s ' '; }

# explains LINES ARGUMENT…: exactly these lines
explains() {
	diff <(printf '%s\n' "$1") <(explained "${@:2}")
	ok $? "explain ${*:2}"
}

# shows LINE ARGUMENT…: this line is among them, and no bit is unknown
shows() {
	explained "${@:2}" >"$dir/out"
	grep -qxF -- "$1" "$dir/out" && ! grep -q 'unknown here' "$dir/out"
	ok $? "$1: explain ${*:2}" || cat "$dir/out"
}

# --- commands
wait='opcode COMPLETION_WAIT
store yes
address 0x3456789abcde8
data 0x1122334455667788'
explains "$wait" command 0x1003456789abcde9 0x1122334455667788
explains "$wait" command 1122334455667788:1003456789abcde9
explains "$wait" command 89abcde9:10034567:55667788:11223344
explains "$wait" command 89abcde9 10034567 55667788 11223344
explains 'opcode INVALIDATE_IOMMU_PAGES
domain 5
PASID 3
address 0x7ffffffffffff000
S (more than one page) yes
GN (guest'"'"'s PASID) yes
PDE (upper levels, too) yes' command 3000000500000003 7ffffffffffff007
explains 'opcode INVALIDATE_IOTLB_PAGES
device 00:02.0 (0x0010)
queue 0x10
max pending 32
PASID 70196
address 0x12345000' command 4134001020120010 12345000
explains 'opcode RESET_VMMIO
guest ID 7
all yes
vCmd yes' command a000000090000007 0
explains 'opcode COMPLETE_PPR_REQUEST
device 00:02.0 (0x0010)
PASID 3
GN (with PASID) yes
tag 0x123
code 0x1' command 7000000300000010 0000112300000004
explains 'opcode opcode 0xf
bit 3 is set, and is unknown here
bit 64 is set, and is unknown here' command f000000000000008 1

# --- records: what bits 47:32 are depends on GN, and a PASID has 20 bits
explains 'code IO_PAGE_FAULT
device 00:02.0 (0x0010)
domain 5
PR (page is present) yes
RW (write) yes
vCmd (guest'"'"'s commands) yes
address 0x100001100' event 2030000580000010 100001100
shows 'PASID 74565' event 00010040:20112345:00001000:00000000
shows 'PASID 74565' event 00010040:80002345:00001000:00000000
shows 'PASID 74565' event 00010040:10002345:00001000:00000000
shows 'PASID 74565' event 23450040:92000411:00001000:00000000
shows 'domain 9029' event 00000040:20102345:00001000:00000000
shows 'domain 9029' 'iommu ivhd0: AMD-Vi: Event logged [PAGE_TAB_HARDWARE_ERROR device=05:00.0 pasid=0x2345 address=0x1000 flags=0x0000]'
shows 'PASID (lower bits) 9029' 'nvme 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x2345 address=0x1000 flags=0x0001]'
shows 'type 5 (posted write to the interrupt/EOI range, which IntCtl of the DTE forbids)' \
	event 00000001:8a000000:f8000020:000000fd
shows 'type 1 (of the interrupt, port I/O or system management range)' event 00000001:83000000:0:0
for code in 3 4 6; do
	shows 'type 1 (master abort)' event "00000000:${code}2000000:12345678:0"
	shows 'type 3 (data error)' event "00000000:${code}6000000:12345678:0"
done
explains 'code VIOMMU_HARDWARE_ERROR
guest ID 4660
source 1 (DomainID table)
RW (write) yes
vPtr (guest'"'"'s tables) yes
private address (IPA) 0x2091a00028' event c020000040011234 2091a00028
explains 'code GUEST_EVENT_FAULT
guest ID 4660
vEvent (guest'"'"'s event log) yes' event b000123420000000 0
for code in {1..14}; do
	"$program" explain --no-lookup event 00000000 "$(printf %x00f0000 "$code")" 0 0 | grep -q '^means .*[a-z]'
	ok $? "the record $code has a meaning"
done

# --- device table entries
explains 'V (valid) yes
TV (translation valid) yes
IR (reads) yes
IW (writes) yes
mode (levels of the host'"'"'s table) 3
root of the host'"'"'s table 0x12345000
domain 17
GV (guest translation) yes
GIOV (without PASID, too) yes
GLX (levels of the GCR3 table) 0
GCR3 table (GPA when nested) 0xfedcba987000
guest paging mode (0: 4 levels, 1: 5) 1
IOTLB (the device may translate) yes
interrupt table length code 0
interrupt table 0x0
IntCtl 0 (target abort)
vImuEn (device of a guest) yes
guest'"'"'s device ID 01:02.3 (0x0113)
guest ID 7' dte 7cc0000012345603 0fedc80175300011 0040000000000000 0000000701138000
had='dte 6000000012345783 0000010000000011 0 0'
passing='dte 6000000000000783 0000010600000011 c700000000000000 0'
# shellcheck disable=SC2086 # several words
{
	shows 'HAD (dirty pages) 3 (hardware sets Accessed and Dirty)' $had
	shows 'SysMgt (system management) 1 (forwarded, posted writes)' $had
	for name in 'SE (log one fault only)' 'SA (log no fault)' 'INIT passes' 'external interrupts pass' \
		'NMI passes' 'LINT0 passes' 'LINT1 passes'; do
		shows "$name yes" $passing
	done
}

# --- what people have
shows 'RW (write) yes' flags=0x0020
shows 'code IO_PAGE_FAULT' event IO_PAGE_FAULT flags=0x0050
shows 'mode (levels of the host'"'"'s table) 0' dte 'DTE[0]: 6190000000000003'
shows 'device 0000:01:00.0 (0x0100)' nvme 0000:01:00.0: AMD-Vi: Event logged '[IO_PAGE_FAULT' domain=0x000d address=0xcff49550 'flags=0x0070]'
"$program" explain --no-lookup <"$golden/explain.log" >"$dir/log"
ok $? "a whole log is explained"
[[ ! ${UPDATE-} ]] || cp "$dir/log" "$golden/explain.txt"
diff -u "$golden/explain.txt" "$dir/log"
ok $? "as expected"
grep -v '^    ' "$dir/log" | cmp - <(cat "$golden/explain.log"; echo)
ok $? "and each line of it is there, as it was"
"$program" explain --no-lookup - <"$golden/explain.log" | cmp - "$dir/log"
ok $? "so is one behind -"
grep -E '(Event logged|UNKNOWN|PPR logged).*=' "$golden/explain.log" >"$dir/lines"
while read -r line; do
	"$program" explain --no-lookup "$line" >"$dir/out" && grep -q '^means\|^code' "$dir/out"
	ok $? "alone: $line"
done <"$dir/lines"
"$program" explain --no-lookup </dev/null >"$dir/out"
ok $? "nothing to explain is no failure"
[[ ! -s $dir/out ]]
ok $? "and prints nothing"
"$program" explain xyz 2>"$dir/err" >"$dir/out"
ok $(($? != 2)) "what is neither bits nor a line is refused"
grep -q 'dmesg | grep AMD-Vi' "$dir/err" && [[ ! -s $dir/out ]]
ok $? "saying where either comes from" || cat "$dir/err"
done_testing
