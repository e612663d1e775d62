// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metrics of IOMMUs and devices that are known without our driver.
 */
#include <stdio.h>

#include "lib/hw/bdf.h"
#include "lib/hw/names.h"
#include "out/metrics.h"
#include "sample/totals.h"

static void write_commands(struct expo *e, const struct host_view *host)
{
	static const struct expo_family family = {"iommu_commands", EXPO_COUNTER, NULL,
						  "Commands queued for an IOMMU, by type."};

	expo_family(e, &family);
	for (size_t i = 0; i < host->nr_iommus; i++) {
		for (int opcode = 0; opcode < VTR_OPCODES; opcode++) {
			if (!host->iommu[i].seen.cmds[opcode])
				continue;
			expo_sample(e, "");
			expo_label_u64(e, "iommu", "ivhd", host->iommu[i].index);
			expo_label(e, "command", command_name(opcode));
			expo_u64(e, host->iommu[i].seen.cmds[opcode]);
		}
	}
}

static uint64_t get_wait_errors(const struct vh_iommu *seen)
{
	return seen->wait_errors;
}

static uint64_t get_events(const struct vh_iommu *seen)
{
	return seen->events;
}

static const struct iommu_metric {
	struct expo_family family;
	enum vt_counter total;
	uint64_t (*get)(const struct vh_iommu *seen);
} iommu_metrics[] = {
	{{"iommu_wait_errors", EXPO_COUNTER, NULL, "Completion waits of an IOMMU that timed out."},
	 VT_WAIT_ERROR,
	 get_wait_errors},
	{{"iommu_events", EXPO_COUNTER, NULL, "Records of an IOMMU's event log."},
	 VT_EVENT,
	 get_events},
};

static void write_iommu_metric(struct expo *e, const struct snapshot *now,
			       const struct iommu_metric *metric)
{
	if (!totals_known(now, metric->total))
		return;
	expo_family(e, &metric->family);
	for (size_t i = 0; i < now->host.nr_iommus; i++) {
		expo_sample(e, "");
		expo_label_u64(e, "iommu", "ivhd", now->host.iommu[i].index);
		expo_u64(e, metric->get(&now->host.iommu[i].seen));
	}
}

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

	write_commands(e, &now->host);
	for (size_t i = 0; i < sizeof(iommu_metrics) / sizeof(*iommu_metrics); i++)
		write_iommu_metric(e, now, &iommu_metrics[i]);
	for (size_t i = 0; i < sizeof(device_metrics) / sizeof(*device_metrics); i++)
		write_device_metric(e, now, &device_metrics[i]);
}
