/* SPDX-License-Identifier: MIT */
/*
 * The packet path in the kernel, net of the same wrapper around nothing:
 * slices of both, alternated on one CPU, the least of each.  The yardstick
 * bare_bucket runs in the same alternation.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "live/bpf/engine.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_io.h"
#include "tests/bench/service.h"

#define SLICES        60u
#define SLICE_PACKETS 100000u
#define BATCH         1000000u /* packets of one test run when a table is filled */

enum { NOTHING, PATH, BARE, PROGRAMS };

static const char *const programs[PROGRAMS] = { "bench_nothing", "bench_path",
	"bench_bare_bucket" };

struct bench_case {
	const char *name;
	unsigned family, proto, tcp_flags;
	unsigned log_flows; /* 2^n flows; 64: every packet a new one */
	unsigned members, rules;
	double goal; /* ns; 0: none */
};

static const struct bench_case cases[] = {
	/* clang-format off */
	{ "xdp_udp4_1_flow_ns",        4, 17, 0x00,  0,  100,    1,  50 },
	{ "xdp_tcp4_1_flow_ns",        4,  6, 0x10,  0,  100,    1,  50 },
	{ "xdp_udp6_1_flow_ns",        6, 17, 0x00,  0,  100,    1,   0 },
	{ "xdp_tcp6_1_flow_ns",        6,  6, 0x10,  0,  100,    1,   0 },
	{ "xdp_udp4_64k_flows_ns",     4, 17, 0x00, 16,  100,    1,   0 },
	{ "xdp_tcp4_64k_flows_ns",     4,  6, 0x10, 16,  100,    1,   0 },
	{ "xdp_udp6_64k_flows_ns",     6, 17, 0x00, 16,  100,    1,   0 },
	{ "xdp_udp4_1m_flows_ns",      4, 17, 0x00, 20,  100,    1, 170 },
	{ "xdp_tcp4_1m_flows_ns",      4,  6, 0x10, 20,  100,    1, 170 },
	{ "xdp_udp6_1m_flows_ns",      6, 17, 0x00, 20,  100,    1,   0 },
	{ "xdp_tcp4_new_full_table_ns", 4,  6, 0x02, 64,  100,    1, 200 },
	{ "xdp_tcp6_new_full_table_ns", 6,  6, 0x02, 64,  100,    1,   0 },
	{ "xdp_udp4_2_members_ns",     4, 17, 0x00, 16,    2,    1,   0 },
	{ "xdp_udp4_1000_members_ns",  4, 17, 0x00, 16, 1000,    1,   0 },
	{ "xdp_udp4_1000_rules_ns",    4, 17, 0x00, 16,  100, 1000,   0 },
	/* clang-format on */
};

struct found {
	double path, bare, nothing;
};

struct stand {
	struct live_engine *engine;
	struct bench_io *io;
	int program[PROGRAMS];
	uint8_t frame[128];
	uint32_t bytes;
};

static void
frame4(struct stand *s, const struct bench_case *c)
{
	uint8_t *f = s->frame;
	s->bytes = c->proto == 17 ? 60 : 72;
	f[12] = 0x08;
	f[14] = 0x45;
	f[17] = (uint8_t)(s->bytes - 14);
	f[22] = 64;
	f[23] = (uint8_t)c->proto;
	f[39] = (uint8_t)(s->bytes - 34); /* UDP length, or TCP's sequence */
	if (c->proto == 6) {
		f[46] = 0x50;
		f[47] = (uint8_t)c->tcp_flags;
	}
}

static void
frame6(struct stand *s, const struct bench_case *c)
{
	uint8_t *f = s->frame;
	s->bytes = 92;
	f[12] = 0x86;
	f[13] = 0xdd;
	f[14] = 0x60;
	f[19] = (uint8_t)(s->bytes - 54);
	f[20] = (uint8_t)c->proto;
	f[21] = 64;
	f[22] = 0x20; /* 2001:db8:1::flow */
	f[23] = 0x01;
	f[24] = 0x0d;
	f[25] = 0xb8;
	f[27] = 0x01;
	f[59] = (uint8_t)(s->bytes - 54);
	if (c->proto == 6) {
		f[66] = 0x50;
		f[67] = (uint8_t)c->tcp_flags;
	}
}

/* ns per packet of one test run; negative: errno. */
static double
run(struct stand *s, int program, uint32_t packets)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = s->frame,
	    .data_size_in = s->bytes, .repeat = (int)packets);
	if (bpf_prog_test_run_opts(s->program[program], &opts) != 0)
		return -errno;
	if (opts.retval != 2) /* XDP_PASS */
		return -EPROTO;
	return opts.duration;
}

static int
stand_open(struct stand *s, const struct bench_case *c)
{
	char error[512];
	struct service service = { .members = c->members,
		.rules = c->rules,
		.entries = 1000000,
		.algorithm = LB_MAGLEV };
	memset(s, 0, sizeof(*s));
	struct lb_plan *plan = service_plan(&service);
	if (plan == NULL)
		return 1;
	s->engine =
	    live_engine_load(BENCH_BPF_OBJECT, plan, error, sizeof(error));
	int code = errno;
	lb_plan_free(plan);
	if (s->engine == NULL) {
		bench_skip("xdp", error);
		return code == EPERM || code == EACCES ? 77 : 1;
	}
	s->io = live_engine_mmap(s->engine, "bench", sizeof(*s->io));
	for (int i = 0; i < PROGRAMS; i++)
		s->program[i] = live_engine_program(s->engine, programs[i]);
	if (c->family == 4)
		frame4(s, c);
	else
		frame6(s, c);
	return s->io != NULL ? 0 : 1;
}

