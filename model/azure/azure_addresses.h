/* SPDX-License-Identifier: MIT */
#ifndef MODEL_AZURE_ADDRESSES_H
#define MODEL_AZURE_ADDRESSES_H
/*
 * Who has which address: azure_addresses.c reads it, azure_lookup.c finds it.
 *
 * Of words, which people wrote, names are what they say; of lists, which Azure
 * wrote, the id is: names of two resource groups may be the same, and a NIC has
 * an address for each of its IP configurations.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { AZURE_IPV4, AZURE_IPV6, AZURE_FAMILIES };

/* An address, and what else was said of the same. */
struct azure_said {
	char *address, *other; /* NULL: nothing */
	char *user;            /* whom it was given to; NULL: nobody yet */
};

/* A line `name=address`, or two of a name, one per family. */
struct azure_word {
	char *name; /* as it was written */
	struct azure_said said[AZURE_FAMILIES];
	bool asked;
};

/* An IP configuration of a NIC, or a public address. */
struct azure_listed {
	char *id;     /* NULL: the list does not say */
	char *config; /* the IP configuration's name; NULL: it has none */
	struct azure_said said;
	int family;
	bool primary;
};

struct lb_addresses {
	struct azure_word *words;
	struct azure_listed *listed;
	size_t word_count, word_room, listed_count, listed_room;
	json_t *index; /* keys in lower case to numbers, or to lists of them */
	bool no_memory;
};

/* What a key of the index is one of. */
#define AZURE_KEY_WORD   "word"   /* a name: the word's number */
#define AZURE_KEY_ID     "id"     /* an id: the listed one's number */
#define AZURE_KEY_NIC    "nic"    /* a machine: those of all its addresses */
#define AZURE_KEY_PUBLIC "public" /* a public address's name, as well */

#define AZURE_KEY_MAX 1024u

json_t *azure_addresses_at(
    const struct lb_addresses *addresses, const char *kind, const char *name);

#endif
