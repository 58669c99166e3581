/* SPDX-License-Identifier: MIT */
#include "model/check/config_check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/config/addr_kind.h"
#include "model/check/refusals.h"
#include "model/config/names.h"

/* --- names --------------------------------------------------------------- */

/* A thing by its name, in the order of the file. */
struct named {
	const char *name;
	struct lb_where where; /* of the name */
	size_t order;
};

static int
by_name(const void *a, const void *b)
{
	const struct named *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	if (order != 0)
		return order;
	return left->order < right->order ? -1 : 1;
}

static int
by_name_in_any_case(const void *a, const void *b)
{
	const struct named *left = a, *right = b;
	int order = strcasecmp(left->name, right->name);

	if (order != 0)
		return order;
	return left->order < right->order ? -1 : 1;
}

#define LETTERS        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define AZURE_NAME_MAX 80u

/* Letters, digits, '_', '.', '-', beginning with a letter or a digit. */
static bool
is_name(const char *name)
{
	return strspn(name, LETTERS) > 0 && strlen(name) <= LB_NAME_MAX &&
	       name[strspn(name, LETTERS "_.-")] == '\0';
}

/* Azure's words: up to 80 characters, and it must end with a word character or
 * with '_' (cloud-provider-azure issue 1443). */
static void
check_name(const struct named *named, bool azure, struct lb_problems *problems)
{
	size_t length = strlen(named->name);

	if (!is_name(named->name))
		lb_error_add(problems, named->where, NULL,
		    "'%.60s' is no name; use letters, digits, '-', '_', '.', "
		    "at most %u, the first no '-', '_', '.'",
		    named->name, azure ? AZURE_NAME_MAX : LB_NAME_MAX);
	else if (azure && length > AZURE_NAME_MAX)
		lb_error_add(problems, named->where,
		    lb_refusal_code(LB_REFUSAL_NAME),
		    "'%s' has %zu characters; use at most %u, or sku fairlead",
		    named->name, length, AZURE_NAME_MAX);
	else if (azure && strchr(LETTERS "_", named->name[length - 1]) == NULL)
		lb_error_add(problems, named->where,
		    lb_refusal_code(LB_REFUSAL_NAME),
		    "'%s' ends with '%c'; end it with a letter, a digit, '_', "
		    "or use sku fairlead",
		    named->name, named->name[length - 1]);
}

static void
check_second(const struct named *named, const struct named *first,
    const char *what, struct lb_problems *problems)
{
	if (strcmp(named->name, first->name) == 0)
		lb_error_add(problems, named->where, NULL,
		    "a second %s called '%.60s'; give it a name of its own",
		    what, named->name);
	else
		lb_error_add(problems, named->where, NULL,
		    "a %s called '%.60s', and one '%.60s': to Azure, in "
		    "whose names case is nothing, these are one; give it a "
		    "name of its own, or use sku fairlead",
		    what, named->name, first->name);
}

/* Sorts the list.  what: "pool"; azure: they are names to Azure. */
static void
check_names(struct named *list, size_t count, const char *what, bool azure,
    struct lb_problems *problems)
{
	for (size_t i = 0; i < count; i++)
		check_name(&list[i], azure, problems);
	qsort(
	    list, count, sizeof(*list), azure ? by_name_in_any_case : by_name);
	for (size_t i = 1; i < count; i++)
		if (azure ? strcasecmp(list[i].name, list[i - 1].name) == 0
			  : strcmp(list[i].name, list[i - 1].name) == 0)
			check_second(&list[i], &list[i - 1], what, problems);
}

