/* SPDX-License-Identifier: MIT */
/*
 * Scale sets of a template, and machines that bring their NICs: instances are
 * members of the pools that their network profile names, and of NAT pools.
 *
 * Source: AZ 5.5, 10.1; learn.microsoft.com, Virtual Machine Scale Sets -
 * Create Or Update.
 */
#include <string.h>
#include <strings.h>

#include "model/azure/azure_parts.h"

#define SET           "Microsoft.Compute/virtualMachineScaleSets"
#define MACHINE       "Microsoft.Compute/virtualMachines"
#define INSTANCES_MAX 1000 /* Azure's limit, too */

struct set {
	const char *name, *path;
	bool is_set;   /* else a machine */
	bool flexible; /* its machines and NICs have names of Azure's */
	int instances;
};

/* Of one instance, as the balancer's own JSON names it. */
static json_t *
instance_of(const struct set *set, int i, const char *nic, const char *ip)
{
	if (!set->is_set)
		return json_pack("{s:s+++++}", "id", "/providers/" MACHINE "/",
		    set->name, "/networkInterfaces/", nic, "/ipConfigurations/",
		    ip);
	char number[16];
	(void)snprintf(number, sizeof(number), "%d", i);
	if (set->flexible)
		return json_pack("{s:s+++++}", "id",
		    "/providers/Microsoft.Network/networkInterfaces/",
		    set->name, "_", number, "/ipConfigurations/", ip);
	return json_pack("{s:s+++++++}", "id", "/providers/" SET "/", set->name,
	    "/virtualMachines/", number, "/networkInterfaces/", nic,
	    "/ipConfigurations/", ip);
}

static void
join_pool(struct azure_import *in, const struct set *set, json_t *pool,
    const char *nic, const char *ip)
{
	json_t *list = azure_list_for(in, pool, "backendIPConfigurations");

	for (int i = 0; i < set->instances; i++)
		if (json_array_append_new(list, instance_of(set, i, nic, ip)) !=
		    0)
			in->doc.no_memory = true;
}

/* A NAT pool alone makes members of nobody; ours lead to members. */
static json_t *
pool_of_its_own(struct azure_import *in, const struct set *set)
{
	json_t *pools = azure_list_for(in, in->balancer, "backendAddressPools");
	json_t *pool = json_pack("{s:s}", "name", set->name);

	if (json_array_append_new(pools, pool) != 0) {
		in->doc.no_memory = true;
		return NULL;
	}
	azure_note(in, LB_IMPORT_ASSUMED, set->path,
	    "%s has a NAT pool and no backend pool: it stands as a pool of "
	    "its own",
	    set->name);
	return pool;
}

static void
join_all(struct azure_import *in, const struct set *set, json_t *ip,
    const char *nic, const char *name)
{
	json_t *one, *first = NULL, *to;
	size_t i;

	json_array_foreach(
	    azure_list(ip, "loadBalancerBackendAddressPools"), i, one)
	{
		to = azure_meant(in, one, "backendAddressPools");
		if (to == NULL)
			continue;
		join_pool(in, set, to, nic, name);
		first = first != NULL ? first : to;
	}
	json_array_foreach(
	    azure_list(ip, "loadBalancerInboundNatPools"), i, one)
	{
		to = azure_meant(in, one, "inboundNatPools");
		if (to == NULL)
			continue;
		if (first == NULL) {
			first = pool_of_its_own(in, set);
			if (first == NULL)
				return;
			join_pool(in, set, first, nic, name);
		}
		if (json_object_set(to, AZURE_POOL_KEY,
			json_object_get(first, azure_spelled(first, "name"))) !=
		    0)
			in->doc.no_memory = true;
	}
}

static void
join_nics(struct azure_import *in, const struct set *set, json_t *nics)
{
	char nic_name[LB_NAME_MAX + 1], name[LB_NAME_MAX + 1];
	json_t *nic, *ip;
	size_t n, i;

	json_array_foreach(nics, n, nic)
	{
		(void)azure_name(in, nic, "nic", n, nic_name, sizeof(nic_name));
		json_array_foreach(azure_list(nic, "ipConfigurations"), i, ip)
		{
			(void)azure_name(in, ip, "ip", i, name, sizeof(name));
			join_all(in, set, ip, nic_name, name);
		}
	}
}

static bool
names_any(const json_t *nics)
{
	json_t *nic, *ip;
	size_t n, i;

	json_array_foreach(nics, n, nic)
	    json_array_foreach(azure_list(nic, "ipConfigurations"), i, ip)
	{
		if (azure_has(ip, "loadBalancerBackendAddressPools") ||
		    azure_has(ip, "loadBalancerInboundNatPools"))
			return true;
	}
	return false;
}

static void
take_instances(struct azure_import *in, json_t *resource, struct set *set)
{
	json_t *sku = azure_object(resource, "sku");

	if (sku != NULL &&
	    azure_take_number(&in->doc, sku, "capacity", &set->instances) &&
	    set->instances >= 0 && set->instances <= INSTANCES_MAX) {
		azure_note(in, LB_IMPORT_ASSUMED, set->path,
		    "%s has %d instance%s, as sku.capacity says, numbered "
		    "from 0",
		    set->name, set->instances, set->instances == 1 ? "" : "s");
		return;
	}
	set->instances = 0;
	if (sku == NULL || !azure_mark(in, 0, sku, "capacity", NULL))
		azure_note(in, LB_IMPORT_NOT_UNDERSTOOD, set->path,
		    "%s: how many instances it has is not said, so that none "
		    "is in the text; add them to their pools",
		    set->name);
}

void
azure_adopt_set(struct azure_import *in, json_t *resource, const char *path)
{
	const char *type = azure_text(resource, "type");
	struct set set = { .path = path, .instances = 1 };
	char name[LB_NAME_MAX + 1];
	json_t *profile = resource;

	set.is_set = type != NULL && strcasecmp(type, SET) == 0;
	if (!set.is_set && (type == NULL || strcasecmp(type, MACHINE) != 0))
		return;
	if (set.is_set)
		profile = azure_object(resource, "virtualMachineProfile");
	json_t *nics = azure_list(azure_object(profile, "networkProfile"),
	    "networkInterfaceConfigurations");
	if (!names_any(nics))
		return;
	(void)snprintf(in->path, sizeof(in->path), "%s", path);
	(void)azure_mark_text(in, 0, resource, "copy", NULL);
	set.name = azure_name(
	    in, resource, set.is_set ? "set" : "vm", 0, name, sizeof(name));
	const char *mode = set.is_set ? azure_take_text(&in->doc, resource,
					    "orchestrationMode")
				      : NULL;
	set.flexible = mode != NULL && strcasecmp(mode, "Flexible") == 0;
	if (set.is_set)
		take_instances(in, resource, &set);
	if (set.flexible)
		azure_note(in, LB_IMPORT_ASSUMED, path,
		    "%s is of flexible orchestration, whose machines and NICs "
		    "have names that Azure gives: its members are called "
		    "%s_0 and on; `az network nic list` shows the addresses, "
		    "--addresses with lines %s_0=ADDRESS gives them",
		    set.name, set.name, set.name);
	join_nics(in, &set, nics);
}