static void
stand_close(struct stand *s)
{
	if (s->io != NULL)
		(void)munmap(s->io, sizeof(*s->io));
	live_engine_free(s->engine);
}

/* Every flow once; with ever new ones, the table to the brim. */
static int
fill(struct stand *s, const struct bench_case *c)
{
	uint64_t flows = c->log_flows == 64 ? UINT64_C(8) << 20
					    : UINT64_C(1) << c->log_flows;
	s->io->flow_mask = c->log_flows == 64 ? UINT64_MAX : flows - 1;
	s->io->now_ms = 1000;
	for (uint64_t done = 0; done < flows; done += BATCH)
		if (run(s, PATH, BATCH) < 0)
			return -1;
	return 0;
}

static int
measure(struct stand *s, const struct bench_case *c, struct found *out)
{
	double least[PROGRAMS] = { 1e9, 1e9, 1e9 };
	uint64_t forwarded = s->io->forwarded;
	for (unsigned slice = 0; slice < SLICES; slice++) {
		for (int p = 0; p < PROGRAMS; p++) {
			if (p == BARE && c->family != 4)
				continue;
			double ns = run(s, p, SLICE_PACKETS);
			if (ns < 0)
				return -1;
			if (ns < least[p])
				least[p] = ns;
		}
		s->io->now_ms += 10;
	}
	if (s->io->forwarded - forwarded != SLICES * SLICE_PACKETS)
		return -1; /* not what was to be measured */
	out->nothing = least[NOTHING];
	out->path = least[PATH] - least[NOTHING];
	out->bare = least[BARE] - least[NOTHING];
	return 0;
}

static int
one_case(const struct bench_case *c, struct found *out)
{
	struct stand stand;
	int rc = stand_open(&stand, c);
	if (rc == 0 && (fill(&stand, c) != 0 || measure(&stand, c, out) != 0)) {
		(void)fprintf(
		    stderr, "bench: %s: %s\n", c->name, strerror(errno));
		rc = 1;
	}
	stand_close(&stand);
	return rc;
}

static const struct found *
found_of(const struct found *all, const char *name)
{
	for (size_t i = 0; i < LB_COUNT(cases); i++)
		if (strcmp(cases[i].name, name) == 0)
			return &all[i];
	return NULL;
}

static void
ratio(const struct found *all, const char *name, const char *of, const char *to,
    double goal)
{
	bench_say(name, found_of(all, of)->path / found_of(all, to)->path, "x",
	    BENCH_AT_MOST, goal);
}

static void
ratios(const struct found *all)
{
	const struct found *full = found_of(all, "xdp_tcp4_new_full_table_ns");
	const struct found *million = found_of(all, "xdp_udp4_1m_flows_ns");
	bench_say(
	    "bare_bucket_1m_flows_ns", million->bare, "ns", BENCH_NO_GOAL, 0);
	bench_say(
	    "bare_bucket_full_table_ns", full->bare, "ns", BENCH_NO_GOAL, 0);
	bench_say("xdp_1m_flows_vs_bare_bucket", million->path / million->bare,
	    "x", BENCH_AT_MOST, 1.25);
	bench_say("xdp_new_full_table_vs_bare_bucket", full->path / full->bare,
	    "x", BENCH_AT_MOST, 1.25);
	ratio(all, "xdp_ipv6_vs_ipv4_1_flow", "xdp_udp6_1_flow_ns",
	    "xdp_udp4_1_flow_ns", 1.25);
	ratio(all, "xdp_ipv6_vs_ipv4_64k_flows", "xdp_udp6_64k_flows_ns",
	    "xdp_udp4_64k_flows_ns", 1.25);
	ratio(all, "xdp_ipv6_vs_ipv4_1m_flows", "xdp_udp6_1m_flows_ns",
	    "xdp_udp4_1m_flows_ns", 1.25);
	ratio(all, "xdp_1000_members_vs_2", "xdp_udp4_1000_members_ns",
	    "xdp_udp4_2_members_ns", 1.2);
	ratio(all, "xdp_1000_rules_vs_1", "xdp_udp4_1000_rules_ns",
	    "xdp_udp4_64k_flows_ns", 1.2);
}

int
bench_xdp(void)
{
	struct found all[LB_COUNT(cases)];
	cpu_set_t cpu;
	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	(void)sched_setaffinity(0, sizeof(cpu), &cpu);
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		int rc = one_case(&cases[i], &all[i]);
		if (rc != 0)
			return rc;
		bench_say(cases[i].name, all[i].path, "ns",
		    cases[i].goal > 0 ? BENCH_AT_MOST : BENCH_NO_GOAL,
		    cases[i].goal);
	}
	ratios(all);
	return 0;
}
