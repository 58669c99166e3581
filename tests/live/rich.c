/* SPDX-License-Identifier: MIT */
#include "tests/live/rich.h"

#include <stdlib.h>
#include <string.h>

#include "model/config/config_new.h"
#include "model/config/names.h"

enum pool { A4, B4, H4, F4, N4, A6, H6, F6, N6, LAST4, POOL_COUNT };
enum frontend {
	WEB4,
	APP4,
	HA4,
	FLOAT4,
	HAFLOAT4,
	BARE4,
	WEB6,
	HA6,
	FLOAT6,
	FRONTEND_COUNT,
	NOWHERE = -1,
};
enum probe { NO_PROBE = -1, ALIVE, READY };

/* clang-format off */
static const struct {
	const char *name, *first; /* member m is first + m */
	uint32_t count;
} pools[POOL_COUNT] = {
	[A4]    = { "a4",    "10.1.0.1",    6 },
	[B4]    = { "b4",    "10.2.0.1",    4 },
	[H4]    = { "h4",    "10.3.0.1",    4 },
	[F4]    = { "f4",    "10.4.0.1",    3 },
	[N4]    = { "n4",    "10.5.0.1",    3 },
	[A6]    = { "a6",    "fd00:1::1",   8 },
	[H6]    = { "h6",    "fd00:3::1",   3 },
	[F6]    = { "f6",    "fd00:4::1",   2 },
	[N6]    = { "n6",    "fd00:5::1",   2 },
	[LAST4] = { "last4", "10.6.0.1",    2 },
};

static const char *const frontends[FRONTEND_COUNT] = {
	[WEB4] = "203.0.113.10",    [APP4] = "203.0.113.20",
	[HA4] = "203.0.113.30",     [FLOAT4] = "203.0.113.40",
	[HAFLOAT4] = "203.0.113.50",
	[BARE4] = "203.0.113.60", /* no rule has it */
	[WEB6] = "2001:db8:f::10",  [HA6] = "2001:db8:f::30",
	[FLOAT6] = "2001:db8:f::40",
};

#define TCP LB_PROTO_TCP
#define UDP LB_PROTO_UDP
#define ALL 0

