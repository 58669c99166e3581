/* SPDX-License-Identifier: MIT */
/*
 * `fairlead live` under mixed load for long: datagrams and connections over
 * real sockets, ever new flows of both families from the generator that expire
 * by the thousand, reloads that take members out and put them back, a member
 * whose probe fails and heals.  At the end: did the control process grow, did
 * it log an error, is every packet accounted for?
 *
 *     make bench BENCH=soak DURATION=600
 *
 * Samples go to soak.csv in the current folder.
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "model/config/names.h"
#include "model/path/table.h"
#include "tests/bench/bench.h"
#include "tests/bench/blast.h"
#include "tests/bench/lane.h"
#include "tests/bench/talk.h"

#define SECONDS       600.0 /* without DURATION */
#define LONG_S        500.0 /* enough to tell growth */
#define SECONDS_MIN   10.0
#define RELOAD_S      5.0
#define HEALTH_S      20.0 /* a member is out for the second half of each */
#define SAMPLES       300u
#define WARM_UP       0.5 /* of it: not asked whether it grew */
#define SETTLE_S      3   /* after the last packet */
#define FLOOD_RATE    10000.0
#define PROBE_PORT    6000
#define GROWTH_KB_MIN 10.0 /* a minute: a page for every other reload */

/* Who asks: kind, flows, and a pause that leaves CPUs to others. */
static const struct {
	enum talk_kind kind;
	uint16_t port;
	unsigned at_once;
	double pause_s;
} asks[] = {
	{ TALK_UDP, 5000, 16, 0.02 },
	{ TALK_UDP, 5001, 16, 0.02 },
	{ TALK_UDP_NEW, 5001, 16, 0.05 },
	{ TALK_TCP, 5002, 16, 0.05 },
};

#define ASKERS LB_COUNT(asks)
#define FLOODS 2u

struct asker {
	struct talk_ask ask;
	struct talk_heard heard;
	int rc;
	pthread_t thread;
};

struct flood {
	struct blast *blast;
	struct blast_order order;
	struct blast_sent sent;
	int rc;
	pthread_t thread;
};

struct sample {
	double at_s, rss_kb, cpu_s;
	unsigned fds;
	uint64_t flows4;
	struct forward_total total;
};

struct soak {
	struct lane *lane;
	double seconds;
	struct talk_server *servers[2];
	struct talk_server *probed[2]; /* NULL: refuses */
	struct asker askers[ASKERS];
	struct flood floods[FLOODS];
	struct lane_drops drops; /* meanwhile */
	struct sample samples[SAMPLES];
	unsigned count, reloads, outages, askers_started, floods_started;
};

