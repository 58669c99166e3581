/* SPDX-License-Identifier: MIT */
#include "sim/replicate.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "sim/philox.h"

/* Who plays one replication after the other. */
struct worker {
	struct crew *crew;
	pthread_t thread;
	uint64_t packets, bytes_read; /* of the one it is at */
};

/* All who play.  What changes while they do is the lock's. */
struct crew {
	const struct sim_settings *run;
	struct sim_replicate_facts *facts;
	struct sim_trouble *trouble;
	struct worker *workers;
	unsigned worker_count;
	uint32_t planned; /* replications in all; 0: nobody knows */
	pthread_mutex_t lock;
	uint32_t first, next, end;   /* of this round */
	struct sim_record **records; /* of this round; NULL: not finished */
	bool stopped;                /* somebody wants it to */
	int status;                  /* of replication failed */
	uint32_t failed;
	uint64_t packets, bytes_read; /* of those that are finished */
};

/* --- one ----------------------------------------------------------------- */

/* The configurations of a replication; only their keys are its own. */
struct keyed {
	struct sim_case_settings *cases;
	struct lb_config *configs;
};

static void
keyed_free(struct keyed *k)
{
	free(k->cases);
	free(k->configs);
}

static int
keyed_make(const struct sim_settings *run, uint32_t r, struct keyed *k)
{
	uint32_t bits[4];

	k->cases = calloc(run->case_count + 1, sizeof(*k->cases));
	k->configs = calloc(run->case_count + 1, sizeof(*k->configs));
	if (k->cases == NULL || k->configs == NULL)
		return -1;
	sim_draw(run->seed, SIM_DRAW_HASH_KEY, r, 0, bits);
	for (size_t i = 0; i < run->case_count; i++) {
		struct lb_config *config = &k->configs[i];
		*config = *run->cases[i].config;
		if (!config->hash_key_set) {
			config->hash_key_set = true;
			memcpy(config->hash_key, bits, sizeof(bits));
		}
		k->cases[i] = run->cases[i];
		k->cases[i].config = config;
	}
	return 0;
}

static int
no_memory(struct sim_trouble *trouble)
{
	(void)snprintf(trouble->text, sizeof(trouble->text),
	    "no memory; fewer --workers take less, and so do fewer modes");
	return SIM_NO_MEMORY;
}

int
sim_replicate_one(const struct sim_settings *run, uint32_t r,
    struct sim_record **record, struct sim_trouble *trouble)
{
	struct sim_settings mine = *run;
	struct keyed keyed = { 0 };
	int status;

	*record = NULL;
	mine.replication = r;
	if (r == 0)
		return sim_run(&mine, record, trouble);
	if (keyed_make(run, r, &keyed) != 0) {
		status = no_memory(trouble);
	} else {
		mine.cases = keyed.cases;
		status = sim_run(&mine, record, trouble);
	}
	keyed_free(&keyed);
	return status;
}

/* --- those who play ------------------------------------------------------ */

/* All of them as one, as far as can be told. */
static bool
show_progress(
    void *arg, uint64_t packets, uint64_t bytes_read, uint64_t bytes_total)
{
	struct worker *w = arg;
	struct crew *crew = w->crew;
	const struct sim_settings *run = crew->run;
	uint64_t all_bytes = 0;

	(void)pthread_mutex_lock(&crew->lock);
	w->packets = packets;
	w->bytes_read = bytes_read;
	packets = crew->packets;
	bytes_read = crew->bytes_read;
	for (unsigned i = 0; i < crew->worker_count; i++) {
		packets += crew->workers[i].packets;
		bytes_read += crew->workers[i].bytes_read;
	}
	if (__builtin_mul_overflow(bytes_total, crew->planned, &all_bytes))
		all_bytes = 0;
	if (!crew->stopped)
		crew->stopped = !run->progress(
		    run->progress_arg, packets, bytes_read, all_bytes);
	bool go_on = !crew->stopped;
	(void)pthread_mutex_unlock(&crew->lock);
	return go_on;
}

/* The next replication to play; false: there is none. */
static bool
take(struct crew *crew, uint32_t *r)
{
	(void)pthread_mutex_lock(&crew->lock);
	bool got = crew->next < crew->end && !crew->stopped &&
		   crew->status == SIM_DONE;
	if (got)
		*r = crew->next++;
	(void)pthread_mutex_unlock(&crew->lock);
	return got;
}

/* Of several that fail the first counts: all before it were begun, and are
 * played to their end. */
