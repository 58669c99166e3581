/* SPDX-License-Identifier: MIT */
/*
 * CoAP devices behind NATs: each reports now and then, is notified if it likes,
 * and gets another source port after a silence that its NAT does not bear.
 */
#include <stdlib.h>

#include "sim/clients/coap.h"

#define SILENT_PERIODS 3u /* of notifications, then it registers again */

uint64_t
sim_coap_wait_ns(struct sim_world *w, enum sim_purpose purpose, uint32_t source,
    uint64_t first_draw, unsigned tries)
{
	uint64_t first_ns =
	    SIM_COAP_TIMEOUT_NS + sim_dice_below(&w->dice, purpose, source,
				      first_draw, SIM_COAP_RANDOM_NS + 1);

	return first_ns << (tries - 1);
}

/* --- its binding -----------------------------------------------------------
 */

static struct sim_source *
source_of(const struct sim_world *w, const struct sim_device *d)
{
	return &w->sources[d->source];
}

/* Lifetimes of home gateways: Hätönen et al., IMC'10; at least 2 min, better 5:
 * RFC 4787 4.3. */
static uint64_t
nat_timeout_ns(struct sim_world *w, const struct sim_device *d)
{
	static const uint16_t drawn_s[] = { 30, 60, 120, 180, 300 };
	const uint64_t given_ms = source_of(w, d)->traffic->nat_timeout_ms;

	if (given_ms > 0)
		return given_ms * LB_NS_PER_MS;
	return LB_NS_PER_S *
	       drawn_s[sim_dice_below(&w->dice, SIM_DRAW_NAT_TIMEOUT, d->source,
		   d->serial, LB_COUNT(drawn_s))];
}

/* Packets of either direction keep a binding; one more comes too late. */
static bool
is_silent_too_long(struct sim_world *w, const struct sim_device *d)
{
	return sim_world_now(w) - d->used_ns > nat_timeout_ns(w, d);
}

/* Devices are behind their NATs in turn, and so in equal shares. */
static struct sim_session *
bind_port(struct sim_world *w, const struct sim_device *d)
{
	const struct sim_source *source = source_of(w, d);
	const struct lb_traffic *t = source->traffic;
	struct lb_addr nat = sim_crowd_address(
	    source->crowd, t->addresses > 0 ? d->serial % t->addresses : 0);
	uint16_t wanted = t->source_port;

	if (wanted == 0)
		wanted = sim_port_draw(
		    &w->dice, d->source, sim_draw_in(d->serial, d->bindings));

	struct sim_session *s =
	    sim_session_open(w, source, d->serial, &nat, wanted);

	if (s != NULL)
		s->observer = (struct sim_observer){ SIM_NEVER, SIM_NEVER, 0 };
	return s;
}

/* A NAT gives the port that the device has, if it does not have to share it. */
static bool
keeps_port(const struct sim_world *w, const struct sim_device *d)
{
	const struct sim_session *s = sim_device_session(w, d);

	return source_of(w, d)->traffic->source_port ==
	       lb_be16_get(s->flow->client_port);
}

/* About to send: what is known of the device by its old port is lost. */
static void
refresh_binding(struct sim_world *w, struct sim_device *d)
{
	struct sim_session *before = sim_device_session(w, d), *s;

	if (!is_silent_too_long(w, d) || keeps_port(w, d))
		return;
	d->bindings++;
	s = bind_port(w, d);
	if (s == NULL)
		return; /* no port, no other binding */
	w->clients.rebound++;
	d->session = s->number;
	sim_coap_leave(w, before);
	if (source_of(w, d)->traffic->observe && d->doing != SIM_REGISTER)
		d->wants |= 1u << SIM_REGISTER;
}

/* --- exchanges --------------------------------------------------------------
 */

static void
transmit(struct sim_world *w, struct sim_device *d)
{
	const uint64_t now_ns = sim_world_now(w);
	const bool registers = d->doing == SIM_REGISTER;

	refresh_binding(w, d);
	d->used_ns = now_ns;
	d->tries++;
	d->retry_ns =
	    now_ns +
	    (d->confirmable
		    ? sim_coap_wait_ns(w, SIM_DRAW_ACK_TIMEOUT, d->source,
			  sim_draw_in(d->serial, d->draw), d->tries)
		    : SIM_COAP_MAX_WAIT_NS);
	sim_send(w, sim_device_session(w, d),
	    &(struct sim_parcel){
		.bytes = registers ? SIM_COAP_REGISTER_BYTES
				   : source_of(w, d)->traffic->request_bytes,
		.id = d->exchanges,
		.says = registers ? SIM_SAYS_REGISTER : SIM_SAYS_REQUEST,
		.confirmable = d->confirmable,
	    });
}

