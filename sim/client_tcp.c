/* SPDX-License-Identifier: MIT */
/*
 * TCP clients and their servers: `web` asks and goes, `long-lived` stays.
 *
 * What the standards say: sequence numbers, states, resets (RFC 9293); the
 * first timeout is 1 s, doubled each time (RFC 6298 2.1, 5.5); ten segments at
 * first (RFC 6928); an acknowledgement for each second segment (RFC 5681 4.2).
 *
 * What we do of it: an answer goes out in trains.  A train is sent at once,
 * and the next, twice as long up to 64 segments, when all of it has been
 * acknowledged; what is not is sent again from the first hole after a timeout.
 * What comes before its turn is kept.  No congestion control beyond that, no
 * selective acknowledgements, no fast retransmission, no simultaneous open, no
 * waiting in TIME-WAIT: a port is free when nothing of its connection is on
 * any wire.
 *
 * A connection that is lost (reset, or silent for too long) gives up what it
 * asked for.  Has a web client more to ask for, it connects once more and goes
 * on; when that connection is lost as well, it goes away.  A long-lived client
 * always connects again: at once when it had a connection, after a minute when
 * it got none.
 */
#include "sim/sizes.h"
#include "sim/world_parts.h"
#include "traces/models.h"

#define MSS4          1460u
#define MSS6          1440u
#define WINDOW_FIRST  10u /* segments */
#define WINDOW_MOST   64u
#define RTO_NS        LB_NS_PER_S /* the first, and the least */
#define SYN_RETRIES   5u          /* at 1, 3, 7, 15, 31 s */
#define RETRIES       6u
#define PATIENCE_NS   (60 * LB_NS_PER_S) /* for an answer, or more of it */
#define PAUSE_NS      (60 * LB_NS_PER_S)
#define PROBE_NS      (75 * LB_NS_PER_S) /* tcp(7): tcp_keepalive_intvl */
#define PROBE_RETRIES 8u                 /* tcp_keepalive_probes, less one */
#define ERROR_BYTES   200u               /* a 503 */
#define ANSWER_MOST   UINT32_C(0x7fffffff)
#define PSH           0x08u

enum state {
	SYN_SENT,
	WAITING,  /* for an answer */
	THINKING, /* before the next request */
	IDLE,     /* long-lived */
	PROBING,  /* is anybody there? */
	FIN_SENT,
	PAUSED, /* there is no connection */
};

enum mark {
	AGAIN = SIM_SESSION_FIRST_OWN, /* it goes on with a lost one */
	IS_HEARD = AGAIN << 1,         /* the server has the whole request */
	IS_SERVING = AGAIN << 2,       /* the server's alarm is the answer's */
	IS_ERROR = AGAIN << 3,         /* the answer is short */
};

static const struct lb_traffic *
traffic_of(const struct sim_world *w, const struct sim_session *s)
{
	return sim_session_source(w, s)->traffic;
}

static bool
is_web(const struct sim_world *w, const struct sim_session *s)
{
	return traffic_of(w, s)->profile == LB_PROFILE_WEB;
}

static uint32_t
mss_of(const struct sim_session *s)
{
	return lb_addr_is_v4(&s->flow->client) ? MSS4 : MSS6;
}

/* A request's place among the variates: the same wherever it is asked. */
static uint64_t
draw_of(const struct sim_session *s)
{
	return sim_draw_in(s->serial, s->left);
}

uint32_t
sim_tcp_request_bytes(
    const struct lb_traffic *traffic, const struct sim_session *s)
{
	const uint32_t bytes = traffic->request_bytes;
	const uint32_t most = WINDOW_MOST * mss_of(s);

	return bytes < 1 ? 1 : bytes < most ? bytes : most;
}

static uint32_t
request_bytes(const struct sim_world *w, const struct sim_session *s)
{
	return sim_tcp_request_bytes(traffic_of(w, s), s);
}

static uint32_t
exchange_of(const struct sim_session *s)
{
	return s->serial << 10 | (s->left & 1023u);
}

/* --- sizes --------------------------------------------------------------- */

static uint32_t
answer_bytes(struct sim_world *w, const struct sim_session *s)
{
	uint64_t bytes = ERROR_BYTES;

	if ((s->marks & IS_ERROR) == 0)
		bytes = sim_size_draw(
		    traffic_of(w, s), &w->dice, s->source, draw_of(s));
	return bytes < ANSWER_MOST ? (uint32_t)bytes : ANSWER_MOST;
}

