/* SPDX-License-Identifier: MIT */
#include "reports/sweep/sweep_choice.h"
#include "reports/stats/ranking.h"
#include "reports/text/text.h"
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SIGMAS    3
#define TAIL      0.975
#define ALONE_MAX 3 /* worse levels that the line tells of */

/* The scores of all settings under each key: by setting, unit, key. */
struct scores {
	const struct report_sweep *sweep;
	size_t keys; /* replications */
	double *jain;
	double chance; /* of one key, by flows: a standard deviation */
	double tail;   /* quantile that all comparisons together are held to */
};

static double *
scores_of(const struct scores *s, size_t setting, enum report_unit unit)
{
	return &s->jain[(setting * REPORT_UNIT_COUNT + unit) * s->keys];
}

/* Sums over conditions, made means at once. */
static void
add_point(struct scores *s, struct report_setting *settings, size_t point)
{
	const struct report_sweep *sweep = s->sweep;
	const struct report_result *r =
	    &sweep->results[point * sweep->rule_count + sweep->shown];
	size_t at = report_sweep_combination(sweep, point, REPORT_CHOICE);
	size_t key = report_sweep_combination(sweep, point, REPORT_REPLICATION);
	size_t conditions = report_sweep_combinations(sweep, REPORT_CONDITION);
	double part = 1 / (double)conditions;

	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++) {
		const struct report_fairness *f = &r->fairness[u];
		scores_of(s, at, u)[key] += part * f->jain;
		settings[at].score[u] += part * f->jain / (double)s->keys;
		settings[at].expected[u] +=
		    part * f->expected_jain / (double)s->keys;
	}
	for (size_t i = 0; i < sweep->factor_count; i++)
		settings[at].levels[i] = report_sweep_level(sweep, point, i);
	if (r->backend_count > 1 && at == 0) {
		double e = r->fairness[REPORT_FLOWS].expected_jain;
		s->chance += part * e * (1 - e) / (double)s->keys *
			     sqrt(2 / (double)(r->backend_count - 1));
	}
}

/* Mean and half of Student's interval; NAN for one value. */
static double
reach_of(const double *values, const double *less, size_t n, double tail,
    double *mean)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < n; i++)
		sum += values[i] - (less != NULL ? less[i] : 0);
	*mean = sum / (double)n;
	if (n < 2)
		return NAN;
	for (size_t i = 0; i < n; i++) {
		double off = values[i] - (less != NULL ? less[i] : 0) - *mean;
		squares += off * off;
	}
	return gsl_cdf_tdist_Pinv(tail, (double)n - 1) *
	       sqrt(squares / (double)(n - 1) / (double)n);
}

/* Is a setting worse than another in a unit, and not only by chance? */
static bool
is_worse(const struct scores *s, const struct report_setting *settings,
    size_t a, size_t b, enum report_unit unit)
{
	double by;
	double reach = reach_of(scores_of(s, b, unit), scores_of(s, a, unit),
	    s->keys, s->tail, &by);

	if (!(by > REPORT_TIE))
		return isnan(by) && !isnan(settings[b].score[unit]);
	if (s->keys > 1)
		return by > reach;
	return settings[b].expected[unit] - settings[a].expected[unit] >
		   REPORT_TIE ||
	       by > SIGMAS * M_SQRT2 * s->chance;
}

/* The best by a unit among those that are as good so far; the others are no
 * longer. */
static void
sift(const struct scores *s, struct report_setting *settings, size_t count,
    enum report_unit unit)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < count; i++)
		if (settings[i].as_good &&
		    (best == SIZE_MAX ||
			settings[i].score[unit] > settings[best].score[unit]))
			best = i;
	for (size_t i = 0; best != SIZE_MAX && i < count; i++)
		if (settings[i].as_good && is_worse(s, settings, i, best, unit))
			settings[i].as_good = false;
}

