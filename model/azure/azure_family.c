/* SPDX-License-Identifier: MIT */
/* Of which family a pool's members are: that of the frontends that lead to
 * it. */
#include <stdlib.h>
#include <strings.h>

#include "model/azure/azure_parts.h"

/* The name at the end of a reference, which stays; false: there is none. */
static bool
name_at(
    struct azure_import *in, const json_t *reference, char *name, size_t bytes)
{
	const char *text = azure_text(reference, "id");
	char *id = text != NULL ? azure_evaluate(&in->doc, text) : NULL;
	bool good = id != NULL && azure_id_part(id, NULL, name, bytes);

	free(id);
	return good;
}

static const json_t *
one_of(const json_t *rule, const char *one, const char *list)
{
	const json_t *reference = azure_object(rule, one);

	return reference != NULL ? reference
				 : json_array_get(azure_list(rule, list), 0);
}

/* What the rules of a list say of all pools that they lead to. */
static void
learn_families(struct azure_import *in, const char *list)
{
	json_t *rule;
	size_t i;
	char frontend[LB_NAME_MAX + 1], pool[LB_NAME_MAX + 1];

	json_array_foreach(azure_list(in->balancer, list), i, rule)
	{
		const json_t *fact = NULL;
		if (name_at(in,
			one_of(rule, "frontendIPConfiguration",
			    "frontendIPConfigurations"),
			frontend, sizeof(frontend)))
			fact = azure_fact(in, "family", frontend);
		if (fact != NULL &&
		    name_at(in,
			one_of(
			    rule, "backendAddressPool", "backendAddressPools"),
			pool, sizeof(pool)) &&
		    azure_fact(in, "pool-family", pool) == NULL)
			azure_learn(in, "pool-family", pool,
			    json_integer(json_integer_value(fact)));
	}
}

int
azure_pool_family(struct azure_import *in, const char *pool)
{
	if (!in->families_known) {
		learn_families(in, "loadBalancingRules");
		learn_families(in, "inboundNatRules");
		learn_families(in, "outboundRules");
		in->families_known = true;
	}
	return (int)json_integer_value(azure_fact(in, "pool-family", pool));
}
