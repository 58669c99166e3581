/* SPDX-License-Identifier: MIT */
#include "live/seen/snat.h"

#include <stdlib.h>
#include <string.h>

#include "live/out/log.h"
#include "model/names.h"

#define PORT_WORDS (65536u / 64u)

/* Beside a gauge. */
struct watched {
	struct live_snat_level counting, counted;
	struct lb_snat_alarm alarm;
	uint64_t failed; /* of its member, when that was looked at last */
};

/* Ports of an address and protocol that were met in this round. */
struct met {
	uint64_t bits[PORT_WORDS];
};

struct live_snat {
	struct lb_snat_gauges gauges;
	struct watched *watched;
	uint32_t watched_count, watched_room;
	struct met *met[LB_SNAT_ADDRESS_MAX][2]; /* NULL: none yet */
	uint32_t part;                           /* of LIVE_SWEEP_PARTS, next */
	bool known;                              /* a round is over */
	uint64_t exhausted;                      /* drops, a round ago */
	bool failing; /* there were some in that round */
};

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
	return watch_new(run, s);
}

void
live_snat_free(struct live_run *run)
{
	struct live_snat *s = run->snat;

	if (s == NULL)
		return;
	for (uint32_t i = 0; i < LB_SNAT_ADDRESS_MAX; i++) {
		free(s->met[i][0]);
		free(s->met[i][1]);
	}
	lb_snat_gauges_free(&s->gauges);
	free(s->watched);
	free(s);
	run->snat = NULL;
}

void
live_snat_use(struct live_run *run)
{
	struct live_snat *s = run->snat;

	forget_unused(s);
	if (lb_snat_gauges_read(&s->gauges, run->plan) != 0 ||
	    watch_new(run, s) != 0)
		live_log(LIVE_ERROR, "snat", "s:s", "message",
		    "no memory: SNAT ports of new members are not watched");
}

/* --- counting ------------------------------------------------------------ */

/* Is that the first flow of the round that has this port? */
static bool
meet_port(struct live_snat *s, const struct lb_expired *e)
{
	struct met **met = &s->met[e->snat][e->proto == LB_PROTO_UDP];
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
count_flow(const struct live_run *run, const struct lb_expired *e)
{
	struct live_snat *s = run->snat;
	int gauge = lb_snat_gauge_make(
	    &s->gauges, e->member, e->snat, e->proto == LB_PROTO_UDP);

	if (gauge < 0 || watch_new(run, s) != 0)
		return;
	struct live_snat_level *level = &s->watched[gauge].counting;
	level->flows[e->state % LB_USAGE_STATES]++;
	level->used += meet_port(s, e);
}

static void
count_part(const struct live_run *run, bool six)
{
	const struct lb_tables *t =
	    live_engine_tables(live_forwarder_engine(run->forwarder));
	const uint64_t buckets = six ? t->buckets6 : t->buckets4;
	const uint64_t part = run->snat->part;
	const uint32_t end =
	    (uint32_t)(buckets * (part + 1) / LIVE_SWEEP_PARTS);
	struct lb_expired e;

	for (uint32_t b = (uint32_t)(buckets * part / LIVE_SWEEP_PARTS);
	     b < end; b++)
		for (uint32_t way = 0; way < LB_WAYS; way++)
			if (lb_outbound_read(t, six, b, way, &e))
				count_flow(run, &e);
}

static void
take_levels(struct live_snat *s)
{
	for (uint32_t i = 0; i < s->watched_count; i++) {
		struct watched *w = &s->watched[i];
		uint32_t peak = w->counted.peak;
		w->counted = w->counting;
		w->counted.peak =
		    w->counted.used > peak ? w->counted.used : peak;
		w->counting = (struct live_snat_level){ 0 };
	}
	for (uint32_t i = 0; i < LB_SNAT_ADDRESS_MAX; i++)
		for (unsigned udp = 0; udp < 2; udp++)
			if (s->met[i][udp] != NULL)
				memset(s->met[i][udp], 0, sizeof(struct met));
}

/* --- events -------------------------------------------------------------- */

static void
log_event(const struct live_run *run, uint32_t gauge, enum lb_snat_event event,
    uint64_t failed)
{
	const struct lb_snat_gauge *g = &run->snat->gauges.at[gauge];
	const struct lb_plan_member *m = &run->plan->members[g->member];
	const struct lb_addr *address = &run->plan->snats[g->number].address;
	char text[64];

	live_log(event == LB_SNAT_EXHAUSTED ? LIVE_ERROR : LIVE_WARNING,
	    lb_snat_event_name(event), "s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I",
	    "frontend", live_snat_frontend(run, g->number), "address",
	    lb_addr_text(address, text, sizeof(text)), "pool", m->pool,
	    "member", m->name, "protocol", g->udp ? "udp" : "tcp", "allocated",
	    (json_int_t)g->allocated, "used",
	    (json_int_t)run->snat->watched[gauge].counted.used, "failed",
	    (json_int_t)failed);
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

/* Failures count at a member's first gauge: it found a port at none. */
static void
look_at_failures(const struct live_run *run, uint64_t now_ns)
{
	struct live_snat *s = run->snat;

	if (!have_failed(run, s))
		return;
	for (uint32_t i = 0; i < s->watched_count; i++) {
		const struct lb_snat_gauge *g = &s->gauges.at[i];
		struct watched *w = &s->watched[i];
		if (lb_snat_gauge_first(&s->gauges, g->member, g->udp) !=
		    (int)i)
			continue;
		uint64_t failed = failures_of(run, g);
		if (failed > w->failed &&
		    lb_snat_tell(&w->alarm, LB_SNAT_EXHAUSTED, now_ns))
			log_event(run, i, LB_SNAT_EXHAUSTED, failed);
		w->failed = failed;
	}
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
			log_event(run, i, LB_SNAT_HIGH, failures_of(run, g));
	}
}

void
live_snat_tick(struct live_run *run)
{
	struct live_snat *s = run->snat;

	if (s->gauges.count == 0 && run->plan->snat_count == 0)
		return;
	count_part(run, false);
	count_part(run, true);
	if (++s->part < LIVE_SWEEP_PARTS)
		return;
	const uint64_t now_ns = uv_hrtime();
	s->part = 0;
	s->known = true;
	take_levels(s);
	look_at_levels(run, now_ns);
	look_at_failures(run, now_ns);
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
