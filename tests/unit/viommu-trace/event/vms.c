// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of who has which guest ID, and who had it.
 */
#include "event/vms.h"
#include "tap.h"

static const char *name_of(const struct vm *vm)
{
	return vm ? vm->name : "nobody";
}

int main(void)
{
	struct vm listed = {.iommu = 1, .guest_id = 2, .serial = 7, .pid = 40, .name = "db"};
	uint32_t alpha, again, beta;
	struct vms vms = {};

	is_string(name_of(vms_find(&vms, 0, 2)), "nobody", "a guest ID that nobody had");
	vms_set(&vms, 0, 2, 10, "alpha");
	alpha = vms_find(&vms, 0, 2)->life;
	vms_set(&vms, 0, 2, 10, "alpha");
	is_number(vms_find(&vms, 0, 2)->life, alpha, "who is told twice is one user");
	vms_end(&vms, 0, 2);
	is_string(name_of(vms_find(&vms, 0, 2)), "alpha", "who had it last is known");
	vms_set(&vms, 0, 2, 10, "alpha");
	again = vms_find(&vms, 0, 2)->life;
	ok(again != alpha, "who gets it again is another user");
	vms_set(&vms, 0, 2, 11, "beta");
	beta = vms_find(&vms, 0, 2)->life;
	ok(beta != again, "as is another VM");
	vms_set(&vms, 0, 2, 11, "viommu-vmm");
	is_number(vms_find(&vms, 0, 2)->life, beta,
		  "who has gone and lost its name is the same user");
	is_string(name_of(vms_find(&vms, 0, 2)), "beta", "under the name it had");
	is_string(name_of(vms_find_life(&vms, 0, 2, alpha)), "alpha", "the first is still known");
	is_string(name_of(vms_find_life(&vms, 0, 2, beta)), "beta", "beside the last");
	is_string(name_of(vms_find_life(&vms, 0, 2, beta + 1)), "nobody", "others are not");
	vms_put(&vms, &listed);
	listed.serial = 8;
	vms_put(&vms, &listed);
	is_number(vms_find(&vms, 1, 2)->serial, 8, "another serial is another vIOMMU");
	is_number(vms.nr_past, 3, "all but the last are past");
	vms_free(&vms);
	return tap_end();
}
