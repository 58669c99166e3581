/* SPDX-License-Identifier: MIT */
#include "sim/case/outbound.h"

#include <stdlib.h>
#include <string.h>

#include "sim/events/events.h"

#define LOG_MOST    4096u /* events of a case; and turns */
#define PORTS       65536u
#define LEARNT_MOST 4096u /* destinations */
#define SWEEP_MS    UINT64_C(1000)
#define HINTS_MS    (16 * SWEEP_MS)
#define FEW_OF      16u /* that part of the records is few */

bool
sim_outbound_wanted(const struct lb_scene *scene)
{
	for (size_t i = 0; scene != NULL && i < scene->traffic_count; i++)
		if (scene->traffic[i].from_pool != NULL)
			return true;
	return false;
}

/* --- destinations ----------------------------------------------------------
 */

#define OTHERS 0u

static uint32_t
hash_of(const struct lb_addr *addr, lb_be16 port, bool udp)
{
	uint64_t h = addr->word[0] * UINT64_C(0x9e3779b97f4a7c15);

	h = (h ^ (h >> 29) ^ addr->word[1]) * UINT64_C(0xbf58476d1ce4e5b9);
	h ^= (h >> 32) ^ (udp ? 0x10000u : port.raw);
	return (uint32_t)((h * UINT64_C(0x94d049bb133111eb)) >> 32);
}

/* Its place among the numbers: that of its number, or a free one. */
static uint32_t *
place_of(const struct sim_outbound *o, const struct lb_addr *addr, lb_be16 port,
    bool udp)
{
	uint32_t at = hash_of(addr, port, udp) & o->number_mask;

	while (o->numbers[at] != OTHERS) {
		const struct sim_destination *d =
		    &o->destinations[o->numbers[at]];
		if (d->udp == udp && lb_addr_same(&d->addr, addr) &&
		    (udp || d->port.raw == port.raw))
			break;
		at = (at + 1) & o->number_mask;
	}
	return &o->numbers[at];
}

static uint32_t
destination_of(const struct sim_outbound *o, const struct lb_addr *addr,
    lb_be16 port, bool udp)
{
	return *place_of(o, addr, port, udp);
}

/* The number it has from now on; OTHERS: there are too many. */
static uint32_t
add_destination(
    struct sim_outbound *o, const struct lb_addr *addr, lb_be16 port, bool udp)
{
	uint32_t *place = place_of(o, addr, port, udp);

	if (*place != OTHERS || o->destination_count == o->destination_most)
		return *place;
	*place = ++o->destination_count;
	o->destinations[*place] = (struct sim_destination){ *addr, port, udp };
	return *place;
}

static void
add_traffic(struct sim_outbound *o, const struct lb_traffic *t)
{
	const bool udp = lb_profile_proto(t->profile) == LB_PROTO_UDP;
	const lb_be16 port =
	    lb_be16_of(t->port != 0 ? t->port : lb_profile_port(t->profile));

	(void)add_destination(o, &t->server, port, udp);
}

static int
new_destinations(struct sim_outbound *o, const struct lb_scene *scene)
{
	uint32_t slots = 4;

	o->learns = scene == NULL || !sim_outbound_wanted(scene);
	o->destination_most =
	    o->learns ? LEARNT_MOST : (uint32_t)scene->traffic_count;
	while (slots < 2 * o->destination_most + 2)
		slots *= 2;
	o->number_mask = slots - 1;
	o->numbers = calloc(slots, sizeof(*o->numbers));
	o->destinations =
	    calloc(o->destination_most + 1u, sizeof(*o->destinations));
	if (o->learns)
		o->ends = sim_events_new();
	if (o->numbers == NULL || o->destinations == NULL ||
	    (o->learns && o->ends == NULL))
		return -1;
	for (size_t i = 0; !o->learns && i < scene->traffic_count; i++)
		if (scene->traffic[i].from_pool != NULL)
			add_traffic(o, &scene->traffic[i]);
	return 0;
}

