/* SPDX-License-Identifier: MIT */
#include "live/seen/metrics_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/config/names.h"

#define ADDRESS_BYTES 64u

/* --- members -----------------------------------------------------------------
 */

void
live_metrics_put_member(const struct live_metrics_page *p, char before,
    const struct live_figures_member *m)
{
	char text[ADDRESS_BYTES];
	live_metrics_put_label(p->to, before, "pool", m->pool);
	live_metrics_put_label(p->to, ',', "member", m->name);
	live_metrics_put_label(p->to, ',', "member_address",
	    lb_addr_text(&m->address, text, sizeof(text)));
}

static void
put_member_line(const struct live_metrics_page *p,
    const struct live_metrics_family *f, const struct live_figures_member *m,
    const char *direction, uint64_t value)
{
	(void)fputs(f->name, p->to);
	live_metrics_put_member(p, '{', m);
	live_metrics_put_end(p, direction, value);
}

void
live_metrics_member_traffic(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	for (size_t i = 0; i < p->figures->member_count; i++) {
		const struct live_figures_member *m = &p->figures->members[i];
		if (!m->counted)
			continue;
		put_member_line(
		    p, f, m, "inbound", live_metrics_value(m, f->in));
		put_member_line(
		    p, f, m, "outbound", live_metrics_value(m, f->out));
	}
}

void
live_metrics_members(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	for (size_t i = 0; i < p->figures->member_count; i++)
		put_member_line(p, f, &p->figures->members[i], NULL,
		    live_metrics_value(&p->figures->members[i], f->in));
}

void
live_metrics_member_flows(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	if (p->figures->table_counted)
		live_metrics_members(p, f);
}

void
live_metrics_member_up(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	for (size_t i = 0; i < p->figures->member_count; i++) {
		const struct live_figures_member *m = &p->figures->members[i];
		put_member_line(p, f, m, NULL,
		    m->state == LIVE_MEMBER_UP ||
			m->state == LIVE_MEMBER_PARTLY);
	}
}

/* The pool of a member: members come pool by pool, so the one before is a good
 * guess.  config->pool_count: it is none of the configuration's. */
static size_t
pool_of(const struct lb_config *config, size_t guess, const char *name)
{
	for (size_t i = 0; i < config->pool_count; i++) {
		size_t pool = (guess + i) % config->pool_count;
		if (strcmp(config->pools[pool].name, name) == 0)
			return pool;
	}
	return config->pool_count;
}

static void
put_pool(const struct live_metrics_page *p, const struct live_metrics_family *f,
    const char *pool, const uint64_t count[LIVE_MEMBER_STATES])
{
	for (unsigned s = 0; s < LIVE_MEMBER_STATES; s++) {
		(void)fputs(f->name, p->to);
		live_metrics_put_label(p->to, '{', "pool", pool);
		live_metrics_put_label(
		    p->to, ',', "state", live_member_state_name(s));
		(void)fputc('}', p->to);
		live_metrics_put_count(p->to, count[s]);
	}
}

void
live_metrics_pools(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	size_t pool = 0, pools = p->config->pool_count;
	uint64_t(*count)[LIVE_MEMBER_STATES] =
	    calloc(pools + 1, sizeof(*count));
	if (count == NULL)
		return;
	for (size_t i = 0; i < p->figures->member_count; i++) {
		const struct live_figures_member *m = &p->figures->members[i];
		pool = pool_of(p->config, pool, m->pool);
		count[pool][m->state]++;
	}
	for (size_t i = 0; i < pools; i++)
		put_pool(p, f, p->config->pools[i].name, count[i]);
	free(count);
}

/* --- probes ------------------------------------------------------------------
 */

void
live_metrics_probe_status(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	char port[16];
	for (size_t i = 0; i < p->figures->probe_count; i++) {
		const struct live_figures_probe *probe = &p->figures->probes[i];
		(void)snprintf(port, sizeof(port), "%u",
		    p->config->probes[probe->probe].port);
		(void)fputs(f->name, p->to);
		live_metrics_put_label(p->to, '{', "probe", probe->name);
		live_metrics_put_label(p->to, ',', "protocol",
		    lb_probe_protocol_name(probe->protocol));
		live_metrics_put_label(p->to, ',', "backend_port", port);
		live_metrics_put_member(
		    p, ',', &p->figures->members[probe->member]);
		(void)fputc('}', p->to);
		live_metrics_put_count(
		    p->to, probe->health.state == LB_HEALTH_UP);
	}
}

void
live_metrics_answers(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	static const char *const names[] = {
		[LB_ANSWER_GOOD] = "good",
		[LB_ANSWER_WRONG] = "wrong",
		[LB_ANSWER_REFUSED] = "refused",
		[LB_ANSWER_SILENT] = "silent",
	};
	for (size_t i = 0; i < LB_COUNT(names); i++)
		live_metrics_put_one(
		    p, f, "answer", names[i], p->figures->probing.answered[i]);
}

void
live_metrics_latency(
    const struct live_metrics_page *p, const struct live_metrics_family *f)
{
	const struct live_probers_counts *c = &p->figures->probing;
	uint64_t sum = 0;
	for (size_t i = 0; i < LIVE_LATENCY_BOUNDS; i++) {
		sum += c->latency[i];
		(void)fprintf(p->to, "%s_bucket{le=\"%g\"} %" PRIu64 "\n",
		    f->name, (double)live_latency_bounds[i] / 1e9, sum);
	}
	sum += c->latency[LIVE_LATENCY_BOUNDS];
	(void)fprintf(
	    p->to, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", f->name, sum);
	(void)fprintf(
	    p->to, "%s_sum %.15g\n", f->name, (double)c->latency_sum_ns / 1e9);
	(void)fprintf(p->to, "%s_count %" PRIu64 "\n", f->name, sum);
}
