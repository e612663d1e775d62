// SPDX-License-Identifier: GPL-2.0-only
/*
 * viommu-play: steps that let a device do DMA.
 */
#include <errno.h>
#include <string.h>

#include "guest/dma_engine.h"
#include "play.h"

static int target(struct play *play, int argc, char **argv, struct object **dev, uint64_t *iova,
		  uint64_t *pasid)
{
	*pasid = DMA_NO_PASID;
	*dev = object_find(play, argv[0], OBJECT_DEVICE);
	if (!*dev || !word_number(argv[1], iova) || strlen(argv[2]) >= DMA_MAX ||
	    !word_option(argc - 3, argv + 3, "pasid", pasid))
		return PLAY_USAGE;
	return (*dev)->dma ? 0 : -EOPNOTSUPP;
}

static int step_write(struct play *play, int argc, char **argv)
{
	struct object *dev;
	uint64_t iova, pasid;
	int ret = target(play, argc, argv, &dev, &iova, &pasid);

	if (ret)
		return ret;
	if (!dev->dma->write)
		return -EOPNOTSUPP;
	return dev->dma->write(dev->bar, iova, argv[2], strlen(argv[2]) + 1, pasid);
}

/* Reads @word, or tells what was there instead */
static int expect(struct play *play, const struct object *dev,
		  int (*read)(volatile void *bar, uint64_t iova, void *data, size_t len,
			      uint32_t pasid),
		  uint64_t iova, char **argv, uint64_t pasid)
{
	char data[DMA_MAX] = "";
	int ret;

	if (!read)
		return -EOPNOTSUPP;
	ret = read(dev->bar, iova, data, strlen(argv[2]) + 1, pasid);
	if (ret || !memcmp(data, argv[2], strlen(argv[2]) + 1))
		return ret;
	snprintf(play->says, sizeof(play->says), "\"%.32s\"", data);
	return -EILSEQ;
}

static int step_read(struct play *play, int argc, char **argv)
{
	struct object *dev;
	uint64_t iova, pasid;
	int ret = target(play, argc, argv, &dev, &iova, &pasid);

	return ret ? ret : expect(play, dev, dev->dma->read, iova, argv, pasid);
}

static int step_read_translated(struct play *play, int argc, char **argv)
{
	struct object *dev;
	uint64_t iova, pasid;
	int ret = target(play, argc, argv, &dev, &iova, &pasid);

	return ret ? ret : expect(play, dev, dev->dma->read_translated, iova, argv, pasid);
}

static int step_write_translated(struct play *play, int argc, char **argv)
{
	struct object *dev;
	uint64_t iova, pasid;
	int ret = target(play, argc, argv, &dev, &iova, &pasid);

	if (ret)
		return ret;
	if (!dev->dma->write_translated)
		return -EOPNOTSUPP;
	return dev->dma->write_translated(dev->bar, iova, argv[2], strlen(argv[2]) + 1, pasid);
}

static int step_translate(struct play *play, int argc, char **argv)
{
	struct object *dev;
	uint64_t iova, pasid = DMA_NO_PASID;
	bool write = !strcmp(argv[0], "write");

	argc -= write;
	argv += write;
	dev = object_find(play, argv[0], OBJECT_DEVICE);
	if (argc < 2 || !dev || !word_number(argv[1], &iova) ||
	    !word_option(argc - 2, argv + 2, "pasid", &pasid))
		return PLAY_USAGE;
	if (!dev->dma || !dev->dma->translate)
		return -EOPNOTSUPP;
	return dev->dma->translate(dev->bar, iova, write, pasid);
}

static int step_page_request(struct play *play, int argc, char **argv)
{
	struct object *dev = object_find(play, argv[0], OBJECT_DEVICE);
	uint64_t iova, group, pasid = DMA_NO_PASID;

	if (!dev || !word_number(argv[1], &iova) || !word_number(argv[2], &group) ||
	    !word_option(argc - 3, argv + 3, "pasid", &pasid))
		return PLAY_USAGE;
	if (!dev->dma || !dev->dma->page_request)
		return -EOPNOTSUPP;
	return dev->dma->page_request(dev->bar, iova, group, pasid);
}

/* The answer of the guest, which it gave in a command and waited for */
static int step_page_response(struct play *play, int argc, char **argv)
{
	struct object *dev = object_find(play, argv[0], OBJECT_DEVICE);
	unsigned int group, code;
	int ret;

	(void)argc;
	if (!dev)
		return PLAY_USAGE;
	if (!dev->dma || !dev->dma->page_response)
		return -EOPNOTSUPP;
	ret = dev->dma->page_response(dev->bar, &group, &code);
	if (!ret)
		snprintf(play->says, sizeof(play->says), "group=0x%x code=0x%x", group, code);
	return ret;
}

static int step_copy(struct play *play, int argc, char **argv)
{
	struct object *dev = object_find(play, argv[0], OBJECT_DEVICE);
	uint64_t from, to, len;

	(void)argc;
	if (!dev || !word_number(argv[1], &from) || !word_number(argv[2], &to) ||
	    !word_number(argv[3], &len) || len > DMA_MAX)
		return PLAY_USAGE;
	if (!dev->dma || !dev->dma->copy)
		return -EOPNOTSUPP;
	return dev->dma->copy(dev->bar, from, to, len);
}

static int step_hang(struct play *play, int argc, char **argv)
{
	struct object *dev = object_find(play, argv[0], OBJECT_DEVICE);

	(void)argc;
	if (!dev || (strcmp(argv[1], "on") && strcmp(argv[1], "off")))
		return PLAY_USAGE;
	if (!dev->dma || !dev->dma->hang)
		return -EOPNOTSUPP;
	return dev->dma->hang(dev->bar, !strcmp(argv[1], "on"));
}

const struct step dma_steps[] = {
	{"dma-write", "DEVICE IOVA WORD [pasid=N]", 3, 4, false, step_write, NULL},
	{"dma-read", "DEVICE IOVA WORD [pasid=N]", 3, 4, false, step_read, NULL},
	{"dma-translate", "[write] DEVICE IOVA [pasid=N]", 2, 4, false, step_translate, NULL},
	{"dma-read-translated", "DEVICE IOVA WORD [pasid=N]", 3, 4, false, step_read_translated,
	 NULL},
	{"dma-write-translated", "DEVICE IOVA WORD [pasid=N]", 3, 4, false, step_write_translated,
	 NULL},
	{"page-request", "DEVICE IOVA GROUP [pasid=N]", 3, 4, false, step_page_request, NULL},
	{"page-response", "DEVICE", 1, 1, false, step_page_response, NULL},
	{"dma-hang", "DEVICE on|off", 2, 2, false, step_hang, NULL},
	{"dma-copy", "DEVICE FROM-IOVA TO-IOVA SIZE", 4, 4, false, step_copy, NULL},
	{},
};
