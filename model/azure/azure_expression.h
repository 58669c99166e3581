/* SPDX-License-Identifier: MIT */
#ifndef MODEL_AZURE_EXPRESSION_H
#define MODEL_AZURE_EXPRESSION_H
/*
 * What expressions of a template are worth.  A value is JSON whose texts are
 * what they say; in a document, those that begin with a bracket are
 * expressions.  Results are new references, NULL: it has no value here.
 */
#include "model/azure/azure_json.h"

#define AZURE_ARGS_MAX   64u
#define AZURE_COPIES_MAX 10000u /* Azure: 800 */

struct azure_args {
	json_t *value[AZURE_ARGS_MAX]; /* NULL: one without a value */
	size_t count;
};

/* A copy that is being made. */
struct azure_loop {
	const char *name;
	bool of_resource; /* copyIndex() without a name is its */
	size_t index;
	const struct azure_loop *outer;
};

/* azure_functions.c: a function's value. */
json_t *azure_call(struct azure_document *doc, const char *name,
    const struct azure_args *args);

/* Of one text, an expression or not. */
json_t *azure_value_of_text(struct azure_document *doc, const char *text);

/* Of a whole piece of a document, its copies made; never NULL but without
 * memory: what has no value in it is known as such, azure_is_unknown(). */
json_t *azure_value_of(struct azure_document *doc, const json_t *json);
bool azure_is_unknown(const json_t *value);

/* A value as a document has it; what was unknown, as it stood there. */
json_t *azure_written(struct azure_document *doc, const json_t *value);
/* The same for a template within: what was unknown stays so there. */
json_t *azure_written_outside(struct azure_document *doc, const json_t *value);
json_t *azure_settled(struct azure_document *doc, const json_t *json);

/* What { name, count, input } makes: a list. */
json_t *azure_copies(struct azure_document *doc, const json_t *copy);
bool azure_count_of(
    struct azure_document *doc, const json_t *value, size_t *count);

/* A value of one as a text, to be freed; NULL: it is none. */
char *azure_text_of_value(const json_t *value);

/* Takes so much from the work that a document may make yet; false: none is
 * left. */
bool azure_spend(struct azure_document *doc, size_t work);

#endif
