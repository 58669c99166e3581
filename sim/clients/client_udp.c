/* SPDX-License-Identifier: MIT */
/*
 * A datagram and its answer: DNS, and whatever else asks so many times, waits
 * so long each time, and gives up.
 *
 * Port unreachable is counted and ends no wait: clients' sockets are not
 * connected, and hear of no ICMP error.  What comes after the end is nobody's.
 *
 * Source: resolv.conf(5), attempts and timeout; RFC 1035 4.2.1.
 */
#include "sim/clients/datagram.h"

#define NS_PER_MS LB_NS_PER_MS

/* --- the client ----------------------------------------------------------- */

static void
ask(struct sim_world *w, struct sim_session *s)
{
	const struct lb_traffic *t = sim_session_source(w, s)->traffic;

	s->tries++;
	sim_send(w, s,
	    &(struct sim_parcel){
		.bytes = t->request_bytes,
		.id = s->serial,
		.says = SIM_SAYS_REQUEST,
	    });
	sim_alarm_set(
	    w, s, SIM_CLIENT, sim_world_now(w) + t->timeout_ms * NS_PER_MS);
}

static void
arrive(struct sim_world *w, struct sim_source *source, uint32_t serial)
{
	const struct lb_addr client = sim_source_client(w, source, serial);
	struct sim_session *s = sim_session_open(w, source, serial, &client,
	    sim_port_draw(&w->dice, source->number, serial));

	if (s == NULL)
		return;
	w->clients.sessions++;
	s->ask = (struct sim_ask){ sim_world_now(w), SIM_NEVER };
	sim_count_request(w);
	ask(w, s);
}

static void
wait_ended(struct sim_world *w, struct sim_session *s)
{
	if (s->tries < sim_session_source(w, s)->traffic->tries) {
		sim_count_retry(w, s);
		ask(w, s);
		return;
	}
	sim_count_given_up(w, s, s->ask.asked_ns);
	sim_session_close(w, s);
}

static void
at_client(
    struct sim_world *w, struct sim_session *s, const struct sim_parcel *parcel)
{
	if (parcel->unreachable) {
		w->clients.refused++;
		return;
	}
	sim_count_answered(w, s->ask.asked_ns);
	sim_session_close(w, s);
}

/* --- the server ----------------------------------------------------------- */

/*
 * Each copy is served; a server of datagrams can't tell them apart.  Only the
 * first answer counts, so only that is sent: of another server, it replaces
 * one that comes later or whose server has forgotten it.
 */
static void
at_server(struct sim_world *w, struct sim_session *s,
    const struct sim_parcel *parcel, struct sim_condition condition)
{
	if (!sim_server_speaks(condition.state))
		return;

	uint64_t done_ns = sim_farm_serve(w->farm,
	    &(struct sim_request){
		.now_ns = sim_world_now(w),
		.n = sim_draw_in(s->serial, 0),
		.source = s->source,
		.member = parcel->member,
	    },
	    condition, &w->dice);

	if (done_ns == SIM_TURNED_AWAY || (s->marks & SIM_SESSION_CLOSED) != 0)
		return;
	if (s->ask.answer_ns <= done_ns &&
	    sim_server_knows(w, s->member, s->epoch))
		return;
	s->ask.answer_ns = done_ns;
	s->member = parcel->member;
	s->epoch = (uint16_t)condition.epoch;
	s->address = parcel->address;
	sim_alarm_set(w, s, SIM_SERVER, done_ns);
}

static void
answer(struct sim_world *w, struct sim_session *s)
{
	s->ask.answer_ns = SIM_NEVER;
	if (sim_server_knows(w, s->member, s->epoch))
		sim_answer(w, s, s->member,
		    &(struct sim_parcel){
			.bytes = sim_datagram_bytes(w, s, 0),
			.id = s->serial,
			.says = SIM_SAYS_ANSWER,
		    });
}

static void
ring(struct sim_world *w, struct sim_session *s, enum sim_end end)
{
	if (end == SIM_CLIENT)
		wait_ended(w, s);
	else
		answer(w, s);
}

static uint64_t
udp_waits(const struct sim_world *w, const struct sim_session *s)
{
	(void)w;
	return s->ask.asked_ns; /* who is answered is closed */
}

const struct sim_profile sim_profile_dns = {
	.arrive = arrive,
	.at_server = at_server,
	.at_client = at_client,
	.alarm = ring,
	.waits = udp_waits,
	.proto = LB_PROTO_UDP,
};

const struct sim_profile sim_profile_udp = {
	.arrive = arrive,
	.at_server = at_server,
	.at_client = at_client,
	.alarm = ring,
	.waits = udp_waits,
	.proto = LB_PROTO_UDP,
};