static double
now_s(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- who talks ----------------------------------------------------------- */

static const char *const where[2] = { "s1", "s2" };
static const char *const address[2] = { "10.88.11.2", "10.88.12.2" };

static struct talk_server *
serve(const struct soak *s, int i, bool probes_only)
{
	struct talk_service service = { .addresses = 1 };
	if (probes_only)
		service.tcp[0] = PROBE_PORT;
	else
		service = (struct talk_service){
			.addresses = 1, .udp = { 5000, 5001 }, .tcp = { 5002 }
		};
	(void)talk_address(address[i], 0, &service.at[0]);
	if (lane_enter(s->lane, where[i]) != 0)
		return NULL;
	struct talk_server *server = talk_serve(&service);
	(void)lane_enter(s->lane, "client");
	return server;
}

static int
start_servers(struct soak *s)
{
	for (int i = 0; i < 2; i++) {
		s->servers[i] = serve(s, i, false);
		s->probed[i] = serve(s, i, true);
		if (s->servers[i] == NULL || s->probed[i] == NULL)
			return -EPROTO;
	}
	return 0;
}

static void *
run_asker(void *arg)
{
	struct asker *a = arg;
	a->rc = talk_ask(&a->ask, &a->heard);
	return NULL;
}

static void *
run_flood(void *arg)
{
	struct flood *f = arg;
	f->rc = blast_run(f->blast, &f->order, &f->sent);
	return NULL;
}

static int
start_askers(struct soak *s)
{
	for (size_t i = 0; i < ASKERS; i++) {
		struct asker *a = &s->askers[i];
		a->ask = (struct talk_ask){ .kind = asks[i].kind,
			.interface = lane_interface(LANE_FAIRLEAD),
			.at_once = asks[i].at_once,
			.seconds = s->seconds,
			.stop = &lane_stopped,
			.pause_s = asks[i].pause_s };
		(void)talk_address("10.88.0.10", asks[i].port, &a->ask.to);
		if (pthread_create(&a->thread, NULL, run_asker, a) != 0)
			return -EAGAIN;
		s->askers_started++;
	}
	return 0;
}

static int
start_floods(struct soak *s, char *error, size_t error_bytes)
{
	for (unsigned i = 0; i < FLOODS; i++) {
		struct flood *f = &s->floods[i];
		struct blast_spec spec = { .interface =
					       lane_interface(LANE_FAIRLEAD),
			.kind = BLAST_UDP,
			.port = 5003,
			.flows = BLAST_NEW_FLOWS,
			.frame_bytes = BLAST_FRAME_BYTES_MIN,
			.threads = 1 };
		lane_mac(LANE_FAIRLEAD, spec.mac);
		(void)lb_addr_of_text(
		    i == 0 ? "198.18.0.0" : "2001:2::", &spec.source);
		(void)lb_addr_of_text(
		    i == 0 ? "10.88.0.10" : "fd88::10", &spec.dest);
		f->blast = blast_open(&spec, error, error_bytes);
		f->order = (struct blast_order){ .seconds = s->seconds,
			.stop = &lane_stopped,
			.rate = FLOOD_RATE };
		if (f->blast == NULL ||
		    pthread_create(&f->thread, NULL, run_flood, f) != 0)
			return -EAGAIN;
		s->floods_started++;
	}
	return 0;
}

static void
join_all(struct soak *s)
{
	while (s->askers_started > 0)
		(void)pthread_join(s->askers[--s->askers_started].thread, NULL);
	while (s->floods_started > 0)
		(void)pthread_join(s->floods[--s->floods_started].thread, NULL);
}

/* --- samples ------------------------------------------------------------- */

static double
rss_kb(pid_t pid)
{
	char path[64], line[256];
	double kb = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *in = fopen(path, "r");
	while (in != NULL && fgets(line, sizeof(line), in) != NULL)
		if (strncmp(line, "RssAnon:", 8) == 0)
			kb = strtod(line + 8, NULL);
	if (in != NULL)
		(void)fclose(in);
	return kb;
}

/* Of user and system, since it began. */
static double
cpu_seconds(pid_t pid)
{
	char path[64], line[1024];
	unsigned long user = 0, system = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *in = fopen(path, "r");
	const char *after = in != NULL && fgets(line, sizeof(line), in) != NULL
				? strrchr(line, ')')
				: NULL;
	if (after != NULL)
		(void)sscanf(after,
		    ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
		    &user, &system);
	if (in != NULL)
		(void)fclose(in);
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static unsigned
descriptors(pid_t pid)
{
	char path[64];
	unsigned count = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	DIR *dir = opendir(path);
	while (dir != NULL && readdir(dir) != NULL)
		count++;
	if (dir != NULL)
		(void)closedir(dir);
	return count > 2 ? count - 2 : 0; /* . and .. */
}

/* Ways that are taken, expired ones that nobody swept among them. */
static uint64_t
flows4(const struct lane *lane)
{
	struct bpf_map_info info = { 0 };
	uint32_t bytes = sizeof(info);
	uint64_t count = 0;
	int fd = lane_pinned(lane, "conn4");
	if (fd < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(fd, &info, &bytes) == 0) {
		size_t size =
		    (size_t)info.max_entries * sizeof(struct lb_bucket4);
		struct lb_bucket4 *table =
		    mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
		for (uint32_t i = 0;
		     table != MAP_FAILED && i < info.max_entries; i++)
			for (unsigned way = 0; way < LB_WAYS; way++)
				count +=
				    lb_ctl_state(LB_LOAD(table[i].ctl[way])) !=
				    LB_CONN_EMPTY;
		if (table != MAP_FAILED)
			(void)munmap(table, size);
	}
	(void)close(fd);
	return count;
}

static void
take_sample(struct soak *s, double at_s)
{
	struct sample *to = &s->samples[s->count];
	pid_t pid = lane_live_pid(s->lane);
	if (s->count == SAMPLES)
		return;
	to->at_s = at_s;
	to->rss_kb = rss_kb(pid);
	to->cpu_s = cpu_seconds(pid);
	to->fds = descriptors(pid);
	to->flows4 = flows4(s->lane);
	(void)lane_total(s->lane, &to->total);
	s->count++;
}

static uint64_t
dropped(const struct forward_total *total)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < LB_REASON_COUNT; i++)
		sum += total->dropped[i];
	return sum;
}