static const struct rule {
	const char *name;
	int frontend, pool, probe;
	uint8_t proto;
	uint16_t port, backend_port;
	enum lb_mode mode;
	enum lb_algorithm algorithm;
	uint32_t table_size, idle_ms;
	const char *flags; /* t tracked UDP, r reset, f floating, u all-up */
} rules[] = {
	{ "web", WEB4, A4, ALIVE, TCP, 80, 8080, LB_MODE_FIVE_TUPLE,
	    LB_MAGLEV, 251, 240000, "r" },
	{ "web-tls", WEB4, A4, ALIVE, TCP, 443, 443, LB_MODE_SOURCE_IP,
	    LB_RENDEZVOUS, 127, 1800000, "" },
	{ "coap", WEB4, A4, READY, UDP, 5683, 5683, LB_MODE_FIVE_TUPLE,
	    LB_MODULO, 13, 240000, "" },
	{ "coap-kept", APP4, B4, ALIVE, UDP, 5684, 15684,
	    LB_MODE_SOURCE_IP_PROTOCOL, LB_MAGLEV, 251, 300000, "t" },
	{ "dns", APP4, B4, NO_PROBE, ALL, 53, 53, LB_MODE_FIVE_TUPLE,
	    LB_MAGLEV, 251, 240000, "t" },
	{ "app", APP4, B4, ALIVE, TCP, 9000, 9001, LB_MODE_SOURCE_IP,
	    LB_MAGLEV, 251, 30000, "r" },
	{ "last-up", APP4, LAST4, ALIVE, ALL, 7000, 7000, LB_MODE_FIVE_TUPLE,
	    LB_MAGLEV, 7, 240000, "tu" },
	{ "last-down", APP4, LAST4, ALIVE, ALL, 7001, 7001,
	    LB_MODE_SOURCE_IP, LB_MAGLEV, 7, 240000, "t" },
	{ "ha", HA4, H4, ALIVE, ALL, 0, 0, LB_MODE_FIVE_TUPLE,
	    LB_MAGLEV, 127, 240000, "tr" },
	{ "ha-but", HA4, B4, ALIVE, TCP, 81, 8181, LB_MODE_FIVE_TUPLE,
	    LB_MAGLEV, 251, 240000, "" },
	{ "float", FLOAT4, F4, ALIVE, TCP, 22, 22, LB_MODE_FIVE_TUPLE,
	    LB_MAGLEV, 31, 240000, "fr" },
	{ "float-port", FLOAT4, F4, ALIVE, UDP, 4000, 4001,
	    LB_MODE_SOURCE_IP_PROTOCOL, LB_MAGLEV, 31, 20000, "ft" },
	{ "ha-float", HAFLOAT4, F4, ALIVE, ALL, 0, 0, LB_MODE_SOURCE_IP,
	    LB_MAGLEV, 31, 240000, "f" },
	{ "web6", WEB6, A6, ALIVE, TCP, 80, 8080, LB_MODE_FIVE_TUPLE,
	    LB_MAGLEV, 251, 240000, "r" },
	{ "coap6", WEB6, A6, ALIVE, UDP, 5683, 5684, LB_MODE_SOURCE_IP,
	    LB_MAGLEV, 251, 240000, "t" },
	{ "ha6", HA6, H6, ALIVE, ALL, 0, 0, LB_MODE_SOURCE_IP_PROTOCOL,
	    LB_MAGLEV, 31, 240000, "" },
	{ "float6", FLOAT6, F6, ALIVE, ALL, 22, 22, LB_MODE_FIVE_TUPLE,
	    LB_MAGLEV, 31, 240000, "ft" },
	/* The last two are the next hops. */
	{ "next4", NOWHERE, N4, ALIVE, ALL, 0, 0, LB_MODE_SOURCE_IP_ANY_DST,
	    LB_MAGLEV, 31, 240000, "ft" },
	{ "next6", NOWHERE, N6, ALIVE, ALL, 0, 0,
	    LB_MODE_SOURCE_IP_PROTOCOL_ANY_DST, LB_MAGLEV, 31, 240000, "f" },
};
/* clang-format on */

static const struct nat {
	const char *name;
	int frontend, pool, member; /* -1: every member */
	uint8_t proto;
	uint16_t first, last, backend_port;
	const char *flags; /* r reset, f floating, i instance */
} nats[] = {
	{ "ssh", WEB4, A4, 2, TCP, 2201, 2201, 22, "r" },
	{ "range", WEB4, A4, -1, ALL, 2300, 2305, 2222, "" },
	{ "legacy", APP4, B4, -1, TCP, 2300, 2307, 3389, "ri" },
	{ "beside", HA4, H4, -1, UDP, 2300, 2303, 500, "" },
	{ "near", FLOAT4, F4, 1, ALL, 2201, 2201, 2022, "f" },
	{ "six", WEB6, A6, -1, ALL, 2300, 2309, 2222, "r" },
};

static const struct outbound {
	const char *name;
	int frontends[2], pool; /* NOWHERE: only one */
	uint8_t proto;
	uint32_t ports, idle_ms;
} outbounds[] = {
	{ "few", { BARE4, FLOAT4 }, B4, ALL, 8, 240000 },
	{ "tcp", { APP4, NOWHERE }, A4, TCP, 8, 300000 },
	{ "six", { HA6, FLOAT6 }, A6, ALL, 16, 90000 },
	{ "many", { HA4, NOWHERE }, F4, ALL, 0, 240000 },
};

