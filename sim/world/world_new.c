/* SPDX-License-Identifier: MIT */
/* A world's beginning and end: whom its traffic is for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/config/names.h"
#include "model/scenario/scenario.h"
#include "sim/world/world_parts.h"

static const struct sim_profile *const profiles[LB_PROFILE_COUNT] = {
	[LB_PROFILE_WEB] = &sim_profile_web,
	[LB_PROFILE_LONG_LIVED] = &sim_profile_long_lived,
	[LB_PROFILE_SYN_FLOOD] = &sim_profile_syn_flood,
	[LB_PROFILE_DNS] = &sim_profile_dns,
	[LB_PROFILE_UDP] = &sim_profile_udp,
	[LB_PROFILE_COAP_DEVICES] = &sim_profile_coap,
};

/* RFC 5737, 6598 and 3849: nobody's addresses. */
static struct lb_addr
v4(unsigned a, unsigned b, unsigned c, unsigned d)
{
	return lb_addr_v4(__builtin_bswap32(a << 24 | b << 16 | c << 8 | d));
}

static const struct lb_addr first_client6 = {
	{ UINT64_C(0x6400b80d0120), UINT64_C(0x0100000000000000) },
};

/* --- whom it is for ------------------------------------------------------ */

/* To one member: the one that has the port, by default the first. */
static void
aim_at_nat(struct sim_world *w, struct sim_source *source,
    const struct lb_config_nat *nat)
{
	const uint16_t port = source->traffic->port;

	source->server = w->player->config->frontends[nat->frontend].address;
	source->port = lb_be16_of(port != 0 ? port : nat->first_port);
}

/* Zero configuration balances whatever comes by; so does a rule that is only a
 * next hop. */
static bool
aim(struct sim_world *w, struct sim_source *source, struct sim_trouble *trouble)
{
	const struct lb_traffic *t = source->traffic;
	const struct lb_config *c = w->player->config;
	const struct lb_config_rule *rule = NULL;
	uint16_t port = t->port;

	source->server =
	    lb_scene_names(&t->server) ? t->server : v4(203, 0, 113, 10);
	if (!w->run->settings->together) {
		const struct lb_config_nat *nat = lb_traffic_nat(c, t);
		if (nat != NULL) {
			aim_at_nat(w, source, nat);
			return true;
		}
		rule = lb_traffic_rule(c, t);
		if (rule == NULL) {
			(void)snprintf(trouble->text, sizeof(trouble->text),
			    "traffic %u, %s, finds no rule: %s%.64s",
			    source->number + 1, lb_profile_name(t->profile),
			    t->rule != NULL
				? "there is none of the name "
				: "none takes its protocol and port; name one "
				  "with `rule`",
			    t->rule != NULL ? t->rule : "");
			return false;
		}
		if (rule->frontend >= 0)
			source->server = c->frontends[rule->frontend].address;
		if (port == 0)
			port = rule->frontend_port;
	}
	source->port =
	    lb_be16_of(port != 0 ? port : lb_profile_port(t->profile));
	return true;
}

static struct lb_addr
first_client(const struct sim_source *source)
{
	const bool six = !lb_addr_is_v4(&source->server);
	const struct lb_addr *given = &source->traffic->first_client;

	if (lb_scene_names(given) && lb_addr_is_v4(given) != six)
		return *given;
	return six ? first_client6 : v4(100, 64, 0, 1);
}

/* Devices are behind so many addresses, and pick none: see client_coap.c. */
static uint32_t
client_count(const struct sim_world *w, const struct sim_source *source)
{
	const struct lb_traffic *t = source->traffic;
	uint32_t count =
	    t->profile == LB_PROFILE_COAP_DEVICES ? t->addresses : t->clients;

	if (source->pool >= 0)
		count = sim_source_members(w, source);
	return count > 0 ? count : 1;
}

