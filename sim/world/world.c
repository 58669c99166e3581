/* SPDX-License-Identifier: MIT */
/* The world's clock: what is due, and whose business it is. */
#include "sim/world/world.h"

#include <stdlib.h>

#include "sim/faults/harm.h"
#include "sim/world/world_parts.h"

#define EVENTS_A_LOOK 4096u /* at whether to go on */

/* --- sessions ------------------------------------------------------------ */

struct sim_source *
sim_session_source(const struct sim_world *w, const struct sim_session *s)
{
	return &w->sources[s->source];
}

struct sim_session *
sim_session_open_anyhow(struct sim_world *w, const struct sim_source *source,
    uint32_t serial, const struct lb_addr *client, uint16_t port)
{
	struct sim_flow *flow = sim_world_flow(w, source, client, port);

	if (flow == NULL)
		return NULL;
	struct sim_session *s = sim_session_take(&w->sessions);
	if (s == NULL) {
		w->no_memory = true;
		return NULL;
	}
	s->flow = flow;
	s->source = (uint16_t)source->number;
	s->serial = serial;
	return s;
}

struct sim_session *
sim_session_open(struct sim_world *w, const struct sim_source *source,
    uint32_t serial, const struct lb_addr *client, uint16_t wanted)
{
	if (source->pool >= 0)
		wanted = sim_source_port(w, source, client);
	uint16_t port = sim_ports_take(w->ports, client, wanted);

	if (port == 0)
		return NULL;
	struct sim_session *s =
	    sim_session_open_anyhow(w, source, serial, client, port);
	if (s == NULL)
		sim_ports_give(w->ports, client, port);
	else
		s->marks |= SIM_SESSION_HAS_PORT;
	if (s != NULL && source->pool >= 0)
		sim_session_leaves(w, source, s->flow);
	return s;
}

/* Its port is free again when nothing of it is on any wire. */
static void
settle(struct sim_world *w, struct sim_session *s)
{
	if ((s->marks & SIM_SESSION_CLOSED) == 0 || s->pending > 0)
		return;
	if ((s->marks & SIM_SESSION_HAS_PORT) != 0)
		sim_ports_give(w->ports, &s->flow->client,
		    lb_be16_get(s->flow->client_port));
	sim_session_give(&w->sessions, s);
}

void
sim_session_close(struct sim_world *w, struct sim_session *s)
{
	s->marks |= SIM_SESSION_CLOSED;
	settle(w, s);
}

void
sim_session_release(struct sim_world *w, struct sim_session *s)
{
	s->pending--;
	settle(w, s);
}

/* --- alarms -------------------------------------------------------------- */

void
sim_alarm_set(struct sim_world *w, struct sim_session *s, enum sim_end end,
    uint64_t at_ns)
{
	struct sim_alarm *alarm = &s->alarm[end];

	if (at_ns < sim_world_now(w))
		at_ns = SIM_NEVER; /* a sum that is beyond the end of time */
	alarm->due_ns = at_ns;
	if (at_ns >= alarm->event_ns)
		return; /* the event that is there will see */
	alarm->event_ns = at_ns;
	sim_world_plan(w, at_ns,
	    end == SIM_CLIENT ? SIM_HAPPENS_CLIENT_ALARM
			      : SIM_HAPPENS_SERVER_ALARM,
	    s->number);
	s->pending++;
}

static void
ring(struct sim_world *w, struct sim_session *s, enum sim_end end)
{
	struct sim_alarm *alarm = &s->alarm[end];
	const uint64_t now_ns = sim_world_now(w), due_ns = alarm->due_ns;

	/* if not, an earlier one has rung for it */
	if ((s->marks & SIM_SESSION_CLOSED) == 0 && now_ns == alarm->event_ns) {
		alarm->event_ns = SIM_NEVER;
		alarm->due_ns = SIM_NEVER;
		if (due_ns > now_ns)
			sim_alarm_set(w, s, end, due_ns);
		else
			sim_session_source(w, s)->profile->alarm(w, s, end);
	}
	sim_session_release(w, s);
}

/* --- what happens -------------------------------------------------------- */

void
sim_world_plan(struct sim_world *w, uint64_t at_ns, enum sim_happens what,
    uint32_t subject)
{
	if (at_ns != SIM_NEVER &&
	    sim_events_add(w->events, at_ns, what, subject) == 0)
		w->no_memory = true;
}

void
sim_source_wait(struct sim_world *w, struct sim_source *source)
{
	sim_world_plan(w, sim_arrivals_next(&source->arrivals, &w->dice),
	    SIM_HAPPENS_ARRIVAL, source->number);
}

static void
arrive(struct sim_world *w, struct sim_source *source)
{
	const uint32_t serial = source->serial++;

	sim_source_wait(w, source);
	if (source->pool >= 0 && sim_source_is_dead(w, source, serial))
		return;
	source->profile->arrive(w, source, serial);
}

