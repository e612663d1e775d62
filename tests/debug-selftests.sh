#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BOOT: CONFIG=debug
# NEEDS: selftests
# TIMEOUT: 1500
DESCRIPTION="runs the kernel's own selftests of iommufd, which behave as without our change to it"
# shellcheck disable=SC1091
. "${0%/*}/lib/tap.sh"
programs=$build/selftests
faults=/sys/kernel/debug/fail_iommufd
requires_file "$faults" "this kernel has no test driver for iommufd"
requires_file /sys/kernel/debug/kmemleak "this kernel has no kmemleak"

# What fails on Linux 7.3.4 as it is, in this configuration. Who mends one of
# these, or adds a test, has to say so here.
#
# The test driver returns 0 for the dma-buf that it has made, where the test
# waits for its file descriptor, and so uses its standard input as one.
dmabuf=(iommufd_ioas.{no_domain,mock_domain,two_mock_domain,mock_domain_limit}.{dmabuf_simple,dmabuf_revoke})

# Without a vIOMMU, nothing of it is to be tested.
skipped=(iommufd_viommu.no_viommu.{viommu_alloc_nested_iopf,viommu_alloc_with_data,vdevice_cache,hw_queue,hw_queue_gpa,viommu_control,vdevice_tombstone})

# What takes minutes here, and is about the pages behind mappings only, which
# our change does not touch: left out.
slow=(-T access_rw -T access_rw_unaligned -T fork_gone -T fork_present -T ioas_iova_alloc)
slow_faults=(-T map_domain -T map_file_domain -T map_two_domains)

# The tests set how faults are injected, and leave it at that.
attributes=(/sys/kernel/debug/fail*/{verbose,ignore-gfp-wait,ignore-gfp-highmem})
for file in "${attributes[@]}"; do
	[[ ! -e $file ]] || at_exit eval "echo $(<"$file") >$file"
done

# Room for what they map of huge pages: some tests want 128 MiB of them
pages=/proc/sys/vm/nr_hugepages
at_exit eval "echo $(<$pages) >$pages"
echo 96 >$pages
is "$(<$pages)" 96 "there are huge pages"

# A line to the serial console for each mock device costs more than the device
at_exit eval "echo $(cut -f1 /proc/sys/kernel/printk) >/proc/sys/kernel/printk"
echo 5 >/proc/sys/kernel/printk

# selftest NAME ARGUMENT…: its results, "ok TEST", "not TEST" or "skip TEST" each, in $results
selftest() {
	local said

	said=$("$programs/$1" "${@:2}" 2>&1 </dev/null)
	results=$(sed -nE 's/^ok [0-9]+ ([^ ]+).* # SKIP.*/skip \1/p; s/^ok [0-9]+ ([^ ]+)$/ok \1/p; s/^not ok [0-9]+ ([^ ]+).*/not \1/p' <<<"$said")
	like "$said" "1\.\.$(wc -l <<<"$results")"$'\n' "$1 has a result for each of its tests"
	printf '%s\n' "$said" >"$build/out/$1.log"
	diag "$1: done after $SECONDS s"
}

# with RESULT: the tests that had it
with() { sed -n "s/^$1 //p" <<<"$results" | sort; }

# other_than TEST…: those from standard input that are none of them, and, behind a tab, the reverse
other_than() { comm -3 - <(printf '%s\n' "$@" | sort); }

selftest iommufd "${slow[@]}"
is "$(with not | other_than "${dmabuf[@]}")" "" "what fails does so without our change, too"
is "$(with skip | other_than "${skipped[@]}")" "" "what is skipped, too"
is "$(with ok | wc -l)" 215 "all others pass"
is "$(with ok | grep -c '^iommufd_viommu\.')" 13 "13 of them are about vIOMMUs"

selftest iommufd_fail_nth "${slow_faults[@]}"
is "$(grep -v '^ok ' <<<"$results")" "" "nothing fails when allocations do"
is "$(with ok | wc -l)" 5 "in 5 sequences of calls"
is "$(with ok | grep -c '\.device$')" 1 "one of which makes a vIOMMU, a device and a hardware queue"
done_testing
