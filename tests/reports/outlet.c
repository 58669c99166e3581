/* SPDX-License-Identifier: MIT */
#include "tests/reports/outlet.h"
#include "model/config/names.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void
set_destination(struct sim_snat *g, const struct outlet_spec *spec)
{
	const char *text = spec->six ? "2001:db8:ffff:eeee:dddd:cccc:bbbb:aaaa"
				     : "198.51.100.20";

	if (!lb_addr_of_text(text, &g->worst))
		abort();
	g->worst_port = g->proto == LB_PROTO_TCP ? 443 : 0;
}

/* Rises to its level in the first third, and stays there. */
static void
fill(struct sim_snat *g, size_t bins, uint64_t bin_ns, double level)
{
	g->slices = calloc(bins + 1, sizeof(*g->slices));
	if (g->slices == NULL)
		abort();
	g->slice_count = bins;
	for (size_t i = 0; i < bins; i++) {
		double at = fmin(3 * (double)(i + 1) / (double)bins, 1) * level;
		g->slices[i].used =
		    (uint32_t)(fmin(at, 1) * (double)g->allocated);
		g->slices[i].allocated = g->allocated;
		g->slices[i].failed = at > 1 ? (uint32_t)(i % 5 + 1) : 0;
		g->failed += g->slices[i].failed;
		if (g->slices[i].used > g->peak) {
			g->peak = g->slices[i].used;
			g->peak_ns = i * bin_ns;
		}
	}
	g->used = g->peak;
}

static struct sim_snat
gauge(const struct sim_record *record, const struct outlet_spec *spec,
    size_t number, double level)
{
	const size_t member = number / 2 / spec->frontends;
	const size_t frontend = number / 2 % spec->frontends;
	struct sim_snat g = {
		.proto = number % 2 == 0 ? LB_PROTO_TCP : LB_PROTO_UDP,
		.allocated = spec->ports,
	};
	char name[96];

	(void)snprintf(name, sizeof(name), "%s%zu",
	    spec->prefix != NULL ? spec->prefix : "vm-", member + 1);
	g.member = sample_copy(name);
	(void)snprintf(name, sizeof(name), "pub-%zu", frontend + 1);
	g.frontend = sample_copy(name);
	set_destination(&g, spec);
	/* few ask anything of UDP */
	if (g.proto == LB_PROTO_UDP && member % 4 != 1)
		return g;
	fill(&g, record->bin_count, record->bin_ns, level);
	g.opened = g.worst_opened = 3u * g.peak;
	g.worst_begun = g.worst_opened + g.failed / 2;
	g.worst_failed = g.failed;
	g.full_used = g.peak;
	g.full_allocated = g.allocated;
	g.full_ns = g.peak_ns;
	g.asked = g.worst_asked = g.worst_begun;
	g.blocked = g.worst_blocked = g.failed / 2;
	g.worst_peak = g.peak;
	g.worst_poisson = true;
	g.worst_ended = 2u * g.peak;
	g.worst_held_ms = g.worst_ended * 240300;
	return g;
}

void
outlet_record(struct sim_record *record, const struct outlet_spec *spec)
{
	const size_t count = spec->members * spec->frontends * 2;
	uint64_t state = 3;

	for (size_t i = 0; i < record->case_count; i++) {
		struct sim_case *c = &record->cases[i];
		c->snat = calloc(count + 1, sizeof(*c->snat));
		if (c->snat == NULL)
			abort();
		c->snat_count = count;
		c->snat_window_ns = record->input.duration_ns;
		for (size_t n = 0; n < count; n++)
			c->snat[n] = gauge(record, spec, n,
			    spec->peak * (0.4 + 0.6 * sample_uniform(&state)) *
				(1 + 0.01 * (double)i));
	}
}

void
outlet_undo(struct sim_record *record)
{
	for (size_t i = 0; i < record->case_count; i++) {
		struct sim_case *c = &record->cases[i];
		for (size_t n = 0; n < c->snat_count; n++) {
			free(c->snat[n].member);
			free(c->snat[n].frontend);
			free(c->snat[n].slices);
		}
		free(c->snat);
		c->snat = NULL;
		c->snat_count = 0;
	}
}