/* --- gauges ----------------------------------------------------------------
 */

/* Whose it is. */
static const struct lb_snat_gauge *
owner_of(const struct sim_outbound *o, const struct sim_gauge *g)
{
	return &o->index.at[g - o->gauges];
}

/* NULL for -1. */
static struct sim_gauge *
gauge_at(const struct sim_outbound *o, int index)
{
	return index < 0 ? NULL : &o->gauges[index];
}

static struct sim_gauge *
first_gauge(const struct sim_outbound *o, uint16_t member, bool udp)
{
	return gauge_at(o, lb_snat_gauge_first(&o->index, member, udp));
}

static struct sim_gauge *
find_gauge(
    const struct sim_outbound *o, uint16_t member, uint8_t number, bool udp)
{
	return gauge_at(o, lb_snat_gauge_find(&o->index, member, number, udp));
}

static int
add_gauge(struct sim_outbound *o)
{
	if (o->gauge_count == o->gauge_room) {
		uint32_t room = o->gauge_room == 0 ? 16 : 2 * o->gauge_room;
		struct sim_gauge *at =
		    realloc(o->gauges, room * sizeof(*o->gauges));
		if (at == NULL)
			return -1;
		o->gauges = at;
		o->gauge_room = room;
	}
	struct sim_gauge *g = &o->gauges[o->gauge_count++];
	*g = (struct sim_gauge){
		.toward = calloc(o->destination_count + 1u, sizeof(*g->toward)),
		.toward_room = o->destination_count + 1u,
		.slices =
		    o->series ? calloc(SIM_BINS, sizeof(*g->slices)) : NULL,
	};
	return g->toward == NULL || (o->series && g->slices == NULL) ? -1 : 0;
}

/* Ephemeral ports of so many members. */
static int
grow(struct sim_outbound *o, uint32_t members)
{
	if (members <= o->member_count)
		return 0;
	uint16_t *next = realloc(o->next_port, members * sizeof(*next));
	if (next == NULL)
		return -1;
	o->next_port = next;
	memset(&next[o->member_count], 0,
	    (members - o->member_count) * sizeof(*next));
	o->member_count = members;
	return 0;
}

static int
read_plan(struct sim_outbound *o, const struct lb_plan *plan)
{
	if (grow(o, plan->member_count) != 0 ||
	    lb_snat_gauges_read(&o->index, plan) != 0)
		return -1;
	while (o->gauge_count < o->index.count)
		if (add_gauge(o) != 0)
			return -1;
	return 0;
}

struct sim_outbound *
sim_outbound_new(const struct lb_scene *scene, const struct lb_plan *plan,
    const struct lb_tables *tables, bool series)
{
	struct sim_outbound *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->series = series;
	o->slots[0] = tables->buckets4 * LB_WAYS;
	o->slots[1] = tables->buckets6 * LB_WAYS;
	o->holders = calloc((size_t)LB_SNAT_ADDRESS_MAX * 2 * PORTS,
	    sizeof(*o->holders)); /* committed when touched */
	o->log = calloc(LOG_MOST, sizeof(*o->log));
	o->turns = calloc(LOG_MOST, sizeof(*o->turns));
	for (unsigned six = 0; six < 2; six++)
		o->hold[six] = calloc(o->slots[six] + 1u, sizeof(**o->hold));
	if (o->holders != NULL && o->log != NULL && o->turns != NULL &&
	    o->hold[0] != NULL && o->hold[1] != NULL &&
	    new_destinations(o, scene) == 0 && read_plan(o, plan) == 0)
		return o;
	sim_outbound_free(o);
	return NULL;
}

void
sim_outbound_free(struct sim_outbound *o)
{
	if (o == NULL)
		return;
	for (uint32_t i = 0; i < o->gauge_count; i++) {
		free(o->gauges[i].toward);
		free(o->gauges[i].slices);
	}
	free(o->gauges);
	lb_snat_gauges_free(&o->index);
	free(o->next_port);
	free(o->destinations);
	free(o->numbers);
	sim_events_free(o->ends);
	free(o->holders);
	free(o->hold[0]);
	free(o->hold[1]);
	free(o->log);
	free(o->turns);
	free(o);
}