static void
note_failure(
    struct crew *crew, uint32_t r, int status, struct sim_trouble *trouble)
{
	if (crew->status == SIM_DONE || r < crew->failed) {
		lb_problems_free(&crew->trouble->problems);
		*crew->trouble = *trouble;
		*trouble = (struct sim_trouble){ 0 };
		crew->status = status;
		crew->failed = r;
	}
}

static void
hand_in(struct worker *w, uint32_t r, struct sim_record *record, int status,
    struct sim_trouble *trouble)
{
	struct crew *crew = w->crew;

	(void)pthread_mutex_lock(&crew->lock);
	if (status != SIM_DONE)
		note_failure(crew, r, status, trouble);
	crew->records[r - crew->first] = record;
	crew->packets += w->packets;
	crew->bytes_read += w->bytes_read;
	w->packets = w->bytes_read = 0;
	(void)pthread_mutex_unlock(&crew->lock);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct sim_settings run = *w->crew->run;
	uint32_t r;

	if (run.progress != NULL) {
		run.progress = show_progress;
		run.progress_arg = w;
	}
	while (take(w->crew, &r)) {
		struct sim_trouble trouble = { 0 };
		struct sim_record *record = NULL;

		if (r > 0) {
			run.report = run.details = run.flow_rows = false;
			run.tap = NULL;
		}
		int status = sim_replicate_one(&run, r, &record, &trouble);
		for (size_t i = 0;
		     r > 0 && record != NULL && i < record->case_count; i++)
			sim_case_slim(&record->cases[i]);
		hand_in(w, r, record, status, &trouble);
		lb_problems_free(&trouble.problems);
	}
	return NULL;
}

/* All workers but the first are threads; where there is none to be had, the
 * others do its work.  Signals are for the first. */
static void
work_together(struct crew *crew, unsigned count)
{
	sigset_t all, before;
	unsigned started = 1;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (started < count && pthread_create(&crew->workers[started].thread,
				      NULL, work, &crew->workers[started]) == 0)
		started++;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (crew->facts->workers < started)
		crew->facts->workers = started;
	(void)work(&crew->workers[0]);
	for (unsigned i = 1; i < started; i++)
		(void)pthread_join(crew->workers[i].thread, NULL);
}

/* --- merging ------------------------------------------------------------- */

/* Did both read the same?  What clients make up is other in each. */
static bool
same_input(const struct sim_record *a, const struct sim_record *b)
{
	if (a->synthetic || a->input.file_count != b->input.file_count)
		return a->synthetic;
	for (size_t i = 0; i < a->input.file_count; i++)
		if (a->input.files[i].packets != b->input.files[i].packets)
			return false;
	return a->input.bytes == b->input.bytes &&
	       a->input.flows == b->input.flows;
}

/* Takes over the cases of the next replication. */
static int
append(struct sim_record *to, struct sim_record *from)
{
	struct sim_case *more = reallocarray(to->replicas,
	    to->replica_count + from->case_count, sizeof(*to->replicas));

	if (more == NULL)
		return -1;
	to->replicas = more;
	memcpy(more + to->replica_count, from->cases,
	    from->case_count * sizeof(*more));
	to->replica_count += from->case_count;
	from->case_count = 0;
	to->replications++;
	to->events += from->events;
	if (to->max_pending < from->max_pending)
		to->max_pending = from->max_pending;
	to->partial |= from->partial;
	to->deterministic = false;
	return 0;
}

static void
interrupt(struct sim_record *record)
{
	record->interrupted = record->partial = true;
}

/* Merges one of a round; *record is replication 0's, or it becomes it. */
static int
merge(struct crew *crew, struct sim_record **record, struct sim_record **next)
{
	if (*record == NULL) {
		*record = *next;
		*next = NULL;
		if (*record != NULL)
			(*record)->replications = 1;
		return SIM_DONE;
	}
	if ((*record)->interrupted)
		return SIM_DONE;
	if (*next == NULL || (*next)->interrupted) {
		interrupt(*record);
		return SIM_DONE;
	}
	if (!same_input(*record, *next)) {
		(void)snprintf(crew->trouble->text, sizeof(crew->trouble->text),
		    "the input changed between two replications; keep a copy");
		return SIM_USAGE;
	}
	return append(*record, *next) == 0 ? SIM_DONE
					   : no_memory(crew->trouble);
}

