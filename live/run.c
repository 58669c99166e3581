/* SPDX-License-Identifier: MIT */
#include "live/run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "live/forwarder.h"
#include "live/health.h"
#include "live/host.h"
#include "live/netlink.h"
#include "live/nexthops.h"
#include "live/probers.h"
#include "live/resets.h"
#include "live/sweeper.h"
#include "model/names.h"
#include "model/plan.h"

#define INTERFACES_MAX 256u
/* After a change of links, addresses or routes: several come together. */
#define SETTLE_MS 50u
/* Stale neighbours are asked again; what no event told is found. */
#define REFRESH_MS 5000u

struct live_run {
	const struct live_settings *settings;
	struct lb_config *config;
	struct lb_plan *plan;
	struct live_health *health;
	struct live_forwarder *forwarder;
	struct live_netlink *netlink;
	struct live_nexthops *hops;
	struct live_sweeper *sweeper;
	struct live_resets *resets;
	struct live_probers *probers;
	uv_loop_t loop;
	uv_signal_t hup, term, interrupt;
	uv_timer_t sweep, refresh, settle, apply;
	uv_poll_t hear;
	bool loop_open;
};

/* A configuration with what is made of it, until it is in force. */
struct draft {
	struct lb_config *config;
	struct lb_plan *plan;
	struct live_health *health;
};

static void
draft_free(struct draft *d)
{
	live_health_free(d->health);
	lb_plan_free(d->plan);
	lb_config_free(d->config);
	*d = (struct draft){ 0 };
}

static void
log_problems(const struct lb_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct lb_problem *p = &problems->at[i];
		live_log(p->warning ? LIVE_WARNING : LIVE_ERROR,
		    "configuration", "s:i, s:i, s:s?, s:s", "line",
		    (int)p->where.line, "column", (int)p->where.column, "code",
		    p->code, "message", p->what);
	}
}

/* --- from configuration to plan ------------------------------------------ */

static int
draft_complete(struct draft *d, const uint8_t *hash_key)
{
	int rc = live_host_complete(d->config);
	if (rc != 0)
		return rc;
	memcpy(d->config->hash_key, hash_key, sizeof(d->config->hash_key));
	d->config->hash_key_set = true;
	return 0;
}

static enum live_end
draft_compile(
    struct draft *d, const struct lb_plan *before, const struct lb_usage *used)
{
	struct lb_problems problems = { 0 };
	d->plan = lb_plan_compile(d->config, before, used, &problems);
	log_problems(&problems);
	enum live_end wrong =
	    problems.error_count > 0 ? LIVE_INVALID : LIVE_REFUSED;
	lb_problems_free(&problems);
	return d->plan != NULL ? LIVE_ENDED : wrong;
}

/* Who is up, as was known: to us, or to who pinned what we adopt. */
static enum live_end
draft_health(struct draft *d, const struct live_run *run)
{
	const struct live_forwarder *f = run->forwarder;
	d->health = live_health_new(d->config, d->plan, run->health);
	if (d->health == NULL)
		return LIVE_REFUSED;
	if (run->health == NULL && live_forwarder_adopted(f))
		live_health_adopt(d->health, live_forwarder_before(f),
		    live_forwarder_health(f));
	return lb_plan_health(d->plan, d->config, live_health_up, d->health) ==
		       0
		   ? LIVE_ENDED
		   : LIVE_REFUSED;
}

static struct lb_config *
read_config(const struct live_run *run)
{
	struct lb_problems problems = { 0 };
	struct lb_config *config =
	    run->settings->read(run->settings->arg, &problems);
	log_problems(&problems);
	lb_problems_free(&problems);
	/* cppcheck-suppress returnDanglingLifetime; it is not in problems */
	return config;
}