int
sim_outbound_number(const struct lb_plan *plan, const struct lb_addr *address)
{
	for (uint32_t i = 0; i < plan->snat_count; i++)
		if (plan->snats[i].live &&
		    lb_addr_same(&plan->snats[i].address, address))
			return (int)i;
	return -1;
}

/* --- levels ----------------------------------------------------------------
 */

static uint32_t
allocated(const struct sim_outbound *o, const struct sim_gauge *g)
{
	return owner_of(o, g)->allocated;
}

/* Is u of a more than v of b? */
static bool
is_fuller(uint32_t u, uint32_t a, uint32_t v, uint32_t b)
{
	return (uint64_t)u * b > (uint64_t)v * a;
}

/* A level is one of a piece of time: the fullest stays. */
static void
keep_level(struct sim_snat_slice *slice, uint32_t used, uint32_t of)
{
	if (slice->allocated != 0 &&
	    !is_fuller(used, of, slice->used, slice->allocated))
		return;
	slice->used = used;
	slice->allocated = of;
}

/* The level was the same since the last change, until this piece of time. */
static void
fill(struct sim_outbound *o, struct sim_gauge *g, uint32_t bin)
{
	if (g->slices == NULL)
		return;
	while (g->bin < bin)
		keep_level(&g->slices[++g->bin], g->used, allocated(o, g));
}

/* The level is a new one. */
static void
note_level(
    struct sim_outbound *o, struct sim_gauge *g, uint64_t now_ns, uint32_t bin)
{
	const uint32_t of = allocated(o, g);

	if (g->used > g->peak) {
		g->peak = g->used;
		g->peak_ns = now_ns;
	}
	if (of > 0 &&
	    (g->full_allocated == 0 ||
		is_fuller(g->used, of, g->full_used, g->full_allocated))) {
		g->full_used = g->used;
		g->full_allocated = of;
		g->full_ns = now_ns;
	}
	if (g->slices != NULL)
		keep_level(&g->slices[bin], g->used, of);
}

static void
tell(struct sim_outbound *o, struct sim_gauge *g, enum lb_snat_event event,
    uint32_t to, uint64_t now_ns)
{
	if (o->log_count == LOG_MOST || !lb_snat_tell(&g->alarm, event, now_ns))
		return;
	o->log[o->log_count++] = (struct sim_snat_event){
		.at_ns = now_ns,
		.gauge = (uint32_t)(g - o->gauges),
		.to = to,
		.event = event,
	};
}

/* What it holds of ports that are its no more is nobody's alarm. */
static bool
is_high(const struct sim_outbound *o, const struct sim_gauge *g)
{
	return allocated(o, g) > 0 && lb_snat_is_high(g->used, allocated(o, g));
}

/* The level was the same since the last change: what was to be told again
 * meanwhile, as who looks all the time would have. */
static void
tell_again(struct sim_outbound *o, struct sim_gauge *g, uint64_t now_ns)
{
	const uint64_t *last_ns = &g->alarm.last_ns[LB_SNAT_HIGH];

	if (!g->alarm.told[LB_SNAT_HIGH] || !is_high(o, g))
		return;
	while (o->log_count < LOG_MOST && now_ns - *last_ns > LB_SNAT_REPEAT_NS)
		tell(o, g, LB_SNAT_HIGH, OTHERS, *last_ns + LB_SNAT_REPEAT_NS);
}

static uint16_t *
holders_of(struct sim_outbound *o, const struct sim_gauge *g, uint16_t port)
{
	const struct lb_snat_gauge *of = owner_of(o, g);

	return &o->holders[((size_t)of->number * 2 + of->udp) * PORTS + port];
}

