/* SPDX-License-Identifier: MIT */
#include "live/bpf/pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "live/xdp/forward_io.h"

#define PIN_NAME_MAX 64u
#define NEW_PREFIX   "new_"
#define PATH_BYTES   320

static const char *const prefixes[] = {
	[LIVE_PIN_LINK] = "link_",
	[LIVE_PIN_BESIDE] = "beside_",
};

bool
live_pin_name_fits(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-_");
	return length > 0 && length <= PIN_NAME_MAX && name[length] == '\0';
}

bool
live_bpffs_mounted(void)
{
	struct statfs fs;
	return statfs(LIVE_BPFFS, &fs) == 0 &&
	       (uint32_t)fs.f_type == BPF_FS_MAGIC;
}

static int
make_folders(const char *folder)
{
	char path[PATH_BYTES];
	(void)snprintf(path, sizeof(path), "%s", folder);
	for (char *slash = path + strlen(LIVE_PINS_ROOT); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -errno;
}

/* The folder, locked: a descriptor or -errno. */
static int
lock_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	int code = errno == EWOULDBLOCK ? EBUSY : errno;
	(void)close(fd);
	return -code;
}

static void
say_busy(const char *name, int code, const char *folder, char *error,
    size_t error_bytes)
{
	if (code == EBUSY)
		(void)snprintf(error, error_bytes,
		    "a fairlead live with --pin-name %s is running: end it "
		    "first, or use another name",
		    name);
	else
		(void)snprintf(error, error_bytes, "%s: %s%s", folder,
		    strerror(code),
		    code == EPERM || code == EACCES ? ": run it as root" : "");
}

int
live_pins_open(
    struct live_pins *pins, const char *name, char *error, size_t error_bytes)
{
	pins->lock = -1;
	(void)snprintf(pins->folder, sizeof(pins->folder),
	    LIVE_PINS_ROOT "/%u/%s", FORWARD_LAYOUT, name);
	if (!live_bpffs_mounted()) {
		(void)snprintf(error, error_bytes,
		    "%s is no BPF file system: mount -t bpf bpf %s", LIVE_BPFFS,
		    LIVE_BPFFS);
		return -ENODEV;
	}
	int rc = make_folders(pins->folder);
	if (rc == 0)
		rc = lock_folder(pins->folder);
	if (rc >= 0) {
		pins->lock = rc;
		return 0;
	}
	say_busy(name, -rc, pins->folder, error, error_bytes);
	return rc;
}

bool
live_pins_busy(const char *name)
{
	char folder[128];
	(void)snprintf(folder, sizeof(folder), LIVE_PINS_ROOT "/%u/%s",
	    FORWARD_LAYOUT, name);
	int rc = lock_folder(folder);
	if (rc >= 0)
		(void)close(rc);
	return rc == -EBUSY;
}

void
live_pins_close(struct live_pins *pins)
{
	if (pins->lock >= 0)
		(void)close(pins->lock);
	pins->lock = -1;
}

static const char *
path_of(const struct live_pins *pins, const char *prefix, const char *what,
    char path[PATH_BYTES])
{
	(void)snprintf(path, PATH_BYTES, "%s/%s%s", pins->folder, prefix, what);
	return path;
}

int
live_pin_get(const struct live_pins *pins, const char *what)
{
	char path[PATH_BYTES];
	int fd = bpf_obj_get(path_of(pins, "", what, path));
	return fd >= 0 ? fd : -errno;
}

int
live_pin_put(const struct live_pins *pins, const char *what, int fd)
{
	char path[PATH_BYTES], new[PATH_BYTES];
	(void)path_of(pins, "", what, path);
	(void)path_of(pins, NEW_PREFIX, what, new);
	(void)unlink(new); /* of one who was killed here */
	if (bpf_obj_pin(fd, new) != 0)
		return -errno;
	return rename(new, path) == 0 ? 0 : -errno;
}

int
live_pin_remove(const struct live_pins *pins, const char *what)
{
	char path[PATH_BYTES];
	return unlink(path_of(pins, "", what, path)) == 0 ? 0 : -errno;
}

void *
live_map_value(int map, size_t *bytes)
{
	struct bpf_map_info info = { 0 };
	uint32_t info_bytes = sizeof(info), zero = 0;
	if (bpf_obj_get_info_by_fd(map, &info, &info_bytes) != 0)
		return NULL;
	void *value = malloc(info.value_size + 8u);
	if (value != NULL && bpf_map_lookup_elem(map, &zero, value) != 0) {
		free(value);
		return NULL;
	}
	*bytes = info.value_size;
	return value;
}

uint32_t
live_map_entries(int map)
{
	struct bpf_map_info info = { 0 };
	uint32_t bytes = sizeof(info);
	return bpf_obj_get_info_by_fd(map, &info, &bytes) == 0
		   ? info.max_entries
		   : 0;
}

static const char *
name_of(enum live_pin_kind kind, uint32_t ifindex, char name[32])
{
	(void)snprintf(name, 32, "%s%u", prefixes[kind], ifindex);
	return name;
}

