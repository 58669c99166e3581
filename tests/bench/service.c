/* SPDX-License-Identifier: MIT */
#include "tests/bench/service.h"

#include <stdlib.h>
#include <string.h>

#include "model/config/names.h"

#define PORT       5683u
#define RULE_KINDS 4u /* UDP and TCP, IPv4 and IPv6 */

static char *
named(const char *format, unsigned n)
{
	char text[64];
	(void)snprintf(text, sizeof(text), format, n);
	return strdup(text);
}

static void
member(struct lb_config_member *m, bool six, unsigned i)
{
	m->name = named("backend-%u", i);
	m->weight = LB_WEIGHT_DEFAULT;
	if (six)
		m->address = (struct lb_addr){ { UINT64_C(0x02000120),
		    (uint64_t)__builtin_bswap32(i) << 32 } };
	else
		m->address = lb_addr_v4(__builtin_bswap32(0xc6120000u + i));
}

static void
pool(struct lb_config_pool *p, bool six, unsigned members)
{
	p->name = strdup(six ? "six" : "four");
	p->members = calloc(members, sizeof(*p->members));
	p->member_count = members;
	for (unsigned i = 0; i < members; i++)
		member(&p->members[i], six, i + 1);
}

static void
rule(struct lb_config_rule *r, const struct service *s, unsigned index)
{
	unsigned port = index / RULE_KINDS, kind = index % RULE_KINDS;
	r->name = named("rule-%u", index);
	r->frontend = r->pool = (int)(kind & 1);
	r->probe = -1;
	r->proto = kind < 2 ? LB_PROTO_UDP : LB_PROTO_TCP;
	r->frontend_port = (uint16_t)(PORT + port);
	r->backend_port = (uint16_t)(PORT + port);
	r->mode = LB_MODE_FIVE_TUPLE;
	r->algorithm = s->algorithm;
	r->table_size = 65537;
	r->connection_tracking = true;
	r->idle_timeout_ms = 240000;
}

struct lb_plan *
service_plan(const struct service *s)
{
	struct lb_problems problems = { 0 };
	struct lb_config *c = calloc(1, sizeof(*c));
	c->sku = LB_SKU_FAIRLEAD;
	c->frontend_count = c->pool_count = 2;
	c->frontends = calloc(2, sizeof(*c->frontends));
	c->frontends[0].name = strdup("four");
	c->frontends[1].name = strdup("six");
	(void)lb_addr_of_text("203.0.113.10", &c->frontends[0].address);
	(void)lb_addr_of_text("2001:db8::a", &c->frontends[1].address);
	c->pools = calloc(2, sizeof(*c->pools));
	pool(&c->pools[0], false, s->members);
	pool(&c->pools[1], true, s->members);
	c->rule_count = s->rules * RULE_KINDS;
	c->rules = calloc(c->rule_count, sizeof(*c->rules));
	for (unsigned i = 0; i < c->rule_count; i++)
		rule(&c->rules[i], s, i);
	c->entries = c->entries6 = s->entries;
	c->next_hop_rule4 = c->next_hop_rule6 = -1;
	struct lb_plan *plan = lb_plan_compile(c, NULL, NULL, &problems);
	lb_problems_print(&problems, "bench", stderr);
	lb_problems_free(&problems);
	lb_config_free(c);
	return plan;
}
