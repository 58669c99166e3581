/* SPDX-License-Identifier: MIT */
#include "live/state/probing.h"

#include "live/check/probe_notes.h"
#include "live/out/log.h"
#include "model/health/health.h"
#include "model/config/names.h"

/* Who has that address, as POOL/MEMBER; a list, for pools may share it. */
static json_t *
members_at(const struct lb_plan *plan, const struct lb_addr *address)
{
	json_t *names = json_array();
	for (uint32_t id = 0; id < plan->member_count; id++) {
		const struct lb_plan_member *m = &plan->members[id];
		if (m->name != NULL && !m->tombstone &&
		    lb_addr_same(&m->address, address))
			(void)json_array_append_new(
			    names, json_sprintf("%s/%s", m->pool, m->name));
	}
	return names;
}

/* What to look at; NULL: nothing is wrong. */
static const char *
advice(const struct live_run *run, int probe, enum lb_answer answer)
{
	if (answer == LB_ANSWER_REFUSED)
		return "nobody listens on the probe's port there, or a "
		       "firewall rejects it";
	if (answer != LB_ANSWER_SILENT)
		return NULL;
	return lb_probe_has_source(&run->config->probes[probe])
		   ? "no answer in time: is it off, or does a firewall there "
		     "drop what comes from the probe's source? Azure's advice "
		     "is to allow 168.63.129.16"
		   : "no answer in time: is it off, or does a firewall there "
		     "drop what comes from this machine? One made for Azure "
		     "allows 168.63.129.16, which can be the probe's source";
}

static void
log_health(const struct live_run *run, int probe, const struct lb_addr *address,
    enum lb_answer answer, uint64_t latency_ns)
{
	char text[64];
	const struct lb_health *health =
	    live_health_of(run->health, probe, address);
	const bool up = health->state == LB_HEALTH_UP;
	live_log(LIVE_INFO, up ? "up" : "down",
	    up ? "s:s, s:s, s:o, s:s, s:s, s:f"
	       : "s:s, s:s, s:o, s:s, s:s, s:f, s:s",
	    "probe", run->config->probes[probe].name, "address",
	    lb_addr_text(address, text, sizeof(text)), "members",
	    members_at(run->plan, address), "reason",
	    lb_health_reason_name(health->reason), "answer",
	    live_answer_name(answer), "latency_ms", (double)latency_ns / 1e6,
	    "message", advice(run, probe, answer));
}

int
live_probing_apply(struct live_run *run)
{
	int rc =
	    lb_plan_health(run->plan, run->config, live_health_up, run->health);
	live_health_write(run->health, live_forwarder_health(run->forwarder));
	if (rc == 0)
		rc = live_engine_health(
		    live_forwarder_engine(run->forwarder), run->plan);
	if (rc != 0)
		live_log(
		    LIVE_ERROR, "health", "s:s", "message", live_errno(rc));
	return rc;
}

static void
on_apply(uv_timer_t *timer)
{
	(void)live_probing_apply(timer->data);
}

/* A change reaches the tables in the loop's same turn, together with all others
 * of it: a swap waits for RCU, and a zone that is lost is many changes. */
void
live_probing_heard(void *arg, int probe, const struct lb_addr *address,
    enum lb_answer answer, uint64_t now_ns, uint64_t latency_ns)
{
	struct live_run *run = arg;
	enum lb_health_change change =
	    live_health_answer(run->health, probe, address, answer, now_ns);
	live_health_hear(
	    run->health, probe, address, answer, now_ns, latency_ns);
	if (change == LB_HEALTH_STILL)
		return;
	if (!uv_is_active((uv_handle_t *)&run->apply))
		(void)uv_timer_start(&run->apply, on_apply, 0, 0);
	if (answer == LB_ANSWER_SILENT)
		live_nexthops_doubt(run->hops, address);
	log_health(run, probe, address, answer, latency_ns);
}

static void
log_note(void *arg, enum live_finding finding,
    const struct lb_config_probe *probe, struct lb_where where,
    const char *text)
{
	(void)arg;
	(void)where;
	live_log(finding == LIVE_WOULD ? LIVE_INFO : LIVE_WARNING, "probes",
	    "s:s, s:s", "probe", probe->name, "message", text);
}

void
live_probing_use(struct live_run *run)
{
	if (live_probers_use(run->probers, run->config, run->plan) != 0)
		live_log(LIVE_ERROR, "probes", "s:s", "message",
		    "no memory for probes: none is sent, and health stays as "
		    "it is");
	(void)live_probe_notes(run->config, log_note, NULL);
}

void
live_probing_close(struct live_run *run)
{
	if (run->probers == NULL)
		return;
	if (uv_is_active((uv_handle_t *)&run->apply))
		on_apply(&run->apply);
	const struct live_probers_counts *c = live_probers_count(run->probers);
	live_log(LIVE_INFO, "probes",
	    "s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I", "targets",
	    (json_int_t)c->targets, "sent", (json_int_t)c->sent, "good",
	    (json_int_t)c->answered[LB_ANSWER_GOOD], "wrong",
	    (json_int_t)c->answered[LB_ANSWER_WRONG], "refused",
	    (json_int_t)c->answered[LB_ANSWER_REFUSED], "silent",
	    (json_int_t)c->answered[LB_ANSWER_SILENT], "failed",
	    (json_int_t)c->failed, "late", (json_int_t)c->late, "missed",
	    (json_int_t)c->missed);
	live_probers_close(run->probers);
}
