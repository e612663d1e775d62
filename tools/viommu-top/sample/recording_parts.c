// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recordings: what vIOMMUs are made of.
 *
 * All of it came later than the rest: a recording without it is as good. Texts
 * are made safe anew, as anybody can write to a file.
 */
#include <stdio.h>

#include "lib/text/jsonget.h"
#include "lib/text/text.h"
#include "sample/recording_parts.h"

void recording_get_hist(struct json_object *object, struct hist *hist)
{
	struct json_object *pairs, *pair;
	size_t nr = json_get_list(object, "latency_buckets", &pairs);

	*hist = (struct hist){};
	for (size_t i = 0; i < nr; i++) {
		uint64_t bucket;

		pair = json_object_array_get_idx(pairs, i);
		if (!json_object_is_type(pair, json_type_array) ||
		    json_object_array_length(pair) != 2)
			continue;
		bucket = json_object_get_uint64(json_object_array_get_idx(pair, 0));
		if (bucket < VIOMMU_HIST_BUCKETS)
			hist->bucket[bucket] =
				json_object_get_uint64(json_object_array_get_idx(pair, 1));
	}
}

static bool add_vdevice(struct json_object *object, struct parts *parts, uint64_t viommu)
{
	struct vdevice vdev = {
		.rec =
			{
				.viommu = viommu,
				.serial = json_get_u64(object, "serial"),
				.events = json_get_u64(object, "events"),
				.segment = json_get_u64(object, "segment"),
				.hdev_id = json_get_u64(object, "hdev_id"),
				.gdev_id = json_get_u64(object, "gdev_id"),
			},
	};

	snprintf(vdev.driver, sizeof(vdev.driver), "%s", json_get_string(object, "driver"));
	text_sanitize(vdev.driver);
	return list_add(&parts->vdevices, &vdev, sizeof(vdev));
}

static bool add_domain(struct json_object *object, struct parts *parts, uint64_t viommu)
{
	const struct vt_domain domain = {
		.viommu = viommu,
		.users = json_get_u64(object, "users"),
		.gdom_id = json_get_u64(object, "gdom_id"),
		.hdom_id = json_get_u64(object, "hdom_id"),
		.mapped = json_get_flag(object, "mapped"),
	};

	return list_add(&parts->domains, &domain, sizeof(domain));
}

static bool add_command(struct json_object *object, struct parts *parts, uint64_t viommu)
{
	struct command command = {
		.viommu = viommu,
		.opcode = json_get_u64(object, "opcode"),
		.latency =
			{
				.total_ns = json_get_u64(object, "total_ns"),
				.max_ns = json_get_u64(object, "max_ns"),
				.slowest =
					{
						.seq = json_get_u64(object, "slowest_seq"),
						.ns = json_get_u64(object, "slowest_monotonic_ns"),
					},
			},
	};

	recording_get_hist(object, &command.latency.hist);
	return list_add(&parts->commands, &command, sizeof(command));
}

static bool add_happening(struct json_object *object, struct parts *parts, uint64_t viommu)
{
	struct happening happening = {
		.viommu = viommu,
		.nr = json_get_u64(object, "nr"),
		.mono_ns = json_get_u64(object, "monotonic_ns"),
		.bad = json_get_flag(object, "bad"),
	};

	snprintf(happening.event, sizeof(happening.event), "%s", json_get_string(object, "event"));
	snprintf(happening.text, sizeof(happening.text), "%s", json_get_string(object, "text"));
	text_sanitize(happening.event);
	text_sanitize(happening.text);
	return list_add(&parts->happened, &happening, sizeof(happening));
}

static const struct kind {
	const char *key;
	enum part part;
	bool (*add)(struct json_object *object, struct parts *parts, uint64_t viommu);
} kinds[] = {
	{"vdevices", PART_VDEVICES, add_vdevice},
	{"domains", PART_DOMAINS, add_domain},
	{"commands", PART_COMMANDS, add_command},
	{"happened", PART_HAPPENED, add_happening},
};

static bool get_kind(struct json_object *object, struct parts *parts, const struct kind *kind,
		     uint64_t viommu)
{
	struct json_object *list;
	size_t nr = json_get_list(object, kind->key, &list);

	if (json_has(object, kind->key))
		parts->known |= kind->part;
	for (size_t i = 0; i < nr; i++) {
		struct json_object *member = json_object_array_get_idx(list, i);

		if (json_object_is_type(member, json_type_object) &&
		    !kind->add(member, parts, viommu))
			return false;
	}
	return true;
}

static uint32_t get_limit(struct json_object *object, const char *key)
{
	return json_has(object, key) ? json_get_u64(object, key) : VT_NO_LIMIT;
}

static unsigned int get_quota(struct json_object *object, struct vt_record *rec)
{
	if (!json_has(object, "user_domain_ids"))
		return 0;
	rec->uid = json_get_u64(object, "uid");
	rec->quota = (struct vt_quota){
		.trans_devids = json_get_u64(object, "user_trans_devids"),
		.trans_devids_max = get_limit(object, "user_trans_devids_max"),
		.domain_ids = json_get_u64(object, "user_domain_ids"),
		.domain_ids_max = get_limit(object, "user_domain_ids_max"),
		.all_domain_ids = json_get_u64(object, "all_domain_ids"),
		.host_domain_ids = json_get_u64(object, "host_domain_ids"),
	};
	return VT_KNOWS_QUOTA;
}

bool recording_get_parts(struct json_object *object, struct parts *parts, struct vt_record *rec)
{
	rec->trans_devid = json_get_u64(object, "trans_devid");
	rec->segment = json_get_u64(object, "segment");
	rec->trans_free = json_get_u64(object, "trans_devids_free");
	rec->table_bytes = json_get_u64(object, "table_bytes");
	rec->forwarded = json_get_u64(object, "forwarded");
	rec->delivered = json_get_u64(object, "delivered");
	rec->takebacks = json_get_u64(object, "takebacks");
	rec->known = (json_has(object, "trans_devid") ? VT_KNOWS_TRANS : 0) |
		     (json_has(object, "trans_devids_free") ? VT_KNOWS_FREE : 0) |
		     (json_has(object, "table_bytes") ? VT_KNOWS_TABLES : 0) |
		     (json_has(object, "takebacks") ? VT_KNOWS_TRAPPED : 0) |
		     get_quota(object, rec);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!get_kind(object, parts, &kinds[i], rec->serial))
			return false;
	return true;
}
