#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: qtest
# The emulated hardware's own tests, which print TAP themselves.
exec "${0%/*}/../../scripts/qtest.sh"
