/* SPDX-License-Identifier: MIT */
/*
 * Is the hash as even as a perfect one?  A real capture is replayed under many
 * hash keys, drawn from a fixed seed.  Over keys, 1/J has the mean that a
 * perfect hash gives it, exactly:
 *
 *     E[1/J] = 1 + (n - 1) H,  H = sum w^2 / (sum w)^2 over affinity keys
 *
 * and the mean that was found must lie inside its 99.9 % interval around that:
 * in every mode, both directions, by flows, packets and bytes.
 *
 * The seed being fixed, the test passes always or never.  Of honest hashes it
 * would refuse at most one in fifty, since it looks at 18 intervals.
 *
 * Source: simulation.md C.3.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/stats/stats.h"
#include "sim/run/run.h"
#include "tests/support/chance.h"
#include "tests/unit.h"

/* Sanitizers are ten times as slow: a tenth of the keys, wider intervals. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif
#ifdef SANITIZED
#define HASH_KEYS 200u
#else
#define HASH_KEYS 2000u
#endif

#define SEED      UINT64_C(20240229)
#define BACKENDS  4u
#define RUN_CASES 10u   /* together they fit the caches */
#define ENTRIES   4096u /* the capture has 750 flows: no table is full */
#define FEW_KEYS  8u    /* BACKENDS^FEW_KEYS assignments can be gone through */
/* Of 65537, filling the lookup table would take two thirds of the time.  The
 * backends' shares of this one differ by one slot, too. */
#define SLOTS      10007u
#define NORMAL_999 3.290526731491926 /* 99.9 % lie within */
#define CAPTURE    "ndpi_gnutella.pcap"

static char capture[4096];

/* --- a mean and its interval --------------------------------------------- */

struct sample {
	double value[HASH_KEYS];
	unsigned count;
};

/* Student's t by the normal law and the first term of what it is off. */
static double
student_999(double freedom)
{
	const double z = NORMAL_999;

	return z + (z * z * z + z) / (4 * freedom);
}

/* How many times its 99.9 % interval's half width the mean is off. */
static double
strain(const struct sample *s, double expect)
{
	const double n = s->count;
	double sum = 0, squares = 0;

	for (unsigned i = 0; i < s->count; i++)
		sum += s->value[i];
	for (unsigned i = 0; i < s->count; i++) {
		double off = s->value[i] - sum / n;
		squares += off * off;
	}
	double error = sqrt(squares / (n - 1) / n);
	double reach = student_999(n - 1) * error;
	double off = fabs(sum / n - expect);
	/* What does not vary is right only when it is right. */
	return reach > 1e-12 ? off / reach : off > 1e-9 ? HUGE_VAL : 0;
}

static void
check_mean(const char *row, const struct sample *s, double expect)
{
	double off = strain(s, expect);

	(void)printf("    %-42s %9.6f  %5.2f\n", row, expect, off);
	UNIT_ROW(row, s->count == HASH_KEYS);
	UNIT_ROW(row, off <= 1);
}

/* --- what was measured --------------------------------------------------- */

/* Of one mode and direction, over all hash keys. */
struct found {
	struct sample inverse[REPORT_UNIT_COUNT], jain[REPORT_UNIT_COUNT];
	double concentration[REPORT_UNIT_COUNT]; /* the same for every key */
	size_t key_count;
	double weight[FEW_KEYS][REPORT_UNIT_COUNT]; /* of few keys */
};

static void
note_rule(struct found *f, const struct sim_rule *rule)
{
	for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++) {
		struct report_fairness fairness;
		double h = report_concentration(rule, u);
		unsigned n = f->jain[u].count++;

		CU_ASSERT_EQUAL(report_fairness(rule, u, &fairness), 0);
		f->jain[u].value[n] = fairness.jain;
		f->inverse[u].value[f->inverse[u].count++] = 1 / fairness.jain;
		/* Which keys there are is not for the hash to say. */
		CU_ASSERT(n == 0 || f->concentration[u] == h);
		CU_ASSERT(n == 0 || f->key_count == rule->key_count);
		f->concentration[u] = h;
		for (size_t k = 0; k < rule->key_count && k < FEW_KEYS; k++)
			f->weight[k][u] =
			    (double)report_key_weight(&rule->keys[k], u);
	}
	f->key_count = rule->key_count;
}

struct setting {
	enum lb_mode mode;
	bool reverse;
	uint32_t table_size;
};

static struct lb_config *
make_config(const struct setting *setting, struct chance *chance)
{
	struct lb_config *config = lb_config_zero(BACKENDS, setting->mode);

	UNIT_NEED(config);
	config->entries = config->entries6 = ENTRIES;
	config->hash_key_set = true;
	for (unsigned i = 0; i < sizeof(config->hash_key); i += 8) {
		uint64_t word = chance_next(chance);
		memcpy(&config->hash_key[i], &word, sizeof(word));
	}
	for (size_t r = 0; r < config->rule_count; r++)
		config->rules[r].table_size = setting->table_size;
	return config;
}

/* Plays the capture to a few cases that differ in their hash key alone. */
static void
play(const struct setting *setting, struct chance *chance, struct found *f)
{
	const char *paths[] = { capture };
	struct sim_case_settings cases[RUN_CASES];
	struct lb_config *configs[RUN_CASES];
	struct sim_trouble trouble = { 0 };
	struct sim_record *record = NULL;
	const struct sim_settings settings = {
		.paths = paths,
		.path_count = 1,
		.cases = cases,
		.case_count = RUN_CASES,
		.together = true,
		.reverse = setting->reverse,
	};

	for (unsigned i = 0; i < RUN_CASES; i++) {
		configs[i] = make_config(setting, chance);
		cases[i] = (struct sim_case_settings){ "key", configs[i] };
	}
	CU_ASSERT_EQUAL(sim_run(&settings, &record, &trouble), SIM_DONE);
	UNIT_NEED(record);
	for (unsigned i = 0; i < RUN_CASES; i++) {
		note_rule(f, &record->cases[i].rules[0]);
		lb_config_free(configs[i]);
	}
	sim_record_free(record);
}

