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

#include "model/azure/azure_parts.h"
#include "model/config/names.h"

#define MEMBER_INDENT 6u
#define MEMBER_FIELD  8u

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
make_unique(struct azure_import *in, const char *pool, const char *id,
    char *name, size_t bytes)
{
	char part[48], plain[LB_NAME_MAX + 1];

	if (!is_known(in, pool, name))
		return;
	(void)snprintf(plain, sizeof(plain), "%s", name);
	if (id != NULL && azure_id_part(id, NULL, part, sizeof(part)))
		(void)snprintf(name, bytes, "%.70s-%s", plain, part);
	azure_whole_characters(name);
	if (!is_known(in, pool, name))
		return;
	/* On from where the last one of this name stopped. */
	char key[1024], of[LB_NAME_MAX + 8];
	(void)snprintf(of, sizeof(of), "%s\n-", plain);
	azure_key(pool, of, key, sizeof(key));
	json_int_t next = json_integer_value(json_object_get(in->known, key));
	for (next = next < 2 ? 2 : next;; next++) {
		int cut = 70;
		while (cut > 0 && ((unsigned char)plain[cut] & 0xc0) == 0x80)
			cut--;
		(void)snprintf(
		    name, bytes, "%.*s-%lld", cut, plain, (long long)next);
		if (!is_known(in, pool, name))
			break;
	}
	if (json_object_set_new(in->known, key, json_integer(next + 1)) != 0)
		in->doc.no_memory = true;
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
	json_t *thing; /* that may have more to say; NULL: no */
	char name[LB_NAME_MAX + 1];
};

static void
put_path(
    struct azure_import *in, const char *pool, const char *list, size_t index)
{
	char text[AZURE_PATH_BYTES];

	(void)snprintf(text, sizeof(text), "%s.%s", pool, list);
	azure_at(in, text, index);
}

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
	azure_put_address(in, MEMBER_FIELD,
	    &(struct lb_address_owner){ .pool = pool,
		.name = m->name,
		.id = m->id,
		.given = m->address,
		.family = azure_pool_family(in, pool) });
	if (m->admin == NULL && m->thing != NULL)
		(void)azure_mark_text(
		    in, MEMBER_FIELD, m->thing, "adminState", "admin_state");
	int state =
	    m->admin != NULL ? lb_admin_state_of_name(m->admin) : LB_ADMIN_NONE;
	if (state != LB_ADMIN_NONE)
		azure_put_text(in, MEMBER_FIELD, "admin_state",
		    state >= 0 ? lb_admin_state_name((unsigned)state)
			       : m->admin);
}

/* Azure takes members of one network only (AZ 10.1). */
static void
tell_networks(struct azure_import *in, const json_t *list, const char *pool)
{
	const char *first = NULL;
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *id =
		    azure_text(azure_object(one, "virtualNetwork"), "id");
		if (id != NULL && first != NULL && strcasecmp(id, first) != 0) {
			azure_note(in, LB_IMPORT_NOT_MODELLED, pool,
			    "its members are in several virtual networks, %s "
			    "and %s, which Azure rejects",
			    first, id);
			return;
		}
		if (first == NULL)
			first = id;
	}
}

/* Has it a name alone, which exported templates write for each of a pool's
 * NICs? */
static bool
is_bare(const json_t *address)
{
	return !azure_has(address, "ipAddress") &&
	       !azure_has(address, "networkInterfaceIPConfiguration");
}

/* When the pool's NICs are at hand, bare names are those again. */
static bool
are_said_again(struct azure_import *in, json_t *pool, const char *name)
{
	json_t *list = azure_list(pool, "loadBalancerBackendAddresses"), *one;
	size_t i, bare = 0;

	json_array_foreach(list, i, one) bare += is_bare(one);
	if (bare == 0 ||
	    json_array_size(azure_list(pool, "backendIPConfigurations")) < bare)
		return false;
	azure_note(in, LB_IMPORT_ASSUMED, name,
	    "%zu of its loadBalancerBackendAddresses have a name only: they "
	    "are taken for the NICs that name this pool",
	    bare);
	return true;
}

