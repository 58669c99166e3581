/* SPDX-License-Identifier: MIT */
/* Which faults there are: said and drawn, checked, and put into time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/scenario/scene.h"
#include "sim/faults/drawn.h"
#include "sim/faults/outage_parts.h"
#include "sim/case/settings.h"

bool
sim_outage_wanted(const struct sim_settings *s)
{
	return s->fault_count > 0 ||
	       (s->scene != NULL &&
		   (s->scene->failure_count > 0 || s->scene->server_count > 0 ||
		       s->scene->members_start_unknown));
}

int
sim_outage_list_faults(
    struct sim_outage *o, const struct sim_settings *s, uint64_t seed)
{
	const struct lb_scene *scene = s->scene;
	struct lb_fault *drawn = NULL;
	size_t drawn_count = 0;
	const uint64_t until_ms = scene != NULL && scene->duration_ms > 0
				      ? scene->duration_ms
				      : LB_FAULT_AT_MAX_MS;

	if (scene != NULL && scene->failure_count > 0 &&
	    sim_drawn_make(scene, o->player->config, seed, until_ms, &drawn,
		&drawn_count) != 0)
		return -1;
	o->fault_count = s->fault_count + drawn_count;
	o->faults = calloc(o->fault_count + 1, sizeof(*o->faults));
	o->labels = calloc(o->fault_count + 1, sizeof(*o->labels));
	if (o->faults != NULL && s->fault_count > 0)
		memcpy(
		    o->faults, s->faults, s->fault_count * sizeof(*o->faults));
	if (o->faults != NULL && drawn_count > 0)
		memcpy(&o->faults[s->fault_count], drawn,
		    drawn_count * sizeof(*o->faults));
	free(drawn);
	return o->faults != NULL && o->labels != NULL ? 0 : -1;
}

int
sim_outage_plan_faults(struct sim_outage *o)
{
	for (size_t i = 0; i < o->fault_count; i++) {
		const struct lb_fault *f = &o->faults[i];
		if (f->member == NULL)
			(void)snprintf(o->labels[i], sizeof(o->labels[i]),
			    "%s %u",
			    lb_fault_subject(f->kind) == LB_FAULT_OF_ZONE
				? "zone"
				: "instance",
			    f->number);
		if (sim_events_add(o->events, f->at_ms * LB_NS_PER_MS,
			DUE_FAULT, (uint32_t)i) == 0)
			return -1;
	}
	return 0;
}

static bool
knows_member(const struct lb_config *c, const char *name)
{
	for (size_t p = 0; p < c->pool_count; p++)
		for (size_t m = 0; m < c->pools[p].member_count; m++)
			if (strcmp(c->pools[p].members[m].name, name) == 0)
				return true;
	return false;
}

static bool
knows_zone(const struct lb_config *c, uint32_t zone)
{
	if (zone == 0 || zone > 31)
		return false;
	for (size_t f = 0; f < c->frontend_count; f++)
		if ((c->frontends[f].zones >> zone & 1) != 0)
			return true;
	for (size_t p = 0; p < c->pool_count; p++)
		for (size_t m = 0; m < c->pools[p].member_count; m++)
			if (c->pools[p].members[m].zone == zone)
				return true;
	return false;
}

static bool
check_fault(const struct lb_config *c, const struct lb_fault *f,
    uint32_t instances, char *what, size_t bytes)
{
	enum lb_fault_subject subject = lb_fault_subject(f->kind);

	if (subject == LB_FAULT_OF_ZONE && !knows_zone(c, f->number))
		(void)snprintf(what, bytes,
		    "a fault's zone is %u, and no member and no frontend is in "
		    "it",
		    f->number);
	else if (subject == LB_FAULT_OF_INSTANCE &&
		 (f->number == 0 || f->number > instances))
		(void)snprintf(what, bytes,
		    "a fault's instance is %u, and there are %u; say more with "
		    "`instances`",
		    f->number, instances);
	else if (f->member != NULL && !knows_member(c, f->member))
		(void)snprintf(what, bytes,
		    "a fault's member is '%.64s', and no pool has a member of "
		    "that name",
		    f->member);
	else
		return true;
	return false;
}

bool
sim_outage_check(const struct lb_config *config,
    const struct sim_settings *settings, char *what, size_t bytes)
{
	const uint32_t instances =
	    settings->scene != NULL ? settings->scene->instances : 1;

	for (size_t i = 0; i < settings->fault_count; i++)
		if (!check_fault(config, &settings->faults[i],
			instances > 0 ? instances : 1, what, bytes))
			return false;
	return true;
}
