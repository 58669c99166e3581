/* SPDX-License-Identifier: MIT */
#include "live/seen/metrics_parts.h"

#include <stdio.h>

#include "model/config/names.h"

#define ADDRESS_BYTES 64u

/* What both name: the frontend, where it is told, and the member. */
static void
put_snat(const struct live_metrics_page *p, const struct live_figures_snat *n,
    bool frontend)
{
	char text[ADDRESS_BYTES];
	live_metrics_put_label(p->to, '{', "pool", n->pool);
	live_metrics_put_label(p->to, ',', "member", n->name);
	live_metrics_put_label(p->to, ',', "member_address",
	    lb_addr_text(&n->member_address, text, sizeof(text)));
	if (frontend)
		live_metrics_put_label(p->to, ',', "frontend_address",
		    lb_addr_text(&n->address, text, sizeof(text)));
	live_metrics_put_label(p->to, ',', "protocol", n->udp ? "udp" : "tcp");
}

void
live_metrics_snat_ports(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	for (size_t i = 0; i < p->figures->snat_count; i++) {
		const struct live_figures_snat *n = &p->figures->snats[i];
		(void)fputs(f->name, p->to);
		put_snat(p, n, true);
		live_metrics_put_label(p->to, ',', "is_awaiting_removal",
		    n->allocated == 0 ? "true" : "false");
		(void)fputc('}', p->to);
		live_metrics_put_count(p->to, live_metrics_value(n, f->in));
	}
}

void
live_metrics_snat_used(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	if (p->figures->snat_counted)
		live_metrics_snat_ports(p, f);
}

/* Has anything ever begun there?  Most members of a large pool leave by one
 * protocol, if at all: what never was has no series. */
static bool
was_used(const struct live_figures_snat *n)
{
	return n->peak > 0 || n->begun.opened > 0 || n->begun.failed > 0;
}

static void
put_snat_state(const struct live_metrics_page *p,
    const struct live_metrics_family *f, const struct live_figures_snat *n,
    bool frontend, const char *state, uint64_t value)
{
	(void)fputs(f->name, p->to);
	put_snat(p, n, frontend);
	live_metrics_put_label(p->to, ',', "state", state);
	(void)fputc('}', p->to);
	live_metrics_put_count(p->to, value);
}

void
live_metrics_snat_flows(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	for (size_t i = 0;
	     p->figures->snat_counted && i < p->figures->snat_count; i++) {
		const struct live_figures_snat *n = &p->figures->snats[i];
		if (!was_used(n))
			continue;
		put_snat_state(p, f, n, true, "pending",
		    n->state[LB_CONN_HALF] + n->state[LB_CONN_ANSWERED]);
		put_snat_state(p, f, n, true, "open", n->state[LB_CONN_OPEN]);
		put_snat_state(p, f, n, true, "closing",
		    n->state[LB_CONN_CLOSING_FIN] +
			n->state[LB_CONN_CLOSING_RST]);
	}
}

/* By member: of which of several frontends it began is not counted. */
void
live_metrics_snat_begun(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	for (size_t i = 0; i < p->figures->snat_count; i++) {
		const struct live_figures_snat *n = &p->figures->snats[i];
		if (!n->first || !n->counted || !was_used(n))
			continue;
		put_snat_state(p, f, n, n->only, "successful", n->begun.opened);
		put_snat_state(p, f, n, n->only, "failed", n->begun.failed);
	}
}