int
live_pin_on_get(
    const struct live_pins *pins, enum live_pin_kind kind, uint32_t ifindex)
{
	char name[32];
	return live_pin_get(pins, name_of(kind, ifindex, name));
}

int
live_pin_on_put(const struct live_pins *pins, enum live_pin_kind kind,
    uint32_t ifindex, int fd)
{
	char name[32];
	return live_pin_put(pins, name_of(kind, ifindex, name), fd);
}

int
live_pin_on_remove(
    const struct live_pins *pins, enum live_pin_kind kind, uint32_t ifindex)
{
	char name[32];
	return live_pin_remove(pins, name_of(kind, ifindex, name));
}

/* 0: the name is of something else. */
static uint32_t
ifindex_of(const char *name)
{
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t bytes = strlen(prefixes[i]);
		if (strncmp(name, prefixes[i], bytes) == 0)
			return (uint32_t)strtoul(name + bytes, NULL, 10);
	}
	return 0;
}

size_t
live_pin_links(const struct live_pins *pins, uint32_t *ifindexes, size_t max)
{
	size_t count = 0;
	DIR *dir = opendir(pins->folder);
	const struct dirent *entry;
	while (dir != NULL && count < max && (entry = readdir(dir)) != NULL) {
		uint32_t ifindex = ifindex_of(entry->d_name);
		if (ifindex != 0)
			ifindexes[count++] = ifindex;
	}
	if (dir != NULL)
		(void)closedir(dir);
	return count;
}

static uint32_t
program_of(const char *path)
{
	struct bpf_link_info info = { 0 };
	uint32_t bytes = sizeof(info);
	int link = bpf_obj_get(path);
	if (link < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(link, &info, &bytes) != 0)
		info.prog_id = 0;
	(void)close(link);
	return info.prog_id;
}

bool
live_pins_who(
    uint32_t ifindex, uint32_t program, char name[LIVE_PIN_NAME_BYTES])
{
	char pattern[64];
	glob_t found = { 0 };
	bool ours = false;
	(void)snprintf(pattern, sizeof(pattern), LIVE_PINS_ROOT "/*/*/%s%u",
	    prefixes[LIVE_PIN_LINK], ifindex);
	if (glob(pattern, 0, NULL, &found) != 0)
		return false;
	for (size_t i = 0; !ours && i < found.gl_pathc; i++) {
		char *path = found.gl_pathv[i];
		if (program == 0 || program_of(path) != program)
			continue;
		*strrchr(path, '/') = '\0';
		(void)snprintf(
		    name, LIVE_PIN_NAME_BYTES, "%s", strrchr(path, '/') + 1);
		ours = true;
	}
	globfree(&found);
	return ours;
}

/* --- removing ------------------------------------------------------------ */

/* All files of a folder: how many, or -errno. */
static int
remove_files(const char *folder)
{
	int count = 0;
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	if (dir == NULL)
		return -errno;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) == 0)
			count++;
	}
	(void)closedir(dir);
	return count;
}

/* The folders above, unless others are in them. */
static void
remove_parents(const char *folder)
{
	char path[PATH_BYTES];
	(void)snprintf(path, sizeof(path), "%s", folder);
	for (int i = 0; i < 2; i++) {
		*strrchr(path, '/') = '\0';
		(void)rmdir(path);
	}
}

void
live_pins_clear(struct live_pins *pins)
{
	(void)remove_files(pins->folder);
	(void)rmdir(pins->folder);
	remove_parents(pins->folder);
}

static int
remove_folder(const char *name, struct live_pins *pins,
    void (*first)(const struct live_pins *pins), char *error,
    size_t error_bytes)
{
	pins->lock = lock_folder(pins->folder);
	if (pins->lock == -ENOENT)
		return 0;
	int rc = pins->lock;
	if (rc >= 0) {
		first(pins);
		rc = remove_files(pins->folder);
		(void)rmdir(pins->folder);
		live_pins_close(pins);
	}
	if (rc < 0)
		say_busy(name, -rc, pins->folder, error, error_bytes);
	return rc;
}

int
live_pins_remove(const char *name, void (*first)(const struct live_pins *pins),
    char *error, size_t error_bytes)
{
	struct live_pins pins;
	int count = 0, rc = 0;
	const struct dirent *version;
	DIR *root = opendir(LIVE_PINS_ROOT);
	if (root == NULL) {
		if (errno == ENOENT)
			return 0;
		say_busy(name, errno, LIVE_PINS_ROOT, error, error_bytes);
		return -errno;
	}
	while (rc >= 0 && (version = readdir(root)) != NULL) {
		if (version->d_name[0] == '.')
			continue;
		(void)snprintf(pins.folder, sizeof(pins.folder),
		    LIVE_PINS_ROOT "/%.32s/%.64s", version->d_name, name);
		rc = remove_folder(name, &pins, first, error, error_bytes);
		if (rc > 0)
			count += rc;
		remove_parents(pins.folder);
	}
	(void)closedir(root);
	return rc < 0 ? rc : count;
}
