/* SPDX-License-Identifier: MIT */
/* The synthetic world: TCP clients, what befalls them, and when; what is
 * counted and what is the same in every case. */
#include <string.h>

#include "sim/run.h"
#include "tests/sim/stage.h"
#include "tests/unit.h"

#define MS_NS  UINT64_C(1000000)
#define S_NS   UINT64_C(1000000000)
#define TAPS   4096u
#define CLIENT UINT64_C(20000000) /* one way, to the balancer */
#define MEMBER UINT64_C(500000)   /* on to the server */
#define RTT    (2 * (CLIENT + MEMBER))

/* --- a page of packets --------------------------------------------------- */

struct heard {
	uint64_t at_ns;
	uint32_t seq, ack, bytes, offset, id;
	uint16_t port; /* the client's */
	uint8_t flags;
	bool from_client;
	enum sim_says says;
};

static struct heard heard[TAPS];
static size_t heard_count;

static void
listen(void *arg, const struct sim_tap *tap)
{
	const struct lb_headers *ip = &tap->pkt->ip;
	const uint16_t server_port = *(const uint16_t *)arg;
	const bool from_client = lb_be16_get(ip->dport) == server_port;

	if (heard_count == TAPS)
		return;
	heard[heard_count++] = (struct heard){
		.at_ns = tap->at_ns,
		.seq = tap->pkt->seq,
		.ack = tap->pkt->ack,
		.bytes = tap->pkt->payload_bytes,
		.offset = tap->offset,
		.id = tap->id,
		.port = lb_be16_get(from_client ? ip->sport : ip->dport),
		.flags = tap->pkt->tcp_flags,
		.from_client = from_client,
		.says = tap->says,
	};
}

static void
tap_on(struct stage *s, const uint16_t *server_port)
{
	heard_count = 0;
	s->settings.tap = listen;
	s->settings.tap_arg = (void *)(uintptr_t)server_port;
}

/* One connection that asks once, at 0. */
static struct lb_traffic *
one_request(struct stage *s)
{
	struct lb_traffic *t = stage_traffic(s, LB_PROFILE_WEB);

	t->arrivals = LB_ARRIVALS_CONSTANT;
	t->rate = LB_SCENE_ONE;
	t->stop_ms = 1;
	t->clients = 1;
	t->requests = LB_SCENE_ONE;
	t->sizes = LB_SIZES_CONSTANT;
	t->size_min = 1000;
	return t;
}

static void
dump(void)
{
	for (size_t i = 0; i < heard_count; i++)
		printf("%12.6f ms %s port %u flags %02x seq %u ack %u bytes %u says %d\n",
		    (double)heard[i].at_ns / 1e6,
		    heard[i].from_client ? "->" : "<-", heard[i].port,
		    heard[i].flags, heard[i].seq, heard[i].ack, heard[i].bytes,
		    (int)heard[i].says);
}

static void
test_exchange(void)
{
	static const uint16_t port = 80;
	struct stage s;
	stage_open(&s);
	struct lb_traffic *t = one_request(&s);
	t->size_min = 40000;
	tap_on(&s, &port);
	struct sim_record *r = stage_play(&s, NULL);
	dump();
	sim_record_free(r);
	stage_close(&s);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a connection, packet by packet", test_exchange },
		CU_TEST_INFO_NULL,
	};

	return unit_main("world", tests);
}
