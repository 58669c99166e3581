/* SPDX-License-Identifier: MIT */
/* sim/flows/flows.c, sim/flows/keys.c, sim/flows/servers.c: what is the same,
 * and what is not, and that growing loses nothing. */
#include "sim/flows/flows.h"
#include "sim/flows/keys.h"
#include "sim/flows/servers.h"
#include "tests/support/frame.h"
#include "tests/unit.h"

#define CLIENT4 FRAME_V4(192, 0, 2, 1)
#define SERVER4 FRAME_V4(203, 0, 113, 10)
#define CLIENT6 FRAME_V6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)
#define SERVER6 FRAME_V6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2)
#define MANY    200000u

static struct lb_packet
packet(struct lb_addr src, uint16_t sport, struct lb_addr dst, uint16_t dport,
    uint8_t proto)
{
	return (struct lb_packet){
		.ip = { .src = src,
		    .dst = dst,
		    .sport = lb_be16_of(sport),
		    .dport = lb_be16_of(dport),
		    .family = lb_addr_is_v4(&src) ? 4 : 6,
		    .proto = proto },
	};
}

static struct sim_flow *
find(struct sim_flows *f, const struct lb_packet *pkt, bool portless,
    enum sim_direction *direction)
{
	return sim_flows_find(
	    f, pkt, portless, sim_flows_hash(f, pkt, portless), direction);
}

#define C4     CLIENT4
#define S4     SERVER4
#define C6     CLIENT6
#define S6     SERVER6
#define NEW    SIM_NEW_FLOW
#define CLIENT SIM_FROM_CLIENT
#define SERVER SIM_FROM_SERVER

/* clang-format off */
static const struct {
	const char *row;
	struct lb_addr src, dst;
	uint16_t sport, dport;
	uint8_t proto;
	bool portless;
	enum sim_direction direction;
	uint32_t number; /* of the flow, in order of first appearance */
} lookups[] = {
	{ "first",           C4, S4, 4000,   80,  6, false, NEW,    0 },
	{ "again",           C4, S4, 4000,   80,  6, false, CLIENT, 0 },
	{ "answered",        S4, C4,   80, 4000,  6, false, SERVER, 0 },
	{ "another port",    C4, S4, 4001,   80,  6, false, NEW,    1 },
	{ "another proto",   C4, S4, 4000,   80, 17, false, NEW,    2 },
	{ "ports crossed",   C4, S4,   80, 4000,  6, false, NEW,    3 },
	{ "crossed answer",  S4, C4, 4000,   80,  6, false, SERVER, 3 },
	{ "no ports",        C4, S4, 4000,   80, 17, true,  NEW,    4 },
	{ "others, none",    C4, S4,    9,    9, 17, true,  CLIENT, 4 },
	{ "none, answered",  S4, C4,    0,    0, 17, true,  SERVER, 4 },
	{ "real port 0",     C4, S4,    0,    0, 17, false, NEW,    5 },
	{ "IPv6",            C6, S6, 4000,   80,  6, false, NEW,    6 },
	{ "IPv6 answered",   S6, C6,   80, 4000,  6, false, SERVER, 6 },
	{ "to itself",       C4, C4,    7,    7, 17, false, NEW,    7 },
	{ "itself again",    C4, C4,    7,    7, 17, false, CLIENT, 7 },
	{ "own other port",  C4, C4,    7,    8, 17, false, NEW,    8 },
	{ "from that",       C4, C4,    8,    7, 17, false, SERVER, 8 },
};
/* clang-format on */

static void
test_lookups(void)
{
	struct sim_flows *f = sim_flows_new(2, false, 1000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);

	for (size_t i = 0; i < LB_COUNT(lookups); i++) {
		struct lb_packet pkt = packet(lookups[i].src, lookups[i].sport,
		    lookups[i].dst, lookups[i].dport, lookups[i].proto);
		enum sim_direction direction;
		const struct sim_flow *flow =
		    find(f, &pkt, lookups[i].portless, &direction);

		UNIT_ROW(lookups[i].row, flow != NULL);
		UNIT_EQUAL(lookups[i].row, direction, lookups[i].direction);
		UNIT_ROW(
		    lookups[i].row, flow == sim_flows_at(f, lookups[i].number));
	}
	CU_ASSERT_EQUAL(sim_flows_count(f), 9);
	sim_flows_free(f);
}

