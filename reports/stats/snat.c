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

/* What it had when it was fullest; who never used one has them all. */
static uint32_t
full_of(const struct sim_snat *g)
{
	return g->full_allocated > 0 ? g->full_allocated : g->allocated;
}

double
report_snat_part_used(const struct report_snat *s)
{
	return s->full_ports > 0 ? (double)s->full_used / (double)s->full_ports
				 : 0;
}

static bool
is_beside(const struct sim_snat *a, const struct sim_snat *b)
{
	return a->proto == b->proto && strcmp(a->member, b->member) == 0;
}

/* Where the run says other than the formula, the run is right: more ports than
 * were in use at once, and no number at all where so many have failed already;
 * 0: none. */
static uint32_t
advised(const struct report_snat *s)
{
	uint32_t ports =
	    report_ports_for(s->erlangs, REPORT_SNAT_GOAL, REPORT_SNAT_MOST);
	uint64_t in_use = (s->peak_there + 7) / 8 * 8;

	if (s->simulated > REPORT_SNAT_GOAL && ports <= s->ports)
		return 0;
	return ports != 0 && ports < in_use ? (uint32_t)in_use : ports;
}

struct report_snat
report_snat_of(const struct sim_case *c, size_t i)
{
	const struct sim_snat *at = &c->snat[i];
	const double window_s = (double)c->snat_window_ns / NS_PER_S;
	uint64_t asked = 0, blocked = 0, ended = 0, held_ms = 0;
	bool full = true;
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
		s.peak += g->peak;
		s.full_used += g->full_used;
		s.full_ports += full_of(g);
		s.failed += g->worst_failed;
		full &=
		    g->full_allocated > 0 && g->full_used >= g->full_allocated;
		if (g->full_ns > s.full_ns)
			s.full_ns = g->full_ns;
		asked += g->worst_asked;
		blocked += g->worst_blocked;
		s.opened += g->worst_opened;
		ended += g->worst_ended;
		held_ms += g->worst_held_ms;
		s.peak_there += g->worst_peak;
	}
	if (!full || s.ports == 0)
		s.full_ns = SIM_NO_TIME;
	s.again = s.failed > blocked;
	if (asked > 0)
		s.simulated = (double)blocked / (double)asked;
	if (s.opened + s.failed > 0)
		s.of_packets = (double)s.failed / (double)(s.opened + s.failed);
	if (ended == 0 || window_s <= 0)
		return s;
	s.hold_s = (double)held_ms / MS_PER_S / (double)ended;
	s.erlangs = (double)asked / window_s * s.hold_s;
	if (!at->worst_poisson)
		return s;
	s.predicted = report_erlang_b(s.ports, s.erlangs);
	s.advised = advised(&s);
	return s;
}

/* --- who is worst off ------------------------------------------------------
 */

/* A gauge, and what all of its member and protocol come to. */
struct owner {
	const struct sim_snat *gauge;
	uint64_t failed;
	uint64_t most;      /* ports in use at a time */
	uint64_t full_used; /* when most of those that there were was */
	uint64_t ports;     /* then */
	bool used;          /* anything was asked of it */
};

/* By name and protocol; then as they stand. */
static int
by_owner(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;
	const int names = strcmp(x->gauge->member, y->gauge->member);

	if (names != 0 || x->gauge->proto != y->gauge->proto)
		return names != 0 ? names
				  : (int)x->gauge->proto - y->gauge->proto;
	return (x->gauge > y->gauge) - (x->gauge < y->gauge);
}

/* Sums up the first gauges of `left`, which are of one member and protocol;
 * how many they are. */
static size_t
sum_up(struct owner *of, size_t left)
{
	struct owner sum = { 0 };
	size_t count = 0;

	for (; count < left && is_beside(of[count].gauge, of->gauge); count++) {
		const struct sim_snat *g = of[count].gauge;
		sum.failed += g->failed;
		sum.most += g->peak;
		sum.full_used += g->full_used;
		sum.ports += full_of(g);
		sum.used |= report_snat_is_used(g);
	}
	for (size_t i = 0; i < count; i++) {
		sum.gauge = of[i].gauge;
		of[i] = sum;
	}
	return count;
}