static void
take(struct sim_outbound *o, struct sim_gauge *g, uint16_t port,
    uint64_t now_ns, uint32_t bin)
{
	uint16_t *holders = holders_of(o, g, port);

	tell_again(o, g, now_ns);
	fill(o, g, bin);
	if ((*holders)++ != 0)
		return;
	g->used++;
	note_level(o, g, now_ns, bin);
	if (is_high(o, g))
		tell(o, g, LB_SNAT_HIGH, OTHERS, now_ns);
}

static void
give(struct sim_outbound *o, struct sim_gauge *g, uint16_t port,
    uint64_t now_ns, uint32_t bin)
{
	uint16_t *holders = holders_of(o, g, port);

	tell_again(o, g, now_ns);
	fill(o, g, bin);
	if (*holders != 0 && --*holders == 0)
		g->used--;
}

/* --- packets ---------------------------------------------------------------
 */

/* Grows as far as it has to; without memory it is one of all others. */
static struct sim_toward *
toward_at(struct sim_gauge *g, uint32_t number)
{
	if (number < g->toward_room)
		return &g->toward[number];
	const uint32_t room = 2 * number + 2;
	struct sim_toward *at = realloc(g->toward, room * sizeof(*at));
	if (at == NULL)
		return &g->toward[OTHERS];
	memset(&at[g->toward_room], 0, (room - g->toward_room) * sizeof(*at));
	g->toward = at;
	g->toward_room = room;
	return &at[number];
}

static uint32_t
number_of(struct sim_outbound *o, const struct sim_gauge *g,
    const struct sim_flow *flow)
{
	const bool udp = owner_of(o, g)->udp;

	return o->learns
		   ? add_destination(o, &flow->server, flow->server_port, udp)
		   : destination_of(o, &flow->server, flow->server_port, udp);
}

static struct sim_toward *
toward(struct sim_outbound *o, struct sim_gauge *g, const struct sim_flow *flow)
{
	return toward_at(g, number_of(o, g, flow));
}

/* A session gets a port of any of its gauges, or fails at the first. */
void
sim_outbound_begin(
    struct sim_outbound *o, uint16_t member, const struct sim_flow *flow)
{
	struct sim_gauge *first =
	    first_gauge(o, member, flow->proto == LB_PROTO_UDP);

	if (first != NULL)
		toward(o, first, flow)->begun++;
}

static void
note_failure(struct sim_outbound *o, struct sim_gauge *g,
    const struct sim_flow *flow, bool again, uint64_t now_ns, uint32_t bin)
{
	const uint32_t number = number_of(o, g, flow);
	struct sim_toward *to = toward_at(g, number);

	to->failed++;
	to->asked += !again;
	to->blocked += !again;
	if (g->failed_ns == 0 || now_ns - g->failed_ns > LB_SNAT_REPEAT_NS)
		g->failing_ns = now_ns;
	g->failed_ns = now_ns;
	fill(o, g, bin);
	if (g->slices != NULL)
		g->slices[bin].failed++;
	tell(o, g, LB_SNAT_EXHAUSTED, number, now_ns);
}

void
sim_outbound_note(struct sim_outbound *o, const struct lb_plan *plan,
    const struct sim_flow *flow, const struct lb_result *result, bool again,
    uint64_t now_ns, uint32_t bin)
{
	const bool udp = flow->proto == LB_PROTO_UDP;

	if (result->verdict == LB_DROP &&
	    result->reason == LB_REASON_SNAT_EXHAUSTED) {
		struct sim_gauge *first = first_gauge(o, result->member, udp);
		o->sweeps.records++;
		if (first != NULL)
			note_failure(o, first, flow, again, now_ns, bin);
		return;
	}
	o->sweeps.no_room |= result->verdict == LB_DROP &&
			     result->reason == LB_REASON_TABLE_FULL;
	if ((result->facts & LB_FACT_MADE) == 0)
		return;
	o->sweeps.records += 2;
	int number = sim_outbound_number(plan, &result->edit.src);
	struct sim_gauge *g =
	    number < 0 ? NULL
		       : find_gauge(o, result->member, (uint8_t)number, udp);
	if (g == NULL)
		return;
	take(o, g, lb_be16_get(result->edit.sport), now_ns, bin);
	struct sim_toward *to = toward(o, g, flow);
	to->opened++;
	to->asked += !again;
	if (++to->now > to->peak)
		to->peak = to->now;
}

