/* SPDX-License-Identifier: MIT */
#include "live/commands/control_tell.h"

#include <stdio.h>

#include "live/out/log.h"
#include "model/config/names.h"

static const char *const conn_state_names[] = {
	[LB_CONN_EMPTY] = "empty",
	[LB_CONN_BUSY] = "busy",
	[LB_CONN_HALF] = "half-open",
	[LB_CONN_ANSWERED] = "answered",
	[LB_CONN_OPEN] = "open",
	[LB_CONN_CLOSING_FIN] = "closing-fin",
	[LB_CONN_CLOSING_RST] = "closing-rst",
};

const char *
live_conn_state_name(unsigned state)
{
	return state < LB_COUNT(conn_state_names) ? conn_state_names[state]
						  : "?";
}

static json_t *
count(uint64_t number)
{
	return json_integer((json_int_t)number);
}

static json_t *
time_of(const struct timespec *when)
{
	char text[LIVE_TIME_BYTES];
	return json_string(live_time_text(when, text, sizeof(text)));
}

static json_t *
address_of(const struct lb_addr *address)
{
	char text[64];
	return json_string(lb_addr_text(address, text, sizeof(text)));
}

/* --- parts of it --------------------------------------------------------- */

static json_t *
tell_table(const struct live_figures_table *t, bool counted)
{
	json_t *states = json_object();
	for (unsigned s = LB_CONN_HALF; s < LB_COUNT(conn_state_names); s++)
		(void)json_object_set_new(
		    states, conn_state_names[s], count(t->state[s]));
	return json_pack("{s:o, s:o?, s:o?}", "slots", count(t->slots), "used",
	    counted ? count(t->used) : NULL, "states", states);
}

static json_t *
tell_tables(const struct live_figures *f)
{
	return json_pack("{s:o, s:o, s:o}", "ipv4",
	    tell_table(&f->table4, f->table_counted), "ipv6",
	    tell_table(&f->table6, f->table_counted), "evicted",
	    count(f->total.evicted));
}

static json_t *
tell_packets(const struct forward_total *t)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "packets",
	    count(t->packets), "sent", count(t->sent), "handed",
	    count(t->handed), "answered", count(t->answered), "passed",
	    count(t->passed), "unread", count(t->unread), "untracked",
	    count(t->untracked));
}

static json_t *
tell_drops(const struct forward_total *t)
{
	json_t *drops = json_object();
	for (unsigned r = 1; r < LB_REASON_COUNT; r++)
		(void)json_object_set_new(
		    drops, lb_reason_name(r), count(t->dropped[r]));
	return drops;
}

static json_t *
tell_latency(const struct live_probers_counts *c)
{
	json_t *bounds = json_array(), *counts = json_array();
	for (size_t i = 0; i < LIVE_LATENCY_BOUNDS; i++)
		(void)json_array_append_new(
		    bounds, json_real((double)live_latency_bounds[i] / 1e6));
	for (size_t i = 0; i <= LIVE_LATENCY_BOUNDS; i++)
		(void)json_array_append_new(counts, count(c->latency[i]));
	return json_pack("{s:o, s:o, s:f}", "bounds_ms", bounds, "counts",
	    counts, "sum_ms", (double)c->latency_sum_ns / 1e6);
}

static json_t *
tell_probing(const struct live_probers_counts *c)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "targets", count(c->targets), "sent", count(c->sent), "good",
	    count(c->answered[LB_ANSWER_GOOD]), "wrong",
	    count(c->answered[LB_ANSWER_WRONG]), "refused",
	    count(c->answered[LB_ANSWER_REFUSED]), "silent",
	    count(c->answered[LB_ANSWER_SILENT]), "failed", count(c->failed),
	    "late", count(c->late), "missed", count(c->missed), "latency",
	    tell_latency(c));
}

static json_t *
tell_tap(const struct live_tap_counts *c)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "captured",
	    count(c->handed[LIVE_TAP_CAPTURED]), "ttl",
	    count(c->handed[LIVE_TAP_TTL]), "too_big",
	    count(c->handed[LIVE_TAP_TOO_BIG]), "lost", count(c->lost));
}

