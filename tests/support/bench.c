/* SPDX-License-Identifier: MIT */
#include "tests/support/bench.h"

#include <string.h>

struct rig bench_rig;

uint64_t *
bench_ctl(bool six)
{
	const struct lb_tables *t = &bench_rig.world->tables;
	return six ? t->conn6[BENCH_BUCKET(true)].ctl
		   : t->conn4[BENCH_BUCKET(false)].ctl;
}

uint64_t *
bench_entry(bool six, uint32_t way)
{
	const struct lb_tables *t = &bench_rig.world->tables;
	return six ? (uint64_t *)&t->conn6[BENCH_BUCKET(true)].entry[way]
		   : (uint64_t *)&t->conn4[BENCH_BUCKET(false)].entry[way];
}

void
bench_open(void)
{
	rig_open(&bench_rig);
	bench_rig.config.entries = bench_rig.config.entries6 = 300;
	rig_start(&bench_rig);
	bench_rig.world->classes[BENCH_CLASS] =
	    (struct lb_class){ BENCH_HALF_MS, BENCH_OPEN_MS, 240000, 15000 };
}

uint64_t
bench_ctx(void)
{
	return lb_world_ctx(bench_rig.world);
}

struct lb_scratch *
bench_scratch(void)
{
	return &bench_rig.world->scratch;
}

int
bench_find(bool six, uint64_t hash)
{
	return six ? lb_conn_find6(bench_ctx(), hash)
		   : lb_conn_find4(bench_ctx(), hash);
}

int
bench_victim(bool six, uint32_t now_ms)
{
	return six ? lb_conn_victim6(bench_ctx(), BENCH_HASH(six), now_ms)
		   : lb_conn_victim4(bench_ctx(), BENCH_HASH(six), now_ms);
}

int
bench_make(bool six, uint64_t hash, uint32_t now_ms, int prefer)
{
	return six ? lb_conn_make6(bench_ctx(), hash, now_ms,
			 LB_KIND_LB << 6 | BENCH_CLASS, prefer)
		   : lb_conn_make4(bench_ctx(), hash, now_ms,
			 LB_KIND_LB << 6 | BENCH_CLASS, prefer);
}

int
bench_advance(bool six, uint32_t way, uint64_t ctl, uint32_t state)
{
	return six ? lb_conn_advance6(
			 bench_ctx(), BENCH_HASH(six), way, ctl, state)
		   : lb_conn_advance4(
			 bench_ctx(), BENCH_HASH(six), way, ctl, state);
}

uint64_t
bench_ctl_of(uint32_t tag, uint32_t version, uint32_t state, uint32_t kind)
{
	return (uint64_t)tag << LB_CTL_TAG_SHIFT |
	       (uint64_t)version << LB_CTL_VERSION_SHIFT |
	       (uint64_t)state << LB_CTL_STATE_SHIFT | kind << 6 | BENCH_CLASS;
}

void
bench_set_key(bool six, uint64_t n)
{
	struct lb_scratch *s = bench_scratch();
	memset(&s->key, 0, sizeof(s->key));
	for (unsigned i = 0; i < (six ? 4 : 1); i++)
		s->key.addr[i] = n * 1000003 + i;
	s->key.w1 = (UINT64_C(0x1100000000) | n) & LB_W1_KEY_MASK;
	s->fresh.w2 = n << 32 | 0x00070003;
	s->fresh.w3 = ~n;
}

void
bench_put(bool six, uint32_t way, uint64_t ctl, uint64_t n)
{
	const struct lb_scratch *s = bench_scratch();
	uint64_t *e = bench_entry(six, way);
	const uint32_t words = six ? 4 : 1;
	bench_set_key(six, n);
	memcpy(e, s->key.addr, words * sizeof(*e));
	e[words] = s->key.w1;
	e[words + 1] = s->fresh.w2;
	e[words + 2] = s->fresh.w3;
	bench_ctl(six)[way] = ctl;
}

bool
bench_stands(bool six, uint32_t way, uint64_t n)
{
	uint64_t expect[8] = { 0 };
	const struct lb_scratch *s = bench_scratch();
	const uint32_t words = six ? 4 : 1;
	bench_set_key(six, n);
	memcpy(expect, s->key.addr, words * sizeof(expect[0]));
	expect[words] = s->key.w1;
	expect[words + 1] = s->fresh.w2;
	expect[words + 2] = s->fresh.w3;
	return memcmp(expect, bench_entry(six, way),
		   (words + 3) * sizeof(expect[0])) == 0;
}

void
bench_close(void)
{
	rig_close(&bench_rig);
}