static void
take(struct live_run *run, struct draft *d)
{
	live_health_free(run->health);
	lb_plan_free(run->plan);
	lb_config_free(run->config);
	run->config = d->config;
	run->plan = d->plan;
	run->health = d->health;
	live_health_write(run->health, live_forwarder_health(run->forwarder));
	*d = (struct draft){ 0 };
}

/* --- interfaces ---------------------------------------------------------- */

struct wanted {
	const char *name[INTERFACES_MAX];
	uint32_t ifindex[INTERFACES_MAX]; /* 0: there is none of that name */
	size_t count;
};

static struct wanted
wanted_interfaces(const struct live_settings *s, const struct lb_config *config)
{
	struct wanted w = { .count = s->interface_count };
	bool configured = s->interface_count == 0;
	if (configured)
		w.count = config->interface_count;
	if (w.count > INTERFACES_MAX)
		w.count = INTERFACES_MAX;
	for (size_t i = 0; i < w.count; i++) {
		w.name[i] =
		    configured ? config->interfaces[i] : s->interfaces[i];
		w.ifindex[i] = if_nametoindex(w.name[i]);
	}
	return w;
}

static bool
is_wanted(const struct wanted *w, uint32_t ifindex)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->ifindex[i] == ifindex)
			return true;
	return false;
}

static void
log_attached(const struct live_run *run, const char *name,
    const struct live_attachment *how)
{
	enum live_mode asked = run->settings->mode;
	live_log(LIVE_INFO, how->adopted ? "adopted" : "attached",
	    "s:s, s:s, s:s", "interface", name, "mode",
	    live_mode_name(how->mode), "by", "bpf_link");
	if (asked != LIVE_MODE_AUTO && asked != how->mode)
		live_log(LIVE_WARNING, "mode", "s:s, s:s", "interface", name,
		    "message",
		    "what is attached stays in its mode: --detach it first to "
		    "change that");
	else if (how->mode == LIVE_MODE_GENERIC && asked == LIVE_MODE_AUTO &&
		 !how->adopted)
		live_log(LIVE_WARNING, "mode", "s:s, s:s", "interface", name,
		    "message",
		    "native XDP was refused (driver or MTU): generic XDP "
		    "forwards several times slower");
}

/* false: said why. */
static bool
attach_one(struct live_run *run, const char *name, uint32_t ifindex)
{
	struct live_attachment how = {
		.error = "there is no such interface (ip link lists them)"
	};
	if (ifindex != 0 && live_forwarder_attach(run->forwarder, ifindex,
				run->settings->mode, &how) == 0) {
		log_attached(run, name, &how);
		return true;
	}
	live_log(LIVE_ERROR, "attach", "s:s, s:s", "interface", name, "message",
	    how.error);
	return false;
}

/* Off those that are no longer named. */
static void
detach_others(struct live_run *run, const struct wanted *w)
{
	uint32_t links[INTERFACES_MAX];
	size_t count =
	    live_forwarder_links(run->forwarder, links, INTERFACES_MAX);
	for (size_t i = 0; i < count; i++) {
		if (is_wanted(w, links[i]))
			continue;
		(void)live_forwarder_detach(run->forwarder, links[i]);
		live_log(
		    LIVE_INFO, "detached", "s:i", "ifindex", (int)links[i]);
	}
}

/* All of them, or those that were attached by this are taken off again. */
static bool
attach_all(struct live_run *run)
{
	struct wanted w = wanted_interfaces(run->settings, run->config);
	bool new[INTERFACES_MAX] = { false };
	for (size_t i = 0; i < w.count; i++) {
		new[i] = w.ifindex[i] != 0 &&
			 !live_forwarder_attached(run->forwarder, w.ifindex[i]);
		if (attach_one(run, w.name[i], w.ifindex[i]))
			continue;
		new[i] = false;
		while (i-- > 0)
			if (new[i])
				(void)live_forwarder_detach(
				    run->forwarder, w.ifindex[i]);
		return false;
	}
	detach_others(run, &w);
	return true;
}