static void
write_csv(const struct soak *s)
{
	FILE *out = fopen("soak.csv", "w");
	if (out == NULL)
		return;
	(void)fprintf(out,
	    "seconds,rss_anon_kb,cpu_seconds,fds,flows4,packets,unread,passed,"
	    "sent,handed,dropped,untracked\n");
	for (unsigned i = 0; i < s->count; i++) {
		const struct sample *x = &s->samples[i];
		const struct forward_total *t = &x->total;
		(void)fprintf(out,
		    "%.1f,%.0f,%.2f,%u,%llu,%llu,%llu,%llu,%llu,%llu,%llu,"
		    "%llu\n",
		    x->at_s, x->rss_kb, x->cpu_s, x->fds,
		    (unsigned long long)x->flows4,
		    (unsigned long long)t->packets,
		    (unsigned long long)t->unread,
		    (unsigned long long)t->passed, (unsigned long long)t->sent,
		    (unsigned long long)t->handed,
		    (unsigned long long)dropped(t),
		    (unsigned long long)t->untracked);
	}
	(void)fclose(out);
}

/* --- what happens meanwhile ---------------------------------------------- */

/* With one member less, and back. */
static void
reload(struct soak *s)
{
	char from[128], new[128], to[128];
	const char *dir = lane_dir(s->lane);
	s->reloads++;
	(void)snprintf(from, sizeof(from), "%s/soak-%c.yaml", dir,
	    s->reloads % 2 != 0 ? 'b' : 'a');
	(void)snprintf(new, sizeof(new), "%s/soak.new", dir);
	(void)snprintf(to, sizeof(to), "%s/soak.yaml", dir);
	if (link(from, new) == 0 && rename(new, to) == 0)
		lane_live_reload(s->lane);
}

static void
turn_health(struct soak *s, double at_s)
{
	bool out = fmod(at_s, HEALTH_S) >= HEALTH_S / 2;
	if (out && s->probed[1] != NULL) {
		talk_end(s->probed[1]);
		s->probed[1] = NULL;
		s->outages++;
	} else if (!out && s->probed[1] == NULL) {
		s->probed[1] = serve(s, 1, true);
	}
}

static void
conduct(struct soak *s)
{
	double start = now_s(), at = 0, step = s->seconds / (SAMPLES - 2);
	double next_sample = 0, next_reload = RELOAD_S;
	while (at < s->seconds && !lane_stopped) {
		if (at >= next_sample) {
			take_sample(s, at);
			next_sample += step;
		}
		if (at >= next_reload) {
			reload(s);
			next_reload += RELOAD_S;
		}
		turn_health(s, at);
		(void)usleep(100000);
		at = now_s() - start;
	}
}

/* --- the verdict --------------------------------------------------------- */

/* The first sample after the warm-up. */
static unsigned
warm(const struct soak *s)
{
	unsigned i = 0;
	while (i < s->count && s->samples[i].at_s < s->seconds * WARM_UP)
		i++;
	return i;
}

