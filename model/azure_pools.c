/* SPDX-License-Identifier: MIT */
/*
 * Pools and their members.  A member stands in one of two lists, or in both:
 * loadBalancerBackendAddresses, which may have the address, and (older, and
 * read-only) backendIPConfigurations, which has ids only.
 *
 * Source: AZ 10.1.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/azure_parts.h"
#include "model/names.h"

#define MEMBER_INDENT 6u
#define MEMBER_FIELD  8u

/* An address that `id` names, as the name of its machine: a NIC, or scale
 * set and instance. */
static void
name_of_ip(const char *id, char *name, size_t bytes)
{
	char set[64], instance[32], nic[80];
	bool of_set =
	    azure_id_part(id, "virtualMachineScaleSets", set, sizeof(set)) &&
	    azure_id_part(id, "virtualMachines", instance, sizeof(instance));

	if (of_set)
		(void)snprintf(name, bytes, "%s_%s", set, instance);
	else if (azure_id_part(id, "networkInterfaces", nic, sizeof(nic)))
		(void)snprintf(name, bytes, "%s", nic);
	else
		(void)azure_id_part(id, NULL, name, bytes);
}

/* --- who is placed -------------------------------------------------------- */

/* What is said once of a pool, a name or an IP configuration: in any case. */
static bool
is_known(const struct azure_import *in, const char *pool, const char *what)
{
	char key[1024];

	return json_object_get(
		   in->known, azure_key(pool, what, key, sizeof(key))) != NULL;
}

static void
know(struct azure_import *in, const char *pool, const char *what)
{
	char key[1024];
	json_t *index = json_integer((json_int_t)in->place_count);

	if (json_object_set_new(
		in->known, azure_key(pool, what, key, sizeof(key)), index) != 0)
		in->doc.no_memory = true;
}

/* Two IP configurations of one NIC: the second gets its own name. */
static void
make_unique(const struct azure_import *in, const char *pool, const char *id,
    char *name, size_t bytes)
{
	char part[48], plain[LB_NAME_MAX + 1];

	if (!is_known(in, pool, name))
		return;
	(void)snprintf(plain, sizeof(plain), "%s", name);
	if (id != NULL && azure_id_part(id, NULL, part, sizeof(part)))
		(void)snprintf(name, bytes, "%.70s-%s", plain, part);
	for (unsigned i = 2; is_known(in, pool, name) && i < 100000; i++)
		(void)snprintf(name, bytes, "%.70s-%u", plain, i);
}

static void
place(struct azure_import *in, const char *pool, const char *member,
    const char *id)
{
	if (in->place_count == in->place_room) {
		size_t room = in->place_room * 2 + 16;
		struct azure_place *more =
		    realloc(in->places, room * sizeof(*in->places));
		if (more == NULL) {
			in->doc.no_memory = true;
			return;
		}
		in->places = more;
		in->place_room = room;
	}
	struct azure_place *p = &in->places[in->place_count];
	(void)snprintf(p->pool, sizeof(p->pool), "%s", pool);
	(void)snprintf(p->member, sizeof(p->member), "%s", member);
	know(in, pool, member);
	if (id != NULL) {
		know(in, pool, id);
		if (!is_known(in, "", id))
			know(in, "", id);
	}
	in->place_count++;
}

const struct azure_place *
azure_place_of(const struct azure_import *in, const char *id)
{
	char key[1024];
	const json_t *index =
	    json_object_get(in->known, azure_key("", id, key, sizeof(key)));

	return index != NULL ? &in->places[json_integer_value(index)] : NULL;
}

/* --- members ------------------------------------------------------------- */

struct found {
	const char *id, *address, *admin;
	char name[LB_NAME_MAX + 1];
};

static void
put_member(
    struct azure_import *in, const char *pool, size_t from, struct found *m)
{
	/* again, in the other list; without an id the address says it */
	if (m->id != NULL && is_known(in, pool, m->id))
		return;
	if (in->place_count == from)
		(void)fputs("    members:\n", in->to);
	make_unique(in, pool, m->id, m->name, sizeof(m->name));
	place(in, pool, m->name, m->id);
	azure_put_item(in, MEMBER_INDENT, m->name);
	azure_put_address(in, MEMBER_FIELD, m->address, pool, m->name, m->id);
	int state =
	    m->admin != NULL ? lb_admin_state_of_name(m->admin) : LB_ADMIN_NONE;
	if (state != LB_ADMIN_NONE)
		azure_put_text(in, MEMBER_FIELD, "admin_state",
		    state >= 0 ? lb_admin_state_name((unsigned)state)
			       : m->admin);
}

static void
put_addresses(
    struct azure_import *in, json_t *pool, const char *name, size_t from)
{
	json_t *list = azure_list(pool, "loadBalancerBackendAddresses"), *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		struct found m = { 0 };
		(void)azure_name(in, one, "member", i, m.name, sizeof(m.name));
		m.id = azure_take_id(
		    &in->doc, one, "networkInterfaceIPConfiguration");
		m.address = azure_take_text(&in->doc, one, "ipAddress");
		m.admin = azure_take_text(&in->doc, one, "adminState");
		if (m.id != NULL) /* its name here is a number */
			name_of_ip(m.id, m.name, sizeof(m.name));
		put_member(in, name, from, &m);
	}
	list = azure_list(pool, "backendIPConfigurations");
	json_array_foreach(list, i, one)
	{
		struct found m = { .id = azure_take_text(&in->doc, one, "id") };
		/* there when the document was asked to expand it */
		m.address = azure_take_text(&in->doc, one, "privateIPAddress");
		if (m.id == NULL)
			continue;
		name_of_ip(m.id, m.name, sizeof(m.name));
		put_member(in, name, from, &m);
	}
}

/* NAT rules may lead to who is in no pool; ours lead to members. */
static void
put_pool_of_others(struct azure_import *in)
{
	json_t *list = azure_list(in->balancer, "inboundNatRules"), *one;
	size_t from = in->place_count, i;

	json_array_foreach(list, i, one)
	{
		json_t *reference = azure_object(one, "backendIPConfiguration");
		struct found m = { .id = azure_text(reference, "id") };
		if (m.id == NULL || azure_place_of(in, m.id) != NULL)
			continue;
		if (in->place_count == from)
			azure_put_item(in, 2, "nat-targets");
		name_of_ip(m.id, m.name, sizeof(m.name));
		put_member(in, "nat-targets", from, &m);
	}
}

void
azure_put_pools(struct azure_import *in)
{
	json_t *list = azure_list(in->balancer, "backendAddressPools"), *pool;
	char name[LB_NAME_MAX + 1];
	size_t i;

	(void)fputs("\npools:\n", in->to);
	json_array_foreach(list, i, pool)
	{
		size_t from = in->place_count;
		(void)azure_name(in, pool, "pool", i, name, sizeof(name));
		(void)snprintf(in->pool, sizeof(in->pool), "%s", name);
		in->pool_count++;
		azure_put_item(in, 2, name);
		put_addresses(in, pool, name, from);
		if (in->place_count > from)
			continue;
		(void)fputs("    members: []\n", in->to);
		azure_note(in, LB_IMPORT_ASSUMED, name,
		    "the document names no member of this pool: it has none");
	}
	put_pool_of_others(in);
}