uint64_t
sim_outbound_failing_ns(
    const struct sim_outbound *o, uint16_t member, bool udp, uint64_t now_ns)
{
	const struct sim_gauge *g = first_gauge(o, member, udp);

	if (g == NULL || g->failed_ns == 0 ||
	    now_ns - g->failed_ns > LB_SNAT_REPEAT_NS)
		return SIM_NO_TIME;
	return g->failing_ns;
}

/*
 * Live's sweeper passes each record once a second, and where a record found no
 * room all hints every 16 times.  Here that is only done where records are so
 * many that one of 7 ways could ever be missed: in a sixteenth of the table
 * they are less than half a one a bucket.
 */
void
sim_outbound_sweep(
    struct sim_outbound *o, const struct lb_tables *t, uint64_t now_ms)
{
	struct sim_sweeps *s = &o->sweeps;

	if (s->records < t->port_buckets * LB_PORT_WAYS / FEW_OF ||
	    now_ms - s->swept_ms < SWEEP_MS)
		return;
	s->records = lb_expire_ports(t, 0, t->port_buckets);
	s->swept_ms = now_ms;
	if (!s->no_room || now_ms - s->hints_ms < HINTS_MS)
		return;
	lb_forget_hints(t);
	s->hints_ms = now_ms;
	s->no_room = false;
}

/* --- ends ------------------------------------------------------------------
 */

static bool
is_ours(const struct lb_tables *t, bool six, uint32_t slot,
    struct lb_expired *entry)
{
	return lb_entry_at(t, six, slot / LB_WAYS, slot % LB_WAYS, entry) &&
	       entry->kind == LB_KIND_SNAT_OUT;
}

static void
note_end(struct sim_outbound *o, const struct lb_expired *was,
    struct sim_hold *hold, uint64_t now_ns, uint32_t bin)
{
	const bool udp = was->proto == LB_PROTO_UDP;
	struct sim_gauge *g = find_gauge(o, was->member, was->snat, udp);

	if (g != NULL) {
		struct sim_toward *to =
		    toward_at(g, destination_of(o, &was->dst, was->dport, udp));
		give(o, g, lb_be16_get(was->xlat_port), now_ns, bin);
		to->now -= to->now > 0;
		to->ended++;
		to->held_ms += (now_ns - hold->begun_ns) / LB_NS_PER_MS;
	}
	if (hold->session != 0 && o->ended_count < LB_WAYS)
		o->ended[o->ended_count++] =
		    (struct sim_ended){ *was, hold->session - 1 };
	*hold = (struct sim_hold){ 0 };
}

/* One whose time has not come: another plan has its port. */
static void
note_cut(struct sim_outbound_turn *turn, const struct lb_expired *was)
{
	turn->cut++;
	turn->cut_open +=
	    was->proto == LB_PROTO_TCP && was->state == LB_CONN_OPEN;
}

/* Ends what is over in a bucket.  turn: counts what was cut; NULL. */
static void
end_bucket(struct sim_outbound *o, const struct lb_tables *t, bool six,
    uint32_t bucket, uint64_t now_ns, uint32_t bin,
    struct sim_outbound_turn *turn)
{
	const uint32_t now_ms = (uint32_t)(now_ns / LB_NS_PER_MS);
	struct lb_expired was[LB_WAYS], is;
	bool there[LB_WAYS], young[LB_WAYS];

