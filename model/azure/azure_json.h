/* SPDX-License-Identifier: MIT */
#ifndef MODEL_AZURE_JSON_H
#define MODEL_AZURE_JSON_H
/*
 * Azure's JSON, read whatever tool wrote it: keys in any case, values beside
 * `properties` or in it, template expressions evaluated.  What is taken is
 * gone from the document, so that in the end what is left there is what nobody
 * understood.
 *
 * Source: AZ 10.1.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct azure_document {
	json_t *root;       /* ours: taking takes from it */
	json_t *kept;       /* what was taken, so that texts stay */
	json_t *parameters; /* of an ARM template; borrowed, NULL: none */
	json_t *variables;
	json_t *asked;   /* names of parameters that had no value; ours */
	json_t *symbols; /* of one whose resources have symbolic names */
	const struct azure_loop *loops; /* copies that are being made */
	unsigned depth;                 /* of expressions in each other */
	unsigned nesting;               /* of values in each other */
	unsigned work; /* that expressions may make yet: azure_evaluate() */
	bool no_memory;
};
#define AZURE_WORK 1000000u /* a second at most */

/* A copy of root, which may be freed.  azure_document_close() frees all
 * texts that were taken. */
bool azure_document_open(struct azure_document *doc, const json_t *root);
void azure_document_close(struct azure_document *doc);

/*
 * azure_take_... - the value of a key, which is then gone.
 *
 * NULL (false) when it is not there, null, or of another kind (then it stays,
 * to be listed).  Of template expressions the value; one that can't be
 * evaluated is NULL and stays.
 */
const char *azure_take_text(
    struct azure_document *doc, json_t *object, const char *key);
bool azure_take_number(
    struct azure_document *doc, json_t *object, const char *key, int *number);
bool azure_take_flag(
    struct azure_document *doc, json_t *object, const char *key, bool *flag);

/* The value whatever it is, which is then gone; NULL: it is not there. */
const json_t *azure_take_any(
    struct azure_document *doc, json_t *object, const char *key);

/* A text, or whatever it is, which stays; NULL: there is none. */
const char *azure_text(const json_t *object, const char *key);
const json_t *azure_value(const json_t *object, const char *key);

/* At this level itself, not in `properties`. */
json_t *azure_own(const json_t *object, const char *key);

/* The key as the object spells it; NULL: it has none, or null. */
const char *azure_spelled(const json_t *object, const char *key);

/* A list or an object, which stays: what is in it is taken one by one. */
json_t *azure_list(const json_t *object, const char *key);
json_t *azure_object(const json_t *object, const char *key);

/* The `id` of a reference { "id": "..." } that stands under key. */
const char *azure_take_id(
    struct azure_document *doc, json_t *object, const char *key);

/* Is it there, and neither null, false nor empty? */
bool azure_has(const json_t *object, const char *key);

/* Without what tells us nothing: null, false, "", [], {}. */
bool azure_is_empty(const json_t *value);

/* A text that was cut, without the character of which only a part is left. */
void azure_whole_characters(char *text);

/*
 * azure_id_part - the name behind a kind in a resource id.
 *
 *     ".../networkInterfaces/nic1/ipConfigurations/c", "networkInterfaces"
 *
 * Copies it into name, cut to bytes; false: it is not in there.  With kind
 * NULL what stands last.
 */
bool azure_id_part(const char *id, const char *kind, char *name, size_t bytes);

/* The value of a template expression "[...]" as text, to be freed; NULL: it
 * has none here (azure_functions.c has what is known), or there is no
 * memory. */
char *azure_evaluate(struct azure_document *doc, const char *text);

/*
 * azure_utf8 - a document in UTF-8, without a byte order mark.
 *
 * Windows' tools write a mark before UTF-8, or UTF-16 in either order.
 *
 * Returns memory to be freed; NULL: none is left, or (errno EILSEQ) broken
 * UTF-16.  Cost: linear.
 */
char *azure_utf8(const char *text, size_t bytes, size_t *new_bytes);
#define AZURE_BROKEN_UTF16                                                     \
	"it is UTF-16, and broken; write it as UTF-8: "                        \
	"az ... -o json | Out-File -Encoding utf8 FILE"

/* An address that `id` names, as the name of its machine: a NIC, or scale set
 * and instance, web_7. */
void azure_machine(const char *id, char *name, size_t bytes);

/* What a value is, in a few characters of ASCII. */
void azure_show(const json_t *value, char *text, size_t bytes);

/* Not a template expression?  ("[[" is an escaped bracket.) */
bool azure_is_plain(const char *text);

#endif
