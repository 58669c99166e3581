/* SPDX-License-Identifier: MIT */
#include "sim/replicate.h"

#include <stdlib.h>
#include <string.h>

#include "sim/philox.h"

struct replicate {
	const struct sim_replicate_settings *settings;
	struct sim_settings run; /* whose --vip is known */
	struct sim_crew *crew;
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

/* What a crew plays. */
static int
play(void *arg, uint32_t r, const struct sim_settings *watch,
    struct sim_record **record, struct sim_trouble *trouble)
{
	const struct replicate *all = arg;
	struct sim_settings run = all->run;

	run.progress = watch->progress;
	run.progress_arg = watch->progress_arg;
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

/* Merges one of a round; the first becomes the record. */
static int
merge(struct replicate *all, struct sim_record **next)
{
	struct sim_record *record = all->record;

	if (record == NULL) {
		all->record = *next;
		all->record->replications = 1;
		*next = NULL;
		return SIM_DONE;
	}
	if (record->interrupted)
		return SIM_DONE;
	if (*next == NULL || (*next)->interrupted) {
		record->interrupted = record->partial = true;
		return SIM_DONE;
	}
	if (!same_input(record, *next)) {
		(void)snprintf(all->trouble->text, sizeof(all->trouble->text),
		    "the input changed between two replications; keep a copy");
		return SIM_USAGE;
	}
	return append(record, *next) == 0 ? SIM_DONE : no_memory(all->trouble);
}

/* Plays the replications up to `end` and merges them. */
static int
play_round(struct replicate *all, uint32_t end)
{
	const uint32_t count = end - all->next;
	struct sim_record **records =
	    calloc(count, sizeof(struct sim_record *));

	if (records == NULL)
		return no_memory(all->trouble);
	int status = sim_crew_play(all->crew, count, records, all->trouble);
	all->next = end;
	for (uint32_t i = 0; i < count; i++) {
		if (status == SIM_DONE)
			status = merge(all, &records[i]);
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

static int
play_all(struct replicate *all)
{
	const uint32_t round = all->settings->precision_millionths != 0
				   ? SIM_REPLICATIONS_LEAST
				   : all->most;
	int status = SIM_DONE;

	/* Only a run itself tells whether anything was drawn. */
	if (are_keys_named(&all->run)) {
		status = play_round(all, 1);
		all->facts->alike =
		    status == SIM_DONE && all->record->deterministic;
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
		.planned =
		    all->settings->precision_millionths == 0 ? all->most : 0,
		.play = play,
		.arg = all,
	};
	const char *once = sim_reads_once(&all->run);

	if (once != NULL) {
		(void)snprintf(all->trouble->text, sizeof(all->trouble->text),
		    "--replications read the input once each, and %s can be "
		    "read only once; keep it in a file first",
		    once);
		return SIM_USAGE;
	}
	all->crew = sim_crew_new(&crew);
	if (all->crew == NULL)
		return no_memory(all->trouble);
	return sim_choose_vip(&all->run, &all->run.vip, all->trouble);
}

static uint32_t
most_of(const struct sim_replicate_settings *s)
{
	return s->replications == 0 && s->precision_millionths != 0
		   ? SIM_REPLICATIONS_PRECISE
		   : s->replications;
}

int
sim_replicate(const struct sim_replicate_settings *settings,
    struct sim_record **record, struct sim_replicate_facts *facts,
    struct sim_trouble *trouble)
{
	struct replicate all = { .settings = settings,
		.run = *settings->run,
		.most = most_of(settings),
		.facts = facts,
		.trouble = trouble };
	int status;

	*record = NULL;
	*facts = (struct sim_replicate_facts){ .workers = 1 };
	if (all.most <= 1) {
		status = sim_replicate_one(&all.run, 0, record, trouble);
		if (status == SIM_DONE)
			(*record)->replications = all.most;
		return status;
	}
	status = prepare(&all);
	if (status == SIM_DONE)
		status = play_all(&all);
	sim_crew_free(all.crew);
	if (status == SIM_DONE)
		*record = all.record;
	else
		sim_record_free(all.record);
	return status;
}