/* Least squares over what came after the warm-up: per minute. */
static double
growth_kb_min(const struct soak *s)
{
	double n = 0, sum_t = 0, sum_v = 0, sum_tt = 0, sum_tv = 0;
	for (unsigned i = warm(s); i < s->count; i++) {
		double t = s->samples[i].at_s / 60, v = s->samples[i].rss_kb;
		n++;
		sum_t += t;
		sum_v += v;
		sum_tt += t * t;
		sum_tv += t * v;
	}
	double spread = n * sum_tt - sum_t * sum_t;
	return spread > 0 ? (n * sum_tv - sum_t * sum_v) / spread : 0;
}

/* The least in the second half over the least in the first, warm-up apart:
 * probes come and go. */
static double
more_fds(const struct soak *s)
{
	unsigned fewest[2] = { UINT_MAX, UINT_MAX }, from = warm(s);
	for (unsigned i = from; i < s->count; i++) {
		unsigned *half = &fewest[i - from >= (s->count - from) / 2];
		if (s->samples[i].fds < *half)
			*half = s->samples[i].fds;
	}
	return fewest[1] > fewest[0] ? fewest[1] - fewest[0] : 0;
}

/* Lines of its log with that in them; the first of them is shown. */
static unsigned
logged(const struct soak *s, const char *what, bool show)
{
	char path[128], line[4096];
	unsigned count = 0;
	(void)snprintf(path, sizeof(path), "%s/live.log", lane_dir(s->lane));
	FILE *in = fopen(path, "r");
	while (in != NULL && fgets(line, sizeof(line), in) != NULL)
		if (strstr(line, what) != NULL && count++ == 0 && show)
			printf("  its first: %s", line);
	if (in != NULL)
		(void)fclose(in);
	return count;
}

static uint64_t
apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static const char *const kind_names[TALK_KINDS] = { "UDP", "UDP, new flows",
	"TCP connections", "TCP" };

static void
tell_traffic(const struct soak *s)
{
	uint64_t lost = 0, broken = 0, answers = 0, flooded = 0;
	for (size_t i = 0; i < ASKERS; i++) {
		const struct talk_heard *h = &s->askers[i].heard;
		printf("  %-20s port %u: %llu answers, %llu without, %llu "
		       "broken, worst %.1f ms\n",
		    kind_names[asks[i].kind], asks[i].port,
		    (unsigned long long)h->answers, (unsigned long long)h->lost,
		    (unsigned long long)h->broken, h->worst_s * 1e3);
		answers += h->answers;
		lost += h->lost;
		broken += h->broken;
	}
	for (unsigned i = 0; i < FLOODS; i++)
		flooded += s->floods[i].sent.packets;
	bench_say("soak_answers", (double)answers, "", BENCH_NO_GOAL, 0);
	uint64_t drops = s->drops.before + s->drops.after;
	bench_say("soak_unanswered", (double)lost, "", BENCH_NO_GOAL, 0);
	bench_say("soak_veth_drops_before", (double)s->drops.before, "packets",
	    BENCH_NO_GOAL, 0);
	bench_say("soak_veth_drops_after", (double)s->drops.after, "packets",
	    BENCH_NO_GOAL, 0);
	bench_say("soak_unexplained", lost > drops ? (double)(lost - drops) : 0,
	    "", BENCH_AT_MOST, 0);
	bench_say("soak_broken", (double)broken, "", BENCH_AT_MOST, 0);
	bench_say("soak_flood", (double)flooded, "packets", BENCH_NO_GOAL, 0);
}

