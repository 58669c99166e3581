/* SPDX-License-Identifier: MIT */
/*
 * What translation costs beside plain forwarding, natively and in the kernel:
 * load-balanced flows, inbound NAT rules, outbound flows and what comes back
 * to them; and what memory SNAT ports take.
 *
 * New flows are measured from the same state each time: the tables are put
 * back as they were.  Slices of path and nothing alternate, the least counts.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "live/bpf/engine.h"
#include "model/config/config_new.h"
#include "model/path/apply.h"
#include "model/path/hash.h"
#include "model/path/step.h"
#include "model/plan/plan.h"
#include "model/tables/world.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_snat_io.h"

#define SLICES      40u
#define KNOWN_SLICE 32768u /* packets of flows that are known */
#define NEW_SLICE   2000u  /* flows that are not */
#define FLOWS       16384u
#define PORTS       63992u /* of the one member; 8 are the NAT rule's */
#define PORTS_90    57600u
#define MEMBERS     100u
#define MANY        1000u /* members of the memory's part */
#define NOW_MS      1000u

#define PUBLIC4  0x0a7100cbu /* 203.0.113.10 as on the wire */
#define SERVICE4 0x0b7100cbu /* 203.0.113.11 */
#define INSIDE4  0x0100000au /* 10.0.0.1 */
#define CLIENT4  0x006433c6u /* 198.51.100.0 */
#define REMOTE4  0x010200c0u /* 192.0.2.1 */

enum shape { SHAPE_LB, SHAPE_NAT, SHAPE_OUT, SHAPE_BACK };