static void
begin_exchange(
    struct sim_world *w, struct sim_device *d, enum sim_exchange what)
{
	d->wants &= (uint8_t) ~(1u << what);
	d->doing = (uint8_t)what;
	d->exchanges++;
	d->draw = what == SIM_REGISTER ? 2 * d->exchanges + 1 : 2 * d->reports;
	d->confirmable = what == SIM_REGISTER ||
			 sim_dice_chance(&w->dice, SIM_DRAW_CONFIRMABLE,
			     d->source, sim_draw_in(d->serial, d->reports),
			     source_of(w, d)->traffic->confirmable);
	d->asked_ns = sim_world_now(w);
	d->tries = 0;
	sim_count_request(w);
	transmit(w, d);
}

/* From now on it waits so long to hear of its server. */
static void
listen_on(const struct sim_world *w, struct sim_device *d)
{
	const struct sim_source *source = source_of(w, d);

	d->listen_ns = sim_world_now(w) + SILENT_PERIODS *
					      source->traffic->notify_every_ms *
					      LB_NS_PER_MS;
	if (!source->traffic->observe ||
	    d->listen_ns >= source->arrivals.stop_ns)
		d->listen_ns = SIM_NEVER;
}

/* Whose packets are the device's now; NULL: it has sent none. */
static const struct sim_session *
binding_of(const struct sim_world *w, const struct sim_device *d)
{
	return d->bindings > 0 ? sim_session_at(&w->sessions, d->session)
			       : NULL;
}

static void
end_exchange(struct sim_world *w, struct sim_device *d, bool answered)
{
	if (answered)
		sim_count_answered(w, d->asked_ns);
	else
		sim_count_given_up(w, binding_of(w, d), d->asked_ns);
	if (d->doing == SIM_REGISTER)
		listen_on(w, d);
	d->doing = SIM_NO_EXCHANGE;
	d->retry_ns = SIM_NEVER;
}

static void
waited_in_vain(struct sim_world *w, struct sim_device *d)
{
	if (!d->confirmable || d->tries > SIM_COAP_MAX_RETRANSMIT) {
		end_exchange(w, d, false);
		return;
	}
	sim_count_retry(w, binding_of(w, d));
	transmit(w, d);
}

/* --- what it is up to --------------------------------------------------------
 */

/* Each by its number, so that jitter does not add up. */
static void
plan_report(struct sim_world *w, struct sim_device *d)
{
	const struct sim_source *source = source_of(w, d);
	uint64_t period_ns = source->traffic->period_ms * LB_NS_PER_MS;
	uint64_t jitter_ns = source->traffic->jitter_ms * LB_NS_PER_MS;
	uint64_t at_ns =
	    d->first_ns + d->reports * period_ns +
	    sim_dice_below(&w->dice, SIM_DRAW_REPORT, d->source,
		sim_draw_in(d->serial, d->reports), 2 * jitter_ns + 1);

	at_ns = at_ns > jitter_ns ? at_ns - jitter_ns : 0;
	if (at_ns < sim_world_now(w))
		at_ns = sim_world_now(w);
	if (period_ns == 0 || at_ns >= source->arrivals.stop_ns)
		at_ns = SIM_NEVER;
	d->report_ns = at_ns;
}

/* What it was waiting for has come. */
static void
notice_times(struct sim_world *w, struct sim_device *d)
{
	const uint64_t now_ns = sim_world_now(w);

	if (d->retry_ns <= now_ns)
		waited_in_vain(w, d);
	if (d->listen_ns <= now_ns) {
		d->listen_ns = SIM_NEVER;
		if (d->doing != SIM_REGISTER)
			d->wants |= 1u << SIM_REGISTER;
	}
	if (d->report_ns > now_ns)
		return;
	/* RFC 7252 4.7: no longer waits for what may never come */
	if (d->doing != SIM_NO_EXCHANGE && !d->confirmable)
		end_exchange(w, d, false);
	d->wants |= 1u << SIM_REPORT;
	d->reports++;
	plan_report(w, d);
}

