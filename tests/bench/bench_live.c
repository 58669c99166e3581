/* SPDX-License-Identifier: MIT */
/*
 * `fairlead live` beside the least that a balancer could do and beside the
 * kernel's own DNAT: the same packets to the same sinks, by turns, over veth in
 * namespaces, all queues on all CPUs.
 *
 * The floor is a program that only redirects.  What fairlead takes more is its
 * path's cost, and should be what a test run of the same program on the same
 * packets takes more than one of the floor: no veth, no generator.
 *
 * On a veth the whole way is walked in the generator's thread, so ns per packet
 * are its CPU time, which what else runs on the machine hardly touches.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "model/config/names.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_talk.h"
#include "tests/bench/blast.h"
#include "tests/bench/lane.h"

#define ROUNDS       9u
#define VALUES_MAX   32u /* that a median is of: rounds or cases */
#define ROUNDS_LEAST 3u
#define CASE_S       4.0   /* a case takes no more rounds after that, */
#define ALL_S        120.0 /* or later ones no more than the least */
#define FAST         200000u
#define SLOW         65536u /* the kernel's, and every flow of 64 k once */
#define TEST_RUN     200000u
#define MANY         65536u
#define TABLE_FULL   4000000u /* new flows, and twice the table's slots */
#define FLOWS_APART  (UINT64_C(1) << 29)
#define SETTLE_MS    500

enum port { PORT_UNTRACKED = 5000, PORT_TRACKED = 5001, PORT_TCP = 5002 };

struct live_case {
	const char *name;
	bool six;
	enum blast_kind kind;
	enum port port;
	uint64_t flows;
};

static const struct live_case cases[] = {
	/* clang-format off */
	{ "udp4_untracked_1_flow", false, BLAST_UDP, PORT_UNTRACKED, 1 },
	{ "udp4_untracked_64k",    false, BLAST_UDP, PORT_UNTRACKED, MANY },
	{ "udp4_untracked_new",    false, BLAST_UDP, PORT_UNTRACKED, BLAST_NEW_FLOWS },
	{ "udp4_1_flow",           false, BLAST_UDP, PORT_TRACKED, 1 },
	{ "udp4_64k",              false, BLAST_UDP, PORT_TRACKED, MANY },
	{ "udp4_new",              false, BLAST_UDP, PORT_TRACKED, BLAST_NEW_FLOWS },
	{ "tcp4_1_flow",           false, BLAST_ACK, PORT_TCP, 1 },
	{ "tcp4_64k",              false, BLAST_ACK, PORT_TCP, MANY },
	{ "tcp4_new",              false, BLAST_SYN, PORT_TCP, BLAST_NEW_FLOWS },
	{ "udp6_64k",              true,  BLAST_UDP, PORT_TRACKED, MANY },
	{ "tcp6_64k",              true,  BLAST_ACK, PORT_TCP, MANY },
	{ "tcp6_new",              true,  BLAST_SYN, PORT_TCP, BLAST_NEW_FLOWS },
	/* clang-format on */
};

_Static_assert(
    LB_COUNT(cases) <= VALUES_MAX && ROUNDS <= VALUES_MAX, "a median's values");

/* Of one way: each slice's. */
struct series {
	double ns[ROUNDS];   /* a packet, of CPU time */
	double mpps[ROUNDS]; /* by the clock */
	uint64_t sent, lost;
	unsigned count;
};

struct found {
	struct series way[LANE_WAYS];
	double test_run[LANE_KERNEL]; /* ns of the floor's and fairlead's; 0 */
};

struct stand {
	struct lane *lane;
	double end; /* no more rounds after that */
	const struct live_case *c;
	unsigned threads;
	struct blast *blast[LANE_WAYS];
	struct blast *test; /* for test runs: other flows */
	int program[LANE_KERNEL];
};

