#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# soak.sh: runs tenants who do not trust each other for long, with a seed that can
# be given again: tests/isolation.sh with more rounds, in a VM of its own.
#  SEED=N        what the hostile ones do (else one by chance, which is told)
#  ROUNDS=N      of each of their threads (1009). Where the VM has two processors and
#                is emulated (TCG), a round takes 4 to 5 s and the rest a minute:
#                60 are 5 minutes, 1009 an hour and a quarter
#  CONFIG=debug  under KASAN and lockdep

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

SEED=${SEED:-$((RANDOM + 1))} ROUNDS=${ROUNDS:-1009}
[[ $SEED =~ ^[1-9][0-9]*$ && $ROUNDS =~ ^[1-9][0-9]*$ ]] ||
	die "SEED=$SEED ROUNDS=$ROUNDS: both must be numbers above 0"
export SEED ROUNDS
say "SEED=$SEED ROUNDS=$ROUNDS CONFIG=${CONFIG:-vm}"
VM_TIMEOUT=${VM_TIMEOUT:-86400} VM_ENV="SEED ROUNDS" "$top/scripts/vm.sh" "'$top/tests/isolation.sh'"