/* Is a preferred to b?  By the factors in the order they were named. */
static bool
is_preferred(const struct report_sweep *sweep, const struct report_setting *a,
    const struct report_setting *b)
{
	for (size_t i = 0; i < sweep->factor_count; i++) {
		const struct report_factor *f = &sweep->factors[i];
		unsigned left = f->levels[a->levels[i]].preference;
		unsigned right = f->levels[b->levels[i]].preference;
		if (f->role == REPORT_CHOICE && left != right)
			return left < right;
	}
	return false;
}

static int
by_score(const void *a, const void *b)
{
	const struct report_setting *x = a, *y = b;

	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++)
		if (x->score[u] > y->score[u] || x->score[u] < y->score[u])
			return x->score[u] < y->score[u] ? 1 : -1;
	return (x->levels > y->levels) - (x->levels < y->levels);
}

static void
choose(struct report_choice *choice, const struct report_sweep *sweep)
{
	qsort(choice->settings, choice->count, sizeof(*choice->settings),
	    by_score);
	choice->chosen = SIZE_MAX;
	for (size_t i = 0; i < choice->count; i++)
		if (choice->settings[i].as_good &&
		    (choice->chosen == SIZE_MAX ||
			is_preferred(sweep, &choice->settings[i],
			    &choice->settings[choice->chosen])))
			choice->chosen = i;
}

static int
judge(struct report_choice *choice, struct scores *s)
{
	for (size_t point = 0; point < s->sweep->point_count; point++)
		add_point(s, choice->settings, point);
	for (size_t i = 0; i < choice->count; i++) {
		struct report_setting *of = &choice->settings[i];
		double mean;
		double reach = reach_of(
		    scores_of(s, i, REPORT_FLOWS), NULL, s->keys, TAIL, &mean);
		of->low = mean - reach;
		of->high = mean + reach;
		of->as_good = !isnan(of->score[REPORT_FLOWS]);
	}
	sift(s, choice->settings, choice->count, REPORT_FLOWS);
	sift(s, choice->settings, choice->count, REPORT_BYTES);
	choose(choice, s->sweep);
	return 0;
}

int
report_choice_make(
    struct report_choice *choice, const struct report_sweep *sweep)
{
	size_t count = report_sweep_combinations(sweep, REPORT_CHOICE);
	struct scores s = { .sweep = sweep, .keys = sweep->replications };
	size_t factors = sweep->factor_count + 1;

	s.tail = count > 2 ? 1 - (1 - TAIL) / (double)(count - 1) : TAIL;

	*choice = (struct report_choice){ .chosen = SIZE_MAX };
	s.jain = calloc(count * REPORT_UNIT_COUNT * s.keys, sizeof(*s.jain));
	choice->settings = calloc(count, sizeof(*choice->settings));
	/* one block, of which the first setting's is the start */
	size_t *levels = calloc(count * factors, sizeof(*levels));
	if (s.jain == NULL || choice->settings == NULL || levels == NULL) {
		free(s.jain);
		free(levels);
		return -1;
	}
	choice->count = count;
	choice->levels = levels;
	for (size_t i = 0; i < count; i++)
		choice->settings[i].levels = levels + i * factors;
	int done = judge(choice, &s);
	free(s.jain);
	return done;
}

void
report_choice_free(struct report_choice *choice)
{
	free(choice->settings);
	free(choice->levels);
	*choice = (struct report_choice){ 0 };
}

/* --- in words ------------------------------------------------------------ */

/* The setting that differs from another in one factor. */
static const struct report_setting *
swapped(const struct report_choice *choice, const struct report_sweep *sweep,
    const struct report_setting *from, size_t factor, size_t level)
{
	for (size_t i = 0; i < choice->count; i++) {
		const struct report_setting *of = &choice->settings[i];
		bool same = of->levels[factor] == level;
		for (size_t f = 0; f < sweep->factor_count; f++)
			if (f != factor &&
			    sweep->factors[f].role == REPORT_CHOICE)
				same &= of->levels[f] == from->levels[f];
		if (same)
			return of;
	}
	return from;
}

