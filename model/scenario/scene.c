/* SPDX-License-Identifier: MIT */
#include "model/scenario/scene.h"

#include <stdlib.h>

#include "model/config/names.h"

static const char *const profiles[] = { "web", "long-lived", "syn-flood", "dns",
	"udp", "coap-devices" };
static const char *const arrivals[] = { "poisson", "constant", "bursts",
	"beta" };
static const char *const sizes[] = { "bounded-pareto", "constant", "web-search",
	"data-mining", "hadoop", "cache" };
static const char *const sources[] = { "random", "pool", "fixed" };
static const char *const closes[] = { "fin", "reset", "never" };
static const char *const services[] = { "constant", "exponential",
	"lognormal" };
static const char *const probe_answers[] = { "good", "status", "hang" };
static const char *const ecmps[] = { "hash-threshold", "modulo" };

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static int
find(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (lb_name_is(name, list[i]))
			return (int)i;
	return -1;
}

const char *
lb_profile_name(unsigned profile)
{
	return profile < COUNT(profiles) ? profiles[profile] : "?";
}

uint8_t
lb_profile_proto(enum lb_profile profile)
{
	return profile < LB_PROFILE_DNS ? LB_PROTO_TCP : LB_PROTO_UDP;
}

uint16_t
lb_profile_port(enum lb_profile profile)
{
	static const uint16_t ports[LB_PROFILE_COUNT] = {
		[LB_PROFILE_WEB] = 80,
		[LB_PROFILE_LONG_LIVED] = 443,
		[LB_PROFILE_SYN_FLOOD] = 80,
		[LB_PROFILE_DNS] = 53,
		[LB_PROFILE_UDP] = 9000,
		[LB_PROFILE_COAP_DEVICES] = 5683,
	};

	return ports[profile];
}

int
lb_profile_of_name(const char *name)
{
	return find(name, profiles, COUNT(profiles));
}

int
lb_arrivals_of_name(const char *name)
{
	return find(name, arrivals, COUNT(arrivals));
}

int
lb_sizes_of_name(const char *name)
{
	return find(name, sizes, COUNT(sizes));
}

int
lb_sources_of_name(const char *name)
{
	return find(name, sources, COUNT(sources));
}

int
lb_close_of_name(const char *name)
{
	return find(name, closes, COUNT(closes));
}

int
lb_service_of_name(const char *name)
{
	return find(name, services, COUNT(services));
}

int
lb_probe_answer_of_name(const char *name)
{
	return find(name, probe_answers, COUNT(probe_answers));
}

const char *
lb_ecmp_name(unsigned ecmp)
{
	return ecmp < COUNT(ecmps) ? ecmps[ecmp] : "?";
}

int
lb_ecmp_of_name(const char *name)
{
	return find(name, ecmps, COUNT(ecmps));
}

struct lb_scene
lb_scene_defaults(void)
{
	return (struct lb_scene){
		.client_link = { .latency_ns = 20 * LB_NS_PER_MS },
		.member_link = { .latency_ns = LB_NS_PER_MS / 2 },
		.instances = 1,
	};
}

/* What every profile that asks and is answered has. */
static const struct lb_traffic asking = {
	.rate = 100 * LB_SCENE_ONE,
	.burst_factor = 10 * LB_SCENE_ONE,
	.burst_ms = 1000,
	.burst_every_ms = 10000,
	.clients = 1000,
	.requests = LB_SCENE_ONE,
	.tries = 1,
	.size_max = 1200, /* of datagrams, as QUIC's: a path carries it whole */
	.alpha = 1200000,
};

struct lb_traffic
lb_traffic_defaults(enum lb_profile profile)
{
	struct lb_traffic t = asking;

	t.profile = profile;
	switch (profile) {
	case LB_PROFILE_WEB: /* SURGE-like: Barford and Crovella, 1998 */
		t.zipf = LB_SCENE_ONE;
		t.requests = 5 * LB_SCENE_ONE;
		t.think_ms = 1000;
		t.tries = 6; /* tcp(7): tcp_syn_retries, and the first */
		t.request_bytes = 400;
		t.size_min = 1000;
		t.size_max = 100000000;
		break;
	case LB_PROFILE_LONG_LIVED:
		t.connections = 1000;
		t.ramp_ms = 10000;
		t.keepalive_ms = 7200000; /* RFC 9293 3.8.4 */
		t.request_bytes = 200;
		t.sizes = LB_SIZES_CONSTANT;
		t.size_min = 200;
		t.size_max = 100000000;
		break;
	case LB_PROFILE_SYN_FLOOD:
		t.rate = 1000 * LB_SCENE_ONE;
		break;
	case LB_PROFILE_DNS: /* resolv.conf(5): attempts, timeout */
		t.zipf = LB_SCENE_ONE;
		t.request_bytes = 40;
		t.sizes = LB_SIZES_CONSTANT;
		t.size_min = 120;
		t.tries = 2;
		t.timeout_ms = 5000;
		break;
	case LB_PROFILE_UDP:
		t.request_bytes = 100;
		t.sizes = LB_SIZES_CONSTANT;
		t.size_min = 100;
		t.tries = 3;
		t.timeout_ms = 1000;
		break;
	case LB_PROFILE_COAP_DEVICES:
		t.devices = 1000;
		t.addresses = 12;
		t.period_ms = 60000;
		t.jitter_ms = 5000;
		t.confirmable = LB_SCENE_ONE;
		t.request_bytes = 60;
		t.sizes = LB_SIZES_CONSTANT;
		t.size_min = 12;
		t.notify_every_ms = 10000;
		t.confirm_every = 10;
		break;
	case LB_PROFILE_COUNT:
		break;
	}
	return t;
}

void
lb_scene_free(struct lb_scene *scene)
{
	for (size_t i = 0; i < scene->traffic_count; i++) {
		free(scene->traffic[i].rule);
		free(scene->traffic[i].from_pool);
	}
	for (size_t i = 0; i < scene->server_count; i++) {
		free(scene->servers[i].member);
		free(scene->servers[i].ports);
	}
	for (size_t i = 0; i < scene->failure_count; i++)
		free(scene->failures[i].member);
	free(scene->traffic);
	free(scene->servers);
	free(scene->failures);
	*scene = lb_scene_defaults();
}
