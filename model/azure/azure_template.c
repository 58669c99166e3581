/* SPDX-License-Identifier: MIT */
/* What a template has beside the balancer and belongs to it: its children, and
 * NICs that name its pools. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/azure/azure_parts.h"

#define CHILD "Microsoft.Network/loadBalancers/"
#define NIC   "Microsoft.Network/networkInterfaces"

static const char *
type_of(const json_t *resource)
{
	const char *type = azure_text(resource, "type");

	return type != NULL ? type : "";
}

/* The balancer's list, made when it is not there. */
json_t *
azure_list_for(struct azure_import *in, json_t *thing, const char *name)
{
	json_t *list = azure_list(thing, name);

	if (list != NULL)
		return list;
	list = json_array();
	if (json_object_set_new(thing, name, list) != 0)
		in->doc.no_memory = true;
	return azure_list(thing, name);
}

/* Where it stood. */
static const char *
path_of(const json_t *resource)
{
	const char *path =
	    json_string_value(azure_own(resource, AZURE_PATH_KEY));

	return path != NULL ? path : "resources";
}

/* --- children ------------------------------------------------------------ */

/* Is NAME/child of our balancer?  With one balancer whose name, or the
 * child's, is an expression without a value, nobody else can be meant. */
static bool
is_ours(struct azure_import *in, const json_t *child, const char *path)
{
	const char *text = azure_text(child, "name");
	const char *balancer = in->result->name;
	char *name = text != NULL ? azure_evaluate(&in->doc, text) : NULL;
	size_t length = name != NULL ? strcspn(name, "/") : 0;
	bool known = name != NULL && name[length] == '/';
	bool ours = known ? strncasecmp(name, balancer, length) == 0 &&
				balancer[length] == '\0'
			  : in->balancer_count == 1;

	if (known && !ours && in->balancer_count == 1 &&
	    !azure_is_plain(balancer))
		ours = true;
	if (!known && !ours)
		azure_note(in, LB_IMPORT_NOT_UNDERSTOOD, path,
		    "%.100s: which balancer is it of? It is not in the text",
		    text != NULL ? text : "no name");
	free(name);
	return ours;
}

/* The last part of its name, evaluated, to be freed; NULL: it has none. */
static char *
last_name(struct azure_import *in, const json_t *thing)
{
	const char *text = azure_text(thing, "name");
	char *name = text != NULL ? azure_evaluate(&in->doc, text) : NULL;
	const char *slash = name != NULL ? strrchr(name, '/') : NULL;

	if (slash != NULL)
		memmove(name, slash + 1, strlen(slash + 1) + 1);
	return name;
}

/* Kinds of facts: things of the balancer's lists by name, and the lists of
 * which they are learnt. */
#define OWN  "[own]"
#define SEEN "[seen]"

static void
learn_own(struct azure_import *in, const char *kind, json_t *thing)
{
	char *name = last_name(in, thing);

	if (name != NULL)
		azure_learn(in, kind, name, json_incref(thing));
	free(name);
}

/* The one of the balancer's own list that the child is; NULL: it is new, and
 * learnt.  Cost: one look-up; the first time, the list's length. */
static json_t *
same_child(struct azure_import *in, const char *list, json_t *to, json_t *child)
{
	char kind[64];
	json_t *one, *same = NULL;
	size_t i;

	(void)snprintf(kind, sizeof(kind), OWN "%.50s", list);
	if (azure_fact(in, SEEN, kind) == NULL)
		json_array_foreach(to, i, one) learn_own(in, kind, one);
	azure_learn(in, SEEN, kind, json_true());
	char *name = last_name(in, child);
	if (name != NULL)
		same = (json_t *)(uintptr_t)azure_fact(in, kind, name);
	if (name != NULL && same == NULL)
		azure_learn(in, kind, name, json_incref(child));
	free(name);
	return same;
}

/* A child is deployed after its balancer: what it says counts. */
static void
merge(struct azure_import *in, json_t *own, json_t *child)
{
	const char *key, *was;
	json_t *properties = azure_own(own, "properties"), *value;

	json_object_foreach(azure_own(child, "properties"), key, value)
	{
		while (properties != NULL &&
		       (was = azure_spelled(properties, key)) != NULL)
			(void)json_object_del(properties, was);
		while ((was = azure_spelled(own, key)) != NULL)
			(void)json_object_del(own, was);
		if (json_object_set(
			properties != NULL ? properties : own, key, value) != 0)
			in->doc.no_memory = true;
	}
}

static void
adopt_child(struct azure_import *in, json_t *child, const char *path)
{
	const char *list = type_of(child) + strlen(CHILD);

	if (!is_ours(in, child, path))
		return;
	json_t *to = azure_list_for(in, in->balancer, list);
	json_t *same = same_child(in, list, to, child);
	if (same != NULL) { /* as exports have it: said twice */
		merge(in, same, child);
		return;
	}
	if (to == NULL || json_array_append(to, child) != 0)
		in->doc.no_memory = true;
}

