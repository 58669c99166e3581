/* SPDX-License-Identifier: MIT */
/* The servers of CoAP devices: an answer to each message, the same one when it
 * comes again, and notifications along the flow that a device registered by. */
#include "sim/clients/coap.h"

/* --- when ----------------------------------------------------------------- */

static uint64_t
min_ns(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void
set_alarm(struct sim_world *w, struct sim_session *s)
{
	const struct sim_device *d = sim_device_of(w, s);
	uint64_t at_ns = min_ns(s->observer.notify_ns, s->observer.retry_ns);

	if (d->session == s->number)
		at_ns = min_ns(at_ns, d->answer_ns);
	sim_alarm_set(w, s, SIM_SERVER, at_ns);
}

/* --- notifications ---------------------------------------------------------
 */

static const struct lb_traffic *
traffic_of(const struct sim_world *w, const struct sim_session *s)
{
	return sim_session_source(w, s)->traffic;
}

/* The registration is no more; nor is the session, when the device has
 * another one: true. */
static bool
forget(struct sim_world *w, struct sim_session *s)
{
	s->member = LB_NONE;
	s->observer.notify_ns = SIM_NEVER;
	s->observer.retry_ns = SIM_NEVER;
	if (sim_device_of(w, s)->session == s->number)
		return false;
	sim_session_close(w, s);
	return true;
}

void
sim_coap_leave(struct sim_world *w, struct sim_session *s)
{
	sim_alarm_set(w, s, SIM_CLIENT, SIM_NEVER);
	if (s->member == LB_NONE)
		sim_session_close(w, s);
	else
		set_alarm(w, s); /* answers are for the other */
}

/* A device that registers again with the same server changes nothing. */
static void
enrol(
    struct sim_world *w, struct sim_session *s, uint16_t member, uint16_t epoch)
{
	uint64_t every_ns = traffic_of(w, s)->notify_every_ms * LB_NS_PER_MS;

	if ((s->member == member && s->epoch == epoch) || every_ns == 0)
		return;
	s->member = member;
	s->epoch = epoch;
	s->observer.notify_ns = sim_world_now(w) + every_ns;
	s->observer.retry_ns = SIM_NEVER;
}

static void
send_notification(
    struct sim_world *w, struct sim_session *s, uint32_t id, bool confirmable)
{
	sim_answer(w, s, s->member,
	    &(struct sim_parcel){
		.bytes = sim_datagram_bytes(w, s, UINT32_MAX - id),
		.id = id,
		.says = SIM_SAYS_NOTIFICATION,
		.confirmable = confirmable,
	    });
	if (!confirmable)
		return;
	s->server_tries++;
	s->observer.id = id;
	s->observer.retry_ns =
	    sim_world_now(w) + sim_coap_wait_ns(w, SIM_DRAW_NOTIFICATION,
				   s->source, sim_draw_in(s->serial, id),
				   s->server_tries);
}

/* RFC 7641 4.5: one that is not acknowledged holds up those that follow. */
static void
notify(struct sim_world *w, struct sim_session *s, bool speaks)
{
	const struct lb_traffic *t = traffic_of(w, s);
	struct sim_device *d = sim_device_of(w, s);

	s->observer.notify_ns += t->notify_every_ms * LB_NS_PER_MS;
	if (!speaks || s->observer.retry_ns != SIM_NEVER)
		return;
	w->clients.notifications++;
	s->server_tries = 0;
	d->notifications++;
	send_notification(w, s, d->notifications,
	    t->confirm_every > 0 && d->notifications % t->confirm_every == 0);
}

/* Sends it again; a server that hangs does so when it no longer does. False:
 * the last one was waited for in vain. */
static bool
retry(struct sim_world *w, struct sim_session *s, bool speaks)
{
	if (!speaks) {
		s->observer.retry_ns = sim_world_now(w) + SIM_COAP_TIMEOUT_NS;
		return true;
	}
	if (s->server_tries > SIM_COAP_MAX_RETRANSMIT)
		return false;
	send_notification(w, s, s->observer.id, true);
	return true;
}

static void
acknowledge(struct sim_world *w, struct sim_session *s,
    const struct sim_parcel *parcel, uint16_t epoch)
{
	if (s->member != parcel->member || s->epoch != epoch ||
	    s->observer.id != parcel->id)
		return; /* of somebody else's: RFC 7252 4.2 */
	s->observer.retry_ns = SIM_NEVER;
	set_alarm(w, s);
}

/* --- answers ---------------------------------------------------------------
 */

static void
answer(struct sim_world *w, struct sim_session *s)
{
	const struct sim_device *d = sim_device_of(w, s);
	const bool registers =
	    d->doing == SIM_REGISTER && d->answer_of == d->exchanges;

	sim_answer(w, s, d->answer_member,
	    &(struct sim_parcel){
		.bytes = sim_datagram_bytes(w, s, d->draw),
		.id = d->answer_of,
		.says = registers ? SIM_SAYS_REGISTERED : SIM_SAYS_ANSWER,
		.confirmable = d->confirmable,
		.is_error = sim_world_condition(w, d->answer_member).state ==
			    LB_FAULT_HTTP_ERROR,
	    });
}

/* Done with the exchange.  5.03 registers nobody. */
static void
finish(struct sim_world *w, struct sim_session *s)
{
	struct sim_device *d = sim_device_of(w, s);
	struct sim_condition condition =
	    sim_world_condition(w, d->answer_member);

	d->answer_ns = SIM_NEVER;
	if (!sim_server_knows(w, d->answer_member, d->answer_epoch)) {
		d->answer_of = 0;
		return;
	}
	answer(w, s);
	if (d->doing == SIM_REGISTER && d->answer_of == d->exchanges &&
	    condition.state != LB_FAULT_HTTP_ERROR)
		enrol(w, s, d->answer_member, d->answer_epoch);
}

/* Does a server that has not forgotten it have that exchange? */
static bool
has_exchange(const struct sim_world *w, const struct sim_device *d, uint32_t id)
{
	return d->answer_of == id &&
	       sim_server_knows(w, d->answer_member, d->answer_epoch);
}

static void
take(struct sim_world *w, struct sim_session *s,
    const struct sim_parcel *parcel, struct sim_condition condition)
{
	struct sim_device *d = sim_device_of(w, s);
	bool known = has_exchange(w, d, parcel->id);

	if (known && d->answer_member == parcel->member) { /* a duplicate */
		if (d->answer_ns == SIM_NEVER)
			answer(w, s);
		return;
	}

	uint64_t done_ns = sim_farm_serve(w->farm,
	    &(struct sim_request){
		.now_ns = sim_world_now(w),
		.n = sim_draw_in(s->serial, d->draw),
		.source = s->source,
		.member = parcel->member,
	    },
	    condition, &w->dice);

	if (done_ns == SIM_TURNED_AWAY || (known && d->answer_ns <= done_ns))
		return;
	d->answer_of = parcel->id;
	d->answer_ns = done_ns;
	d->answer_member = parcel->member;
	d->answer_epoch = (uint16_t)condition.epoch;
	set_alarm(w, s);
}

/* --- what it is asked to ---------------------------------------------------
 */

void
sim_coap_at_server(struct sim_world *w, struct sim_session *s,
    const struct sim_parcel *parcel, struct sim_condition condition)
{
	const struct sim_device *d = sim_device_of(w, s);

	if (!sim_server_speaks(condition.state) ||
	    (s->marks & SIM_SESSION_CLOSED) != 0)
		return;
	if (parcel->says == SIM_SAYS_ACK)
		acknowledge(w, s, parcel, (uint16_t)condition.epoch);
	else if (d->session == s->number && parcel->id == d->exchanges)
		take(w, s, parcel, condition);
	/* else it is late: nobody waits for the answer */
}

/* Keeps its registrations up to date; true: the session is closed. */
static bool
observe(struct sim_world *w, struct sim_session *s)
{
	struct sim_condition condition;
	const uint64_t now_ns = sim_world_now(w);

	if (s->member == LB_NONE)
		return false;
	condition = sim_world_condition(w, s->member);
	if ((uint16_t)condition.epoch != s->epoch)
		return forget(w, s);

	bool speaks = sim_server_speaks(condition.state);

	if (s->observer.retry_ns <= now_ns && !retry(w, s, speaks))
		return forget(w, s);
	if (s->observer.notify_ns <= now_ns)
		notify(w, s, speaks);
	return false;
}

void
sim_coap_server_alarm(struct sim_world *w, struct sim_session *s)
{
	const struct sim_device *d = sim_device_of(w, s);

	if (d->session == s->number && d->answer_ns <= sim_world_now(w))
		finish(w, s);
	if (!observe(w, s))
		set_alarm(w, s);
}
