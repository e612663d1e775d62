// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a comparison came to, as text and as JSON.
 */
#include <inttypes.h>
#include <stdio.h>

#include "diff/drift_print.h"
#include "lib/hw/bdf.h"
#include "lib/text/jsonline.h"
#include "lib/text/output.h"

static const char *const queues[] = {"cmd", "evt", "ppr"};

/* Which of its kind; empty where there is one at most */
static void format_key(char *buf, size_t len, const struct fact *of)
{
	buf[0] = '\0';
	switch (of->kind) {
	case FACT_VDEVICE:
	case FACT_DEVID_MAP:
		bdf_format(buf, len, of->key);
		break;
	case FACT_DOMAIN:
	case FACT_DOMID_MAP:
		snprintf(buf, len, "%" PRIu64, of->key);
		break;
	case FACT_IPA_MAP:
		snprintf(buf, len, "0x%" PRIx64, of->key);
		break;
	case FACT_QUEUE:
		snprintf(buf, len, "%s", of->key < 3 ? queues[of->key] : "?");
		break;
	default:
		break;
	}
}

static const char *name_of(const struct drift *drift, const struct fact *of)
{
	const struct vm *vm = vms_find(&drift->vms, of->iommu, of->guest_id);

	return vm ? vm->name : NULL;
}

/*
 * Text
 */

static void print_text(const struct drift *drift, const struct difference *d)
{
	const char *vm = name_of(drift, &d->of), *between = "";
	char key[24];

	format_key(key, sizeof(key), &d->of);
	printf("ivhd%u guest %u (%s) %s%s%s: ", d->of.iommu, d->of.guest_id, vm ? vm : "-",
	       fact_kinds[d->of.kind], key[0] ? " " : "", key);
	for (int i = 0; i < NR_WITNESSES; i++) {
		if (!d->known[i])
			continue;
		printf("%s%s says %s", between, witnesses[i],
		       d->says[i][0] ? d->says[i] : "nothing");
		between = "; ";
	}
	putchar('\n');
}

static void print_summary(const struct comparison *result)
{
	const char *between = " (";

	printf("%" PRIu64 " objects compared", compare_total(result));
	for (int kind = 0; kind < NR_FACT_KINDS; kind++) {
		if (!result->compared[kind])
			continue;
		printf("%s%" PRIu64 " %s", between, result->compared[kind], fact_kinds[kind]);
		between = ", ";
	}
	printf("%s: %zu difference%s\n", compare_total(result) ? ")" : "", result->nr,
	       result->nr == 1 ? "" : "s");
}

/*
 * JSON
 */

static void print_json(const struct drift *drift, const struct difference *d)
{
	struct json_object *object = json_object_new_object();
	char key[24];

	format_key(key, sizeof(key), &d->of);
	json_add_string(object, "type", "difference");
	json_add_u64(object, "iommu", d->of.iommu);
	json_add_u64(object, "guest_id", d->of.guest_id);
	json_add_string(object, "vm", name_of(drift, &d->of));
	json_add_string(object, "object", fact_kinds[d->of.kind]);
	json_add_string(object, "key", key[0] ? key : NULL);
	/* Who does not know is left out; who knows of nothing says null */
	for (int i = 0; i < NR_WITNESSES; i++)
		if (d->known[i])
			json_add_string(object, witnesses[i], d->says[i][0] ? d->says[i] : NULL);
	json_print_line(object);
}

static void print_totals(const struct drift *drift, bool complete)
{
	struct json_object *object = json_object_new_object();
	struct json_object *compared = json_object_new_object();
	const struct comparison *result = &drift->result;

	json_add_string(object, "type", "totals");
	json_add_u64(object, "objects", compare_total(result));
	for (int kind = 0; kind < NR_FACT_KINDS; kind++)
		json_add_u64(compared, fact_kinds[kind], result->compared[kind]);
	json_object_object_add(object, "compared", compared);
	json_add_u64(object, "differences", result->nr);
	json_add_u64(object, "events", drift->rebuild.events);
	json_add_u64(object, "lost", drift->rebuild.lost);
	json_object_object_add(object, "hardware", json_object_new_boolean(!drift->unreadable));
	json_object_object_add(object, "complete", json_object_new_boolean(complete));
	json_print_line(object);
}

void drift_print_begin(bool json)
{
	struct json_object *ready;

	if (!json)
		return;
	ready = json_object_new_object();
	json_add_string(ready, "type", "ready");
	json_add_u64(ready, "version", JSON_VERSION);
	json_print_line(ready);
	output_flush();
}

void drift_print(const struct drift *drift, bool complete, bool json)
{
	for (size_t i = 0; i < drift->result.nr; i++) {
		if (json)
			print_json(drift, &drift->result.difference[i]);
		else
			print_text(drift, &drift->result.difference[i]);
	}
	if (json)
		print_totals(drift, complete);
	else
		print_summary(&drift->result);
	output_flush();
}
