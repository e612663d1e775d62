// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events by name, and what they tell.
 */
#include "lib/hw/event_table.h"

#define RET                    \
	{                      \
		"ret", ARG_RET \
	}
#define TYPE(event, ...) [VTR_##event] = {.name = "viommu_" #event, .arg = {__VA_ARGS__}}

const struct event_type event_types[VTR_NR_EVENTS] = {
	TYPE(guest_id_alloc, RET),
	TYPE(guest_id_free),
	TYPE(init, {"serial", ARG_NUMBER}, RET),
	TYPE(destroy, {"serial", ARG_NUMBER}, {"cmds", ARG_NUMBER}, {"events", ARG_NUMBER}),
	TYPE(vf_page_alloc, {"offset", ARG_HEX}, RET),
	TYPE(vf_page_free, {"offset", ARG_HEX}),
	TYPE(reset, RET),
	TYPE(cmd_submit, {"seq", ARG_NUMBER}, {"cmd", ARG_COMMAND}),
	TYPE(cmd_complete, {"seq", ARG_NUMBER}, RET),
	TYPE(event_record, {"record", ARG_RECORD}),
	TYPE(event_log_overflow),
	TYPE(event_log_restart),
	TYPE(ipa_map, {"ipa", ARG_HEX}, {"size", ARG_HEX}, RET),
	TYPE(ipa_unmap, {"ipa", ARG_HEX}, {"size", ARG_HEX}),
	TYPE(tables_init, RET),
	TYPE(tables_uninit),
	TYPE(devid_map, {"gdev_id", ARG_BDF}, {"hdev_id", ARG_BDF}, RET),
	TYPE(devid_unmap, {"gdev_id", ARG_BDF}, {"hdev_id", ARG_BDF}),
	TYPE(domid_map, {"gdom_id", ARG_NUMBER}, {"hdom_id", ARG_NUMBER}, RET),
	TYPE(domain_alloc, {"gdom_id", ARG_NUMBER}, {"hdom_id", ARG_NUMBER}, RET),
	TYPE(domid_unmap, {"gdom_id", ARG_NUMBER}, {"hdom_id", ARG_NUMBER}),
	TYPE(domain_free, {"gdom_id", ARG_NUMBER}, {"hdom_id", ARG_NUMBER}),
	TYPE(domain_attach, {"hdev_id", ARG_BDF}, {"gdom_id", ARG_NUMBER}, {"hdom_id", ARG_NUMBER},
	     RET),
	TYPE(vdevice_init, {"gdev_id", ARG_BDF}, {"hdev_id", ARG_BDF}, RET),
	TYPE(vdevice_destroy, {"gdev_id", ARG_BDF}, {"hdev_id", ARG_BDF}),
	TYPE(trans_devid_alloc, {"trans_devid", ARG_BDF}, RET),
	TYPE(trans_devid_free, {"trans_devid", ARG_BDF}),
	TYPE(trans_dte_clear, {"trans_devid", ARG_BDF}),
	TYPE(trans_dte_set, {"trans_devid", ARG_BDF}, {"hdom_id", ARG_NUMBER}),
	TYPE(trans_devid_relocate, {"from", ARG_BDF}, {"to", ARG_BDF}, RET),
	TYPE(event_deliver, {"record", ARG_RECORD}, {"", ARG_END}, RET),
	TYPE(queue_init, {"queue", ARG_QUEUE}, {"base", ARG_HEX}, {"size", ARG_HEX}, RET),
	TYPE(control, {"control", ARG_HEX}, RET),
	TYPE(queue_enable, {"queue", ARG_QUEUE}, {"reg", ARG_HEX}),
	TYPE(queue_disable, {"queue", ARG_QUEUE}, RET),
	TYPE(queue_destroy, {"queue", ARG_QUEUE}),
	TYPE(queue_overflow, {"queue", ARG_QUEUE}),
	TYPE(queue_stuck, {"queue", ARG_QUEUE}, {"head", ARG_HEX}, {"tail", ARG_HEX},
	     {"stuck", ARG_NS}),
	TYPE(invalidate, {"cmd", ARG_COMMAND}, {"", ARG_END}, RET),
	TYPE(queue_fault, {"queue", ARG_QUEUE}, {"record", ARG_RECORD}),
	TYPE(device_cut_off, {"hdev_id", ARG_BDF}),
	TYPE(irq_set, {"irq", ARG_QUEUE}, {"on", ARG_NUMBER}, RET),
	TYPE(irq, {"irq", ARG_QUEUE}, {"count", ARG_NUMBER}),
};

unsigned int event_words(const struct event_type *type)
{
	for (unsigned int i = VTR_ARGS; i--;) {
		enum arg_kind kind = type->arg[i].kind;

		if (kind == ARG_COMMAND || kind == ARG_RECORD)
			return i + 2 < VTR_ARGS ? i + 2 : VTR_ARGS;
		if (kind != ARG_END)
			return i + 1;
	}
	return 0;
}

unsigned int event_command(const struct event_type *type)
{
	unsigned int i;

	for (i = 0; i < VTR_ARGS; i++)
		if (type->arg[i].kind == ARG_COMMAND || type->arg[i].kind == ARG_RECORD)
			break;
	return i;
}
