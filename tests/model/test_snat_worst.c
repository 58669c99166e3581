/* SPDX-License-Identifier: MIT */
/* model/tables/snat_worst.c: towards whom members use most ports, whatever
 * leaves those lie in and whoever else has ports there. */
#include "model/tables/snat_worst.h"

#include "model/config/names.h"
#include "model/tables/world.h"
#include "tests/model/plan_text.h"

#define BUCKETS_AT_ONCE 100u
#define MOST            4u

struct site {
	struct made made;
	struct lb_world *world;
	struct lb_snat_gauges gauges;
};

/* clang-format off */
#define SITE(ports) \
	"load_balancer: { sku: fairlead }\n" \
	"frontends: [{ name: f, address: 192.0.2.1 }, { name: s, address: \"2001:db8::1\" }]\n" \
	"pools:\n" \
	"  - { name: p, members: [{ name: a, address: 10.0.0.1 }, { name: b, address: 10.0.0.2 }] }\n" \
	"  - { name: q, members: [{ name: six, address: \"fd00::1\" }] }\n" \
	"connection_table: { entries: 4000000 }\n" \
	"outbound_rules:\n" \
	"  - { name: o, pool: p, frontends: [f], ports_per_member: " ports " }\n" \
	"  - { name: o6, pool: q, frontends: [s], ports_per_member: 256 }\n"
/* clang-format on */

static void
site_open(struct site *s, const char *text)
{
	*s = (struct site){ .made = make(text, NULL, NULL) };
	s->world = lb_world_new(s->made.plan);
	UNIT_NEED(s->world);
	CU_ASSERT_EQUAL_FATAL(lb_snat_gauges_read(&s->gauges, s->made.plan), 0);
}

static void
site_close(struct site *s)
{
	lb_snat_gauges_free(&s->gauges);
	lb_world_free(s->world);
	drop(&s->made);
}

static struct lb_addr
address(const char *text)
{
	struct lb_addr addr;
	CU_ASSERT_TRUE_FATAL(lb_addr_of_text(text, &addr));
	return addr;
}

static const struct lb_plan_block *
block_of(const struct site *s, const char *pool, const char *member, bool udp)
{
	uint16_t id = member_id(s->made.plan, pool, member);
	const struct lb_plan *plan = s->made.plan;
	for (uint32_t i = 0; i < plan->block_count; i++)
		if (plan->blocks[i].member == id && plan->blocks[i].udp == udp)
			return &plan->blocks[i];
	CU_FAIL_FATAL("no such block");
	return NULL;
}

/* A member takes a port towards a destination.  false: no room for it. */
static bool
take_one(struct site *s, const struct lb_plan_block *block, struct lb_addr to,
    uint16_t port)
{
	const struct lb_addr *from =
	    &s->made.plan->snats[block->row.address].address;
	s->world->scratch.ask = (struct lb_port_ask){
		.dst = { to.word[0], to.word[1] },
		.port = lb_be16_of(port).raw,
		.address = lb_port_address(from),
		.member = block->member,
		.number = block->row.address,
		.udp = block->udp,
	};
	return lb_ports_take(lb_world_ctx(s->world),
		   block->row.first | (uint32_t)block->row.last << 16) >= 0;
}

static void
take(struct site *s, const struct lb_plan_block *block, struct lb_addr to,
    uint16_t port, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		CU_ASSERT_TRUE(take_one(s, block, to, port));
}

static struct lb_snat_worst *
read_all(const struct site *s)
{
	struct lb_snat_worst *w = lb_snat_worst_new(s->made.plan, &s->gauges);
	UNIT_NEED(w);
	for (uint32_t at = 0; at < s->world->tables.port_buckets;
	     at += BUCKETS_AT_ONCE)
		lb_snat_worst_add(w, &s->world->tables, at, BUCKETS_AT_ONCE);
	return w;
}

/* What is the n-th worst of a block's gauge? */
static void
expect(const struct site *s, struct lb_snat_worst *w,
    const struct lb_plan_block *block, size_t n, const char *to, uint16_t port,
    uint32_t ports)
{
	struct lb_snat_destination out[MOST];
	int gauge = lb_snat_gauge_find(
	    &s->gauges, block->member, block->row.address, block->udp);
	size_t count = lb_snat_worst_of(w, (uint32_t)gauge, out, MOST);
	if (to == NULL) {
		UNIT_EQUAL("there are", count, n);
		return;
	}
	const struct lb_addr addr = address(to);
	UNIT_ROW(to, n < count);
	if (n >= count)
		return;
	UNIT_ROW(to, lb_addr_same(&out[n].addr, &addr));
	UNIT_EQUAL(to, lb_be16_get(out[n].port), port);
	UNIT_EQUAL(to, out[n].ports, ports);
}

