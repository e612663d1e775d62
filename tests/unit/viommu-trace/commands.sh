#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# This test checks what viommu-trace does without a kernel: its documents name
# the same commands, options and events; it explains bits; it refuses nonsense.
#
# usage: commands.sh PROGRAM

# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"

program=$1
top=$(cd "$(dirname "$0")/../../.." && pwd)
man=$top/docs/man/viommu-trace.1
completion=$top/tools/completions/viommu-trace.bash
header=$top/kernel/include/trace/events/amd_viommu.h
dir=$(mktemp -d) || exit 1
trap 'rm -r "$dir"' EXIT

plain() { sed -e 's/\\-/-/g; s/\\f[RIB]//g' "$man"; }
known() { grep -qwF -- "$1" "${@:2}"; }
mapfile -t commands < <("$program" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')

ok $((${#commands[@]} < 4)) "there are commands"
for command in "${commands[@]}"; do
	known "$command" <(plain) && known "$command" "$completion"
	ok $? "$command is in the man page and completed"
	"$program" "$command" --help >"$dir/$command"
	ok $? "$command --help works"
	mapfile -t options < <(grep -oE -- '--[a-z][a-z-]+' "$dir/$command" | sort -u)
	for option in "${options[@]}"; do
		known "$option" <(plain) && known "$option" "$completion"
		ok $? "$command $option is in the man page and completed"
	done
done
mapfile -t mentioned < <(grep -ohE -- '--[a-z][a-z-]+' "$completion" <(plain) | sort -u)
for option in "${mentioned[@]}"; do
	grep -qF -- "$option" "$dir"/* <("$program" --help) || [[ $option == --version ]]
	ok $? "$option of man page or completion exists"
done

# the same as the driver has
diff <("$program" events --list | sort) \
	<(sed -nE 's/^(TRACE_EVENT|DEFINE_EVENT)\((viommu_[a-z_]+, )?(viommu_[a-z_]+).*/\3/p' "$header" | sort)
ok $? "all events of the driver are known"
diff <(sed -n 's/.*{ \(0x[0-9a-f]*\), "\([A-Z_]*\)" }.*/\2/p' "$header" | sort -u) \
	<(grep -oE '"[A-Z_]+"' "$top/tools/lib/hw/names.c" | tr -d '"' | sort -u)
ok $? "and so are the names of commands and records"

# --- a full disk: what is lost is told
if [[ -c /dev/full ]]; then
	for words in "explain command 1:2" "events --list" --help --version; do
		# shellcheck disable=SC2086
		"$program" $words 2>"$dir/err" >/dev/full
		ok $(($? != 1)) "$words fails where it cannot write"
		grep -q 'cannot write to standard output: No space left' "$dir/err"
		ok $? "and says why" || cat "$dir/err"
	done
fi

# --- explain
# explains LINES ARGUMENT…: exactly these lines, single spaces apart
explains() {
	diff <(printf '%s\n' "$1") <("$program" explain "${@:2}" | tr -s ' ')
	ok $? "explain ${*:2}"
}
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
PASID 4660
address 0x12345000' command 4034001020120010 12345000
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
explains 'code IO_PAGE_FAULT
device 00:02.0 (0x0010)
domain or PASID 5
PR (page is present) yes
RW (write) yes
vCmd (guest'"'"'s commands) yes
address 0x100001100' event 2030000580000010 100001100
explains 'code VIOMMU_HARDWARE_ERROR
guest ID 4660
source (0 DeviceID table, 1 DomainID table) 1
RW (write) yes
vPtr (guest'"'"'s tables) yes
private address (IPA) 0x2091a00028' event c020000040011234 2091a00028
explains 'code GUEST_EVENT_FAULT
guest ID 4660
vEvent (guest'"'"'s event log) yes' event b000123420000000 0
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
IntCtl 0
vImuEn (device of a guest) yes
guest'"'"'s device ID 01:02.3 (0x0113)
guest ID 7' dte 7cc0000012345603 0fedc80175300011 0040000000000000 0000000701138000

# --- nonsense
for wrong in "" nonsense "explain" "explain nothing 0" "explain command" "explain command 0x" \
	"explain command xyz 0" "explain command 1 2 3" "explain command 11111111111111111 0" \
	"explain dte 0 0" "events surplus" "events -e nonsense" "events --buffer 3" \
	"events --count 0" "events --gid 65536" "events --iommu x" "latency --interval 0" \
	"latency --count 3" "latency --duration nan"; do
	# shellcheck disable=SC2086 # several words
	"$program" $wrong >"$dir/out" 2>"$dir/err"
	ok $(($? != 2)) "wrong usage: $wrong"
	[[ -s $dir/err && ! -s $dir/out ]]
	ok $? "which is told on standard error only"
done
[[ $("$program" --version) == "viommu-trace "* ]]
ok $? "--version names it"
done_testing