static const struct bench_case {
	const char *name;
	enum shape shape;
	uint32_t known; /* flows that are there before */
	bool new;       /* measured are others */
} cases[] = {
	{ "lb_known", SHAPE_LB, FLOWS, false },
	{ "lb_new", SHAPE_LB, FLOWS, true },
	{ "nat_rule_known", SHAPE_NAT, FLOWS, false },
	{ "nat_rule_new", SHAPE_NAT, FLOWS, true },
	{ "snat_known", SHAPE_OUT, FLOWS, false },
	{ "snat_back", SHAPE_BACK, FLOWS, false },
	{ "snat_new", SHAPE_OUT, 1000, true },
	{ "snat_new_90_percent", SHAPE_OUT, PORTS_90, true },
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

/* --- the plan ------------------------------------------------------------- */

static char *
named(const char *format, unsigned n)
{
	char *name = NULL;

	if (asprintf(&name, format, n) < 0)
		abort();
	return name;
}

static void *
many(size_t count, size_t bytes)
{
	void *all = calloc(count, bytes);

	if (all == NULL)
		abort();
	return all;
}

static void
set_pool(struct lb_config_pool *pool, unsigned members, uint32_t first)
{
	pool->name = named("p%u", members);
	pool->members = many(members, sizeof(*pool->members));
	pool->member_count = members;
	for (unsigned i = 0; i < members; i++) {
		pool->members[i].name = named("m%u", i);
		pool->members[i].weight = LB_WEIGHT_DEFAULT;
		pool->members[i].address =
		    lb_addr_v4(first + __builtin_bswap32(i));
	}
}

static void
set_rules(struct lb_config *c)
{
	c->rules = many(1, sizeof(*c->rules));
	c->rule_count = 1;
	lb_config_rule_init(c->rules);
	c->rules->name = named("rule", 0);
	c->rules->frontend = c->rules->pool = 1;
	c->rules->frontend_port = 443;
	c->rules->backend_port = 8443;
	c->rules->outbound_snat = false;
	c->nats = many(1, sizeof(*c->nats));
	c->nat_count = 1;
	lb_config_nat_init(c->nats);
	c->nats->name = named("nat", 0);
	c->nats->frontend = c->nats->pool = 1;
	c->nats->member = 0;
	c->nats->proto = LB_PROTO_TCP;
	c->nats->first_port = c->nats->last_port = 2222;
	c->nats->backend_port = 22;
	c->outbounds = many(1, sizeof(*c->outbounds));
	c->outbound_count = 1;
	lb_config_outbound_init(c->outbounds);
	c->outbounds->name = named("out", 0);
	c->outbounds->frontends = many(1, sizeof(int));
	c->outbounds->frontend_count = 1;
	c->outbounds->pool = 0;
	c->outbounds->ports = PORTS;
}

static struct lb_plan *
bench_plan(void)
{
	struct lb_problems problems = { 0 };
	struct lb_config *c = lb_config_new();

	if (c == NULL)
		abort();
	c->sku = LB_SKU_FAIRLEAD;
	c->frontends = many(2, sizeof(*c->frontends));
	c->frontend_count = 2;
	c->frontends[0].name = named("out", 0);
	c->frontends[0].address = lb_addr_v4(PUBLIC4);
	c->frontends[1].name = named("in", 0);
	c->frontends[1].address = lb_addr_v4(SERVICE4);
	c->pools = many(2, sizeof(*c->pools));
	c->pool_count = 2;
	set_pool(&c->pools[0], 1, INSIDE4);
	set_pool(&c->pools[1], MEMBERS, INSIDE4 + 0x100);
	set_rules(c);
	c->entries = 400000;
	struct lb_plan *plan = lb_plan_compile(c, NULL, NULL, &problems);
	lb_problems_print(&problems, "bench", stderr);
	lb_problems_free(&problems);
	lb_config_free(c);
	return plan;
}

/* --- two builds to measure ------------------------------------------------ */

/* The same things of either: its tables, its packets' maker, its run. */
struct stand {
	struct bench_snat_io *io, own;
	const struct lb_tables *tables;
	struct lb_world *world;     /* native */
	struct live_engine *engine; /* or the kernel's */
	int path, nothing;
	uint8_t *saved;
};

static double
now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ns per packet, with all that is around the path. */
static double
run_native(struct stand *s, bool path, uint32_t packets)
{
	uint8_t frame[BENCH_SNAT_FRAME + 4] = { 0 };
	uint8_t *end = frame + BENCH_SNAT_FRAME;
	struct lb_scratch *scratch = &s->world->scratch;
	const double from_s = now_s();

	for (uint32_t i = 0; i < packets; i++) {
		bench_snat_packet(
		    frame, s->io, s->io->next++ & s->io->flow_mask);
		__asm__ volatile("" ::"r"(frame) : "memory");
		if (!path)
			continue;
		if (lb_parse(frame, end, 0, &scratch->packet) != LB_PARSED)
			return -1;
		lb_step(lb_world_ctx(s->world), &scratch->packet, s->io->now_ms,
		    &scratch->result);
		if (scratch->result.verdict == LB_FORWARD &&
		    lb_apply(frame, end, &scratch->result.edit) == 0)
			s->io->forwarded++;
		else
			s->io->other++;
	}
	return (now_s() - from_s) / packets * 1e9;
}

static double
run_kernel(struct stand *s, bool path, uint32_t packets)
{
	uint8_t frame[BENCH_SNAT_FRAME] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
	    .data_size_in = sizeof(frame), .repeat = (int)packets);

	if (bpf_prog_test_run_opts(path ? s->path : s->nothing, &opts) != 0 ||
	    opts.retval != 2) /* XDP_PASS */
		return -1;
	return opts.duration;
}

static double
run(struct stand *s, bool path, uint32_t packets)
{
	return s->engine != NULL ? run_kernel(s, path, packets)
				 : run_native(s, path, packets);
}

static int
stand_open(struct stand *s, const struct lb_plan *plan, bool kernel)
{
	char error[512];

	memset(s, 0, sizeof(*s));
	if (!kernel) {
		s->world = lb_world_new(plan);
		s->io = &s->own;
		s->tables = s->world != NULL ? &s->world->tables : NULL;
		return s->world != NULL ? 0 : 1;
	}
	s->engine =
	    live_engine_load(BENCH_SNAT_BPF_OBJECT, plan, error, sizeof(error));
	if (s->engine == NULL) {
		bench_skip("snat in the kernel", error);
		return 77;
	}
	s->io = live_engine_mmap(s->engine, "bench", sizeof(*s->io));
	s->tables = live_engine_tables(s->engine);
	s->path = live_engine_program(s->engine, "bench_path");
	s->nothing = live_engine_program(s->engine, "bench_nothing");
	return s->io != NULL && s->path >= 0 ? 0 : 1;
}

