/* SPDX-License-Identifier: MIT */
/*
 * model/tables/audit.c: a sweeper is killed after each of his steps that
 * changes memory, found by running him instruction by instruction; then others
 * go on, and take ports towards the same remote.  Who comes after him finds
 * every port that nobody has, and no other one.
 */
#include "model/tables/audit.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live/bpf/sweeper.h"
#include "model/path/step.h"
#include "model/tables/world.h"
#include "tests/model/plan_text.h"

#define T0        1000u
#define LATER     (T0 + 240000u)
#define STEPS_MAX 2000000u
#define KILLS_MAX 64u
#define ROUNDS    12u /* of who comes after: more than the first audits */
#define STRANGER  9u
#define FLOWS     3u

static struct made made;
static struct lb_world *world;

static const char config_text[] =
    "load_balancer: { sku: fairlead }\n"
    "connection_table: { entries: 100, entries6: 100 }\n"
    "frontends: [{ name: f, address: 203.0.113.1 }]\n"
    "pools: [{ name: p, members: [{ name: a, address: 10.0.0.1 }] }]\n"
    "rules: []\n"
    "outbound_rules: [{ name: o, pool: p, frontends: [f],\n"
    "    ports_per_member: 512, idle_timeout: 4m }]\n";

static uint16_t
leaves(uint8_t proto, uint16_t sport, uint32_t remote, uint32_t now_ms)
{
	struct lb_result result;
	struct lb_packet pkt = {
		.ip = { .src = lb_addr_v4(10u | 1u << 24),
		    .dst = lb_addr_v4(198u | remote << 8),
		    .sport = lb_be16_of(sport),
		    .dport = lb_be16_of(443),
		    .l3 = 14,
		    .l4 = 34,
		    .family = 4,
		    .proto = proto,
		    .l4_bytes = 20 },
		.ip_bytes = 40,
		.tcp_flags = proto == LB_PROTO_TCP ? LB_TCP_SYN : 0,
	};

	lb_step(lb_world_ctx(world), &pkt, now_ms, &result);
	return result.verdict == LB_FORWARD ? lb_be16_get(result.edit.sport)
					    : 0;
}

/* --- memory that a child shares, and copies of it ------------------------- */

/* One mapping of all tables: what a sweeper changes. */
struct memory {
	size_t bytes, conn4, conn6, ports;
	uint8_t *shared;
};

static size_t
pages(size_t bytes)
{
	return (bytes + 4095) / 4096 * 4096;
}

static void
memory_open(struct memory *m)
{
	struct lb_tables *t = &world->tables;

	m->conn4 = pages(t->buckets4 * sizeof(*t->conn4));
	m->conn6 = pages(t->buckets6 * sizeof(*t->conn6));
	m->ports = pages(t->port_buckets * sizeof(*t->ports));
	m->bytes = m->conn4 + m->conn6 + m->ports;
	m->shared = mmap(NULL, m->bytes, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (m->shared == MAP_FAILED)
		abort();
	(void)munmap(t->conn4, t->buckets4 * sizeof(*t->conn4));
	(void)munmap(t->conn6, t->buckets6 * sizeof(*t->conn6));
	(void)munmap(t->ports, t->port_buckets * sizeof(*t->ports));
	t->conn4 = (struct lb_bucket4 *)(void *)m->shared;
	t->conn6 = (struct lb_bucket6 *)(void *)(m->shared + m->conn4);
	t->ports =
	    (struct lb_port_bucket *)(void *)(m->shared + m->conn4 + m->conn6);
}

static void
memory_close(struct memory *m)
{
	(void)munmap(m->shared, m->bytes);
	world->tables.conn4 = NULL;
	world->tables.conn6 = NULL;
	world->tables.ports = NULL;
	lb_world_free(world);
}

/* --- a sweeper, instruction by instruction -------------------------------- */

struct kills {
	uint8_t *at[KILLS_MAX]; /* memory as each left it */
	unsigned count;
};

/* What has ended, only: the child's own memory is not of interest. */
static void
sweep_once(uint32_t bucket)
{
	(void)lb_expire(&world->tables, false, LATER, bucket, 1, NULL);
}

static pid_t
start_child(uint32_t bucket)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			_exit(77);
		(void)raise(SIGSTOP);
		sweep_once(bucket);
		_exit(0);
	}
	return pid;
}

