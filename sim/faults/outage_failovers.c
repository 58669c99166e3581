/* SPDX-License-Identifier: MIT */
/*
 * What is written down of faults: the log, and of each that takes something
 * away a failover.
 *
 * Time to detect by the closed form (design.md 3): k answers in a row decide,
 * the first of them to a probe sent 0 to I after the fault, and each is known
 * W after its probe: from (k - 1) I + W to k I + W.
 */
#include <stdlib.h>
#include <string.h>

#include "model/scenario/fault.h"
#include "model/config/names.h"
#include "sim/faults/outage_parts.h"

int
sim_outage_note(struct sim_outage *o, enum sim_event_kind kind,
    const char *member, const char *what)
{
	if (o->log_count == o->log_room) {
		size_t room = o->log_room == 0 ? 16 : o->log_room * 2;
		struct sim_event *log =
		    reallocarray(o->log, room, sizeof(*log));
		if (log == NULL)
			return -1;
		o->log = log;
		o->log_room = room;
	}
	o->log[o->log_count] = (struct sim_event){
		.at_ns = sim_outage_now(o),
		.kind = kind,
		.of_case = SIM_NO_CASE,
		.count = o->log_count,
		.member = (char *)(uintptr_t)member,
		.what = (char *)(uintptr_t)what,
	};
	o->log_count++;
	return 0;
}

/* --- who it is about ------------------------------------------------------ */

bool
sim_outage_is_about(const struct sim_outage *o, const struct lb_fault *fault,
    const struct sim_host *h)
{
	switch (lb_fault_subject(fault->kind)) {
	case LB_FAULT_OF_ZONE:
		return (h->zones >> fault->number & 1) != 0;
	case LB_FAULT_OF_INSTANCE:
		return false;
	default:
		return sim_host_is_named(o, h, fault->member);
	}
}

struct sim_failover *
sim_outage_blamed(struct sim_outage *o, uint16_t member)
{
	const struct sim_host *h = &o->hosts[o->host_of[member]];

	for (size_t i = o->failover_count; i-- > o->first_open;) {
		const struct sim_cause *cause = &o->causes[i];
		enum lb_fault_subject of = lb_fault_subject(cause->fault->kind);
		if ((of == LB_FAULT_OF_SERVER || of == LB_FAULT_OF_ZONE) &&
		    cause->lifted_ns == SIM_NO_TIME &&
		    sim_outage_is_about(o, cause->fault, h))
			return &o->failovers[i];
	}
	return NULL;
}

/* Are the members of that name in the pool of this one? */
static bool
is_of_pool(const struct lb_plan *plan, const char *name, uint16_t member)
{
	for (uint32_t id = 0; id < plan->member_count; id++)
		if (strcmp(plan->members[id].name, name) == 0 &&
		    strcmp(plan->members[id].pool,
			plan->members[member].pool) == 0)
			return true;
	return false;
}

struct sim_failover *
sim_outage_blamed_for_ports(
    struct sim_outage *o, uint16_t member, uint64_t failing_ns)
{
	for (size_t i = o->failover_count; i-- > 0;) {
		const struct sim_cause *cause = &o->causes[i];
		const bool more_work = cause->fault->kind == LB_FAULT_REMOVED;
		if (cause->lifted_ns == SIM_NO_TIME &&
		    o->failovers[i].at_ns <= failing_ns &&
		    (cause->takes_ports || more_work) &&
		    is_of_pool(o->player->plan, cause->fault->member, member))
			return &o->failovers[i];
	}
	return NULL;
}

/* At once, without a probe: an operator or the router did it. */
static bool
is_known_at_once(const struct lb_fault *fault)
{
	return lb_fault_subject(fault->kind) == LB_FAULT_OF_CONFIG ||
	       lb_fault_subject(fault->kind) == LB_FAULT_OF_INSTANCE;
}

/* --- the closed form ------------------------------------------------------ */

struct form {
	uint64_t soonest_ns, latest_ns;
};

static const struct form never = { SIM_NO_TIME, SIM_NO_TIME };

/* Of one probe of a member that is up; SIM_NO_TIME: it notices nothing, or
 * not for certain. */