/* Collects those things of an array whose names were read. */
#define NAMED(list, count, things, thing_count, SECTION)                       \
	do {                                                                   \
		(count) = 0;                                                   \
		for (size_t i = 0; i < (thing_count); i++)                     \
			if (LB_KNOWN(&(things)[i], SECTION, NAME))             \
				(list)[(count)++] =                            \
				    (struct named){ (things)[i].name,          \
					    (things)[i]                        \
						.at[LB_##SECTION##_KEY_NAME],  \
					    i };                               \
	} while (0)

static size_t
name_count_max(const struct lb_config *config)
{
	size_t max = config->frontend_count;

	if (config->pool_count > max)
		max = config->pool_count;
	if (config->probe_count > max)
		max = config->probe_count;
	if (config->rule_count > max)
		max = config->rule_count;
	if (config->nat_count > max)
		max = config->nat_count;
	if (config->outbound_count > max)
		max = config->outbound_count;
	for (size_t p = 0; p < config->pool_count; p++)
		if (config->pools[p].member_count > max)
			max = config->pools[p].member_count;
	return max;
}

static void
check_all_names(const struct lb_config *config, struct lb_problems *problems)
{
	struct named *list = calloc(name_count_max(config) + 1, sizeof(*list));
	bool azure = lb_config_is_azure(config);
	size_t n;

	if (list == NULL) {
		lb_check_no_memory(problems);
		return;
	}
	NAMED(list, n, config->frontends, config->frontend_count, FRONTEND);
	check_names(list, n, "frontend", azure, problems);
	NAMED(list, n, config->pools, config->pool_count, POOL);
	check_names(list, n, "pool", azure, problems);
	NAMED(list, n, config->probes, config->probe_count, PROBE);
	check_names(list, n, "probe", azure, problems);
	NAMED(list, n, config->rules, config->rule_count, RULE);
	check_names(list, n, "rule", azure, problems);
	NAMED(list, n, config->nats, config->nat_count, NAT);
	check_names(list, n, "NAT rule", azure, problems);
	NAMED(list, n, config->outbounds, config->outbound_count, OUTBOUND);
	check_names(list, n, "outbound rule", azure, problems);
	for (size_t p = 0; p < config->pool_count; p++) {
		const struct lb_config_pool *pool = &config->pools[p];
		NAMED(list, n, pool->members, pool->member_count, MEMBER);
		/* machines are called as they are */
		check_names(list, n, "member of this pool", false, problems);
	}
	free(list);
}

/* --- addresses ----------------------------------------------------------- */

/* An address and whose it is. */
struct placed {
	struct lb_addr addr;
	const char *name;
	struct lb_where where;
	size_t order;
};

static int
by_address(const void *a, const void *b)
{
	const struct placed *left = a, *right = b;
	int order = memcmp(&left->addr, &right->addr, sizeof(left->addr));

	if (order != 0)
		return order;
	return left->order < right->order ? -1 : 1;
}

/* Loopback and link-local addresses are machines', but no balancer's: what is
 * sent to one from elsewhere is dropped, or wants to know the link. */
static void
check_kind(const struct placed *placed, const char *what, bool azure,
    struct lb_problems *problems)
{
	enum lb_addr_kind kind = lb_addr_kind(&placed->addr);
	char text[46];

	if (kind == LB_ADDR_MACHINE)
		return;
	(void)lb_addr_text(&placed->addr, text, sizeof(text));
	if (kind >= LB_ADDR_UNSPECIFIED)
		lb_error_add(problems, placed->where, NULL,
		    "%s is %s; use that of one machine", text,
		    lb_addr_kind_name(kind));
	else if (azure)
		lb_error_add(problems, placed->where, NULL,
		    "%s is %s, which Azure's %s never have; use another, or "
		    "sku fairlead",
		    text, lb_addr_kind_name(kind), what);
	else
		lb_warning_add(problems, placed->where,
		    "%s is %s: `live` can't forward to or from it", text,
		    lb_addr_kind_name(kind));
}

/* Sorts the list.  what: "frontends". */
static void
check_addresses(struct placed *list, size_t count, const char *what, bool azure,
    struct lb_problems *problems)
{
	char text[46];

	for (size_t i = 0; i < count; i++)
		check_kind(&list[i], what, azure, problems);
	qsort(list, count, sizeof(*list), by_address);
	for (size_t i = 1; i < count; i++)
		if (lb_addr_same(&list[i].addr, &list[i - 1].addr))
			lb_error_add(problems, list[i].where, NULL,
			    "%s '%s' and '%s' have the same address %s; give "
			    "each its own",
			    what, list[i - 1].name, list[i].name,
			    lb_addr_text(&list[i].addr, text, sizeof(text)));
}

static int
address_order(const void *key, const void *item)
{
	const struct placed *left = key, *right = item;

	return memcmp(&left->addr, &right->addr, sizeof(left->addr));
}

/* A packet to such an address would be both from and to the balancer. */
static void
check_not_frontend(const struct placed *member, const struct placed *frontends,
    size_t frontend_count, struct lb_problems *problems)
{
	const struct placed *same = bsearch(member, frontends, frontend_count,
	    sizeof(*frontends), address_order);
	char text[46];

	if (same != NULL)
		lb_error_add(problems, member->where, NULL,
		    "member '%s' has the address %s of frontend '%s'; a "
		    "member has an address of its own, with floating_ip too",
		    member->name,
		    lb_addr_text(&member->addr, text, sizeof(text)),
		    same->name);
}

static size_t
place_members(const struct lb_config_pool *pool, struct placed *list)
{
	size_t count = 0;

	for (size_t m = 0; m < pool->member_count; m++) {
		const struct lb_config_member *member = &pool->members[m];
		if (LB_KNOWN(member, MEMBER, ADDRESS))
			list[count++] =
			    (struct placed){ member->address, member->name,
				    member->at[LB_MEMBER_KEY_ADDRESS], m };
	}
	return count;
}

static size_t
place_frontends(const struct lb_config *config, struct placed *list)
{
	size_t count = 0;

	for (size_t f = 0; f < config->frontend_count; f++) {
		const struct lb_config_frontend *frontend =
		    &config->frontends[f];
		if (LB_KNOWN(frontend, FRONTEND, ADDRESS))
			list[count++] =
			    (struct placed){ frontend->address, frontend->name,
				    frontend->at[LB_FRONTEND_KEY_ADDRESS], f };
	}
	return count;
}

static void
check_all_addresses(
    const struct lb_config *config, struct lb_problems *problems)
{
	bool azure = lb_config_is_azure(config);
	size_t max = name_count_max(config) + 1;
	struct placed *frontends = calloc(max, sizeof(*frontends));
	struct placed *members = calloc(max, sizeof(*members));

	if (frontends == NULL || members == NULL) {
		lb_check_no_memory(problems);
		goto out;
	}
	size_t frontend_count = place_frontends(config, frontends);
	check_addresses(
	    frontends, frontend_count, "frontends", azure, problems);
	for (size_t p = 0; p < config->pool_count; p++) {
		size_t count = place_members(&config->pools[p], members);
		check_addresses(members, count, "members", azure, problems);
		for (size_t m = 0; m < count; m++)
			check_not_frontend(
			    &members[m], frontends, frontend_count, problems);
	}
out:
	free(frontends);
	free(members);
}

void
lb_check_unique(const struct lb_config *config, struct lb_problems *problems)
{
	check_all_names(config, problems);
	check_all_addresses(config, problems);
}
