// SPDX-License-Identifier: GPL-2.0-only
/*
 * For a support case: VMs by name, and what debugfs has of guests.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle/bundle.h"
#include "bundle/redact_debugfs.h"
#include "lib/sys/debugfs.h"
#include "lib/sys/file.h"
#include "lib/text/text.h"

/*
 * Names
 */

/* Whoever may have a vIOMMU: programs with options that look alike are many */
static bool has_iommufd(const char *pid)
{
	char path[64], target[64];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		target[n > 0 ? n : 0] = '\0';
		found = !strcmp(target, "/dev/iommu");
	}
	if (dir)
		closedir(dir);
	return found;
}

static void learn_process(struct bundle *bundle, const char *pid)
{
	char name[VMNAME_MAX];

	if (has_iommufd(pid) && vmname_from_process(name, sizeof(name), atoi(pid)))
		redact_learn(&bundle->redact, name);
}

void bundle_names(struct bundle *bundle)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			learn_process(bundle, entry->d_name);
	if (proc)
		closedir(proc);
}

/* The owner of a guest, as its state has it */
static void learn_owner(struct bundle *bundle, const char *text, size_t size)
{
	const char *at = memmem(text, size, "\nowner:", 7);
	char name[VMNAME_MAX], comm[17];
	int pid;

	if (!at || sscanf(at, "\nowner: %d (%16[^\n]", &pid, comm) != 2)
		return;
	comm[strcspn(comm, ")")] = '\0';
	vmname_lookup(name, sizeof(name), pid, comm, 0);
	redact_learn(&bundle->redact, name);
}

/*
 * Files
 */

/**
 * struct tree - Where files are
 * @dir:  directory
 * @name: of it in the archive
 */
struct tree {
	char dir[512];
	char name[256];
};

static void add_file(struct bundle *bundle, const struct tree *tree, const char *file)
{
	char path[sizeof(tree->dir) + 64], name[sizeof(tree->name) + 64];
	size_t size;
	bool more;
	char *text, *copy;

	snprintf(path, sizeof(path), "%s/%s", tree->dir, file);
	snprintf(name, sizeof(name), "%s/%s", tree->name, file);
	text = file_read(path, BUNDLE_GUEST_FILE_MAX, &size, &more);
	if (!text) {
		bundle_archive_missing(bundle->archive, name, "%s", strerror(errno));
		return;
	}
	if (!strcmp(file, "state"))
		learn_owner(bundle, text, size);
	copy = redact_debugfs(&bundle->redact, file, text, &size);
	if (copy)
		bundle_archive_add(bundle->archive, name, copy, size,
				   more ? "only its beginning" : NULL);
	else
		bundle_archive_missing(bundle->archive, name, "out of memory");
	free(text);
	free(copy);
}

static bool below(struct tree *to, const struct tree *from, const char *name)
{
	return snprintf(to->dir, sizeof(to->dir), "%s/%s", from->dir, name) <
		       (int)sizeof(to->dir) &&
	       snprintf(to->name, sizeof(to->name), "%s/%s", from->name, name) <
		       (int)sizeof(to->name);
}

static void add_guest(struct bundle *bundle, const struct tree *iommu, const char *guest)
{
	static const char *const files[] = {"state", "vdevices", "domains",   "queues",
					    "quota", "ipa",	 "registers", "tables"};
	struct tree tree;

	for (size_t i = 0; below(&tree, iommu, guest) && i < sizeof(files) / sizeof(*files); i++)
		add_file(bundle, &tree, files[i]);
}

static void add_iommu(struct bundle *bundle, const struct tree *tree, unsigned int *guests)
{
	DIR *dir = opendir(tree->dir);
	struct dirent *entry;

	if (!dir)
		return;
	add_file(bundle, tree, "default_pages");
	add_file(bundle, tree, "trans_devids");
	while ((entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (++*guests <= BUNDLE_GUESTS_MAX)
			add_guest(bundle, tree, entry->d_name);
	}
	closedir(dir);
}

void bundle_guests(struct bundle *bundle)
{
	const struct tree root = {DEBUGFS_DIR, BUNDLE_DEBUGFS};
	DIR *dir = opendir(root.dir);
	struct dirent *entry;
	unsigned int guests = 0, iommus = 0;

	if (!dir) {
		bundle_archive_missing(bundle->archive, BUNDLE_DEBUGFS, "%s: %s", root.dir,
				       strerror(errno));
		return;
	}
	while ((entry = readdir(dir))) {
		char name[300];
		struct tree tree;

		snprintf(name, sizeof(name), "%s/viommu", entry->d_name);
		if (strncmp(entry->d_name, "iommu", 5) || !below(&tree, &root, name))
			continue;
		iommus++;
		add_iommu(bundle, &tree, &guests);
	}
	closedir(dir);
	if (!iommus)
		bundle_archive_missing(bundle->archive, BUNDLE_DEBUGFS, "no IOMMU has files there");
	if (guests > BUNDLE_GUESTS_MAX)
		bundle_archive_missing(bundle->archive, BUNDLE_DEBUGFS,
				       "%u more guests, there is room for %u",
				       guests - BUNDLE_GUESTS_MAX, BUNDLE_GUESTS_MAX);
}
