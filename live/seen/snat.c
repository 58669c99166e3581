/* SPDX-License-Identifier: MIT */
#include "live/seen/snat.h"

#include <stdlib.h>
#include <string.h>

#include "live/out/log.h"
#include "model/config/names.h"
#include "model/tables/snat_worst.h"

#define PORT_WORDS (65536u / 64u)

/* Beside a gauge. */
struct watched {
	struct live_snat_level counted;
	struct lb_snat_alarm alarm;
	uint64_t failed; /* of its member, when that was looked at last */
	bool waits;      /* its ports ran out, to be told with where they are */
};

/* Ports of an address and protocol that were met so far. */
struct met {
	uint64_t bits[PORT_WORDS];
};

struct live_snat_count {
	struct live_snat_level *levels; /* by gauge */
	uint32_t room;
	struct met *met[LB_SNAT_ADDRESS_MAX][2]; /* NULL: none yet */
};

struct live_snat {
	struct lb_snat_gauges gauges;
	struct watched *watched;
	uint32_t watched_count, watched_room;
	struct live_snat_count count; /* this round's */
	uint32_t part;                /* of LIVE_SWEEP_PARTS, next */
	bool known;                   /* a round is over */
	uint64_t exhausted;           /* drops, a round ago */
	bool failing;                 /* there were some in that round */
	uint64_t no_room;             /* drops for want of it, likewise */
	struct lb_snat_alarm no_room_alarm;
	/* Where the ports of who ran out are used: read in parts, as all else,
	 * while somebody waits to be told of; NULL: nobody does. */
	struct lb_snat_worst *worst;
	uint32_t worst_bucket;
};

/* --- counting ------------------------------------------------------------ */

static void
count_free(struct live_snat_count *c)
{
	for (uint32_t i = 0; i < LB_SNAT_ADDRESS_MAX; i++) {
		free(c->met[i][0]);
		free(c->met[i][1]);
	}
	free(c->levels);
}

/* Begins anew. */
static void
count_clear(struct live_snat_count *c)
{
	for (uint32_t i = 0; i < LB_SNAT_ADDRESS_MAX; i++)
		for (unsigned udp = 0; udp < 2; udp++)
			if (c->met[i][udp] != NULL)
				memset(c->met[i][udp], 0, sizeof(struct met));
	if (c->room > 0)
		memset(c->levels, 0, c->room * sizeof(*c->levels));
}

/* The level of a gauge; NULL: no memory. */
static struct live_snat_level *
count_level(struct live_snat_count *c, uint32_t gauge)
{
	if (gauge >= c->room) {
		uint32_t room = c->room == 0 ? 16 : c->room;
		while (room <= gauge)
			room *= 2;
		struct live_snat_level *more =
		    reallocarray(c->levels, room, sizeof(*more));
		if (more == NULL)
			return NULL;
		memset(&more[c->room], 0, (room - c->room) * sizeof(*more));
		c->levels = more;
		c->room = room;
	}
	return &c->levels[gauge];
}

/* Is that the first flow that has this port? */
static bool
meet_port(struct live_snat_count *c, const struct lb_expired *e)
{
	struct met **met = &c->met[e->snat][e->proto == LB_PROTO_UDP];
	const uint32_t port = lb_be16_get(e->xlat_port);

	if (*met == NULL)
		*met = calloc(1, sizeof(**met));
	if (*met == NULL)
		return false;
	uint64_t *word = &(*met)->bits[port / 64];
	const uint64_t bit = UINT64_C(1) << (port % 64);
	const bool first = (*word & bit) == 0;
	*word |= bit;
	return first;
}

static void
count_flow(struct live_snat_count *c, struct lb_snat_gauges *gauges,
    const struct lb_expired *e)
{
	int gauge = lb_snat_gauge_make(
	    gauges, e->member, e->snat, e->proto == LB_PROTO_UDP);
	struct live_snat_level *level =
	    gauge < 0 ? NULL : count_level(c, (uint32_t)gauge);

	if (level == NULL)
		return;
	level->flows[e->state % LB_USAGE_STATES]++;
	level->used += meet_port(c, e);
}

