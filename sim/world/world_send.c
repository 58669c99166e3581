/* SPDX-License-Identifier: MIT */
/* Packets on their way: hop by hop, and through the balancer. */
#include <stdlib.h>

#include "sim/traffic/links.h"
#include "sim/world/world_parts.h"

#define PARCELS_FIRST 256u
/* Of a session, on all wires: more are lost, as in a router's queue.  Alarms
 * have what is left of the counter. */
#define PENDING_MOST (UINT16_MAX - 256u)

#define IPV4_BYTES 20u
#define IPV6_BYTES 40u
#define TCP_BYTES  20u
#define UDP_BYTES  8u
#define L3         14u /* behind an Ethernet header */

/* --- parcels ------------------------------------------------------------- */

/* A free one's session is the next free one. */
static struct sim_parcel *
take_parcel(struct sim_parcels *pool, uint32_t *number)
{
	if (pool->first != 0) {
		*number = pool->first - 1;
		pool->first = pool->at[*number].session;
		return &pool->at[*number];
	}
	if (pool->made == pool->room) {
		uint32_t room =
		    pool->room == 0 ? PARCELS_FIRST : pool->room * 2;
		struct sim_parcel *at =
		    room < pool->room ? NULL
				      : realloc(pool->at, room * sizeof(*at));
		if (at == NULL)
			return NULL;
		pool->at = at;
		pool->room = room;
	}
	*number = pool->made++;
	return &pool->at[*number];
}

static struct sim_parcel
open_parcel(struct sim_parcels *pool, uint32_t number)
{
	struct sim_parcel parcel = pool->at[number];

	pool->at[number].session = pool->first;
	pool->first = number + 1;
	return parcel;
}

/*
 * A packet's luck has the address of who sends it when: the same packet of
 * another case has the same, as long as their histories are the same, and one
 * that is sent again has another.
 */
static uint32_t
luck_of(const struct sim_world *w, const struct sim_parcel *parcel,
    enum sim_happens to)
{
	uint64_t what = (uint64_t)parcel->seq << 32 | parcel->ack;

	/* not of its offset, which is known only where a tap wants it */
	what ^= (uint64_t)parcel->id << 16 ^ (uint64_t)parcel->flags << 56 ^
		(uint64_t)to << 50;
	return (uint32_t)sim_mix(what + UINT64_C(0x9e3779b97f4a7c15),
	    sim_world_now(w) ^ UINT64_C(0xbf58476d1ce4e5b9));
}

/* Over a link, to where the next thing happens to it. */
void
sim_parcel_depart(struct sim_world *w, struct sim_session *s,
    const struct sim_parcel *what, enum sim_happens to)
{
	const bool outbound = sim_session_source(w, s)->pool >= 0;
	const bool client = (to == SIM_HAPPENS_AT_BALANCER ||
				to == SIM_HAPPENS_AT_CLIENT) != outbound;
	uint64_t delay_ns;
	uint32_t number;

	if (s->pending >= PENDING_MOST ||
	    !sim_link_cross(
		client ? &w->scene->client_link : &w->scene->member_link,
		&w->dice, client ? SIM_DRAW_CLIENT_LINK : SIM_DRAW_MEMBER_LINK,
		s->source, sim_draw_in(s->serial, luck_of(w, what, to)),
		&delay_ns)) {
		w->clients.link_lost++;
		return;
	}
	struct sim_parcel *parcel = take_parcel(&w->parcels, &number);
	if (parcel == NULL) {
		w->no_memory = true;
		return;
	}
	*parcel = *what;
	parcel->session = s->number;
	s->pending++;
	sim_world_plan(w, sim_world_now(w) + delay_ns, to, number);
}

void
sim_send(
    struct sim_world *w, struct sim_session *s, const struct sim_parcel *what)
{
	struct sim_parcel parcel = *what;

	parcel.member = LB_NONE;
	if (sim_session_source(w, s)->pool >= 0 && sim_session_is_dead(w, s))
		return;
	sim_parcel_depart(w, s, &parcel, SIM_HAPPENS_AT_BALANCER);
}