#define NAT_COUNT  ((uint32_t)LB_COUNT(nats))
#define OUT_COUNT  ((uint32_t)LB_COUNT(outbounds))
#define RULE_COUNT ((uint32_t)LB_COUNT(rules))
#define NEXT_HOPS  2u
#define RULES_BASE (RULE_COUNT - NEXT_HOPS) /* those with a frontend */
#define ALL_OF(n)  ((UINT32_C(1) << (n)) - 1)
#define NAT_PORTS  6u /* of a NAT rule that traffic knows */
#define OWN4       "10.1.0.250"
#define OWN6       "fd00:1::250"
#define NEAR4      "10.1.0.0"
#define NEAR6      "fd00:1::"
#define NEAR4_BITS (96u + 16u)
#define NEAR6_BITS 64u
#define ENTRIES    682u /* 128 buckets of 8 */
#define ENTRIES6   341u /* 64 */

static struct lb_addr
address(const char *text, uint32_t more)
{
	struct lb_addr addr;
	uint8_t bytes[16];

	if (!lb_addr_of_text(text, &addr))
		abort(); /* a misprint in this file */
	memcpy(bytes, &addr, sizeof(bytes));
	bytes[15] = (uint8_t)(bytes[15] + more);
	memcpy(&addr, bytes, sizeof(bytes));
	return addr;
}

/* --- changes ------------------------------------------------------------- */

struct rich
rich_everything(void)
{
	struct rich r = { .rules = ALL_OF(RULE_COUNT),
		.nats = ALL_OF(NAT_COUNT),
		.outbounds = ALL_OF(OUT_COUNT),
		.next_hop = true };

	for (uint32_t p = 0; p < POOL_COUNT; p++)
		r.members[p] = ALL_OF(pools[p].count);
	return r;
}

void
rich_change(struct rich *r, struct chance *c)
{
	uint32_t p = chance_below(c, POOL_COUNT);

	switch (chance_below(c, 8)) {
	case 0:
	case 1: /* a member comes or goes */
		r->members[p] ^= 1u << chance_below(c, pools[p].count);
		break;
	case 2: /* a pool is empty, or whole */
		r->members[p] =
		    chance_percent(c, 40) ? 0 : ALL_OF(pools[p].count);
		break;
	case 3: /* a rule comes or goes */
		if (chance_percent(c, 30))
			r->outbounds ^= 1u << chance_below(c, OUT_COUNT);
		else if (chance_percent(c, 30))
			r->nats ^= 1u << chance_below(c, NAT_COUNT);
		else
			r->rules ^= 1u << chance_below(c, RULE_COUNT);
		break;
	case 4:
		r->sku = (enum lb_sku)chance_below(c, 3);
		r->udp_port = chance_percent(c, 30);
		r->fill_first = chance_percent(c, 30);
		r->otherwise = (uint32_t)chance_next(c);
		break;
	case 5:
		r->next_hop = chance_percent(c, 50);
		r->forwarding = chance_percent(c, 20) ? LB_FORWARDING_L2DSR
						      : LB_FORWARDING_NAT;
		break;
	case 6: /* other timeouts: classes come and go */
		r->idle_more_ms = chance_below(c, 4) * 10000;
		r->admin_seed = chance_percent(c, 50) ? chance_next(c) : 0;
		break;
	default: /* back to where it began */
		*r = rich_everything();
		break;
	}
	r->turn = chance_below(c, 97);
}

/* --- the configuration --------------------------------------------------- */

static enum lb_admin_state
admin_state(const struct rich *r, uint32_t pool, uint32_t member)
{
	struct chance c = { r->admin_seed + pool * 100 + member };

	if (r->admin_seed == 0)
		return LB_ADMIN_NONE;
	switch (chance_below(&c, 8)) {
	case 0:
		return LB_ADMIN_UP;
	case 1:
		return LB_ADMIN_DOWN;
	default:
		return LB_ADMIN_NONE;
	}
}

