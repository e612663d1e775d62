// SPDX-License-Identifier: GPL-2.0-only
/*
 * For a support case: what kind of machine it is.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <archive.h>
#include <bpf/libbpf.h>
#include <zlib.h>

#include "bundle/bundle.h"
#include "lib/sys/file.h"
#include "lib/text/jsonline.h"

void bundle_text(struct bundle *bundle, const char *name, const char *text, size_t size,
		 const char *note)
{
	char *copy = redact_text(&bundle->redact, text, &size);

	if (copy)
		bundle_archive_add(bundle->archive, name, copy, size, note);
	else
		bundle_archive_missing(bundle->archive, name, "out of memory");
	free(copy);
}

/* A file as it is, or as text that is redacted */
static bool add_file(struct bundle *bundle, const char *name, const char *path, bool raw)
{
	size_t size;
	bool more;
	char *data = file_read(path, BUNDLE_MEMBER_MAX, &size, &more);
	const char *note = more ? "only its beginning" : NULL;

	if (!data) {
		bundle_archive_missing(bundle->archive, name, "%s: %s", path, strerror(errno));
		return false;
	}
	if (raw)
		bundle_archive_add(bundle->archive, name, data, size, note);
	else
		bundle_text(bundle, name, data, size, note);
	free(data);
	return true;
}

static void add_json(struct bundle *bundle, const char *name, struct json_object *object)
{
	const char *text = json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);

	bundle_archive_add(bundle->archive, name, text, strlen(text), NULL);
	json_object_put(object);
}

static void add_versions(struct bundle *bundle)
{
	struct json_object *object = json_object_new_object();
	struct utsname name;

	json_add_string(object, "tool", "viommu-trace " VERSION);
	json_add_string(object, "libbpf", libbpf_version_string());
	json_add_string(object, "libarchive", archive_version_string());
	json_add_string(object, "json_c", json_c_version());
	if (!uname(&name)) {
		json_add_string(object, "kernel", name.release);
		json_add_string(object, "kernel_build", name.version);
		json_add_string(object, "machine", name.machine);
	}
	json_object_object_add(object, "kernel_btf",
			       json_object_new_boolean(!access("/sys/kernel/btf/vmlinux", R_OK)));
	json_add_u64(object, "uid", getuid());
	add_json(bundle, "versions.json", object);
}

/* The command line that is built into a kernel is one, too */
static void put_config(struct bundle *bundle, FILE *out, const char *text, size_t size)
{
	static const char key[] = "CONFIG_CMDLINE=\"";
	const char *end = text + size, *next;

	for (const char *line = text; line < end; line = next) {
		const char *newline = memchr(line, '\n', end - line), *at = line + strlen(key);

		next = newline ? newline + 1 : end;
		if (!bundle->redact.parameters || (size_t)(next - line) <= strlen(key) + 2 ||
		    strncmp(line, key, strlen(key))) {
			fwrite(line, 1, next - line, out);
			continue;
		}
		fputs(key, out);
		redact_parameters(&bundle->redact, out, at, next - 2);
		fputs("\"\n", out);
	}
}

static void add_config(struct bundle *bundle, const char *name, const char *text, size_t size,
		       bool more)
{
	char *copy = NULL;
	size_t length;
	FILE *out = open_memstream(&copy, &length);

	if (!out)
		return;
	put_config(bundle, out, text, size);
	if (!fclose(out))
		bundle_archive_add(bundle->archive, name, copy, length,
				   more ? "only its beginning" : NULL);
	free(copy);
}

static void add_kernel_config(struct bundle *bundle)
{
	static const char name[] = "kernel-config";
	const char *path = "/proc/config.gz";
	char *text = malloc(BUNDLE_MEMBER_MAX), boot[256];
	struct utsname uts;
	gzFile file;
	int size = -1;

	if (access(path, R_OK)) {
		uname(&uts);
		snprintf(boot, sizeof(boot), "/boot/config-%s", uts.release);
		path = boot;
	}
	/* What is not compressed is read as it is */
	file = text ? gzopen(path, "re") : NULL;
	if (file)
		size = gzread(file, text, BUNDLE_MEMBER_MAX);
	if (size >= 0)
		add_config(bundle, name, text, size, size == BUNDLE_MEMBER_MAX);
	else
		bundle_archive_missing(bundle->archive, name, "%s: %s", path,
				       file ? "it cannot be unpacked" : strerror(errno));
	if (file)
		gzclose(file);
	free(text);
}

