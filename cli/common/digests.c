/* SPDX-License-Identifier: MIT */
#include "cli/common/digests.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "traces/capture.h"

struct cli_digests {
	pthread_t thread;
	const char *const *paths;
	size_t path_count;
	char hex[][65]; /* the thread's until it is joined */
};

/* Where a leak checker finds the one that nobody waits for. */
static struct cli_digests *latest;

static void *
reckon(void *arg)
{
	struct cli_digests *d = arg;

	for (size_t i = 0; i < d->path_count; i++)
		if (strcmp(d->paths[i], "-") == 0 ||
		    trace_sha256(d->paths[i], d->hex[i]) != 0)
			d->hex[i][0] = '\0';
	return NULL;
}

struct cli_digests *
cli_digests_start(const char *const *paths, size_t path_count)
{
	struct cli_digests *d =
	    calloc(1, sizeof(*d) + path_count * sizeof(d->hex[0]));
	sigset_t all, before;

	if (d == NULL)
		return NULL;
	d->paths = paths;
	d->path_count = path_count;
	/* Signals are for the first thread, whose read they interrupt. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&d->thread, NULL, reckon, d);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed != 0) {
		free(d);
		return NULL;
	}
	latest = d;
	return d;
}

void
cli_digests_wait(struct cli_digests *d)
{
	(void)pthread_join(d->thread, NULL);
}

const char *
cli_digests_hex(const struct cli_digests *d, size_t i)
{
	return d->hex[i];
}

void
cli_digests_free(struct cli_digests *d)
{
	if (d == latest)
		latest = NULL;
	free(d);
}
