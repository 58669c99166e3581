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
 * addresses  grows by what is read, made when it is NULL; who was first to
 *            give an address to a name is believed.
 * text       lines `name=address` ('#' begins a comment), or JSON: the output
 *            of `az network nic list`, `az network public-ip list`, one object
 *            of either, or an object of names and addresses.
 *
 * false with a line in error, which names the line.  Cost: linear.
 */
bool lb_addresses_read(struct lb_addresses **addresses, const char *text,
    size_t bytes, char *error, size_t error_bytes);
void lb_addresses_free(struct lb_addresses *addresses); /* NULL is fine */

/* By name or by resource id, in any case; NULL: nobody said.  Remembers that
 * the name was asked for. */
const char *lb_addresses_find(
    const struct lb_addresses *addresses, const char *name);

/*
 * lb_addresses_unused - names that nobody asked for.
 *
 * Only of names that people wrote, in lines or in an object: lists of NICs
 * have those of other balancers, too.  *next is 0 at first; NULL: no more.
 */
const char *lb_addresses_unused(
    const struct lb_addresses *addresses, size_t *next);

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

/*
 * lb_import_azure - JSON to the text of a configuration.
 *
 * text, bytes  the whole document: UTF-8, or UTF-16 as PowerShell writes it.
 * file         its name, for the text's first line.
 * balancer     which, where there are several; NULL: the only one.
 * addresses    NULL: nobody said anything.
 * to           where the text goes: memory, for without any memory left it is
 *              not whole, and no text.
 *
 * Free the result with lb_import_free() whether it is done or not.
 * Cost: linear in the document times the keys of its objects.
 */
void lb_import_azure(struct lb_import *import, const char *text, size_t bytes,
    const char *file, const char *balancer,
    const struct lb_addresses *addresses, FILE *to);
void lb_import_free(struct lb_import *import);

const char *lb_import_kind_name(unsigned kind); /* "missing" */

#endif
