/* SPDX-License-Identifier: MIT */
#include "live/probe/health.h"

#include <stdlib.h>
#include <string.h>

static const char *const answer_names[LIVE_ANSWERS] = {
	[LB_ANSWER_GOOD] = "good",
	[LB_ANSWER_WRONG] = "wrong",
	[LB_ANSWER_REFUSED] = "refused",
	[LB_ANSWER_SILENT] = "silent",
};

const char *
live_answer_name(unsigned answer)
{
	return answer < LIVE_ANSWERS ? answer_names[answer] : "?";
}

struct watched {
	int probe; /* index in the configuration */
	struct lb_addr address;
	struct lb_health health;
	struct live_heard heard;
};

struct live_health {
	const struct lb_config *config;
	const struct lb_plan *plan;
	struct watched *at; /* in order, each once */
	size_t count;
};

static int
by_probe_and_address(const void *a, const void *b)
{
	const struct watched *left = a, *right = b;
	if (left->probe != right->probe)
		return left->probe < right->probe ? -1 : 1;
	return memcmp(&left->address, &right->address, sizeof(left->address));
}

static struct watched *
find(const struct live_health *h, int probe, const struct lb_addr *address)
{
	const struct watched key = { .probe = probe, .address = *address };
	return h->count == 0 ? NULL
			     : bsearch(&key, h->at, h->count, sizeof(key),
				   by_probe_and_address);
}

static size_t
count_watched(const struct lb_plan *plan)
{
	size_t count = 0;
	for (uint32_t i = 0; i < plan->probe_count; i++) {
		const uint32_t *first = &plan->pool_first[plan->probes[i].pool];
		count += first[1] - first[0];
	}
	return count;
}

static void
list_watched(struct live_health *h)
{
	const struct lb_plan *plan = h->plan;
	for (uint32_t i = 0; i < plan->probe_count; i++) {
		const struct lb_plan_probe *probe = &plan->probes[i];
		const uint32_t *first = &plan->pool_first[probe->pool];
		for (uint32_t m = first[0]; m < first[1]; m++)
			h->at[h->count++] = (struct watched){
				.probe = probe->probe,
				.address =
				    plan->members[plan->member_ids[m]].address,
				.health = lb_health_start(LB_HEALTH_UNKNOWN),
			};
	}
}

static void
merge_equal(struct live_health *h)
{
	size_t kept = 0;
	if (h->count > 0)
		qsort(h->at, h->count, sizeof(*h->at), by_probe_and_address);
	for (size_t i = 0; i < h->count; i++)
		if (kept == 0 ||
		    by_probe_and_address(&h->at[kept - 1], &h->at[i]) != 0)
			h->at[kept++] = h->at[i];
	h->count = kept;
}

/* The probe of the same name; -1: there was none. */
static int
probe_before(const struct live_health *before, const char *name)
{
	for (size_t p = 0; p < before->config->probe_count; p++)
		if (strcmp(before->config->probes[p].name, name) == 0)
			return (int)p;
	return -1;
}

static void
carry_over(struct live_health *h, const struct live_health *before)
{
	for (size_t i = 0; i < h->count; i++) {
		struct watched *w = &h->at[i];
		const struct watched *old = find(before,
		    probe_before(before, h->config->probes[w->probe].name),
		    &w->address);
		if (old == NULL)
			continue;
		w->health = old->health;
		w->heard = old->heard;
	}
}

struct live_health *
live_health_new(const struct lb_config *config, const struct lb_plan *plan,
    const struct live_health *before)
{
	struct live_health *h = calloc(1, sizeof(*h));
	if (h == NULL)
		return NULL;
	h->config = config;
	h->plan = plan;
	h->at = calloc(count_watched(plan) + 1, sizeof(*h->at));
	if (h->at == NULL) {
		free(h);
		return NULL;
	}
	list_watched(h);
	merge_equal(h);
	if (before != NULL)
		carry_over(h, before);
	return h;
}

void
live_health_free(struct live_health *h)
{
	if (h == NULL)
		return;
	free(h->at);
	free(h);
}

enum lb_health_change
live_health_answer(struct live_health *h, int probe,
    const struct lb_addr *address, enum lb_answer answer, uint64_t now_ns)
{
	struct watched *w = find(h, probe, address);
	if (w == NULL)
		return LB_HEALTH_STILL;
	return lb_health_answer(
	    &w->health, &h->config->probes[probe], answer, now_ns);
}

const struct lb_health *
live_health_of(
    const struct live_health *h, int probe, const struct lb_addr *address)
{
	const struct watched *w = find(h, probe, address);
	return w == NULL ? NULL : &w->health;
}

void
live_health_hear(struct live_health *h, int probe,
    const struct lb_addr *address, enum lb_answer answer, uint64_t now_ns,
    uint64_t latency_ns)
{
	struct watched *w = find(h, probe, address);
	if (w == NULL || (unsigned)answer >= LIVE_ANSWERS)
		return;
	w->heard.answers[answer]++;
	w->heard.answer = answer;
	w->heard.at_ns = now_ns;
	if (answer != LB_ANSWER_SILENT)
		w->heard.latency_ns = latency_ns;
}

const struct live_heard *
live_health_heard(
    const struct live_health *h, int probe, const struct lb_addr *address)
{
	const struct watched *w = find(h, probe, address);
	return w == NULL ? NULL : &w->heard;
}

void
live_health_write(const struct live_health *h, uint32_t *words)
{
	const struct lb_plan *plan = h->plan;
	for (uint32_t id = 0; id < plan->member_count; id++) {
		uint32_t down = 0;
		for (uint32_t i = 0; i < plan->probe_count; i++) {
			const struct lb_plan_probe *probe = &plan->probes[i];
			const struct watched *w =
			    plan->members[id].pool_index == probe->pool
				? find(h, probe->probe,
				      &plan->members[id].address)
				: NULL;
			if (w != NULL && w->health.state != LB_HEALTH_UP)
				down |= UINT32_C(1) << probe->bit;
		}
		words[id] = down;
	}
}

/* The bit of an address by a probe of that name, in any pool: 1 down, 0 up,
 * -1: it was not asked for. */
static int
bit_before(const struct lb_plan *before, const uint32_t *words,
    const char *probe, const struct lb_addr *address)
{
	for (uint32_t i = 0; i < before->probe_count; i++) {
		const struct lb_plan_probe *p = &before->probes[i];
		if (strcmp(p->probe_name, probe) != 0)
			continue;
		for (uint32_t id = 0; id < before->member_count; id++) {
			const struct lb_plan_member *m = &before->members[id];
			if (m->name != NULL && !m->tombstone &&
			    strcmp(m->pool, p->pool_name) == 0 &&
			    lb_addr_same(&m->address, address))
				return (int)(words[id] >> p->bit & 1);
		}
	}
	return -1;
}

void
live_health_adopt(
    struct live_health *h, const struct lb_plan *before, const uint32_t *words)
{
	for (size_t i = 0; i < h->count; i++) {
		struct watched *w = &h->at[i];
		int down = bit_before(before, words,
		    h->config->probes[w->probe].name, &w->address);
		if (down >= 0)
			w->health = lb_health_start(
			    down ? LB_HEALTH_DOWN : LB_HEALTH_UP);
	}
}

bool
live_health_up(void *arg, int probe, uint16_t member)
{
	const struct live_health *h = arg;
	const struct watched *w =
	    find(h, probe, &h->plan->members[member].address);
	return w == NULL || w->health.state == LB_HEALTH_UP;
}
