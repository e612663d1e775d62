// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metrics of devices that are known without our driver.
 */
#include <stdio.h>

#include "lib/hw/bdf.h"
#include "out/metrics.h"
#include "sample/totals.h"

static uint64_t get_device_waits(const struct host_device *device)
{
	return device->waits;
}

static uint64_t get_device_events(const struct host_device *device)
{
	return device->events;
}

static const struct device_metric {
	struct expo_family family;
	enum vt_counter total;
	uint64_t (*get)(const struct host_device *device);
} device_metrics[] = {
	{{"device_flushes", EXPO_COUNTER, NULL, "Completion waits for commands for a device."},
	 VT_WAIT,
	 get_device_waits},
	{{"device_events", EXPO_COUNTER, NULL, "Records of event logs that name a device."},
	 VT_EVENT,
	 get_device_events},
};

static void write_device_metric(struct expo *e, const struct snapshot *now,
				const struct device_metric *metric)
{
	if (!totals_known(now, metric->total))
		return;
	expo_family(e, &metric->family);
	for (size_t i = 0; i < now->host.nr_devices; i++) {
		const struct host_device *device = &now->host.device[i];
		char bdf[BDF_MAX], address[BDF_MAX + 8];

		bdf_format(bdf, sizeof(bdf), device->devid);
		snprintf(address, sizeof(address), "%04x:%s", device->segment, bdf);
		expo_sample(e, "");
		expo_label(e, "device", address);
		expo_label(e, "driver", device->driver);
		expo_u64(e, metric->get(device));
	}
}

void metrics_write_host(struct expo *e, const struct session *s)
{
	const struct snapshot *now = session_now(s);

	for (size_t i = 0; i < sizeof(device_metrics) / sizeof(*device_metrics); i++)
		write_device_metric(e, now, &device_metrics[i]);
}
