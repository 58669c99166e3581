/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_SYNTHETIC_H
#define TESTS_BENCH_SYNTHETIC_H
/*
 * The capture that the replay is measured with: many flows, taking turns at
 * random, both directions, most of them TCP.  The same numbers give the same
 * bytes.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define SYNTHETIC_BYTES_MIN 74u /* headers, of either family */
#define SYNTHETIC_BYTES_MAX 1514u

struct synthetic {
	uint64_t packets;
	uint32_t flows; /* at most 16 M */
	/* Of a frame: either bare headers or full; with `even` always this,
	 * which may then be as little as 64 over IPv4. */
	uint32_t mean_bytes;
	bool even;
	uint32_t udp_percent; /* of the flows */
	bool six;             /* IPv6 */
	bool in_turn;         /* each flow has its first packet in turn */
};

/* What is wrong with it; NULL: nothing. */
const char *synthetic_wrong(const struct synthetic *s);

/* Writes it, header and all, and flushes.  0; -1 with errno. */
int synthetic_write(const struct synthetic *s, FILE *out);

#endif