/* Interfaces that came (back) since; program: it is another one now. */
static void
attach_again(struct live_run *run, bool program)
{
	struct wanted w = wanted_interfaces(run->settings, run->config);
	for (size_t i = 0; i < w.count; i++)
		if (w.ifindex[i] != 0 &&
		    (program ||
			!live_forwarder_attached(run->forwarder, w.ifindex[i])))
			(void)attach_one(run, w.name[i], w.ifindex[i]);
	detach_others(run, &w);
}

/* --- health -------------------------------------------------------------- */

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

static void
log_health(const struct live_run *run, int probe, const struct lb_addr *address,
    uint64_t latency_ns)
{
	char text[64];
	const struct lb_health *health =
	    live_health_of(run->health, probe, address);
	live_log(LIVE_INFO, health->state == LB_HEALTH_UP ? "up" : "down",
	    "s:s, s:s, s:o, s:s, s:f", "probe", run->config->probes[probe].name,
	    "address", lb_addr_text(address, text, sizeof(text)), "members",
	    members_at(run->plan, address), "reason",
	    lb_health_reason_name(health->reason), "latency_ms",
	    (double)latency_ns / 1e6);
}

static void
on_apply(uv_timer_t *timer)
{
	struct live_run *run = timer->data;
	int rc =
	    lb_plan_health(run->plan, run->config, live_health_up, run->health);
	live_health_write(run->health, live_forwarder_health(run->forwarder));
	if (rc == 0)
		rc = live_engine_health(
		    live_forwarder_engine(run->forwarder), run->plan);
	if (rc != 0)
		live_log(
		    LIVE_ERROR, "health", "s:s", "message", live_errno(rc));
}

/* A change reaches the tables in the loop's same turn, together with all others
 * of it: a swap waits for RCU, and a zone that is lost is many changes. */
static void
heard_member(void *arg, int probe, const struct lb_addr *address,
    enum lb_answer answer, uint64_t now_ns, uint64_t latency_ns)
{
	struct live_run *run = arg;
	enum lb_health_change change =
	    live_health_answer(run->health, probe, address, answer, now_ns);
	if (change == LB_HEALTH_STILL)
		return;
	if (!uv_is_active((uv_handle_t *)&run->apply))
		(void)uv_timer_start(&run->apply, on_apply, 0, 0);
	log_health(run, probe, address, latency_ns);
}

static void
use_probers(struct live_run *run)
{
	if (live_probers_use(run->probers, run->config, run->plan) != 0)
		live_log(LIVE_ERROR, "probes", "s:s", "message",
		    "no memory for probes: none is sent, and health stays as "
		    "it is");
	for (size_t i = 0; i < run->config->probe_count; i++)
		if (run->config->probes[i].protocol == LB_PROBE_HTTPS)
			live_log(LIVE_INFO, "probes", "s:s, s:s", "probe",
			    run->config->probes[i].name, "message",
			    "certificates are not verified: members are named "
			    "by address");
}

static void
close_probers(struct live_run *run)
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

/* --- reload -------------------------------------------------------------- */

static bool
members_differ(const struct lb_plan *a, const struct lb_plan *b, uint32_t id)
{
	bool in_a = id < a->member_count && a->members[id].name != NULL &&
		    !a->members[id].tombstone;
	bool in_b = id < b->member_count && b->members[id].name != NULL &&
		    !b->members[id].tombstone;
	return in_a && !in_b;
}

/* Members of a that are not in b. */
static int
members_only_in(const struct lb_plan *a, const struct lb_plan *b)
{
	int count = 0;
	for (uint32_t id = 0; id < a->member_count; id++)
		count += members_differ(a, b, id);
	return count;
}

static int
tombstones(const struct lb_plan *plan)
{
	int count = 0;
	for (uint32_t id = 0; id < plan->member_count; id++)
		count += plan->members[id].name != NULL &&
			 plan->members[id].tombstone;
	return count;
}

