/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef TESTS_LIVE_RACE_FOUND_H
#define TESTS_LIVE_RACE_FOUND_H
/* What a CPU of a race found wrong: each race has its own kinds, from 1. */
#include "model/path/base.h"

#define RACE_FOUND_KINDS 12u

LB_LAYOUT_BEGIN
struct race_found {
	uint64_t bad[RACE_FOUND_KINDS];
	uint64_t example[4]; /* of the first: kind, flow, slot, word */
};
LB_LAYOUT_END

LB_INLINE void
race_find(struct race_found *f, uint32_t kind, uint32_t flow, uint32_t slot,
    uint64_t word)
{
	if (f->bad[kind]++ != 0 || f->example[0] != 0)
		return;
	f->example[0] = kind;
	f->example[1] = flow;
	f->example[2] = slot;
	f->example[3] = word;
}

#endif
