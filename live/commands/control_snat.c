/* SPDX-License-Identifier: MIT */
/* How full members are of their SNAT ports, the fullest first, and towards
 * whom: the tables, read in place while packets go on. */
#include <stdlib.h>
#include <string.h>

#include "live/commands/control_rooms.h"
#include "live/commands/control_tell.h"
#include "live/seen/snat.h"
#include "model/config/names.h"
#include "model/tables/snat_worst.h"

/* In one turn of the loop: some tenths of a millisecond. */
#define BUCKETS_AT_ONCE 2048u
#define RECORDS_AT_ONCE 512u /* buckets of those */
#define ROWS_AT_ONCE    32u
/* Destinations of a row. */
#define WORST 3u

struct snat {
	struct live_run *run;
	uint64_t generation; /* of the plan that all of it is of */
	struct live_snat_count *count;
	struct lb_snat_worst *worst;
	enum { CONN4, CONN6, RECORDS } table; /* that is read */
	uint32_t bucket;                      /* of it, next */
	struct live_figures *figures;         /* NULL: still reading */
	size_t next;                          /* of its rows */
	uint64_t left;                        /* to be said */
	const char *rule, *member;            /* NULL: any */
	json_t *request;                      /* whose texts these are */
};

static void
snat_free(void *state)
{
	struct snat *s = state;

	if (s == NULL)
		return;
	live_snat_count_free(s->count);
	lb_snat_worst_free(s->worst);
	live_figures_free(s->figures);
	json_decref(s->request);
	free(s);
}

/* --- rows ---------------------------------------------------------------- */

static double
fullness(const struct live_figures_snat *n)
{
	return n->allocated > 0 ? (double)n->used / n->allocated : 0;
}

/* For qsort(): the fullest first, then who failed most. */
static int
by_trouble(const void *a, const void *b)
{
	const struct live_figures_snat *x = a, *y = b;

	if (fullness(x) != fullness(y))
		return fullness(x) > fullness(y) ? -1 : 1;
	if (x->begun.failed != y->begun.failed)
		return x->begun.failed > y->begun.failed ? -1 : 1;
	return x->gauge < y->gauge ? -1 : x->gauge > y->gauge;
}

static bool
is_wanted(const struct snat *s, const struct live_figures_snat *n)
{
	const size_t pool = strlen(n->pool);

	if (s->rule != NULL &&
	    (n->rule == NULL || strcmp(s->rule, n->rule) != 0))
		return false;
	return s->member == NULL ||
	       (strncmp(s->member, n->pool, pool) == 0 &&
		   s->member[pool] == '/' &&
		   strcmp(s->member + pool + 1, n->name) == 0);
}

/* What is not wanted goes; false: nothing is left. */
static bool
choose(struct snat *s)
{
	struct live_figures *f = s->figures;
	size_t kept = 0;

	for (size_t i = 0; i < f->snat_count; i++)
		if (is_wanted(s, &f->snats[i]))
			f->snats[kept++] = f->snats[i];
	f->snat_count = kept;
	qsort(f->snats, kept, sizeof(*f->snats), by_trouble);
	return kept > 0;
}

static void
say_row(struct snat *s, struct live_caller *caller,
    const struct live_figures_snat *n)
{
	struct lb_snat_destination to[WORST];
	size_t count = lb_snat_worst_of(s->worst, n->gauge, to, WORST);

	live_caller_say(caller,
	    json_pack("{s:o}", "snat",
		live_tell_snat(s->figures, n, s->run->plan, to, count)));
}

/* What failed for want of room, not of ports: nobody's in particular. */
static void
say_no_room(const struct snat *s, struct live_caller *caller)
{
	struct forward_total total;

	if (s->next > 0 && live_forwarder_total(s->run->forwarder, &total) == 0)
		live_caller_say(caller,
		    json_pack("{s:{s:I}}", "no_room", "packets",
			(json_int_t)total.dropped[LB_REASON_TABLE_FULL]));
}

