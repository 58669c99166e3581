/* SPDX-License-Identifier: MIT */
/*
 * design.md 10, hunted for violations: thousands of small random
 * configurations, captures and scripts of faults, every packet of them looked
 * at by a witness (witness.h) that works out for itself what may become of it.
 *
 *   FAIRLEAD_SEEDS=20000 tests/sim/test_random_scenarios   more of them
 *   FAIRLEAD_SEED=1234 tests/sim/test_random_scenarios     one, all shown
 *   FAIRLEAD_FIRST=5000                                    from that one on
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/sweep/replicate.h"
#include "tests/sim/random_scene.h"
#include "tests/sim/stage.h"
#include "tests/sim/witness.h"
#include "tests/unit.h"

#define SEEDS_DEFAULT 1500u
#define FAILURES_MAX  3u /* then it says no more */

static unsigned long long
from_environment(const char *name, unsigned long long otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static struct lb_config *
read_config(const struct random_scene *s)
{
	struct lb_problems problems = { 0 };
	struct lb_config *config =
	    lb_config_read(s->config, strlen(s->config), "random", &problems);

	if (config == NULL)
		lb_problems_print(&problems, "random", stderr);
	lb_problems_free(&problems);
	return config;
}

static struct sim_record *
play(const struct sim_settings *settings)
{
	struct sim_record *record = NULL;
	struct sim_trouble trouble = { 0 };

	if (sim_run(settings, &record, &trouble) != SIM_DONE) {
		(void)fprintf(stderr, "  %s\n", trouble.text);
		lb_problems_print(&trouble.problems, "random", stderr);
	}
	lb_problems_free(&trouble.problems);
	return record;
}

static char *
save(const struct sim_record *record, size_t *bytes)
{
	char *data = NULL;
	FILE *to = open_memstream(&data, bytes);

	UNIT_NEED(to);
	if (sim_record_save(record, to) != 0 || fclose(to) != 0)
		abort();
	return data;
}

/* design.md 10 (7). */
static const char *
compare(const struct sim_record *a, const struct sim_record *b)
{
	size_t a_bytes, b_bytes;
	char *a_data = save(a, &a_bytes), *b_data = save(b, &b_bytes);
	bool same = a_bytes == b_bytes && memcmp(a_data, b_data, a_bytes) == 0;

	free(a_data);
	free(b_data);
	return same ? NULL : "the same seed gave another record";
}

static struct sim_record *
replicate(const struct sim_settings *run, unsigned workers)
{
	const struct sim_replicate_settings settings = {
		.run = run, .replications = 3, .workers = workers
	};
	struct sim_replicate_facts facts;
	struct sim_record *record = NULL;
	struct sim_trouble trouble = { 0 };

	if (sim_replicate(&settings, &record, &facts, &trouble) != SIM_DONE)
		(void)fprintf(stderr, "  %s\n", trouble.text);
	lb_problems_free(&trouble.problems);
	return record;
}

/* The same with another number of workers. */
static const char *
check_workers(const struct sim_settings *watched)
{
	struct sim_settings settings = *watched;
	const char *wrong = "it could not be replicated";

	settings.witness = NULL;
	struct sim_record *one = replicate(&settings, 1);
	struct sim_record *two = replicate(&settings, 2);
	if (one != NULL && two != NULL)
		wrong = compare(one, two);
	sim_record_free(one);
	sim_record_free(two);
	return wrong;
}

/* All that the parts say adds up to what was read (scene_check() does that
 * into CUnit; here it is wanted as an answer). */
static const char *
check_record(const struct random_scene *s, const struct sim_record *record)
{
	const unsigned before = CU_get_number_of_failures();

	if (record->synthetic) {
		stage_check(record);
		return CU_get_number_of_failures() == before
			   ? NULL
			   : "the record of a world does not add up";
	}
	/* what comes before the warm-up's end or after that of the scene is
	 * read and not played: nobody counts it */
	if (s->has_scene &&
	    (s->scene.duration_ms > 0 || s->scene.warm_up_ms > 0))
		record->input.files[0].packets = record->input.packets;
	scene_check("record", record);
	return CU_get_number_of_failures() == before
		   ? NULL
		   : "the record does not add up";
}

/* --- what is said of faults ----------------------------------------------- */

#define ALONE_NS (200 * LB_NS_PER_MS * 1000) /* no other fault for so long */

static uint64_t timed; /* times to detect that were looked at */

static bool
is_alone(const struct random_scene *s, const struct sim_failover *f)
{
	unsigned near = 0;

	for (unsigned i = 0; i < s->fault_count; i++) {
		const uint64_t at_ns = s->faults[i].at_ms * LB_NS_PER_MS;
		/* one that flaps goes on doing so */
		near += (s->faults[i].kind == LB_FAULT_FLAPPING ||
			    at_ns + ALONE_NS >= f->at_ns) &&
			at_ns <= f->at_ns + ALONE_NS;
	}
	/* who was never in is not taken out; who is too slow for a probe may
	 * have failed it before the fault */
	return near == 1 && s->scene.failure_count == 0 &&
	       s->scene.server_count == 0 && !s->scene.members_start_unknown;
}

/* Detected within the bounds of the closed form (design.md 3; AZ 2.4). */
static const char *
check_time(const struct sim_failover *f, uint64_t end_ns)
{
	if (f->detected_ns == SIM_NO_TIME)
		return f->latest_ns != SIM_NO_TIME &&
			       f->at_ns + f->latest_ns < end_ns
			   ? "a fault was not detected in time"
			   : NULL;
	if (f->detected_ns == 0 || f->soonest_ns == SIM_NO_TIME)
		return NULL; /* by who did it; by chance, of one that flaps */
	timed++;
	if (f->detected_ns < f->soonest_ns)
		return "a fault was detected too soon";
	return f->detected_ns > f->latest_ns ? "a fault was detected too late"
					     : NULL;
}

struct sums {
	uint64_t lost, moved, broken, offered, requests, retries, given_up;
};

/* Of the pieces of time: what the failovers say is part of it. */
static bool
is_part(const struct sim_case *c)
{
	struct sums all = { 0 }, said = { 0 };

	for (size_t i = 0; i < c->harm_count; i++) {
		const struct sim_harm *h = &c->harms[i];
		all.lost += h->lost;
		all.moved += h->moved;
		all.broken += h->broken;
		all.offered += h->offered;
		all.requests += h->requests;
		all.retries += h->retries;
		all.given_up += h->given_up;
	}
	for (size_t i = 0; i < c->failover_count; i++) {
		const struct sim_failover *f = &c->failovers[i];
		said.lost += f->lost;
		said.moved += f->moved;
		said.broken += f->broken;
		said.offered += f->offered;
		said.requests += f->requests;
		said.retries += f->retries;
		said.given_up += f->given_up;
		if (f->needless > f->moved || f->lost > f->offered)
			return false;
	}
	return c->harms == NULL ||
	       (said.lost <= all.lost && said.moved <= all.moved &&
		   said.broken <= all.broken && said.offered <= all.offered &&
		   said.requests <= all.requests &&
		   said.retries <= all.retries &&
		   said.given_up <= all.given_up);
}

static const char *
check_failovers(const struct random_scene *s, const struct sim_record *record)
{
	for (size_t i = 0; i < record->case_count; i++) {
		const struct sim_case *c = &record->cases[i];
		if (!is_part(c))
			return "failovers say more than happened";
		if (record->warm_up_ns == 0 &&
		    (c->clients.answered > c->clients.requests ||
			c->clients.notified > c->clients.notifications))
			return "more was answered than asked";
		for (size_t k = 0; k < c->failover_count; k++) {
			const char *wrong = NULL;
			if (is_alone(s, &c->failovers[k]))
				wrong = check_time(&c->failovers[k],
				    record->input.duration_ns);
			if (wrong != NULL)
				return wrong;
		}
	}
	return NULL;
}

static struct witness_tally total;

static void
add_tally(struct witness_tally t)
{
	const uint64_t *from = (const uint64_t *)&t;
	uint64_t *to = (uint64_t *)&total;

	for (size_t i = 0; i < sizeof(t) / sizeof(*from); i++)
		to[i] += from[i];
}

/* What was wrong; "": nothing. */
static void
try(const struct random_scene *s, bool say, char *what, size_t bytes)
{
	struct lb_config *config = read_config(s);
	const struct sim_case_settings cases[RANDOM_CASES] = {
		{ "first", config }, { "second", config }
	};
	const char *paths[] = { s->capture.path };
	struct sim_settings settings = s->capture.settings;
	const char *wrong = NULL;

	what[0] = '\0';
	if (config == NULL) {
		(void)snprintf(what, bytes, "the configuration is refused");
		return;
	}
	settings.paths = paths;
	settings.path_count = s->has_capture ? 1 : 0;
	settings.cases = cases;
	settings.case_count = s->case_count;
	struct sim_record *plain = play(&settings);
	struct witness *w = witness_new(&settings, say);
	settings.witness = witness_see;
	settings.witness_arg = w;
	struct sim_record *seen = play(&settings);
	if (plain == NULL || seen == NULL)
		wrong = "it could not be run";
	if (wrong == NULL)
		wrong = witness_complaint(w);
	if (wrong == NULL)
		wrong = compare(plain, seen);
	if (wrong == NULL && s->seed % 8 == 0)
		wrong = check_workers(&settings);
	if (wrong == NULL)
		wrong = check_failovers(s, seen);
	if (wrong == NULL)
		wrong = check_record(s, seen);
	if (wrong != NULL)
		(void)snprintf(what, bytes, "%s", wrong);
	add_tally(witness_tally(w));
	witness_free(w);
	sim_record_free(plain);
	sim_record_free(seen);
	lb_config_free(config);
}

static bool
run_seed(unsigned long long seed, bool say)
{
	struct random_scene s;
	char what[1024];

	random_scene_make(&s, seed);
	if (fflush(s.capture.file) != 0)
		abort();
	if (say)
		random_scene_print(&s, stderr);
	try(&s, say, what, sizeof(what));
	if (what[0] != '\0') {
		(void)fprintf(stderr, "\n  seed %llu: %s\n", seed, what);
		if (!say)
			(void)fprintf(stderr,
			    "  to see it alone: FAIRLEAD_SEED=%llu "
			    "tests/sim/test_random_scenarios\n",
			    seed);
	}
	random_scene_free(&s);
	return what[0] == '\0';
}

static void
test_random(void)
{
	unsigned long long first = from_environment("FAIRLEAD_FIRST", 1);
	unsigned long long count =
	    from_environment("FAIRLEAD_SEEDS", SEEDS_DEFAULT);
	const bool alone = getenv("FAIRLEAD_SEED") != NULL;
	unsigned failures = 0;

	if (alone) {
		first = from_environment("FAIRLEAD_SEED", 1);
		count = 1;
	}
	for (unsigned long long i = 0; i < count && failures < FAILURES_MAX;
	     i++)
		failures += !run_seed(first + i, alone);
	CU_ASSERT_EQUAL(failures, 0);
	(void)fprintf(stderr,
	    "\n  %llu scenes: %llu packets, %llu kept by their entry, %llu "
	    "entries made (%llu by replacing), %llu chosen without, %llu "
	    "untracked, %llu choices made before, %llu replies, %llu dropped, "
	    "%llu unreachable, %llu times to detect\n  ",
	    count, (unsigned long long)total.packets,
	    (unsigned long long)total.kept, (unsigned long long)total.chosen,
	    (unsigned long long)total.evicted, (unsigned long long)total.again,
	    (unsigned long long)total.untracked,
	    (unsigned long long)total.repeated,
	    (unsigned long long)total.replies,
	    (unsigned long long)total.dropped,
	    (unsigned long long)total.unreachable, (unsigned long long)timed);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "random scenarios", test_random },
		CU_TEST_INFO_NULL,
	};

	return unit_main("random scenarios", tests);
}
