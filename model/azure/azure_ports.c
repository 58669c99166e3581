/* SPDX-License-Identifier: MIT */
/*
 * Which port of a NAT rule each member has.  Azure says it; a configuration
 * does not, and gives the lowest free one in the pool's order.  Where that is
 * the same there is nothing to tell.
 *
 * Source: AZ 5.5; doc/decisions.md has our order.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/azure/azure_parts.h"

/* The first port of a NAT rule with a range; 0: there is none. */
static int
first_port(struct azure_import *in, const char *rule)
{
	return (int)json_integer_value(azure_fact(in, "nat-first", rule));
}

/* One mapping { inboundNatRuleName, frontendPort, backendPort }, of the member
 * at an index of its pool.  Takes it when it is understood. */
static bool
take_mapping(
    struct azure_import *in, json_t *mapping, const char *where, size_t index)
{
	const char *rule = azure_text(mapping, "inboundNatRuleName");
	const json_t *port = azure_value(mapping, "frontendPort");
	int first = rule != NULL ? first_port(in, rule) : 0;

	if (first == 0 || !json_is_integer(port))
		return false;
	json_int_t ours = first + (json_int_t)index;
	if (json_integer_value(port) != ours)
		azure_note(in, LB_IMPORT_NOT_MODELLED, where,
		    "NAT rule %.128s: Azure gave it port %" JSON_INTEGER_FORMAT
		    ", here it has %" JSON_INTEGER_FORMAT
		    ": members get the lowest free ports in their order",
		    rule, json_integer_value(port), ours);
	return true;
}

static void
take_mappings(
    struct azure_import *in, json_t *member, const char *where, size_t index)
{
	json_t *list = azure_list(member, "inboundNatRulesPortMapping");

	for (size_t i = 0; i < json_array_size(list);)
		if (take_mapping(in, json_array_get(list, i), where, index))
			(void)json_array_remove(list, i);
		else
			i++;
}

void
azure_learn_places(struct azure_import *in, size_t pool, size_t from)
{
	char number[24];

	(void)snprintf(number, sizeof(number), "%zu", pool);
	azure_learn(in, "first-place", number, json_integer((json_int_t)from));
	azure_learn(in, "place-count", number,
	    json_integer((json_int_t)(in->place_count - from)));
}

static void
tell_pool(struct azure_import *in, json_t *pool, size_t number)
{
	json_t *list = azure_list(pool, "loadBalancerBackendAddresses"), *one;
	char text[24], where[AZURE_PATH_BYTES];
	size_t m;

	(void)snprintf(text, sizeof(text), "%zu", number);
	const json_t *first = azure_fact(in, "first-place", text);
	const json_t *count = azure_fact(in, "place-count", text);
	/* some stand there twice: who is which is not known */
	if (first == NULL ||
	    (json_int_t)json_array_size(list) != json_integer_value(count))
		return;
	json_array_foreach(list, m, one)
	{
		const struct azure_place *place =
		    &in->places[(size_t)json_integer_value(first) + m];
		(void)snprintf(where, sizeof(where), "%.120s/%.120s",
		    place->pool, place->member);
		take_mappings(in, one, where, m);
	}
}

void
azure_tell_ports(struct azure_import *in)
{
	json_t *pool;
	size_t i;

	json_array_foreach(azure_list(in->balancer, "backendAddressPools"), i,
	    pool) tell_pool(in, pool, i);
}
