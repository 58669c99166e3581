/* SPDX-License-Identifier: MIT */
#include "sim/traffic/arrivals.h"

#include <math.h>
#include <gsl/gsl_cdf.h>

#include "traces/models.h"

#define ANY_NUMBER  UINT64_MAX
#define BETA_SPAN_S 10u
#define BETA_A      3.0
#define BETA_B      4.0
#define MILLIONTHS  1e6

/* --- one after the other ----------------------------------------------------
 */

/* From one arrival, or the source's beginning, to the next: an interval is at
 * most as long as a source may run. */
static uint64_t
later(uint64_t at_ns, double gap_ns, uint64_t stop_ns)
{
	if (gap_ns >= (double)(stop_ns - at_ns))
		return stop_ns;
	return at_ns + (uint64_t)gap_ns;
}

static uint64_t
poisson(struct sim_arrivals *a, const gsl_rng *rng)
{
	return later(a->at_ns, trace_exponential(rng, a->gap_ns), a->stop_ns);
}

/* Each by its number, so that no rounding adds up. */
static uint64_t
evenly(const struct sim_arrivals *a)
{
	if (a->left != ANY_NUMBER) /* left + count: all of them */
		return a->start_ns +
		       (uint64_t)((unsigned __int128)a->span_ns * a->count /
				  (a->left + a->count));

	unsigned __int128 after =
	    (unsigned __int128)a->count * LB_NS_PER_S * LB_SCENE_ONE / a->rate;

	return after < a->stop_ns - a->start_ns ? a->start_ns + (uint64_t)after
						: a->stop_ns;
}

/*
 * What comes first, an arrival or the other rate?  Both are exponential, so it
 * is the one of their sum, and what it is falls by their rates.
 */
static uint64_t
bursts(struct sim_arrivals *a, const gsl_rng *rng)
{
	uint64_t at_ns = a->at_ns;

	if (a->count == 0) /* as in the long run */
		a->in_burst =
		    gsl_rng_uniform(rng) * (a->quiet_ns + a->burst_ns) <
		    a->burst_ns;
	while (at_ns < a->stop_ns) {
		double arrive = 1 / (a->in_burst ? a->burst_gap_ns : a->gap_ns);
		double change = 1 / (a->in_burst ? a->burst_ns : a->quiet_ns);

		at_ns = later(at_ns,
		    trace_exponential(rng, 1 / (arrive + change)), a->stop_ns);
		if (gsl_rng_uniform(rng) * (arrive + change) < arrive)
			break;
		a->in_burst = !a->in_burst;
	}
	return at_ns;
}

/* --- so many in a span -------------------------------------------------------
 */

/*
 * The next of `left` uniform numbers that are greater than the latest, as the
 * logarithm of what is above it: (1 - u)^(1/left) of the rest remains.
 */
static uint64_t
ordered(struct sim_arrivals *a, const gsl_rng *rng)
{
	a->log_rest += log1p(-gsl_rng_uniform(rng)) / (double)a->left;

	double above = exp(a->log_rest);
	double part = a->kind == SIM_ARRIVE_BETA
			  ? gsl_cdf_beta_Qinv(above, BETA_A, BETA_B)
			  : -expm1(a->log_rest);

	return a->start_ns + (uint64_t)(part * (double)a->span_ns);
}

/* --- the next ----------------------------------------------------------------
 */