static void
add_pool(struct lb_config *config, const struct rich *r, uint32_t p)
{
	struct lb_config_pool *pool = &config->pools[config->pool_count++];

	pool->name = strdup(pools[p].name);
	pool->members = calloc(pools[p].count, sizeof(*pool->members));
	for (uint32_t i = 0; i < pools[p].count; i++) {
		uint32_t m = (i + r->turn) % pools[p].count;
		if ((r->members[p] >> m & 1) == 0)
			continue;
		struct lb_config_member *member =
		    &pool->members[pool->member_count++];
		if (asprintf(&member->name, "%s-%u", pools[p].name, m) < 0)
			abort();
		member->address = address(pools[p].first, m);
		member->admin_state = admin_state(r, p, m);
		member->weight = LB_WEIGHT_DEFAULT;
	}
}

static void
add_rule(struct lb_config *config, const struct rich *r, uint32_t i)
{
	const struct rule *from = &rules[i];
	struct lb_config_rule *rule = &config->rules[config->rule_count++];

	lb_config_rule_init(rule);
	rule->name = strdup(from->name);
	rule->frontend = from->frontend;
	rule->pool = from->pool;
	rule->probe = from->probe;
	rule->proto = from->proto;
	rule->frontend_port = from->port;
	rule->backend_port = from->backend_port;
	rule->mode = from->mode;
	rule->algorithm = from->algorithm;
	rule->table_size = from->table_size;
	rule->idle_timeout_ms = from->idle_ms + r->idle_more_ms;
	rule->connection_tracking = strchr(from->flags, 't') != NULL;
	rule->tcp_reset = strchr(from->flags, 'r') != NULL;
	rule->floating_ip = strchr(from->flags, 'f') != NULL;
	rule->all_down = strchr(from->flags, 'u') != NULL ? LB_ALL_PROBED_UP
							  : LB_ALL_PROBED_DOWN;
}

static void
add_rules(struct lb_config *config, const struct rich *r)
{
	for (uint32_t i = 0; i < RULES_BASE; i++) {
		uint32_t which = (i + r->turn) % RULES_BASE;
		if ((r->rules >> which & 1) != 0)
			add_rule(config, r, which);
	}
	if (!r->next_hop)
		return;
	config->next_hop_rule4 = (int)config->rule_count;
	add_rule(config, r, RULES_BASE);
	config->next_hop_rule6 = (int)config->rule_count;
	add_rule(config, r, RULES_BASE + 1);
}

/* The index of the m-th member a pool may have; -1: it is not there. */
static int
member_index(const struct lb_config *config, int pool, int m)
{
	struct lb_addr wanted = address(pools[pool].first, (uint32_t)m);

	for (size_t i = 0; i < config->pools[pool].member_count; i++)
		if (lb_addr_same(
			&config->pools[pool].members[i].address, &wanted))
			return (int)i;
	return -1;
}

static void
add_nat(struct lb_config *config, const struct rich *r, uint32_t i)
{
	const struct nat *from = &nats[i];
	int member = from->member < 0
			 ? -1
			 : member_index(config, from->pool, from->member);

	if (from->member >= 0 && member < 0)
		return; /* who is gone has no rule */
	struct lb_config_nat *nat = &config->nats[config->nat_count++];
	lb_config_nat_init(nat);
	nat->name = strdup(from->name);
	nat->frontend = from->frontend;
	nat->pool = from->pool;
	nat->member = member;
	nat->proto = from->proto;
	nat->first_port = from->first;
	nat->last_port = from->last;
	nat->backend_port = from->backend_port;
	nat->idle_timeout_ms += r->idle_more_ms;
	nat->tcp_reset = strchr(from->flags, 'r') != NULL;
	nat->floating_ip = strchr(from->flags, 'f') != NULL;
	nat->assignment = strchr(from->flags, 'i') != NULL ? LB_ASSIGN_INSTANCE
							   : LB_ASSIGN_LOWEST;
}

