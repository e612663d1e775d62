// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the parent tells the user: results on stdout, progress on stderr.
 */
#include "report.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

static const char *verdict(const struct vm_record *vm)
{
	if (!vm->done)
		return "died";
	return vm->last.result ? "failed" : "ok";
}

static void print_json(struct json_object *obj)
{
	puts(json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN));
	fflush(stdout);
	json_object_put(obj);
}

/** report_all_ready() - Every VM is up */
void report_all_ready(const struct vm_record *vms, int count, bool json)
{
	struct json_object *obj;
	uint64_t viommus = 0;

	for (int i = 0; i < count; i++)
		viommus += vms[i].last.viommus;
	if (!json) {
		fprintf(stderr, "READY %d VMs, %" PRIu64 " vIOMMUs\n", count, viommus);
		return;
	}
	obj = json_object_new_object();
	json_object_object_add(obj, "type", json_object_new_string("ready"));
	json_object_object_add(obj, "vms", json_object_new_int(count));
	json_object_object_add(obj, "viommus", json_object_new_int64(viommus));
	print_json(obj);
}

static void result_json(const struct vm_record *vm)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "type", json_object_new_string("vm"));
	json_object_object_add(obj, "vm", json_object_new_string(vm->name));
	json_object_object_add(obj, "pid", json_object_new_int(vm->pid));
	json_object_object_add(obj, "device", json_object_new_string(vm->device));
	json_object_object_add(obj, "bdf", json_object_new_string(vm->bdf));
	json_object_object_add(obj, "viommus", json_object_new_int64(vm->last.viommus));
	json_object_object_add(obj, "ops", json_object_new_int64(vm->last.ops));
	json_object_object_add(obj, "vf_offset", json_object_new_int64(vm->last.vf_offset));
	json_object_object_add(obj, "result", json_object_new_string(verdict(vm)));
	json_object_object_add(obj, "errno", json_object_new_int(-vm->last.result));
	print_json(obj);
}

/** report_results() - How each VM ended */
void report_results(const struct vm_record *vms, int count, bool json)
{
	for (int i = 0; i < count; i++) {
		const struct vm_record *vm = &vms[i];

		if (json)
			result_json(vm);
		else
			printf("%-12s pid %-6d %-7s %-12s vIOMMUs %-5" PRIu64 " ops %-7" PRIu64
			       " %s\n",
			       vm->name, vm->pid, vm->device, vm->bdf, vm->last.viommus,
			       vm->last.ops, verdict(vm));
	}
}