static json_t *
tell_process(const struct live_figures_process *p)
{
	return json_pack("{s:i, s:o, s:f, s:f, s:o, s:o, s:o}", "pid", p->pid,
	    "started", time_of(&p->started), "uptime_s", p->uptime_s, "cpu_s",
	    p->cpu_s, "resident_bytes", count(p->resident_bytes), "open_files",
	    count(p->open_files), "open_files_max", count(p->open_files_max));
}

static json_t *
tell_plan(const struct live_figures *f)
{
	char key[LB_HASH_KEY_TEXT];
	return json_pack("{s:o, s:o, s:o, s:b, s:s}", "generation",
	    count(f->plan.generation), "since", time_of(&f->plan.since),
	    "reloads_refused", count(f->plan.reloads_refused), "adopted",
	    (int)f->plan.adopted, "hash_key",
	    lb_hash_key_text(f->plan.hash_key, key));
}

static json_t *
tell_interfaces(const struct live_figures *f)
{
	json_t *all = json_array();
	for (size_t i = 0; i < f->interface_count; i++) {
		const struct live_figures_interface *at = &f->interfaces[i];
		(void)json_array_append_new(
		    all, json_pack("{s:s, s:i, s:b, s:s?}", "name", at->name,
			     "ifindex", (int)at->ifindex, "attached",
			     (int)at->attached, "mode",
			     at->attached ? live_mode_name(at->mode) : NULL));
	}
	return all;
}

/* How many members are in each state. */
static json_t *
tell_states(const struct live_figures *f)
{
	json_int_t counts[LIVE_MEMBER_STATES] = { 0 };
	json_t *states = json_object();
	for (size_t i = 0; i < f->member_count; i++)
		counts[f->members[i].state]++;
	for (unsigned s = 0; s < LIVE_MEMBER_STATES; s++)
		(void)json_object_set_new(
		    states, live_member_state_name(s), json_integer(counts[s]));
	return states;
}

static json_t *
tell_share(const struct forward_share *s)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "packets_in",
	    count(s->in.packets), "bytes_in", count(s->in.bytes), "packets_out",
	    count(s->out.packets), "bytes_out", count(s->out.bytes));
}

/* --- whole things -------------------------------------------------------- */

json_t *
live_tell_total(const struct live_figures *f)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "plan",
	    tell_plan(f), "packets", tell_packets(&f->total), "drops",
	    tell_drops(&f->total), "tables", tell_tables(f), "members",
	    tell_states(f), "probes", tell_probing(&f->probing), "tap",
	    tell_tap(&f->tap), "process", tell_process(&f->process));
}

json_t *
live_tell_status(const struct live_figures *f, const struct live_run *run)
{
	json_t *status =
	    json_pack("{s:s, s:o, s:s, s:s, s:s, s:i, s:o}", "version",
		PACKAGE_VERSION, "config", live_log_text(run->settings->config),
		"pin_name", run->settings->pin_name, "pins",
		live_forwarder_folder(run->forwarder), "forwarding",
		lb_forwarding_name(run->config->forwarding), "rules",
		(int)run->config->rule_count, "interfaces", tell_interfaces(f));
	json_t *total = live_tell_total(f);
	if (status == NULL || total == NULL ||
	    json_object_update(status, total) != 0) {
		json_decref(status);
		status = NULL;
	}
	json_decref(total);
	return status;
}

/* NULL, JSON's null: the sweeper's first round is not over. */
static json_t *
flows(const struct live_figures *f, uint64_t number)
{
	return f->table_counted ? count(number) : NULL;
}

json_t *
live_tell_frontend(
    const struct live_figures *f, const struct live_figures_frontend *at)
{
	return json_pack("{s:s, s:o, s:o?, s:i, s:i, s:o}", "name", at->name,
	    "address", address_of(&at->address), "flows", flows(f, at->flows),
	    "rules", (int)at->rules, "rules_served", (int)at->rules_served,
	    "traffic", tell_share(&at->traffic));
}

