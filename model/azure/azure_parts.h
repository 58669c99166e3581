/* SPDX-License-Identifier: MIT */
#ifndef MODEL_AZURE_PARTS_H
#define MODEL_AZURE_PARTS_H
/* The rooms of lb_import_azure(): azure_import.c (which balancer, in what
 * order, what is left), azure_pools.c, azure_things.c (all the rest),
 * azure_parameters.c and azure_expand.c (what a template makes),
 * azure_template.c and azure_scale_set.c (what it has beside the balancer),
 * azure_other.c (what is none), azure_text.c (writing). */
#include <stdio.h>

#include "model/azure/azure.h"
#include "model/azure/azure_json.h"
#include "model/config/config.h"

/* A member that rules may name by its IP configuration. */
struct azure_place {
	char pool[LB_NAME_MAX + 1];
	char member[LB_NAME_MAX + 1];
};

#define AZURE_PATH_BYTES 256u

/* What stands in the text for a value that nobody understood: of no kind that
 * a key takes, so that `check` refuses it. */
#define AZURE_MARK "not-understood"

struct azure_import {
	struct lb_import *result;
	struct azure_document doc;
	json_t *balancer;
	size_t balancer_count; /* in the document */
	json_t *frontends;     /* the list; NULL: there is none */
	struct lb_addresses *addresses;
	FILE *to;
	struct azure_place *places;
	size_t place_count, place_room;
	char pool[LB_NAME_MAX + 1]; /* the last one */
	size_t pool_count;
	bool families_known; /* of the pools */
	json_t *known; /* azure_key()s of members, with indices of places */
	json_t *facts; /* azure_key()s of things, with what is known of them */
	char path[AZURE_PATH_BYTES]; /* of the thing that is being written */
};

#define AZURE_PRINTF(text, first) __attribute__((format(printf, text, first)))

/* One thing to tell. */
void azure_note(struct azure_import *in, enum lb_import_kind kind,
    const char *where, const char *format, ...) AZURE_PRINTF(4, 5);

/* Values of a template's parameters, from beside it; and those that were
 * asked for and have none. */
void azure_give_parameters(
    struct azure_import *in, const struct lb_parameters *parameters);
void azure_tell_parameters(struct azure_import *in);

/* Of a template, its resources become one list of what they make, each with
 * its place under AZURE_PATH_KEY.  (A bracket: no key of Azure's.) */
void azure_expand(struct azure_import *in);
#define AZURE_PATH_KEY "[path]"

/* A template's children of the balancer, and NICs and scale sets that name its
 * pools, join the balancer's own lists. */
void azure_adopt(struct azure_import *in);
void azure_adopt_set(
    struct azure_import *in, json_t *resource, const char *path);
#define AZURE_POOL_KEY "[pool]" /* a NAT pool's, whose members it serves */

/* A thing's list, made when it is not there. */
json_t *azure_list_for(
    struct azure_import *in, json_t *thing, const char *name);
/* The thing of our balancer's list that a reference { id } names; NULL: it is
 * another's, or none that is known, which is told. */
json_t *azure_meant(
    struct azure_import *in, json_t *reference, const char *list);

/* What is given instead of a load balancer, and what to give; NULL: who
 * knows. */
const char *azure_other_text(const char *text);
const char *azure_other_json(const json_t *root);

/* The thing that is written next: list[index], for notes. */
void azure_at(struct azure_import *in, const char *list, size_t index);

/*
 * azure_mark - a value that was left, because it is not understood.
 *
 * Takes it from the document, marks its place in the text (`to`; NULL: it has
 * none) and tells.  false: there is none, or null.
 */
bool azure_mark(struct azure_import *in, unsigned indent, json_t *thing,
    const char *from, const char *to);
bool azure_mark_text(struct azure_import *in, unsigned indent, json_t *thing,
    const char *from, const char *to); /* "", too, is none */

/*
 * Things have the names that they were written with, and ids name them in any
 * case: what is known of the thing of a kind ("pool"), and its name as written
 * (else as it is).
 */
void azure_learn(
    struct azure_import *in, const char *kind, const char *name, json_t *fact);
const json_t *azure_fact(
    const struct azure_import *in, const char *kind, const char *name);
void azure_spell(
    const struct azure_import *in, const char *kind, char *name, size_t bytes);

/* The sections of the text, each with its list's key. */
void azure_put_frontends(struct azure_import *in);
void azure_put_pools(struct azure_import *in);
void azure_put_probes(struct azure_import *in);
void azure_put_rules(struct azure_import *in);
void azure_put_nat_rules(struct azure_import *in);
void azure_put_outbound_rules(struct azure_import *in);

/* Of inboundNatRulesPortMapping, the ports that are not ours: of pools whose
 * places were learnt, the last ones from `from` on. */
void azure_learn_places(struct azure_import *in, size_t pool, size_t from);
void azure_tell_ports(struct azure_import *in);

/* The place of an IP configuration; NULL: it is in no pool. */
const struct azure_place *azure_place_of(
    const struct azure_import *in, const char *id);

/* A pool and what is in it as one text in lower case; returns key. */
char *azure_key(const char *pool, const char *what, char *key, size_t bytes);

/* Writing: `- name: x` begins a thing at an indent, the others go on in it. */
void azure_put_item(struct azure_import *in, unsigned indent, const char *name);
void azure_put_value(FILE *to, const char *text);
void azure_put_comment(FILE *to, const char *text);
void azure_put_text(struct azure_import *in, unsigned indent, const char *key,
    const char *text);

/* An address, or its place with a comment and a note of what is missing. */
void azure_put_address(struct azure_import *in, unsigned indent,
    const struct lb_address_owner *who);

/* Of which family a pool's members are, by the frontends of the rules that lead
 * to it: 4, 6, or 0: nobody knows. */
int azure_pool_family(struct azure_import *in, const char *pool);

/*
 * A key, when it is there: text as it is, a choice in our word for it, a
 * number with a unit, a flag when it differs from our default, the name in a
 * reference.  What is there and is none of that is marked, azure_mark().
 */
void azure_copy_choice(struct azure_import *in, json_t *thing, const char *from,
    const char *to, int (*value)(const char *), const char *(*word)(unsigned));
bool azure_copy_number(struct azure_import *in, json_t *thing, const char *from,
    const char *to, const char *unit);
void azure_copy_text(
    struct azure_import *in, json_t *thing, const char *from, const char *to);
void azure_copy_flag(
    struct azure_import *in, json_t *thing, const char *from, const char *to);
bool azure_copy_reference(
    struct azure_import *in, json_t *thing, const char *from, const char *to);

/* As azure_copy_reference(), and told as missing when it is not there.
 * Returns the id; NULL: none that is understood. */
const char *azure_need_reference(struct azure_import *in, json_t *thing,
    const char *from, const char *to, const char *name);

/* The name of a thing, or of what has none: `pool-2`. */
const char *azure_name(struct azure_import *in, json_t *thing, const char *kind,
    size_t index, char *name, size_t bytes);

#endif
