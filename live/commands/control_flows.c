/* SPDX-License-Identifier: MIT */
/* The connection table, read in place while packets go on. */
#include <stdlib.h>
#include <string.h>

#include "live/commands/control_rooms.h"
#include "live/commands/control_tell.h"
#include "live/state/overriding.h"
#include "model/config/names.h"

/* In one turn of the loop: some tenths of a millisecond. */
#define BUCKETS_AT_ONCE 4096u
#define FLOWS_AT_ONCE   64u

/* Where it is, and which flows are wanted.  Ids stay whose they are as long as
 * entries have them, so a reload meanwhile does no harm. */
struct flows {
	const struct live_run *run;
	bool six;
	uint32_t bucket;
	uint64_t left;         /* to be said */
	uint16_t rule, member; /* LB_NONE: any */
	struct lb_addr client;
	bool by_client;
	uint32_t said; /* in this turn */
};

/* --- one flow ------------------------------------------------------------ */

static json_t *
address_of(const struct lb_addr *address)
{
	char text[64];
	return json_string(lb_addr_text(address, text, sizeof(text)));
}

static json_t *
member_name(const struct lb_plan *plan, uint16_t id)
{
	if (id >= plan->member_count || plan->members[id].name == NULL)
		return json_null();
	return json_sprintf(
	    "%s/%s", plan->members[id].pool, plan->members[id].name);
}

/* Two machines may have had the name, one after the other. */
static json_t *
member_address(const struct lb_plan *plan, uint16_t id)
{
	if (id >= plan->member_count || plan->members[id].name == NULL)
		return json_null();
	return address_of(&plan->members[id].address);
}

static const char *
rule_name(const struct lb_plan *plan, uint16_t id)
{
	const char *name = id < plan->rule_count ? plan->rules[id].name : NULL;
	if (name != NULL)
		(void)live_rule_kind_of(&name);
	return name;
}

/* A member is the client of an outbound flow, and the frontend what the world
 * takes it for. */
static json_t *
tell_flow(const struct lb_plan *plan, const struct lb_expired *e,
    uint32_t idle_ms, uint32_t left_ms)
{
	const bool outbound = e->kind == LB_KIND_SNAT_OUT;
	const struct lb_addr *frontend =
	    outbound ? &plan->snats[e->snat].address : &e->dst;
	const lb_be16 port = outbound ? e->xlat_port : e->dport;
	return json_pack("{s:s, s:s, s:o, s:i, s:o, s:i, s:o?, s:o?, s:s?, "
			 "s:o, s:o, s:s, s:f, s:f}",
	    "protocol", lb_proto_name(e->proto), "direction",
	    outbound ? "outbound" : "inbound", "client", address_of(&e->src),
	    "client_port", (int)lb_be16_get(e->sport), "frontend",
	    address_of(frontend), "frontend_port", (int)lb_be16_get(port),
	    "destination", outbound ? address_of(&e->dst) : NULL,
	    "destination_port",
	    outbound ? json_integer(lb_be16_get(e->dport)) : NULL, "rule",
	    rule_name(plan, e->rule), "member", member_name(plan, e->member),
	    "member_address", member_address(plan, e->member), "state",
	    live_conn_state_name(e->state), "idle_s", (double)idle_ms / 1e3,
	    "expires_s", (double)left_ms / 1e3);
}

/* The same name, at another address perhaps. */
static bool
called_alike(const struct lb_plan *plan, uint16_t a, uint16_t b)
{
	if (a == b)
		return true;
	if (a >= plan->member_count || plan->members[a].name == NULL ||
	    b >= plan->member_count || plan->members[b].name == NULL)
		return false;
	return strcmp(plan->members[a].pool, plan->members[b].pool) == 0 &&
	       strcmp(plan->members[a].name, plan->members[b].name) == 0;
}

static bool
is_wanted(const struct flows *f, const struct lb_expired *e)
{
	return (f->rule == LB_NONE || f->rule == e->rule) &&
	       (f->member == LB_NONE ||
		   called_alike(f->run->plan, f->member, e->member)) &&
	       (!f->by_client || lb_addr_same(&f->client, &e->src));
}

/* What has idled out is gone for packets, whether it was swept or not; an
 * outbound flow when it was swept. */