static void
add_outbound(struct lb_config *config, const struct rich *r, uint32_t i)
{
	const struct outbound *from = &outbounds[i];
	struct lb_config_outbound *out =
	    &config->outbounds[config->outbound_count++];

	lb_config_outbound_init(out);
	out->name = strdup(from->name);
	out->frontends = calloc(2, sizeof(*out->frontends));
	if (out->frontends == NULL)
		abort();
	for (int f = 0; f < 2; f++)
		if (from->frontends[f] != NOWHERE)
			out->frontends[out->frontend_count++] =
			    from->frontends[f];
	out->pool = from->pool;
	out->proto = from->proto;
	out->ports = from->ports;
	out->idle_timeout_ms = from->idle_ms + r->idle_more_ms;
	out->tcp_reset = i % 2 == 0;
}

static void
add_surroundings(struct lb_config *config)
{
	config->local_addresses = calloc(2, sizeof(struct lb_addr));
	config->local_subnets = calloc(2, sizeof(struct lb_config_subnet));
	if (config->local_addresses == NULL || config->local_subnets == NULL)
		abort();
	config->local_addresses[0] = address(OWN4, 0);
	config->local_addresses[1] = address(OWN6, 0);
	config->local_address_count = 2;
	config->local_subnets[0] =
	    (struct lb_config_subnet){ address(NEAR4, 0), NEAR4_BITS };
	config->local_subnets[1] =
	    (struct lb_config_subnet){ address(NEAR6, 0), NEAR6_BITS };
	config->local_subnet_count = 2;
}

struct lb_config *
rich_config(const struct rich *r)
{
	struct lb_config *config = lb_config_new();

	if (config == NULL)
		return NULL;
	config->frontends = calloc(FRONTEND_COUNT, sizeof(*config->frontends));
	config->pools = calloc(POOL_COUNT, sizeof(*config->pools));
	config->probes = calloc(RICH_PROBES, sizeof(*config->probes));
	config->rules = calloc(RULE_COUNT, sizeof(*config->rules));
	config->nats = calloc(NAT_COUNT, sizeof(*config->nats));
	config->outbounds = calloc(OUT_COUNT, sizeof(*config->outbounds));
	if (config->frontends == NULL || config->pools == NULL ||
	    config->probes == NULL || config->rules == NULL ||
	    config->nats == NULL || config->outbounds == NULL) {
		lb_config_free(config);
		return NULL;
	}
	config->sku = r->sku;
	config->forwarding = r->forwarding;
	config->entries = ENTRIES;
	config->entries6 = ENTRIES6;
	for (uint32_t f = 0; f < FRONTEND_COUNT; f++) {
		config->frontends[f].name = strdup(frontends[f]);
		config->frontends[f].address = address(frontends[f], 0);
	}
	config->frontend_count = FRONTEND_COUNT;
	for (uint32_t p = 0; p < POOL_COUNT; p++)
		add_pool(config, r, p);
	for (uint32_t i = 0; i < RICH_PROBES; i++) {
		lb_config_probe_init(&config->probes[i]);
		config->probes[i].name = strdup(i == ALIVE ? "alive" : "ready");
	}
	config->probe_count = RICH_PROBES;
	add_rules(config, r);
	for (uint32_t i = 0; i < NAT_COUNT; i++)
		if ((r->nats >> i & 1) != 0)
			add_nat(config, r, i);
	for (uint32_t i = 0; i < OUT_COUNT; i++)
		if ((r->outbounds >> i & 1) != 0)
			add_outbound(config, r, i);
	config->udp_snat =
	    r->udp_port ? LB_UDP_SNAT_PORT : LB_UDP_SNAT_DESTINATION;
	config->outbound_frontends =
	    r->fill_first ? LB_OUTBOUND_FILL_FIRST : LB_OUTBOUND_ALL;
	for (unsigned s = 0; s < LB_SWITCH_COUNT; s++)
		config->otherwise[s] = (r->otherwise >> s & 1) != 0;
	config->fin_timeout_ms = 100000; /* not the defaults */
	config->rst_timeout_ms = 7000;
	add_surroundings(config);
	return config;
}