static void
stand_close(struct stand *s)
{
	free(s->saved);
	if (s->engine != NULL && s->io != NULL)
		(void)munmap(s->io, sizeof(*s->io));
	live_engine_free(s->engine);
	lb_world_free(s->world);
}

/* Tables as they are, or as they were. */
static void
keep(struct stand *s, bool put_back)
{
	const struct lb_tables *t = s->tables;
	size_t conn = t->buckets4 * sizeof(*t->conn4);
	size_t ports = t->port_buckets * sizeof(*t->ports);

	if (!put_back && s->saved == NULL)
		s->saved = many(1, conn + ports);
	if (put_back) {
		memcpy(t->conn4, s->saved, conn);
		memcpy(t->ports, s->saved + conn, ports);
	} else {
		memcpy(s->saved, t->conn4, conn);
		memcpy(s->saved + conn, t->ports, ports);
	}
}

/* --- measuring ------------------------------------------------------------ */

static void
set_shape(struct stand *s, enum shape shape, uint8_t flags)
{
	struct bench_snat_io *io = s->io;

	*io = (struct bench_snat_io){
		.flow_mask = UINT64_MAX,
		.src = shape == SHAPE_OUT    ? INSIDE4
		       : shape == SHAPE_BACK ? REMOTE4
					     : CLIENT4,
		.dst = shape == SHAPE_OUT    ? REMOTE4
		       : shape == SHAPE_BACK ? PUBLIC4
					     : SERVICE4,
		.sport = shape == SHAPE_BACK ? 443 : 1024,
		.dport = shape == SHAPE_BACK  ? 1024
			 : shape == SHAPE_NAT ? 2222
					      : 443,
		.flags = flags,
		.return_ = shape == SHAPE_BACK,
		.now_ms = NOW_MS,
	};
}

static int
prepare(struct stand *s, const struct bench_case *c)
{
	const enum shape shape = c->shape == SHAPE_BACK ? SHAPE_OUT : c->shape;

	memset(s->tables->conn4, 0,
	    s->tables->buckets4 * sizeof(*s->tables->conn4));
	memset(s->tables->ports, 0,
	    s->tables->port_buckets * sizeof(*s->tables->ports));
	set_shape(s, shape, 0x02);
	if (run(s, true, c->known) < 0)
		return -1;
	if (s->io->forwarded != c->known)
		return -1;
	set_shape(s, c->shape, c->new ? 0x02 : 0x10);
	if (!c->new)
		s->io->flow_mask = c->known - 1;
	keep(s, false);
	return 0;
}

/* ns of the path alone; negative: not what was to be measured. */
static double
measure(struct stand *s, const struct bench_case *c)
{
	const uint32_t packets = c->new ? NEW_SLICE : KNOWN_SLICE;
	double least[2] = { 1e9, 1e9 };

	if (prepare(s, c) != 0)
		return -1;
	for (unsigned slice = 0; slice < SLICES; slice++)
		for (int path = 0; path < 2; path++) {
			if (c->new) {
				keep(s, true);
				s->io->next = c->known;
			}
			double ns = run(s, path != 0, packets);
			if (ns < 0)
				return -1;
			if (ns < least[path])
				least[path] = ns;
		}
	if (s->io->forwarded != (uint64_t)SLICES * packets)
		return -1;
	return least[1] - least[0];
}

static int
measure_all(const struct lb_plan *plan, bool kernel)
{
	struct stand s;
	double ns[CASES];
	char name[64];
	int rc = stand_open(&s, plan, kernel);

	for (size_t i = 0; rc == 0 && i < CASES; i++) {
		ns[i] = measure(&s, &cases[i]);
		if (ns[i] < 0) {
			(void)fprintf(stderr,
			    "bench: %s: %ju forwarded, %ju "
			    "not\n",
			    cases[i].name, (uintmax_t)s.io->forwarded,
			    (uintmax_t)s.io->other);
			rc = 1;
			break;
		}
		(void)snprintf(name, sizeof(name), "%s_%s_ns",
		    kernel ? "xdp" : "native", cases[i].name);
		bench_say(name, ns[i], "ns", BENCH_NO_GOAL, 0);
		if (i < 2)
			continue;
		/* beside a balanced flow that is as known, or as new */
		(void)snprintf(name, sizeof(name), "%s_%s_vs_lb",
		    kernel ? "xdp" : "native", cases[i].name);
		bench_say(name, ns[i] / ns[cases[i].new ? 1 : 0], "x",
		    BENCH_NO_GOAL, 0);
	}
	stand_close(&s);
	return rc;
}

