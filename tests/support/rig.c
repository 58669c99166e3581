/* SPDX-License-Identifier: MIT */
#include "tests/support/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "model/config/config_new.h"

#define TEXT(text) ((char *)(text))

static const struct lb_addr frontends[RIG_FRONTENDS] = {
	[RIG_VIP] = FRAME_V4(203, 0, 113, 10),
	[RIG_HA] = FRAME_V4(203, 0, 113, 20),
	[RIG_FLOAT] = FRAME_V4(203, 0, 113, 30),
	[RIG_FLOAT_HA] = FRAME_V4(203, 0, 113, 40),
	[RIG_BARE] = FRAME_V4(203, 0, 113, 50),
	[RIG_VIP6] = FRAME_V6(0x2001, 0xdb8, 0xf, 0, 0, 0, 0, 0x10),
	[RIG_HA6] = FRAME_V6(0x2001, 0xdb8, 0xf, 0, 0, 0, 0, 0x20),
};

static const char *const frontend_names[RIG_FRONTENDS] = { "vip", "ha", "float",
	"float-ha", "bare", "vip6", "ha6" };

static const char *const pool_names[RIG_POOLS] = { "web", "nva", "near", "web6",
	"nva6" };

static const char *const member_names[RIG_MEMBERS] = { "one", "two", "three" };

static const struct lb_addr members[RIG_POOLS][RIG_MEMBERS] = {
	{ FRAME_V4(10, 0, 0, 4), FRAME_V4(10, 0, 0, 5), FRAME_V4(10, 0, 0, 6) },
	{ FRAME_V4(10, 0, 1, 4), FRAME_V4(10, 0, 1, 5), FRAME_V4(10, 0, 1, 6) },
	{ FRAME_V4(10, 0, 2, 4), FRAME_V4(10, 0, 2, 5), FRAME_V4(10, 0, 2, 6) },
	{ FRAME_V6(0x2001, 0xdb8, 0xa, 0, 0, 0, 0, 4),
	    FRAME_V6(0x2001, 0xdb8, 0xa, 0, 0, 0, 0, 5),
	    FRAME_V6(0x2001, 0xdb8, 0xa, 0, 0, 0, 0, 6) },
	{ FRAME_V6(0x2001, 0xdb8, 0xb, 0, 0, 0, 0, 4),
	    FRAME_V6(0x2001, 0xdb8, 0xb, 0, 0, 0, 0, 5),
	    FRAME_V6(0x2001, 0xdb8, 0xb, 0, 0, 0, 0, 6) },
};

#define TCP       LB_PROTO_TCP
#define UDP       LB_PROTO_UDP
#define FIVE      LB_MODE_FIVE_TUPLE
#define SRC       LB_MODE_SOURCE_IP
#define SRC_PROTO LB_MODE_SOURCE_IP_PROTOCOL

