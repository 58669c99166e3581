/* SPDX-License-Identifier: MIT */
#include "sim/faults/drawn.h"

#include <stdlib.h>
#include <string.h>

#include "model/health/health.h"
#include "sim/events/dice.h"
#include "sim/events/events.h"

/* One that may fail, by one entry of the scene. */
struct victim {
	char *name;
	uint32_t number; /* of its name */
	uint32_t entry;  /* of the scene's failures */
	uint64_t n;      /* of its next variate */
	bool is_down;
};

struct draw {
	const struct lb_scene *scene;
	struct sim_dice dice;
	struct sim_events *events; /* subject: number of the victim */
	struct victim *victims;
	size_t victim_count;
	uint64_t until_ms;
	struct lb_fault *faults;
	size_t count;
};

/* --- who ----------------------------------------------------------------- */

struct name {
	char *text;
	uint32_t number; /* order of appearance */
};

static int
by_text(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int order = strcmp(x->text, y->text);

	return order != 0 ? order
			  : (x->number > y->number) - (x->number < y->number);
}

static int
by_number(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* Every name once, numbered by where it first appeared.  NULL: no memory. */
static struct name *
list_names(const struct lb_config *config, size_t *count)
{
	size_t members = 0, kept = 0;

	for (size_t p = 0; p < config->pool_count; p++)
		members += config->pools[p].member_count;
	struct name *names = calloc(members + 1, sizeof(*names));
	if (names == NULL)
		return NULL;
	members = 0;
	for (size_t p = 0; p < config->pool_count; p++)
		for (size_t m = 0; m < config->pools[p].member_count; m++) {
			names[members].text = config->pools[p].members[m].name;
			names[members].number = (uint32_t)members;
			members++;
		}
	qsort(names, members, sizeof(*names), by_text);
	for (size_t i = 0; i < members; i++)
		if (kept == 0 ||
		    strcmp(names[kept - 1].text, names[i].text) != 0)
			names[kept++] = names[i];
	qsort(names, kept, sizeof(*names), by_number);
	for (size_t i = 0; i < kept; i++)
		names[i].number = (uint32_t)i;
	*count = kept;
	return names;
}

static int
list_victims(struct draw *d, const struct lb_config *config)
{
	size_t count;
	struct name *names = list_names(config, &count);

	if (names == NULL)
		return -1;
	d->victims =
	    calloc(count * d->scene->failure_count + 1, sizeof(*d->victims));
	for (size_t f = 0; d->victims != NULL && f < d->scene->failure_count;
	     f++)
		for (size_t i = 0; i < count; i++) {
			const char *only = d->scene->failures[f].member;
			if (only != NULL && strcmp(only, names[i].text) != 0)
				continue;
			d->victims[d->victim_count++] = (struct victim){
				.name = names[i].text,
				.number = names[i].number,
				.entry = (uint32_t)f,
				/* two entries draw apart */
				.n = (uint64_t)f << 32,
			};
		}
	free(names);
	return d->victims != NULL ? 0 : -1;
}

/* --- when ---------------------------------------------------------------- */

/* The victim's next change, a millisecond from now at least.  0, -1. */
static int
plan_next(struct draw *d, uint32_t number)
{
	struct victim *v = &d->victims[number];
	const struct lb_failures *f = &d->scene->failures[v->entry];
	uint64_t mean_ms = v->is_down ? f->mean_down_ms : f->mean_up_ms;
	uint64_t most_ms = LB_FAULT_AT_MAX_MS;

	if (mean_ms > most_ms)
		mean_ms = most_ms;
	uint64_t drawn_ms = sim_dice_exponential(&d->dice, SIM_DRAW_FAILURE,
				v->number, v->n++, mean_ms * LB_NS_PER_MS) /
			    LB_NS_PER_MS;
	uint64_t now_ms = sim_events_now(d->events) / LB_NS_PER_MS;
	uint64_t at_ms = now_ms + (drawn_ms > 0 ? drawn_ms : 1);
	if (at_ms > most_ms)
		return 0; /* never */
	return sim_events_add(d->events, at_ms * LB_NS_PER_MS, 0, number) != 0
		   ? 0
		   : -1;
}

static int
play(struct draw *d)
{
	struct sim_due due;
	size_t failures = 0;

	while (sim_events_take(d->events, SIM_NEVER - 1, &due)) {
		struct victim *v = &d->victims[due.subject];
		uint64_t at_ms = sim_events_now(d->events) / LB_NS_PER_MS;
		if (!v->is_down &&
		    (at_ms > d->until_ms || failures == SIM_DRAWN_MAX))
			continue;
		failures += !v->is_down;
		d->faults[d->count++] = (struct lb_fault){
			.at_ms = at_ms,
			.member = v->name,
			.kind = v->is_down ? LB_FAULT_UP
					   : (enum lb_fault_kind)d->scene
						 ->failures[v->entry]
						 .kind,
		};
		v->is_down = !v->is_down;
		if (plan_next(d, due.subject) != 0)
			return -1;
	}
	return 0;
}

int
sim_drawn_make(const struct lb_scene *scene, const struct lb_config *config,
    uint64_t seed, uint64_t until_ms, struct lb_fault **faults, size_t *count)
{
	struct draw d = { .scene = scene, .until_ms = until_ms };
	int done = list_victims(&d, config);

	*faults = NULL;
	*count = 0;
	sim_dice_init(&d.dice, seed);
	d.events = sim_events_new();
	d.faults = calloc(2 * SIM_DRAWN_MAX + 1, sizeof(*d.faults));
	if (d.events == NULL || d.faults == NULL)
		done = -1;
	for (uint32_t v = 0; v < d.victim_count && done == 0; v++)
		done = plan_next(&d, v);
	if (done == 0)
		done = play(&d);
	free(d.victims);
	sim_events_free(d.events);
	if (done != 0) {
		free(d.faults);
		return -1;
	}
	*faults = d.faults;
	*count = d.count;
	return 0;
}