json_t *
live_tell_rule(const struct live_figures *f, const struct live_figures_rule *r)
{
	return json_pack(
	    "{s:s, s:s, s:b, s:s?, s:i, s:s, s:o?, s:i, s:i, s:o?}", "name",
	    r->name, "kind", live_rule_kind_name(r->kind), "leaving",
	    (int)r->leaving, "frontend",
	    r->frontend < 0 ? NULL : f->frontends[r->frontend].name, "port",
	    (int)r->port, "protocol", lb_proto_name(r->proto), "flows",
	    flows(f, r->flows), "members", (int)r->members, "members_up",
	    (int)r->members_up, "traffic",
	    r->counted ? tell_share(&r->traffic) : NULL);
}

/* Those of the last whole round of the sweeper; NULL: none is over yet. */
static json_t *
flows_of_rule(const struct live_run *run, uint16_t id)
{
	const struct lb_usage *usage = live_sweeper_counts(run->sweeper);
	return usage != NULL ? count(usage->rule[id]) : NULL;
}

json_t *
live_tell_mapping(
    const struct live_run *run, const struct lb_plan_mapping *mapping)
{
	const struct lb_config *config = run->config;
	const struct lb_config_nat *nat = &config->nats[mapping->nat];
	const struct lb_config_frontend *f = &config->frontends[nat->frontend];
	const struct lb_plan_member *m = &run->plan->members[mapping->member];
	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:i, s:s, s:s, s:o, s:i, "
			 "s:b, s:o?}",
	    "rule", nat->name, "assignment",
	    lb_assignment_name(nat->assignment), "frontend", f->name,
	    "frontend_address", address_of(&f->address), "protocol",
	    lb_proto_name(nat->proto), "frontend_port", (int)mapping->port,
	    "pool", m->pool, "member", m->name, "member_address",
	    address_of(&m->address), "backend_port", (int)nat->backend_port,
	    "floating_ip", (int)nat->floating_ip, "flows",
	    flows_of_rule(run, mapping->rule));
}

static const char *const health_names[] = {
	[LB_HEALTH_UNKNOWN] = "unknown",
	[LB_HEALTH_UP] = "up",
	[LB_HEALTH_DOWN] = "down",
};

/* NULL, JSON's null: nothing was ever heard or decided. */
static json_t *
ago(uint64_t now_ns, uint64_t then_ns)
{
	return then_ns == 0 || then_ns > now_ns
		   ? NULL
		   : json_real((double)(now_ns - then_ns) / 1e9);
}

static json_t *
tell_view(const struct live_figures *f, const struct live_figures_probe *p)
{
	const struct live_heard *heard = &p->heard;
	bool any = heard->at_ns != 0;
	json_t *answers = json_object();
	for (unsigned a = 0; a < LIVE_ANSWERS; a++)
		(void)json_object_set_new(
		    answers, live_answer_name(a), count(heard->answers[a]));
	return json_pack(
	    "{s:s, s:s, s:s, s:s, s:o?, s:s?, s:o?, s:o?, s:o?, s:o}", "name",
	    p->name, "protocol", lb_probe_protocol_name(p->protocol), "state",
	    health_names[p->health.state], "reason",
	    lb_health_reason_name(p->health.reason), "since_s",
	    p->health.flipped ? ago(f->now_ns, p->health.since_ns) : NULL,
	    "answer", any ? live_answer_name(heard->answer) : NULL,
	    "answered_s", ago(f->now_ns, heard->at_ns), "in_a_row",
	    any ? count(p->health.run) : NULL, "latency_ms",
	    heard->latency_ns != 0 ? json_real((double)heard->latency_ns / 1e6)
				   : NULL,
	    "answers", answers);
}

