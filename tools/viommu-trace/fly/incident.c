// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file of a trigger.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fly/incident.h"
#include "fly/names.h"

static void forget(struct incident *incident)
{
	int error = errno;

	trace_write_free(incident->writer);
	if (incident->fd >= 0)
		close(incident->fd);
	free(incident->name);
	free(incident->part);
	*incident = (struct incident){.directory = incident->directory};
	errno = error;
}

static void drop(struct incident *incident)
{
	int error = errno;

	unlinkat(incident->directory, incident->part, 0);
	errno = error;
	forget(incident);
}

static bool name_it(struct incident *incident, const char *kind, uint64_t ns)
{
	incident->fd = -1;
	incident->name = names_new(incident->directory, ns, kind);
	if (incident->name && asprintf(&incident->part, "%s" FLY_PART, incident->name) >= 0)
		return true;
	incident->part = NULL;
	errno = ENOMEM;
	return false;
}

bool incident_begin(struct incident *incident, struct past *past, const char *kind, uint64_t ns,
		    uint64_t since, uint64_t until)
{
	if (name_it(incident, kind, ns))
		/* It tells of VMs, and their processes: for its owner only */
		incident->fd = openat(incident->directory, incident->part,
				      O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (incident->fd < 0) {
		forget(incident);
		return false;
	}
	incident->until_ns = until;
	incident->writer = past_copy(past, since, incident->fd);
	/* What was before is the most of it: a killed recorder loses no more than the rest */
	if (incident->writer && trace_write_flush(incident->writer))
		return true;
	drop(incident);
	return false;
}

bool incident_open(const struct incident *incident)
{
	return incident->name;
}

void incident_check(struct incident *incident, bool written)
{
	if (!written && !incident->error)
		incident->error = errno;
}

char *incident_end(struct incident *incident, uint64_t now)
{
	struct trace_end end = {.ns = now, .why = "trigger"};
	char *name;

	incident_check(incident, trace_write_end(incident->writer, &end));
	incident_check(incident, !fdatasync(incident->fd));
	if (!incident->error)
		incident_check(incident, !renameat(incident->directory, incident->part,
						   incident->directory, incident->name));
	if (incident->error) {
		errno = incident->error;
		drop(incident);
		return NULL;
	}
	fsync(incident->directory);
	name = incident->name;
	incident->name = NULL;
	forget(incident);
	return name;
}