static void
go_on(struct sim_world *w, struct sim_device *d)
{
	uint64_t at_ns;

	notice_times(w, d);
	if (d->doing == SIM_NO_EXCHANGE && d->wants != 0)
		begin_exchange(w, d,
		    (d->wants & 1u << SIM_REGISTER) != 0 ? SIM_REGISTER
							 : SIM_REPORT);
	at_ns = d->report_ns < d->listen_ns ? d->report_ns : d->listen_ns;
	if (d->retry_ns < at_ns)
		at_ns = d->retry_ns;
	sim_alarm_set(w, sim_device_session(w, d), SIM_CLIENT, at_ns);
}

/* --- what happens to it ------------------------------------------------------
 */

static int
begin(struct sim_world *w, struct sim_source *source)
{
	(void)w;
	source->own =
	    calloc(source->traffic->devices + 1, sizeof(struct sim_device));
	return source->own != NULL ? 0 : -1;
}

static void
end(struct sim_source *source)
{
	free(source->own);
}

static void
arrive(struct sim_world *w, struct sim_source *source, uint32_t serial)
{
	const uint64_t now_ns = sim_world_now(w);
	struct sim_device *d = (struct sim_device *)source->own + serial;
	struct sim_session *s;

	*d = (struct sim_device){
		.first_ns = now_ns,
		.report_ns = now_ns,
		.listen_ns = SIM_NEVER,
		.retry_ns = SIM_NEVER,
		.answer_ns = SIM_NEVER,
		.used_ns = now_ns,
		.serial = serial,
		.source = (uint16_t)source->number,
	};
	s = bind_port(w, d);
	if (s == NULL)
		return; /* its NAT has no port for it */
	d->session = s->number;
	w->clients.sessions++;
	if (source->traffic->observe)
		d->wants |= 1u << SIM_REGISTER;
	go_on(w, d);
}

static void
hear(struct sim_world *w, struct sim_device *d, struct sim_session *s,
    const struct sim_parcel *notification)
{
	listen_on(w, d);
	if (notification->id > d->heard) {
		d->heard = notification->id;
		w->clients.notified++;
	}
	if (notification->confirmable)
		sim_send(w, s,
		    &(struct sim_parcel){
			.bytes = SIM_COAP_EMPTY_BYTES,
			.id = notification->id,
			.says = SIM_SAYS_ACK,
		    });
}

/* Its NAT lets in what comes to the port it has, for as long as it has it. */
static void
at_client(
    struct sim_world *w, struct sim_session *s, const struct sim_parcel *parcel)
{
	struct sim_device *d = sim_device_of(w, s);

	if (d->session != s->number || is_silent_too_long(w, d))
		return;
	if (parcel->unreachable) { /* told to no socket, keeps no binding */
		w->clients.refused++;
		return;
	}
	d->used_ns = sim_world_now(w);
	if (parcel->says == SIM_SAYS_NOTIFICATION)
		hear(w, d, s, parcel);
	else if (d->doing != SIM_NO_EXCHANGE && parcel->id == d->exchanges) {
		if (parcel->is_error)
			sim_count_error(w, d->asked_ns);
		end_exchange(w, d, true);
	}
	go_on(w, d);
}

static void
ring(struct sim_world *w, struct sim_session *s, enum sim_end who)
{
	if (who == SIM_SERVER)
		sim_coap_server_alarm(w, s);
	else
		go_on(w, sim_device_of(w, s));
}

/* Older bindings wait for nothing. */
static uint64_t
coap_waits(const struct sim_world *w, const struct sim_session *s)
{
	const struct sim_device *d = sim_device_of(w, s);

	return d->session == s->number && d->doing != SIM_NO_EXCHANGE
		   ? d->asked_ns
		   : SIM_NEVER;
}

const struct sim_profile sim_profile_coap = {
	.begin = begin,
	.end = end,
	.arrive = arrive,
	.at_server = sim_coap_at_server,
	.at_client = at_client,
	.alarm = ring,
	.waits = coap_waits,
	.proto = LB_PROTO_UDP,
};