static struct form
form_of(const struct sim_outage *o, const struct lb_fault *fault,
    const struct lb_target *target, const struct sim_host *h)
{
	const struct lb_config_probe *probe = &o->config.probes[target->probe];
	const struct lb_health *health = &target->health;
	enum lb_answer answer = sim_host_answer(o, h, probe);
	uint64_t interval_ns = probe->interval_ms * LB_NS_PER_MS;
	uint64_t half_ns = fault->kind == LB_FAULT_FLAPPING
			       ? fault->period_ms * LB_NS_PER_MS / 2
			       : UINT64_MAX;
	uint64_t wait_ns =
	    answer == LB_ANSWER_SILENT ? lb_probe_wait_ns(probe) : 0;
	uint64_t needed = lb_probe_needed(probe, answer);

	if (answer == LB_ANSWER_GOOD || health->state != LB_HEALTH_UP)
		return never;
	if (!health->good && health->run > 0) /* it was failing already */
		needed -= health->run < needed ? health->run : needed - 1;
	if ((needed - 1) * interval_ns >= half_ns)
		return never;
	return (struct form){
		.soonest_ns = (needed - 1) * interval_ns + wait_ns,
		.latest_ns = needed * interval_ns > half_ns
				 ? SIM_NO_TIME
				 : needed * interval_ns + wait_ns,
	};
}

/* What the first of its probes to notice makes of each member's computer. */
static void
host_forms(struct sim_outage *o, const struct lb_fault *fault)
{
	for (uint32_t i = 0; i < o->host_count; i++)
		o->hosts[i].soonest_ns = o->hosts[i].latest_ns = SIM_NO_TIME;
	for (size_t t = 0; t < o->targets.count; t++) {
		struct sim_host *h = &o->hosts[o->patients[t].host];
		if (!sim_outage_is_about(o, fault, h))
			continue;
		struct form one = form_of(o, fault, &o->targets.at[t], h);
		if (one.soonest_ns < h->soonest_ns)
			h->soonest_ns = one.soonest_ns;
		if (one.latest_ns < h->latest_ns)
			h->latest_ns = one.latest_ns;
	}
}

/* A member is out when the first of its computers is, a zone when the last of
 * its members is. */
static struct form
fault_form(struct sim_outage *o, const struct lb_fault *fault)
{
	bool zone = lb_fault_subject(fault->kind) == LB_FAULT_OF_ZONE;
	struct form all = zone ? (struct form){ 0, 0 } : never;
	bool any = false;

	host_forms(o, fault);
	for (uint32_t i = 0; i < o->host_count; i++) {
		const struct sim_host *h = &o->hosts[i];
		if (!sim_outage_is_about(o, fault, h) || h->out > 0)
			continue;
		any = true;
		if ((h->soonest_ns > all.soonest_ns) == zone)
			all.soonest_ns = h->soonest_ns;
		if ((h->latest_ns > all.latest_ns) == zone)
			all.latest_ns = h->latest_ns;
	}
	return any ? all : never;
}

/* --- failovers ------------------------------------------------------------ */

/* Is a server down already, by an earlier fault that it has not come back
 * from? */
static bool
is_out_already(const struct sim_outage *o, const struct lb_fault *fault)
{
	if (lb_fault_subject(fault->kind) != LB_FAULT_OF_SERVER)
		return false;
	for (size_t i = o->first_open; i < o->failover_count; i++)
		for (uint32_t n = 0; n < o->host_count; n++) {
			const struct sim_host *h = &o->hosts[n];
			if (h->out > 0 &&
			    o->failovers[i].detected_ns != SIM_NO_TIME &&
			    o->failovers[i].restored_ns == SIM_NO_TIME &&
			    sim_outage_is_about(o, fault, h) &&
			    sim_outage_is_about(o, o->causes[i].fault, h))
				return true;
		}
	return false;
}