static void
warn_of_change(const struct live_run *run, const struct draft *d)
{
	if (memcmp(d->plan->hash_key, run->plan->hash_key,
		sizeof(d->plan->hash_key)) != 0)
		live_log(LIVE_WARNING, "reload", "s:s", "message",
		    "the hash key changed: connections are not found under the "
		    "new one, and may move");
	const struct lb_tables *t =
	    live_engine_tables(live_forwarder_engine(run->forwarder));
	if (d->plan->buckets4 != t->buckets4 ||
	    d->plan->buckets6 != t->buckets6)
		live_log(LIVE_WARNING, "tables", "s:s", "message",
		    "connection_table stays as large as it was made: --detach "
		    "and start anew to change that");
}

/* The plan in the kernel, or the program anew where it needs more room. */
static int
put_in_force(
    struct live_run *run, const struct draft *d, char *error, size_t bytes)
{
	struct live_forwarder *f = run->forwarder;
	int rc =
	    live_nexthops_use(run->hops, live_forwarder_engine(f), d->plan);
	if (rc == 0)
		rc = live_forwarder_swap(f, d->plan);
	if (rc != -E2BIG) {
		(void)snprintf(error, bytes, "%s", live_errno(rc));
		return rc;
	}
	rc = live_forwarder_load(f, d->plan,
	    d->config->forwarding == LB_FORWARDING_NAT, error, bytes);
	if (rc != 0)
		return rc;
	live_sweeper_use(
	    run->sweeper, live_engine_tables(live_forwarder_engine(f)));
	return live_nexthops_use(run->hops, live_forwarder_engine(f), d->plan);
}

static void
reload(struct live_run *run)
{
	char error[LIVE_ERROR_BYTES] = "";
	struct draft d = { .config = read_config(run) };
	const struct live_engine *engine =
	    live_forwarder_engine(run->forwarder);
	const char *refused =
	    "the configuration is refused; the one before stays in force";
	if (d.config == NULL ||
	    draft_complete(&d, d.config->hash_key_set
				   ? d.config->hash_key
				   : run->plan->hash_key) != 0 ||
	    draft_compile(&d, run->plan, live_sweeper_usage(run->sweeper)) !=
		LIVE_ENDED ||
	    draft_health(&d, run) != LIVE_ENDED) {
		live_log(LIVE_ERROR, "reload", "s:s", "message", refused);
		draft_free(&d);
		return;
	}
	warn_of_change(run, &d);
	if (put_in_force(run, &d, error, sizeof(error)) != 0) {
		live_log(LIVE_ERROR, "reload", "s:s, s:s", "message", refused,
		    "why", error);
		draft_free(&d);
		return;
	}
	live_log(LIVE_INFO, "reloaded", "s:i, s:i, s:i", "members_added",
	    members_only_in(d.plan, run->plan), "members_removed",
	    members_only_in(run->plan, d.plan), "members_leaving",
	    tombstones(d.plan));
	take(run, &d);
	use_probers(run);
	live_sweeper_swapped(run->sweeper);
	attach_again(run, live_forwarder_engine(run->forwarder) != engine);
}

/* --- events -------------------------------------------------------------- */

static void
flow_ended(void *arg, const struct lb_expired *flow)
{
	const struct live_run *run = arg;
	(void)live_resets_send(run->resets, run->plan, flow);
}

static void
on_sweep(uv_timer_t *timer)
{
	struct live_run *run = timer->data;
	(void)live_sweeper_tick(run->sweeper,
	    live_forwarder_now_ms(run->forwarder), flow_ended, run);
}

static void
on_refresh(uv_timer_t *timer)
{
	struct live_run *run = timer->data;
	int rc = live_nexthops_refresh(run->hops);
	if (rc != 0)
		live_log(
		    LIVE_WARNING, "netlink", "s:s", "message", live_errno(rc));
	attach_again(run, false);
}

