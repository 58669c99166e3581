/* SPDX-License-Identifier: MIT */
#include "reports/stats/snat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MS_PER_S 1e3
#define NS_PER_S 1e9
#define EIGHT    8u /* AZ 4.3: ports are given out in eights */

double
report_erlang_b(uint32_t ports, double erlangs)
{
	double inverse = 1; /* B_0 = 1 */

	if (!(erlangs >= 0))
		return NAN;
	if (erlangs == 0)
		return ports == 0 ? 1 : 0;
	for (uint32_t k = 1; k <= ports && isfinite(inverse); k++)
		inverse = 1 + (double)k / erlangs * inverse;
	return 1 / inverse;
}

uint32_t
report_ports_for(double erlangs, double blocking, uint32_t most)
{
	double inverse = 1;

	if (!(erlangs >= 0))
		return 0;
	for (uint32_t k = 1; erlangs > 0 && k <= most; k++) {
		inverse = 1 + (double)k / erlangs * inverse;
		if (k % EIGHT == 0 && 1 / inverse <= blocking)
			return k;
	}
	return erlangs == 0 ? EIGHT : 0;
}

double
report_snat_fullness(const struct sim_snat *snat)
{
	return snat->full_allocated > 0
		   ? (double)snat->full_used / (double)snat->full_allocated
		   : 0;
}

uint32_t
report_snat_ports(const struct sim_snat *snat)
{
	return snat->allocated > 0 ? snat->allocated : snat->full_allocated;
}

static bool
is_beside(const struct sim_snat *a, const struct sim_snat *b)
{
	return a->proto == b->proto && strcmp(a->member, b->member) == 0;
}

/*
 * Erlang's formula speaks of arrivals that are as dense all the time.  Where
 * the run says otherwise, the run is right: more ports than were in use at
 * once, and no number at all where so many have failed already; 0: none.
 */
static uint32_t
advised(const struct report_snat *s, uint64_t peak)
{
	uint32_t ports =
	    report_ports_for(s->erlangs, REPORT_SNAT_GOAL, REPORT_SNAT_MOST);
	uint64_t in_use = (peak + 7) / 8 * 8;

	if (s->simulated > REPORT_SNAT_GOAL && ports <= s->ports)
		return 0;
	return ports != 0 && ports < in_use ? (uint32_t)in_use : ports;
}

struct report_snat
report_snat_of(const struct sim_case *c, size_t i)
{
	const struct sim_snat *at = &c->snat[i];
	const double window_s = (double)c->snat_window_ns / NS_PER_S;
	uint64_t asked = 0, blocked = 0, opened = 0, failed = 0;
	uint64_t ended = 0, held_ms = 0, peak = 0;
	struct report_snat s = { .hold_s = NAN,
		.erlangs = NAN,
		.predicted = NAN,
		.simulated = NAN,
		.of_packets = NAN };

	for (size_t n = 0; n < c->snat_count; n++) {
		const struct sim_snat *g = &c->snat[n];
		if (!is_beside(g, at))
			continue;
		s.ports += report_snat_ports(g);
		asked += g->worst_asked;
		blocked += g->worst_blocked;
		opened += g->worst_opened;
		failed += g->worst_failed;
		ended += g->worst_ended;
		held_ms += g->worst_held_ms;
		peak += g->worst_peak;
	}
	if (asked > 0)
		s.simulated = (double)blocked / (double)asked;
	if (opened + failed > 0)
		s.of_packets = (double)failed / (double)(opened + failed);
	if (ended == 0 || window_s <= 0)
		return s;
	s.hold_s = (double)held_ms / MS_PER_S / (double)ended;
	s.erlangs = (double)asked / window_s * s.hold_s;
	s.predicted = report_erlang_b(s.ports, s.erlangs);
	s.advised = advised(&s, peak);
	return s;
}

/* More trouble first; 0: as much. */
static int
compare_trouble(const struct sim_snat *x, const struct sim_snat *y)
{
	const double full = report_snat_fullness(x) - report_snat_fullness(y);

	if (x->failed != y->failed)
		return x->failed > y->failed ? -1 : 1;
	return full > 0 ? -1 : full < 0;
}

size_t
report_snat_worst(const struct sim_case *c)
{
	size_t worst = SIZE_MAX;

	for (size_t i = 0; i < c->snat_count; i++) {
		const struct sim_snat *g = &c->snat[i];
		if (worst == SIZE_MAX ||
		    compare_trouble(g, &c->snat[worst]) < 0)
			worst = i;
	}
	return worst;
}