void
sim_outage_begin(struct sim_outage *o, uint32_t number)
{
	const struct lb_fault *fault = &o->faults[number];
	const uint64_t now_ns = sim_outage_now(o);
	/* who comes is nobody to be missed */
	const bool comes = fault->kind == LB_FAULT_ADDED;
	bool at_once = is_known_at_once(fault) || is_out_already(o, fault);
	struct form form = at_once ? never : fault_form(o, fault);

	if (o->failover_count > 0) {
		struct sim_failover *last =
		    &o->failovers[o->failover_count - 1];
		last->window_ns = now_ns - last->at_ns;
	}
	o->causes[o->failover_count] =
	    (struct sim_cause){ .fault = fault, .lifted_ns = SIM_NO_TIME };
	o->failovers[o->failover_count++] = (struct sim_failover){
		.fault = (char *)(uintptr_t)lb_fault_name(fault->kind),
		.member =
		    fault->member != NULL ? fault->member : o->labels[number],
		.at_ns = now_ns,
		.failed_ns = SIM_NO_TIME,
		.detected_ns = at_once && !comes ? 0 : SIM_NO_TIME,
		.rerouted_ns = SIM_NO_TIME,
		.restored_ns = SIM_NO_TIME,
		.soonest_ns = form.soonest_ns,
		.latest_ns = form.latest_ns,
		.window_ns = SIM_NO_TIME,
	};
	o->unrouted += at_once && !comes;
}

/* All that a failover is about is in again; all of a zone is out. */
static bool
all_are(const struct sim_outage *o, const struct lb_fault *fault, bool out)
{
	for (uint32_t i = 0; i < o->host_count; i++)
		if (sim_outage_is_about(o, fault, &o->hosts[i]) &&
		    (o->hosts[i].out > 0) != out)
			return false;
	return true;
}

/* Whatever its probes say, an operator keeps it out. */
static bool
is_held(const struct sim_outage *o, const struct sim_host *h)
{
	for (uint32_t i = h->first; i < h->end; i++) {
		const struct lb_plan_member *m =
		    &o->player->plan->members[o->ids[i]];
		if (!m->tombstone && o->config.pools[m->pool_index]
					     .members[m->member_index]
					     .admin_state == LB_ADMIN_DOWN)
			return true;
	}
	return false;
}

/* All that a server's or a zone's fault is about may get flows again. */
static bool
all_serve(const struct sim_outage *o, const struct lb_fault *fault)
{
	for (uint32_t i = 0; i < o->host_count; i++)
		if (sim_outage_is_about(o, fault, &o->hosts[i]) &&
		    is_held(o, &o->hosts[i]))
			return false;
	return all_are(o, fault, false);
}

static int
restore(struct sim_outage *o, size_t i)
{
	struct sim_failover *f = &o->failovers[i];

	f->restored_ns = sim_outage_now(o) - f->at_ns;
	o->unrouted -= f->rerouted_ns == SIM_NO_TIME;
	while (o->first_open < o->failover_count &&
	       o->failovers[o->first_open].restored_ns != SIM_NO_TIME)
		o->first_open++;
	if (lb_fault_subject(o->causes[i].fault->kind) == LB_FAULT_OF_ZONE)
		return sim_outage_note(o, SIM_EVENT_ZONE_UP, f->member,
		    lb_health_reason_name(LB_HEALTH_UP_PLATFORM));
	return 0;
}

static bool
is_lifted_by(const struct lb_fault *fault, const struct lb_fault *by)
{
	enum lb_fault_subject subject = lb_fault_subject(fault->kind);

	if (subject != lb_fault_subject(by->kind))
		return false;
	if (subject == LB_FAULT_OF_ZONE || subject == LB_FAULT_OF_INSTANCE)
		return fault->number == by->number;
	if (strcmp(fault->member, by->member) != 0)
		return false;
	if (subject == LB_FAULT_OF_SERVER)
		return true;
	if (lb_fault_is_admin(fault->kind))
		return lb_fault_is_admin(by->kind);
	if (fault->kind == LB_FAULT_ADDED)
		return by->kind == LB_FAULT_REMOVED;
	return (fault->kind == LB_FAULT_REMOVED) ==
		   (by->kind == LB_FAULT_ADDED) &&
	       !lb_fault_is_admin(by->kind);
}

/* Back in at once, or when their probes say so. */
static bool
is_back(const struct sim_outage *o, const struct lb_fault *fault)
{
	return (lb_fault_subject(fault->kind) == LB_FAULT_OF_CONFIG &&
		   fault->kind != LB_FAULT_REMOVED) ||
	       (lb_fault_subject(fault->kind) == LB_FAULT_OF_CONFIG
		       ? all_are(o, fault, false)
		       : all_serve(o, fault));
}

/* Server and zone faults that are over, whose members an operator had kept out
 * until now. */
