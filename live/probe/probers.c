/* SPDX-License-Identifier: MIT */
#include "live/probe/probers.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "live/probe/prober.h"
#include "model/health/targets.h"

#define NS_PER_MS UINT64_C(1000000)

struct target {
	uv_timer_t timer; /* to the next of due_ns and until_ns */
	struct prober_try try;
	const struct prober_kind *kind;
	struct live_probers *probers;
	int probe;     /* index in the configuration in force */
	int wanted_by; /* in the one that is to come; -1: it is not */
	uint64_t interval_ns;
	uint64_t due_ns;   /* the next try */
	uint64_t sent_ns;  /* of the one under way */
	uint64_t until_ns; /* silence from then on */
	bool waiting;      /* for an answer or until_ns */
};

/* What is probed under one configuration. */
struct beat {
	struct lb_config_probe *probes; /* own copies */
	struct live_probe_files *files; /* what they name */
	size_t probe_count;
	struct target **at; /* in order of probe, then address */
	size_t count;
};

struct live_probers {
	uv_loop_t *loop;
	live_probers_heard *heard;
	void *arg;
	struct prober_shared shared;
	struct beat beat;
	struct live_probers_counts counts;
	uint64_t dice;
};

const uint64_t live_latency_bounds[LIVE_LATENCY_BOUNDS] = {
	100 * NS_PER_MS / 1000,
	250 * NS_PER_MS / 1000,
	500 * NS_PER_MS / 1000,
	1 * NS_PER_MS,
	2500 * NS_PER_MS / 1000,
	5 * NS_PER_MS,
	10 * NS_PER_MS,
	25 * NS_PER_MS,
	50 * NS_PER_MS,
	100 * NS_PER_MS,
	250 * NS_PER_MS,
	500 * NS_PER_MS,
	1000 * NS_PER_MS,
	2500 * NS_PER_MS,
	5000 * NS_PER_MS,
	10000 * NS_PER_MS,
};

/* splitmix64 (Steele, Lea, Flood 2014): phases and ids, no secrets; a fresh
 * source port guards the ids. */