/* How many of a factor's other levels are worse than the chosen one. */
static size_t
count_worse(const struct report_choice *choice,
    const struct report_sweep *sweep, size_t factor)
{
	const struct report_setting *from = &choice->settings[choice->chosen];
	size_t worse = 0;

	for (size_t l = 0; l < sweep->factors[factor].level_count; l++)
		worse += !swapped(choice, sweep, from, factor, l)->as_good;
	return worse;
}

static bool
is_open(const struct report_factor *f)
{
	return f->role == REPORT_CHOICE && f->level_count > 1;
}

/* "distribution five-tuple" of each factor that matters, or that does not;
 * how many. */
static size_t
put_levels(FILE *to, const struct report_choice *choice,
    const struct report_sweep *sweep, bool matters)
{
	const struct report_setting *of = &choice->settings[choice->chosen];
	size_t put = 0;

	for (size_t f = 0; f < sweep->factor_count; f++) {
		const struct report_factor *factor = &sweep->factors[f];
		if (!is_open(factor) ||
		    (count_worse(choice, sweep, f) > 0) != matters)
			continue;
		report_print(to, "%s%s %s", put++ > 0 ? ", " : "", factor->name,
		    factor->levels[of->levels[f]].text);
		for (size_t l = 0; matters && l < factor->level_count; l++)
			if (l != of->levels[f] &&
			    swapped(choice, sweep, of, f, l)->as_good)
				report_print(
				    to, " or %s", factor->levels[l].text);
	}
	return put;
}

static void
put_idle(FILE *to, const struct report_choice *choice,
    const struct report_sweep *sweep)
{
	size_t left = 0, count = 0;

	for (size_t f = 0; f < sweep->factor_count; f++)
		left += is_open(&sweep->factors[f]) &&
			count_worse(choice, sweep, f) == 0;
	count = left;
	for (size_t f = 0; left > 0 && f < sweep->factor_count; f++) {
		if (!is_open(&sweep->factors[f]) ||
		    count_worse(choice, sweep, f) > 0)
			continue;
		report_print(to, "%s%s", left == count ? " (" : "",
		    sweep->factors[f].name);
		left--;
		report_put(to, left > 1 ? ", " : left == 1 ? " and " : "");
	}
	if (count > 0)
		report_print(
		    to, " make%s no difference here)", count == 1 ? "s" : "");
}

/* " over 30 hash keys", " and pool.size 2 to 16" */
static void
put_base(FILE *to, const struct report_sweep *sweep)
{
	const char *word = " over ";

	if (sweep->replications > 1) {
		report_print(to, "%s%zu hash keys", word, sweep->replications);
		word = " and ";
	}
	for (size_t f = 0; f < sweep->factor_count; f++) {
		const struct report_factor *factor = &sweep->factors[f];
		if (factor->role != REPORT_CONDITION || factor->level_count < 2)
			continue;
		report_print(to, "%s%s %s to %s", word, factor->name,
		    factor->levels[0].text,
		    factor->levels[factor->level_count - 1].text);
		word = " and ";
	}
}

static void
put_worse(FILE *to, const struct report_choice *choice,
    const struct report_sweep *sweep)
{
	const struct report_setting *of = &choice->settings[choice->chosen];
	const char *word = "; ";
	size_t put = 0;

	for (size_t f = 0; f < sweep->factor_count; f++)
		for (size_t l = 0;
		     is_open(&sweep->factors[f]) &&
		     l < sweep->factors[f].level_count && put < ALONE_MAX;
		     l++) {
			const struct report_setting *other =
			    swapped(choice, sweep, of, f, l);
			bool by_bytes = of->score[REPORT_FLOWS] -
					    other->score[REPORT_FLOWS] <=
					REPORT_TIE;
			enum report_unit unit =
			    by_bytes ? REPORT_BYTES : REPORT_FLOWS;
			char score[REPORT_TEXT_BYTES];
			if (other->as_good)
				continue;
			report_print(to, "%s%s %s %s%s", word,
			    sweep->factors[f].is_numeric
				? sweep->factors[f].name
				: "with",
			    sweep->factors[f].levels[l].text,
			    report_index(score, other->score[unit]),
			    by_bytes ? " by bytes" : "");
			word = ", ";
			put++;
		}
}

