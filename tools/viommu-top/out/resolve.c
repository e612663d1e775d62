// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose an ID is: all who have it.
 *
 * In a recording, it is those of the latest sample in which somebody had it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/hw/bdf.h"
#include "lib/text/jsonline.h"
#include "lib/text/message.h"
#include "lib/text/text.h"
#include "out/out.h"
#include "view/id.h"
#include "view/session.h"

/**
 * struct answer - One who has the ID
 * @viommu: its vIOMMU
 * @vdev:   as this device; or NULL
 * @domain: as this domain; or NULL
 * @what:   kind of object, for JSON
 * @id:     what was asked for
 */
struct answer {
	const struct viommu *viommu;
	const struct vdevice *vdev;
	const struct vt_domain *domain;
	const char *what;
	const struct id *id;
};

static bool on_place(const struct id *id, const struct vt_record *rec)
{
	return (id->iommu < 0 || (unsigned int)id->iommu == rec->iommu) &&
	       (id->segment < 0 || id->segment == rec->segment);
}

/*
 * Answers
 */

static void describe(char *buf, size_t len, const struct answer *answer)
{
	const struct vt_record *rec = &answer->viommu->rec;
	char host[16], guest[16];

	if (answer->vdev) {
		bdf_format(host, sizeof(host), answer->vdev->rec.hdev_id);
		bdf_format(guest, sizeof(guest), answer->vdev->rec.gdev_id);
		if (rec->known & VT_KNOWS_HOST)
			snprintf(buf, len, "host device %04x:%s, driver %s",
				 answer->vdev->rec.segment, host,
				 *answer->vdev->driver ? answer->vdev->driver : "unknown");
		else
			snprintf(buf, len, "host device %04x:%s is the guest's %s, driver %s",
				 answer->vdev->rec.segment, host, guest,
				 *answer->vdev->driver ? answer->vdev->driver : "unknown");
	} else if (answer->domain) {
		snprintf(buf, len, "host domain %u is the guest's %u, %u in use",
			 answer->domain->hdom_id, answer->domain->gdom_id, answer->domain->users);
	} else if (*answer->what == 't') {
		bdf_format(host, sizeof(host), rec->trans_devid);
		snprintf(buf, len, "%s is the requester ID of its buffers", host);
	} else if (*answer->what == 'd') {
		snprintf(buf, len, "host domain %u is the VM's memory", rec->domain_id);
	} else {
		snprintf(buf, len, "vIOMMU %llu", (unsigned long long)rec->serial);
	}
}

/* Lines on standard input, and not one ID */
static bool from_log(const struct session *s)
{
	return !strcmp(s->opts->resolve, "-");
}

static void print_text(const struct session *s, const struct answer *answer)
{
	const struct viommu *viommu = answer->viommu;
	char text[TEXT_MAX], comm[sizeof(viommu->rec.comm)], clock[16] = "", gid[24] = "";
	time_t seconds = session_now(s)->real_ns / 1000000000;
	struct tm tm;

	if (!session_at_end(s) && s->replay)
		strftime(clock, sizeof(clock), "%H:%M:%S  ", localtime_r(&seconds, &tm));
	snprintf(comm, sizeof(comm), "%.*s", (int)sizeof(comm) - 1, viommu->rec.comm);
	text_sanitize(comm);
	describe(text, sizeof(text), answer);
	if (!(viommu->rec.known & VT_KNOWS_HOST))
		snprintf(gid, sizeof(gid), "guest ID %u  ", viommu->rec.guest_id);
	printf("%s%sivhd%u  %sVM %s  PID %d (%s)  %s\n", from_log(s) ? "    " : "", clock,
	       viommu->rec.iommu, gid, viommu->name, viommu->rec.tgid, comm, text);
}