/* --- NICs ---------------------------------------------------------------- */

/* By name, in any case; NULL: it is not there. */
static json_t *
named(struct azure_import *in, const char *list, const char *wanted)
{
	json_t *one, *found = NULL;
	char part[LB_NAME_MAX + 1];
	size_t i;

	json_array_foreach(azure_list(in->balancer, list), i, one)
	{
		const char *text = azure_text(one, "name");
		char *name =
		    text != NULL ? azure_evaluate(&in->doc, text) : NULL;
		if (name != NULL &&
		    azure_id_part(name, NULL, part, sizeof(part)) &&
		    strcasecmp(part, wanted) == 0)
			found = one;
		free(name);
	}
	return found;
}

/* The thing of our balancer that one of a NIC's references names. */
json_t *
azure_meant(struct azure_import *in, json_t *reference, const char *list)
{
	const char *id = azure_take_text(&in->doc, reference, "id");
	char name[LB_NAME_MAX + 1], balancer[LB_NAME_MAX + 1];

	if (id == NULL) {
		(void)azure_mark_text(in, 0, reference, "id", NULL);
		return NULL;
	}
	if (azure_id_part(id, "loadBalancers", balancer, sizeof(balancer)) &&
	    azure_is_plain(in->result->name) &&
	    strcasecmp(balancer, in->result->name) != 0)
		return NULL;
	if (!azure_id_part(id, NULL, name, sizeof(name)))
		return NULL;
	json_t *thing = named(in, list, name);
	if (thing == NULL)
		azure_note(in, LB_IMPORT_NOT_UNDERSTOOD, in->path,
		    "%.200s: %s is not in the document", id, name);
	return thing;
}

/* As the balancer's own JSON would name it, with the address beside. */
static json_t *
configuration(const char *id, const json_t *address)
{
	json_t *made = json_pack("{s:s}", "id", id);

	if (made != NULL && address != NULL)
		(void)json_object_set(
		    made, "privateIPAddress", (json_t *)(uintptr_t)address);
	return made;
}

static void
adopt_configuration(struct azure_import *in, json_t *ip, const char *id)
{
	const json_t *address =
	    azure_take_any(&in->doc, ip, "privateIPAddress");
	json_t *one, *to;
	size_t i;

	json_array_foreach(
	    azure_list(ip, "loadBalancerBackendAddressPools"), i, one)
	{
		to = azure_meant(in, one, "backendAddressPools");
		if (to != NULL &&
		    json_array_append_new(
			azure_list_for(in, to, "backendIPConfigurations"),
			configuration(id, address)) != 0)
			in->doc.no_memory = true;
	}
	json_array_foreach(
	    azure_list(ip, "loadBalancerInboundNatRules"), i, one)
	{
		to = azure_meant(in, one, "inboundNatRules");
		if (to != NULL && !azure_has(to, "backendIPConfiguration") &&
		    json_object_set_new(to, "backendIPConfiguration",
			configuration(id, address)) != 0)
			in->doc.no_memory = true;
	}
}

static bool
has_any(const json_t *configurations)
{
	json_t *ip;
	size_t i;

	json_array_foreach(configurations, i, ip)
	{
		if (azure_has(ip, "loadBalancerBackendAddressPools") ||
		    azure_has(ip, "loadBalancerInboundNatRules"))
			return true;
	}
	return false;
}

static void
adopt_nic(struct azure_import *in, json_t *nic, const char *path)
{
	json_t *list = azure_list(nic, "ipConfigurations"), *ip;
	char name[LB_NAME_MAX + 1], part[LB_NAME_MAX + 1], id[512];
	size_t i;

	if (!has_any(list))
		return;
	(void)snprintf(in->path, sizeof(in->path), "%s", path);
	(void)azure_mark_text(in, 0, nic, "copy", NULL);
	(void)azure_name(in, nic, "nic", 0, name, sizeof(name));
	json_array_foreach(list, i, ip)
	{
		(void)snprintf(in->path, sizeof(in->path),
		    "%.100s.ipConfigurations[%zu]", path, i);
		(void)azure_name(in, ip, "ip", i, part, sizeof(part));
		(void)snprintf(id, sizeof(id),
		    "/providers/" NIC "/%s/ipConfigurations/%s", name, part);
		adopt_configuration(in, ip, id);
	}
}

void
azure_adopt(struct azure_import *in)
{
	json_t *list = azure_list(in->doc.root, "resources"), *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (strncasecmp(type_of(one), CHILD, strlen(CHILD)) == 0)
			adopt_child(in, one, path_of(one));
	}
	/* now that all pools are there */
	json_array_foreach(list, i, one)
	{
		if (strcasecmp(type_of(one), NIC) == 0)
			adopt_nic(in, one, path_of(one));
		azure_adopt_set(in, one, path_of(one));
	}
}
