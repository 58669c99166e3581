/* SPDX-License-Identifier: MIT */
/*
 * Real requests, over real sockets, through what people use instead: nftables,
 * nginx's stream module, HAProxy.  The yardstick is no balancer at all: the
 * kernel routes to one server.  By turns; the median of several.
 *
 * Client, servers and balancer share the machine's CPUs, and sockets at both
 * ends cost more than any balancer here: so these are figures of the whole.
 */
#include "tests/bench/bench_talk.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/path/base.h"
#include "tests/bench/bench.h"
#include "tests/bench/talk.h"

#define ROUNDS  5u
#define SLICE_S 0.3
#define WARM_S  0.1

enum by { BY_NOBODY, BY_FAIRLEAD, BY_NFT, BY_NGINX, BY_HAPROXY, BYS };

static const struct {
	const char *name, *heading;
	enum lane_way way;
	const char *address;
} bys[BYS] = {
	[BY_NOBODY] = { "routed", "routed", LANE_KERNEL, "10.88.21.2" },
	[BY_FAIRLEAD] = { "fairlead", "fairlead", LANE_FAIRLEAD, "10.88.0.10" },
	[BY_NFT] = { "nft", "nftables", LANE_KERNEL, "10.88.0.10" },
	[BY_NGINX] = { "nginx", "nginx", LANE_KERNEL, "10.88.3.1" },
	[BY_HAPROXY] = { "haproxy", "HAProxy", LANE_KERNEL, "10.88.3.1" },
};

struct talk_case {
	const char *name, *unit;
	enum talk_kind kind;
	unsigned at_once;
	double scale;       /* what is counted, to the unit */
	uint16_t port[BYS]; /* 0: not it */
};

static const struct talk_case cases[] = {
	/* clang-format off */
	{ "udp_requests",    "k/s",    TALK_UDP,     64, 1e-3, { 5001, 5001, 5001, 5000, 0 } },
	{ "udp_new_flows",   "k/s",    TALK_UDP_NEW, 64, 1e-3, { 5001, 5001, 5001, 5001, 0 } },
	{ "tcp_connections", "k/s",    TALK_TCP,     64, 1e-3, { 5002, 5002, 5002, 5002, 5003 } },
	{ "tcp_stream",      "Gbit/s", TALK_STREAM,   8, 8e-9, { 5002, 5002, 5002, 5002, 5003 } },
	/* clang-format on */
};

struct talk_found {
	double rate[BYS][ROUNDS];
	uint64_t lost[BYS];
};

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double
middle(const double rates[ROUNDS])
{
	double sorted[ROUNDS];
	memcpy(sorted, rates, sizeof(sorted));
	qsort(sorted, ROUNDS, sizeof(*sorted), by_size);
	return sorted[ROUNDS / 2];
}

/* --- servers and proxies ------------------------------------------------- */

struct crew {
	struct talk_server *servers[2];
	pid_t nginx, haproxy; /* 0: there is none */
};

