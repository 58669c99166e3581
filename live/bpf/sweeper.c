/* SPDX-License-Identifier: MIT */
#include "live/bpf/sweeper.h"

#include <stdlib.h>
#include <string.h>

#include "model/tables/audit.h"

/* Facts taken at a time. */
#define FACTS_MAX 1024u
/* A sweeper that was killed left at most one way claimed; be generous. */
#define STUCK_MAX 16u

/*
 * Ports that a killed sweeper left taken are looked for in the first rounds,
 * two at a time; and now and then, should he have left an entry besides that
 * had to end first.
 */
#define AUDIT_FIRST 8u
#define AUDIT_EVERY 256u
#define HINTS_EVERY 16u

/* A way that was BUSY when we came. */
struct stuck {
	uint64_t *ctl, was;
};

struct live_sweeper {
	const struct lb_tables *tables;
	uint32_t part; /* of LIVE_SWEEP_PARTS, next */
	uint32_t rounds;
	/* A whole round at the next tick.  Too short a one to call anything
	 * left behind. */
	bool hurry;
	struct lb_expired facts[FACTS_MAX];
	struct stuck stuck[STUCK_MAX];
	uint32_t stuck_count;
	struct lb_audit_record *audit; /* NULL: there is none */
	bool audited_once;
	uint64_t freed;
	bool counting; /* usage[0], since the round's first part */
	bool known;    /* usage[1] */
	struct lb_usage usage[2];
};

/* --- ways that a killed sweeper left claimed ----------------------------- */

static void
note_stuck(struct live_sweeper *s, uint64_t *ctl)
{
	for (uint32_t way = 0; way < LB_WAYS; way++) {
		uint64_t now = LB_LOAD(ctl[way]);
		if (lb_ctl_state(now) == LB_CONN_BUSY &&
		    s->stuck_count < STUCK_MAX)
			s->stuck[s->stuck_count++] =
			    (struct stuck){ &ctl[way], now };
	}
}

static void
find_stuck(struct live_sweeper *s)
{
	const struct lb_tables *t = s->tables;
	s->stuck_count = 0;
	for (uint32_t b = 0; b < t->buckets4; b++)
		note_stuck(s, t->conn4[b].ctl);
	for (uint32_t b = 0; b < t->buckets6; b++)
		note_stuck(s, t->conn6[b].ctl);
}

/* A packet claims for a microsecond.  What is claimed a whole round later
 * under the same version was left by who is no more. */
static void
free_stuck(struct live_sweeper *s)
{
	for (uint32_t i = 0; i < s->stuck_count; i++)
		(void)__sync_bool_compare_and_swap(s->stuck[i].ctl,
		    s->stuck[i].was, s->stuck[i].was & LB_CTL_VERSION_MASK);
	s->stuck_count = 0;
}

/* --- ports that a killed sweeper left taken ------------------------------ */

static void
audit_drop(struct live_sweeper *s)
{
	free(s->audit);
	s->audit = NULL;
}

static bool
audit_is_due(const struct live_sweeper *s)
{
	return s->tables->plan != NULL && s->tables->plan->snat_count > 0 &&
	       s->rounds > 0 &&
	       (s->rounds <= AUDIT_FIRST || s->rounds % AUDIT_EVERY < 2);
}

/* At a round's begin: the first sweep, the second one, or the end. */
static void
audit_turn(struct live_sweeper *s)
{
	if (s->hurry) {
		audit_drop(s);
		return;
	}
	if (s->audit != NULL && s->audited_once)
		s->freed += lb_audit_end(s->tables, s->audit);
	if (s->audit != NULL && !s->audited_once) {
		lb_audit_begin(s->tables, true, s->audit);
		s->audited_once = true;
		return;
	}
	audit_drop(s);
	if (!audit_is_due(s))
		return;
	s->audit = calloc(lb_audit_records(s->tables), sizeof(*s->audit));
	s->audited_once = false;
	if (s->audit != NULL)
		lb_audit_begin(s->tables, false, s->audit);
}

static void
audit_part(struct live_sweeper *s, bool six, uint32_t from, uint32_t count)
{
	if (s->audit != NULL &&
	    !lb_audit_entries(s->tables, six, from, count, s->audit))
		audit_drop(s);
}

/* --- rounds -------------------------------------------------------------- */

