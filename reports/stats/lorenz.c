/* SPDX-License-Identifier: MIT */
#include "reports/stats/lorenz.h"
#include "reports/stats/fresh.h"
#include "reports/text/text.h"
#include <errno.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DRAWS     200000 /* of a backend, in all */
#define DRAWS_MIN 200    /* 5 of them beyond either bound */
#define DRAWS_MAX 1000
#define TAIL      40 /* 1 of so many lies beyond a bound */

/* The ranks to show: all, or as many evenly spaced; 0 and n among them. */
static size_t
rank_at(size_t point, size_t count, size_t n)
{
	return point * n / (count - 1);
}

/* Sorts the loads; to[p] becomes the share of the first rank_at(p). */
static void
accumulate(double *load, size_t n, double *to, size_t count)
{
	double total = 0, sum = 0;
	size_t point = 0;

	gsl_sort(load, 1, n);
	for (size_t i = 0; i < n; i++)
		total += load[i];
	for (size_t rank = 0; rank <= n; rank++) {
		if (rank == rank_at(point, count, n))
			to[point++] = sum / total;
		if (rank < n)
			sum += load[rank];
	}
}

static int
measure(struct report_lorenz *out, const struct sim_rule *rule,
    enum report_unit unit)
{
	const struct report_fair fair = report_fair(rule);
	size_t n = fair.count;
	double *load = calloc(rule->backend_count, sizeof(*load));
	double *share = calloc(out->count, sizeof(*share));
	bool made = load != NULL && share != NULL;

	if (made) {
		for (size_t i = 0; i < rule->backend_count; i++)
			load[i] = (double)report_backend_load(
			    &rule->backends[i], unit);
		(void)report_fair_loads(&fair, rule, load);
		accumulate(load, n, share, out->count);
	}
	for (size_t i = 0; made && i < out->count; i++) {
		size_t rank = rank_at(i, out->count, n);
		out->points[i] = (struct report_lorenz_point){
			.rank = rank,
			.backends = (double)rank / (double)n,
			.load = share[i],
			.perfect = { NAN, NAN },
		};
	}
	free(load);
	free(share);
	return made ? 0 : -1;
}

/* drawn: a row of out->count shares per draw. */
static void
envelop(struct report_lorenz *out, double *drawn, size_t draws)
{
	size_t beyond = draws / TAIL;
	double *column = calloc(draws, sizeof(*column));

	for (size_t i = 0; column != NULL && i < out->count; i++) {
		for (size_t j = 0; j < draws; j++)
			column[j] = drawn[j * out->count + i];
		gsl_sort(column, 1, draws);
		/* what the normal law adds may leave what a share can be */
		out->points[i].perfect = (struct report_range){
			fmax(column[beyond], 0),
			fmin(column[draws - 1 - beyond], 1),
		};
	}
	free(column);
}

static size_t
draws_for(size_t backend_count)
{
	size_t draws = DRAWS / backend_count;
	return draws < DRAWS_MIN   ? DRAWS_MIN
	       : draws > DRAWS_MAX ? DRAWS_MAX
				   : draws;
}

static void
expect(struct report_lorenz *out, const struct sim_rule *rule,
    enum report_unit unit, uint64_t seed)
{
	size_t n = rule->backend_count, draws = draws_for(n);
	double *drawn = calloc(draws * out->count, sizeof(*drawn));
	struct report_fresh f;
	int opened =
	    report_fresh_open(&f, rule, unit, seed, report_fresh_singly(n));

	if (opened == 0 && drawn != NULL) {
		for (size_t i = 0; i < draws; i++) {
			report_fresh_draw(&f);
			(void)report_fresh_weigh(&f);
			accumulate(f.load, f.fair.count, drawn + i * out->count,
			    out->count);
		}
		envelop(out, drawn, draws);
	}
	report_fresh_close(&f);
	free(drawn);
}

int
report_lorenz_make(struct report_lorenz *lorenz, const struct sim_rule *rule,
    enum report_unit unit, uint64_t seed)
{
	size_t n = report_fair(rule).count;

	*lorenz = (struct report_lorenz){ 0 };
	if (report_total(rule, unit) == 0 ||
	    report_backend_load(
		&rule->backends[report_busiest(rule, unit)], unit) == 0)
		return 0;
	lorenz->count = n < REPORT_LORENZ_POINTS ? n + 1 : REPORT_LORENZ_POINTS;
	lorenz->points = calloc(lorenz->count, sizeof(*lorenz->points));
	if (lorenz->points == NULL || measure(lorenz, rule, unit) != 0) {
		report_lorenz_free(lorenz);
		return -1;
	}
	expect(lorenz, rule, unit, seed);
	return 0;
}

void
report_lorenz_free(struct report_lorenz *lorenz)
{
	free(lorenz->points);
	*lorenz = (struct report_lorenz){ 0 };
}

/* --- lorenz.csv ----------------------------------------------------------- */

/* In quotes, its own ones doubled. */
static void
put_field(FILE *to, const char *raw)
{
	char *clean = report_clean(raw, true);

	report_put(to, "\"");
	for (const char *at = clean ? clean : "?"; *at != '\0'; at++) {
		if (*at == '"')
			report_put(to, "\"");
		report_print(to, "%c", *at);
	}
	report_put(to, "\"");
	free(clean);
}

/* What is not known is left empty. */
static void
put_share(FILE *to, double share)
{
	report_put(to, ",");
	if (isfinite(share))
		report_print(to, "%.9g", share);
}

static void
put_curve(FILE *to, const struct report_lorenz *lorenz, const char *prefix)
{
	for (size_t i = 0; i < lorenz->count; i++) {
		const struct report_lorenz_point *p = &lorenz->points[i];
		report_print(to, "%s,%zu", prefix, p->rank);
		put_share(to, p->backends);
		put_share(to, p->load);
		put_share(to, p->perfect.low);
		put_share(to, p->perfect.high);
		report_put(to, "\n");
	}
}

/* "case","rule",unit: the same in all lines of a curve; the caller frees it. */
static char *
prefix_of(const struct sim_case *c, const struct sim_rule *rule,
    enum report_unit unit)
{
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	if (to == NULL)
		return NULL;
	put_field(to, c->name);
	report_put(to, ",");
	put_field(to, rule->name);
	report_print(to, ",%s", report_unit_name(unit));
	if (fclose(to) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static int
put_rule(FILE *to, const struct sim_case *c, const struct sim_rule *rule,
    uint64_t seed)
{
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++) {
		struct report_lorenz lorenz;
		char *prefix = prefix_of(c, rule, u);
		int made = report_lorenz_make(&lorenz, rule, u, seed);

		if (made == 0 && prefix != NULL)
			put_curve(to, &lorenz, prefix);
		report_lorenz_free(&lorenz);
		bool failed = made != 0 || prefix == NULL;
		free(prefix);
		if (failed)
			return -1;
	}
	return 0;
}

int
report_lorenz_csv(const struct sim_record *record, FILE *to)
{
	report_put(to, "case,rule,unit,rank,backends_share,load_share,"
		       "perfect_low,perfect_high\n");
	for (size_t i = 0; i < record->case_count; i++) {
		const struct sim_case *c = &record->cases[i];
		for (size_t j = 0; j < c->rule_count; j++) {
			if (put_rule(to, c, &c->rules[j], record->seed) != 0) {
				errno = ENOMEM;
				return -1;
			}
		}
	}
	return fflush(to) == 0 && !ferror(to) ? 0 : -1;
}
