// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bits and lines of the kernel's log, explained.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/hw/cause.h"
#include "lib/hw/names.h"
#include "lib/sys/vmname.h"
#include "lib/text/text.h"
#include "show/explain.h"

#define LABEL_WIDTH 44
#define TEXT_WIDTH 80

static void print_label(const struct explainer *e, const char *label)
{
	printf("%s%-*s ", e->indent, LABEL_WIDTH, label);
}

static void print_bdf(int segment, unsigned int id)
{
	if (segment >= 0)
		printf("%04x:", segment);
	printf("%02x:%02x.%x (0x%04x)\n", id >> 8 & 0xff, id >> 3 & 0x1f, id & 7, id);
}

static void print_value(const struct field *field, uint64_t value, int segment)
{
	switch (field->kind) {
	case FIELD_FLAG:
		puts("yes");
		break;
	case FIELD_DEC:
		printf("%" PRIu64 "\n", value);
		break;
	case FIELD_BDF:
		print_bdf(segment, value);
		break;
	case FIELD_COMMAND:
		puts(command_name(value));
		break;
	case FIELD_RECORD:
		puts(record_name(value));
		break;
	case FIELD_NAMED:
		puts(field->names[value]);
		break;
	default:
		printf("0x%" PRIx64 "\n", value);
	}
}

/* Returns the last of its pieces */
static const struct field *print_field(const struct explainer *e, const struct bits *bits,
				       const struct field *first)
{
	const struct field *field = first;
	uint64_t value = bits_get(bits, field->high, field->low) << field->shift;
	bool whole = true, lower = bits_known(bits, field->high, field->low);
	char label[80];

	for (; field->more; field++) {
		whole &= bits_known(bits, field[1].high, field[1].low);
		value |= bits_get(bits, field[1].high, field[1].low) << field[1].shift;
	}
	if (!lower || !bits_has(bits, first))
		return field;
	if (!value && (first->kind == FIELD_FLAG || first->quiet))
		return field;
	snprintf(label, sizeof(label), "%s%s", first->name, whole ? "" : " (lower bits)");
	print_label(e, label);
	print_value(first, value, e->segment);
	return field;
}

/* Bits that are set and belong to no field: reserved, or newer than this tool */
static void print_rest(const struct explainer *e, const struct bits *bits,
		       const struct field *fields)
{
	for (int quad = 0; quad < bits->quads; quad++) {
		uint64_t rest = bits_rest(bits, fields, quad);

		for (int bit = 0; bit < 64; bit++) {
			char label[16];

			if (!(rest >> bit & 1))
				continue;
			snprintf(label, sizeof(label), "bit %d", 64 * quad + bit);
			print_label(e, label);
			puts("is set, and is unknown here");
		}
	}
}

/* Wraps between words, under the values */
static void print_text(const struct explainer *e, const char *label, const char *text)
{
	while (*text) {
		size_t len = strlen(text);

		if (len > TEXT_WIDTH) {
			len = TEXT_WIDTH;
			while (len && text[len] != ' ')
				len--;
		}
		print_label(e, label);
		printf("%.*s\n", (int)len, text);
		text += len;
		text += *text == ' ';
		label = "";
	}
}

static void print_owner(struct explainer *e, const struct pcidev *dev)
{
	char name[VMNAME_MAX];
	pid_t pid;

	if (!e->read)
		e->read = vfio_files_read(&e->files);
	pid = vfio_owner(&e->files, dev);
	if (!pid)
		return;
	if (!vmname_from_process(name, sizeof(name), pid))
		snprintf(name, sizeof(name), "of unknown name");
	text_sanitize(name);
	print_label(e, "is now the device of");
	printf("VM %s, PID %d\n", name, pid);
}

/* Old kernels do not print the segment: then it is 0, the only one they know */
static void print_device(struct explainer *e, int segment, unsigned int devid)
{
	struct pcidev dev;

	if (!e->lookup || !pcidev_read(&dev, segment < 0 ? 0 : segment, devid))
		return;
	text_sanitize(dev.driver);
	print_label(e, "on this machine");
	printf("driver %s", *dev.driver ? dev.driver : "none");
	if (dev.group >= 0)
		printf(", IOMMU group %d", dev.group);
	if (dev.iommu >= 0)
		printf(", behind ivhd%d", dev.iommu);
	putchar('\n');
	print_owner(e, &dev);
}

static void print_bits(const struct explainer *e, enum bits_kind kind, const struct bits *bits)
{
	const struct field *fields = bits_fields(kind, bits);

	for (const struct field *field = fields; field->name; field++)
		field = print_field(e, bits, field);
	print_rest(e, bits, fields);
}

static void print_cause(const struct explainer *e, const struct bits *bits)
{
	const struct cause *cause = cause_of_event(bits);

	if (!cause)
		return;
	print_text(e, "means", cause->means);
	print_text(e, "look at", cause->next);
}

/* Records of these are about a guest or a command, not about a device */
static bool names_device(const struct bits *bits)
{
	const struct field *field = bits_fields(BITS_EVENT, bits);

	for (; field->name; field++)
		if (field->kind == FIELD_BDF)
			return bits_known(bits, field->high, field->low);
	return false;
}

void explain_bits(struct explainer *e, enum bits_kind kind, const struct bits *bits)
{
	e->segment = -1;
	print_bits(e, kind, bits);
	if (kind != BITS_EVENT)
		return;
	print_cause(e, bits);
	if (names_device(bits))
		print_device(e, -1, bits_get(bits, 15, 0));
}

static void explain_part(struct explainer *e)
{
	if (!e->parts)
		return;
	e->parts = 0;
	e->segment = -1;
	print_bits(e, e->part.bits_kind, &e->part.bits);
}

/* DTE[0] to DTE[3] are one entry */
static void add_part(struct explainer *e, const struct log_line *line)
{
	if (e->parts && (e->part.bits_kind != line->bits_kind || line->index <= e->part.index))
		explain_part(e);
	if (!e->parts)
		e->part = *line;
	for (int quad = 0; quad < line->bits.quads; quad++) {
		e->part.bits.q[quad] |= line->bits.q[quad];
		e->part.bits.known[quad] |= line->bits.known[quad];
	}
	e->part.index = line->index;
	e->parts++;
	if (line->index == 3)
		explain_part(e);
}

static void explain_whole(struct explainer *e, const struct log_line *line)
{
	e->segment = line->segment;
	if (line->kind == LOG_BITS) {
		print_bits(e, line->bits_kind, &line->bits);
		if (line->bits_kind == BITS_EVENT)
			print_cause(e, &line->bits);
	} else {
		print_text(e, "means", line->meaning);
	}
	if (line->has_dev &&
	    (line->kind != LOG_BITS || line->bits_kind != BITS_EVENT || names_device(&line->bits)))
		print_device(e, line->segment, line->devid);
}

bool explain_line(struct explainer *e, const char *text)
{
	struct log_line line;

	if (!logline_parse(&line, text))
		return false;
	if (line.kind == LOG_PART) {
		add_part(e, &line);
		return true;
	}
	explain_part(e);
	explain_whole(e, &line);
	return true;
}

void explain_end(struct explainer *e)
{
	explain_part(e);
	vfio_files_free(&e->files);
	e->read = false;
}
