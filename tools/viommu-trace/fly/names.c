// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of the flight recorder.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fly/names.h"
#include "lib/sys/array.h"
#include "lib/sys/clock.h"

#define NSEC_PER_SEC 1000000000ull
#define PREFIX "viommu-"

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), of_end = strlen(end);

	return len > of_end && !strcmp(name + len - of_end, end);
}

static bool is_ours(const char *name)
{
	return !strncmp(name, PREFIX, strlen(PREFIX));
}

static bool exists(int directory, const char *name)
{
	char part[NAME_MAX + 1];
	struct stat st;

	snprintf(part, sizeof(part), "%s" FLY_PART, name);
	return !fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) ||
	       !fstatat(directory, part, &st, AT_SYMLINK_NOFOLLOW);
}

char *names_new(int directory, uint64_t ns, const char *what)
{
	time_t seconds = clock_real_ns(ns) / NSEC_PER_SEC;
	char when[32], more[16] = "";
	struct tm tm;
	char *name;

	gmtime_r(&seconds, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	for (unsigned int i = 2;; i++) {
		if (asprintf(&name, PREFIX "%s%s%s%s" FLY_TRACE, when, what ? "-" : "",
			     what ? what : "", more) < 0)
			return NULL;
		if (!exists(directory, name))
			return name;
		free(name);
		snprintf(more, sizeof(more), "-%u", i);
	}
}

/* A stream of its own, that begins with the first file */
static DIR *open_list(int directory)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

static bool add(struct names_list *list, int directory, const char *name)
{
	struct names_file *file;
	struct stat st;

	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
		return true;
	file = array_add(&list->file, &list->nr, &list->room, sizeof(*file));
	if (!file)
		return false;
	file->name = strdup(name);
	file->bytes = st.st_size;
	file->real_ns = st.st_mtim.tv_sec * NSEC_PER_SEC + st.st_mtim.tv_nsec;
	if (file->name)
		return true;
	list->nr--;
	return false;
}

static int by_name(const void *a, const void *b)
{
	const struct names_file *one = a, *other = b;

	return strcmp(one->name, other->name);
}

bool names_read(struct names_list *list, int directory)
{
	DIR *dir = open_list(directory);
	struct dirent *entry;
	bool good = dir;

	*list = (struct names_list){};
	while (good && (entry = readdir(dir)))
		if (is_ours(entry->d_name) &&
		    (ends_with(entry->d_name, FLY_TRACE) || ends_with(entry->d_name, FLY_BUNDLE)))
			good = add(list, directory, entry->d_name);
	if (dir)
		closedir(dir);
	if (list->nr)
		qsort(list->file, list->nr, sizeof(*list->file), by_name);
	return good;
}

uint64_t names_bytes(const struct names_list *list)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < list->nr; i++)
		bytes += list->file[i].bytes;
	return bytes;
}

void names_free(struct names_list *list)
{
	for (size_t i = 0; i < list->nr; i++)
		free(list->file[i].name);
	free(list->file);
	*list = (struct names_list){};
}

unsigned int names_trim(int directory, uint64_t max_bytes, const char *keep)
{
	size_t same = keep ? strlen(keep) : 0;
	unsigned int deleted = 0;
	struct names_list list;
	uint64_t bytes;

	names_read(&list, directory);
	bytes = names_bytes(&list);
	for (size_t i = 0; i < list.nr && bytes > max_bytes; i++) {
		const struct names_file *file = &list.file[i];

		if ((keep && !strncmp(file->name, keep, same)) ||
		    unlinkat(directory, file->name, 0))
			continue;
		bytes -= file->bytes;
		deleted++;
	}
	names_free(&list);
	return deleted;
}

/* What is empty tells nothing */
static bool rescue(int directory, const char *part)
{
	char name[NAME_MAX + 1];
	struct stat st;

	if (fstatat(directory, part, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
		return false;
	if (!st.st_size) {
		unlinkat(directory, part, 0);
		return false;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(strlen(part) - strlen(FLY_PART)), part);
	return !linkat(directory, part, directory, name, 0) && !unlinkat(directory, part, 0);
}

unsigned int names_rescue(int directory)
{
	DIR *dir = open_list(directory);
	unsigned int rescued = 0;
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (is_ours(entry->d_name) && ends_with(entry->d_name, FLY_TRACE FLY_PART))
			rescued += rescue(directory, entry->d_name);
	if (dir)
		closedir(dir);
	return rescued;
}