/* --- the client sends ---------------------------------------------------- */

static void
client_sends(
    struct sim_world *w, struct sim_session *s, uint8_t flags, uint32_t seq)
{
	sim_send(w, s,
	    &(struct sim_parcel){
		.flags = flags,
		.seq = seq,
		.ack = (flags & LB_TCP_ACK) != 0 ? s->tcp.got : 0,
	    });
}

/* Of who has measured a round trip: three of it (RFC 6298 2.2). */
static uint64_t
timeout_ns(const struct sim_world *w)
{
	const struct lb_link *a = &w->scene->client_link;
	const struct lb_link *b = &w->scene->member_link;
	const uint64_t rtt_ns =
	    2 * (a->latency_ns + a->jitter_ns + b->latency_ns + b->jitter_ns);

	return 3 * rtt_ns > RTO_NS ? 3 * rtt_ns : RTO_NS;
}

static void
set_timeout(struct sim_world *w, struct sim_session *s)
{
	const uint64_t first_ns = s->state == SYN_SENT ? RTO_NS : timeout_ns(w);

	sim_alarm_set(
	    w, s, SIM_CLIENT, sim_world_now(w) + (first_ns << s->tries));
}

static void
send_request(struct sim_world *w, struct sim_session *s)
{
	const uint32_t bytes = request_bytes(w, s);
	const uint32_t mss = mss_of(s);

	for (uint32_t at = 0; at < bytes; at += mss) {
		const uint32_t left = bytes - at;
		sim_send(w, s,
		    &(struct sim_parcel){
			.flags = LB_TCP_ACK | (left <= mss ? PSH : 0),
			.seq = s->tcp.sent - left,
			.ack = s->tcp.got,
			.bytes = left < mss ? left : mss,
			.says = SIM_SAYS_REQUEST,
			.id = exchange_of(s),
			.offset = at,
		    });
	}
	set_timeout(w, s);
}

/* Its request has been counted. */
static void
ask(struct sim_world *w, struct sim_session *s)
{
	s->state = WAITING;
	s->tries = 0;
	s->marks &= (uint8_t) ~(IS_HEARD | IS_ERROR);
	s->tcp.asked_ns = sim_world_now(w);
	s->tcp.early = 0;
	s->tcp.sent += request_bytes(w, s);
	s->tcp.end = s->tcp.got + answer_bytes(w, s);
	send_request(w, s);
}

static void
ask_next(struct sim_world *w, struct sim_session *s)
{
	if (is_web(w, s))
		s->left--;
	else
		s->left++; /* there is no end of them */
	sim_count_request(w);
	ask(w, s);
}

static void
send_fin(struct sim_world *w, struct sim_session *s)
{
	client_sends(w, s, LB_TCP_FIN | LB_TCP_ACK, s->tcp.sent - 1);
	set_timeout(w, s);
}

static void
finish(struct sim_world *w, struct sim_session *s)
{
	s->state = FIN_SENT;
	s->tries = 0;
	s->tcp.sent++;
	send_fin(w, s);
}

static void
think(struct sim_world *w, struct sim_session *s)
{
	const uint64_t mean_ns = traffic_of(w, s)->think_ms * LB_NS_PER_MS;

	s->state = THINKING;
	sim_alarm_set(w, s, SIM_CLIENT,
	    sim_world_now(w) + sim_dice_exponential(&w->dice, SIM_DRAW_THINK,
				   s->source, draw_of(s), mean_ns));
}

/* Until it has something to say, or wonders whether anybody is there. */
static void
rest(struct sim_world *w, struct sim_session *s)
{
	const struct lb_traffic *t = traffic_of(w, s);
	uint64_t until_ns = SIM_NEVER;

	s->state = IDLE;
	s->tries = 0;
	if (t->keepalive_ms != 0)
		until_ns = sim_world_now(w) + t->keepalive_ms * LB_NS_PER_MS;
	if (t->message_every_ms != 0 &&
	    s->tcp.asked_ns + t->message_every_ms * LB_NS_PER_MS < until_ns)
		until_ns = s->tcp.asked_ns + t->message_every_ms * LB_NS_PER_MS;
	if (until_ns < sim_world_now(w)) /* the answer took that long */
		until_ns = sim_world_now(w);
	sim_alarm_set(w, s, SIM_CLIENT, until_ns);
}

/* --- a connection begins, and ends --------------------------------------- */