/* --- memory --------------------------------------------------------------- */

static double
resident_bytes(void)
{
	unsigned long long size = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f == NULL)
		return 0;
	if (fscanf(f, "%llu %llu", &size, &resident) != 2)
		resident = 0;
	(void)fclose(f);
	return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

/*
 * All ports of many members towards one remote.  A plan has at most 256 public
 * addresses, but a record only cares for 32 bits that stand for one.
 */
static int
measure_memory(const struct lb_plan *small)
{
	struct lb_plan plan = *small;
	double before, taken_s;
	uint64_t taken = 0;

	plan.port_buckets = 131072; /* a third full in the end */
	struct lb_world *w = lb_world_new(&plan);
	if (w == NULL)
		return 1;
	before = resident_bytes();
	taken_s = now_s();
	for (uint32_t m = 0; m < MANY; m++)
		for (uint32_t i = 0; i < PORTS; i++) {
			w->scratch.ask = (struct lb_port_ask){
				.dst = { 1, 2 },
				.port = 443,
				.address = m * 2654435761u,
				.member = (uint16_t)m,
			};
			taken += lb_ports_take(lb_world_ctx(w),
				     1024u | (uint32_t)65023 << 16) >= 0;
		}
	taken_s = now_s() - taken_s;
	uint64_t records = 0;
	for (uint32_t b = 0; b < w->tables.port_buckets; b++)
		for (uint32_t way = 0; way < LB_PORT_WAYS; way++)
			records += lb_ctl_state(w->tables.ports[b].ctl[way]) !=
				   LB_PORT_EMPTY;
	bench_say("snat_ports_taken", (double)taken, "", BENCH_NO_GOAL, 0);
	bench_say("snat_ports_in_order_ns", taken_s / (double)taken * 1e9, "ns",
	    BENCH_NO_GOAL, 0);
	bench_say("snat_ports_64000_x_1000_records",
	    (double)records * sizeof(struct lb_port_record) / 1e6, "MB",
	    BENCH_NO_GOAL, 0);
	bench_say("snat_ports_64000_x_1000_resident",
	    (resident_bytes() - before) / 1e6, "MB", BENCH_NO_GOAL, 0);
	lb_world_free(w);
	return 0;
}

/* What a flow takes in the connection table, at the load it is made for. */
static int
measure_entries(const struct lb_plan *plan)
{
	struct stand s;
	double before = resident_bytes();

	if (stand_open(&s, plan, false) != 0)
		return 1;
	set_shape(&s, SHAPE_OUT, 0x02);
	if (run_native(&s, true, PORTS) < 0) {
		stand_close(&s);
		return 1;
	}
	bench_say("snat_flows", (double)s.io->forwarded, "", BENCH_NO_GOAL, 0);
	bench_say("snat_flow_entries",
	    2.0 * sizeof(struct lb_bucket4) / LB_WAYS, "bytes", BENCH_NO_GOAL,
	    0);
	bench_say("snat_64000_flows_resident",
	    (resident_bytes() - before) / 1e6, "MB", BENCH_NO_GOAL, 0);
	bench_say("snat_64000_x_1000_flows_entries_computed",
	    2.0 * sizeof(struct lb_bucket4) / LB_WAYS * PORTS * MANY / 1e9,
	    "GB", BENCH_NO_GOAL, 0);
	stand_close(&s);
	return 0;
}

int
bench_snat(void)
{
	struct lb_plan *plan = bench_plan();
	cpu_set_t cpu;

	if (plan == NULL)
		return 1;
	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	(void)sched_setaffinity(0, sizeof(cpu), &cpu);
	int rc = measure_entries(plan);
	if (rc == 0)
		rc = measure_memory(plan);
	if (rc == 0)
		rc = measure_all(plan, false);
	if (rc == 0)
		rc = measure_all(plan, true);
	lb_plan_free(plan);
	return rc;
}