	for (uint32_t way = 0; way < LB_WAYS; way++) {
		there[way] = is_ours(t, six, bucket * LB_WAYS + way, &was[way]);
		young[way] =
		    turn != NULL && there[way] &&
		    (int32_t)(lb_deadline_ms(t, six, bucket, way) - now_ms) > 0;
	}
	(void)lb_expire(t, six, now_ms, bucket, 1, NULL);
	for (uint32_t way = 0; way < LB_WAYS; way++) {
		const uint32_t slot = bucket * LB_WAYS + way;
		if (!there[way] || is_ours(t, six, slot, &is))
			continue;
		if (young[way])
			note_cut(turn, &was[way]);
		note_end(o, &was[way], &o->hold[six][slot], now_ns, bin);
	}
}

static uint64_t
deadline_ns(const struct lb_tables *t, bool six, uint32_t slot, uint64_t now_ns)
{
	const uint64_t now_ms = now_ns / LB_NS_PER_MS;
	const uint32_t at_ms =
	    lb_deadline_ms(t, six, slot / LB_WAYS, slot % LB_WAYS);
	const int32_t rest_ms = (int32_t)(at_ms - (uint32_t)now_ms);

	return (now_ms + (uint64_t)(rest_ms > 0 ? rest_ms : 0)) * LB_NS_PER_MS;
}

uint64_t
sim_outbound_due(struct sim_outbound *o, const struct lb_tables *t, bool six,
    uint32_t slot, uint64_t now_ns)
{
	struct lb_expired entry;

	if (slot >= o->slots[six] || !is_ours(t, six, slot, &entry))
		return SIM_NEVER;
	struct sim_hold *hold = &o->hold[six][slot];
	if (hold->due_ns == 0)
		hold->begun_ns = now_ns;
	uint64_t due_ns = deadline_ns(t, six, slot, now_ns);
	if (hold->due_ns != 0 && hold->due_ns <= due_ns)
		return SIM_NEVER; /* it will see */
	hold->due_ns = due_ns;
	return due_ns;
}

void
sim_outbound_hold(
    struct sim_outbound *o, bool six, uint32_t slot, uint32_t session)
{
	if (slot < o->slots[six])
		o->hold[six][slot].session = session + 1;
}

uint64_t
sim_outbound_end(struct sim_outbound *o, const struct lb_tables *t, bool six,
    uint32_t slot, uint64_t now_ns, uint32_t bin)
{
	struct sim_hold *hold = &o->hold[six][slot];
	struct lb_expired entry;

	o->ended_count = 0;
	if (hold->due_ns != now_ns)
		return SIM_NEVER; /* an earlier one has seen to it */
	end_bucket(o, t, six, slot / LB_WAYS, now_ns, bin, NULL);
	if (!is_ours(t, six, slot, &entry))
		return SIM_NEVER;
	hold->due_ns = deadline_ns(t, six, slot, now_ns);
	if (hold->due_ns <= now_ns) /* it can't be ended now */
		hold->due_ns = now_ns + LB_NS_PER_MS;
	return hold->due_ns;
}

/* --- another plan ----------------------------------------------------------
 */

/* All flows whose port is somebody else's by it, or whose time has come. */
static void
end_reclaimed(struct sim_outbound *o, const struct lb_tables *t, bool six,
    uint64_t now_ns, uint32_t bin, struct sim_outbound_turn *turn)
{
	for (uint32_t b = 0; b < o->slots[six] / LB_WAYS; b++) {
		o->ended_count = 0;
		end_bucket(o, t, six, b, now_ns, bin, turn);
		for (unsigned i = 0; o->cut != NULL && i < o->ended_count; i++)
			o->cut(o->cut_arg, &o->ended[i]);
	}
}

static uint64_t
sum_used(const struct sim_outbound *o)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < o->gauge_count; i++)
		sum += o->gauges[i].used;
	return sum;
}

static int
follow(struct sim_outbound *o, const struct lb_plan *plan,
    const struct lb_tables *t, uint32_t bin, struct sim_outbound_turn *turn)
{
	const uint32_t count = o->gauge_count;
	uint32_t *before = sim_turn_before(&o->index);

	if (before == NULL || read_plan(o, plan) != 0) {
		free(before);
		return -1;
	}
	const uint64_t used = sum_used(o);
	end_reclaimed(o, t, false, turn->at_ns, bin, turn);
	end_reclaimed(o, t, true, turn->at_ns, bin, turn);
	turn->ports = turn->cut > 0 ? (uint32_t)(used - sum_used(o)) : 0;
	turn->of = sim_turn_since(&o->index, before, count);
	free(before);
	return 0;
}

