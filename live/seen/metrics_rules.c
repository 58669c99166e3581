/* SPDX-License-Identifier: MIT */
#include "live/seen/metrics_parts.h"

#include <stdio.h>

#include "model/config/names.h"

#define ADDRESS_BYTES 64u

static void
put_rule(const struct live_metrics_page *p, const struct live_figures_rule *r)
{
	char text[ADDRESS_BYTES];
	live_metrics_put_label(p->to, '{', "rule", r->name);
	if (r->leaving)
		return; /* how it was reached is not known any more */
	if (r->frontend >= 0)
		live_metrics_put_label(p->to, ',', "frontend_address",
		    lb_addr_text(&p->figures->frontends[r->frontend].address,
			text, sizeof(text)));
	(void)snprintf(text, sizeof(text), "%u", r->port);
	if (r->kind != LIVE_RULE_OUTBOUND) /* a member's has many */
		live_metrics_put_label(p->to, ',', "frontend_port", text);
	live_metrics_put_label(p->to, ',', "protocol", lb_proto_name(r->proto));
}

static void
put_rule_line(const struct live_metrics_page *p,
    const struct live_metrics_family *f, const struct live_figures_rule *r,
    const char *direction, uint64_t value)
{
	(void)fputs(f->name, p->to);
	put_rule(p, r);
	live_metrics_put_end(p, direction, value);
}

void
live_metrics_rule_traffic(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	for (size_t i = 0; i < p->figures->rule_count; i++) {
		const struct live_figures_rule *r = &p->figures->rules[i];
		if (!r->counted)
			continue;
		put_rule_line(p, f, r, "inbound", live_metrics_value(r, f->in));
		put_rule_line(
		    p, f, r, "outbound", live_metrics_value(r, f->out));
	}
}

/* Of rules that may have any. */
void
live_metrics_syns(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	for (size_t i = 0; i < p->figures->rule_count; i++) {
		const struct live_figures_rule *r = &p->figures->rules[i];
		if (!r->counted || r->proto == LB_PROTO_UDP)
			continue;
		put_rule_line(p, f, r, "inbound", r->traffic.in.syns);
		put_rule_line(p, f, r, "outbound", r->traffic.out.syns);
	}
}

/* The others have one or none, which is always reached. */
static bool
has_members(const struct live_figures_rule *r)
{
	return !r->leaving && r->kind == LIVE_RULE_BALANCING;
}

void
live_metrics_rules(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	for (size_t i = 0; i < p->figures->rule_count; i++) {
		const struct live_figures_rule *r = &p->figures->rules[i];
		if (has_members(r))
			put_rule_line(
			    p, f, r, NULL, live_metrics_value(r, f->in));
	}
}

void
live_metrics_rule_flows(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	for (size_t i = 0;
	     p->figures->table_counted && i < p->figures->rule_count; i++)
		put_rule_line(p, f, &p->figures->rules[i], NULL,
		    p->figures->rules[i].flows);
}

static bool
is_forwarding(const struct live_metrics_page *p)
{
	for (size_t i = 0; i < p->interface_count; i++)
		if (!p->interfaces[i].attached)
			return false;
	return p->interface_count > 0;
}

void
live_metrics_availability(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	bool forwarding = is_forwarding(p);
	for (size_t i = 0; i < p->figures->rule_count; i++) {
		const struct live_figures_rule *r = &p->figures->rules[i];
		if (has_members(r))
			put_rule_line(
			    p, f, r, NULL, forwarding && r->members_up > 0);
	}
}
