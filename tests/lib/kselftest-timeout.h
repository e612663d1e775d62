/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included ahead of the kernel's own selftests, which stay as they are. They
 * give each test 30 s, and an emulated processor with all checks of the kernel
 * can take longer: how long is no result.
 */

#include <kselftest_harness.h>

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 600