void
live_snat_count_add(struct live_snat_count *c, struct live_run *run, bool six,
    uint32_t from, uint32_t buckets)
{
	const struct lb_tables *t =
	    live_engine_tables(live_forwarder_engine(run->forwarder));
	const uint32_t all = six ? t->buckets6 : t->buckets4;
	const uint32_t end = buckets < all - from ? from + buckets : all;
	struct lb_expired e;

	for (uint32_t b = from; b < end; b++)
		for (uint32_t way = 0; way < LB_WAYS; way++)
			if (lb_outbound_read(t, six, b, way, &e))
				count_flow(c, &run->snat->gauges, &e);
}

struct live_snat_count *
live_snat_count_new(void)
{
	return calloc(1, sizeof(struct live_snat_count));
}

void
live_snat_count_free(struct live_snat_count *c)
{
	if (c == NULL)
		return;
	count_free(c);
	free(c);
}

struct live_snat_level
live_snat_count_level(
    const struct live_snat_count *c, const struct live_run *run, uint32_t gauge)
{
	const struct live_snat_level *before = live_snat_level(run, gauge);
	struct live_snat_level level = { 0 };

	if (gauge < c->room)
		level = c->levels[gauge];
	level.peak = before != NULL && before->peak > level.used ? before->peak
								 : level.used;
	return level;
}

/* --- gauges -------------------------------------------------------------- */

/* Packets of a member that wanted a port and got none. */
static uint64_t
failures_of(const struct live_run *run, const struct lb_snat_gauge *g)
{
	struct forward_share share;

	if (live_forwarder_member(run->forwarder, g->member, &share) != 0)
		return 0;
	return g->udp ? share.udp.failed : share.tcp.failed;
}

/* What stands beside gauges that are new.  Failures before they came are
 * nobody's news. */
static int
watch_new(const struct live_run *run, struct live_snat *s)
{
	if (s->gauges.count > s->watched_room) {
		struct watched *more =
		    reallocarray(s->watched, s->gauges.room, sizeof(*more));
		if (more == NULL)
			return -1;
		s->watched = more;
		s->watched_room = s->gauges.room;
	}
	for (; s->watched_count < s->gauges.count; s->watched_count++)
		s->watched[s->watched_count] = (struct watched){
			.failed =
			    failures_of(run, &s->gauges.at[s->watched_count]),
		};
	return 0;
}

/* One that neither has ports nor uses any: its member's id may be another's
 * the next time that it has. */
static void
forget_unused(struct live_snat *s)
{
	for (uint32_t i = 0; i < s->watched_count; i++)
		if (s->gauges.at[i].allocated == 0 &&
		    s->watched[i].counted.used == 0) {
			s->watched[i].counted.peak = 0;
			s->watched[i].alarm = (struct lb_snat_alarm){ 0 };
		}
}

int
live_snat_open(struct live_run *run)
{
	struct forward_total total = { 0 };
	struct live_snat *s = calloc(1, sizeof(*s));

	run->snat = s;
	if (s == NULL || lb_snat_gauges_read(&s->gauges, run->plan) != 0)
		return -1;
	(void)live_forwarder_total(run->forwarder, &total);
	s->exhausted = total.dropped[LB_REASON_SNAT_EXHAUSTED];
	s->no_room = total.dropped[LB_REASON_TABLE_FULL];
	return watch_new(run, s);
}

void
live_snat_free(struct live_run *run)
{
	struct live_snat *s = run->snat;

	if (s == NULL)
		return;
	count_free(&s->count);
	lb_snat_worst_free(s->worst);
	lb_snat_gauges_free(&s->gauges);
	free(s->watched);
	free(s);
	run->snat = NULL;
}

static void begin_worst(const struct live_run *run, struct live_snat *s);

void
live_snat_use(struct live_run *run)
{
	struct live_snat *s = run->snat;

	forget_unused(s);
	if (lb_snat_gauges_read(&s->gauges, run->plan) != 0 ||
	    watch_new(run, s) != 0)
		live_log(LIVE_ERROR, "snat", "s:s", "message",
		    "no memory: SNAT ports of new members are not watched");
	if (s->worst != NULL)
		begin_worst(run, s);
}

/* --- rounds -------------------------------------------------------------- */

static void
count_part(struct live_run *run, bool six)
{
	const struct lb_tables *t =
	    live_engine_tables(live_forwarder_engine(run->forwarder));
	const uint64_t buckets = six ? t->buckets6 : t->buckets4;
	const uint64_t part = run->snat->part;
	const uint32_t from = (uint32_t)(buckets * part / LIVE_SWEEP_PARTS);
	const uint32_t end =
	    (uint32_t)(buckets * (part + 1) / LIVE_SWEEP_PARTS);

	live_snat_count_add(&run->snat->count, run, six, from, end - from);
}