static void
heard_neighbour(void *arg, const struct live_neighbour *neighbour)
{
	struct live_run *run = arg;
	live_nexthops_neighbour(run->hops, neighbour);
}

static void
heard_change(void *arg)
{
	struct live_run *run = arg;
	if (!uv_is_active((uv_handle_t *)&run->settle))
		(void)uv_timer_start(&run->settle, on_refresh, SETTLE_MS, 0);
}

static void
on_netlink(uv_poll_t *poll, int status, int events)
{
	static const struct live_netlink_events heard = {
		.neighbour = heard_neighbour,
		.changed = heard_change,
		.lost = heard_change,
	};
	struct live_run *run = poll->data;
	(void)status;
	(void)events;
	live_netlink_hear(run->netlink, &heard, run);
}

static void
on_signal(uv_signal_t *handle, int number)
{
	struct live_run *run = handle->data;
	if (number == SIGHUP) {
		reload(run);
		return;
	}
	live_log(LIVE_INFO, "ended", "s:s, s:s, s:s", "signal",
	    number == SIGTERM ? "SIGTERM" : "SIGINT", "pins",
	    live_forwarder_folder(run->forwarder), "message",
	    "forwarding goes on without the control process; fairlead live "
	    "--detach ends it");
	uv_stop(&run->loop);
}

static int
watch_signal(struct live_run *run, uv_signal_t *handle, int number)
{
	handle->data = run;
	int rc = uv_signal_init(&run->loop, handle);
	return rc == 0 ? uv_signal_start(handle, on_signal, number) : rc;
}

static int
every(struct live_run *run, uv_timer_t *timer, uv_timer_cb what, uint64_t ms)
{
	timer->data = run;
	int rc = uv_timer_init(&run->loop, timer);
	return rc == 0 && ms > 0 ? uv_timer_start(timer, what, ms, ms) : rc;
}

/* First of all, so that a signal during the start waits for its end. */
static int
loop_open(struct live_run *run)
{
	int rc = uv_loop_init(&run->loop);
	run->loop_open = rc == 0;
	if (rc == 0)
		rc = watch_signal(run, &run->hup, SIGHUP);
	if (rc == 0)
		rc = watch_signal(run, &run->term, SIGTERM);
	if (rc == 0)
		rc = watch_signal(run, &run->interrupt, SIGINT);
	return rc;
}

static int
loop_fill(struct live_run *run)
{
	int rc = every(run, &run->sweep, on_sweep, LIVE_SWEEP_MS);
	if (rc == 0)
		rc = every(run, &run->refresh, on_refresh, REFRESH_MS);
	if (rc == 0)
		rc = every(run, &run->settle, NULL, 0);
	if (rc == 0)
		rc = every(run, &run->apply, NULL, 0);
	run->hear.data = run;
	if (rc == 0)
		rc = uv_poll_init(
		    &run->loop, &run->hear, live_netlink_fd(run->netlink));
	if (rc == 0)
		rc = uv_poll_start(&run->hear, UV_READABLE, on_netlink);
	return rc;
}

static void
close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void
loop_close(struct live_run *run)
{
	if (!run->loop_open)
		return;
	uv_walk(&run->loop, close_handle, NULL);
	(void)uv_run(&run->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&run->loop);
}

/* --- start --------------------------------------------------------------- */

static void
log_start(const struct live_run *run)
{
	char key[33];
	uint32_t known, unknown;
	for (int i = 0; i < 16; i++)
		(void)snprintf(key + 2 * i, 3, "%02x", run->plan->hash_key[i]);
	struct forward_total total = { 0 };
	live_nexthops_count(run->hops, &known, &unknown);
	(void)live_forwarder_total(run->forwarder, &total);
	live_log(LIVE_INFO, "forwarding", "s:s, s:s, s:b, s:I, s:i, s:i, s:i",
	    "pins", live_forwarder_folder(run->forwarder), "hash_key", key,
	    "adopted", live_forwarder_adopted(run->forwarder), "connections",
	    (json_int_t)lb_live_count(
		live_engine_tables(live_forwarder_engine(run->forwarder))),
	    "packets", (json_int_t)total.packets, "rules",
	    (int)run->config->rule_count, "members_resolved", (int)known,
	    "members_unresolved", (int)unknown);
}