static void
say_way(struct flows *f, struct live_caller *caller, const struct lb_tables *t,
    uint32_t way)
{
	struct lb_expired e;
	uint32_t now_ms = live_forwarder_now_ms(f->run->forwarder), end_ms;
	if (f->left == 0 ||
	    !lb_flow_read(t, f->six, f->bucket, way, &e, &end_ms) ||
	    !is_wanted(f, &e))
		return;
	uint32_t left_ms = end_ms - now_ms;
	if ((int32_t)left_ms <= 0 && e.kind != LB_KIND_SNAT_OUT)
		return;
	if ((int32_t)left_ms < 0)
		left_ms = 0;
	uint32_t idle_ms = now_ms - e.seen_ms;
	if ((int32_t)idle_ms < 0) /* another CPU's clock is a tick ahead */
		idle_ms = 0;
	f->left--;
	f->said++;
	live_caller_say(
	    caller, json_pack("{s:o}", "flow",
			tell_flow(f->run->plan, &e, idle_ms, left_ms)));
}

/* --- all of them --------------------------------------------------------- */

/* false: there are no more. */
static bool
next_bucket(struct flows *f, const struct lb_tables *t)
{
	uint32_t buckets = f->six ? t->buckets6 : t->buckets4;
	if (++f->bucket < buckets)
		return true;
	f->bucket = 0;
	f->six = !f->six;
	return f->six;
}

static enum live_more
flows_more(void *state, struct live_caller *caller)
{
	struct flows *f = state;
	const struct lb_tables *t =
	    live_engine_tables(live_forwarder_engine(f->run->forwarder));
	f->said = 0;
	for (uint32_t i = 0; i < BUCKETS_AT_ONCE && f->said < FLOWS_AT_ONCE;
	     i++) {
		for (uint32_t way = 0; way < LB_WAYS; way++)
			say_way(f, caller, t, way);
		if (f->left > 0 && next_bucket(f, t))
			continue;
		live_caller_done(caller);
		return LIVE_END;
	}
	return LIVE_MORE;
}

/* --- which --------------------------------------------------------------- */

/* By the name that users know; the plan's tells an outbound rule from another
 * of the same name. */
static uint16_t
rule_called(const struct lb_plan *plan, const char *name)
{
	for (uint32_t id = 0; id < plan->rule_count; id++) {
		const char *its = rule_name(plan, (uint16_t)id);
		if (its != NULL && (strcmp(its, name) == 0 ||
				       strcmp(plan->rules[id].name, name) == 0))
			return (uint16_t)id;
	}
	return LB_NONE;
}

/* One that was removed has flows too. */
static uint16_t
member_called(const struct lb_plan *plan, const char *name)
{
	for (uint32_t id = 0; id < plan->member_count; id++) {
		const struct lb_plan_member *m = &plan->members[id];
		size_t length = m->name != NULL ? strlen(m->pool) : 0;
		if (m->name != NULL && strncmp(name, m->pool, length) == 0 &&
		    name[length] == '/' &&
		    strcmp(name + length + 1, m->name) == 0)
			return (uint16_t)id;
	}
	return LB_NONE;
}

/* false: said what is wrong. */
static bool
read_filter(struct flows *f, struct live_caller *caller, const json_t *request)
{
	const char *rule = json_string_value(json_object_get(request, "rule"));
	const char *member =
	    json_string_value(json_object_get(request, "member"));
	const char *client =
	    json_string_value(json_object_get(request, "client"));
	const json_t *limit = json_object_get(request, "limit");
	if (rule != NULL)
		f->rule = rule_called(f->run->plan, rule);
	if (member != NULL)
		f->member = member_called(f->run->plan, member);
	if (json_integer_value(limit) > 0)
		f->left = (uint64_t)json_integer_value(limit);
	f->by_client = client != NULL;
	if (rule != NULL && f->rule == LB_NONE)
		live_caller_fail(caller, LIVE_REFUSED_USAGE,
		    "there is no rule \"%.128s\"", rule);
	else if (member != NULL && f->member == LB_NONE)
		live_caller_fail(caller, LIVE_REFUSED_USAGE,
		    "there is no member \"%.300s\": it is POOL/MEMBER, as "
		    "fairlead ctl members lists them",
		    member);
	else if (client != NULL && !lb_addr_of_text(client, &f->client))
		live_caller_fail(caller, LIVE_REFUSED_USAGE,
		    "client \"%.64s\" is no address", client);
	else
		return true;
	return false;
}

void
live_control_flows(
    struct live_run *run, struct live_caller *caller, const json_t *request)
{
	struct flows *f = calloc(1, sizeof(*f));
	if (f == NULL) {
		live_caller_fail(caller, LIVE_REFUSED_MACHINE, "no memory");
		return;
	}
	*f = (struct flows){ .run = run,
		.left = UINT64_MAX,
		.rule = LB_NONE,
		.member = LB_NONE };
	if (read_filter(f, caller, request))
		live_caller_stream(
		    caller, &(struct live_stream){ flows_more, free, f });
	else
		free(f);
}