/* What was counted; gauges beyond were not met. */
static void
take_levels(const struct live_run *run, struct live_snat *s)
{
	(void)watch_new(run, s); /* those that a count met */
	for (uint32_t i = 0; i < s->watched_count; i++) {
		struct live_snat_level *counted = &s->watched[i].counted;
		const uint32_t peak = counted->peak;
		*counted = i < s->count.room ? s->count.levels[i]
					     : (struct live_snat_level){ 0 };
		counted->peak = counted->used > peak ? counted->used : peak;
	}
	count_clear(&s->count);
}

/* --- events -------------------------------------------------------------- */

/* 198.51.100.7:443; of UDP, or where any is meant, less. */
static const char *
destination_text(const struct lb_snat_destination *to, char *text, size_t bytes)
{
	static const struct lb_addr any = { { 0, 0 } };

	return lb_addr_same(&to->addr, &any)
		   ? "any"
		   : lb_addr_port_text(
			 &to->addr, lb_be16_get(to->port), text, bytes);
}

/* to  where most of its ports are used, NULL: not known, or not asked. */
static void
log_event(const struct live_run *run, uint32_t gauge, enum lb_snat_event event,
    uint64_t failed, const struct lb_snat_destination *to)
{
	char where[LB_ADDR_PORT_TEXT];
	const struct lb_snat_gauge *g = &run->snat->gauges.at[gauge];
	const struct lb_plan_member *m = &run->plan->members[g->member];
	const struct lb_addr *address = &run->plan->snats[g->number].address;
	char text[64];

	/* what there is no value for has no key: the format ends before */
	static const char *const fields[] = {
		"s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I",
		"s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:I",
	};

	live_log(event == LB_SNAT_EXHAUSTED ? LIVE_ERROR : LIVE_WARNING,
	    lb_snat_event_name(event), fields[to != NULL], "frontend",
	    live_snat_frontend(run, g->number), "address",
	    lb_addr_text(address, text, sizeof(text)), "pool", m->pool,
	    "member", m->name, "protocol", g->udp ? "udp" : "tcp", "allocated",
	    (json_int_t)g->allocated, "used",
	    (json_int_t)run->snat->watched[gauge].counted.used, "failed",
	    (json_int_t)failed, "destination",
	    to != NULL ? destination_text(to, where, sizeof(where)) : "",
	    "destination_ports", (json_int_t)(to != NULL ? to->ports : 0));
}

/* Have flows failed?  Asked one round later: what is told then is a level that
 * was counted when they had. */
static bool
have_failed(const struct live_run *run, struct live_snat *s)
{
	struct forward_total total;
	const bool before = s->failing;

	if (live_forwarder_total(run->forwarder, &total) != 0)
		return before;
	s->failing = total.dropped[LB_REASON_SNAT_EXHAUSTED] != s->exhausted;
	s->exhausted = total.dropped[LB_REASON_SNAT_EXHAUSTED];
	return before;
}

/* Who waits is told of; without memory for where, without that. */
static void
log_waiting(const struct live_run *run, struct live_snat *s)
{
	struct lb_snat_destination to;

	for (uint32_t i = 0; i < s->watched_count; i++) {
		if (!s->watched[i].waits)
			continue;
		s->watched[i].waits = false;
		if (s->gauges.at[i].allocated == 0)
			continue; /* another plan took them */
		const bool known = s->worst != NULL &&
				   lb_snat_worst_of(s->worst, i, &to, 1) == 1;
		log_event(run, i, LB_SNAT_EXHAUSTED, s->watched[i].failed,
		    known ? &to : NULL);
	}
}

/* Anew, for those who wait since and those who did. */
static void
begin_worst(const struct live_run *run, struct live_snat *s)
{
	lb_snat_worst_free(s->worst);
	s->worst = lb_snat_worst_new(run->plan, &s->gauges);
	s->worst_bucket = 0;
	if (s->worst == NULL)
		log_waiting(run, s);
}

