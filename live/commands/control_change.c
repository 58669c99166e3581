/* SPDX-License-Identifier: MIT */
/* The commands that change something: drain, undrain, admin, reload. */
#include <stdlib.h>
#include <string.h>

#include "live/commands/control_rooms.h"
#include "live/commands/reload.h"
#include "live/out/log.h"
#include "live/seen/figures.h"
#include "live/seen/service.h"
#include "live/state/overriding.h"
#include "model/config/names.h"

/* Rules that a change leaves without anybody, named at most. */
#define UNSERVED_MAX 16u

static const char *
text_of(const json_t *request, const char *key)
{
	const char *text = json_string_value(json_object_get(request, key));
	return text != NULL ? text : "";
}

/* The member that a request is about; NULL: there is none, and said so. */
static struct lb_config_member *
member_of(const struct live_run *run, struct live_caller *caller,
    const json_t *request, struct live_override *wanted)
{
	const char *name = text_of(request, "member"), *pool;
	struct lb_config_member *member = live_member_named(run, name, &pool);
	if (member == NULL) {
		live_caller_fail(caller, LIVE_REFUSED_USAGE,
		    "there is no member \"%.300s\": it is POOL/MEMBER, as "
		    "fairlead ctl members lists them",
		    name);
		return NULL;
	}
	const struct live_override *now =
	    live_override_of(&run->overrides, pool, member->name);
	*wanted = now != NULL ? *now : (struct live_override){ 0 };
	wanted->pool = (char *)(uintptr_t)pool;
	wanted->member = member->name;
	return member;
}

/* Rules that have members, and none of them for new flows. */
static json_t *
tell_unserved(const struct live_run *run)
{
	json_t *names = json_array();
	struct live_figures *f = live_figures_rules(run, 0, SIZE_MAX);
	for (size_t i = 0; f != NULL && i < f->rule_count; i++) {
		const struct live_figures_rule *r = &f->rules[i];
		if (r->members > 0 && r->members_up == 0 &&
		    json_array_size(names) < UNSERVED_MAX)
			(void)json_array_append_new(
			    names, json_string(r->name));
	}
	live_figures_free(f);
	return names;
}

static json_t *
tell_override(const struct live_run *run, const struct live_override *o)
{
	return json_pack("{s:o, s:b, s:s?, s:i, s:o}", "member",
	    json_sprintf("%s/%s", o->pool, o->member), "draining",
	    (int)o->draining, "admin_state",
	    o->admin_set ? lb_admin_state_name(o->admin) : NULL, "flows",
	    (int)live_overriding_flows(run, o), "unserved_rules",
	    tell_unserved(run));
}

/* Puts it in force, and says what holds now; -1: said why not. */
static int
say_override(struct live_run *run, struct live_caller *caller,
    struct lb_config_member *member, const struct live_override *wanted)
{
	int rc = live_overriding_say(run, member, wanted);
	if (rc != 0) {
		live_caller_fail(caller, LIVE_REFUSED_MACHINE,
		    "it can't be put in force: %s", live_errno(rc));
		return -1;
	}
	live_caller_say(
	    caller, json_pack("{s:o}", "override", tell_override(run, wanted)));
	return 0;
}

/* --- waiting for the last flow ------------------------------------------- */

struct waiting {
	const struct live_run *run;
	char *pool, *member;
	uint32_t left;
	bool said;
};

static void
waiting_end(void *state)
{
	struct waiting *w = state;
	free(w->pool);
	free(w->member);
	free(w);
}

static void
say_left(struct waiting *w, struct live_caller *caller, struct live_override *o)
{
	uint32_t left = live_overriding_flows(w->run, o);
	if (w->said && left == w->left)
		return;
	w->said = true;
	w->left = left;
	live_caller_say(
	    caller, json_pack("{s:{s:i, s:f}}", "progress", "flows", (int)left,
			"after_s", (double)(uv_hrtime() - o->since_ns) / 1e9));
}

static enum live_more
waiting_more(void *state, struct live_caller *caller)
{
	struct waiting *w = state;
	struct live_override *o =
	    live_override_of(&w->run->overrides, w->pool, w->member);
	if (o == NULL || !o->draining) {
		live_caller_fail(caller, LIVE_REFUSED_MACHINE,
		    "%s/%s is not drained any more", w->pool, w->member);
		return LIVE_END;
	}
	say_left(w, caller, o);
	if (!o->drained && !live_caller_stopped(caller))
		return LIVE_WAIT;
	live_caller_say(caller,
	    json_pack("{s:{s:b, s:f}}", "drained", "done", (int)o->drained,
		"after_s", (double)(uv_hrtime() - o->since_ns) / 1e9));
	live_caller_done(caller);
	return LIVE_END;
}