static void
note(struct kills *k, const struct memory *m)
{
	if (k->count > 0 &&
	    memcmp(k->at[k->count - 1], m->shared, m->bytes) == 0)
		return;
	if (k->count == KILLS_MAX)
		abort();
	k->at[k->count] = malloc(m->bytes);
	UNIT_NEED(k->at[k->count]);
	memcpy(k->at[k->count++], m->shared, m->bytes);
}

/* Memory after each step that changed it; 77: nobody may be traced here. */
static int
step_through(uint32_t bucket, const struct memory *m, struct kills *k)
{
	int status = 0;
	pid_t pid = start_child(bucket);

	if (pid < 0)
		abort();
	note(k, m);
	for (unsigned i = 0; i < STEPS_MAX; i++) {
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			break;
		note(k, m);
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0)
			break;
	}
	if (!WIFEXITED(status)) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, &status, 0);
		return -1;
	}
	return WEXITSTATUS(status);
}

/* --- afterwards ----------------------------------------------------------- */

struct kept {
	uint64_t out, in, busy, bits, records, users;
};

static struct kept
count(void)
{
	const struct lb_tables *t = &world->tables;
	struct kept k = { .bits = lb_ports_in_use(t) };

	for (uint32_t b = 0; b < t->buckets4; b++)
		for (uint32_t w = 0; w < LB_WAYS; w++) {
			uint64_t ctl = t->conn4[b].ctl[w];
			k.busy += lb_ctl_state(ctl) == LB_CONN_BUSY;
			if (lb_ctl_state(ctl) < LB_CONN_HALF)
				continue;
			k.out += lb_ctl_kind(ctl) == LB_KIND_SNAT_OUT;
			k.in += lb_ctl_kind(ctl) == LB_KIND_SNAT_IN;
		}
	for (uint32_t b = 0; b < t->port_buckets; b++)
		for (uint32_t w = 0; w < LB_PORT_WAYS; w++) {
			k.records +=
			    lb_ctl_state(t->ports[b].ctl[w]) != LB_PORT_EMPTY;
			k.users += t->ports[b].record[w].users & LB_PORT_USERS;
		}
	return k;
}

/* Who comes after: others' flows are there, and one comes in each round. */
static void
take_over(uint8_t proto, unsigned others, const char *what)
{
	struct live_sweeper *s = live_sweeper_new(&world->tables);
	bool seen[65536] = { false };

	UNIT_NEED(s);
	for (unsigned i = 0; i < others; i++) {
		uint16_t port = leaves(proto, (uint16_t)(5000 + i), 1, LATER);
		UNIT_ROW(what, port >= 1024 && !seen[port]);
		seen[port] = true;
	}
	for (unsigned i = 0; i < ROUNDS * LIVE_SWEEP_PARTS; i++) {
		(void)live_sweeper_tick(s, LATER + 1, NULL, NULL);
		if (i % LIVE_SWEEP_PARTS != 5)
			continue;
		uint16_t port =
		    leaves(proto, (uint16_t)(6000 + i), 1, LATER + 1);
		UNIT_ROW(what, port >= 1024 && !seen[port]);
		seen[port] = true;
	}
	struct kept k = count();
	UNIT_EQUAL(what, k.busy, 0);
	UNIT_EQUAL(what, k.out, others + ROUNDS);
	UNIT_EQUAL(what, k.in, others + ROUNDS);
	UNIT_EQUAL(what, k.bits, others + ROUNDS);
	for (unsigned i = 0; i < 2 * LIVE_SWEEP_PARTS; i++)
		(void)live_sweeper_tick(s, 3 * LATER, NULL, NULL);
	k = count();
	UNIT_EQUAL(what, k.out + k.in + k.bits + k.records + k.users, 0);
	live_sweeper_free(s);
}

