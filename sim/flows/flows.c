/* SPDX-License-Identifier: MIT */
#include "sim/flows/flows.h"

#include <stdlib.h>
#include <string.h>

#include "sim/flows/slots.h"

/* Records stand in chunks, so that none ever moves. */
#define CHUNK_SHIFT      10
#define CHUNK_FLOWS      (1u << CHUNK_SHIFT)
#define CACHE_LINE_BYTES 64u

/* Of a client's address, a round: 2^32 over the golden ratio, so that rounds
 * lie far from one another and the first 2^32 differ. */
#define SHIFT 0x9e3779b1u

struct sim_flows {
	struct sim_slots slots;
	uint8_t **chunks;
	uint32_t chunk_count, chunk_room;
	uint32_t count, max;
	uint32_t round;
	unsigned case_count;
	size_t flow_bytes;
	size_t detail_at; /* in a flow's record; 0: there are none */
	size_t fates_at;  /* the same */
	struct sim_secret secret;
};

/* One end of a conversation. */
struct end {
	const struct lb_addr *addr;
	lb_be16 port;
};

static struct sim_flow *
flow_at(const struct sim_flows *f, uint32_t i)
{
	return (
	    struct sim_flow *)(void *)(f->chunks[i >> CHUNK_SHIFT] +
				       (i & (CHUNK_FLOWS - 1)) * f->flow_bytes);
}

struct sim_flow_detail *
sim_flow_detail(const struct sim_flows *f, const struct sim_flow *flow)
{
	lb_assert(f->detail_at != 0);
	return (struct sim_flow_detail *)(void *)((uint8_t *)(uintptr_t)flow +
						  f->detail_at);
}

struct sim_flows *
sim_flows_new(unsigned case_count, bool details, uint32_t max)
{
	struct sim_flows *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->case_count = case_count;
	f->max = max;
	f->flow_bytes =
	    sizeof(struct sim_flow) + case_count * sizeof(struct sim_flow_part);
	f->flow_bytes = (f->flow_bytes + 7) & ~(size_t)7;
	_Static_assert(sizeof(struct sim_flow) + sizeof(struct sim_flow_part) <=
			   CACHE_LINE_BYTES,
	    "with one case, a flow is a cache line");
	if (f->flow_bytes < CACHE_LINE_BYTES)
		f->flow_bytes = CACHE_LINE_BYTES;
	if (details) {
		f->detail_at = f->flow_bytes;
		f->flow_bytes += sizeof(struct sim_flow_detail);
	}
	sim_secret_draw(&f->secret);
	if (sim_slots_init(&f->slots) != 0) {
		sim_flows_free(f);
		return NULL;
	}
	return f;
}

void
sim_flows_keep_fates(struct sim_flows *f)
{
	lb_assert(f->count == 0 && f->fates_at == 0);
	f->fates_at = f->flow_bytes;
	f->flow_bytes += f->case_count * sizeof(struct sim_flow_fate);
}

struct sim_flow_fate *
sim_flow_fates(const struct sim_flows *f, const struct sim_flow *flow)
{
	lb_assert(f->fates_at != 0);
	return (struct sim_flow_fate *)(void *)((uint8_t *)(uintptr_t)flow +
						f->fates_at);
}

void
sim_flows_free(struct sim_flows *f)
{
	if (f == NULL)
		return;
	for (uint32_t i = 0; i < f->chunk_count; i++)
		free(f->chunks[i]);
	free(f->chunks);
	sim_slots_free(&f->slots);
	free(f);
}

LB_INLINE uint64_t
end_hash(const struct sim_secret *k, const struct end *e)
{
	return sim_mix(e->addr->word[1] ^ k->word[0],
	    (e->addr->word[0] + e->port.raw * k->word[2]) ^ k->word[1]);
}

/* A sum, so that either order of the ends gives the same. */
LB_INLINE uint32_t
flow_hash(const struct sim_flows *f, const struct end *a, const struct end *b,
    uint32_t rest)
{
	const struct sim_secret *k = &f->secret;

	return (uint32_t)sim_mix(
	    end_hash(k, a) + end_hash(k, b) + rest, k->word[3] | 1);
}

LB_INLINE bool
is_portless(const struct sim_flow *flow)
{
	return (flow->marks & SIM_FLOW_PORTLESS) != 0;
}

LB_INLINE bool
is_client(const struct sim_flow *flow, const struct end *e)
{
	return flow->client_port.raw == e->port.raw &&
	       lb_addr_same(&flow->client, e->addr);
}

LB_INLINE bool
is_server(const struct sim_flow *flow, const struct end *e)
{
	return flow->server_port.raw == e->port.raw &&
	       lb_addr_same(&flow->server, e->addr);
}

/* Room for flow number count; chunks double in number, never move. */
static int
reserve_flow(struct sim_flows *f)
{
	if (f->count < f->chunk_count << CHUNK_SHIFT)
		return 0;
	if (f->chunk_count == f->chunk_room) {
		uint32_t room = f->chunk_room == 0 ? 16 : f->chunk_room * 2;
		uint8_t **chunks = realloc(f->chunks, room * sizeof(*chunks));
		if (chunks == NULL)
			return -1;
		f->chunks = chunks;
		f->chunk_room = room;
	}
	uint8_t *chunk =
	    aligned_alloc(CACHE_LINE_BYTES, CHUNK_FLOWS * f->flow_bytes);
	if (chunk == NULL)
		return -1;
	f->chunks[f->chunk_count++] = chunk;
	return 0;
}