static void
begin_waiting(struct live_run *run, struct live_caller *caller,
    const struct live_override *o)
{
	struct waiting *w = calloc(1, sizeof(*w));
	if (w != NULL) {
		w->run = run;
		w->pool = strdup(o->pool);
		w->member = strdup(o->member);
	}
	if (w == NULL || w->pool == NULL || w->member == NULL) {
		if (w != NULL)
			waiting_end(w);
		live_caller_fail(caller, LIVE_REFUSED_MACHINE, "no memory");
		return;
	}
	live_caller_stream(
	    caller, &(struct live_stream){ waiting_more, waiting_end, w });
}

/* --- members ------------------------------------------------------------- */

void
live_control_drain(
    struct live_run *run, struct live_caller *caller, const json_t *request)
{
	struct live_override wanted;
	struct lb_config_member *member =
	    member_of(run, caller, request, &wanted);
	if (member == NULL)
		return;
	wanted.draining = true;
	if (say_override(run, caller, member, &wanted) != 0)
		return;
	if (json_is_true(json_object_get(request, "wait")))
		begin_waiting(run, caller, &wanted);
	else
		live_caller_done(caller);
}

void
live_control_undrain(
    struct live_run *run, struct live_caller *caller, const json_t *request)
{
	struct live_override wanted;
	struct lb_config_member *member =
	    member_of(run, caller, request, &wanted);
	if (member == NULL)
		return;
	wanted.draining = false;
	if (say_override(run, caller, member, &wanted) == 0)
		live_caller_done(caller);
}

void
live_control_admin(
    struct live_run *run, struct live_caller *caller, const json_t *request)
{
	struct live_override wanted;
	int state = lb_admin_state_of_name(text_of(request, "state"));
	if (state < 0) {
		live_caller_fail(caller, LIVE_REFUSED_USAGE,
		    "an admin state is up, down or none, not \"%.64s\"",
		    text_of(request, "state"));
		return;
	}
	struct lb_config_member *member =
	    member_of(run, caller, request, &wanted);
	if (member == NULL)
		return;
	wanted.admin_set = state != LB_ADMIN_NONE;
	wanted.admin = (enum lb_admin_state)state;
	if (say_override(run, caller, member, &wanted) == 0)
		live_caller_done(caller);
}

/* --- reload -------------------------------------------------------------- */

static void
say_problems(const struct live_run *run, struct live_caller *caller,
    const struct lb_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct lb_problem *p = &problems->at[i];
		live_caller_say(caller,
		    json_pack("{s:{s:b, s:o, s:i, s:i, s:s?, s:o}}", "problem",
			"warning", (int)p->warning, "file",
			live_log_text(run->settings->config), "line",
			(int)p->where.line, "column", (int)p->where.column,
			"code", p->code, "text", live_log_text(p->what)));
	}
}

static void
say_reloaded(const struct live_run *run, struct live_caller *caller,
    bool dry_run, const struct live_reloaded *how)
{
	const json_t *change;
	size_t i;
	say_problems(run, caller, &how->problems);
	if (*how->refused != '\0') {
		live_caller_fail(caller,
		    how->problems.error_count > 0 ? LIVE_REFUSED_CONFIG
						  : LIVE_REFUSED_MACHINE,
		    "%s", how->refused);
		return;
	}
	json_array_foreach(how->changes, i, change)
	    live_caller_say(caller, json_pack("{s:O}", "change", change));
	live_caller_say(caller,
	    json_pack("{s:{s:b, s:i, s:i, s:i, s:O}}", "reload", "dry_run",
		(int)dry_run, "generation", (int)run->history.generation,
		"changes", (int)json_array_size(how->changes), "moved_rules",
		(int)how->moved_rules, "moved", how->moved));
	live_caller_done(caller);
}

void
live_control_reload(
    struct live_run *run, struct live_caller *caller, const json_t *request)
{
	struct live_reloaded how;
	bool dry_run = json_is_true(json_object_get(request, "dry_run"));
	live_service_work_begin(run);
	live_reload(run, dry_run, &how);
	live_service_work_end(run);
	say_reloaded(run, caller, dry_run, &how);
	live_reloaded_free(&how);
}