static void add_object(struct json_object *object, const struct answer *answer)
{
	const struct vt_record *rec = &answer->viommu->rec;

	if (answer->vdev) {
		json_add_u64(object, "segment", answer->vdev->rec.segment);
		json_add_u64(object, "hdev_id", answer->vdev->rec.hdev_id);
		if (!(rec->known & VT_KNOWS_HOST))
			json_add_u64(object, "gdev_id", answer->vdev->rec.gdev_id);
		json_add_string(object, "driver",
				*answer->vdev->driver ? answer->vdev->driver : NULL);
	} else if (answer->domain) {
		json_add_u64(object, "gdom_id", answer->domain->gdom_id);
		json_add_u64(object, "hdom_id", answer->domain->hdom_id);
		json_add_u64(object, "users", answer->domain->users);
	} else if (*answer->what == 't') {
		json_add_u64(object, "trans_devid", rec->trans_devid);
	} else {
		json_add_u64(object, "domain_id", rec->domain_id);
	}
}

static void print_json(const struct session *s, const struct answer *answer)
{
	const struct viommu *viommu = answer->viommu;
	struct json_object *object = json_object_new_object();
	char comm[sizeof(viommu->rec.comm)];

	snprintf(comm, sizeof(comm), "%.*s", (int)sizeof(comm) - 1, viommu->rec.comm);
	text_sanitize(comm);
	json_add_string(object, "type", "owner");
	json_add_digits(object, "time_ns", session_now(s)->real_ns);
	json_add_string(object, "query", answer->id->text);
	json_add_string(object, "object", answer->what);
	json_add_u64(object, "iommu", viommu->rec.iommu);
	if (!(viommu->rec.known & VT_KNOWS_HOST)) {
		json_add_u64(object, "guest_id", viommu->rec.guest_id);
		json_add_u64(object, "serial", viommu->rec.serial);
	}
	json_add_string(object, "vm", viommu->name);
	json_add_u64(object, "pid", viommu->rec.tgid);
	json_add_string(object, "comm", comm);
	add_object(object, answer);
	json_print_line(object);
}

static unsigned int print(const struct session *s, const struct answer *answer)
{
	if (s->opts->json)
		print_json(s, answer);
	else
		print_text(s, answer);
	return 1;
}

/*
 * The search
 */

static unsigned int find_device(const struct session *s, const struct id *id,
				const struct viommu *viommu)
{
	struct answer answer = {.viommu = viommu, .what = "vdevice", .id = id};
	const struct vdevice *vdev;
	unsigned int found = 0;
	size_t nr;

	vdev = parts_vdevices(&session_now(s)->parts, viommu->rec.serial, &nr);
	for (size_t i = 0; i < nr; i++) {
		unsigned int number =
			id->kind == ID_GUEST_DEVICE ? vdev[i].rec.gdev_id : vdev[i].rec.hdev_id;

		answer.vdev = &vdev[i];
		if (number == id->number)
			found += print(s, &answer);
	}
	return found;
}

static unsigned int find_domain(const struct session *s, const struct id *id,
				const struct viommu *viommu)
{
	struct answer answer = {.viommu = viommu, .what = "domain", .id = id};
	const struct vt_domain *domain;
	unsigned int found = 0;
	size_t nr;

	if (viommu->rec.domain_id == id->number)
		found += print(s, &answer);
	answer.what = "nested_domain";
	domain = parts_domains(&session_now(s)->parts, viommu->rec.serial, &nr);
	for (size_t i = 0; i < nr; i++) {
		answer.domain = &domain[i];
		if (domain[i].hdom_id == id->number)
			found += print(s, &answer);
	}
	return found;
}

static unsigned int find_trans(const struct session *s, const struct id *id,
			       const struct viommu *viommu)
{
	const struct answer answer = {.viommu = viommu, .what = "trans_devid", .id = id};

	if (!viommu->rec.trans_devid || viommu->rec.trans_devid != id->number)
		return 0;
	return print(s, &answer);
}

