/* SPDX-License-Identifier: MIT */
#include "tests/live/race_world.h"

#include <stdlib.h>
#include <string.h>

#include "model/config/config_new.h"
#include "model/path/table.h"

#define IDLE_TCP_MS 6u
#define IDLE_UDP_MS 4u

static struct lb_addr
address6(uint64_t high, uint64_t low)
{
	return (struct lb_addr){ { high, low } };
}

static void
set_pool(struct lb_config_pool *pool, bool six)
{
	pool->name = strdup(six ? "six" : "four");
	pool->members = calloc(RACE_MEMBERS, sizeof(*pool->members));
	if (pool->name == NULL || pool->members == NULL)
		abort();
	pool->member_count = RACE_MEMBERS;
	for (uint32_t m = 0; m < RACE_MEMBERS; m++) {
		if (asprintf(&pool->members[m].name, "m-%u", m) < 0)
			abort();
		pool->members[m].address =
		    six ? address6(RACE_MEMBER6_HI, (uint64_t)(m + 1) << 56)
			: lb_addr_v4(RACE_MEMBER4 | (m + 1) << 24);
		pool->members[m].weight = LB_WEIGHT_DEFAULT;
	}
}

static void
set_rule(struct lb_config *config, int which, uint32_t flow)
{
	struct lb_config_rule *rule = &config->rules[config->rule_count++];
	bool udp = race_is_udp(flow);

	lb_config_rule_init(rule);
	if (asprintf(&rule->name, "rule-%zu", config->rule_count) < 0)
		abort();
	rule->frontend = rule->pool = which;
	rule->probe = 0;
	rule->proto = udp ? LB_PROTO_UDP : LB_PROTO_TCP;
	rule->frontend_port = (uint16_t)race_frontend_port(flow);
	rule->floating_ip = race_is_floating(flow);
	rule->backend_port = rule->floating_ip
				 ? rule->frontend_port
				 : (uint16_t)race_backend_port(flow);
	rule->connection_tracking = udp;
	rule->tcp_reset = !udp;
	rule->idle_timeout_ms = udp ? IDLE_UDP_MS : IDLE_TCP_MS;
	rule->table_size = 4099;
	rule->outbound_snat = false;
}

struct lb_config *
race_config(void)
{
	struct lb_config *config = lb_config_new();

	if (config == NULL)
		abort();
	config->sku = LB_SKU_FAIRLEAD;
	config->frontends = calloc(2, sizeof(*config->frontends));
	config->pools = calloc(2, sizeof(*config->pools));
	config->probes = calloc(1, sizeof(*config->probes));
	config->rules = calloc(5, sizeof(*config->rules));
	if (config->frontends == NULL || config->pools == NULL ||
	    config->probes == NULL || config->rules == NULL)
		abort();
	config->frontend_count = config->pool_count = 2;
	config->probe_count = 1;
	lb_config_probe_init(&config->probes[0]);
	config->probes[0].name = strdup("probe");
	for (int six = 0; six < 2; six++) {
		config->frontends[six].name = strdup(six != 0 ? "f6" : "f4");
		config->frontends[six].address =
		    six != 0 ? address6(RACE_FRONTEND6_HI, RACE_FRONTEND6_LO)
			     : lb_addr_v4(RACE_FRONTEND4);
		set_pool(&config->pools[six], six != 0);
	}
	/* A flow of each kind stands for its rule. */
	set_rule(config, 0, 2);
	set_rule(config, 0, 1);
	set_rule(config, 0, 0);
	set_rule(config, 1, RACE_FLOWS4 + 2);
	set_rule(config, 1, RACE_FLOWS4);
	/* Slots are 1.5 times what is asked for, and a power of two. */
	config->entries = RACE_BUCKETS4 * LB_WAYS * 2 / 3;
	config->entries6 = RACE_BUCKETS6 * LB_WAYS * 2 / 3;
	return config;
}

struct lb_packet
race_syn(uint32_t flow)
{
	bool six = race_is_six(flow);

	return (struct lb_packet){
		.ip = {
			.src = six ? address6(race_client6_hi(),
					 race_client6_lo(flow))
				   : lb_addr_v4(race_client4(flow)),
			.dst = six ? address6(
					 RACE_FRONTEND6_HI, RACE_FRONTEND6_LO)
				   : lb_addr_v4(RACE_FRONTEND4),
			.sport = lb_be16_of((uint16_t)race_client_port(flow)),
			.dport =
			    lb_be16_of((uint16_t)race_frontend_port(flow)),
			.family = six ? 6 : 4,
			.proto =
			    race_is_udp(flow) ? LB_PROTO_UDP : LB_PROTO_TCP,
		},
		.tcp_flags = race_is_udp(flow) ? 0 : LB_TCP_SYN,
	};
}