static void
connect(struct sim_world *w, struct sim_session *s)
{
	w->clients.sessions++;
	s->state = SYN_SENT;
	s->tcp.asked_ns = sim_world_now(w);
	if (is_web(w, s)) {
		s->left--; /* what it connects for */
		sim_count_request(w);
	}
	client_sends(w, s, LB_TCP_SYN, 0);
	set_timeout(w, s);
}

/* The same client, from another port. */
static void
connect_again(struct sim_world *w, struct sim_session *s)
{
	const struct sim_source *source = sim_session_source(w, s);
	const uint64_t now_ms = sim_world_now(w) / LB_NS_PER_MS;
	struct sim_session *next =
	    sim_session_open(w, source, s->serial, &s->flow->client,
		sim_port_draw(&w->dice, s->source,
		    sim_draw_in((uint32_t)now_ms + 1, s->serial)));

	if (next != NULL) {
		next->left = s->left;
		next->marks |= AGAIN;
		connect(w, next);
	}
	sim_session_close(w, s);
}

/* There is no connection to be had. */
static void
fail(struct sim_world *w, struct sim_session *s)
{
	sim_count_given_up(w, s->tcp.asked_ns);
	if (is_web(w, s)) {
		sim_session_close(w, s);
		return;
	}
	s->state = PAUSED;
	sim_alarm_set(w, s, SIM_CLIENT, sim_world_now(w) + PAUSE_NS);
}

/* There was one. */
static void
lose(struct sim_world *w, struct sim_session *s)
{
	if (s->state == WAITING)
		sim_count_given_up(w, s->tcp.asked_ns);
	if (!is_web(w, s) || (s->left > 0 && (s->marks & AGAIN) == 0))
		connect_again(w, s);
	else
		sim_session_close(w, s);
}

/* Nobody is there any more; who comes late is told. */
static void
abandon(struct sim_world *w, struct sim_session *s)
{
	client_sends(w, s, LB_TCP_RST | LB_TCP_ACK, s->tcp.sent);
	lose(w, s);
}

/* --- the client hears ---------------------------------------------------- */

static void
hear_of_connecting(
    struct sim_world *w, struct sim_session *s, const struct sim_parcel *parcel)
{
	if ((parcel->flags & LB_TCP_RST) != 0) {
		w->clients.refused++;
		fail(w, s);
		return;
	}
	if ((parcel->flags & LB_TCP_SYN) == 0)
		return;
	s->tcp.sent = s->tcp.got = 1;
	client_sends(w, s, LB_TCP_ACK, s->tcp.sent);
	if (is_web(w, s))
		ask(w, s);
	else
		rest(w, s);
}

static void
is_answered(struct sim_world *w, struct sim_session *s)
{
	sim_count_answered(w, s->tcp.asked_ns);
	if (!is_web(w, s))
		rest(w, s);
	else if (s->left > 0)
		think(w, s);
	else
		finish(w, s);
}

/*
 * A segment comes to who waits for number next of what ends at end; returns
 * what is waited for now: the same when it came early, or twice.
 */
static uint32_t
take_segment(struct sim_session *s, const struct sim_parcel *parcel,
    uint32_t next, uint32_t end)
{
	const uint32_t mss = mss_of(s), ahead = parcel->seq - next;

	if (ahead == 0) {
		next += parcel->bytes;
		for (; (s->tcp.early & 1) != 0; s->tcp.early >>= 1)
			next += end - next < mss ? end - next : mss;
		s->tcp.early >>= 1;
	} else if ((int32_t)ahead > 0 && ahead % mss == 0 &&
		   ahead / mss <= WINDOW_MOST) {
		s->tcp.early |= UINT64_C(1) << (ahead / mss - 1);
	}
	return next;
}

/* Data, in any state: what came twice is acknowledged twice. */
static void
hear_data(
    struct sim_world *w, struct sim_session *s, const struct sim_parcel *parcel)
{
	const uint32_t next = take_segment(s, parcel, s->tcp.got, s->tcp.end);
	const bool is_next = next != s->tcp.got;
	const bool fills = is_next && next != s->tcp.got + parcel->bytes;

	s->tcp.got = next;
	if (!is_next || fills || (parcel->flags & PSH) != 0 ||
	    s->tcp.got / mss_of(s) % 2 == 0)
		client_sends(w, s, LB_TCP_ACK, s->tcp.sent);
	if (is_next && s->state == WAITING && s->tcp.got == s->tcp.end)
		is_answered(w, s);
}

static void
hear_reset(struct sim_world *w, struct sim_session *s)
{
	w->clients.reset++;
	lose(w, s);
}

