/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose an ID is.
 */
#ifndef TOP_VIEW_ID_H
#define TOP_VIEW_ID_H

#include <stdbool.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * enum id_kind - Kinds of IDs
 * @ID_GUEST:        guest ID: gid:5, or gid:0:5 on the IOMMU ivhd0
 * @ID_GUEST_DEVICE: device ID of a guest: gdev:00:02.0, gdev:0x10
 * @ID_HOST_DEVICE:  requester ID of the host: hdev:0000:00:08.0, hdev:00:08.0
 * @ID_HOST_DOMAIN:  domain ID of the host: hdom:17
 * @ID_TRANS:        translation device ID: trans:0x1200, trans:12:00.0
 */
enum id_kind {
	ID_GUEST,
	ID_GUEST_DEVICE,
	ID_HOST_DEVICE,
	ID_HOST_DOMAIN,
	ID_TRANS,
};

/**
 * struct id - What is asked for
 * @kind:    of it
 * @number:  the ID
 * @iommu:   index of the IOMMU that it is on, -1 for any
 * @segment: PCI segment, -1 for any
 * @text:    as it was given
 */
struct id {
	enum id_kind kind;
	unsigned int number;
	int iommu;
	int segment;
	const char *text;
};

/**
 * resolve_parse() - Understand what is asked for
 * @id:   result
 * @text: KIND:ID, a PCI address with its segment, or a line of the kernel's log
 *
 * Return: NULL, or what is wrong with it.
 */
const char *resolve_parse(struct id *id, const char *text);

/**
 * resolve_parse_log() - Understand a line of the kernel's log
 * @id:   result: the device that it names, or the guest
 * @text: the line
 *
 * Return: false if it names none.
 */
bool resolve_parse_log(struct id *id, const char *text);

#endif /* TOP_VIEW_ID_H */