/* clang-format off */
static const struct rule {
	const char *name;
	int frontend, pool;
	uint8_t proto;
	uint16_t port, backend_port;
	enum lb_mode mode;
	bool tracking, reset, floating;
} rules[RIG_RULES] = {
	[RIG_HTTP] =         { "http", RIG_VIP, RIG_WEB, TCP, 80, 8080, FIVE,
	                       false, false, false },
	[RIG_RESET] =        { "reset", RIG_VIP, RIG_WEB, TCP, 81, 8081, FIVE,
	                       false, true, false },
	[RIG_BRIEF] =        { "brief", RIG_VIP, RIG_WEB, TCP, 90, 8090, FIVE,
	                       false, false, false },
	[RIG_SAME_PORT] =    { "same", RIG_VIP, RIG_WEB, TCP, 22, 22, FIVE,
	                       false, false, false },
	[RIG_SOURCE] =       { "source", RIG_VIP, RIG_WEB, TCP, 443, 8443, SRC,
	                       false, false, false },
	[RIG_SOURCE_UDP] =   { "source-udp", RIG_VIP, RIG_WEB, UDP, 443, 8443,
	                       SRC, false, false, false },
	[RIG_SOURCE2] =      { "source2", RIG_VIP, RIG_WEB, TCP, 445, 8445, SRC,
	                       false, false, false },
	[RIG_PROTOCOL] =     { "protocol", RIG_VIP, RIG_WEB, TCP, 444, 8444,
	                       SRC_PROTO, false, false, false },
	[RIG_PROTOCOL_UDP] = { "protocol-udp", RIG_VIP, RIG_WEB, UDP, 444, 8444,
	                       SRC_PROTO, false, false, false },
	[RIG_PROTOCOL2] =    { "protocol2", RIG_VIP, RIG_WEB, TCP, 446, 8446,
	                       SRC_PROTO, false, false, false },
	[RIG_DNS] =          { "dns", RIG_VIP, RIG_WEB, UDP, 53, 5353, FIVE,
	                       false, false, false },
	[RIG_COAP] =         { "coap", RIG_VIP, RIG_WEB, UDP, 5683, 5684, FIVE,
	                       true, true, false },
	[RIG_ANY] =          { "any", RIG_HA, RIG_NVA, 0, 0, 0, FIVE,
	                       false, false, false },
	[RIG_FLOAT_HTTP] =   { "float-http", RIG_FLOAT, RIG_NEAR, TCP, 80, 8080,
	                       FIVE, false, false, true },
	[RIG_FLOAT_COAP] =   { "float-coap", RIG_FLOAT, RIG_NEAR, UDP, 5683,
	                       5683, FIVE, true, false, true },
	[RIG_FLOAT_ANY] =    { "float-any", RIG_FLOAT_HA, RIG_NEAR, 0, 0, 0,
	                       FIVE, false, false, true },
	[RIG_NEXT] =         { "next", -1, RIG_NEAR, 0, 0, 0, FIVE,
	                       false, false, true },
	[RIG_HTTP6] =        { "http6", RIG_VIP6, RIG_WEB6, TCP, 80, 8080, FIVE,
	                       false, false, false },
	[RIG_DNS6] =         { "dns6", RIG_VIP6, RIG_WEB6, UDP, 53, 5353, FIVE,
	                       false, false, false },
	[RIG_COAP6] =        { "coap6", RIG_VIP6, RIG_WEB6, UDP, 5683, 5684,
	                       FIVE, true, false, false },
	[RIG_ANY6] =         { "any6", RIG_HA6, RIG_NVA6, 0, 0, 0, FIVE,
	                       false, false, false },
};
/* clang-format on */

static void
require(bool fine, const char *what)
{
	if (!fine) {
		(void)fprintf(stderr, "rig: %s\n", what);
		abort();
	}
}

static void
open_pools(struct rig *rig)
{
	for (unsigned p = 0; p < RIG_POOLS; p++) {
		for (unsigned m = 0; m < RIG_MEMBERS; m++) {
			rig->members[p][m].name = TEXT(member_names[m]);
			rig->members[p][m].address = members[p][m];
			rig->members[p][m].weight = LB_WEIGHT_DEFAULT;
		}
		rig->pools[p].name = TEXT(pool_names[p]);
		rig->pools[p].members = rig->members[p];
		rig->pools[p].member_count = RIG_MEMBERS;
	}
}

static void
open_rules(struct rig *rig)
{
	for (unsigned r = 0; r < RIG_RULES; r++) {
		struct lb_config_rule *to = &rig->rules[r];
		const struct rule *from = &rules[r];
		lb_config_rule_init(to);
		to->name = TEXT(from->name);
		to->frontend = from->frontend;
		to->pool = from->pool;
		to->probe = 0;
		to->proto = from->proto;
		to->frontend_port = from->port;
		to->backend_port = from->backend_port;
		to->mode = from->mode;
		to->table_size = 251;
		to->connection_tracking = from->tracking;
		to->idle_timeout_ms = RIG_IDLE_MS;
		to->tcp_reset = from->reset;
		to->floating_ip = from->floating;
		to->outbound_snat = false; /* who wants it says so */
	}
	rig->rules[RIG_BRIEF].idle_timeout_ms = 30000;
}

