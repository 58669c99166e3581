/* SPDX-License-Identifier: MIT */
/* What answers TCP clients: connections, requests, trains of segments. */
#include "sim/clients/tcp.h"

#include "sim/traffic/sizes.h"

#define ERROR_BYTES 200u /* a 503 */
#define ANSWER_MOST UINT32_C(0x7fffffff)

/* --- both ends ------------------------------------------------------------ */

uint64_t
sim_tcp_timeout_ns(const struct sim_world *w)
{
	const struct lb_link *a = &w->scene->client_link;
	const struct lb_link *b = &w->scene->member_link;
	const uint64_t rtt_ns =
	    2 * (a->latency_ns + a->jitter_ns + b->latency_ns + b->jitter_ns);

	return 3 * rtt_ns > SIM_TCP_RTO_NS ? 3 * rtt_ns : SIM_TCP_RTO_NS;
}

uint32_t
sim_tcp_take(struct sim_session *s, const struct sim_parcel *parcel,
    uint32_t next, uint32_t end)
{
	const uint32_t mss = sim_tcp_mss(s), ahead = parcel->seq - next;

	if (ahead == 0) {
		next += parcel->bytes;
		for (; (s->tcp.early & 1) != 0; s->tcp.early >>= 1)
			next += end - next < mss ? end - next : mss;
		s->tcp.early >>= 1;
	} else if ((int32_t)ahead > 0 && ahead % mss == 0 &&
		   ahead / mss <= SIM_TCP_WINDOW_MOST) {
		s->tcp.early |= UINT64_C(1) << (ahead / mss - 1);
	}
	return next;
}

/* --- the answer ----------------------------------------------------------- */

uint32_t
sim_tcp_answer_bytes(struct sim_world *w, const struct sim_session *s)
{
	uint64_t bytes = ERROR_BYTES;

	if ((s->marks & SIM_TCP_IS_ERROR) == 0)
		bytes = sim_size_draw(sim_tcp_traffic(w, s), &w->dice,
		    s->source, sim_tcp_draw(s));
	return bytes < ANSWER_MOST ? (uint32_t)bytes : ANSWER_MOST;
}

static void
server_sends(
    struct sim_world *w, struct sim_session *s, uint8_t flags, uint32_t seq)
{
	sim_answer(w, s, s->member,
	    &(struct sim_parcel){
		.flags = flags,
		.seq = seq,
		.ack = s->tcp.heard,
	    });
}

/* What follows comes when all of it has been acknowledged. */
static void
send_train(struct sim_world *w, struct sim_session *s)
{
	const uint32_t mss = sim_tcp_mss(s);
	const uint32_t begin =
	    w->is_tapped ? s->tcp.end - sim_tcp_answer_bytes(w, s) : s->tcp.out;

	for (unsigned i = 0; i < s->window && s->tcp.out != s->tcp.end; i++) {
		const uint32_t left = s->tcp.end - s->tcp.out;
		const bool last = i + 1 == s->window || left <= mss;
		const uint32_t bytes = left < mss ? left : mss;
		sim_answer(w, s, s->member,
		    &(struct sim_parcel){
			.flags = LB_TCP_ACK | (last ? SIM_TCP_PSH : 0),
			.seq = s->tcp.out,
			.ack = s->tcp.heard,
			.bytes = bytes,
			.says = SIM_SAYS_ANSWER,
			.id = sim_tcp_exchange(s),
			.offset = s->tcp.out - begin,
		    });
		s->tcp.out += bytes;
	}
	sim_alarm_set(w, s, SIM_SERVER,
	    sim_world_now(w) + (sim_tcp_timeout_ns(w) << s->server_tries));
}

static void
begin_answer(
    struct sim_world *w, struct sim_session *s, struct sim_condition condition)
{
	s->window = SIM_TCP_WINDOW_FIRST;
	s->server_tries = 0;
	if (condition.state == LB_FAULT_HTTP_ERROR)
		s->marks |= SIM_TCP_IS_ERROR;
	s->tcp.end = s->tcp.out + sim_tcp_answer_bytes(w, s);
	s->tcp.early = 0;
	send_train(w, s);
}

static bool
answers(const struct sim_session *s, struct sim_condition condition)
{
	switch (condition.state) {
	case LB_FAULT_CRASHED:
	case LB_FAULT_OFF:
	case LB_FAULT_REFUSING:
	case LB_FAULT_HANGING:
	case LB_FAULT_DEAF:
		return false;
	default:
		return s->member == SIM_OUTSIDE ||
		       (uint16_t)condition.epoch == s->epoch;
	}
}

/* The request is there.  Who has no place for it closes the connection: there
 * is no answer that a client would not take for one. */
static void
serve(struct sim_world *w, struct sim_session *s,
    const struct sim_parcel *parcel, struct sim_condition condition)
{
	const uint64_t now_ns = sim_world_now(w);
	const bool hangs = !answers(s, condition);
	uint64_t done_ns = hangs ? SIM_NEVER - 1
				 : sim_farm_serve(w->farm,
				       &(struct sim_request){
					   .now_ns = now_ns,
					   .n = sim_tcp_draw(s),
					   .source = s->source,
					   .member = s->member,
				       },
				       condition, &w->dice);

	if (done_ns == SIM_TURNED_AWAY) {
		sim_refuse(w, s, parcel);
		s->member = LB_NONE;
	} else if (done_ns == now_ns) {
		begin_answer(w, s, condition);
	} else {
		server_sends(w, s, LB_TCP_ACK, s->tcp.out);
		if (!hangs) {
			s->marks |= SIM_TCP_IS_SERVING;
			sim_alarm_set(w, s, SIM_SERVER, done_ns);
		}
	}
}

