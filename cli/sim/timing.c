/* SPDX-License-Identifier: MIT */
#include "cli/sim/timing.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void
cli_timing_start(struct cli_timing *t)
{
	*t = (struct cli_timing){
		.timing.started_s = clock_ns(CLOCK_REALTIME) / NS_PER_S,
		.timing.workers = 1,
		.started_ns = clock_ns(CLOCK_MONOTONIC),
	};
}

static char *
absolute(const char *path)
{
	char cwd[PATH_MAX], *made = NULL;

	if (path[0] == '/' || getcwd(cwd, sizeof(cwd)) == NULL)
		return strdup(path);
	return asprintf(&made, "%s/%s", cwd, path) < 0 ? NULL : made;
}

static int
note_paths(struct cli_timing *t, const char *dir, const char *const *paths,
    size_t path_count)
{
	t->timing.directory = absolute(dir);
	t->timing.inputs = calloc(path_count + 1, sizeof(char *));
	if (t->timing.directory == NULL || t->timing.inputs == NULL)
		return -1;
	for (size_t i = 0; i < path_count; i++, t->input_count++) {
		if (strcmp(paths[i], "-") == 0)
			continue;
		t->timing.inputs[i] = absolute(paths[i]);
		if (t->timing.inputs[i] == NULL)
			return -1;
	}
	return 0;
}

int
cli_timing_end(struct cli_timing *t, const char *dir, const char *const *paths,
    size_t path_count)
{
	struct rusage used = { 0 };

	t->timing.finished_s = clock_ns(CLOCK_REALTIME) / NS_PER_S;
	t->timing.wall_ns = clock_ns(CLOCK_MONOTONIC) - t->started_ns;
	t->timing.cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	if (getrusage(RUSAGE_SELF, &used) == 0)
		t->timing.peak_rss_bytes = (uint64_t)used.ru_maxrss * 1024;
	if (gethostname(t->timing.host, sizeof(t->timing.host) - 1) != 0)
		t->timing.host[0] = '\0';
	return note_paths(t, dir, paths, path_count);
}

void
cli_timing_free(struct cli_timing *t)
{
	for (size_t i = 0; i < t->input_count; i++)
		free(t->timing.inputs[i]);
	free(t->timing.inputs);
	free(t->timing.directory);
}
