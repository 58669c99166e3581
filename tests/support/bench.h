/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_BENCH_H
#define TESTS_SUPPORT_BENCH_H
/*
 * One bucket of each family on the bench, to be put in any state by hand.
 * Its control words end where a page of memory does, so that a test can tell
 * reading them from reading its entries.
 */
#include "model/path/conn.h"
#include "tests/support/rig.h"

#define BENCH_TAG         UINT32_C(0xdecade01)
#define BENCH_BUCKET(six) ((six) ? 7u : 51u)
#define BENCH_HASH(six)   ((uint64_t)BENCH_TAG << 32 | BENCH_BUCKET(six))
#define BENCH_CLASS       7u /* where these timeouts are */
#define BENCH_HALF_MS     60000u
#define BENCH_OPEN_MS     240000u

extern struct rig bench_rig;

void bench_open(void);
void bench_close(void);

uint64_t bench_ctx(void);
struct lb_scratch *bench_scratch(void);
uint64_t *bench_ctl(bool six); /* the bucket's 8 control words */
uint64_t *bench_entry(bool six, uint32_t way);

/* A control word of class BENCH_CLASS. */
uint64_t bench_ctl_of(
    uint32_t tag, uint32_t version, uint32_t state, uint32_t kind);

/* The n-th key and its words, all different from each other's, in the
 * scratch; into a way; is it there? */
void bench_set_key(bool six, uint64_t n);
void bench_put(bool six, uint32_t way, uint64_t ctl, uint64_t n);
bool bench_stands(bool six, uint32_t way, uint64_t n);

/* conn.h's functions, of either family; of kind LB and class BENCH_CLASS. */
int bench_find(bool six, uint64_t hash);
int bench_victim(bool six, uint32_t now_ms);
int bench_make(bool six, uint64_t hash, uint32_t now_ms, int prefer);
int bench_advance(bool six, uint32_t way, uint64_t ctl, uint32_t state);

#endif