static void
tell(const struct soak *s, uint64_t arrived)
{
	const struct sample *last = &s->samples[s->count - 1];
	const struct forward_total *t = &last->total;
	uint64_t known =
	    t->unread + t->passed + t->sent + t->handed + dropped(t);
	printf("  %.0f s, %u reloads, %u outages of a member, %.1f M packets; "
	       "%.1f s of CPU for the control process\n",
	    s->seconds, s->reloads, s->outages, (double)t->packets / 1e6,
	    last->cpu_s);
	tell_traffic(s);
	bench_say("soak_unaccounted", (double)apart(t->packets, known),
	    "packets", BENCH_AT_MOST, 0);
	bench_say("soak_lost",
	    (double)apart(t->sent + t->handed, arrived + s->drops.after),
	    "packets", BENCH_AT_MOST, 0);
	bench_say(
	    "soak_dropped", (double)dropped(t), "packets", BENCH_AT_MOST, 0);
	bench_say("soak_errors", logged(s, "\"level\":\"error\"", true),
	    "lines", BENCH_AT_MOST, 0);
	bench_say("soak_warnings", logged(s, "\"level\":\"warning\"", true),
	    "lines", BENCH_NO_GOAL, 0);
	bench_say("soak_reloads_unheard",
	    s->reloads - (double)logged(s, "\"event\":\"reloaded\"", false), "",
	    BENCH_AT_MOST, 0);
	bench_say("soak_rss", last->rss_kb, "kB", BENCH_NO_GOAL, 0);
	/* the allocator's own growth takes some three minutes */
	bench_say("soak_rss_growth", growth_kb_min(s), "kB/min",
	    s->seconds < LONG_S ? BENCH_NO_GOAL : BENCH_AT_MOST, GROWTH_KB_MIN);
	bench_say("soak_fds", last->fds, "", BENCH_NO_GOAL, 0);
	bench_say("soak_fds_growth", more_fds(s), "", BENCH_AT_MOST, 0);
	printf("  samples: soak.csv\n");
}

/* --- all of it ----------------------------------------------------------- */

static double
duration(void)
{
	const char *text = getenv("FAIRLEAD_BENCH_DURATION");
	double seconds = text != NULL ? strtod(text, NULL) : 0;
	if (seconds <= 0)
		return SECONDS;
	return seconds > SECONDS_MIN ? seconds : SECONDS_MIN;
}

static int
soak(struct soak *s, char *error, size_t error_bytes)
{
	if (lane_script(s->lane, "soak", "") != 0)
		return -EPROTO;
	int rc = lane_live(s->lane, "soak.yaml", error, error_bytes);
	if (rc == 0 && lane_script(s->lane, "real", "") != 0)
		rc = -EPROTO;
	if (rc == 0)
		rc = lane_counters(s->lane, error, error_bytes);
	if (rc == 0)
		rc = start_servers(s);
	if (rc != 0)
		return rc;
	(void)sleep(1); /* the first probes */
	const struct lane_drops before = lane_drops(s->lane);
	(void)lane_enter(s->lane, "client");
	rc = start_askers(s);
	if (rc == 0)
		rc = start_floods(s, error, error_bytes);
	if (rc == 0)
		conduct(s);
	join_all(s);
	if (lane_stopped)
		return -EINTR;
	(void)sleep(SETTLE_S);
	s->drops = lane_drops(s->lane);
	s->drops.before -= before.before;
	s->drops.after -= before.after;
	take_sample(s, s->seconds + SETTLE_S);
	return rc;
}

int
bench_soak(void)
{
	char error[LANE_ERROR_BYTES] = "";
	struct lane *lane = lane_open(error, sizeof(error));
	struct soak *s = calloc(1, sizeof(*s));
	if (lane == NULL || s == NULL) {
		bench_skip("soak", error);
		free(s);
		return errno == EPERM ? 77 : 1;
	}
	s->lane = lane;
	s->seconds = duration();
	int rc = soak(s, error, sizeof(error));
	if (rc == 0) {
		tell(s, lane_sunk(lane));
		write_csv(s);
	} else {
		(void)fprintf(
		    stderr, "bench: soak: %s: %s\n", error, strerror(-rc));
	}
	for (int i = 0; i < 2; i++) {
		talk_end(s->servers[i]);
		talk_end(s->probed[i]);
	}
	for (unsigned i = 0; i < FLOODS; i++)
		blast_close(s->floods[i].blast);
	lane_close(lane);
	free(s);
	return rc != 0;
}