/* A part of the records of ports: as many parts as a round has. */
static void
read_worst(const struct live_run *run, struct live_snat *s)
{
	const struct lb_tables *t =
	    live_engine_tables(live_forwarder_engine(run->forwarder));
	const uint32_t part = t->port_buckets / LIVE_SWEEP_PARTS + 1;

	if (s->worst == NULL)
		return;
	lb_snat_worst_add(s->worst, t, s->worst_bucket, part);
	s->worst_bucket += part;
	if (s->worst_bucket < t->port_buckets)
		return;
	log_waiting(run, s);
	lb_snat_worst_free(s->worst);
	s->worst = NULL;
}

/* Failures count at a member's first gauge: it found a port at none. */
static void
look_at_failures(const struct live_run *run, uint64_t now_ns)
{
	struct live_snat *s = run->snat;
	bool waiting = false;

	if (!have_failed(run, s))
		return;
	for (uint32_t i = 0; i < s->watched_count; i++) {
		const struct lb_snat_gauge *g = &s->gauges.at[i];
		struct watched *w = &s->watched[i];
		const uint64_t failed = failures_of(run, g);
		const bool more = failed > w->failed;
		w->failed = failed;
		if (more && g->allocated > 0 &&
		    lb_snat_gauge_first(&s->gauges, g->member, g->udp) ==
			(int)i &&
		    lb_snat_tell(&w->alarm, LB_SNAT_EXHAUSTED, now_ns))
			w->waits = waiting = true;
	}
	if (waiting)
		begin_worst(run, s);
}

/* New flows that found a free port and no room for it: no member's fault, and
 * no ports mend it. */
static void
look_at_room(const struct live_run *run, uint64_t now_ns)
{
	struct live_snat *s = run->snat;
	struct forward_total total;

	if (live_forwarder_total(run->forwarder, &total) != 0)
		return;
	const uint64_t all = total.dropped[LB_REASON_TABLE_FULL];
	const bool more = all > s->no_room;
	s->no_room = all;
	if (more && lb_snat_tell(&s->no_room_alarm, LB_SNAT_EXHAUSTED, now_ns))
		live_log(LIVE_ERROR, "snat_no_room", "s:I, s:s", "dropped",
		    (json_int_t)all, "message",
		    "outbound flows find free ports and no room in the "
		    "tables: raise connection_table.entries (each takes two) "
		    "and restart");
}

static void
look_at_levels(const struct live_run *run, uint64_t now_ns)
{
	struct live_snat *s = run->snat;

	for (uint32_t i = 0; i < s->watched_count; i++) {
		const struct lb_snat_gauge *g = &s->gauges.at[i];
		struct watched *w = &s->watched[i];
		if (g->allocated > 0 &&
		    lb_snat_is_high(w->counted.used, g->allocated) &&
		    lb_snat_tell(&w->alarm, LB_SNAT_HIGH, now_ns))
			log_event(
			    run, i, LB_SNAT_HIGH, failures_of(run, g), NULL);
	}
}

void
live_snat_tick(struct live_run *run)
{
	struct live_snat *s = run->snat;

	if (s->gauges.count == 0 && run->plan->snat_count == 0)
		return;
	read_worst(run, s);
	count_part(run, false);
	count_part(run, true);
	if (++s->part < LIVE_SWEEP_PARTS)
		return;
	const uint64_t now_ns = uv_hrtime();
	s->part = 0;
	s->known = true;
	take_levels(run, s);
	look_at_levels(run, now_ns);
	look_at_failures(run, now_ns);
	look_at_room(run, now_ns);
}

/* --- what is asked ------------------------------------------------------- */

const struct lb_snat_gauges *
live_snat_gauges(const struct live_run *run)
{
	return &run->snat->gauges;
}

const char *
live_snat_frontend(const struct live_run *run, uint8_t number)
{
	const struct lb_config *config = run->config;
	const struct lb_addr *address = &run->plan->snats[number].address;

	for (size_t i = 0; i < config->frontend_count; i++)
		if (lb_addr_same(&config->frontends[i].address, address))
			return config->frontends[i].name;
	return NULL;
}

bool
live_snat_counted(const struct live_run *run)
{
	return run->snat->known;
}

const struct live_snat_level *
live_snat_level(const struct live_run *run, uint32_t gauge)
{
	const struct live_snat *s = run->snat;

	return s->known && gauge < s->watched_count ? &s->watched[gauge].counted
						    : NULL;
}
