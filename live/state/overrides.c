/* SPDX-License-Identifier: MIT */
#include "live/state/overrides.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "model/config/names.h"

static void
free_one(struct live_override *o)
{
	free(o->pool);
	free(o->member);
}

void
live_overrides_free(struct live_overrides *all)
{
	for (size_t i = 0; i < all->count; i++)
		free_one(&all->at[i]);
	free(all->at);
	*all = (struct live_overrides){ 0 };
}

struct live_override *
live_override_of(
    const struct live_overrides *all, const char *pool, const char *member)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->at[i].pool, pool) == 0 &&
		    strcmp(all->at[i].member, member) == 0)
			return &all->at[i];
	return NULL;
}

struct live_override *
live_override_make(
    struct live_overrides *all, const char *pool, const char *member)
{
	struct live_override *there = live_override_of(all, pool, member);
	if (there != NULL)
		return there;
	struct live_override *more =
	    reallocarray(all->at, all->count + 1, sizeof(*more));
	if (more == NULL)
		return NULL;
	all->at = more;
	struct live_override fresh = { .pool = strdup(pool),
		.member = strdup(member) };
	if (fresh.pool == NULL || fresh.member == NULL) {
		free_one(&fresh);
		return NULL;
	}
	all->at[all->count] = fresh;
	return &all->at[all->count++];
}

static void
forget(struct live_overrides *all, size_t i)
{
	free_one(&all->at[i]);
	all->at[i] = all->at[--all->count];
}

void
live_overrides_tidy(struct live_overrides *all)
{
	for (size_t i = all->count; i-- > 0;)
		if (!all->at[i].draining && !all->at[i].admin_set)
			forget(all, i);
}

enum lb_admin_state
live_override_admin(const struct live_override *o, enum lb_admin_state file)
{
	if (o == NULL)
		return file;
	if (o->draining)
		return LB_ADMIN_DOWN;
	return o->admin_set ? o->admin : file;
}

enum lb_admin_state *
live_overrides_apply(const struct live_overrides *all, struct lb_config *config)
{
	size_t count = 0;
	for (size_t p = 0; p < config->pool_count; p++)
		count += config->pools[p].member_count;
	enum lb_admin_state *file = calloc(count + 1, sizeof(*file));
	if (file == NULL)
		return NULL;
	enum lb_admin_state *next = file;
	for (size_t p = 0; p < config->pool_count; p++) {
		const struct lb_config_pool *pool = &config->pools[p];
		for (size_t m = 0; m < pool->member_count; m++) {
			struct lb_config_member *member = &pool->members[m];
			const struct live_override *o =
			    live_override_of(all, pool->name, member->name);
			*next++ = member->admin_state;
			member->admin_state =
			    live_override_admin(o, member->admin_state);
			member->drained = o != NULL && o->draining;
		}
	}
	return file;
}

static bool
has_member(const struct lb_config *config, const struct live_override *o)
{
	for (size_t p = 0; p < config->pool_count; p++) {
		const struct lb_config_pool *pool = &config->pools[p];
		if (strcmp(pool->name, o->pool) != 0)
			continue;
		for (size_t m = 0; m < pool->member_count; m++)
			if (strcmp(pool->members[m].name, o->member) == 0)
				return true;
	}
	return false;
}

void
live_overrides_prune(struct live_overrides *all, const struct lb_config *config,
    void (*gone)(const struct live_override *override))
{
	for (size_t i = all->count; i-- > 0;) {
		if (has_member(config, &all->at[i]))
			continue;
		gone(&all->at[i]);
		forget(all, i);
	}
}

/* --- written down -------------------------------------------------------- */

char *
live_overrides_write(const struct live_overrides *all, size_t *bytes)
{
	json_t *list = json_array();
	for (size_t i = 0; i < all->count; i++) {
		const struct live_override *o = &all->at[i];
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s, s:b, s:s?}", "pool", o->pool,
			"member", o->member, "draining", (int)o->draining,
			"admin",
			o->admin_set ? lb_admin_state_name(o->admin) : NULL));
	}
	char *text = list != NULL && json_array_size(list) == all->count
			 ? json_dumps(list, JSON_COMPACT)
			 : NULL;
	json_decref(list);
	*bytes = text != NULL ? strlen(text) : 0;
	return text;
}

static void
read_one(struct live_overrides *all, const json_t *line)
{
	const char *pool = json_string_value(json_object_get(line, "pool"));
	const char *member = json_string_value(json_object_get(line, "member"));
	const char *admin = json_string_value(json_object_get(line, "admin"));
	int state = admin != NULL ? lb_admin_state_of_name(admin) : -1;
	struct live_override *o = pool != NULL && member != NULL
				      ? live_override_make(all, pool, member)
				      : NULL;
	if (o == NULL)
		return;
	o->draining = json_is_true(json_object_get(line, "draining"));
	o->admin_set = state >= 0;
	if (state >= 0)
		o->admin = (enum lb_admin_state)state;
}

/* The value of a map may be longer than the text in it. */
void
live_overrides_read(struct live_overrides *all, const char *text, size_t bytes)
{
	json_t *list = json_loadb(text, bytes, JSON_DISABLE_EOF_CHECK, NULL),
	       *line;
	size_t i;
	json_array_foreach(list, i, line) read_one(all, line);
	json_decref(list);
	live_overrides_tidy(all);
}