static void add_cmdline(struct bundle *bundle)
{
	static const char name[] = "cmdline.txt", path[] = "/proc/cmdline";
	size_t size;
	bool more;
	char *text = file_read(path, BUNDLE_MEMBER_MAX, &size, &more);
	char *copy = text ? redact_cmdline(&bundle->redact, text, &size) : NULL;

	if (copy)
		bundle_archive_add(bundle->archive, name, copy, size, NULL);
	else
		bundle_archive_missing(bundle->archive, name, "%s: %s", path, strerror(errno));
	free(copy);
	free(text);
}

/* What sysfs says of each IOMMU: no addresses among it */
static void add_iommus(struct bundle *bundle)
{
	glob_t found;

	if (glob("/sys/class/iommu/ivhd*/amd-iommu/*", 0, NULL, &found)) {
		bundle_archive_missing(
			bundle->archive, "sysfs",
			"there is no /sys/class/iommu/ivhd*: no AMD IOMMU is in use");
		return;
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];
		char name[256];

		snprintf(name, sizeof(name), "sysfs%s", path + strlen("/sys"));
		add_file(bundle, name, path, true);
	}
	globfree(&found);
}

static void add_ivrs(struct bundle *bundle)
{
	static const char path[] = "/sys/firmware/acpi/tables/IVRS";
	size_t size;
	bool more;
	char *data = file_read(path, BUNDLE_MEMBER_MAX, &size, &more);

	if (!data) {
		bundle_archive_missing(bundle->archive, "acpi/IVRS", "%s: %s", path,
				       strerror(errno));
		return;
	}
	redact_ivrs(&bundle->redact, (unsigned char *)data, size);
	bundle_archive_add(bundle->archive, "acpi/IVRS", data, size,
			   more ? "only its beginning" : NULL);
	free(data);
}

/* A link's target without its path, such as the driver of a device */
static void read_name(char *buf, size_t len, const char *dir, const char *link)
{
	char path[512], target[512];
	ssize_t n;
	char *slash;

	snprintf(path, sizeof(path), "%s/%s", dir, link);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	slash = strrchr(target, '/');
	snprintf(buf, len, "%s", slash ? slash + 1 : "-");
}

static void add_groups(struct bundle *bundle)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	glob_t found;

	if (!out)
		return;
	if (!glob("/sys/kernel/iommu_groups/*/devices/*", 0, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			const char *path = found.gl_pathv[i];
			unsigned int group = 0;
			char driver[64];

			sscanf(path, "/sys/kernel/iommu_groups/%u", &group);
			read_name(driver, sizeof(driver), path, "driver");
			fprintf(out, "%u %s %s\n", group, strrchr(path, '/') + 1, driver);
		}
		globfree(&found);
	}
	fclose(out);
	if (size)
		bundle_archive_add(bundle->archive, "iommu-groups.txt", text, size, NULL);
	else
		bundle_archive_missing(bundle->archive, "iommu-groups.txt",
				       "there are no IOMMU groups");
	free(text);
}

/* One processor is like the others */
static void add_cpuinfo(struct bundle *bundle)
{
	size_t size;
	bool more;
	char *text = file_read("/proc/cpuinfo", BUNDLE_MEMBER_MAX, &size, &more), *end, *all;

	if (!text) {
		bundle_archive_missing(bundle->archive, "cpuinfo.txt", "%s", strerror(errno));
		return;
	}
	end = memmem(text, size, "\n\n", 2);
	if (end)
		size = end + 1 - text;
	if (asprintf(&all, "processors\t: %ld\n%.*s", sysconf(_SC_NPROCESSORS_ONLN), (int)size,
		     text) >= 0) {
		bundle_archive_add(bundle->archive, "cpuinfo.txt", all, strlen(all), NULL);
		free(all);
	}
	free(text);
}

void bundle_machine(struct bundle *bundle)
{
	add_versions(bundle);
	add_file(bundle, "os-release", "/etc/os-release", true);
	add_cmdline(bundle);
	add_kernel_config(bundle);
	add_iommus(bundle);
	add_ivrs(bundle);
	add_groups(bundle);
	add_file(bundle, "meminfo.txt", "/proc/meminfo", true);
	add_cpuinfo(bundle);
}
