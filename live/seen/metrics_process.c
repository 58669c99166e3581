/* SPDX-License-Identifier: MIT */
#include "live/seen/metrics_parts.h"

#include <stdio.h>

#include "model/config/names.h"

/* --- the whole ---------------------------------------------------------------
 */

void
live_metrics_one(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	(void)fputs(f->name, p->to);
	live_metrics_put_count(p->to, live_metrics_value(p->figures, f->in));
}

void
live_metrics_build(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	live_metrics_put_one(p, f, "version", PACKAGE_VERSION, 1);
}

static double
seconds_of(const struct timespec *t)
{
	return (double)t->tv_sec + (double)t->tv_nsec / 1e9;
}

void
live_metrics_started(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	(void)fputs(f->name, p->to);
	live_metrics_put_real(p->to, seconds_of(&p->figures->process.started));
}

void
live_metrics_since(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	(void)fputs(f->name, p->to);
	live_metrics_put_real(p->to, seconds_of(&p->figures->plan.since));
}

void
live_metrics_cpu(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	(void)fputs(f->name, p->to);
	live_metrics_put_real(p->to, p->figures->process.cpu_s);
}

void
live_metrics_late(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	(void)fputs(f->name, p->to);
	live_metrics_put_real(p->to, p->figures->process.loop_late_s);
}

void
live_metrics_outcomes(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	const struct forward_total *t = &p->figures->total;
	uint64_t dropped = 0;
	for (unsigned r = 0; r < LB_REASON_COUNT; r++)
		dropped += t->dropped[r];
	live_metrics_put_one(p, f, "outcome", "sent", t->sent);
	live_metrics_put_one(p, f, "outcome", "handed", t->handed);
	live_metrics_put_one(p, f, "outcome", "answered", t->answered);
	live_metrics_put_one(p, f, "outcome", "passed", t->passed);
	live_metrics_put_one(p, f, "outcome", "unread", t->unread);
	live_metrics_put_one(p, f, "outcome", "dropped", dropped);
}

void
live_metrics_drops(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	for (unsigned r = LB_REASON_NONE + 1; r < LB_REASON_COUNT; r++)
		live_metrics_put_one(p, f, "reason", lb_reason_name(r),
		    p->figures->total.dropped[r]);
}

/* --- the connection table ----------------------------------------------------
 */

void
live_metrics_slots(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	live_metrics_put_one(p, f, "family", "ipv4", p->figures->table4.slots);
	live_metrics_put_one(p, f, "family", "ipv6", p->figures->table6.slots);
}

static void
put_states(const struct live_metrics_page *p,
    const struct live_metrics_family *f, const char *family,
    const struct live_figures_table *table)
{
	static const char *const names[] = {
		[LB_CONN_HALF] = "half_open",
		[LB_CONN_ANSWERED] = "answered",
		[LB_CONN_OPEN] = "open",
		[LB_CONN_CLOSING_FIN] = "closing",
		[LB_CONN_CLOSING_RST] = "reset",
	};
	for (unsigned s = LB_CONN_HALF; s < LB_COUNT(names); s++) {
		(void)fputs(f->name, p->to);
		live_metrics_put_label(p->to, '{', "family", family);
		live_metrics_put_label(p->to, ',', "state", names[s]);
		(void)fputc('}', p->to);
		live_metrics_put_count(p->to, table->state[s]);
	}
}

void
live_metrics_connections(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	if (!p->figures->table_counted)
		return; /* not known is not zero */
	put_states(p, f, "ipv4", &p->figures->table4);
	put_states(p, f, "ipv6", &p->figures->table6);
}

/* --- interfaces, captures ----------------------------------------------------
 */

void
live_metrics_interfaces(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	for (size_t i = 0; i < p->interface_count; i++)
		live_metrics_put_one(p, f, "interface", p->interfaces[i].name,
		    p->interfaces[i].attached);
}

void
live_metrics_handed(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	static const char *const names[] = {
		[LIVE_TAP_CAPTURED] = "captured",
		[LIVE_TAP_TTL] = "ttl",
		[LIVE_TAP_TOO_BIG] = "too_big",
		[LIVE_TAP_UNREACHABLE] = "unreachable",
		[LIVE_TAP_CLAIMED] = "claimed",
	};
	_Static_assert(LB_COUNT(names) == LIVE_TAP_KINDS, "a kind is missing");
	for (size_t i = 0; i < LB_COUNT(names); i++)
		live_metrics_put_one(
		    p, f, "kind", names[i], p->figures->tap.handed[i]);
}

void
live_metrics_unresolved(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	uint64_t count = 0;
	for (size_t i = 0; i < p->figures->member_count; i++)
		count += !p->figures->members[i].next_hop;
	(void)fputs(f->name, p->to);
	live_metrics_put_count(p->to, count);
}