static void
accept_connection(struct sim_world *w, struct sim_session *s,
    const struct sim_parcel *parcel, struct sim_condition condition)
{
	s->member = parcel->member;
	s->epoch = (uint16_t)condition.epoch;
	s->address = parcel->address;
	s->marks &= (uint8_t)~SIM_TCP_IS_SERVING;
	s->tcp.heard = s->tcp.acked = s->tcp.out = 1;
	sim_alarm_set(w, s, SIM_SERVER, SIM_NEVER);
	server_sends(w, s, LB_TCP_SYN | LB_TCP_ACK, 0);
}

static void
note_ack(
    struct sim_world *w, struct sim_session *s, const struct sim_parcel *parcel)
{
	if ((int32_t)(parcel->ack - s->tcp.acked) <= 0 ||
	    (s->marks & SIM_TCP_IS_SERVING) != 0)
		return;
	s->tcp.acked = parcel->ack;
	s->server_tries = 0;
	/* it may have been sent again from before: not what has arrived */
	if ((int32_t)(s->tcp.acked - s->tcp.out) > 0)
		s->tcp.out = s->tcp.acked;
	if (s->tcp.acked != s->tcp.out)
		return;
	sim_alarm_set(w, s, SIM_SERVER, SIM_NEVER);
	if ((int32_t)(s->tcp.end - s->tcp.out) > 0 && s->window != 0) {
		if (s->window < SIM_TCP_WINDOW_MOST)
			s->window = s->window > SIM_TCP_WINDOW_MOST / 2
					? SIM_TCP_WINDOW_MOST
					: (uint8_t)(2 * s->window);
		send_train(w, s);
	} else {
		s->window = 0; /* nothing is under way */
	}
}

static void
take_data(struct sim_world *w, struct sim_session *s,
    const struct sim_parcel *parcel, struct sim_condition condition)
{
	const bool is_due = s->tcp.heard != s->tcp.sent;
	const uint32_t next =
	    is_due ? sim_tcp_take(s, parcel, s->tcp.heard, s->tcp.sent)
		   : s->tcp.heard;

	if (next == s->tcp.heard)
		server_sends(w, s, LB_TCP_ACK, s->tcp.out);
	s->tcp.heard = next;
	if (is_due && next == s->tcp.sent)
		serve(w, s, parcel, condition);
}

static void
take_fin(
    struct sim_world *w, struct sim_session *s, const struct sim_parcel *parcel)
{
	if (parcel->seq == s->tcp.heard) {
		s->tcp.heard++;
		s->tcp.out++;
	}
	server_sends(w, s, LB_TCP_FIN | LB_TCP_ACK, s->tcp.out - 1);
}

void
sim_tcp_at_server(struct sim_world *w, struct sim_session *s,
    const struct sim_parcel *parcel, struct sim_condition condition)
{
	const bool known = s->member == parcel->member &&
			   s->epoch == (uint16_t)condition.epoch &&
			   s->address == parcel->address;

	if ((parcel->flags & LB_TCP_SYN) != 0 && !(known && s->tcp.heard > 1)) {
		accept_connection(w, s, parcel, condition);
		return;
	}
	/* another member, or one that has lost its memory; outside: the client
	 * comes from a port that it has not come from before */
	if (!known) {
		sim_refuse(w, s, parcel);
		return;
	}
	if ((parcel->flags & LB_TCP_RST) != 0) {
		s->member = LB_NONE;
		sim_alarm_set(w, s, SIM_SERVER, SIM_NEVER);
		return;
	}
	note_ack(w, s, parcel);
	if (parcel->bytes > 0)
		take_data(w, s, parcel, condition);
	else if ((parcel->flags & LB_TCP_FIN) != 0)
		take_fin(w, s, parcel);
	else if (parcel->seq != s->tcp.heard) /* a keepalive */
		server_sends(w, s, LB_TCP_ACK, s->tcp.out);
}

/* An answer is ready, or has been under way for too long. */
void
sim_tcp_server_alarm(struct sim_world *w, struct sim_session *s)
{
	if (s->member == LB_NONE)
		return;
	struct sim_condition condition = sim_world_condition(w, s->member);
	if (!answers(s, condition))
		return;
	if ((s->marks & SIM_TCP_IS_SERVING) != 0) {
		s->marks &= (uint8_t)~SIM_TCP_IS_SERVING;
		begin_answer(w, s, condition);
		return;
	}
	if (s->server_tries == SIM_TCP_RETRIES) {
		s->member = LB_NONE;
		return;
	}
	s->server_tries++;
	sim_count_retry(w, NULL);
	s->tcp.out = s->tcp.acked;
	s->window = SIM_TCP_WINDOW_FIRST;
	send_train(w, s);
}
