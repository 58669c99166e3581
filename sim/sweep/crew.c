/* SPDX-License-Identifier: MIT */
#include "sim/sweep/crew.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

/* Who plays one run after the other. */
struct worker {
	struct sim_crew *crew;
	pthread_t thread;
	uint64_t packets, bytes_read, bytes_total; /* of the run it is at */
};

/* What changes while they play is the lock's. */
struct sim_crew {
	struct sim_crew_settings settings;
	struct worker *workers;
	unsigned worker_count, most;
	pthread_mutex_t lock;
	uint32_t first, next, end;   /* of this round */
	struct sim_record **records; /* of this round */
	struct sim_trouble *trouble; /* the same */
	bool stopped;                /* somebody wants it to */
	int status;                  /* of run `failed` */
	uint32_t failed;
	uint64_t packets, bytes_read; /* of runs that are over */
};

/* --- making -------------------------------------------------------------- */

static unsigned
processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0 || CPU_COUNT(&set) < 1)
		return 1;
	unsigned count = (unsigned)CPU_COUNT(&set);
	return count < SIM_WORKERS_MAX ? count : SIM_WORKERS_MAX;
}

struct sim_crew *
sim_crew_new(const struct sim_crew_settings *settings)
{
	struct sim_crew *crew = calloc(1, sizeof(*crew));

	if (crew == NULL)
		return NULL;
	crew->settings = *settings;
	crew->most = 1;
	crew->worker_count =
	    settings->workers != 0 ? settings->workers : processors();
	crew->workers = calloc(crew->worker_count, sizeof(*crew->workers));
	if (crew->workers == NULL) {
		free(crew);
		return NULL;
	}
	for (unsigned i = 0; i < crew->worker_count; i++)
		crew->workers[i].crew = crew;
	(void)pthread_mutex_init(&crew->lock, NULL);
	return crew;
}

void
sim_crew_free(struct sim_crew *crew)
{
	if (crew == NULL)
		return;
	(void)pthread_mutex_destroy(&crew->lock);
	free(crew->workers);
	free(crew);
}

unsigned
sim_crew_size(const struct sim_crew *crew)
{
	return crew->worker_count;
}

unsigned
sim_crew_most(const struct sim_crew *crew)
{
	return crew->most;
}

/* --- working ------------------------------------------------------------- */

/* All runs as one, as far as can be told. */
static bool
show_progress(
    void *arg, uint64_t packets, uint64_t bytes_read, uint64_t bytes_total)
{
	struct worker *w = arg;
	struct sim_crew *crew = w->crew;
	const struct sim_settings *run = crew->settings.run;

	(void)pthread_mutex_lock(&crew->lock);
	w->packets = packets;
	w->bytes_read = bytes_read;
	w->bytes_total = bytes_total;
	packets = crew->packets;
	bytes_read = crew->bytes_read;
	for (unsigned i = 0; i < crew->worker_count; i++) {
		packets += crew->workers[i].packets;
		bytes_read += crew->workers[i].bytes_read;
	}
	if (__builtin_mul_overflow(
		bytes_total, crew->settings.planned, &bytes_total))
		bytes_total = 0;
	if (!crew->stopped)
		crew->stopped = !run->progress(
		    run->progress_arg, packets, bytes_read, bytes_total);
	bool go_on = !crew->stopped;
	(void)pthread_mutex_unlock(&crew->lock);
	return go_on;
}

/* The next run to play; false: there is none. */
static bool
take(struct sim_crew *crew, uint32_t *n)
{
	(void)pthread_mutex_lock(&crew->lock);
	bool got = crew->next < crew->end && !crew->stopped &&
		   crew->status == SIM_DONE;
	if (got)
		*n = crew->next++;
	(void)pthread_mutex_unlock(&crew->lock);
	return got;
}

/* Of several that fail the first counts: all before it were begun, and are
 * played to their end. */
static void
note_failure(
    struct sim_crew *crew, uint32_t n, int status, struct sim_trouble *trouble)
{
	if (crew->status != SIM_DONE && n > crew->failed)
		return;
	lb_problems_free(&crew->trouble->problems);
	*crew->trouble = *trouble;
	*trouble = (struct sim_trouble){ 0 };
	crew->status = status;
	crew->failed = n;
}

static void
hand_in(struct worker *w, uint32_t n, struct sim_record *record, int status,
    struct sim_trouble *trouble)
{
	struct sim_crew *crew = w->crew;

	(void)pthread_mutex_lock(&crew->lock);
	if (status != SIM_DONE)
		note_failure(crew, n, status, trouble);
	crew->records[n - crew->first] = record;
	/* It was not asked at its very end. */
	crew->packets += record != NULL ? record->input.packets : w->packets;
	crew->bytes_read += w->bytes_total;
	w->packets = w->bytes_read = w->bytes_total = 0;
	(void)pthread_mutex_unlock(&crew->lock);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	const struct sim_crew_settings *s = &w->crew->settings;
	const struct sim_settings watch = {
		.progress = s->run->progress != NULL ? show_progress : NULL,
		.progress_arg = w,
	};
	uint32_t n;

	while (take(w->crew, &n)) {
		struct sim_trouble trouble = { 0 };
		struct sim_record *record = NULL;
		int status = s->play(s->arg, n, &watch, &record, &trouble);

		hand_in(w, n, record, status, &trouble);
		lb_problems_free(&trouble.problems);
	}
	return NULL;
}

/* All workers but the first are threads; where there is none to be had, the
 * others do its work.  Signals are for the first. */
static void
work_together(struct sim_crew *crew, unsigned count)
{
	sigset_t all, before;
	unsigned started = 1;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (started < count && pthread_create(&crew->workers[started].thread,
				      NULL, work, &crew->workers[started]) == 0)
		started++;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (crew->most < started)
		crew->most = started;
	(void)work(&crew->workers[0]);
	for (unsigned i = 1; i < started; i++)
		(void)pthread_join(crew->workers[i].thread, NULL);
}

int
sim_crew_play(struct sim_crew *crew, uint32_t count,
    struct sim_record **records, struct sim_trouble *trouble)
{
	crew->first = crew->next;
	crew->end = crew->next + count;
	crew->records = records;
	crew->trouble = trouble;
	for (uint32_t i = 0; i < count; i++)
		records[i] = NULL;
	work_together(
	    crew, crew->worker_count < count ? crew->worker_count : count);
	crew->next = crew->end;
	return crew->status;
}