static struct found *
play_all(const struct setting *setting, unsigned hash_keys)
{
	struct found *f = calloc(1, sizeof(*f));
	struct chance chance = { SEED };

	UNIT_NEED(f);
	for (unsigned i = 0; i < hash_keys; i += RUN_CASES)
		play(setting, &chance, f);
	return f;
}

/* --- the truth ----------------------------------------------------------- */

/* J's own mean, over every way there is to put few keys on the backends. */
static double
mean_jain(const struct found *f, enum report_unit unit)
{
	const uint32_t ways = 1u << 2 * f->key_count; /* BACKENDS is 4 */
	double sum = 0;

	for (uint32_t way = 0; way < ways; way++) {
		double load[BACKENDS] = { 0 }, total = 0, squares = 0;
		for (size_t k = 0; k < f->key_count; k++)
			load[way >> 2 * k & 3] += f->weight[k][unit];
		for (unsigned b = 0; b < BACKENDS; b++) {
			total += load[b];
			squares += load[b] * load[b];
		}
		sum += total * total / (BACKENDS * squares);
	}
	return sum / ways;
}

static void
check_found(const char *name, const struct found *f)
{
	char row[64];

	for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++) {
		double inverse = 1 + (BACKENDS - 1) * f->concentration[u];
		(void)snprintf(row, sizeof(row), "1/J %s by %s", name,
		    report_unit_name(u));
		check_mean(row, &f->inverse[u], inverse);
		(void)snprintf(
		    row, sizeof(row), "J %s by %s", name, report_unit_name(u));
		if (f->key_count <= FEW_KEYS)
			check_mean(row, &f->jain[u], mean_jain(f, u));
		else if (f->concentration[u] < 0.002)
			/* So many keys that the mean of 1/J is 1 over J's. */
			check_mean(row, &f->jain[u], 1 / inverse);
	}
}

static void
test_perfect(void)
{
	static const struct {
		const char *name;
		struct setting setting;
	} rows[] = {
		{ "five-tuple", { LB_MODE_FIVE_TUPLE, false, SLOTS } },
		{ "source-ip", { LB_MODE_SOURCE_IP_ANY_DST, false, SLOTS } },
		{ "source-ip-protocol",
		    { LB_MODE_SOURCE_IP_PROTOCOL_ANY_DST, false, SLOTS } },
		{ "five-tuple reversed", { LB_MODE_FIVE_TUPLE, true, SLOTS } },
		{ "source-ip reversed",
		    { LB_MODE_SOURCE_IP_ANY_DST, true, SLOTS } },
		{ "source-ip-protocol reversed",
		    { LB_MODE_SOURCE_IP_PROTOCOL_ANY_DST, true, SLOTS } },
	};

	(void)printf("\n    over %u hash keys %26s  off/interval\n", HASH_KEYS,
	    "expected");
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct found *f = play_all(&rows[i].setting, HASH_KEYS);
		check_found(rows[i].name, f);
		free(f);
	}
}

/* --- could it fail? ------------------------------------------------------ */

/* Five slots for four backends: one gets two fifths of the flows. */
static void
test_uneven_table(void)
{
	const struct setting setting = { LB_MODE_FIVE_TUPLE, false, 5 };
	struct found *f = play_all(&setting, 200);

	CU_ASSERT(strain(&f->inverse[REPORT_FLOWS],
		      1 + (BACKENDS - 1) * f->concentration[REPORT_FLOWS]) > 1);
	free(f);
}

static void
test_strain(void)
{
	static struct sample s;

	/* -1 and 1 in turn: a mean of 0, a deviation of 1. */
	for (s.count = 0; s.count < 200; s.count++)
		s.value[s.count] = s.count % 2 == 0 ? -1 : 1;
	const double reach = 3.3400 / sqrt(199); /* t of 199 */
	CU_ASSERT(strain(&s, 0) < 0.001);
	CU_ASSERT_DOUBLE_EQUAL(strain(&s, reach), 1, 0.001);
	CU_ASSERT(strain(&s, 1.01 * reach) > 1);
	CU_ASSERT(strain(&s, -1.01 * reach) > 1);
	/* A hash that does not listen to its key. */
	for (unsigned i = 0; i < s.count; i++)
		s.value[i] = 1.25;
	CU_ASSERT(strain(&s, 1.2) > 1);
	CU_ASSERT(strain(&s, 1.25) <= 1);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "the check itself", test_strain },
		{ "a table that is uneven is found out", test_uneven_table },
		{ "as even as a perfect hash", test_perfect },
		CU_TEST_INFO_NULL,
	};
	const char *folder = getenv("FAIRLEAD_CAPTURES");

	(void)snprintf(capture, sizeof(capture), "%s/%s",
	    folder != NULL ? folder : "", CAPTURE);
	if (folder == NULL || access(capture, R_OK) != 0) {
		(void)puts("skipped: FAIRLEAD_CAPTURES has no " CAPTURE);
		return 77;
	}
	return unit_main("sim: over many hash keys", tests);
}