uint64_t
sim_arrivals_next(struct sim_arrivals *a, struct sim_dice *dice)
{
	const gsl_rng *rng =
	    sim_dice_at(dice, SIM_DRAW_ARRIVAL, a->source, a->count);
	uint64_t at_ns = 0;

	if (a->left == 0)
		return SIM_NEVER;
	switch (a->kind) {
	case SIM_ARRIVE_POISSON:
		at_ns = poisson(a, rng);
		break;
	case SIM_ARRIVE_EVENLY:
		at_ns = evenly(a);
		break;
	case SIM_ARRIVE_BURSTS:
		at_ns = bursts(a, rng);
		break;
	case SIM_ARRIVE_BETA:
	case SIM_ARRIVE_UNIFORM:
		at_ns = ordered(a, rng);
		break;
	}
	if (at_ns < a->at_ns)
		at_ns = a->at_ns;
	if (at_ns >= a->stop_ns) {
		a->left = 0;
		return SIM_NEVER;
	}
	a->at_ns = at_ns;
	a->count++;
	if (a->left != ANY_NUMBER)
		a->left--;
	return at_ns;
}

/* --- beginning ---------------------------------------------------------------
 */

static void
begin_bursts(struct sim_arrivals *a, const struct lb_traffic *traffic)
{
	uint64_t every_ms = traffic->burst_every_ms;
	uint64_t burst_ms = traffic->burst_ms;

	if (burst_ms == 0 || every_ms <= burst_ms ||
	    traffic->burst_factor == 0) {
		a->kind = SIM_ARRIVE_POISSON;
		return;
	}
	a->burst_ns = (double)burst_ms * LB_NS_PER_MS;
	a->quiet_ns = (double)(every_ms - burst_ms) * LB_NS_PER_MS;
	a->burst_gap_ns =
	    a->gap_ns * MILLIONTHS / (double)traffic->burst_factor;
}

static void
begin_at_rate(struct sim_arrivals *a, const struct lb_traffic *traffic)
{
	a->rate = traffic->rate;
	if (a->rate == 0)
		a->left = 0;
	else
		a->gap_ns = (double)LB_NS_PER_S * MILLIONTHS / (double)a->rate;
	switch (traffic->arrivals) {
	case LB_ARRIVALS_POISSON:
		a->kind = SIM_ARRIVE_POISSON;
		break;
	case LB_ARRIVALS_CONSTANT:
		a->kind = SIM_ARRIVE_EVENLY;
		break;
	case LB_ARRIVALS_BURSTS:
		a->kind = SIM_ARRIVE_BURSTS;
		begin_bursts(a, traffic);
		break;
	case LB_ARRIVALS_BETA: /* as many as at that rate in the same time */
		a->kind = SIM_ARRIVE_BETA;
		a->span_ns = BETA_SPAN_S * LB_NS_PER_S;
		a->left = (uint64_t)((unsigned __int128)a->rate * BETA_SPAN_S /
				     LB_SCENE_ONE);
		break;
	}
}

void
sim_arrivals_init(struct sim_arrivals *a, const struct lb_traffic *traffic,
    uint32_t source, uint64_t end_ns)
{
	uint64_t start_ns = traffic->start_ms * LB_NS_PER_MS;
	uint64_t stop_ns = traffic->stop_ms * LB_NS_PER_MS;

	if (stop_ns == 0 || stop_ns > end_ns)
		stop_ns = end_ns;
	*a = (struct sim_arrivals){
		.source = source,
		.start_ns = start_ns,
		.at_ns = start_ns,
		.stop_ns = start_ns < stop_ns ? stop_ns : start_ns,
		.left = ANY_NUMBER,
	};
	if (traffic->profile == LB_PROFILE_LONG_LIVED) {
		a->kind = SIM_ARRIVE_EVENLY;
		a->left = traffic->connections;
		a->span_ns = traffic->ramp_ms * LB_NS_PER_MS;
	} else if (traffic->profile == LB_PROFILE_COAP_DEVICES) {
		bool together = traffic->arrivals == LB_ARRIVALS_BETA;

		a->kind = together ? SIM_ARRIVE_BETA : SIM_ARRIVE_UNIFORM;
		a->left = traffic->devices;
		a->span_ns = together ? BETA_SPAN_S * LB_NS_PER_S
				      : traffic->period_ms * LB_NS_PER_MS;
	} else
		begin_at_rate(a, traffic);
}