static void
put_scores(FILE *to, const struct report_choice *choice,
    const struct report_sweep *sweep)
{
	const struct report_setting *of = &choice->settings[choice->chosen];
	char flows[REPORT_TEXT_BYTES], bytes[REPORT_TEXT_BYTES];

	report_print(to, ": Jain %s by flows, %s by bytes",
	    report_index(flows, of->score[REPORT_FLOWS]),
	    report_index(bytes, of->score[REPORT_BYTES]));
	put_base(to, sweep);
}

/* "pool.size 2 to 8: Jain 0.998 to 0.953 by flows ..." */
static void
put_conditions(FILE *to, const struct report_sweep *sweep)
{
	const struct report_group *first = report_sweep_shown(sweep, 0);
	const struct report_group *last =
	    report_sweep_shown(sweep, sweep->group_count - 1);
	char x[REPORT_TEXT_BYTES], y[REPORT_TEXT_BYTES];

	report_print(to, "Jain goes from %s to %s by flows",
	    report_index(x, first->of[REPORT_FLOWS][REPORT_JAIN].mean),
	    report_index(y, last->of[REPORT_FLOWS][REPORT_JAIN].mean));
	report_print(to, ", from %s to %s by bytes",
	    report_index(x, first->of[REPORT_BYTES][REPORT_JAIN].mean),
	    report_index(y, last->of[REPORT_BYTES][REPORT_JAIN].mean));
	put_base(to, sweep);
	report_print(to,
	    "; the last is as good as %s even backends by flows, %s by bytes",
	    report_digits(x, &report_terminal,
		last->of[REPORT_FLOWS][REPORT_EFFECTIVE].mean),
	    report_digits(y, &report_terminal,
		last->of[REPORT_BYTES][REPORT_EFFECTIVE].mean));
}

/* Nothing but hash keys were varied: how much they matter. */
static void
put_keys(FILE *to, const struct report_sweep *sweep)
{
	const struct report_spread *jain =
	    &report_sweep_shown(sweep, 0)->of[REPORT_FLOWS][REPORT_JAIN];
	char x[REPORT_TEXT_BYTES], y[REPORT_TEXT_BYTES];

	report_print(to, "There is nothing to choose: Jain %s by flows",
	    report_index(x, jain->mean));
	put_base(to, sweep);
	if (jain->count > 1)
		report_print(to, ", %s to %s", report_index(x, jain->min),
		    report_index(y, jain->max));
}

static void
put_line(FILE *to, const struct report_choice *choice,
    const struct report_sweep *sweep)
{
	size_t open = report_sweep_count(sweep, REPORT_CHOICE), worse = 0;

	if (choice->chosen == SIZE_MAX) {
		report_put(to, "There is nothing to choose: no flow was "
			       "balanced");
		return;
	}
	if (open == 0) {
		if (sweep->group_count > 1)
			put_conditions(to, sweep);
		else
			put_keys(to, sweep);
		return;
	}
	for (size_t f = 0; f < sweep->factor_count; f++)
		if (is_open(&sweep->factors[f]))
			worse += count_worse(choice, sweep, f);
	if (worse == 0) {
		report_put(to, "It makes no difference: take ");
		put_levels(to, choice, sweep, false);
		put_scores(to, choice, sweep);
		return;
	}
	report_put(to, "Choose ");
	put_levels(to, choice, sweep, true);
	put_idle(to, choice, sweep);
	put_scores(to, choice, sweep);
	put_worse(to, choice, sweep);
	if (sweep->replications == 1)
		report_put(to, "; one hash key tells little, --vary "
			       "hash_key=30 more");
}

char *
report_choice_line(
    const struct report_choice *choice, const struct report_sweep *sweep)
{
	char *line = NULL;
	size_t bytes;
	FILE *to = open_memstream(&line, &bytes);

	if (to == NULL)
		return NULL;
	put_line(to, choice, sweep);
	if (fclose(to) == 0)
		return line;
	free(line);
	return NULL;
}
