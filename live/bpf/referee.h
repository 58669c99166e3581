/* SPDX-License-Identifier: MIT */
#ifndef LIVE_BPF_REFEREE_H
#define LIVE_BPF_REFEREE_H
/*
 * The referee: one packet through the native engine and through the same
 * source as the kernel runs it, at the same instant, over equal tables; and
 * whether they agree on verdict, reason, every byte, and the tables' memory.
 */
#include "live/bpf/engine.h"
#include "live/xdp/referee_io.h"
#include "model/tables/world.h"

/* What BPF_PROG_TEST_RUN takes in linear memory (kernel 6.18). */
#define REFEREE_BYTES_MIN 14u
#define REFEREE_BYTES_MAX 3500u

enum referee_verdict {
	REFEREE_SAME,      /* both builds agree */
	REFEREE_DIFFERENT, /* see struct referee_answer */
	REFEREE_SHORT,     /* under 14 bytes: the native build alone */
	REFEREE_ERROR,     /* the kernel would not run it; errno */
};

/* One build's answer to one packet. */
struct referee_side {
	uint32_t parsed; /* enum lb_parsed */
	int32_t applied;
	struct lb_result result; /* meaningful when parsed is LB_PARSED */
	uint32_t bytes;
	uint8_t frame[REFEREE_BYTES_MAX + 64];
};

struct referee_answer {
	struct referee_side native, kernel;
	bool cut; /* only the first REFEREE_BYTES_MAX were compared */
	const char *differs; /* "verdict", "bytes", ...; NULL: nothing */
};

struct referee;

/* Loads both builds under one plan, which must outlive them or the next
 * referee_swap().  NULL with a line in error and errno (live/bpf/engine.h). */
struct referee *referee_new(
    const struct lb_plan *plan, char *error, size_t error_bytes);
void referee_free(struct referee *r); /* NULL is fine */

/* One Ethernet frame at an instant: enum referee_verdict. */
int referee_packet(struct referee *r, const uint8_t *frame, uint32_t bytes,
    uint32_t now_ms, struct referee_answer *answer);

/* The rest of the engine's life, on both builds alike. */
int referee_swap(struct referee *r, const struct lb_plan *plan);
int referee_health(struct referee *r, const struct lb_plan *plan);
/* Expires all of both tables: enum referee_verdict (facts are compared).
 * ended, unless NULL: grows by the entries that ended, by the enum
 * lb_conn_state they were in. */
int referee_expire(struct referee *r, uint32_t now_ms,
    uint64_t ended[LB_CONN_CLOSING_RST + 1]);
/* memcmp of all table memory: REFEREE_SAME or REFEREE_DIFFERENT, then with
 * the first bucket that differs in *bucket (bit 31: of the IPv6 table,
 * REFEREE_PORTS: of the SNAT ports). */
#define REFEREE_PORTS (UINT32_C(1) << 30)
int referee_memory(const struct referee *r, uint32_t *bucket);

struct lb_world *referee_world(struct referee *r);
struct live_engine *referee_engine(struct referee *r);

#endif