static void
put_addresses(
    struct azure_import *in, json_t *pool, const char *name, size_t from)
{
	json_t *list = azure_list(pool, "loadBalancerBackendAddresses"), *one;
	char here[AZURE_PATH_BYTES - 32];
	const bool again = are_said_again(in, pool, name);
	size_t i;

	(void)snprintf(here, sizeof(here), "%.200s", in->path);
	tell_networks(in, list, name);
	json_array_foreach(list, i, one)
	{
		struct found m = { .thing = one };
		if (again && is_bare(one))
			continue;
		put_path(in, here, "loadBalancerBackendAddresses", i);
		(void)azure_name(in, one, "member", i, m.name, sizeof(m.name));
		m.id = azure_take_id(
		    &in->doc, one, "networkInterfaceIPConfiguration");
		if (m.id == NULL)
			(void)azure_mark_text(in, 0, one,
			    "networkInterfaceIPConfiguration", NULL);
		m.address = azure_take_text(&in->doc, one, "ipAddress");
		m.admin = azure_take_text(&in->doc, one, "adminState");
		if (m.id != NULL) /* its name here is a number */
			azure_machine(m.id, m.name, sizeof(m.name));
		put_member(in, name, from, &m);
	}
	list = azure_list(pool, "backendIPConfigurations");
	json_array_foreach(list, i, one)
	{
		struct found m = { .id = azure_take_text(&in->doc, one, "id") };
		put_path(in, here, "backendIPConfigurations", i);
		/* there when the document was asked to expand it */
		m.address = azure_take_text(&in->doc, one, "privateIPAddress");
		if (m.id == NULL) {
			(void)azure_mark_text(in, 0, one, "id", NULL);
			continue;
		}
		azure_machine(m.id, m.name, sizeof(m.name));
		put_member(in, name, from, &m);
	}
}

/* Whom a NAT rule leads to, its expression evaluated; it stays for the rule. */
static const char *
target_of(struct azure_import *in, json_t *rule)
{
	json_t *reference = azure_object(rule, "backendIPConfiguration");
	const char *id = reference != NULL
			     ? azure_take_text(&in->doc, reference, "id")
			     : NULL;

	if (id != NULL &&
	    json_object_set_new(reference, "id", json_string(id)) != 0)
		in->doc.no_memory = true;
	return id;
}

/* NAT rules may lead to who is in no pool; ours lead to members. */
static void
put_pool_of_others(struct azure_import *in)
{
	json_t *list = azure_list(in->balancer, "inboundNatRules"), *one;
	size_t from = in->place_count, i;

	json_array_foreach(list, i, one)
	{
		struct found m = { .id = target_of(in, one) };
		if (m.id == NULL || azure_place_of(in, m.id) != NULL)
			continue;
		m.address = azure_take_text(&in->doc,
		    azure_object(one, "backendIPConfiguration"),
		    "privateIPAddress");
		if (in->place_count == from)
			azure_put_item(in, 2, "nat-targets");
		azure_machine(m.id, m.name, sizeof(m.name));
		put_member(in, "nat-targets", from, &m);
	}
}

/* What should be lists of members, and is an expression. */
static void
tell_no_lists(struct azure_import *in, json_t *pool)
{
	static const char *const lists[] = { "loadBalancerBackendAddresses",
		"backendIPConfigurations" };

	for (size_t i = 0; i < LB_COUNT(lists); i++)
		if (azure_list(pool, lists[i]) == NULL)
			(void)azure_mark_text(in, 0, pool, lists[i], NULL);
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
		azure_at(in, "backendAddressPools", i);
		(void)azure_name(in, pool, "pool", i, name, sizeof(name));
		(void)snprintf(in->pool, sizeof(in->pool), "%s", name);
		in->pool_count++;
		azure_put_item(in, 2, name);
		azure_learn(in, "pool", name, json_string(name));
		put_addresses(in, pool, name, from);
		azure_learn_places(in, i, from);
		if (in->place_count > from)
			continue;
		azure_learn(in, "empty", name, json_true());
		azure_at(in, "backendAddressPools", i);
		tell_no_lists(in, pool);
		(void)fputs("    members: []\n", in->to);
		azure_note(in, LB_IMPORT_ASSUMED, name,
		    "the document names no member of this pool: it has none");
	}
	put_pool_of_others(in);
}
