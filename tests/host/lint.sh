#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: tree
# The checks are scripts/lint.sh, which prints TAP itself.
exec "${0%/*}/../../scripts/lint.sh"