static void
at_client(
    struct sim_world *w, struct sim_session *s, const struct sim_parcel *parcel)
{
	if (s->state == PAUSED)
		return; /* it comes too late */
	if (s->state == SYN_SENT) {
		hear_of_connecting(w, s, parcel);
		return;
	}
	if ((parcel->flags & LB_TCP_RST) != 0) {
		hear_reset(w, s);
		return;
	}
	if ((parcel->flags & LB_TCP_SYN) != 0) { /* our ACK was lost */
		client_sends(w, s, LB_TCP_ACK, s->tcp.sent);
		return;
	}
	if (s->state == WAITING && parcel->ack == s->tcp.sent) {
		s->marks |= IS_HEARD;
		s->tries = 0;
		sim_alarm_set(w, s, SIM_CLIENT, sim_world_now(w) + PATIENCE_NS);
	} else if (s->state == PROBING) {
		rest(w, s);
	}
	if (parcel->bytes > 0) {
		hear_data(w, s, parcel);
	} else if ((parcel->flags & LB_TCP_FIN) != 0) {
		s->tcp.got++;
		client_sends(w, s, LB_TCP_ACK, s->tcp.sent);
		sim_session_close(w, s);
	}
}

/* --- the client's clock -------------------------------------------------- */

/* Once more, or no more: false. */
static bool
tries_again(struct sim_world *w, struct sim_session *s, unsigned most)
{
	if (s->tries == most)
		return false;
	s->tries++;
	sim_count_retry(w);
	return true;
}

static void
probe(struct sim_world *w, struct sim_session *s)
{
	const uint64_t every_ns = traffic_of(w, s)->keepalive_ms * LB_NS_PER_MS;

	s->state = PROBING;
	client_sends(w, s, LB_TCP_ACK, s->tcp.sent - 1);
	sim_alarm_set(w, s, SIM_CLIENT,
	    sim_world_now(w) + (every_ns < PROBE_NS ? every_ns : PROBE_NS));
}

static void
wake(struct sim_world *w, struct sim_session *s)
{
	const uint64_t every_ns =
	    traffic_of(w, s)->message_every_ms * LB_NS_PER_MS;

	if (every_ns != 0 && sim_world_now(w) >= s->tcp.asked_ns + every_ns)
		ask_next(w, s);
	else
		probe(w, s);
}

static void
client_alarm(struct sim_world *w, struct sim_session *s)
{
	switch ((enum state)s->state) {
	case SYN_SENT:
		if (tries_again(w, s, SYN_RETRIES)) {
			client_sends(w, s, LB_TCP_SYN, 0);
			set_timeout(w, s);
		} else {
			fail(w, s);
		}
		break;
	case WAITING:
		if ((s->marks & IS_HEARD) == 0 && tries_again(w, s, RETRIES))
			send_request(w, s);
		else
			abandon(w, s);
		break;
	case THINKING:
		ask_next(w, s);
		break;
	case IDLE:
		wake(w, s);
		break;
	case PROBING:
		if (tries_again(w, s, PROBE_RETRIES)) {
			probe(w, s);
		} else {
			sim_count_given_up(w, sim_world_now(w));
			abandon(w, s);
		}
		break;
	case FIN_SENT:
		if (tries_again(w, s, RETRIES))
			send_fin(w, s);
		else
			sim_session_close(w, s);
		break;
	case PAUSED:
		connect_again(w, s);
		break;
	}
}

/* --- the server ---------------------------------------------------------- */

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
	const uint32_t mss = mss_of(s);
	const uint32_t begin =
	    w->is_tapped ? s->tcp.end - answer_bytes(w, s) : s->tcp.out;

	for (unsigned i = 0; i < s->window && s->tcp.out != s->tcp.end; i++) {
		const uint32_t left = s->tcp.end - s->tcp.out;
		const bool last = i + 1 == s->window || left <= mss;
		const uint32_t bytes = left < mss ? left : mss;
		sim_answer(w, s, s->member,
		    &(struct sim_parcel){
			.flags = LB_TCP_ACK | (last ? PSH : 0),
			.seq = s->tcp.out,
			.ack = s->tcp.heard,
			.bytes = bytes,
			.says = SIM_SAYS_ANSWER,
			.id = exchange_of(s),
			.offset = s->tcp.out - begin,
		    });
		s->tcp.out += bytes;
	}
	sim_alarm_set(w, s, SIM_SERVER,
	    sim_world_now(w) + (timeout_ns(w) << s->server_tries));
}

