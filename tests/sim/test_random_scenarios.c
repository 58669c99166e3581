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

#include "sim/replicate.h"
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
	    "%llu unreachable\n  ",
	    count, (unsigned long long)total.packets,
	    (unsigned long long)total.kept, (unsigned long long)total.chosen,
	    (unsigned long long)total.evicted, (unsigned long long)total.again,
	    (unsigned long long)total.untracked,
	    (unsigned long long)total.repeated,
	    (unsigned long long)total.replies,
	    (unsigned long long)total.dropped,
	    (unsigned long long)total.unreachable);
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
