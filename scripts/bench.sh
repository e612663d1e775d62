#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bench.sh: measures in the VM what tracing and creating vIOMMUs cost, beside
# others that do the same; prints tables, and leaves the figures in
# build/bench.json and the tables in build/bench.md. "targets" in there are figures
# as they should be, each beside what it is compared with in the same run.
#  BENCH_ROUNDS=N  how often everything is measured (7)
#  BENCH_OPS=N     maps and unmaps of the workload that is traced (8009)
#  BENCH_DOC=FILE  put the tables into FILE, too, between its "bench:" marks

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=../tests/bench/tracers.sh
. "$top/tests/bench/tracers.sh"

rounds=${BENCH_ROUNDS:-7} ops=${BENCH_OPS:-8009} doc=${BENCH_DOC:-}
lines=$build/bench.ndjson

names() { printf '%s\n' "$@" | jq -R . | jq -sc .; }

# Linux as it is, ours without vIOMMUs, ours with them; one boot each
count_insns() {
	local insns="'$top/tests/bench/insns.sh'"

	"$top/scripts/build-kernel.sh" stock
	export COUNT_INSNS=yes
	KERNEL=$build/linux-stock/obj-vm/arch/x86/boot/bzImage VIOMMU=off "$top/scripts/vm.sh" "$insns stock $rounds paging parent"
	VIOMMU=off "$top/scripts/vm.sh" "$insns off $rounds paging parent"
	"$top/scripts/vm.sh" "$insns on $rounds paging parent viommu traced"
	"$top/scripts/vm.sh" "'$top/tests/bench/fly.sh' $rounds"
}

# Debian's kernel, which knows nothing of us; its clocks count instructions, so that
# CPU time is the same however busy this machine is
host_mode() {
	export COUNT_INSNS=yes KERNEL=debian-7.3 VM_TIMEOUT=${VM_TIMEOUT:-3600} VM_BOOT_TIMEOUT=${VM_BOOT_TIMEOUT:-600}
	"$top/scripts/vm-ready.sh" || return
	"$top/scripts/vm.sh" "'$top/tests/bench/host.sh' $rounds $ops"
}

# What needs no VM: redaction, commands of guests, and a scrape of many VMs
measure_here() {
	make -s -C "$top/tools" O="$build" "$build/tools/bench/redact" >&2 || return
	"$build/tools/bench/redact" | sed 's/^{/{"measure":"here",/'
	"$top/scripts/build-qemu.sh" qemu-system-x86_64 tests/qtest/amd-viommu-perf-test || return
	(cd "$build/qemu/obj" && QTEST_QEMU_BINARY=./qemu-system-x86_64 "$top/tests/bench/commands.sh") |
		sed 's/^{/{"measure":"here",/' || return
	"$top/tests/bench/metrics.sh" "$build/bin/viommu-top" | sed 's/^{/{"measure":"here",/'
}

main() {
	[[ $rounds =~ ^[1-9][0-9]*$ && $ops =~ ^[1-9][0-9]*$ ]] ||
		die "BENCH_ROUNDS=$rounds BENCH_OPS=$ops: both must be numbers above 0"
	"$top/scripts/packages.sh" bench
	VM_TIMEOUT=${VM_TIMEOUT:-3600} "$top/scripts/vm.sh" "'$top/tests/bench/run.sh' $rounds $ops" >"$lines" ||
		die "measuring in the VM failed; what it measured until then is in ${lines#"$top/"}"
	count_insns >>"$lines" ||
		die "counting instructions in the VM failed; what it counted until then is in ${lines#"$top/"}"
	(host_mode) >>"$lines" ||
		die "measuring in host mode failed; what it measured until then is in ${lines#"$top/"}"
	measure_here >>"$lines" || die "measuring redaction, commands or a scrape failed"
	# what fails leaves the figures of the run before
	{
		jq -s -f "$top/tests/bench/summary.jq" "$lines" &&
			jq -s -f "$top/tests/bench/host.jq" "$lines"
	} | jq -s ".[0] * .[1]" >"$build/bench.json.part" ||
		die "what was measured cannot be summed up; it is in ${lines#"$top/"}"
	mv "$build/bench.json.part" "$build/bench.json"
	jq -r --argjson sends "$(names "${sends[@]}")" --argjson counts "$(names "${counts[@]}")" \
		-f "$top/tests/bench/table.jq" "$build/bench.json" >"$build/bench.md"
	cat "$build/bench.md"
	[[ ! $doc ]] || sed -i -e '/<!-- bench: begin -->/,/<!-- bench: end -->/{
		/begin -->/r '"$build/bench.md"'
		/bench: \(begin\|end\) -->/!d }' "$doc"
	say "figures: build/bench.json"
}

main