/* A flow of the member's, alone or one of many that use all ports up. */
static void
kill_everywhere(uint8_t proto, unsigned flows, unsigned others)
{
	struct memory m;
	struct kills kills = { .count = 0 };
	char what[64];
	uint32_t bucket = UINT32_MAX;

	made = make(config_text, NULL, NULL);
	world = lb_world_new(made.plan);
	UNIT_NEED(world);
	memory_open(&m);
	for (unsigned i = 0; i < flows; i++)
		(void)leaves(proto, (uint16_t)(1000 + i), 1, T0);
	/* the bucket of a flow that goes out */
	for (uint32_t b = 0; b < world->tables.buckets4; b++)
		for (uint32_t w = 0; w < LB_WAYS; w++) {
			uint64_t ctl = world->tables.conn4[b].ctl[w];
			if (lb_ctl_state(ctl) >= LB_CONN_HALF &&
			    lb_ctl_kind(ctl) == LB_KIND_SNAT_OUT)
				bucket = b;
		}
	int rc = step_through(bucket, &m, &kills);
	if (rc == 77)
		(void)printf("nobody may be traced here; ");
	else
		CU_ASSERT_EQUAL(rc, 0);
	CU_ASSERT_TRUE(rc == 77 || kills.count >= 6);
	(void)printf("%u ", kills.count);
	for (unsigned i = 0; i < kills.count; i++) {
		memcpy(m.shared, kills.at[i], m.bytes);
		(void)snprintf(what, sizeof(what),
		    "proto %u, %u flows, killed at %u", proto, flows, i);
		take_over(proto, others, what);
		free(kills.at[i]);
	}
	memory_close(&m);
	drop(&made);
}

static void
test_killed(void)
{
	for (unsigned others = 0; others < 3; others++)
		for (unsigned flows = 1; flows <= FLOWS; flows += 2) {
			kill_everywhere(LB_PROTO_TCP, flows, others);
			kill_everywhere(LB_PROTO_UDP, flows, others);
		}
}

/* --- who must not be taken for one ---------------------------------------- */

static void
audit(void (*between)(void))
{
	const struct lb_tables *t = &world->tables;
	struct lb_audit_record *records =
	    calloc(lb_audit_records(t), sizeof(*records));

	UNIT_NEED(records);
	lb_audit_begin(t, false, records);
	CU_ASSERT_TRUE(lb_audit_entries(t, false, 0, t->buckets4, records));
	if (between != NULL)
		between();
	lb_audit_begin(t, true, records);
	CU_ASSERT_TRUE(lb_audit_entries(t, false, 0, t->buckets4, records));
	(void)lb_audit_end(t, records);
	free(records);
}

/* The leaf's only record; sets or clears a port's bit as a CPU would. */
static struct lb_port_record *
leaf(void)
{
	const struct lb_tables *t = &world->tables;

	for (uint32_t b = 0; b < t->port_buckets; b++)
		for (uint32_t w = 0; w < LB_PORT_WAYS; w++)
			if (lb_ctl_state(t->ports[b].ctl[w]) == LB_PORT_LIVE &&
			    (t->ports[b].record[w].owner & 1) != 0)
				return &t->ports[b].record[w];
	return NULL;
}

/* Given back unused, and taken again. */
static void
turn_over(void)
{
	leaf()->users += LB_PORT_UNUSED;
	leaf()->used[0] &= ~(UINT64_C(1) << STRANGER);
	leaf()->used[0] |= UINT64_C(1) << STRANGER;
}

static void
open_world(void)
{
	made = make(config_text, NULL, NULL);
	world = lb_world_new(made.plan);
	UNIT_NEED(world);
	CU_ASSERT_EQUAL(leaves(LB_PROTO_TCP, 1000, 1, T0), 1024);
	UNIT_NEED(leaf());
}

static void
close_world(void)
{
	lb_world_free(world);
	drop(&made);
}

/* 1024 is a flow's; 1033 somebody's who is not yet, or not any more. */
static void
test_opening(void)
{
	open_world();
	leaf()->used[0] |= UINT64_C(1) << STRANGER;
	audit(turn_over);
	CU_ASSERT_EQUAL(leaf()->used[0], 1 | UINT64_C(1) << STRANGER);
	audit(NULL);
	CU_ASSERT_EQUAL(leaf()->used[0], 1);
	close_world();
}

/* Taken after the audit began. */
static void
take_one(void)
{
	leaf()->used[0] |= UINT64_C(1) << STRANGER;
}

static void
test_new(void)
{
	open_world();
	audit(take_one);
	CU_ASSERT_EQUAL(leaf()->used[0], 1 | UINT64_C(1) << STRANGER);
	close_world();
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "killed after every step", test_killed },
		{ "not who is just opening", test_opening },
		{ "not who came later", test_new },
		CU_TEST_INFO_NULL,
	};

	return unit_main("audit", tests);
}
