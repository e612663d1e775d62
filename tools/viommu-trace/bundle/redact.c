// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaving out names of VMs, addresses and secrets: what that takes.
 */
#include <stdlib.h>
#include <string.h>

#include "bundle/redact.h"

bool redact_init(struct redact *redact, bool names, bool addresses)
{
	memset(redact, 0, sizeof(*redact));
	redact->names = names;
	redact->addresses = addresses;
	redact->parameters = names || addresses;
	redact->hashes = redact_hashes_new();
	redact->counts = calloc(1, sizeof(*redact->counts));
	if (redact->hashes && redact->counts)
		return true;
	redact_free(redact);
	return false;
}

void redact_free(struct redact *redact)
{
	redact_names_free(redact);
	redact_hashes_free(redact->hashes);
	free(redact->counts);
	memset(redact, 0, sizeof(*redact));
}