static struct sim_flow *
add_flow(struct sim_flows *f, const struct end *sender,
    const struct end *receiver, const struct lb_packet *pkt, bool portless)
{
	if (reserve_flow(f) != 0)
		return NULL;
	struct sim_flow *flow = flow_at(f, f->count++);
	*flow = (struct sim_flow){
		.client = *sender->addr,
		.server = *receiver->addr,
		.client_port = sender->port,
		.server_port = receiver->port,
		.proto = pkt->ip.proto,
		.marks = portless ? SIM_FLOW_PORTLESS : 0,
		.frontend = LB_NONE,
		.client_ms = SIM_TIME_NONE,
		.round = f->round & SIM_ROUND_MAX,
	};
	for (unsigned i = 0; i < f->case_count; i++)
		flow->parts[i] = (struct sim_flow_part){
			.key = SIM_KEY_NONE,
			.last_key = SIM_KEY_NONE,
			.place = SIM_PLACE_NONE,
			.member = LB_NONE,
			.rule = LB_NONE,
		};
	if (f->fates_at != 0)
		memset(sim_flow_fates(f, flow), 0,
		    f->case_count * sizeof(struct sim_flow_fate));
	if (f->detail_at != 0)
		*sim_flow_detail(f, flow) = (struct sim_flow_detail){ 0 };
	return flow;
}

LB_INLINE struct end
end_of(const struct lb_addr *addr, lb_be16 port, bool portless)
{
	const lb_be16 none = { 0 };

	return (struct end){ addr, portless ? none : port };
}

uint32_t
sim_flows_hash(
    const struct sim_flows *f, const struct lb_packet *pkt, bool portless)
{
	struct end src = end_of(&pkt->ip.src, pkt->ip.sport, portless);
	struct end dst = end_of(&pkt->ip.dst, pkt->ip.dport, portless);
	uint32_t rest = pkt->ip.proto | (uint32_t)portless << 8;
	uint32_t hash = flow_hash(f, &src, &dst, rest | f->round << 9);

	sim_call_line(sim_slots_first(&f->slots, hash));
	return hash;
}

void
sim_flows_call(const struct sim_flows *f, uint32_t hash)
{
	const struct sim_slot *slot = sim_slots_first(&f->slots, hash);

	for (; slot->number != 0; slot = sim_slots_next(&f->slots, slot)) {
		if (slot->hash != hash)
			continue;
		const uint8_t *flow =
		    (const uint8_t *)flow_at(f, slot->number - 1);
		sim_call_line(flow);
		/* With more than one case the record is longer. */
		sim_call_line(flow + f->flow_bytes - 1);
		return;
	}
}

struct sim_flow *
sim_flows_find(struct sim_flows *f, const struct lb_packet *pkt, bool portless,
    uint32_t hash, enum sim_direction *direction)
{
	struct end src = end_of(&pkt->ip.src, pkt->ip.sport, portless);
	struct end dst = end_of(&pkt->ip.dst, pkt->ip.dport, portless);

	if (LB_UNLIKELY(sim_slots_reserve(&f->slots) != 0))
		return NULL;
	struct sim_slot *slot = sim_slots_first(&f->slots, hash);
	for (; slot->number != 0; slot = sim_slots_next(&f->slots, slot)) {
		if (slot->hash != hash)
			continue;
		struct sim_flow *flow = flow_at(f, slot->number - 1);
		if (flow->proto != pkt->ip.proto ||
		    is_portless(flow) != portless || flow->round != f->round)
			continue;
		if (is_client(flow, &src) && is_server(flow, &dst)) {
			*direction = SIM_FROM_CLIENT;
			return flow;
		}
		if (is_server(flow, &src) && is_client(flow, &dst)) {
			*direction = SIM_FROM_SERVER;
			return flow;
		}
	}
	if (LB_UNLIKELY(f->count >= f->max)) {
		*direction = SIM_FLOWS_FULL;
		return NULL;
	}
	struct sim_flow *flow = add_flow(f, &src, &dst, pkt, portless);
	if (flow != NULL)
		sim_slots_fill(&f->slots, slot, hash, f->count);
	*direction = SIM_NEW_FLOW;
	return flow;
}

void
sim_flows_begin_round(struct sim_flows *f, uint32_t round)
{
	lb_assert(round <= SIM_ROUND_MAX);
	f->round = round;
}

struct lb_addr
sim_shift_client(const struct lb_addr *captured, uint32_t round)
{
	const bool v4 = lb_addr_is_v4(captured);
	uint32_t raw = (uint32_t)(captured->word[v4] >> 32);

	raw = __builtin_bswap32(__builtin_bswap32(raw) + round * SHIFT);
	if (v4)
		return lb_addr_v4(raw);
	return (struct lb_addr){ {
	    (uint64_t)raw << 32 | (uint32_t)captured->word[0],
	    captured->word[1],
	} };
}

void
sim_flow_turn(struct sim_flow *flow)
{
	struct lb_addr addr = flow->client;
	lb_be16 port = flow->client_port;

	flow->client = flow->server;
	flow->client_port = flow->server_port;
	flow->server = addr;
	flow->server_port = port;
}

uint32_t
sim_flows_count(const struct sim_flows *f)
{
	return f->count;
}

const struct sim_flow *
sim_flows_at(const struct sim_flows *f, uint32_t i)
{
	return flow_at(f, i);
}