/* Plays the replications up to `end` and merges them. */
static int
play_round(struct crew *crew, uint32_t end, struct sim_record **record)
{
	const uint32_t count = end - crew->next;

	crew->first = crew->next;
	crew->end = end;
	crew->records = calloc(count, sizeof(struct sim_record *));
	if (crew->records == NULL)
		return no_memory(crew->trouble);
	work_together(
	    crew, crew->worker_count < count ? crew->worker_count : count);
	for (uint32_t i = 0; i < count; i++) {
		if (crew->status == SIM_DONE)
			crew->status = merge(crew, record, &crew->records[i]);
		sim_record_free(crew->records[i]);
	}
	free(crew->records);
	return crew->status;
}

/* --- how many ------------------------------------------------------------ */

static bool
is_precise(const struct sim_replicate_settings *s,
    const struct sim_record *record, struct sim_replicate_facts *facts)
{
	if (s->precision_millionths == 0)
		return false;
	facts->interval = sim_interval_of(record);
	facts->precise = facts->interval.count >= SIM_REPLICATIONS_LEAST &&
			 sim_interval_relative(&facts->interval) * 1e6 <
			     (double)s->precision_millionths;
	return facts->precise;
}

static bool
are_keys_named(const struct sim_settings *run)
{
	for (size_t i = 0; i < run->case_count; i++)
		if (!run->cases[i].config->hash_key_set)
			return false;
	return true;
}

static int
play_all(const struct sim_replicate_settings *s, struct crew *crew,
    uint32_t most, struct sim_record **record)
{
	uint32_t round =
	    s->precision_millionths != 0 ? SIM_REPLICATIONS_LEAST : most;
	int status = SIM_DONE;

	/* Only a run itself tells whether anything was drawn. */
	if (are_keys_named(crew->run)) {
		status = play_round(crew, 1, record);
		if (status != SIM_DONE || (*record)->deterministic) {
			crew->facts->alike = status == SIM_DONE;
			return status;
		}
	}
	while (status == SIM_DONE && crew->next < most &&
	       (*record == NULL || (!(*record)->interrupted &&
				       !is_precise(s, *record, crew->facts)))) {
		uint32_t end = crew->next - crew->next % round + round;
		status = play_round(crew, end < most ? end : most, record);
	}
	if (status == SIM_DONE)
		(void)is_precise(s, *record, crew->facts);
	return status;
}

/* --- all ----------------------------------------------------------------- */

unsigned
sim_processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0 || CPU_COUNT(&set) < 1)
		return 1;
	unsigned count = (unsigned)CPU_COUNT(&set);
	return count < SIM_WORKERS_MAX ? count : SIM_WORKERS_MAX;
}

static int
prepare(struct sim_settings *run, struct sim_trouble *trouble)
{
	const char *once = sim_reads_once(run);

	if (once == NULL)
		return sim_choose_vip(run, &run->vip, trouble);
	(void)snprintf(trouble->text, sizeof(trouble->text),
	    "--replications read the input once each, and %s can be read only "
	    "once; keep it in a file first",
	    once);
	return SIM_USAGE;
}

int
sim_replicate(const struct sim_replicate_settings *settings,
    struct sim_record **record, struct sim_replicate_facts *facts,
    struct sim_trouble *trouble)
{
	const bool precise = settings->precision_millionths != 0;
	const uint32_t most = settings->replications != 0 || !precise
				  ? settings->replications
				  : SIM_REPLICATIONS_PRECISE;
	struct sim_settings run = *settings->run;
	struct crew crew = { .run = &run,
		.facts = facts,
		.trouble = trouble,
		.planned = precise ? 0 : most,
		.lock = PTHREAD_MUTEX_INITIALIZER };

	*record = NULL;
	*facts = (struct sim_replicate_facts){ .workers = 1 };
	if (most <= 1) {
		int status = sim_replicate_one(&run, 0, record, trouble);
		if (status == SIM_DONE)
			(*record)->replications = most;
		return status;
	}
	int status = prepare(&run, trouble);
	crew.worker_count =
	    settings->workers != 0 ? settings->workers : sim_processors();
	crew.workers = calloc(crew.worker_count, sizeof(*crew.workers));
	if (status == SIM_DONE && crew.workers == NULL)
		status = no_memory(trouble);
	for (unsigned i = 0; status == SIM_DONE && i < crew.worker_count; i++)
		crew.workers[i].crew = &crew;
	if (status == SIM_DONE)
		status = play_all(settings, &crew, most, record);
	free(crew.workers);
	if (status != SIM_DONE) {
		sim_record_free(*record);
		*record = NULL;
	}
	return status;
}