int
sim_outbound_plan(struct sim_outbound *o, const struct lb_plan *plan,
    const struct lb_tables *t, uint64_t now_ns, const struct lb_fault *fault)
{
	const uint32_t bin =
	    o->bin_at != NULL ? o->bin_at(o->bin_arg, now_ns) : 0;
	struct sim_outbound_turn turn = { .at_ns = now_ns, .fault = fault };

	for (uint32_t i = 0; i < o->gauge_count; i++) {
		tell_again(o, &o->gauges[i], now_ns);
		fill(o, &o->gauges[i], bin);
	}
	if (follow(o, plan, t, bin, &turn) != 0)
		return -1;
	for (uint32_t i = 0; i < o->gauge_count; i++) {
		struct sim_gauge *g = &o->gauges[i];
		note_level(o, g, now_ns, bin);
		if (is_high(o, g))
			tell(o, g, LB_SNAT_HIGH, OTHERS, now_ns);
	}
	if (fault != NULL && (turn.of.members > 0 || turn.cut > 0) &&
	    o->turn_count < LOG_MOST)
		o->turns[o->turn_count++] = turn;
	return 0;
}

/* --- what was counted ------------------------------------------------------
 */

void
sim_outbound_widen(struct sim_outbound *o)
{
	for (uint32_t i = 0; i < o->gauge_count; i++) {
		struct sim_gauge *g = &o->gauges[i];
		struct sim_snat_slice *s = g->slices;
		if (s == NULL)
			continue;
		for (uint32_t b = 0; b < SIM_BINS / 2; b++) {
			const struct sim_snat_slice x = s[2 * b];
			const struct sim_snat_slice y = s[2 * b + 1];
			s[b] = x;
			keep_level(&s[b], y.used, y.allocated);
			s[b].failed = x.failed + y.failed;
		}
		memset(&s[SIM_BINS / 2], 0, SIM_BINS / 2 * sizeof(*s));
		g->bin /= 2;
	}
}

static void
forget_gauge(
    struct sim_outbound *o, struct sim_gauge *g, uint64_t now_ns, uint32_t bin)
{
	g->peak = g->used;
	g->peak_ns = now_ns;
	g->full_used = g->full_allocated = 0;
	g->alarm = (struct lb_snat_alarm){ 0 };
	for (uint32_t d = 0; d < g->toward_room; d++) {
		const uint32_t now = g->toward[d].now;
		g->toward[d] = (struct sim_toward){ .now = now, .peak = now };
	}
	if (g->slices != NULL)
		memset(g->slices, 0, SIM_BINS * sizeof(*g->slices));
	g->bin = bin; /* before it, there is no level */
	note_level(o, g, now_ns, bin);
	if (is_high(o, g))
		tell(o, g, LB_SNAT_HIGH, OTHERS, now_ns);
}

void
sim_outbound_forget(struct sim_outbound *o, uint64_t now_ns, uint32_t bin)
{
	o->log_count = 0;
	o->packets = o->bytes = 0;
	for (uint32_t i = 0; i < o->gauge_count; i++)
		forget_gauge(o, &o->gauges[i], now_ns, bin);
	for (size_t i = 0; i < o->turn_count; i++) {
		o->turns[i].cut = o->turns[i].cut_open = 0;
		o->turns[i].ports = 0;
	}
}

void
sim_outbound_close(struct sim_outbound *o, uint64_t end_ns, uint32_t bin)
{
	for (uint32_t i = 0; i < o->gauge_count; i++) {
		tell_again(o, &o->gauges[i], end_ns);
		fill(o, &o->gauges[i], bin);
	}
}
