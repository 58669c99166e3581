/* SPDX-License-Identifier: MIT */
#include "sim/traffic/forecast.h"

#include <math.h>

#include "traces/models.h"

#define MSS           1460.0
#define MS_PER_S      1e3
#define NS_PER_S      1e9
#define BETA_SPAN_S   10.0
#define HANDSHAKE     3.0   /* SYN, SYN-ACK, ACK */
#define GOODBYE       3.0   /* FIN, FIN, ACK */
#define FLOW_BYTES    160.0 /* sim/flows/flows.h, with details and slots */
#define SESSION_BYTES 128.0 /* sim/traffic/sessions.h, with an alarm */

static double
part(uint64_t millionths)
{
	return (double)millionths / (double)LB_SCENE_ONE;
}

/* For how long it sends. */
static double
seconds(const struct lb_traffic *t, const struct lb_scene *scene)
{
	uint64_t stop_ms = scene->duration_ms;

	if (t->stop_ms != 0 && t->stop_ms < stop_ms)
		stop_ms = t->stop_ms;
	return stop_ms > t->start_ms
		   ? (double)(stop_ms - t->start_ms) / MS_PER_S
		   : 0;
}

static double
begun(const struct lb_traffic *t, double span_s)
{
	const double rate = part(t->rate);

	switch (t->arrivals) {
	case LB_ARRIVALS_BETA:
		return rate * fmin(span_s, BETA_SPAN_S);
	case LB_ARRIVALS_BURSTS:
		return rate * span_s *
		       (1 + (part(t->burst_factor) - 1) * (double)t->burst_ms /
				(double)t->burst_every_ms);
	default:
		return rate * span_s;
	}
}

static double
mean_answer(const struct lb_traffic *t)
{
	switch (t->sizes) {
	case LB_SIZES_BOUNDED_PARETO:
		return trace_pareto_mean(
		    (double)t->size_min, (double)t->size_max, part(t->alpha));
	case LB_SIZES_WEB_SEARCH:
		return trace_cdf_mean(&trace_web_search);
	case LB_SIZES_DATA_MINING:
		return trace_cdf_mean(&trace_data_mining);
	case LB_SIZES_HADOOP:
		return trace_cdf_mean(&trace_hadoop);
	case LB_SIZES_CACHE:
		return trace_cdf_mean(&trace_cache);
	case LB_SIZES_CONSTANT:
		break;
	}
	return (double)t->size_min;
}

/* Does a server take its time?  Then it acknowledges the request first. */
static bool
serves_late(const struct lb_scene *scene)
{
	for (size_t i = 0; i < scene->server_count; i++)
		if (scene->servers[i].service_ns > 0)
			return true;
	return false;
}

/* Segments of a request and its answer, with an acknowledgement for each
 * second one of the answer and for its last. */
static double
exchange(const struct lb_traffic *t, const struct lb_scene *scene)
{
	const double request = ceil(t->request_bytes / MSS);
	const double bytes = mean_answer(t);
	const double answer = t->sizes == LB_SIZES_CONSTANT || bytes < MSS
				  ? ceil(bytes / MSS)
				  : bytes / MSS + 0.5;

	return request + answer + fmax(1, answer / 2 + 0.25) +
	       (serves_late(scene) ? 1 : 0);
}

static void
forecast_web(const struct lb_traffic *t, const struct lb_scene *scene,
    double span_s, struct sim_forecast *f)
{
	const double requests = part(t->requests);
	const double round_s = 2 *
			       (double)(scene->client_link.latency_ns +
					scene->member_link.latency_ns) /
			       NS_PER_S;

	f->sessions = f->flows = begun(t, span_s);
	f->packets =
	    f->sessions * (HANDSHAKE + GOODBYE + requests * exchange(t, scene));
	f->live = span_s > 0
		      ? f->sessions / span_s *
			    ((requests - 1) * (double)t->think_ms / MS_PER_S +
				(requests + 2) * round_s)
		      : 0;
}

static void
forecast_long(const struct lb_traffic *t, const struct lb_scene *scene,
    double span_s, struct sim_forecast *f)
{
	const double ramp_s = (double)t->ramp_ms / MS_PER_S;
	const double open = span_s < ramp_s && ramp_s > 0 ? span_s / ramp_s : 1;
	const double each_s = fmax(0, span_s - fmin(span_s, ramp_s) / 2);

	f->sessions = f->flows = f->live = t->connections * open;
	f->packets = HANDSHAKE;
	if (t->message_every_ms != 0)
		f->packets +=
		    floor(each_s * MS_PER_S / (double)t->message_every_ms) *
		    exchange(t, scene);
	if (t->keepalive_ms != 0 &&
	    (t->message_every_ms == 0 || t->keepalive_ms < t->message_every_ms))
		f->packets +=
		    2 * floor(each_s * MS_PER_S / (double)t->keepalive_ms);
	f->packets *= f->sessions;
}

/* How often a device comes from a new port: a silence of a period outlives
 * so many NATs' patience. */
static double
rebound(const struct lb_traffic *t)
{
	static const double patience_ms[] = { 30e3, 60e3, 120e3, 180e3, 300e3 };
	const double silence_ms =
	    t->observe && t->notify_every_ms < t->period_ms
		? (double)t->notify_every_ms
		: (double)t->period_ms;
	unsigned over = 0;

	if (t->nat_timeout_ms != 0)
		return silence_ms > (double)t->nat_timeout_ms ? 1 : 0;
	for (size_t i = 0; i < LB_COUNT(patience_ms); i++)
		over += silence_ms > patience_ms[i];
	return (double)over / LB_COUNT(patience_ms);
}

static void
forecast_coap(const struct lb_traffic *t, double span_s, struct sim_forecast *f)
{
	const double reports = span_s * MS_PER_S / (double)t->period_ms;

	f->sessions = f->live = t->devices;
	f->packets = 2 * reports;
	if (t->observe)
		f->packets += 2 + span_s * MS_PER_S /
				      (double)t->notify_every_ms *
				      (1 + 1.0 / t->confirm_every);
	f->packets *= f->sessions;
	f->flows = f->sessions * (1 + rebound(t) * fmax(0, reports - 1));
}

struct sim_forecast
sim_forecast(const struct lb_traffic *t, const struct lb_scene *scene)
{
	const double span_s = seconds(t, scene);
	struct sim_forecast f = { 0 };

	switch (t->profile) {
	case LB_PROFILE_WEB:
		forecast_web(t, scene, span_s, &f);
		break;
	case LB_PROFILE_LONG_LIVED:
		forecast_long(t, scene, span_s, &f);
		break;
	case LB_PROFILE_COAP_DEVICES:
		forecast_coap(t, span_s, &f);
		break;
	case LB_PROFILE_SYN_FLOOD:
	case LB_PROFILE_DNS:
	case LB_PROFILE_UDP:
		f.sessions = f.flows = begun(t, span_s);
		f.packets = 2 * f.sessions;
		break;
	case LB_PROFILE_COUNT:
		break;
	}
	if (t->profile != LB_PROFILE_SYN_FLOOD)
		f.flows = fmin(f.flows,
		    (double)LB_CLIENT_PORTS *
			(t->profile == LB_PROFILE_COAP_DEVICES ? t->addresses
							       : t->clients));
	f.rate = span_s > 0 ? f.sessions / span_s : 0;
	f.bytes = f.flows * FLOW_BYTES + f.live * SESSION_BYTES;
	return f;
}