/* All gauges, those of a member beside each other; NULL without memory. */
static struct owner *
owners_of(const struct sim_case *c)
{
	struct owner *all = calloc(c->snat_count + 1, sizeof(*all));

	if (all == NULL)
		return NULL;
	for (size_t i = 0; i < c->snat_count; i++)
		all[i].gauge = &c->snat[i];
	qsort(all, c->snat_count, sizeof(*all), by_owner);
	for (size_t i = 0; i < c->snat_count;)
		i += sum_up(&all[i], c->snat_count - i);
	return all;
}

static double
fullness_of(const struct owner *o)
{
	return o->ports > 0 ? (double)o->full_used / (double)o->ports : 0;
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

/* Of members, then of their gauges; more trouble first. */
static int
compare_owners(const struct owner *x, const struct owner *y)
{
	const double full = fullness_of(x) - fullness_of(y);

	if (x->failed != y->failed)
		return x->failed > y->failed ? -1 : 1;
	if (full > 0 || full < 0)
		return full > 0 ? -1 : 1;
	return compare_trouble(x->gauge, y->gauge);
}

static bool
is_before(const struct owner *x, const struct owner *y)
{
	const int trouble = compare_owners(x, y);

	return trouble != 0 ? trouble < 0 : x->gauge < y->gauge;
}

/* False: nobody used a port, or there is no memory. */
static bool
find_worst(const struct sim_case *c, struct owner *worst)
{
	struct owner *all = owners_of(c);
	bool found = false;

	for (size_t i = 0; all != NULL && i < c->snat_count; i++)
		if (all[i].used && (!found || is_before(&all[i], worst))) {
			*worst = all[i];
			found = true;
		}
	free(all);
	return found;
}

size_t
report_snat_worst(const struct sim_case *c)
{
	struct owner worst;

	if (find_worst(c, &worst))
		return (size_t)(worst.gauge - c->snat);
	return c->snat_count > 0 ? 0 : SIZE_MAX;
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

int
report_snat_members(
    struct report_snat_members *members, const struct sim_case *c)
{
	struct owner *all = owners_of(c);
	bool failed = false, used = false;

	*members = (struct report_snat_members){ 0 };
	if (all == NULL)
		return -1;
	for (size_t i = 0; i < c->snat_count; i++) {
		failed |= all[i].failed > 0;
		used |= all[i].used;
		if (i + 1 < c->snat_count &&
		    strcmp(all[i].gauge->member, all[i + 1].gauge->member) == 0)
			continue;
		members->all += used;
		members->failed += failed;
		failed = used = false;
	}
	free(all);
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
	struct owner worst = { 0 };
	size_t at = SIZE_MAX;

	for (size_t i = 0; i < record->case_count; i++) {
		const struct sim_case *c = &record->cases[i];
		struct owner here = { .gauge = c->snat };
		if (c->snat_count == 0)
			continue;
		(void)find_worst(c, &here);
		if (at != SIZE_MAX && compare_owners(&here, &worst) >= 0)
			continue;
		worst = here;
		at = i;
	}
	return at;
}

double
report_snat_peak(const struct sim_case *c)
{
	struct owner *all = owners_of(c);
	double most = NAN;

	for (size_t i = 0; all != NULL && i < c->snat_count; i++)
		if (all[i].used)
			most = fmax(most, (double)all[i].most);
	free(all);
	return most;
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

/* Of what the fullest member has. */
static double
peak_of(const struct sim_case *c)
{
	struct owner *all = owners_of(c);
	double most = NAN;

	for (size_t i = 0; all != NULL && i < c->snat_count; i++)
		if (all[i].used)
			most = fmax(most, fullness_of(&all[i]));
	free(all);
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