void
sim_answer(struct sim_world *w, struct sim_session *s, uint16_t member,
    const struct sim_parcel *what)
{
	struct sim_parcel parcel = *what;

	parcel.member = member;
	if (member == SIM_OUTSIDE) {
		parcel.port.raw = s->epoch;
		parcel.address = s->address;
	}
	sim_parcel_depart(w, s, &parcel, SIM_HAPPENS_BACK);
}

void
sim_refuse(
    struct sim_world *w, struct sim_session *s, const struct sim_parcel *parcel)
{
	const bool syn = (parcel->flags & LB_TCP_ACK) == 0;
	/* to where it came from, whoever that is known to be */
	struct sim_parcel no = {
		.id = parcel->id,
		.member = parcel->member,
		.port = parcel->port,
		.address = parcel->address,
	};

	if (s->flow->proto != LB_PROTO_TCP)
		no.unreachable = true;
	else if ((parcel->flags & LB_TCP_RST) != 0)
		return;
	else if (syn) /* RFC 9293 3.5.2: group 1 */
		no.flags = LB_TCP_RST | LB_TCP_ACK;
	else
		no.flags = LB_TCP_RST;
	no.seq = syn ? 0 : parcel->ack;
	no.ack = syn ? parcel->seq + 1 : 0;
	sim_parcel_depart(w, s, &no, SIM_HAPPENS_BACK);
}

/* --- at the balancer ----------------------------------------------------- */

/* Where a side's sequence numbers begin. */
static uint32_t
first_seq(const struct sim_session *s, enum sim_end end)
{
	static const uint64_t factor[] = { UINT64_C(0x9e3779b97f4a7c15),
		UINT64_C(0xc2b2ae3d27d4eb4f) };

	return (uint32_t)sim_mix(
	    (((uint64_t)s->serial << 17 | s->source) + 1) * factor[0],
	    factor[end]);
}

static void
fill_packet(const struct sim_session *s, const struct sim_parcel *parcel,
    bool from_client, struct lb_packet *pkt)
{
	const struct sim_flow *f = s->flow;
	const bool v4 = lb_addr_is_v4(&f->client);
	const uint32_t l4_bytes =
	    (f->proto == LB_PROTO_TCP ? TCP_BYTES : UDP_BYTES) + parcel->bytes;

	*pkt = (struct lb_packet){
		.ip = {
			.src = from_client ? f->client : f->server,
			.dst = from_client ? f->server : f->client,
			.sport = from_client ? f->client_port : f->server_port,
			.dport = from_client ? f->server_port : f->client_port,
			.l3 = L3,
			.l4 = L3 + (v4 ? IPV4_BYTES : IPV6_BYTES),
			.family = v4 ? 4 : 6,
			.proto = f->proto,
			.l4_bytes = l4_bytes,
		},
		.ip_bytes = (v4 ? IPV4_BYTES : IPV6_BYTES) + l4_bytes,
		.payload_bytes = parcel->bytes,
	};
	if (f->proto != LB_PROTO_TCP)
		return;
	pkt->tcp_flags = parcel->flags;
	pkt->seq =
	    parcel->seq + first_seq(s, from_client ? SIM_CLIENT : SIM_SERVER);
	if ((parcel->flags & LB_TCP_ACK) != 0)
		pkt->ack = parcel->ack +
			   first_seq(s, from_client ? SIM_SERVER : SIM_CLIENT);
}

/* What this is a part of.  An answer's end is where its connection waits to
 * get to, and its beginning where the part says. */
static uint32_t
message_bytes(const struct sim_session *s, const struct sim_parcel *parcel,
    const struct lb_traffic *traffic)
{
	if (s->flow->proto != LB_PROTO_TCP || parcel->bytes == 0)
		return parcel->bytes;
	if (parcel->says != SIM_SAYS_ANSWER)
		return sim_tcp_request_bytes(traffic, s);
	return s->tcp.end - (parcel->seq - parcel->offset);
}

