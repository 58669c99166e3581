/* SPDX-License-Identifier: MIT */
/* TCP clients: `web` asks and goes, `long-lived` stays.  What of TCP there is:
 * tcp.h. */
#include "sim/clients/tcp.h"
#include "traces/models.h"

#define SYN_TRIES     6u                 /* after 1, 3, 7, 15, 31 s */
#define PATIENCE_NS   (60 * LB_NS_PER_S) /* for an answer, or more of it */
#define PAUSE_NS      (60 * LB_NS_PER_S)
#define PROBE_NS      (75 * LB_NS_PER_S) /* tcp(7): tcp_keepalive_intvl */
#define PROBE_RETRIES 8u                 /* tcp_keepalive_probes, less one */

enum state {
	SYN_SENT,
	WAITING,  /* for an answer */
	THINKING, /* before the next request */
	IDLE,     /* long-lived */
	PROBING,  /* is anybody there? */
	FIN_SENT,
	PAUSED, /* there is no connection */
};

static bool
is_web(const struct sim_world *w, const struct sim_session *s)
{
	return sim_tcp_traffic(w, s)->profile == LB_PROFILE_WEB;
}

uint32_t
sim_tcp_request_bytes(
    const struct lb_traffic *traffic, const struct sim_session *s)
{
	const uint32_t bytes = traffic->request_bytes;
	const uint32_t most = SIM_TCP_WINDOW_MOST * sim_tcp_mss(s);

	return bytes < 1 ? 1 : bytes < most ? bytes : most;
}

static uint32_t
request_bytes(const struct sim_world *w, const struct sim_session *s)
{
	return sim_tcp_request_bytes(sim_tcp_traffic(w, s), s);
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

static void
set_timeout(struct sim_world *w, struct sim_session *s)
{
	const uint64_t first_ns =
	    s->state == SYN_SENT ? SIM_TCP_RTO_NS : sim_tcp_timeout_ns(w);

	sim_alarm_set(
	    w, s, SIM_CLIENT, sim_world_now(w) + (first_ns << s->tries));
}

static void
send_request(struct sim_world *w, struct sim_session *s)
{
	const uint32_t bytes = request_bytes(w, s);
	const uint32_t mss = sim_tcp_mss(s);

	for (uint32_t at = 0; at < bytes; at += mss) {
		const uint32_t left = bytes - at;
		sim_send(w, s,
		    &(struct sim_parcel){
			.flags = LB_TCP_ACK | (left <= mss ? SIM_TCP_PSH : 0),
			.seq = s->tcp.sent - left,
			.ack = s->tcp.got,
			.bytes = left < mss ? left : mss,
			.says = SIM_SAYS_REQUEST,
			.id = sim_tcp_exchange(s),
			.offset = at,
		    });
	}
	set_timeout(w, s);
}

/* Its request has been counted, and its time noted: the first of a web
 * connection waits for the connection, too. */
static void
ask(struct sim_world *w, struct sim_session *s)
{
	s->state = WAITING;
	s->tries = 0;
	s->marks &= (uint8_t) ~(SIM_TCP_IS_HEARD | SIM_TCP_IS_ERROR);
	s->tcp.early = 0;
	s->tcp.sent += request_bytes(w, s);
	s->tcp.end = s->tcp.got + sim_tcp_answer_bytes(w, s);
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
	s->tcp.asked_ns = sim_world_now(w);
	ask(w, s);
}

static void
send_fin(struct sim_world *w, struct sim_session *s)
{
	client_sends(w, s, LB_TCP_FIN | LB_TCP_ACK, s->tcp.sent - 1);
	set_timeout(w, s);
}

/* All that it asked has been answered. */
static void
finish(struct sim_world *w, struct sim_session *s)
{
	const enum lb_close how = sim_tcp_traffic(w, s)->close;

	if (how != LB_CLOSE_FIN) {
		if (how == LB_CLOSE_RESET)
			client_sends(
			    w, s, LB_TCP_RST | LB_TCP_ACK, s->tcp.sent);
		sim_session_close(w, s);
		return;
	}
	s->state = FIN_SENT;
	s->tries = 0;
	s->tcp.sent++;
	send_fin(w, s);
}

static void
think(struct sim_world *w, struct sim_session *s)
{
	const uint64_t mean_ns = sim_tcp_traffic(w, s)->think_ms * LB_NS_PER_MS;

	s->state = THINKING;
	sim_alarm_set(w, s, SIM_CLIENT,
	    sim_world_now(w) + sim_dice_exponential(&w->dice, SIM_DRAW_THINK,
				   s->source, sim_tcp_draw(s), mean_ns));
}

/* Until it has something to say, or wonders whether anybody is there. */
static void
rest(struct sim_world *w, struct sim_session *s)
{
	const struct lb_traffic *t = sim_tcp_traffic(w, s);
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
		next->marks |= SIM_TCP_AGAIN;
		connect(w, next);
	}
	sim_session_close(w, s);
}

