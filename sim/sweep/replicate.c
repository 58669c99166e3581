/* SPDX-License-Identifier: MIT */
#include "sim/sweep/replicate.h"

#include <stdlib.h>
#include <string.h>

#include "sim/record/merge.h"
#include "sim/events/philox.h"

struct replicate {
	const struct sim_replicate_settings *settings;
	struct sim_settings run; /* whose --vip is known */
	struct sim_crew *crew;
	uint32_t parts; /* runs that one is made of: see are_apart() */
	uint32_t most, next;
	struct sim_record *record; /* of those that are merged */
	struct sim_replicate_facts *facts;
	struct sim_trouble *trouble;
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

/* Cases of synthetic clients share no packets: each is a run of its own. */
static bool
are_apart(const struct sim_settings *run)
{
	return run->scene != NULL && run->scene->traffic_count > 0 &&
	       run->case_count > 1;
}

/* What a crew plays: a replication, or one case of it. */
static int
play(void *arg, uint32_t n, const struct sim_settings *watch,
    struct sim_record **record, struct sim_trouble *trouble)
{
	const struct replicate *all = arg;
	const uint32_t r = n / all->parts;
	struct sim_settings run = all->run;

	run.progress = watch->progress;
	run.progress_arg = watch->progress_arg;
	if (all->parts > 1) {
		run.cases += n % all->parts;
		run.case_count = 1;
	}
	if (r > 0) {
		run.report = run.details = run.flow_rows = false;
		run.tap = NULL;
	}
	int status = sim_replicate_one(&run, r, record, trouble);
	for (size_t i = 0;
	     r > 0 && *record != NULL && i < (*record)->case_count; i++)
		sim_case_slim(&(*record)->cases[i]);
	return status;
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

/* Takes over the cases of a later replication, or one of them. */
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
	to->events += from->events;
	if (to->max_pending < from->max_pending)
		to->max_pending = from->max_pending;
	to->partial |= from->partial;
	to->deterministic = false;
	return 0;
}

/* What is left of it: whole replications, or the cases of the first that are
 * whole. */
static void
interrupt(struct sim_record *record)
{
	const size_t whole =
	    record->replica_count - record->replica_count % record->case_count;

	record->interrupted = record->partial = true;
	while (record->replica_count > whole)
		sim_case_free(&record->replicas[--record->replica_count]);
}

/* Merges run n of the crew; the first becomes the record. */
static int
merge(struct replicate *all, uint32_t n, struct sim_record **next)
{
	struct sim_record *record = all->record;
	int failed;

	if (record == NULL) {
		all->record = *next;
		all->record->replications = 1;
		*next = NULL;
		return SIM_DONE;
	}
	if (record->interrupted)
		return SIM_DONE;
	if (*next == NULL || (*next)->interrupted) {
		interrupt(record);
		return SIM_DONE;
	}
	if (!same_input(record, *next)) {
		(void)snprintf(all->trouble->text, sizeof(all->trouble->text),
		    "the input changed between two readings; keep a copy");
		return SIM_USAGE;
	}
	if (n < all->parts) {
		failed = sim_record_append(record, *next);
		*next = NULL;
	} else {
		failed = append(record, *next);
		record->replications += n % all->parts == all->parts - 1;
	}
	return failed == 0 ? SIM_DONE : no_memory(all->trouble);
}

/* Plays the replications up to `end` and merges them. */
static int
play_round(struct replicate *all, uint32_t end)
{
	const uint32_t first = all->next * all->parts;
	const uint32_t count = end * all->parts - first;
	struct sim_record **records =
	    calloc(count, sizeof(struct sim_record *));

	if (records == NULL)
		return no_memory(all->trouble);
	int status = sim_crew_play(all->crew, count, records, all->trouble);
	all->next = end;
	for (uint32_t i = 0; i < count; i++) {
		if (status == SIM_DONE)
			status = merge(all, first + i, &records[i]);
		sim_record_free(records[i]);
	}
	free(records);
	return status;
}

/* --- how many ------------------------------------------------------------ */

static bool
is_precise(const struct replicate *all)
{
	const uint64_t wanted = all->settings->precision_millionths;
	struct sim_replicate_facts *facts = all->facts;

	if (wanted == 0)
		return false;
	facts->interval = sim_interval_of(all->record);
	facts->precise =
	    facts->interval.count >= SIM_REPLICATIONS_LEAST &&
	    sim_interval_relative(&facts->interval) * 1e6 < (double)wanted;
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

static bool
is_over(const struct replicate *all)
{
	return all->next == all->most ||
	       (all->record != NULL &&
		   (all->record->interrupted || is_precise(all)));
}

/* One is played for itself where only it can tell whether anything is
 * drawn. */
static int
play_all(struct replicate *all)
{
	const uint32_t round = all->settings->precision_millionths != 0
				   ? SIM_REPLICATIONS_LEAST
				   : all->most;
	int status = SIM_DONE;

	if (all->most > 1 && are_keys_named(&all->run)) {
		status = play_round(all, 1);
		all->facts->alike = status == SIM_DONE &&
				    all->record->deterministic &&
				    !all->record->interrupted;
	}
	while (status == SIM_DONE && !all->facts->alike && !is_over(all)) {
		uint32_t end = all->next - all->next % round + round;
		status = play_round(all, end < all->most ? end : all->most);
	}
	if (status == SIM_DONE)
		(void)is_precise(all);
	all->facts->workers = sim_crew_most(all->crew);
	return status;
}

/* --- all ----------------------------------------------------------------- */

static int
prepare(struct replicate *all)
{
	const struct sim_crew_settings crew = {
		.run = &all->run,
		.workers = all->settings->workers,
		.planned = all->settings->precision_millionths == 0
			       ? all->most * all->parts
			       : 0,
		.play = play,
		.arg = all,
	};
	const char *once = sim_reads_once(&all->run);

	if (once != NULL) {
		(void)snprintf(all->trouble->text, sizeof(all->trouble->text),
		    "%s read the input once each, and %s can be read only "
		    "once; keep it in a file first",
		    all->most > 1 ? "--replications" : "cases with clients",
		    once);
		return SIM_USAGE;
	}
	all->crew = sim_crew_new(&crew);
	if (all->crew == NULL)
		return no_memory(all->trouble);
	return sim_choose_vip(&all->run, &all->run.vip, all->trouble);
}

/* So many at the most. */
static uint32_t
most_of(const struct sim_replicate_settings *s)
{
	if (s->replications != 0)
		return s->replications;
	return s->precision_millionths != 0 ? SIM_REPLICATIONS_PRECISE : 1;
}

static int
replicate(struct replicate *all)
{
	int status;

	if (all->most == 1 && all->parts == 1)
		return sim_replicate_one(
		    &all->run, 0, &all->record, all->trouble);
	status = prepare(all);
	if (status == SIM_DONE)
		status = play_all(all);
	sim_crew_free(all->crew);
	return status;
}

int
sim_replicate(const struct sim_replicate_settings *settings,
    struct sim_record **record, struct sim_replicate_facts *facts,
    struct sim_trouble *trouble)
{
	struct replicate all = {
		.settings = settings,
		.run = *settings->run,
		.parts = 1,
		.most = most_of(settings),
		.facts = facts,
		.trouble = trouble,
	};

	*record = NULL;
	*facts = (struct sim_replicate_facts){ .workers = 1 };
	if (are_apart(settings->run))
		all.parts = (uint32_t)settings->run->case_count;
	int status = replicate(&all);
	if (status != SIM_DONE) {
		sim_record_free(all.record);
		return status;
	}
	if (all.most == 1)
		all.record->replications = settings->replications;
	*record = all.record;
	return SIM_DONE;
}