static unsigned int find_of(const struct session *s, const struct id *id,
			    const struct viommu *viommu)
{
	const struct answer answer = {.viommu = viommu, .what = "viommu", .id = id};

	switch (id->kind) {
	case ID_GUEST:
		return viommu->rec.guest_id == id->number ? print(s, &answer) : 0;
	case ID_GUEST_DEVICE:
		return find_device(s, id, viommu);
	case ID_HOST_DEVICE:
		/* The host's log has the requester IDs of buffers, too */
		return find_device(s, id, viommu) + find_trans(s, id, viommu);
	case ID_HOST_DOMAIN:
		return find_domain(s, id, viommu);
	case ID_TRANS:
	default:
		return find_trans(s, id, viommu);
	}
}

static unsigned int find(const struct session *s, const struct id *id)
{
	const struct snapshot *now = session_now(s);
	unsigned int found = 0;

	for (size_t i = 0; i < now->nr; i++)
		if (on_place(id, &now->viommu[i].rec))
			found += find_of(s, id, &now->viommu[i]);
	return found;
}

/* Without it, nobody can be found */
static bool tells(const struct snapshot *now, enum id_kind kind)
{
	unsigned int known = now->parts.known, trans = now->nr ? now->viommu[0].rec.known : ~0u;

	if (now->host.on)
		return kind == ID_HOST_DEVICE;
	switch (kind) {
	case ID_GUEST_DEVICE:
	case ID_HOST_DEVICE:
		return !now->nr || known & PART_VDEVICES;
	case ID_HOST_DOMAIN:
		return !now->nr || known & PART_DOMAINS;
	case ID_TRANS:
		return trans & VT_KNOWS_TRANS;
	case ID_GUEST:
	default:
		return true;
	}
}

/* Returns how many have it, -1 on failure; a recording is looked through from its end */
static int search(struct session *s, const struct id *id, bool *told)
{
	unsigned int found;

	if (s->replay && !session_seek(s, (long)recording_nr(s->replay)))
		return -1;
	*told = tells(session_now(s), id->kind);
	found = find(s, id);
	while (!found && s->replay && s->position) {
		if (!session_seek(s, -1))
			return -1;
		*told &= tells(session_now(s), id->kind);
		found = find(s, id);
	}
	return found;
}

/* All lines are printed, and behind those of the log that name something whose it is */
static enum exit_code resolve_log(struct session *s)
{
	char *line = NULL;
	size_t size = 0;
	int found = 0;

	while (found >= 0 && getline(&line, &size, stdin) > 0) {
		struct id id;
		bool told;

		line[strcspn(line, "\r\n")] = '\0';
		if (!s->opts->json)
			puts(line);
		if (resolve_parse_log(&id, line))
			found = search(s, &id, &told);
		if (fflush(stdout))
			break;
	}
	free(line);
	if (ferror(stdin))
		msg("cannot read standard input: %s", strerror(errno));
	return found < 0 || ferror(stdin) ? EXIT_FAIL : EXIT_OK;
}

enum exit_code resolve_run(struct session *s)
{
	const struct snapshot *now = session_now(s);
	bool told;
	struct id id;
	int found;

	if (from_log(s))
		return resolve_log(s);
	resolve_parse(&id, s->opts->resolve);
	found = search(s, &id, &told);
	if (found < 0)
		return EXIT_FAIL;
	if (found)
		return EXIT_OK;
	if (told)
		msg("nobody has %s", s->opts->resolve);
	else if (now->host.on)
		msg("cannot tell who has %s: that takes the AMD vIOMMU driver", s->opts->resolve);
	else if (s->replay)
		msg("cannot tell who has %s: this recording was made by an older viommu-top",
		    s->opts->resolve);
	else
		msg("cannot tell who has %s: this kernel's AMD vIOMMU driver is too old",
		    s->opts->resolve);
	return told || s->replay ? EXIT_FAIL : EXIT_KERNEL;
}