static void
listen_in(const struct sim_world *w, const struct sim_session *s,
    const struct sim_parcel *parcel, bool from_client,
    const struct lb_packet *pkt)
{
	const struct sim_settings *settings = w->run->settings;

	if (!w->is_tapped)
		return;
	const struct lb_traffic *traffic = sim_session_source(w, s)->traffic;
	settings->tap(settings->tap_arg,
	    &(struct sim_tap){
		.at_ns = sim_world_now(w),
		.from_client = from_client,
		.pkt = pkt,
		.profile = traffic->profile,
		.says = (enum sim_says)parcel->says,
		.confirmable = parcel->confirmable,
		.id = parcel->id,
		.offset = parcel->offset,
		.message_bytes = message_bytes(s, parcel, traffic),
		.asked_bytes = traffic->request_bytes,
	    });
}

void
sim_parcel_tap(const struct sim_world *w, const struct sim_session *s,
    const struct sim_parcel *parcel, bool from_client)
{
	struct lb_packet pkt;

	fill_packet(s, parcel, from_client, &pkt);
	listen_in(w, s, parcel, from_client, &pkt);
}

/* Through the player, as a captured packet goes. */
static void
play_parcel(struct sim_world *w, struct sim_session *s,
    const struct sim_parcel *parcel, bool from_client, struct sim_arrival *a)
{
	struct sim_run *run = w->run;

	a->now_ns = sim_world_now(w);
	a->now_ms = a->now_ns / LB_NS_PER_MS;
	a->ip_bytes = a->pkt.ip_bytes;
	a->hash = a->bin = 0;
	a->flow = s->flow;
	a->datagram = NULL;
	a->from_client = from_client;
	a->sender = parcel->member;
	a->public_port = parcel->port;
	a->public_address = parcel->address;
	w->packets++;
	w->player->reached = LB_NONE;
	w->player->is_let_out = w->player->is_hairpin = false;
	if (sim_play_packet(run, a) != 0)
		w->no_memory = true;
}

/* From the client: was there a way for it, or is that its own trouble? */
static void
note_way(const struct sim_world *w, struct sim_session *s)
{
	const struct lb_result *result = &w->player->result;
	const bool stranded = w->player->is_hairpin ||
			      (result->verdict == LB_DROP &&
				  result->reason == LB_REASON_SNAT_EXHAUSTED);

	s->marks &= (uint8_t)~SIM_SESSION_STRANDED;
	if (stranded)
		s->marks |= SIM_SESSION_STRANDED;
}

/* Does it go on with a connection that the balancer has forgotten? */
static void
note_late(struct sim_world *w, const struct sim_session *s,
    const struct sim_parcel *parcel)
{
	const uint8_t ends = LB_TCP_SYN | LB_TCP_RST;

	if ((w->player->result.facts & LB_FACT_MADE) == 0 ||
	    s->flow->proto != LB_PROTO_TCP || (parcel->flags & ends) != 0 ||
	    s->member != SIM_OUTSIDE)
		return;
	w->clients.late++;
	w->clients.late_elsewhere +=
	    parcel->port.raw != s->epoch || parcel->address != s->address;
}

/* From a member to a server outside, and back.  No tap hears it: it does not
 * come from the client side. */
static void
pass_outwards(
    struct sim_world *w, struct sim_session *s, struct sim_parcel *parcel)
{
	struct sim_arrival a;

	fill_packet(s, parcel, true, &a.pkt);
	play_parcel(w, s, parcel, true, &a);
	note_way(w, s);
	if (w->player->reached == LB_NONE)
		return;
	sim_port_watch(w, s, parcel->flags);
	parcel->member = SIM_OUTSIDE;
	parcel->port.raw = (uint16_t)s->flow->parts[0].last_key;
	parcel->address = (uint8_t)s->flow->parts[0].key;
	note_late(w, s, parcel);
	sim_parcel_depart(w, s, parcel, SIM_HAPPENS_AT_SERVER);
}