struct live_sweeper *
live_sweeper_new(const struct lb_tables *tables)
{
	struct live_sweeper *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->tables = tables;
	find_stuck(s);
	return s;
}

void
live_sweeper_free(struct live_sweeper *s)
{
	if (s != NULL)
		audit_drop(s);
	free(s);
}

uint64_t
live_sweeper_freed(const struct live_sweeper *s)
{
	return s->freed;
}

void
live_sweeper_use(struct live_sweeper *s, const struct lb_tables *tables)
{
	s->tables = tables;
	s->part = 0; /* what is stuck waits for a whole round */
	find_stuck(s);
	audit_drop(s);
}

void
live_sweeper_swapped(struct live_sweeper *s)
{
	s->counting = s->known = false;
	audit_drop(s);
}

const struct lb_usage *
live_sweeper_usage(const struct live_sweeper *s)
{
	return s->known ? &s->usage[1] : NULL;
}

const struct lb_usage *
live_sweeper_counts(const struct live_sweeper *s)
{
	return s->rounds > 0 ? &s->usage[1] : NULL;
}

uint32_t
live_sweeper_rounds(const struct live_sweeper *s)
{
	return s->rounds;
}

static void
round_begins(struct live_sweeper *s)
{
	s->counting = true;
	memset(&s->usage[0], 0, sizeof(s->usage[0]));
	audit_turn(s);
}

static void
round_ends(struct live_sweeper *s)
{
	s->rounds++;
	if (!s->hurry)
		free_stuck(s);
	/* A chunk that had no room for a leaf may have it now. */
	if (s->rounds % HINTS_EVERY == 0 && s->tables->ports != NULL)
		lb_forget_hints(s->tables);
	s->usage[1] = s->usage[0];
	s->known = s->counting;
}

static uint64_t
sweep(struct live_sweeper *s, bool six, uint32_t now_ms,
    void (*ended)(void *arg, const struct lb_expired *flow), void *arg)
{
	const struct lb_tables *t = s->tables;
	uint64_t buckets = six ? t->buckets6 : t->buckets4, count = 0;
	uint32_t at = (uint32_t)(buckets * s->part / LIVE_SWEEP_PARTS);
	uint32_t end = (uint32_t)(buckets * (s->part + 1) / LIVE_SWEEP_PARTS);
	uint32_t from = at;
	audit_part(s, six, from, end - from); /* before anything ends */
	while (at < end) {
		struct lb_expired_list list = { s->facts, FACTS_MAX, 0 };
		at = lb_expire(t, six, now_ms, at, end - at, &list);
		for (uint32_t i = 0; ended != NULL && i < list.count; i++)
			ended(arg, &list.at[i]);
		count += list.count;
	}
	lb_usage_count(t, six, from, end - from, &s->usage[0]);
	return count;
}

static void
sweep_ports(const struct live_sweeper *s)
{
	uint64_t buckets = s->tables->port_buckets;
	uint32_t from = (uint32_t)(buckets * s->part / LIVE_SWEEP_PARTS);
	uint32_t to = (uint32_t)(buckets * (s->part + 1) / LIVE_SWEEP_PARTS);

	lb_expire_ports(s->tables, from, to - from);
}

void
live_sweeper_hurry(struct live_sweeper *s)
{
	s->hurry = true;
}

static uint64_t
sweep_part(struct live_sweeper *s, uint32_t now_ms,
    void (*ended)(void *arg, const struct lb_expired *flow), void *arg)
{
	if (s->part == 0)
		round_begins(s);
	uint64_t count = sweep(s, false, now_ms, ended, arg);
	count += sweep(s, true, now_ms, ended, arg);
	sweep_ports(s);
	if (++s->part == LIVE_SWEEP_PARTS) {
		s->part = 0;
		round_ends(s);
	}
	return count;
}

uint64_t
live_sweeper_tick(struct live_sweeper *s, uint32_t now_ms,
    void (*ended)(void *arg, const struct lb_expired *flow), void *arg)
{
	uint32_t parts = s->hurry ? LIVE_SWEEP_PARTS : 1;
	uint64_t count = 0;
	for (uint32_t i = 0; i < parts; i++)
		count += sweep_part(s, now_ms, ended, arg);
	s->hurry = false;
	return count;
}
