/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIM_HEARD_H
#define TESTS_SIM_HEARD_H
/* Datagrams at the balancer's client side, noted one by one. */
#include <string.h>

#include "tests/sim/stage.h"
#include "tests/unit.h"

#define HEARD_MOST 4096u

struct heard {
	uint64_t at_ns;
	struct lb_addr client;
	uint32_t id, bytes; /* bytes of payload */
	uint16_t port;      /* the client's */
	bool from_client, confirmable;
	enum sim_says says;
};

struct hearing {
	size_t count;
	struct heard at[HEARD_MOST];
};

static inline void
heard_tap(void *arg, const struct sim_tap *tap)
{
	struct hearing *h = arg;
	const struct lb_headers *ip = &tap->pkt->ip;
	bool from_client = tap->from_client;

	if (h->count == HEARD_MOST)
		return;
	h->at[h->count++] = (struct heard){
		.at_ns = tap->at_ns,
		.client = from_client ? ip->src : ip->dst,
		.id = tap->id,
		.bytes = tap->pkt->payload_bytes,
		.port = lb_be16_get(from_client ? ip->sport : ip->dport),
		.from_client = from_client,
		.confirmable = tap->confirmable,
		.says = tap->says,
	};
}

/* From now on what the stage plays is noted. */
static inline void
heard_listen(struct hearing *h, struct stage *s)
{
	h->count = 0;
	s->settings.tap = heard_tap;
	s->settings.tap_arg = h;
}

/* The n-th, from 0, that says that; NULL: so many were not heard. */
static inline const struct heard *
heard_nth(const struct hearing *h, enum sim_says says, size_t n)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->at[i].says == says && n-- == 0)
			return &h->at[i];
	return NULL;
}

static inline size_t
heard_count(const struct hearing *h, enum sim_says says)
{
	size_t count = 0;

	while (heard_nth(h, says, count) != NULL)
		count++;
	return count;
}

/* What was said, when, to the nanosecond; and no more of it. */
static inline void
heard_at(const char *row, const struct hearing *h, enum sim_says says,
    const uint64_t *at_ns, size_t count)
{
	UNIT_EQUAL(row, heard_count(h, says), count);
	for (size_t i = 0; i < count; i++) {
		const struct heard *heard = heard_nth(h, says, i);

		UNIT_EQUAL(
		    row, heard != NULL ? heard->at_ns : UINT64_MAX, at_ns[i]);
	}
}

#endif