json_t *
live_tell_member(
    const struct live_figures *f, const struct live_figures_member *m)
{
	json_t *probes = json_array();
	for (size_t i = 0; i < m->probe_count; i++)
		(void)json_array_append_new(
		    probes, tell_view(f, &f->probes[m->probe_first + i]));
	return json_pack(
	    "{s:s, s:s, s:o, s:s, s:s, s:s, s:b, s:b, s:i, s:b, s:o?, s:o?, "
	    "s:o}",
	    "pool", m->pool, "name", m->name, "address",
	    address_of(&m->address), "state", live_member_state_name(m->state),
	    "admin_state", lb_admin_state_name(m->admin), "admin_state_of_file",
	    lb_admin_state_name(m->admin_file), "draining", (int)m->draining,
	    "drained", (int)m->drained, "weight", (int)m->weight, "next_hop",
	    (int)m->next_hop, "flows", flows(f, m->flows), "traffic",
	    m->counted ? tell_share(&m->traffic) : NULL, "probes", probes);
}

/* --- SNAT ports ---------------------------------------------------------- */

static json_t *
tell_blocks(const struct live_figures_snat *n, const struct lb_plan *plan)
{
	json_t *all = json_array();
	for (uint32_t i = 0; i < n->block_count; i++) {
		const struct lb_snat_block *block =
		    &plan->blocks[n->block_first + i].row;
		(void)json_array_append_new(all,
		    json_pack("[i, i]", (int)block->first, (int)block->last));
	}
	return all;
}

/* NULL, JSON's null: any, by the law of the protocol. */
static json_t *
tell_destinations(const struct lb_snat_destination *to, size_t to_count)
{
	static const struct lb_addr any = { { 0, 0 } };
	json_t *all = json_array();
	for (size_t i = 0; i < to_count; i++)
		(void)json_array_append_new(all,
		    json_pack("{s:o?, s:o?, s:o}", "address",
			lb_addr_same(&to[i].addr, &any)
			    ? NULL
			    : address_of(&to[i].addr),
			"port",
			to[i].port.raw == 0 ? NULL
					    : count(lb_be16_get(to[i].port)),
			"ports", count(to[i].ports)));
	return all;
}

/* Azure's marks (AZ 9.2). */
static const char *
mark_of(const struct live_figures_snat *n)
{
	if (n->allocated == 0)
		return n->used > 0 ? "leaving" : NULL;
	if (n->used >= n->allocated)
		return "full";
	return lb_snat_is_high(n->used, n->allocated) ? "high" : NULL;
}

static json_t *
tell_flow_states(const struct live_figures_snat *n)
{
	json_t *states = json_object();
	for (unsigned s = LB_CONN_HALF; s < LB_COUNT(conn_state_names); s++)
		(void)json_object_set_new(
		    states, conn_state_names[s], count(n->state[s]));
	return states;
}

json_t *
live_tell_snat(const struct live_figures *f, const struct live_figures_snat *n,
    const struct lb_plan *plan, const struct lb_snat_destination *to,
    size_t to_count)
{
	const bool known = f->snat_counted;
	const bool begun = n->counted && n->first;
	return json_pack(
	    "{s:o, s:o, s:s?, s:o, s:s, s:s?, s:s?, s:o, s:o, s:o?, s:o?, "
	    "s:o?, s:s?, s:o?, s:o?, s:o?, s:o?, s:o}",
	    "member", json_sprintf("%s/%s", n->pool, n->name), "member_address",
	    address_of(&n->member_address), "frontend", n->frontend, "address",
	    address_of(&n->address), "protocol", n->udp ? "udp" : "tcp", "rule",
	    n->rule, "kind",
	    n->rule != NULL ? live_rule_kind_name(n->kind) : NULL, "ports",
	    tell_blocks(n, plan), "allocated", count(n->allocated), "used",
	    known ? count(n->used) : NULL, "peak",
	    known ? count(n->peak) : NULL, "percent",
	    known && n->allocated > 0
		? json_real(100.0 * n->used / n->allocated)
		: NULL,
	    "mark", known ? mark_of(n) : NULL, "flows",
	    known ? count(n->flows) : NULL, "states",
	    known ? tell_flow_states(n) : NULL, "opened",
	    begun ? count(n->begun.opened) : NULL, "failed",
	    begun ? count(n->begun.failed) : NULL, "destinations",
	    tell_destinations(to, to_count));
}