static int
release(struct sim_outage *o)
{
	for (size_t i = o->first_open; i < o->failover_count; i++) {
		const struct sim_failover *f = &o->failovers[i];
		const struct sim_cause *cause = &o->causes[i];
		if (f->detected_ns != SIM_NO_TIME &&
		    f->restored_ns == SIM_NO_TIME &&
		    cause->lifted_ns != SIM_NO_TIME &&
		    lb_fault_subject(cause->fault->kind) !=
			LB_FAULT_OF_CONFIG &&
		    is_back(o, cause->fault) && restore(o, i) != 0)
			return -1;
	}
	return 0;
}

/* Undetected ones stay open: a probe that is under way may still tell. */
int
sim_outage_lift(struct sim_outage *o, const struct lb_fault *by)
{
	const uint64_t now_ns = sim_outage_now(o);

	for (size_t i = o->first_open; i < o->failover_count; i++) {
		struct sim_failover *f = &o->failovers[i];
		struct sim_cause *cause = &o->causes[i];
		if (f->restored_ns != SIM_NO_TIME ||
		    cause->lifted_ns != SIM_NO_TIME ||
		    !is_lifted_by(cause->fault, by))
			continue;
		cause->lifted_ns = now_ns;
		if (!sim_fault_takes_away(by) &&
		    f->detected_ns != SIM_NO_TIME && is_back(o, cause->fault) &&
		    restore(o, i) != 0)
			return -1;
	}
	return lb_fault_is_admin(by->kind) && !sim_fault_takes_away(by)
		   ? release(o)
		   : 0;
}

/* So long after a fault was lifted a probe that it had met may be waited
 * for. */
static uint64_t
longest_wait_ns(const struct sim_outage *o)
{
	uint64_t longest_ns = 0;

	for (size_t p = 0; p < o->config.probe_count; p++) {
		uint64_t wait_ns = lb_probe_wait_ns(&o->config.probes[p]);
		longest_ns = wait_ns > longest_ns ? wait_ns : longest_ns;
	}
	return longest_ns;
}

static int
find_failing(struct sim_outage *o, struct sim_failover *f, const char *reason)
{
	if (f->failed_ns != SIM_NO_TIME || f->detected_ns != SIM_NO_TIME)
		return 0;
	f->failed_ns = sim_outage_now(o) - f->at_ns;
	return sim_outage_note(o, SIM_EVENT_PROBE_FAILED, f->member, reason);
}

static int
find_down(struct sim_outage *o, struct sim_failover *f,
    const struct lb_fault *fault, const char *reason)
{
	bool zone = lb_fault_subject(fault->kind) == LB_FAULT_OF_ZONE;

	if (f->detected_ns != SIM_NO_TIME || (zone && !all_are(o, fault, true)))
		return 0;
	f->detected_ns = sim_outage_now(o) - f->at_ns;
	o->unrouted++;
	return zone ? sim_outage_note(o, SIM_EVENT_ZONE_DOWN, f->member, reason)
		    : 0;
}

int
sim_outage_found(struct sim_outage *o, const struct sim_host *h,
    enum sim_finding finding, const char *reason)
{
	const uint64_t now_ns = sim_outage_now(o);
	const uint64_t late_ns = longest_wait_ns(o);
	int done = 0;

	for (size_t i = o->first_open; i < o->failover_count && done == 0;
	     i++) {
		struct sim_failover *f = &o->failovers[i];
		const struct sim_cause *cause = &o->causes[i];
		bool lifted = cause->lifted_ns != SIM_NO_TIME;
		bool known = is_known_at_once(cause->fault);
		bool may_tell =
		    !known && !(lifted && now_ns - cause->lifted_ns > late_ns);
		if (f->restored_ns != SIM_NO_TIME ||
		    !sim_outage_is_about(o, cause->fault, h))
			continue;
		if (finding == SIM_FOUND_FAILING && may_tell)
			done = find_failing(o, f, reason);
		if (finding == SIM_FOUND_DOWN && may_tell)
			done = find_down(o, f, cause->fault, reason);
		if (finding == SIM_FOUND_UP && lifted &&
		    f->detected_ns != SIM_NO_TIME && is_back(o, cause->fault))
			done = restore(o, i);
	}
	return done;
}

void
sim_outage_forget(struct sim_outage *o)
{
	for (size_t i = 0; i < o->failover_count; i++) {
		struct sim_failover *f = &o->failovers[i];
		f->moved = f->needless = f->broken = f->lost = 0;
		f->offered = f->requests = f->retries = f->given_up = 0;
		f->errors = 0;
	}
}