static uint64_t
draw(struct live_probers *p)
{
	uint64_t z = p->dice += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static const struct prober_kind *
kind_of(const struct lb_config_probe *probe)
{
	switch (probe->protocol) {
	case LB_PROBE_HTTP:
	case LB_PROBE_HTTPS:
		return &prober_http;
	case LB_PROBE_UDP:
		return &prober_udp;
	case LB_PROBE_COAP:
		return probe->psk_identity != NULL ? &prober_coaps
						   : &prober_coap;
	case LB_PROBE_DNS:
		return &prober_dns;
	default:
		return &prober_tcp;
	}
}

/* --- one try -------------------------------------------------------------- */

static void
count_latency(struct live_probers_counts *counts, uint64_t ns)
{
	size_t i = 0;

	while (i < LIVE_LATENCY_BOUNDS && ns > live_latency_bounds[i])
		i++;
	counts->latency[i]++;
	counts->latency_sum_ns += ns;
}

static void
answered(struct prober_try *try, enum lb_answer answer)
{
	struct target *t =
	    (struct target *)((char *)try - offsetof(struct target, try));
	struct live_probers *p = t->probers;
	uint64_t now = uv_hrtime();

	if (!t->waiting)
		return;
	t->waiting = false;
	p->counts.answered[answer]++;
	if (answer != LB_ANSWER_SILENT)
		count_latency(&p->counts, now - t->sent_ns);
	p->heard(
	    p->arg, t->probe, &try->address, answer, now, now - t->sent_ns);
}

/* The time is up.  When the loop was busy an answer may be lying there. */
static void
give_up(struct target *t)
{
	t->kind->look(&t->try);
	answered(&t->try, LB_ANSWER_SILENT);
	t->kind->end(&t->try);
}

static void
begin(struct target *t, uint64_t now)
{
	struct live_probers_counts *counts = &t->probers->counts;

	t->kind->end(&t->try);
	t->try.id = (uint16_t)draw(t->probers);
	t->waiting = true;
	t->sent_ns = now;
	t->until_ns = t->due_ns + lb_probe_wait_ns(t->try.probe);
	counts->sent++;
	counts->late += now - t->due_ns > t->interval_ns / 10;
	if (t->kind->begin(&t->try) == 0)
		return;
	t->waiting = false;
	counts->sent--;
	counts->failed++;
}

/* --- the beat ------------------------------------------------------------- */

static void on_time(uv_timer_t *timer);

/* Timers count in milliseconds of the loop's clock: never early. */
static void
arm(struct target *t)
{
	uint64_t next =
	    t->waiting && t->until_ns < t->due_ns ? t->until_ns : t->due_ns;
	uint64_t at_ms = (next + NS_PER_MS - 1) / NS_PER_MS;
	uint64_t now_ms = uv_now(t->timer.loop);

	(void)uv_timer_start(
	    &t->timer, on_time, at_ms > now_ms ? at_ms - now_ms : 0, 0);
}

/* Tries whose time is more than half over. */
static void
skip_missed(struct target *t, uint64_t now)
{
	if (now < t->due_ns)
		return;
	uint64_t missed =
	    (now - t->due_ns + t->interval_ns / 2) / t->interval_ns;
	t->probers->counts.missed += missed;
	t->due_ns += missed * t->interval_ns;
}

static void
on_time(uv_timer_t *timer)
{
	struct target *t = timer->data;

	if (t->waiting && uv_hrtime() >= t->until_ns)
		give_up(t);
	uint64_t now = uv_hrtime();
	skip_missed(t, now);
	if (now >= t->due_ns) {
		begin(t, now);
		t->due_ns += t->interval_ns;
	}
	arm(t);
}

/* --- who is probed -------------------------------------------------------- */

static void
on_target_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void
target_close(struct target *t)
{
	t->waiting = false;
	t->kind->end(&t->try);
	(void)uv_timer_stop(&t->timer);
	uv_close((uv_handle_t *)&t->timer, on_target_closed);
}

static struct target *
target_new(struct live_probers *p, const struct lb_config_probe *probe,
    const struct lb_addr *address)
{
	struct target *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->probers = p;
	t->wanted_by = -1;
	t->kind = kind_of(probe);
	t->interval_ns = probe->interval_ms * NS_PER_MS;
	t->try = (struct prober_try){
		.loop = p->loop,
		.address = *address,
		.shared = &p->shared,
		.answered = answered,
	};
	t->timer.data = t;
	if (uv_timer_init(p->loop, &t->timer) != 0) {
		free(t);
		return NULL;
	}
	t->due_ns = uv_hrtime() + draw(p) % t->interval_ns;
	return t;
}

static void
probes_free(struct beat *b)
{
	for (size_t i = 0; i < b->probe_count; i++) {
		lb_config_probe_clear(&b->probes[i]);
		live_probe_files_clear(&b->files[i]);
	}
	free(b->probes);
	free(b->files);
}

static void
beat_close(struct beat *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->at[i] != NULL)
			target_close(b->at[i]);
	probes_free(b);
	free(b->at);
	*b = (struct beat){ 0 };
}

/* A file that is gone since the configuration was read: tries fail. */
static int
copy_probes(struct beat *b, const struct lb_config *config)
{
	char error[256];
	enum lb_probe_key key;

	b->probes = calloc(config->probe_count + 1, sizeof(*b->probes));
	b->files = calloc(config->probe_count + 1, sizeof(*b->files));
	if (b->probes == NULL || b->files == NULL)
		return -1;
	for (size_t i = 0; i < config->probe_count; i++) {
		const struct lb_config_probe *from = &config->probes[i];
		(void)live_probe_files_read(
		    config, from, &b->files[i], &key, error, sizeof(error));
		b->probe_count++;
		if (lb_config_probe_copy(&b->probes[i], from) != 0)
			return -1;
	}
	return 0;
}

/* --- going on as before --------------------------------------------------- */

/* -1: none asks as it does. */
static int
probe_before(const struct beat *before, const struct lb_config_probe *probe,
    const struct live_probe_files *files)
{
	for (size_t i = 0; i < before->probe_count; i++)
		if (lb_config_probe_asks_alike(&before->probes[i], probe) &&
		    live_probe_files_same(&before->files[i], files))
			return (int)i;
	return -1;
}

