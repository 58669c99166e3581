/* SPDX-License-Identifier: MIT */
#ifndef MODEL_AZURE_H
#define MODEL_AZURE_H
/*
 * A load balancer as Azure tells of it, as a configuration of ours: what
 * `az network lb show` and `list` print (any version, flattened or not), ARM
 * templates with simple expressions, and REST bodies.
 *
 * The result is text, for people to read on: what was given stands in it in
 * our words, what was not given is not.  Nothing is dropped silently: what has
 * no place in the text is noted.
 *
 * Source: AZ 10; learn.microsoft.com, Load Balancers - Get.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum lb_import_kind {
	LB_IMPORT_MISSING,        /* what the text needs: addresses, pools */
	LB_IMPORT_NOT_UNDERSTOOD, /* a value, marked where it belongs */
	LB_IMPORT_ASSUMED,      /* a choice that was made for want of a word */
	LB_IMPORT_NOT_MODELLED, /* known, and nothing that fairlead does */
	LB_IMPORT_UNKNOWN,
	LB_IMPORT_KINDS
};

struct lb_import_note {
	enum lb_import_kind kind;
	char *where; /* frontendIPConfigurations[0].subnet, or a name */
	char *what;
};

/* --- addresses that the JSON only names ---------------------------------- */

struct lb_addresses;

/*
 * lb_addresses_read - who has which address.
 *
 * addresses  grows by what is read, made when it is NULL; the first to say
 *            something is believed.
 * text       lines `name=address` ('#' begins a comment), or JSON: the output
 *            of `az network nic list`, `az vmss nic list`, `az network
 *            public-ip list`, one object of any, or an object of names and
 *            addresses, which is as lines are.
 *
 * false with a line in error, which names the line.  Cost: linear.
 */
bool lb_addresses_read(struct lb_addresses **addresses, const char *text,
    size_t bytes, char *error, size_t error_bytes);
void lb_addresses_free(struct lb_addresses *addresses); /* NULL is fine */

/* Who wants an address; NULL: it has none of it. */
struct lb_address_owner {
	const char *pool;  /* NULL: a frontend */
	const char *name;  /* the member's, or the frontend's */
	const char *id;    /* of its IP configuration, or public address */
	const char *given; /* in its place: a template's parameter */
	int family;        /* 4 or 6; 0: not known */
};

enum lb_address_sure {
	LB_ADDRESS_NONE,    /* why: what was near; "": nobody said anything */
	LB_ADDRESS_FOUND,   /* why: "" */
	LB_ADDRESS_ASSUMED, /* why: what was chosen, and how to say otherwise */
};

/*
 * lb_addresses_find - somebody's address.
 *
 * Asks what people wrote (`pool/member`, an id, `nic/ipconfig`, a name), then
 * lists: by the whole id, in any case; else by the NIC, of the same resource
 * group, when its IP configuration of this family is one, else the primary
 * one, which is told.  Remembers all names that were asked for.
 *
 * why  at least LB_ADDRESS_WHY bytes; the address lives as addresses do.
 */
#define LB_ADDRESS_WHY 640u
enum lb_address_sure lb_addresses_find(struct lb_addresses *addresses,
    const struct lb_address_owner *who, const char **address, char *why);

/*
 * lb_addresses_unused - names that nobody asked for.
 *
 * Only of names that people wrote, in lines or in an object: lists of NICs
 * have those of other balancers, too.  *next is 0 at first; NULL: no more.
 */
const char *lb_addresses_unused(
    const struct lb_addresses *addresses, size_t *next);

/* --- parameters of a template -------------------------------------------- */

struct lb_parameters;

/*
 * lb_parameters_read - a file of a template's parameters.
 * lb_parameters_set  - one of them, a word NAME=VALUE.
 *
 * parameters  grows by what is read, made when it is NULL; the last to say
 *             something is believed, as Azure's CLI does.
 * text        deploymentParameters.json, or only what is in its `parameters`.
 * word        VALUE is JSON, else a text as it stands.
 *
 * false: with a line in error; of a word: it is none, or there is no memory.
 * Cost: linear.
 */
bool lb_parameters_read(struct lb_parameters **parameters, const char *text,
    size_t bytes, char *error, size_t error_bytes);
bool lb_parameters_set(struct lb_parameters **parameters, const char *word);
void lb_parameters_free(struct lb_parameters *parameters); /* NULL is fine */

/* --- the import ---------------------------------------------------------- */

struct lb_import {
	char *name; /* the balancer's */
	bool done;  /* else nothing was written, see error */
	struct lb_import_note *notes;
	size_t note_count;
	size_t missing;  /* notes of MISSING and of NOT_UNDERSTOOD: not whole */
	size_t left_out; /* notes that are too many to keep */
	bool no_memory;
	bool bad_choice; /* error is about `balancer`, not about the text */
	char error[512];
};

struct lb_import_ask {
	const char *text; /* the whole document: UTF-8, or UTF-16 as PowerShell
			     writes it */
	size_t bytes;
	const char *file;     /* its name, for the text's first line */
	const char *balancer; /* which, of several; NULL: the only one */
	struct lb_addresses *addresses;         /* NULL: nobody said anything */
	const struct lb_parameters *parameters; /* NULL: none were given */
};

/*
 * lb_import_azure - JSON to the text of a configuration.
 *
 * to  where the text goes: memory, for without any memory left it is not
 *     whole, and no text.
 *
 * Free the result with lb_import_free() whether it is done or not.
 * Cost: linear in the document times the keys of its objects.
 */
void lb_import_azure(
    struct lb_import *import, const struct lb_import_ask *ask, FILE *to);
void lb_import_free(struct lb_import *import);

const char *lb_import_kind_name(unsigned kind); /* "missing" */

#endif