static void
happen(struct sim_world *w, const struct sim_due *due)
{
	switch ((enum sim_happens)due->kind) {
	case SIM_HAPPENS_ARRIVAL:
		arrive(w, &w->sources[due->subject]);
		break;
	case SIM_HAPPENS_CLIENT_ALARM:
		ring(w, sim_session_at(&w->sessions, due->subject), SIM_CLIENT);
		break;
	case SIM_HAPPENS_SERVER_ALARM:
		ring(w, sim_session_at(&w->sessions, due->subject), SIM_SERVER);
		break;
	case SIM_HAPPENS_IDLE:
		sim_entry_look(w, sim_session_at(&w->sessions, due->subject));
		break;
	case SIM_HAPPENS_PORT_ENDS:
		sim_port_ends(w, due->subject);
		break;
	default:
		sim_parcel_arrives(
		    w, (enum sim_happens)due->kind, due->subject);
		break;
	}
}

/* Faults come before what happens at the same instant, and may bring members
 * that nobody has met. */
static int
advance_outage(struct sim_world *w, uint64_t now_ns)
{
	struct sim_outage *o = w->player->outage;

	if (now_ns < w->outage_ns)
		return 0;
	if (sim_outage_advance(o, now_ns) != 0)
		return -1;
	w->outage_ns = sim_outage_next_ns(o);
	return sim_farm_plan(w->farm, w->player->plan);
}

int
sim_world_advance(struct sim_world *w, uint64_t until_ns)
{
	struct sim_due due;

	while (sim_events_take(w->events, until_ns, &due)) {
		if (advance_outage(w, due.at_ns) != 0)
			return -1;
		happen(w, &due);
		if (w->no_memory)
			return -1;
		if (sim_events_taken(w->events) % EVENTS_A_LOOK == 0 &&
		    !sim_run_may_go_on(w->run, due.at_ns)) {
			w->run->interrupted = true;
			w->run->duration_ns = due.at_ns;
			return 0;
		}
	}
	sim_events_advance(w->events, until_ns);
	return advance_outage(w, until_ns);
}

uint64_t
sim_world_next_ns(const struct sim_world *w)
{
	uint64_t next_ns = sim_events_next_ns(w->events);

	return next_ns < w->outage_ns ? next_ns : w->outage_ns;
}

/* --- what clients saw ---------------------------------------------------- */

/* of: whose it is; NULL: one that could not be opened */
static void
count_harm(
    struct sim_world *w, const struct sim_session *of, enum sim_harm_kind kind)
{
	sim_harm_charge(w->player, sim_run_bin(w->run, sim_world_now(w)), kind,
	    sim_session_blames(w, of));
}

void
sim_count_request(struct sim_world *w)
{
	w->clients.requests++;
	count_harm(w, NULL, SIM_HARM_REQUEST);
}

void
sim_count_retry(struct sim_world *w, const struct sim_session *of)
{
	w->clients.retries++;
	count_harm(w, of, SIM_HARM_RETRY);
}

void
sim_count_answered(struct sim_world *w, uint64_t asked_ns)
{
	const uint64_t took_ns = sim_world_now(w) - asked_ns;

	if (asked_ns < w->warm_ns)
		return;
	w->clients.answered++;
	w->clients.response_ns += took_ns;
	w->clients.response[sim_time_bucket(took_ns)]++;
}

void
sim_count_error(struct sim_world *w, uint64_t asked_ns)
{
	if (asked_ns < w->warm_ns)
		return;
	w->clients.errors++;
	count_harm(w, NULL, SIM_HARM_ERROR);
}

void
sim_count_given_up(
    struct sim_world *w, const struct sim_session *of, uint64_t asked_ns)
{
	if (asked_ns < w->warm_ns)
		return;
	w->clients.given_up++;
	if (of != NULL && (of->marks & SIM_SESSION_STRANDED) != 0)
		++*(sim_session_source(w, of)->pool >= 0
			? &w->clients.no_port
			: &w->clients.came_back);
	count_harm(w, of, SIM_HARM_GIVEN_UP);
}

static uint64_t
waits_since(const struct sim_world *w, const struct sim_session *s)
{
	const struct sim_profile *profile = sim_session_source(w, s)->profile;

	if ((s->marks & SIM_SESSION_CLOSED) != 0 || profile->waits == NULL)
		return SIM_NEVER;
	return profile->waits(w, s);
}

/* failovers: copies of the outage's */
static void
count_stranded(const struct sim_world *w, const struct sim_session *s,
    struct sim_failover *failovers)
{
	const struct sim_failover *blamed = sim_session_blames(w, s);

	if (blamed != NULL)
		failovers[blamed - w->player->outage->failovers].unanswered++;
}

void
sim_world_unanswered(struct sim_world *w, uint64_t end_ns,
    struct sim_failover *failovers, size_t count)
{
	/* those in the pool are closed, too */
	for (uint32_t i = 0; i < w->sessions.made; i++) {
		const struct sim_session *s = sim_session_at(&w->sessions, i);
		const uint64_t since_ns = waits_since(w, s);
		size_t f = count;
		if (since_ns < w->warm_ns || since_ns >= end_ns ||
		    end_ns - since_ns <= SIM_UNANSWERED_NS)
			continue;
		w->clients.unanswered++;
		if ((s->marks & SIM_SESSION_STRANDED) != 0) {
			count_stranded(w, s, failovers);
			continue;
		}
		while (f > 0 && failovers[f - 1].at_ns > since_ns)
			f--;
		if (f > 0)
			failovers[f - 1].unanswered++;
	}
}