static int
order(int probe, const struct lb_addr *address, const struct target *t)
{
	if (probe != t->probe)
		return probe < t->probe ? -1 : 1;
	return memcmp(address, &t->try.address, sizeof(*address));
}

static struct target *
find(const struct beat *b, int probe, const struct lb_addr *address)
{
	size_t low = 0, high = b->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int side = order(probe, address, b->at[middle]);
		if (side == 0)
			return b->at[middle];
		if (side < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* Everything wanted, by who was there or who is new. */
static int
beat_fill(struct beat *b, struct live_probers *p, const struct lb_targets *w)
{
	int before = -1;

	b->at = calloc(w->count + 1, sizeof(struct target *));
	for (size_t i = 0; b->at != NULL && i < w->count; i++) {
		const struct lb_target *wanted = &w->at[i];
		const struct lb_config_probe *probe = &b->probes[wanted->probe];
		if (i == 0 || wanted->probe != wanted[-1].probe)
			before = probe_before(
			    &p->beat, probe, &b->files[wanted->probe]);
		struct target *t = find(&p->beat, before, &wanted->address);
		if (t == NULL)
			t = target_new(p, probe, &wanted->address);
		if (t == NULL)
			return -1;
		t->wanted_by = wanted->probe;
		b->at[b->count++] = t;
	}
	return b->at != NULL ? 0 : -1;
}

static int
beat_make(struct beat *b, struct live_probers *p,
    const struct lb_config *config, const struct lb_plan *plan)
{
	struct lb_targets wanted;

	if (copy_probes(b, config) != 0 ||
	    lb_targets_init(&wanted, plan, LB_HEALTH_UNKNOWN) != 0)
		return -1;
	int rc = beat_fill(b, p, &wanted);
	lb_targets_free(&wanted);
	return rc;
}

/* Who goes on is in both: from then on only in the new one. */
static void
take_out_wanted(struct beat *before)
{
	for (size_t i = 0; i < before->count; i++)
		if (before->at[i]->wanted_by >= 0)
			before->at[i] = NULL;
}

/* Each to its probe; who is new begins. */
static void
take_up(struct beat *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct target *t = b->at[i];
		assert(t != NULL); /* of the beat before some are NULL */
		t->probe = t->wanted_by;
		t->wanted_by = -1;
		t->try.probe = &b->probes[t->probe];
		t->try.files = &b->files[t->probe];
		if (!uv_is_active((uv_handle_t *)&t->timer))
			arm(t);
	}
}

int
live_probers_use(struct live_probers *p, const struct lb_config *config,
    const struct lb_plan *plan)
{
	struct beat next = { 0 };
	int rc = beat_make(&next, p, config, plan);

	take_out_wanted(&p->beat);
	beat_close(&p->beat);
	if (rc == 0)
		take_up(&next);
	else
		beat_close(&next);
	p->beat = next;
	p->counts.targets = next.count;
	return rc;
}

const struct live_probers_counts *
live_probers_count(const struct live_probers *p)
{
	return &p->counts;
}

/* --- all of them ---------------------------------------------------------- */

static void
raise_limit_of_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

struct live_probers *
live_probers_new(uv_loop_t *loop, live_probers_heard *heard, void *arg)
{
	struct live_probers *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->shared.http = prober_http_new(loop);
	p->shared.coaps = prober_coaps_new(loop);
	if (p->shared.http == NULL ||
	    (p->shared.coaps == NULL && prober_coaps_built_in())) {
		prober_http_close(p->shared.http);
		prober_coaps_close(p->shared.coaps);
		free(p);
		return NULL;
	}
	p->loop = loop;
	p->heard = heard;
	p->arg = arg;
	if (uv_random(NULL, NULL, &p->dice, sizeof(p->dice), 0, NULL) != 0)
		p->dice = uv_hrtime();
	raise_limit_of_files();
	return p;
}

void
live_probers_close(struct live_probers *p)
{
	if (p == NULL)
		return;
	beat_close(&p->beat);
	prober_http_close(p->shared.http);
	prober_coaps_close(p->shared.coaps);
	free(p);
}
