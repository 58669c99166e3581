/* SPDX-License-Identifier: MIT */
/*
 * Table entries that end: a rule with tcp_reset tells both ends of an idle
 * connection, at the millisecond at which the engine takes it for ended.
 *
 * One event waits for an entry, for its deadline as it was then; packets that
 * come meanwhile cost nothing.  Entries themselves are left alone: lb_step()
 * takes an ended one for none.
 *
 * Source: AZ 4 (TCP reset on idle); design.md 2.
 */
#include "sim/world/world_parts.h"

/* Where the packets of a flow have their entries now; NULL: nowhere. */
static const struct lb_tables *
tables_for(const struct sim_world *w, const struct sim_flow *flow)
{
	const struct sim_instances *several = w->player->instances;
	const struct lb_headers ip = {
		.src = flow->client,
		.dst = flow->server,
		.sport = flow->client_port,
		.dport = flow->server_port,
		.proto = flow->proto,
	};

	if (several == NULL)
		return &w->player->world->tables;
	uint32_t number = sim_instances_route(several, &ip, true);
	return number != SIM_NO_INSTANCE ? &several->world[number]->tables
					 : NULL;
}

static bool
is_of(const struct lb_expired *entry, const struct sim_flow *flow)
{
	return lb_addr_same(&entry->src, &flow->client) &&
	       lb_addr_same(&entry->dst, &flow->server) &&
	       entry->sport.raw == flow->client_port.raw &&
	       entry->dport.raw == flow->server_port.raw &&
	       entry->proto == flow->proto;
}

/* In how many milliseconds the flow's entry ends; 0: now; -1: it has none. */
static int64_t
rest_ms(const struct sim_world *w, const struct sim_flow *flow,
    struct lb_expired *entry)
{
	const struct lb_tables *t = tables_for(w, flow);
	const bool six = !lb_addr_is_v4(&flow->client);
	const uint32_t now_ms = (uint32_t)(sim_world_now(w) / LB_NS_PER_MS);
	const uint32_t place = flow->parts[0].place;

	if (t == NULL || place == SIM_PLACE_NONE)
		return -1;
	const uint32_t bucket = place / LB_WAYS, way = place % LB_WAYS;
	if (bucket >= (six ? t->buckets6 : t->buckets4) ||
	    !lb_entry_at(t, six, bucket, way, entry) || !is_of(entry, flow))
		return -1;
	int32_t rest = (int32_t)(lb_deadline_ms(t, six, bucket, way) - now_ms);
	return rest > 0 ? rest : 0;
}

static void
wait_for(struct sim_world *w, struct sim_session *s, int64_t ms)
{
	const uint64_t now_ms = sim_world_now(w) / LB_NS_PER_MS;

	s->marks |= SIM_SESSION_WATCHED;
	s->pending++;
	sim_world_plan(w, (now_ms + (uint64_t)ms) * LB_NS_PER_MS,
	    SIM_HAPPENS_IDLE, s->number);
}

/* Balancing, NAT and outbound rules alike. */
static bool
tells(const struct sim_world *w, uint16_t rule)
{
	const struct lb_rule *row = lb_plan_rule_row(w->player->plan, rule);

	return (row->flags & LB_RULE_TCP_RESET) != 0;
}

void
sim_entry_watch(struct sim_world *w, struct sim_session *s)
{
	struct lb_expired entry;

	if (w->run->settings->together || s->flow->proto != LB_PROTO_TCP ||
	    (s->marks & (SIM_SESSION_WATCHED | SIM_SESSION_CLOSED)) != 0 ||
	    !tells(w, w->player->result.rule))
		return;
	int64_t ms = rest_ms(w, s->flow, &entry);
	if (ms > 0)
		wait_for(w, s, ms);
}

/* From the balancer, to both.  server: the member; outside: who is known by
 * that port. */
static void
send_resets(
    struct sim_world *w, struct sim_session *s, const struct sim_parcel *server)
{
	const struct sim_parcel to_client = {
		.flags = LB_TCP_RST,
		.seq = s->tcp.got,
		.member = server->member,
	};
	struct sim_parcel to_server = *server;

	to_server.flags = LB_TCP_RST;
	to_server.seq = s->tcp.sent;
	if (server->member != SIM_OUTSIDE) /* no tap is on that side */
		sim_parcel_tap(w, s, &to_client, false);
	sim_parcel_depart(w, s, &to_client, SIM_HAPPENS_AT_CLIENT);
	sim_parcel_depart(w, s, &to_server, SIM_HAPPENS_AT_SERVER);
}

/* The balancer ends it. */
static void
note_silence(struct sim_world *w, struct sim_session *s, uint16_t rule)
{
	sim_player_silence(w->player, s->flow, &s->flow->parts[0], rule,
	    sim_world_now(w) / LB_NS_PER_MS);
}

void
sim_entry_look(struct sim_world *w, struct sim_session *s)
{
	struct lb_expired entry;
	int64_t ms = -1;

	s->marks &= (uint8_t)~SIM_SESSION_WATCHED;
	if ((s->marks & SIM_SESSION_CLOSED) == 0)
		ms = rest_ms(w, s->flow, &entry);
	if (ms > 0)
		wait_for(w, s, ms);
	else if (ms == 0 && entry.state == LB_CONN_OPEN) {
		note_silence(w, s, entry.rule);
		send_resets(
		    w, s, &(struct sim_parcel){ .member = entry.member });
	}
	sim_session_release(w, s);
}

void
sim_entry_ended(
    struct sim_world *w, struct sim_session *s, const struct lb_expired *was)
{
	if ((s->marks & SIM_SESSION_CLOSED) != 0 || !is_of(was, s->flow) ||
	    was->proto != LB_PROTO_TCP || was->state != LB_CONN_OPEN ||
	    !tells(w, was->rule))
		return;
	note_silence(w, s, was->rule);
	send_resets(w, s,
	    &(struct sim_parcel){
		.member = SIM_OUTSIDE,
		.port = was->xlat_port,
		.address = was->snat,
	    });
}
