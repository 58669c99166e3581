/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "live/commands/control_rooms.h"
#include "live/commands/control_tell.h"

/* Members or rules in one turn: some tenths of a millisecond. */
#define AT_ONCE 32u

void
live_control_status(
    struct live_run *run, struct live_caller *caller, const json_t *request)
{
	struct live_figures *f = live_figures_gather(run);
	(void)request;
	if (f == NULL) {
		live_caller_fail(caller, LIVE_REFUSED_MACHINE, "no memory");
		return;
	}
	live_caller_say(
	    caller, json_pack("{s:o}", "status", live_tell_status(f, run)));
	live_caller_done(caller);
	live_figures_free(f);
}

/* --- lists --------------------------------------------------------------- */

/* Lines about things in order, a few of them in a turn. */
struct list {
	const struct live_run *run;
	uint64_t generation; /* of the plan that the order is of */
	size_t next;
	/* Says those from `next` on; how many there were, -1 without memory */
	int (*part)(struct list *list, struct live_caller *caller);
	/* What comes when there are no more; NULL: nothing */
	int (*after)(struct list *list, struct live_caller *caller);
};

static int
say_members(struct list *list, struct live_caller *caller)
{
	struct live_figures *f =
	    live_figures_members(list->run, list->next, AT_ONCE);
	if (f == NULL)
		return -1;
	for (size_t i = 0; i < f->member_count; i++)
		live_caller_say(
		    caller, json_pack("{s:o}", "member",
				live_tell_member(f, &f->members[i])));
	int count = (int)f->member_count;
	live_figures_free(f);
	return count;
}

static int
say_rules(struct list *list, struct live_caller *caller)
{
	struct live_figures *f =
	    live_figures_rules(list->run, list->next, AT_ONCE);
	if (f == NULL)
		return -1;
	for (size_t i = 0; i < f->rule_count; i++)
		live_caller_say(caller, json_pack("{s:o}", "rule",
					    live_tell_rule(f, &f->rules[i])));
	int count = (int)f->rule_count;
	live_figures_free(f);
	return count;
}

static int
say_mappings(struct list *list, struct live_caller *caller)
{
	const struct live_run *run = list->run;
	int count = 0;
	for (size_t i = list->next;
	     i < run->plan->mapping_count && count < (int)AT_ONCE; i++, count++)
		live_caller_say(caller,
		    json_pack("{s:o}", "mapping",
			live_tell_mapping(run, &run->plan->mappings[i])));
	return count;
}

static enum live_more
list_more(void *state, struct live_caller *caller)
{
	struct list *list = state;
	if (list->generation != list->run->history.generation) {
		live_caller_fail(caller, LIVE_REFUSED_MACHINE,
		    "the configuration changed meanwhile: ask again");
		return LIVE_END;
	}
	int count = list->part(list, caller);
	if (count < 0) {
		live_caller_fail(caller, LIVE_REFUSED_MACHINE, "no memory");
		return LIVE_END;
	}
	list->next += (size_t)count;
	if (count > 0)
		return LIVE_MORE;
	if (list->after != NULL && list->after(list, caller) == 0)
		return LIVE_MORE;
	live_caller_done(caller);
	return LIVE_END;
}

static void
begin_list(struct live_caller *caller, const struct list *like)
{
	struct list *list = malloc(sizeof(*list));
	if (list == NULL) {
		live_caller_fail(caller, LIVE_REFUSED_MACHINE, "no memory");
		return;
	}
	*list = *like;
	list->generation = list->run->history.generation;
	live_caller_stream(
	    caller, &(struct live_stream){ list_more, free, list });
}

void
live_control_members(
    struct live_run *run, struct live_caller *caller, const json_t *request)
{
	(void)request;
	begin_list(caller, &(struct list){ .run = run, .part = say_members });
}

void
live_control_nat(
    struct live_run *run, struct live_caller *caller, const json_t *request)
{
	(void)request;
	begin_list(caller, &(struct list){ .run = run, .part = say_mappings });
}

/* After the rules the members. */
static int
members_follow(struct list *list, struct live_caller *caller)
{
	(void)caller;
	list->next = 0;
	list->part = say_members;
	list->after = NULL;
	return 0;
}

/* All that the metrics have: totals and frontends at once, rules and members
 * bit by bit. */
void
live_control_stats(
    struct live_run *run, struct live_caller *caller, const json_t *request)
{
	struct live_figures *f = live_figures_gather(run);
	(void)request;
	if (f == NULL) {
		live_caller_fail(caller, LIVE_REFUSED_MACHINE, "no memory");
		return;
	}
	live_caller_say(
	    caller, json_pack("{s:o}", "total", live_tell_total(f)));
	for (size_t i = 0; i < f->frontend_count; i++)
		live_caller_say(
		    caller, json_pack("{s:o}", "frontend",
				live_tell_frontend(f, &f->frontends[i])));
	live_figures_free(f);
	begin_list(caller,
	    &(struct list){
		.run = run, .part = say_rules, .after = members_follow });
}