static double
now_s(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* FAIRLEAD_BENCH_CASES=tcp4: only those with that in their name. */
static bool
is_asked_for(const struct live_case *c)
{
	const char *only = getenv("FAIRLEAD_BENCH_CASES");
	return only == NULL || strstr(c->name, only) != NULL;
}

static bool
is_new(const struct live_case *c)
{
	return c->flows == BLAST_NEW_FLOWS;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double
median(const double *values, unsigned count)
{
	double sorted[VALUES_MAX];
	if (count == 0 || count > VALUES_MAX)
		return 0;
	memcpy(sorted, values, count * sizeof(*values));
	qsort(sorted, count, sizeof(*sorted), by_size);
	return count % 2 != 0 ? sorted[count / 2]
			      : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

static double
least(const double *values, unsigned count)
{
	double found = count > 0 ? values[0] : 0;
	for (unsigned i = 1; i < count; i++)
		if (values[i] < found)
			found = values[i];
	return found;
}

/* --- one slice ----------------------------------------------------------- */

static struct blast *
generator(const struct stand *s, enum lane_way way, uint64_t first)
{
	char error[512];
	struct blast_spec spec = { .interface = lane_interface(way),
		.kind = s->c->kind,
		.port = (uint16_t)s->c->port,
		.flows = s->c->flows,
		.first = is_new(s->c) ? first : 0,
		.frame_bytes = BLAST_FRAME_BYTES_MIN,
		.threads = s->threads };
	lane_mac(way, spec.mac);
	(void)lb_addr_of_text(
	    s->c->six ? "2001:2::" : "198.18.0.0", &spec.source);
	(void)lb_addr_of_text(
	    s->c->six ? "fd88::10" : "10.88.0.10", &spec.dest);
	struct blast *b = blast_open(&spec, error, sizeof(error));
	if (b == NULL)
		bench_skip("live", error);
	return b;
}

/* What went on by a way, as the balancer has it; sent, where it has no word. */
static uint64_t
forwarded(const struct stand *s, enum lane_way way, uint64_t sent)
{
	struct forward_total total;
	if (way != LANE_FAIRLEAD)
		return sent;
	return lane_total(s->lane, &total) == 0 ? total.sent : 0;
}

/* Packets may still be on their way on another CPU. */
static uint64_t
sunk_of(const struct stand *s, uint64_t before, uint64_t sent)
{
	uint64_t sunk = lane_sunk(s->lane) - before;
	for (int left = SETTLE_MS; sunk < sent && left > 0; left -= 10) {
		(void)usleep(10000);
		sunk = lane_sunk(s->lane) - before;
	}
	return sunk;
}

static int
slice(struct stand *s, enum lane_way way, uint64_t packets, struct series *to)
{
	struct blast_sent sent;
	const struct blast_order order = { .packets = packets };
	if (way == LANE_KERNEL && is_new(s->c) &&
	    lane_script(s->lane, "flush", "") != 0)
		return -EPROTO;
	uint64_t sunk = lane_sunk(s->lane);
	uint64_t went = forwarded(s, way, 0);
	int rc = blast_run(s->blast[way], &order, &sent);
	if (rc == 0 && lane_stopped)
		rc = -EINTR;
	if (rc != 0)
		return rc;
	sunk = sunk_of(s, sunk, sent.packets);
	went = forwarded(s, way, sent.packets) - went;
	if (went < sunk)
		sunk = went; /* who was not forwarded did not arrive rightly */
	if (to == NULL)
		return 0;
	to->ns[to->count] = sent.cpu_seconds * 1e9 / (double)sent.packets;
	to->mpps[to->count] = (double)sent.packets / sent.sending / 1e6;
	to->count++;
	to->sent += sent.packets;
	to->lost += sent.packets > sunk ? sent.packets - sunk : 0;
	return 0;
}

static int
test_runs(struct stand *s, struct found *f)
{
	for (int way = LANE_FLOOR; way <= LANE_FAIRLEAD; way++) {
		double ns = blast_into(s->test, s->program[way], TEST_RUN);
		if (ns < 0)
			return (int)ns;
		if (f->test_run[way] <= 0 || ns < f->test_run[way])
			f->test_run[way] = ns;
	}
	return 0;
}

/* --- one case ------------------------------------------------------------ */

static void
stand_end(struct stand *s)
{
	for (int way = 0; way < LANE_WAYS; way++)
		blast_close(s->blast[way]);
	blast_close(s->test);
}

static int
stand_start(struct stand *s)
{
	for (int way = 0; way < LANE_WAYS; way++) {
		s->blast[way] = generator(s, (enum lane_way)way, 0);
		if (s->blast[way] == NULL)
			return -EPROTO;
	}
	s->test = generator(s, LANE_FAIRLEAD, FLOWS_APART);
	return s->test != NULL ? 0 : -EPROTO;
}

/* Every flow is known, or the table full of others. */
static int
warm_up(struct stand *s)
{
	int rc = lane_script(s->lane, "flush", "") == 0 ? 0 : -EPROTO;
	bool fill = is_new(s->c) && s->c->port != PORT_UNTRACKED;
	for (int way = 0; rc == 0 && way < LANE_WAYS; way++)
		rc = slice(s, (enum lane_way)way,
		    way == LANE_FAIRLEAD && fill ? TABLE_FULL : MANY, NULL);
	return rc;
}

static int
rounds(struct stand *s, struct found *f)
{
	int rc = warm_up(s);
	for (unsigned i = 0; rc == 0 && i < ROUNDS; i++) {
		if (i >= ROUNDS_LEAST && now_s() > s->end)
			break;
		for (int way = 0; rc == 0 && way < LANE_WAYS; way++)
			rc = slice(s, (enum lane_way)way,
			    (uint64_t)s->threads *
				(way == LANE_KERNEL ? SLOW : FAST),
			    &f->way[way]);
		if (rc == 0 && s->threads == 1)
			rc = test_runs(s, f);
	}
	return rc;
}

static int
one_case(struct lane *lane, const struct live_case *c, unsigned threads,
    double end, struct found *f)
{
	struct stand s = {
		.lane = lane, .c = c, .threads = threads, .end = end
	};
	memset(f, 0, sizeof(*f));
	s.program[LANE_FLOOR] = lane_floor_program(lane);
	s.program[LANE_FAIRLEAD] = lane_live_program(lane);
	int rc = lane_enter(lane, "client");
	if (rc == 0)
		rc = stand_start(&s);
	if (rc == 0)
		rc = rounds(&s, f);
	stand_end(&s);
	(void)lane_enter(lane, NULL);
	if (s.program[LANE_FAIRLEAD] >= 0)
		(void)close(s.program[LANE_FAIRLEAD]);
	return rc;
}

/* --- telling ------------------------------------------------------------- */

static double
ns_of(const struct found *f, enum lane_way way)
{
	return least(f->way[way].ns, f->way[way].count);
}

static double
mpps_of(const struct found *f, enum lane_way way)
{
	return median(f->way[way].mpps, f->way[way].count);
}

static double
cost_of(const struct found *f)
{
	return ns_of(f, LANE_FAIRLEAD) - ns_of(f, LANE_FLOOR);
}

static double
test_cost_of(const struct found *f)
{
	return f->test_run[LANE_FAIRLEAD] - f->test_run[LANE_FLOOR];
}

static void
tell_lost(const struct found *f)
{
	static const char *const names[LANE_WAYS] = { "floor", "fairlead",
		"nftables" };
	bool any = false;
	for (int way = 0; way < LANE_WAYS; way++) {
		const struct series *s = &f->way[way];
		if (s->lost == 0)
			continue;
		printf("  %s lost %llu of %llu", names[way],
		    (unsigned long long)s->lost, (unsigned long long)s->sent);
		any = true;
	}
	printf("%s\n", any ? "" : "  0");
}

static void
keep(const char *name, const char *what, double value, const char *unit)
{
	char full[96];
	(void)snprintf(full, sizeof(full), "live_%s_%s", name, what);
	bench_keep(full, value, unit);
}

/* One CPU: what a packet costs. */
static void
tell_one_cpu(const struct live_case *c, const struct found *f)
{
	double cost = cost_of(f), test = test_cost_of(f);
	double times = ns_of(f, LANE_KERNEL) / ns_of(f, LANE_FAIRLEAD);
	double all = ns_of(f, LANE_FAIRLEAD);
	printf("  %-22s %6.0f %8.0f %8.0f %6.1fx %6.0f %6.0f %6.2f %5.0f%%",
	    c->name, ns_of(f, LANE_FLOOR), all, ns_of(f, LANE_KERNEL), times,
	    cost, test, cost / test, 100 * cost / all);
	tell_lost(f);
	(void)fflush(stdout);
	keep(c->name, "floor_ns", ns_of(f, LANE_FLOOR), "ns");
	keep(c->name, "ns", ns_of(f, LANE_FAIRLEAD), "ns");
	keep(c->name, "nft_ns", ns_of(f, LANE_KERNEL), "ns");
	keep(c->name, "cost_ns", cost, "ns");
	keep(c->name, "test_run_ns", test, "ns");
	keep(c->name, "vs_test_run", cost / test, "x");
}

static void
tell_all_cpus(const struct live_case *c, const struct found *f)
{
	double times = mpps_of(f, LANE_FAIRLEAD) / mpps_of(f, LANE_KERNEL);
	printf("  %-22s %6.2f %8.2f %8.2f %6.1fx", c->name,
	    mpps_of(f, LANE_FLOOR), mpps_of(f, LANE_FAIRLEAD),
	    mpps_of(f, LANE_KERNEL), times);
	tell_lost(f);
	(void)fflush(stdout);
	keep(c->name, "floor_mpps", mpps_of(f, LANE_FLOOR), "Mpps");
	keep(c->name, "mpps", mpps_of(f, LANE_FAIRLEAD), "Mpps");
	keep(c->name, "nft_mpps", mpps_of(f, LANE_KERNEL), "Mpps");
	keep(c->name, "vs_nft", times, "x");
}

/* What is asked for of it all, by its name. */
struct summary {
	double ratio[LB_COUNT(cases)]; /* to the test run */
	unsigned ratios;
	double existing, new;
	uint64_t lost;
	double made, floor; /* ns: a packet made, and at the floor */
};

static void
sum_up(struct summary *sum, const struct live_case *c, const struct found *f)
{
	double times = mpps_of(f, LANE_FAIRLEAD) / mpps_of(f, LANE_KERNEL);
	sum->lost += f->way[LANE_FAIRLEAD].lost;
	if (f->test_run[LANE_FLOOR] > 0) {
		sum->ratio[sum->ratios++] = cost_of(f) / test_cost_of(f);
		sum->made = f->test_run[LANE_FLOOR];
		sum->floor = ns_of(f, LANE_FLOOR);
	} else if (strcmp(c->name, "tcp4_64k") == 0) {
		sum->existing = times;
	} else if (strcmp(c->name, "tcp4_new") == 0) {
		sum->new = times;
	}
}

static void
tell_summary(const struct summary *sum)
{
	printf(
	    "  path: what fairlead takes more than the floor; test: the same "
	    "by test runs, without\n"
	    "  veth; part: of all ns of a packet that are the path's. The "
	    "rest bounds: of the floor\n"
	    "  %.0f ns are the generator's and the floor's programs, %.0f "
	    "veth, frames and sink.\n",
	    sum->made, sum->floor - sum->made);
	bench_say("live_path_vs_test_run", median(sum->ratio, sum->ratios), "x",
	    BENCH_AT_MOST, 1.3);
	if (sum->existing > 0)
		bench_say("live_vs_nft_existing", sum->existing, "x",
		    BENCH_NO_GOAL, 0);
	if (sum->new > 0)
		bench_say("live_vs_nft_new", sum->new, "x", BENCH_NO_GOAL, 0);
	bench_say("live_lost", (double)sum->lost, "packets", BENCH_AT_MOST, 0);
}

/* --- all of them --------------------------------------------------------- */

static int
measure_on(struct lane *lane, unsigned threads, double end, struct summary *sum)
{
	struct found f;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < LB_COUNT(cases); i++) {
		/* of several CPUs one flow is one's */
		if (!is_asked_for(&cases[i]) ||
		    (threads > 1 && cases[i].flows == 1))
			continue;
		double case_end = now_s() + CASE_S;
		rc = one_case(lane, &cases[i], threads,
		    case_end < end ? case_end : end, &f);
		if (rc != 0)
			break;
		if (threads == 1)
			tell_one_cpu(&cases[i], &f);
		else
			tell_all_cpus(&cases[i], &f);
		sum_up(sum, &cases[i], &f);
	}
	return rc;
}

static int
measure(struct lane *lane)
{
	struct summary sum = { 0 };
	unsigned cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	double end = now_s() + ALL_S;
	if (cpus > BLAST_THREADS_MAX)
		cpus = BLAST_THREADS_MAX;
	printf("  one CPU, ns a packet        floor fairlead nftables  times"
	       "   path   test  ratio  part  lost\n");
	int rc = measure_on(lane, 1, end, &sum);
	if (rc == 0 && cpus > 1) {
		printf("  %u CPUs, million packets/s   floor fairlead nftables"
		       "  times  lost\n",
		    cpus);
		rc = measure_on(lane, cpus, end, &sum);
	}
	if (rc == 0 && sum.ratios > 0)
		tell_summary(&sum);
	return rc;
}

static int
failed(const char *what, const char *why, int rc)
{
	(void)fprintf(
	    stderr, "bench: live, %s: %s: %s\n", what, why, strerror(-rc));
	return 1;
}

int
bench_live(void)
{
	char error[LANE_ERROR_BYTES] = "";
	struct lane *lane = lane_open(error, sizeof(error));
	if (lane == NULL) {
		bench_skip("live", error);
		return errno == EPERM ? 77 : 1;
	}
	int rc = lane_live(lane, "bench.yaml", error, sizeof(error));
	if (rc == 0)
		rc = lane_sinks(lane, error, sizeof(error));
	if (rc == 0 && lane_script(lane, "nft", "") != 0)
		rc = -EPROTO;
	if (rc == 0)
		rc = measure(lane);
	lane_sinks_end(lane);
	lane_live_end(lane);
	if (rc != 0)
		rc = failed("packets", error, rc);
	else if ((rc = bench_talk(lane, error, sizeof(error))) != 0)
		rc = failed("requests", error, rc);
	lane_close(lane);
	return rc;
}