/* There is no connection to be had. */
static void
fail(struct sim_world *w, struct sim_session *s)
{
	sim_count_given_up(w, s, s->tcp.asked_ns);
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
		sim_count_given_up(w, s, s->tcp.asked_ns);
	if (!is_web(w, s) || (s->left > 0 && (s->marks & SIM_TCP_AGAIN) == 0))
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
	if ((s->marks & SIM_TCP_IS_ERROR) != 0)
		sim_count_error(w, s->tcp.asked_ns);
	if (!is_web(w, s))
		rest(w, s);
	else if (s->left > 0)
		think(w, s);
	else
		finish(w, s);
}

/* Data, in any state: what came twice is acknowledged twice. */
static void
hear_data(
    struct sim_world *w, struct sim_session *s, const struct sim_parcel *parcel)
{
	const uint32_t next = sim_tcp_take(s, parcel, s->tcp.got, s->tcp.end);
	const bool is_next = next != s->tcp.got;
	const bool fills = is_next && next != s->tcp.got + parcel->bytes;

	s->tcp.got = next;
	if (!is_next || fills || (parcel->flags & SIM_TCP_PSH) != 0 ||
	    s->tcp.got / sim_tcp_mss(s) % 2 == 0)
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
		s->marks |= SIM_TCP_IS_HEARD;
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
	sim_count_retry(w, s);
	return true;
}

static void
probe(struct sim_world *w, struct sim_session *s)
{
	const uint64_t every_ns =
	    sim_tcp_traffic(w, s)->keepalive_ms * LB_NS_PER_MS;

	s->state = PROBING;
	client_sends(w, s, LB_TCP_ACK, s->tcp.sent - 1);
	sim_alarm_set(w, s, SIM_CLIENT,
	    sim_world_now(w) + (every_ns < PROBE_NS ? every_ns : PROBE_NS));
}

static void
wake(struct sim_world *w, struct sim_session *s)
{
	const uint64_t every_ns =
	    sim_tcp_traffic(w, s)->message_every_ms * LB_NS_PER_MS;

	if (every_ns != 0 && sim_world_now(w) >= s->tcp.asked_ns + every_ns)
		ask_next(w, s);
	else
		probe(w, s);
}

static unsigned
syn_tries(const struct sim_world *w, const struct sim_session *s)
{
	return is_web(w, s) ? sim_tcp_traffic(w, s)->tries : SYN_TRIES;
}

static void
client_alarm(struct sim_world *w, struct sim_session *s)
{
	switch ((enum state)s->state) {
	case SYN_SENT:
		if (tries_again(w, s, syn_tries(w, s) - 1)) {
			client_sends(w, s, LB_TCP_SYN, 0);
			set_timeout(w, s);
		} else {
			fail(w, s);
		}
		break;
	case WAITING:
		if ((s->marks & SIM_TCP_IS_HEARD) == 0 &&
		    tries_again(w, s, SIM_TCP_RETRIES))
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
			sim_count_given_up(w, s, sim_world_now(w));
			abandon(w, s);
		}
		break;
	case FIN_SENT:
		if (tries_again(w, s, SIM_TCP_RETRIES))
			send_fin(w, s);
		else
			sim_session_close(w, s);
		break;
	case PAUSED:
		connect_again(w, s);
		break;
	}
}

static void
tcp_alarm(struct sim_world *w, struct sim_session *s, enum sim_end end)
{
	if (end == SIM_CLIENT)
		client_alarm(w, s);
	else
		sim_tcp_server_alarm(w, s);
}

/* A long-lived client connects for no request. */
static uint64_t
tcp_waits(const struct sim_world *w, const struct sim_session *s)
{
	return s->state == WAITING || (s->state == SYN_SENT && is_web(w, s))
		   ? s->tcp.asked_ns
		   : SIM_NEVER;
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
	const struct lb_addr client = sim_source_client(w, source, serial);
	struct sim_session *s = sim_session_open(w, source, serial, &client,
	    sim_port_draw(&w->dice, source->number, serial));

	if (s == NULL) { /* none of its ports is free */
		w->clients.sessions++;
		if (source->traffic->profile == LB_PROFILE_WEB)
			sim_count_request(w);
		sim_count_given_up(w, NULL, sim_world_now(w));
		return;
	}
	if (source->traffic->profile == LB_PROFILE_WEB)
		s->left = draw_requests(w, source, serial);
	connect(w, s);
}

const struct sim_profile sim_profile_web = {
	.arrive = arrive,
	.at_server = sim_tcp_at_server,
	.at_client = at_client,
	.alarm = tcp_alarm,
	.waits = tcp_waits,
	.proto = LB_PROTO_TCP,
};

const struct sim_profile sim_profile_long_lived = {
	.arrive = arrive,
	.at_server = sim_tcp_at_server,
	.at_client = at_client,
	.alarm = tcp_alarm,
	.waits = tcp_waits,
	.proto = LB_PROTO_TCP,
};