static enum live_end
refuse(const char *event, const char *message)
{
	live_log(LIVE_ERROR, event, "s:s", "message", message);
	return LIVE_REFUSED;
}

static enum live_end
start_plan(struct live_run *run)
{
	char error[LIVE_ERROR_BYTES] = "no memory";
	struct draft d = { .config = read_config(run) };
	if (d.config == NULL)
		return LIVE_INVALID;
	run->forwarder = live_forwarder_open(run->settings->pin_name,
	    d.config->hash_key_set ? d.config->hash_key : NULL, error,
	    sizeof(error));
	if (run->forwarder == NULL) {
		draft_free(&d);
		return refuse("start", error);
	}
	enum live_end end = LIVE_REFUSED;
	int rc = draft_complete(&d, live_forwarder_hash_key(run->forwarder));
	if (rc == 0)
		end = draft_compile(
		    &d, live_forwarder_before(run->forwarder), NULL);
	if (end == LIVE_ENDED)
		end = draft_health(&d, run);
	if (end != LIVE_ENDED) {
		draft_free(&d);
		return end;
	}
	take(run, &d);
	if (live_forwarder_load(run->forwarder, run->plan,
		run->config->forwarding == LB_FORWARDING_NAT, error,
		sizeof(error)) != 0)
		return refuse("load", error);
	return LIVE_ENDED;
}

static enum live_end
start_network(struct live_run *run)
{
	const struct live_engine *engine =
	    live_forwarder_engine(run->forwarder);
	run->netlink = live_netlink_open();
	if (run->netlink == NULL)
		return refuse("netlink", live_errno(errno));
	run->hops = live_nexthops_new(run->netlink);
	run->sweeper = live_sweeper_new(live_engine_tables(engine));
	if (run->hops == NULL || run->sweeper == NULL)
		return refuse("start", "no memory");
	run->resets = live_resets_new();
	if (run->resets == NULL)
		return refuse("raw sockets", live_errno(errno));
	int rc = live_nexthops_use(run->hops, engine, run->plan);
	if (rc != 0)
		return refuse("netlink", live_errno(rc));
	rc = loop_fill(run);
	if (rc != 0)
		return refuse("start", uv_strerror(rc));
	run->probers = live_probers_new(&run->loop, heard_member, run);
	if (run->probers == NULL)
		return refuse("start", "no memory");
	if (wanted_interfaces(run->settings, run->config).count == 0) {
		live_log(LIVE_ERROR, "start", "s:s", "message",
		    "no interface is named: --interface IF, or "
		    "forwarding.interfaces in the configuration");
		return LIVE_INVALID;
	}
	return attach_all(run) ? LIVE_ENDED : LIVE_REFUSED;
}

enum live_end
live_run(const struct live_settings *settings)
{
	struct live_run run = { .settings = settings };
	int rc = loop_open(&run);
	enum live_end end =
	    rc == 0 ? start_plan(&run) : refuse("start", uv_strerror(rc));
	if (end == LIVE_ENDED)
		end = start_network(&run);
	if (end == LIVE_ENDED) {
		log_start(&run);
		use_probers(&run);
		(void)uv_run(&run.loop, UV_RUN_DEFAULT);
	}
	close_probers(&run);
	loop_close(&run);
	live_sweeper_free(run.sweeper);
	live_resets_free(run.resets);
	live_nexthops_free(run.hops);
	live_netlink_close(run.netlink);
	live_forwarder_close(run.forwarder);
	live_health_free(run.health);
	lb_plan_free(run.plan);
	lb_config_free(run.config);
	return end;
}
