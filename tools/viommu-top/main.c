// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-top - the virtual machines that use AMD hardware vIOMMU, live
 */
#include <stdio.h>

#include "lib/sys/require.h"
#include "lib/sys/wait.h"
#include "lib/text/message.h"
#include "lib/text/output.h"
#include "lib/text/text.h"
#include "opts.h"
#include "out/out.h"
#include "sample/totals.h"
#include "screen/screen.h"
#include "view/session.h"

static enum exit_code show(struct session *s)
{
	switch (s->opts->mode) {
	case MODE_JSON:
		return json_run(s);
	case MODE_CSV:
		return csv_run(s);
	case MODE_OPENMETRICS:
		return textfile_run(s);
	case MODE_LISTEN:
		return listen_run(s);
	case MODE_RESOLVE:
		return resolve_run(s);
	case MODE_BATCH:
		return batch_run(s);
	default:
		return screen_run(s);
	}
}

static enum exit_code run(const struct options *opts, const struct iommus *iommus,
			  struct recording *replay)
{
	struct session session;
	enum exit_code code = session_start(&session, opts, iommus, replay);

	if (!code) {
		code = show(&session);

		totals_explain_loss(session_now(&session));
		if (!code && opts->fail_on_loss && !snapshot_complete(session_now(&session)))
			code = EXIT_LOST;
	}
	session_stop(&session);
	return code;
}

static enum exit_code run_replay(struct options *opts)
{
	struct recording *replay;
	enum exit_code code = recording_open(&replay, opts->replay);

	if (!code) {
		if (!opts->interval_ns)
			opts->interval_ns = recording_interval_ns(replay);
		code = run(opts, recording_iommus(replay), replay);
	}
	recording_close(replay);
	return code;
}

static enum exit_code run_any(struct options *opts)
{
	static struct requirements reqs;
	static struct probes probes;
	const struct requirement *missing;
	bool host;

	if (opts->replay && opts->mode != MODE_CHECK) {
		wait_init();
		return run_replay(opts);
	}
	require_probe(&reqs);
	host = require_host(&reqs, &probes, &missing);
	if (opts->mode == MODE_CHECK)
		return host ? require_print_host(&reqs, &probes) : require_print(&reqs);

	if (host)
		opts->probes = &probes;
	else
		missing = require_first_missing(&reqs);
	if (missing) {
		msg("%s %s", missing->what, missing->detail);
		if (opts->mode != MODE_LISTEN || missing->code != EXIT_KERNEL)
			return missing->code;
		/* That a host has none is for the fleet to see, too */
		wait_init();
		return listen_without(opts, &reqs.iommus);
	}
	wait_init();
	return run(opts, &reqs.iommus, NULL);
}

int main(int argc, char **argv)
{
	struct options opts;

	opts_parse(&opts, argc, argv);
	text_init(opts.unicode);
	return output_end(run_any(&opts));
}
