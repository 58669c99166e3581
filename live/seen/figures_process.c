/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "live/seen/figures_parts.h"

static double
seconds_since(const struct timespec *then)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (double)(now.tv_sec - then->tv_sec) +
	       (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

static double
cpu_seconds(void)
{
	struct rusage used;
	if (getrusage(RUSAGE_SELF, &used) != 0)
		return 0;
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static uint64_t
resident_bytes(void)
{
	unsigned long size, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	(void)fclose(f);
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t
open_files(void)
{
	uint64_t count = 0;
	DIR *d = opendir("/proc/self/fd");
	const struct dirent *entry;
	if (d == NULL)
		return 0;
	while ((entry = readdir(d)) != NULL)
		count += entry->d_name[0] != '.';
	(void)closedir(d);
	return count > 0 ? count - 1 : 0; /* less the folder itself */
}

void
live_figures_of_process(
    struct live_figures_process *p, const struct timespec *started)
{
	struct rlimit limit = { 0 };
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	*p = (struct live_figures_process){
		.pid = getpid(),
		.started = *started,
		.uptime_s = seconds_since(started),
		.cpu_s = cpu_seconds(),
		.resident_bytes = resident_bytes(),
		.open_files = open_files(),
		.open_files_max = limit.rlim_cur,
	};
}
