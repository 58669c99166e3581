/* SPDX-License-Identifier: MIT */
#include "cli/common/leavers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common/cli.h"
#include "model/config/addr_kind.h"
#include "model/config/names.h"

#define SHOWN 3 /* addresses in a message */

void
cli_leavers_free(struct cli_leavers *l)
{
	free(l->at);
	*l = (struct cli_leavers){ 0 };
}

static int
add(struct cli_leavers *l, const struct lb_addr *captured,
    const struct lb_addr *member)
{
	if (l->count + 1 >= LB_NONE)
		return 0;
	struct sim_leaver *more =
	    reallocarray(l->at, l->count + 1, sizeof(*more));
	if (more == NULL)
		return -1;
	l->at = more;
	more[l->count++] = (struct sim_leaver){ *captured, *member };
	return 0;
}

/* Ascending, and each once: a member may be in several pools. */
static void
settle(struct cli_leavers *l)
{
	size_t kept = 0;

	if (l->count == 0)
		return;
	qsort(l->at, l->count, sizeof(*l->at), sim_leaver_compare);
	for (size_t i = 1; i < l->count; i++)
		if (sim_leaver_compare(&l->at[i], &l->at[kept]) != 0)
			l->at[++kept] = l->at[i];
	l->count = kept + 1;
}

static int
add_members(struct cli_leavers *l, const struct lb_config *c)
{
	for (size_t p = 0; p < c->pool_count; p++)
		for (size_t m = 0; m < c->pools[p].member_count; m++)
			if (add(l, &c->pools[p].members[m].address,
				&c->pools[p].members[m].address) != 0)
				return -1;
	return 0;
}

/* The pool whose members captured addresses stand for. */
static const struct lb_config_pool *
pool_of(const struct lb_config *c)
{
	for (size_t i = 0; i < c->outbound_count; i++)
		if (c->outbounds[i].pool >= 0)
			return &c->pools[c->outbounds[i].pool];
	return c->pool_count > 0 ? &c->pools[0] : NULL;
}

/* The next member of the address' family; NULL: there are no more. */
static const struct lb_addr *
next_member(const struct lb_config_pool *pool, const struct lb_addr *captured,
    size_t next[2])
{
	const bool six = !lb_addr_is_v4(captured);

	for (size_t *i = &next[six]; pool != NULL && *i < pool->member_count;
	     ++*i) {
		const struct lb_addr *at = &pool->members[*i].address;
		if (!lb_addr_is_v4(at) == six) {
			++*i;
			return at;
		}
	}
	return NULL;
}

static int
add_captured(const char *command, const char *text, const struct lb_config *c,
    struct cli_leavers *l)
{
	const struct lb_config_pool *pool = pool_of(c);
	size_t next[2] = { 0 };

	for (const char *at = text; at != NULL;) {
		const size_t bytes = strcspn(at, ",");
		struct lb_addr captured;
		char word[64];
		(void)snprintf(word, sizeof(word), "%.*s", (int)bytes, at);
		if (!lb_addr_of_text(word, &captured))
			return cli_usage(command,
			    "--outbound wants \"members\" or captured "
			    "addresses, like 10.0.0.1,10.0.0.2, not \"%s\"",
			    word);
		if (!lb_addr_is_unicast(&captured))
			return cli_usage(command,
			    "--outbound: %s is %s, and no client", word,
			    lb_addr_kind_name(lb_addr_kind(&captured)));
		const struct lb_addr *member =
		    next_member(pool, &captured, next);
		if (member == NULL)
			return cli_usage(command,
			    "--outbound: there is no member left in pool '%s' "
			    "for %s to stand for; name fewer addresses, or "
			    "more members of that family",
			    pool != NULL ? pool->name : "?", word);
		if (add(l, &captured, member) != 0)
			return -1;
		at = at[bytes] == ',' ? at + bytes + 1 : NULL;
	}
	return 0;
}

int
cli_leavers_make(const char *command, const char *text,
    const struct lb_config *config, struct cli_leavers *out)
{
	int status = strcmp(text, "members") == 0
			 ? add_members(out, config)
			 : add_captured(command, text, config, out);

	if (status < 0) {
		cli_say(command, "no memory");
		return CLI_REFUSED;
	}
	settle(out);
	return status;
}

void
cli_leavers_say_none(const char *command, const char *text,
    const struct cli_leavers *l, const struct sim_record *record)
{
	char list[SHOWN * 50] = "", address[46];

	for (size_t i = 0; i < record->case_count; i++)
		for (size_t n = 0; n < record->cases[i].snat_count; n++)
			if (record->cases[i].snat[n].opened +
				record->cases[i].snat[n].failed >
			    0)
				return;
	for (size_t i = 0; i < l->count && i < SHOWN; i++) {
		const size_t used = strlen(list);
		(void)snprintf(list + used, sizeof(list) - used, "%s%s",
		    i > 0 ? ", " : "",
		    lb_addr_text(&l->at[i].captured, address, sizeof(address)));
	}
	cli_say(command, "no flow was begun by %s%s%s and let out by SNAT; %s",
	    list, l->count > SHOWN ? " ..." : "",
	    l->count > SHOWN ? " (all members)" : "",
	    strcmp(text, "members") == 0
		? "name the captured clients that stand for members, like "
		  "--outbound 10.0.0.1 (fairlead inspect lists clients), and "
		  "see that an outbound rule or a rule with outbound_snat "
		  "gives them ports"
		: "fairlead inspect lists the capture's clients");
}