uint64_t
report_snat_failed(const struct sim_case *c)
{
	uint64_t failed = 0;

	for (size_t i = 0; i < c->snat_count; i++)
		failed += c->snat[i].failed;
	return failed;
}

bool
report_snat_is_used(const struct sim_snat *snat)
{
	return snat->peak > 0 || snat->opened > 0 || snat->failed > 0;
}

size_t
report_snat_count_used(const struct sim_case *c)
{
	size_t count = 0;

	for (size_t i = 0; i < c->snat_count; i++)
		count += report_snat_is_used(&c->snat[i]);
	return count;
}

static int
by_member(const void *a, const void *b)
{
	const struct sim_snat *const *x = a, *const *y = b;

	return strcmp((*x)->member, (*y)->member);
}

int
report_snat_members(
    struct report_snat_members *members, const struct sim_case *c)
{
	const struct sim_snat **used =
	    calloc(c->snat_count + 1, sizeof(struct sim_snat *));
	size_t count = 0;
	bool failed = false;

	*members = (struct report_snat_members){ 0 };
	if (used == NULL)
		return -1;
	for (size_t i = 0; i < c->snat_count; i++)
		if (report_snat_is_used(&c->snat[i]))
			used[count++] = &c->snat[i];
	qsort(used, count, sizeof(struct sim_snat *), by_member);
	for (size_t i = 0; i < count; i++) {
		failed |= used[i]->failed > 0;
		if (i + 1 < count && by_member(&used[i], &used[i + 1]) == 0)
			continue;
		members->all++;
		members->failed += failed;
		failed = false;
	}
	free(used);
	return 0;
}

/* Then as they stand. */
static int
by_trouble(const void *a, const void *b, void *arg)
{
	const struct sim_case *c = arg;
	const size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const int trouble = compare_trouble(&c->snat[i], &c->snat[j]);

	return trouble != 0 ? trouble : (i > j) - (i < j);
}

size_t *
report_snat_order(const struct sim_case *c)
{
	size_t *order = calloc(c->snat_count + 1, sizeof(*order));

	if (order == NULL)
		return NULL;
	for (size_t i = 0; i < c->snat_count; i++)
		order[i] = i;
	qsort_r(order, c->snat_count, sizeof(*order), by_trouble,
	    (void *)(uintptr_t)c);
	return order;
}

size_t
report_snat_case(const struct sim_record *record)
{
	const struct sim_snat *worst = NULL;
	size_t at = SIZE_MAX;

	for (size_t i = 0; i < record->case_count; i++) {
		const struct sim_case *c = &record->cases[i];
		size_t n = report_snat_worst(c);
		if (n == SIZE_MAX ||
		    (worst != NULL && compare_trouble(&c->snat[n], worst) >= 0))
			continue;
		worst = &c->snat[n];
		at = i;
	}
	return at;
}

/* --- figures of a case ----------------------------------------------------
 */

const char *
report_snat_figure_name(unsigned figure)
{
	static const char *const names[REPORT_SNAT_FIGURE_COUNT] = {
		[REPORT_SNAT_BLOCKING] = "blocking",
		[REPORT_SNAT_EXPECTED] = "predicted_blocking",
		[REPORT_SNAT_PEAK] = "peak_share",
	};
	return figure < REPORT_SNAT_FIGURE_COUNT ? names[figure] : "?";
}

static double
blocking_of(const struct sim_case *c)
{
	uint64_t asked = 0, blocked = 0;

	for (size_t i = 0; i < c->snat_count; i++) {
		asked += c->snat[i].asked;
		blocked += c->snat[i].blocked;
	}
	return asked > 0 ? (double)blocked / (double)asked : NAN;
}

static double
peak_of(const struct sim_case *c)
{
	double most = NAN;

	for (size_t i = 0; i < c->snat_count; i++)
		if (report_snat_is_used(&c->snat[i]))
			most = fmax(most, report_snat_fullness(&c->snat[i]));
	return most;
}

double
report_snat_figure(const struct sim_case *c, unsigned figure)
{
	const size_t worst = report_snat_worst(c);

	if (worst == SIZE_MAX || !report_snat_is_used(&c->snat[worst]))
		return NAN;
	switch (figure) {
	case REPORT_SNAT_BLOCKING:
		return blocking_of(c);
	case REPORT_SNAT_EXPECTED:
		return report_snat_of(c, worst).predicted;
	default:
		return peak_of(c);
	}
}