/* Nobody has a row: is it the mode, under which no rule would let him out? */
static void
say_mode(const struct snat *s, struct live_caller *caller)
{
	if (s->figures->snat_count == 0)
		live_caller_say(caller,
		    json_pack("{s:{s:s}}", "outbound", "forwarding",
			lb_forwarding_name(s->run->config->forwarding)));
}

static enum live_more
say_rows(struct snat *s, struct live_caller *caller)
{
	const struct live_figures *f = s->figures;

	for (uint32_t i = 0; i < ROWS_AT_ONCE; i++) {
		if (s->next == f->snat_count || s->left == 0) {
			say_no_room(s, caller);
			say_mode(s, caller);
			live_caller_done(caller);
			return LIVE_END;
		}
		s->left--;
		say_row(s, caller, &f->snats[s->next++]);
	}
	return LIVE_MORE;
}

/* --- reading ------------------------------------------------------------- */

static enum live_more
fail(struct live_caller *caller, enum live_refusal why, const char *what)
{
	live_caller_fail(caller, why, "%s", what);
	return LIVE_END;
}

/* Some buckets more.  false: all of them were read. */
static bool
read_part(struct snat *s)
{
	const struct lb_tables *t =
	    live_engine_tables(live_forwarder_engine(s->run->forwarder));
	const uint32_t buckets = s->table == CONN4   ? t->buckets4
				 : s->table == CONN6 ? t->buckets6
						     : t->port_buckets;
	const uint32_t most =
	    s->table == RECORDS ? RECORDS_AT_ONCE : BUCKETS_AT_ONCE;

	if (s->table == RECORDS)
		lb_snat_worst_add(s->worst, t, s->bucket, most);
	else
		live_snat_count_add(
		    s->count, s->run, s->table == CONN6, s->bucket, most);
	s->bucket += most;
	if (s->bucket < buckets)
		return true;
	s->bucket = 0;
	return s->table++ != RECORDS;
}

static enum live_more
begin_rows(struct snat *s, struct live_caller *caller)
{
	s->figures = live_figures_snat(s->run, s->count);
	if (s->figures == NULL)
		return fail(caller, LIVE_REFUSED_MACHINE, "no memory");
	if (choose(s) || (s->rule == NULL && s->member == NULL))
		return LIVE_MORE;
	return fail(caller, LIVE_REFUSED_USAGE,
	    "nobody leaves by that: rules and members are as fairlead ctl snat "
	    "lists them without options");
}

static enum live_more
snat_more(void *state, struct live_caller *caller)
{
	struct snat *s = state;

	if (s->generation != s->run->history.generation)
		return fail(caller, LIVE_REFUSED_MACHINE,
		    "the configuration changed meanwhile: ask again");
	if (s->figures != NULL)
		return say_rows(s, caller);
	return read_part(s) ? LIVE_MORE : begin_rows(s, caller);
}

void
live_control_snat(
    struct live_run *run, struct live_caller *caller, const json_t *request)
{
	const json_t *limit = json_object_get(request, "limit");
	struct snat *s = calloc(1, sizeof(*s));

	if (s != NULL) {
		s->count = live_snat_count_new();
		s->worst = lb_snat_worst_new(run->plan, live_snat_gauges(run));
	}
	if (s == NULL || s->count == NULL || s->worst == NULL) {
		snat_free(s);
		live_caller_fail(caller, LIVE_REFUSED_MACHINE, "no memory");
		return;
	}
	s->run = run;
	s->generation = run->history.generation;
	s->request = json_incref((json_t *)(uintptr_t)request);
	s->rule = json_string_value(json_object_get(request, "rule"));
	s->member = json_string_value(json_object_get(request, "member"));
	s->left = json_integer_value(limit) > 0
		      ? (uint64_t)json_integer_value(limit)
		      : UINT64_MAX;
	live_caller_stream(
	    caller, &(struct live_stream){ snat_more, snat_free, s });
}