static int
start_servers(struct lane *lane, struct crew *crew)
{
	static const char *const where[2] = { "s1", "s2" };
	static const char *const at[2][2] = { { "10.88.11.2", "10.88.21.2" },
		{ "10.88.12.2", "10.88.22.2" } };
	for (int i = 0; i < 2; i++) {
		struct talk_service service = {
			.addresses = 2, .udp = { 5000, 5001 }, .tcp = { 5002 }
		};
		for (int a = 0; a < 2; a++)
			(void)talk_address(at[i][a], 0, &service.at[a]);
		int rc = lane_enter(lane, where[i]);
		if (rc != 0)
			return rc;
		crew->servers[i] = talk_serve(&service);
		rc = crew->servers[i] != NULL ? 0 : -errno;
		(void)lane_enter(lane, NULL);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* 0: there is no such program here. */
static pid_t
start_proxy(struct lane *lane, const char *what)
{
	char config[128];
	(void)snprintf(
	    config, sizeof(config), "%s/%s.conf", lane_dir(lane), what);
	const char *const nginx[] = { "nginx", "-c", config, "-e", "stderr",
		NULL };
	const char *const haproxy[] = { "haproxy", "-db", "-f", config, NULL };
	bool is_nginx = strcmp(what, "nginx") == 0;
	if (lane_script(lane, what, "") != 0)
		return 0;
	pid_t pid = lane_start(lane, is_nginx ? "nginx.log" : "haproxy.log",
	    is_nginx ? nginx : haproxy);
	return pid > 0 ? pid : 0;
}

/* Its configuration was right, but it does not run. */
static void
forget_dead(pid_t *pid, const char *name)
{
	if (*pid == 0)
		bench_skip(name, "not here, or without its stream module");
	else if (waitpid(*pid, NULL, WNOHANG) != 0) {
		bench_skip(name, "it does not start");
		*pid = 0;
	}
}

static void
crew_end(struct crew *crew)
{
	for (int i = 0; i < 2; i++)
		talk_end(crew->servers[i]);
	lane_end(crew->nginx);
	lane_end(crew->haproxy);
}

/* --- measuring ----------------------------------------------------------- */

static bool
has(const struct crew *crew, const struct talk_case *c, enum by by)
{
	return c->port[by] != 0 && (by != BY_NGINX || crew->nginx > 0) &&
	       (by != BY_HAPROXY || crew->haproxy > 0);
}

static int
ask(const struct talk_case *c, enum by by, double seconds,
    struct talk_heard *heard)
{
	struct talk_ask a = { .kind = c->kind,
		.interface = lane_interface(bys[by].way),
		.at_once = c->at_once,
		.seconds = seconds,
		.stop = &lane_stopped };
	(void)talk_address(bys[by].address, c->port[by], &a.to);
	return talk_ask(&a, heard);
}

static int
one_case(
    const struct crew *crew, const struct talk_case *c, struct talk_found *f)
{
	struct talk_heard heard;
	int rc = 0;
	memset(f, 0, sizeof(*f));
	for (int by = 0; rc == 0 && by < BYS; by++)
		if (has(crew, c, (enum by)by))
			rc = ask(c, (enum by)by, WARM_S, &heard);
	for (unsigned i = 0; i < ROUNDS; i++)
		for (int by = 0; rc == 0 && by < BYS; by++) {
			if (!has(crew, c, (enum by)by))
				continue;
			rc = ask(c, (enum by)by, SLICE_S, &heard);
			if (rc == 0 && lane_stopped)
				rc = -EINTR;
			f->rate[by][i] =
			    (double)heard.answers / heard.seconds * c->scale;
			f->lost[by] += heard.lost + heard.broken;
		}
	return rc;
}

static void
tell(const struct crew *crew, const struct talk_case *c,
    const struct talk_found *f)
{
	char name[96];
	printf("  %-16s %-6s", c->name, c->unit);
	for (int by = 0; by < BYS; by++) {
		if (!has(crew, c, (enum by)by)) {
			printf(" %9s", "-");
			continue;
		}
		double rate = middle(f->rate[by]);
		printf(" %9.2f", rate);
		(void)snprintf(
		    name, sizeof(name), "live_%s_%s", c->name, bys[by].name);
		bench_keep(name, rate, c->unit);
		if (by == BY_FAIRLEAD)
			continue;
		(void)snprintf(
		    name, sizeof(name), "live_%s_vs_%s", c->name, bys[by].name);
		bench_keep(name, middle(f->rate[BY_FAIRLEAD]) / rate, "x");
	}
	for (int by = 0; by < BYS; by++)
		if (f->lost[by] > 0)
			printf("  %s: %llu unanswered", bys[by].heading,
			    (unsigned long long)f->lost[by]);
	printf("\n");
	(void)fflush(stdout);
}

static int
all_cases(const struct lane *lane, const struct crew *crew)
{
	struct talk_found found;
	int rc = lane_enter(lane, "client");
	printf("  %-23s", "requests and bytes");
	for (int by = 0; by < BYS; by++)
		printf(" %9s", bys[by].heading);
	printf("\n");
	for (size_t i = 0; rc == 0 && i < LB_COUNT(cases); i++) {
		rc = one_case(crew, &cases[i], &found);
		if (rc == 0)
			tell(crew, &cases[i], &found);
	}
	(void)lane_enter(lane, NULL);
	return rc;
}

int
bench_talk(struct lane *lane, char *error, size_t error_bytes)
{
	struct crew crew = { 0 };
	int rc = lane_live(lane, "talk.yaml", error, error_bytes);
	if (rc == 0 && lane_script(lane, "real", "") != 0)
		rc = -EPROTO;
	if (rc == 0)
		rc = start_servers(lane, &crew);
	if (rc == 0) {
		crew.nginx = start_proxy(lane, "nginx");
		crew.haproxy = start_proxy(lane, "haproxy");
		(void)usleep(500000);
		forget_dead(&crew.nginx, "nginx");
		forget_dead(&crew.haproxy, "HAProxy");
		rc = all_cases(lane, &crew);
	}
	crew_end(&crew);
	lane_live_end(lane);
	return rc;
}