static bool
start_source(struct sim_world *w, uint32_t i, struct sim_trouble *trouble)
{
	const struct lb_traffic *t = &w->scene->traffic[i];
	struct sim_source *source = &w->sources[i];

	source->traffic = t;
	source->profile = profiles[t->profile];
	source->number = i;
	source->pool = -1;
	if (source->profile->arrive == NULL)
		return true; /* nobody knows how to play it */
	if (t->from_pool != NULL ? !sim_source_aim_outside(w, source, trouble)
				 : !aim(w, source, trouble))
		return false;
	source->crowd = sim_crowd_new(
	    first_client(source), client_count(w, source), t->zipf);
	if (source->crowd == NULL)
		return false;
	sim_arrivals_init(&source->arrivals, t, i, w->run->end_ns);
	if (source->profile->begin != NULL &&
	    source->profile->begin(w, source) != 0)
		return false;
	sim_source_wait(w, source);
	return true;
}

/* --- flows --------------------------------------------------------------- */

struct sim_flow *
sim_world_flow(struct sim_world *w, const struct sim_source *source,
    const struct lb_addr *client, uint16_t port)
{
	struct sim_run *run = w->run;
	struct lb_packet pkt = {
		.ip = {
			.src = *client,
			.dst = source->server,
			.sport = lb_be16_of(port),
			.dport = source->port,
			.proto = source->profile->proto,
		},
	};
	enum sim_direction direction;
	struct sim_flow *flow = sim_flows_find(run->flows, &pkt, false,
	    sim_flows_hash(run->flows, &pkt, false), &direction);

	if (flow == NULL && direction == SIM_FLOWS_FULL) {
		if (run->over_limit++ == 0)
			run->over_limit_first_ns = sim_world_now(w);
		w->packets++; /* one that is left out */
	} else if (flow == NULL) {
		w->no_memory = true;
	} else if (direction == SIM_NEW_FLOW) {
		flow->marks |= SIM_ROLE_SYNTHETIC << SIM_FLOW_BY_SHIFT;
		if (sim_vip_has(&run->vip, flow))
			flow->marks |= SIM_FLOW_OURS;
	} else if (direction == SIM_FROM_SERVER) {
		return NULL; /* a captured flow, the other way round */
	}
	return flow;
}

/* --- the world ----------------------------------------------------------- */

struct sim_world *
sim_world_new(struct sim_run *run, struct sim_trouble *trouble)
{
	struct sim_world *w = calloc(1, sizeof(*w));
	const struct lb_scene *scene = run->settings->scene;

	if (w == NULL)
		return NULL;
	w->run = run;
	w->player = run->players[0];
	w->scene = scene;
	w->is_tapped = run->settings->tap != NULL;
	sim_ports_listen(w);
	w->outage_ns = w->player->outage != NULL ? 0 : SIM_NEVER;
	sim_dice_init(&w->dice, sim_replication_seed(run->settings->seed,
				    run->settings->replication));
	w->events = sim_events_new();
	w->ports = sim_ports_new();
	w->farm = sim_farm_new(scene, w->player->plan);
	w->sources = calloc(scene->traffic_count + 1, sizeof(*w->sources));
	w->clients.response = calloc(SIM_TIME_BUCKETS, sizeof(uint64_t));
	bool made = w->events != NULL && w->ports != NULL && w->farm != NULL &&
		    w->sources != NULL && w->clients.response != NULL;
	for (uint32_t i = 0; made && i < scene->traffic_count; i++)
		made = start_source(w, i, trouble);
	if (!made || w->no_memory) {
		sim_world_free(w);
		return NULL;
	}
	return w;
}

void
sim_world_free(struct sim_world *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; w->sources != NULL && i < w->scene->traffic_count;
	     i++) {
		struct sim_source *source = &w->sources[i];
		if (source->profile != NULL && source->profile->end != NULL)
			source->profile->end(source);
		sim_crowd_free(source->crowd);
	}
	free(w->sources);
	free(w->clients.response);
	free(w->parcels.at);
	sim_sessions_free(&w->sessions);
	sim_ports_free(w->ports);
	sim_farm_free(w->farm);
	sim_events_free(w->events);
	free(w);
}

void
sim_world_forget(struct sim_world *w)
{
	uint64_t *response = w->clients.response;

	memset(response, 0, SIM_TIME_BUCKETS * sizeof(*response));
	w->clients = (struct sim_clients){ .response = response };
	w->packets = 0;
	w->warm_ns = sim_world_now(w);
	sim_farm_warmed_up(w->farm, w->player->outage, w->warm_ns);
}
