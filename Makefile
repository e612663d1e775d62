# SPDX-License-Identifier: GPL-2.0-only
# One target per layer; the work is done by scripts/. `make help` lists them.

# What is set on make's command line goes to the scripts as it stands, not
# expanded once more by make: CMD='echo $HOME' means the VM's $HOME.
export VM_CMD = $(value CMD)
unexport CMD
export KSRC QEMU_SRC CONFIG KERNEL VIOMMU TRACE QEMU QEMU_EXTRA IOMMU_OPTS APPEND
export CHECK SERIES_FROM BENCH_ROUNDS BENCH_OPS BENCH_DOC
export CONFIG_BASE DEBS_REVISION SUITE
export VM_MEM VM_CPUS VM_TIMEOUT VM_BOOT_TIMEOUT VM_ENV T JOBS TEST_JOBS DESTDIR PREFIX
export SEED ROUNDS
export GUEST GUEST_ARGS

# An absolute path, as it is given to makes elsewhere.
build := $(CURDIR)/build
kernel := $(or $(CONFIG),vm)

.DEFAULT_GOAL := help
# Quiet on stdout, which is the VM's; without our own variables in MAKEFLAGS.
submake := env -u MAKEFLAGS $(MAKE) --no-print-directory
# The scripts use all processors themselves, and wait for each other.
.NOTPARALLEL:

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14
	@echo
	@echo 'Variables (make vm VIOMMU=off CMD=dmesg): see the head of scripts/vm.sh;'
	@echo 'KSRC=/path QEMU_SRC=/path use source trees at hand.'

run: vm-ready ## boot a VM with demo guests and watch them in viommu-top; q leaves
	@scripts/run.sh

test: ## all tests, or those of T=glob; sets up what they need
	@scripts/test.sh

vm: vm-ready ## run CMD='…' as root in the VM, with its output and exit status
	@scripts/vm.sh "$$VM_CMD"

guest: vm-ready ## a stock Debian guest on hardware queues, in the VM, and viommu-top
	@scripts/guest.sh

shell: vm-ready ## a root shell in the VM; exit or Ctrl-] ends it
	@scripts/vm.sh

kernel: ## Linux with the driver (CONFIG=debug: with all checks)
	@scripts/build-kernel.sh $(kernel) headers

emulator: ## QEMU with the emulated hardware
	@scripts/build-qemu.sh

tools: ## viommu-top and its like
	@scripts/packages.sh tools
	@+$(submake) -C tools O=$(build) WERROR=y >&2

vmm: headers ## the test VMM that plays guests
	@+$(submake) -C tests/vmm O=$(build) UAPI=$(build)/uapi/include >&2

headers: ## the kernel's uAPI headers, in build/uapi
	@scripts/build-kernel.sh headers

# everything a VM needs to boot and to be useful
vm-ready:
	@scripts/vm-ready.sh

qtest: emulator ## tests of the emulated hardware, without a guest kernel
	@scripts/qtest.sh

fuzz: ## feed made up recordings, logs and requests to the tools (FUZZ_SECONDS=60 each)
	@scripts/fuzz.sh

lint: ## style and hygiene of everything here
	@scripts/lint.sh

install: ## the tools, below DESTDIR and PREFIX
	@scripts/packages.sh tools
	@+$(submake) -C tools O=$(build) $@ >&2

uninstall: ## what install put there
	@+$(submake) -C tools O=$(build) $@ >&2

soak: vm-ready ## hostile tenants for long: SEED=N ROUNDS=N, CONFIG=debug
	@scripts/soak.sh

bench: vm-ready ## what tracing and vIOMMUs cost, beside others: build/bench.json
	@scripts/bench.sh

series: ## the changes of Linux and QEMU as mails in build/series*; CHECK=1 builds each step
	@scripts/series.sh
	@scripts/series.sh $(CURDIR)/tests/qemu $(build)/series-qemu

deb: ## Debian packages of the tools and the boot option, in build/
	@scripts/packages.sh fetch tools deb
	@scripts/deb.sh

rpm: ## an RPM package of the tools, in build/
	@scripts/packages.sh fetch tools rpm
	@scripts/rpm.sh

debs: ## and of the kernel, for a real host; CONFIG_BASE=… is its configuration
	@scripts/debs.sh

test-debs: ## installs, boots, upgrades and removes them in a Debian 13 (root, 16 min)
	@scripts/test-debs.sh

newer: ## build the tools with the compilers and libraries of a newer Debian (SUITE=sid)
	@scripts/newer.sh

clean: ## remove what was built; downloads and the compiler cache stay
	@scripts/clean.sh

distclean: ## remove downloads, pristine trees and the compiler cache, too
	@scripts/clean.sh --all

.PHONY: help run test vm guest shell kernel emulator tools vmm headers vm-ready
.PHONY: qtest lint fuzz install uninstall deb rpm debs test-debs newer series soak bench
.PHONY: clean distclean
