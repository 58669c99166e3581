/* SPDX-License-Identifier: MIT */
#ifndef SIM_TIMELINE_H
#define SIM_TIMELINE_H
/*
 * Time in equal pieces, so many as a picture can show, of a run whose end
 * nobody knows yet: when there would be more pieces than SIM_BINS, every two
 * become one.  A piece is 2^n ms long, so that the same run always has the
 * same pieces.
 *
 * Memory: 16 bytes a member, rule, case and piece.
 */
#include "sim/record/record.h"

#define SIM_BINS         240u
#define SIM_BIN_FIRST_NS UINT64_C(1000000)

struct sim_timeline {
	uint64_t bin_ns; /* length of a piece; 0: there is no timeline */
	uint32_t bin;    /* now */
};

/* What the members of one rule got, piece by piece. */
struct sim_series {
	struct sim_slice *at; /* [SIM_BINS][member_count]; NULL: not kept */
	size_t member_count;
};

int sim_series_init(struct sim_series *s, size_t member_count); /* 0, -1 */
void sim_series_free(struct sim_series *s);

/* Two pieces become one. */
void sim_series_widen(struct sim_series *s);

/* Time has come to now_ns.  Returns how many times the series must be
 * widened before anything is counted in the piece that is now. */
unsigned sim_timeline_advance(struct sim_timeline *t, uint64_t now_ns);

#endif