void
rig_open(struct rig *rig)
{
	struct lb_config *c = &rig->config;
	memset(rig, 0, sizeof(*rig));
	for (unsigned f = 0; f < RIG_FRONTENDS; f++) {
		rig->frontends[f].name = TEXT(frontend_names[f]);
		rig->frontends[f].address = frontends[f];
	}
	open_pools(rig);
	open_rules(rig);
	lb_config_probe_init(&rig->probe);
	rig->probe.name = TEXT("alive");
	rig->own[0] = (struct lb_addr)RIG_OWN4;
	rig->subnets[0] =
	    (struct lb_config_subnet){ FRAME_V4(10, 0, 0, 0), 96 + 16 };
	rig->subnets[1] = (struct lb_config_subnet){
		FRAME_V6(0x2001, 0xdb8, 0xa, 0, 0, 0, 0, 0), 48
	};
	rig->subnets[2] = (struct lb_config_subnet){
		FRAME_V6(0x2001, 0xdb8, 0xb, 0, 0, 0, 0, 0), 48
	};
	c->sku = LB_SKU_FAIRLEAD;
	c->frontends = rig->frontends;
	c->frontend_count = RIG_FRONTENDS;
	c->pools = rig->pools;
	c->pool_count = RIG_POOLS;
	c->probes = &rig->probe;
	c->probe_count = 1;
	c->rules = rig->rules;
	c->rule_count = RIG_RULES;
	c->entries = c->entries6 = 80; /* 16 buckets */
	c->local_addresses = rig->own;
	c->local_address_count = 1;
	c->local_subnets = rig->subnets;
	c->local_subnet_count = 3;
	c->next_hop_rule4 = c->next_hop_rule6 = -1;
}

static struct lb_plan *
compile(struct rig *rig, const struct lb_plan *before)
{
	struct lb_problems problems = { 0 };
	struct lb_plan *plan =
	    lb_plan_compile(&rig->config, before, NULL, &problems);
	lb_problems_print(&problems, "rig", stderr);
	lb_problems_free(&problems);
	require(plan != NULL, "no plan");
	require(plan->member_count <= RIG_IDS_MAX, "too many ids");
	return plan;
}

static bool
is_up(void *arg, int probe, uint16_t member)
{
	const struct rig *rig = arg;
	(void)probe;
	return !rig->down[member];
}

static void
health(struct rig *rig)
{
	require(lb_plan_health(rig->plan, &rig->config, is_up, rig) == 0,
	    "no health");
}

void
rig_start(struct rig *rig)
{
	rig->plan = compile(rig, NULL);
	health(rig);
	rig->world = lb_world_new(rig->plan);
	require(rig->world != NULL, "no world");
}

void
rig_swap(struct rig *rig)
{
	struct lb_plan *before = rig->plan;
	rig->plan = compile(rig, before);
	health(rig);
	lb_world_swap(rig->world, rig->plan);
	lb_plan_free(before);
}

void
rig_close(struct rig *rig)
{
	lb_world_free(rig->world);
	lb_plan_free(rig->plan);
}

void
rig_health(struct rig *rig, uint16_t member, bool up)
{
	rig->down[member] = !up;
	health(rig);
}

uint16_t
rig_rule(const struct rig *rig, enum rig_rule rule)
{
	return rig->plan->rule_ids[rule];
}

uint16_t
rig_member(const struct rig *rig, enum rig_pool pool, unsigned i)
{
	return rig->plan->member_ids[rig->plan->pool_first[pool] + i];
}

struct lb_addr
rig_address(const struct rig *rig, uint16_t member)
{
	require(member < rig->plan->member_count, "no such member");
	return rig->plan->members[member].address;
}

struct lb_addr
rig_frontend(const struct rig *rig, enum rig_frontend frontend)
{
	return rig->frontends[frontend].address;
}

uint16_t
rig_other(const struct rig *rig, enum rig_pool pool, uint16_t than)
{
	uint16_t first = rig_member(rig, pool, 0);
	return first != than ? first : rig_member(rig, pool, 1);
}

uint64_t *
rig_ctl(const struct rig *rig)
{
	const struct lb_tables *t = &rig->world->tables;
	const struct lb_result *r = &rig->result;
	return rig->packet.ip.family == 6 ? &t->conn6[r->bucket].ctl[r->way]
					  : &t->conn4[r->bucket].ctl[r->way];
}

uint32_t
rig_seen_ms(const struct rig *rig)
{
	const struct lb_tables *t = &rig->world->tables;
	const struct lb_result *r = &rig->result;
	return lb_w2_seen(rig->packet.ip.family == 6
			      ? t->conn6[r->bucket].entry[r->way].w2
			      : t->conn4[r->bucket].entry[r->way].w2);
}

uint32_t
rig_deadline_ms(const struct rig *rig)
{
	return lb_deadline_ms(&rig->world->tables, rig->packet.ip.family == 6,
	    rig->result.bucket, rig->result.way);
}