/* a and b have 40 ports each, one after the other, of one leaf. */
static void
test_shared_leaf(void)
{
	struct site s;
	site_open(&s, SITE("40"));
	const struct lb_plan_block *a = block_of(&s, "p", "a", false);
	const struct lb_plan_block *b = block_of(&s, "p", "b", false);
	const struct lb_plan_block *u = block_of(&s, "p", "b", true);
	const struct lb_addr x = address("198.51.100.1");
	const struct lb_addr y = address("198.51.100.2");
	take(&s, a, x, 443, 7);
	take(&s, a, x, 80, 2);
	take(&s, a, y, 443, 9);
	take(&s, b, x, 443, 40);
	take(&s, u, y, 0, 3);
	struct lb_snat_worst *w = read_all(&s);
	expect(&s, w, a, 0, "198.51.100.2", 443, 9);
	expect(&s, w, a, 1, "198.51.100.1", 443, 7);
	expect(&s, w, a, 2, "198.51.100.1", 80, 2);
	expect(&s, w, a, 3, NULL, 0, 0);
	expect(&s, w, b, 0, "198.51.100.1", 443, 40);
	expect(&s, w, b, 1, NULL, 0, 0);
	expect(&s, w, u, 0, "198.51.100.2", 0, 3);
	lb_snat_worst_free(w);
	site_close(&s);
}

/* 1,000 ports from five leaves; the fifth destination is left out. */
static void
test_leaves_add_up(void)
{
	struct site s;
	char text[32];
	site_open(&s, SITE("1000"));
	const struct lb_plan_block *b = block_of(&s, "p", "b", false);
	for (unsigned i = 1; i <= 5; i++) {
		(void)snprintf(text, sizeof(text), "198.51.100.%u", i);
		take(&s, b, address(text), 53, i * 200);
	}
	struct lb_snat_worst *w = read_all(&s);
	expect(&s, w, b, 0, "198.51.100.5", 53, 1000);
	expect(&s, w, b, 1, "198.51.100.4", 53, 800);
	expect(&s, w, b, 2, "198.51.100.3", 53, 600);
	expect(&s, w, b, 3, "198.51.100.2", 53, 400);
	expect(&s, w, b, 4, NULL, 0, 0);
	expect(&s, w, block_of(&s, "p", "a", false), 0, NULL, 0, 0);
	lb_snat_worst_free(w);
	site_close(&s);
}

static void
test_six(void)
{
	struct site s;
	site_open(&s, SITE("8"));
	const struct lb_plan_block *six = block_of(&s, "q", "six", false);
	take(&s, six, address("2001:db8:7::1"), 443, 200);
	take(&s, six, address("2001:db8:7::2"), 443, 201);
	struct lb_snat_worst *w = read_all(&s);
	expect(&s, w, six, 0, "2001:db8:7::2", 443, 201);
	expect(&s, w, six, 1, "2001:db8:7::1", 443, 200);
	lb_snat_worst_free(w);
	site_close(&s);
}

/* More destinations than are kept: what is big stays, and is right. */
static void
test_many(void)
{
	struct site s;
	site_open(&s, SITE("512"));
	const struct lb_plan_block *a = block_of(&s, "p", "a", false);
	take(&s, a, address("198.51.100.9"), 443, 300);
	/* A bucket may be full: so many records hash into one now and then. */
	for (unsigned i = 0; i < LB_SNAT_WORST_MAX + 1000; i++)
		(void)take_one(&s, a, lb_addr_v4(0x01000064u + (i << 8)), 443);
	take(&s, a, address("198.51.100.8"), 443, 40);
	struct lb_snat_worst *w = read_all(&s);
	expect(&s, w, a, 0, "198.51.100.9", 443, 300);
	expect(&s, w, a, 1, "198.51.100.8", 443, 40);
	lb_snat_worst_free(w);
	site_close(&s);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "two members of one leaf", test_shared_leaf },
		{ "leaves of one destination", test_leaves_add_up },
		{ "IPv6", test_six },
		{ "more than are kept", test_many },
		CU_TEST_INFO_NULL,
	};

	return unit_main("snat_worst", tests);
}