static void
pass_back(struct sim_world *w, struct sim_session *s, struct sim_parcel *parcel)
{
	struct sim_arrival a;

	fill_packet(s, parcel, false, &a.pkt);
	play_parcel(w, s, parcel, false, &a);
	if (!w->player->is_let_out)
		return;
	sim_port_watch(w, s, parcel->flags);
	sim_parcel_depart(w, s, parcel, SIM_HAPPENS_AT_CLIENT);
}

static void
pass_in(struct sim_world *w, struct sim_session *s, struct sim_parcel *parcel)
{
	struct sim_arrival a;

	fill_packet(s, parcel, true, &a.pkt);
	listen_in(w, s, parcel, true, &a.pkt);
	play_parcel(w, s, parcel, true, &a);
	note_way(w, s);
	if (w->player->reached == LB_NONE)
		return;
	parcel->member = w->player->reached;
	sim_entry_watch(w, s);
	sim_parcel_depart(w, s, parcel, SIM_HAPPENS_AT_SERVER);
}

static void
pass_out(struct sim_world *w, struct sim_session *s, struct sim_parcel *parcel)
{
	struct sim_arrival a;

	if (!parcel->unreachable) {
		fill_packet(s, parcel, false, &a.pkt);
		play_parcel(w, s, parcel, false, &a);
		if (!w->player->is_let_out)
			return;
		listen_in(w, s, parcel, false, &a.pkt);
	}
	sim_parcel_depart(w, s, parcel, SIM_HAPPENS_AT_CLIENT);
}

/* --- at a server --------------------------------------------------------- */

struct sim_condition
sim_world_condition(const struct sim_world *w, uint16_t member)
{
	if (w->player->outage != NULL && member != SIM_OUTSIDE)
		return sim_outage_condition(w->player->outage, member);
	return (struct sim_condition){ .factor = LB_SCENE_ONE };
}

static bool
listens(const struct sim_world *w, const struct sim_session *s,
    const struct sim_parcel *parcel)
{
	const uint16_t rule = s->flow->parts[0].rule;
	lb_be16 port = s->flow->server_port;

	if (parcel->member == SIM_OUTSIDE)
		return true;
	const struct sim_nat_way *nat = sim_player_nat(w->player, rule);
	if (nat != NULL && !nat->any_port)
		port = nat->backend_port;
	if (rule < w->player->rule_count && !w->player->rules[rule].any_port)
		port = w->player->rules[rule].backend_port;
	return sim_farm_listens(w->farm, parcel->member, lb_be16_get(port));
}

static void
reach_server(
    struct sim_world *w, struct sim_session *s, const struct sim_parcel *parcel)
{
	struct sim_condition condition = sim_world_condition(w, parcel->member);

	if (parcel->member == SIM_OUTSIDE)
		condition.epoch = parcel->port.raw;
	if (condition.state == LB_FAULT_CRASHED ||
	    condition.state == LB_FAULT_OFF)
		return;
	if (condition.state == LB_FAULT_REFUSING || !listens(w, s, parcel))
		sim_refuse(w, s, parcel);
	else
		sim_session_source(w, s)->profile->at_server(
		    w, s, parcel, condition);
}

void
sim_parcel_arrives(struct sim_world *w, enum sim_happens where, uint32_t number)
{
	struct sim_parcel parcel = open_parcel(&w->parcels, number);
	struct sim_session *s = sim_session_at(&w->sessions, parcel.session);

	const bool outbound = sim_session_source(w, s)->pool >= 0;

	if (where == SIM_HAPPENS_AT_BALANCER)
		(outbound ? pass_outwards : pass_in)(w, s, &parcel);
	else if (where == SIM_HAPPENS_BACK)
		(outbound ? pass_back : pass_out)(w, s, &parcel);
	else if (where == SIM_HAPPENS_AT_SERVER)
		reach_server(w, s, &parcel);
	else if ((s->marks & SIM_SESSION_CLOSED) == 0 &&
		 !(outbound && sim_session_is_dead(w, s)))
		sim_session_source(w, s)->profile->at_client(w, s, &parcel);
	sim_session_release(w, s);
}