/* A new flow is as its sender's, until somebody knows better. */
static void
test_new_and_turned(void)
{
	struct sim_flows *f = sim_flows_new(3, false, 1000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	struct lb_packet reply = packet((struct lb_addr)SERVER4, 80,
	    (struct lb_addr)CLIENT4, 4000, LB_PROTO_TCP);
	enum sim_direction direction;
	struct sim_flow *flow = find(f, &reply, false, &direction);
	if (flow == NULL)
		abort();

	CU_ASSERT(lb_addr_same(&flow->client, &reply.ip.src));
	CU_ASSERT_EQUAL(lb_be16_get(flow->client_port), 80);
	CU_ASSERT_EQUAL(flow->client_ms, SIM_TIME_NONE);
	for (unsigned i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(flow->parts[i].key, SIM_KEY_NONE);
		CU_ASSERT_EQUAL(flow->parts[i].member, LB_NONE);
		CU_ASSERT_EQUAL(flow->parts[i].counted, 0);
	}
	sim_flow_turn(flow);
	CU_ASSERT_PTR_EQUAL(find(f, &reply, false, &direction), flow);
	CU_ASSERT_EQUAL(direction, SIM_FROM_SERVER);
	CU_ASSERT_EQUAL(lb_be16_get(flow->server_port), 80);
	sim_flows_free(f);
}

static struct lb_packet
one_of_many(uint32_t i)
{
	return packet(
	    (struct lb_addr){ { 0, (uint64_t)i << 32 | 0xffff0000u } },
	    (uint16_t)(i / 7), (struct lb_addr)SERVER4, 443, LB_PROTO_TCP);
}

static void
test_growth(void)
{
	struct sim_flows *f = sim_flows_new(1, false, SIM_FLOWS_MAX);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	struct lb_packet pkt = one_of_many(0);
	enum sim_direction direction;
	const struct sim_flow *zeroth = find(f, &pkt, false, &direction);
	uint32_t wrong = 0;

	for (uint32_t i = 1; i < MANY; i++) {
		pkt = one_of_many(i);
		wrong += find(f, &pkt, false, &direction) == NULL ||
			 direction != SIM_NEW_FLOW;
	}
	for (uint32_t i = 0; i < MANY; i++) {
		pkt = one_of_many(i);
		wrong +=
		    find(f, &pkt, false, &direction) != sim_flows_at(f, i) ||
		    direction != SIM_FROM_CLIENT;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(sim_flows_count(f), MANY);
	CU_ASSERT_PTR_EQUAL(sim_flows_at(f, 0), zeroth);
	sim_flows_free(f);
}

static void
test_keys(void)
{
	struct sim_keys keys;
	uint32_t wrong = 0;

	CU_ASSERT_EQUAL_FATAL(sim_keys_init(&keys), 0);
	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t i = 0; i < MANY; i++) {
			/* The ends turned round are another key. */
			struct sim_key_id id = { .ports_proto = i / 2 };
			if ((i & 1) == 0)
				id.src.word[1] = i + 2;
			else
				id.dst.word[1] = i + 1;
			wrong += sim_keys_find(&keys, &id) != i;
		}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(keys.count, MANY);
	sim_keys_free(&keys);

	CU_ASSERT_EQUAL_FATAL(sim_keys_init(&keys), 0);
	for (uint32_t i = 0; i < MANY; i++)
		wrong += sim_keys_add(&keys) != i || keys.at[i].packets != 0;
	CU_ASSERT_EQUAL(wrong, 0);
	sim_keys_free(&keys);
}

static void
test_busiest(void)
{
	struct sim_flows *f = sim_flows_new(0, false, 1000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	struct sim_server top[5];
	enum sim_direction direction;

	CU_ASSERT_EQUAL(sim_servers_busiest(f, true, top, 5), 0);
	/* Server k has k flows: 0 to 5, on port k or k + 100 by turns; the
	 * last flow of all is not counted. */
	for (uint8_t k = 0; k <= 5; k++)
		for (uint16_t i = 0; i < k; i++) {
			struct lb_packet pkt = packet((struct lb_addr)CLIENT4,
			    (uint16_t)(1000 + i),
			    (struct lb_addr)FRAME_V4(10, 0, 0, k),
			    (uint16_t)(k + 100 * (i & 1)), LB_PROTO_UDP);
			struct sim_flow *flow =
			    find(f, &pkt, false, &direction);
			if (flow == NULL)
				abort();
			if (k < 5 || i < 4)
				flow->marks |= SIM_FLOW_COUNTED;
		}
	CU_ASSERT_EQUAL(sim_servers_busiest(f, true, top, 5), 5);
	const struct lb_addr fourth = FRAME_V4(10, 0, 0, 4);
	/* Four and five both have four: the earlier seen goes first. */
	CU_ASSERT(lb_addr_same(&top[0].addr, &fourth));
	CU_ASSERT_EQUAL(top[0].flows, 4);
	CU_ASSERT_EQUAL(top[1].flows, 4);
	CU_ASSERT_EQUAL(top[4].flows, 1);
	CU_ASSERT_EQUAL(sim_servers_busiest(f, false, top, 2), 2);
	CU_ASSERT_EQUAL(top[0].flows, 2);
	CU_ASSERT_EQUAL(lb_be16_get(top[0].port), 3);
	CU_ASSERT_EQUAL(top[0].proto, LB_PROTO_UDP);
	sim_flows_free(f);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "lookups", test_lookups },
		{ "new and turned", test_new_and_turned },
		{ "growth", test_growth },
		{ "keys", test_keys },
		{ "busiest servers", test_busiest },
		CU_TEST_INFO_NULL,
	};

	return unit_main("sim/flows", tests);
}