/* --- health -------------------------------------------------------------- */

bool
rich_is_up(void *arg, int probe, uint16_t member)
{
	const struct rich_health *h = arg;

	return (h->down[probe] >> (member & 63) & 1) == 0;
}

void
rich_health_change(
    struct rich_health *h, const struct lb_plan *plan, struct chance *c)
{
	uint64_t *down = &h->down[chance_below(c, RICH_PROBES)];
	const char *pool = pools[chance_below(c, POOL_COUNT)].name;

	switch (chance_below(c, 4)) {
	case 0:
		*down = 0;
		break;
	case 1:
		*down = chance_next(c);
		*down &= chance_next(c); /* one in four */
		break;
	case 2: /* a whole pool */
		for (uint32_t id = 0; id < plan->member_count; id++)
			if (plan->members[id].pool != NULL &&
			    strcmp(plan->members[id].pool, pool) == 0)
				*down |= UINT64_C(1) << (id & 63);
		break;
	default:
		*down ^= UINT64_C(1) << chance_below(c, 64);
		break;
	}
}

/* --- where to ------------------------------------------------------------ */

#define ELSEWHERE 4u /* targets that no rule has */

uint32_t
rich_target_count(void)
{
	return RULES_BASE + NAT_COUNT * NAT_PORTS + ELSEWHERE;
}

struct rich_target
rich_target(uint32_t i)
{
	static const struct {
		const char *addr;
		uint16_t port;
	} elsewhere[ELSEWHERE] = {
		{ "192.0.2.99", 80 }, /* for the next hop, where there is */
		{ "2001:db8:e::99", 443 }, /* one */
		{ "203.0.113.60", 80 },    /* a frontend without a rule */
		{ "203.0.113.10", 81 },    /* a port without one */
	};
	if (i >= RULES_BASE + ELSEWHERE) { /* a range's end, too */
		uint32_t n = i - RULES_BASE - ELSEWHERE;
		const struct nat *nat = &nats[n / NAT_PORTS];
		return (struct rich_target){
			.addr = address(frontends[nat->frontend], 0),
			.port = (uint16_t)(nat->first + n % NAT_PORTS),
			.proto = nat->proto,
		};
	}
	if (i >= RULES_BASE)
		return (struct rich_target){
			.addr = address(elsewhere[i - RULES_BASE].addr, 0),
			.port = elsewhere[i - RULES_BASE].port,
		};
	return (struct rich_target){
		.addr = address(frontends[rules[i].frontend], 0),
		.port = rules[i].port,
		.proto = rules[i].proto,
	};
}

struct lb_addr
rich_member(bool six, struct chance *c)
{
	for (;;) {
		uint32_t p = chance_below(c, POOL_COUNT);
		struct lb_addr addr =
		    address(pools[p].first, chance_below(c, pools[p].count));
		if (lb_addr_is_v4(&addr) != six)
			return addr;
	}
}

struct lb_addr
rich_busy_member(bool six, bool udp)
{
	return address(pools[six ? A6 : udp ? B4 : A4].first, 0);
}

struct lb_addr
rich_address(bool six, struct chance *c)
{
	for (;;) {
		uint32_t p = chance_below(c, POOL_COUNT);
		struct lb_addr addr;
		switch (chance_below(c, 8)) {
		case 0:
			addr = address(six ? OWN6 : OWN4, 0);
			break;
		case 1: /* a neighbour of the members */
			addr = address(six ? NEAR6 : NEAR4, 77);
			break;
		case 2:
		case 3:
		case 4:
			addr = address(
			    pools[p].first, chance_below(c, pools[p].count));
			break;
		default:
			addr = address(
			    frontends[chance_below(c, FRONTEND_COUNT)], 0);
			break;
		}
		if (lb_addr_is_v4(&addr) != six)
			return addr;
	}
}
