/* SPDX-License-Identifier: MIT */
/* How servers answer probes, and how they are. */
#include "model/scenario/scene.h"
#include "sim/faults/outage_parts.h"

static bool
wants_status(const struct lb_config_probe *probe)
{
	return probe->protocol == LB_PROBE_HTTP ||
	       probe->protocol == LB_PROBE_HTTPS ||
	       (probe->protocol == LB_PROBE_COAP && probe->path != NULL);
}

/* Its kernel shakes hands, or the other program's. */
static enum lb_answer
of_mute(const struct lb_config_probe *probe)
{
	return probe->protocol == LB_PROBE_TCP ? LB_ANSWER_GOOD
					       : LB_ANSWER_SILENT;
}

enum lb_answer
sim_server_answer(enum lb_fault_kind state, const struct lb_config_probe *probe)
{
	switch (state) {
	case LB_FAULT_CRASHED:
	case LB_FAULT_OFF:
		return LB_ANSWER_SILENT;
	case LB_FAULT_REFUSING:
		return LB_ANSWER_REFUSED;
	case LB_FAULT_HTTP_ERROR:
		return wants_status(probe) ? LB_ANSWER_WRONG : LB_ANSWER_GOOD;
	case LB_FAULT_HANGING:
	case LB_FAULT_DEAF:
		return of_mute(probe);
	default:
		return LB_ANSWER_GOOD;
	}
}

static bool
listens(const struct lb_server *server, uint16_t port)
{
	for (size_t i = 0; i < server->port_count; i++)
		if (server->ports[i] == port)
			return true;
	return server->ports == NULL;
}

/* A TCP probe is answered before any program is asked. */
static bool
is_too_slow(const struct sim_host *h, const struct lb_config_probe *probe)
{
	unsigned __int128 takes =
	    (unsigned __int128)h->server->service_ns * h->factor / LB_SCENE_ONE;

	return probe->protocol != LB_PROBE_TCP &&
	       takes > lb_probe_wait_ns(probe);
}

/* A server that works, as it is made. */
static enum lb_answer
own_answer(const struct sim_host *h, const struct lb_config_probe *probe)
{
	if (!listens(h->server, probe->port))
		return LB_ANSWER_REFUSED;
	if (h->server->probe_answer == LB_PROBE_ANSWER_HANG)
		return of_mute(probe);
	if (is_too_slow(h, probe))
		return LB_ANSWER_SILENT;
	if (h->server->probe_answer == LB_PROBE_ANSWER_STATUS &&
	    wants_status(probe))
		return LB_ANSWER_WRONG;
	return LB_ANSWER_GOOD;
}

enum lb_answer
sim_host_answer(const struct sim_outage *o, const struct sim_host *h,
    const struct lb_config_probe *probe)
{
	enum lb_fault_kind state = sim_host_state(o, h);
	enum lb_answer answer = sim_server_answer(state, probe);

	/* to the deaf one's probe another program listens */
	if (answer != LB_ANSWER_GOOD || state == LB_FAULT_DEAF ||
	    h->server == NULL)
		return answer;
	return own_answer(h, probe);
}

struct sim_condition
sim_outage_condition(const struct sim_outage *o, uint16_t member)
{
	struct sim_condition up = { .state = LB_FAULT_UP,
		.factor = LB_SCENE_ONE };

	if (o == NULL)
		return up;
	const struct sim_host *h = &o->hosts[o->host_of[member]];
	return (struct sim_condition){
		.state = sim_host_state(o, h),
		.epoch = h->epoch,
		.epoch_ns = h->epoch_ns,
		.factor = h->factor,
	};
}
