/* SPDX-License-Identifier: MIT */
#include "tests/bench/capture_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define DISK_BYTES UINT64_C(3000000000)

const char *
bench_dir(void)
{
	const char *dir = getenv("TMPDIR");

	return dir != NULL && *dir != '\0' ? dir : "/tmp";
}

const char *
bench_no_room(void)
{
	static char why[160];
	struct statvfs fs;
	const uint64_t memory = (uint64_t)sysconf(_SC_AVPHYS_PAGES) *
				(uint64_t)sysconf(_SC_PAGESIZE);

	if (statvfs(bench_dir(), &fs) != 0)
		(void)snprintf(
		    why, sizeof(why), "%s: %s", bench_dir(), strerror(errno));
	else if ((uint64_t)fs.f_bavail * fs.f_frsize < DISK_BYTES)
		(void)snprintf(why, sizeof(why),
		    "needs 3 GB of disk in %s; TMPDIR names another folder",
		    bench_dir());
	else if (memory < DISK_BYTES)
		(void)snprintf(why, sizeof(why),
		    "needs 3 GB of free memory to keep the file warm");
	else
		return NULL;
	return why;
}

FILE *
bench_capture(const struct synthetic *s, char path[64])
{
	char name[4096];

	(void)snprintf(
	    name, sizeof(name), "%s/fairlead-bench-XXXXXX", bench_dir());
	int fd = mkstemp(name);
	if (fd < 0)
		return NULL;
	(void)unlink(name);
	FILE *file = fdopen(fd, "wb");
	if (file == NULL || synthetic_write(s, file) != 0) {
		if (file != NULL)
			(void)fclose(file);
		else
			(void)close(fd);
		return NULL;
	}
	(void)snprintf(path, 64, "/proc/self/fd/%d", fd);
	return file;
}