static void
begin_answer(
    struct sim_world *w, struct sim_session *s, struct sim_condition condition)
{
	s->window = WINDOW_FIRST;
	s->server_tries = 0;
	if (condition.state == LB_FAULT_HTTP_ERROR)
		s->marks |= IS_ERROR;
	s->tcp.end = s->tcp.out + answer_bytes(w, s);
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
		return (uint16_t)condition.epoch == s->epoch;
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
					   .n = draw_of(s),
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
			s->marks |= IS_SERVING;
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
	s->marks &= (uint8_t)~IS_SERVING;
	s->tcp.heard = s->tcp.acked = s->tcp.out = 1;
	sim_alarm_set(w, s, SIM_SERVER, SIM_NEVER);
	server_sends(w, s, LB_TCP_SYN | LB_TCP_ACK, 0);
}

static void
note_ack(
    struct sim_world *w, struct sim_session *s, const struct sim_parcel *parcel)
{
	if ((int32_t)(parcel->ack - s->tcp.acked) <= 0 ||
	    (s->marks & IS_SERVING) != 0)
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
		if (s->window < WINDOW_MOST)
			s->window = s->window > WINDOW_MOST / 2
					? WINDOW_MOST
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
	    is_due ? take_segment(s, parcel, s->tcp.heard, s->tcp.sent)
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

static void
at_server(struct sim_world *w, struct sim_session *s,
    const struct sim_parcel *parcel, struct sim_condition condition)
{
	const bool known = s->member == parcel->member &&
			   s->epoch == (uint16_t)condition.epoch;

	if ((parcel->flags & LB_TCP_SYN) != 0 && !(known && s->tcp.heard > 1)) {
		accept_connection(w, s, parcel, condition);
		return;
	}
	if (!known) { /* another member, or one that has lost its memory */
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
static void
server_alarm(struct sim_world *w, struct sim_session *s)
{
	if (s->member == LB_NONE)
		return;
	struct sim_condition condition = sim_world_condition(w, s->member);
	if (!answers(s, condition))
		return;
	if ((s->marks & IS_SERVING) != 0) {
		s->marks &= (uint8_t)~IS_SERVING;
		begin_answer(w, s, condition);
		return;
	}
	if (s->server_tries == RETRIES) {
		s->member = LB_NONE;
		return;
	}
	s->server_tries++;
	sim_count_retry(w);
	s->tcp.out = s->tcp.acked;
	s->window = WINDOW_FIRST;
	send_train(w, s);
}

static void
tcp_alarm(struct sim_world *w, struct sim_session *s, enum sim_end end)
{
	if (end == SIM_CLIENT)
		client_alarm(w, s);
	else
		server_alarm(w, s);
}

/* --- the profiles -------------------------------------------------------- */

static uint16_t
draw_requests(
    struct sim_world *w, const struct sim_source *source, uint32_t serial)
{
	const double mean = (double)source->traffic->requests / 1e6;
	unsigned long requests = trace_geometric(
	    sim_dice_at(&w->dice, SIM_DRAW_REQUESTS, source->number, serial),
	    mean > 1 ? mean : 1);

	return requests < UINT16_MAX ? (uint16_t)requests : UINT16_MAX;
}

static void
arrive(struct sim_world *w, struct sim_source *source, uint32_t serial)
{
	const struct lb_addr client = sim_crowd_address(source->crowd,
	    sim_crowd_pick(source->crowd, &w->dice, source->number, serial));
	struct sim_session *s = sim_session_open(w, source, serial, &client,
	    sim_port_draw(&w->dice, source->number, serial));

	if (s == NULL) { /* none of its ports is free */
		w->clients.sessions++;
		if (source->traffic->profile == LB_PROFILE_WEB)
			sim_count_request(w);
		sim_count_given_up(w, sim_world_now(w));
		return;
	}
	if (source->traffic->profile == LB_PROFILE_WEB)
		s->left = draw_requests(w, source, serial);
	connect(w, s);
}

const struct sim_profile sim_profile_web = {
	.arrive = arrive,
	.at_server = at_server,
	.at_client = at_client,
	.alarm = tcp_alarm,
	.proto = LB_PROTO_TCP,
};

const struct sim_profile sim_profile_long_lived = {
	.arrive = arrive,
	.at_server = at_server,
	.at_client = at_client,
	.alarm = tcp_alarm,
	.proto = LB_PROTO_TCP,
};
