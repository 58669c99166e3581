/* SPDX-License-Identifier: MIT */
#include "sim/faults/harm.h"

#include <string.h>

#include "sim/faults/outage.h"

/* NULL: it is in no picture. */
static uint32_t *
of_bin(struct sim_harm *h, enum sim_harm_kind kind)
{
	uint32_t *const counts[SIM_HARM_COUNT] = {
		[SIM_HARM_OFFERED] = &h->offered,
		[SIM_HARM_LOST] = &h->lost,
		[SIM_HARM_BROKEN] = &h->broken,
		[SIM_HARM_MOVED] = &h->moved,
		[SIM_HARM_REQUEST] = &h->requests,
		[SIM_HARM_RETRY] = &h->retries,
		[SIM_HARM_GIVEN_UP] = &h->given_up,
	};

	return counts[kind];
}

static uint64_t *
of_failover(struct sim_failover *f, enum sim_harm_kind kind)
{
	uint64_t *const counts[SIM_HARM_COUNT] = {
		[SIM_HARM_OFFERED] = &f->offered,
		[SIM_HARM_LOST] = &f->lost,
		[SIM_HARM_BROKEN] = &f->broken,
		[SIM_HARM_MOVED] = &f->moved,
		[SIM_HARM_REQUEST] = &f->requests,
		[SIM_HARM_RETRY] = &f->retries,
		[SIM_HARM_GIVEN_UP] = &f->given_up,
		[SIM_HARM_ERROR] = &f->errors,
	};

	return counts[kind];
}

void
sim_harm_charge(struct sim_player *p, uint32_t bin, enum sim_harm_kind kind,
    struct sim_failover *to)
{

	uint32_t *of_time =
	    p->harms != NULL ? of_bin(&p->harms[bin], kind) : NULL;

	if (of_time != NULL)
		++*of_time;
	if (to != NULL)
		++*of_failover(to, kind);
}

void
sim_harm_count(struct sim_player *p, uint32_t bin, enum sim_harm_kind kind)
{
	struct sim_outage *o = p->outage;

	sim_harm_charge(p, bin, kind,
	    o != NULL && o->failover_count > 0
		? &o->failovers[o->failover_count - 1]
		: NULL);
}

void
sim_harms_widen(struct sim_harm *harms)
{
	for (size_t i = 0; i < SIM_BINS; i++) {
		const struct sim_harm none = { 0 };
		const struct sim_harm *a =
		    2 * i < SIM_BINS ? &harms[2 * i] : &none;
		const struct sim_harm *b =
		    2 * i + 1 < SIM_BINS ? &harms[2 * i + 1] : &none;
		harms[i] = (struct sim_harm){
			.offered = a->offered + b->offered,
			.lost = a->lost + b->lost,
			.broken = a->broken + b->broken,
			.moved = a->moved + b->moved,
			.requests = a->requests + b->requests,
			.retries = a->retries + b->retries,
			.given_up = a->given_up + b->given_up,
		};
	}
}
