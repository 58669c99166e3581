/* SPDX-License-Identifier: MIT */
/*
 * Expressions of ARM templates: where they stand, and what they are made of.
 *
 *     expression  = ( 'text' | number | word | name ( expression, ... ) )
 *                   { .name | [ expression ] }
 *
 * What is not known here (resourceGroup(), reference(), ...) has no value, and
 * nothing that is made of it has one, but what chooses another branch.  Bounded
 * in depth, for variables may name each other, and in a document's work, for
 * they may do so many times.
 *
 * Source: learn.microsoft.com, Template syntax and expressions.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/azure/azure_expression.h"

#define DEPTH_MAX   24u
#define WORD_MAX    64u
#define NESTING_MAX 128u /* of a value, with what its variables have */

struct cursor {
	struct azure_document *doc;
	const char *at;
	bool broken; /* this is no expression, or there is too much of it */
};

static json_t *read_expression(struct cursor *c);

bool
azure_spend(struct azure_document *doc, size_t work)
{
	if (doc->work < work)
		doc->work = 0;
	else
		doc->work -= (unsigned)work;
	return doc->work > 0;
}

/* --- reading ------------------------------------------------------------- */

static void
skip_space(struct cursor *c)
{
	while (isspace((unsigned char)*c->at))
		c->at++;
}

static json_t *
fail(struct cursor *c)
{
	c->broken = true;
	return NULL;
}

/* 'text', with '' for a quote in it. */
static json_t *
read_quoted(struct cursor *c)
{
	const char *end = ++c->at;
	size_t used = 0;

	while (*end != '\0' && (*end != '\'' || end[1] == '\''))
		end += *end == '\'' ? 2 : 1;
	size_t length = (size_t)(end - c->at);
	char *text =
	    azure_spend(c->doc, length / 32) ? malloc(length + 1) : NULL;
	if (text == NULL || *end == '\0') {
		free(text);
		return fail(c);
	}
	for (; c->at < end; c->at++) {
		c->at += *c->at == '\'';
		text[used++] = *c->at;
	}
	c->at = end + 1;
	json_t *value = json_stringn(text, used);
	free(text);
	return value;
}

static json_t *
word_value(struct cursor *c, const char *word)
{
	char *end;

	if (isdigit((unsigned char)*word) || *word == '-') {
		long long number = strtoll(word, &end, 10);
		return *end == '\0' ? json_integer(number) : fail(c);
	}
	if (strcasecmp(word, "true") == 0)
		return json_true();
	if (strcasecmp(word, "false") == 0)
		return json_false();
	return fail(c);
}

/* From behind the opening parenthesis to behind the closing one. */
static void
read_args(struct cursor *c, struct azure_args *args)
{
	for (skip_space(c); !c->broken && *c->at != ')'; skip_space(c)) {
		if (args->count == AZURE_ARGS_MAX) {
			(void)fail(c);
			return;
		}
		args->value[args->count++] = read_expression(c);
		skip_space(c);
		if (*c->at == ',')
			c->at++;
		else if (*c->at != ')')
			(void)fail(c);
	}
	if (!c->broken)
		c->at++;
}

static bool
read_name(struct cursor *c, char *name)
{
	size_t length = 0;

	while (
	    isalnum((unsigned char)*c->at) || *c->at == '-' || *c->at == '_') {
		if (length + 1 == WORD_MAX)
			return false;
		name[length++] = *c->at++;
	}
	name[length] = '\0';
	return length > 0;
}

static json_t *
read_call(struct cursor *c)
{
	struct azure_args args = { .count = 0 };
	char name[WORD_MAX];
	json_t *value = NULL;

	if (!read_name(c, name))
		return fail(c);
	if (*c->at != '(')
		return word_value(c, name);
	c->at++;
	read_args(c, &args);
	if (!c->broken)
		value = azure_call(c->doc, name, &args);
	while (args.count > 0)
		json_decref(args.value[--args.count]);
	return value;
}

/* What stands in value under a name or a number; value is taken. */
static json_t *
part_of(json_t *value, const json_t *key)
{
	json_t *part = NULL;

	if (json_is_string(key))
		part = azure_own(value, json_string_value(key));
	else if (json_is_integer(key) && json_integer_value(key) >= 0)
		part = json_array_get(value, (size_t)json_integer_value(key));
	json_incref(part);
	json_decref(value);
	if (!azure_is_unknown(part))
		return part;
	json_decref(part);
	return NULL;
}

/* .name and [expression], after a call. */
static json_t *
read_parts(struct cursor *c, json_t *value)
{
	char name[WORD_MAX];
	json_t *key;

	while (!c->broken && (*c->at == '.' || *c->at == '[')) {
		if (*c->at++ == '.') {
			if (*c->at == '?')
				c->at++;
			key = read_name(c, name) ? json_string(name) : fail(c);
		} else {
			if (*c->at == '?')
				c->at++;
			key = read_expression(c);
			skip_space(c);
			if (*c->at == ']')
				c->at++;
			else
				(void)fail(c);
		}
		value = part_of(value, key);
		json_decref(key);
	}
	return value;
}

static json_t *
read_expression(struct cursor *c)
{
	json_t *value;

	if (c->broken || c->doc->depth >= DEPTH_MAX || !azure_spend(c->doc, 1))
		return fail(c);
	c->doc->depth++;
	skip_space(c);
	value = *c->at == '\'' ? read_quoted(c) : read_parts(c, read_call(c));
	c->doc->depth--;
	if (!c->broken)
		return value;
	json_decref(value);
	return NULL;
}

bool
azure_is_plain(const char *text)
{
	return text[0] != '[' || text[1] == '[';
}

json_t *
azure_value_of_text(struct azure_document *doc, const char *text)
{
	struct cursor c = { .doc = doc, .at = text + 1 };

	if (azure_is_plain(text))
		return json_string(text[0] == '[' ? text + 1 : text);
	json_t *value = read_expression(&c);
	skip_space(&c);
	if (strcmp(c.at, "]") == 0)
		return value;
	json_decref(value);
	return NULL;
}

/* As a text: a number or a truth value, too. */
char *
azure_text_of_value(const json_t *value)
{
	char number[32];

	if (json_is_string(value))
		return strdup(json_string_value(value));
	if (json_is_integer(value)) {
		(void)snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
		    json_integer_value(value));
		return strdup(number);
	}
	if (json_is_boolean(value))
		return strdup(json_is_true(value) ? "true" : "false");
	return NULL;
}

char *
azure_evaluate(struct azure_document *doc, const char *text)
{
	json_t *value = azure_value_of_text(doc, text);
	char *made = azure_text_of_value(value);

	json_decref(value);
	return made;
}

/* --- whole values -------------------------------------------------------- */

#define UNKNOWN "[unknown]" /* the key of an object that is one */

bool
azure_is_unknown(const json_t *value)
{
	return json_object_get(value, UNKNOWN) != NULL;
}

/* Adds to an object what its `copy` makes: a list of { name, count, input },
 * each a list under its name.  What can't be made stays. */
static void
add_copies(struct azure_document *doc, const json_t *copies, json_t *to)
{
	json_t *rest = json_array(), *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)copies, i, one)
	{
		const char *name = json_string_value(azure_own(one, "name"));
		json_t *made = azure_copies(doc, one);
		if (made == NULL || name == NULL) {
			json_decref(made);
			(void)json_array_append(rest, one);
		} else if (json_object_set_new(to, name, made) != 0) {
			doc->no_memory = true;
		}
	}
	if (json_array_size(rest) > 0)
		(void)json_object_set(to, "copy", rest);
	json_decref(rest);
}

json_t *
azure_copies(struct azure_document *doc, const json_t *copy)
{
	const json_t *input = azure_own(copy, "input");
	struct azure_loop loop = { .name = json_string_value(
				       azure_own(copy, "name")),
		.outer = doc->loops };
	size_t count;

	if (input == NULL || loop.name == NULL ||
	    !azure_count_of(doc, azure_own(copy, "count"), &count))
		return NULL;
	json_t *list = json_array();
	doc->loops = &loop;
	for (loop.index = 0; loop.index < count && doc->work > 0; loop.index++)
		(void)json_array_append_new(list, azure_value_of(doc, input));
	doc->loops = loop.outer;
	if (doc->work > 0)
		return list;
	json_decref(list);
	return NULL;
}

bool
azure_count_of(struct azure_document *doc, const json_t *value, size_t *count)
{
	json_t *known = value != NULL ? azure_value_of(doc, value) : NULL;
	char *text = azure_text_of_value(known), *end;
	bool good = false;

	if (text != NULL) {
		long long number = strtoll(text, &end, 10);
		good = end != text && *end == '\0' && number >= 0 &&
		       number <= (long long)AZURE_COPIES_MAX;
		*count = good ? (size_t)number : 0;
	}
	free(text);
	json_decref(known);
	return good;
}

static json_t *
value_of_object(struct azure_document *doc, const json_t *object)
{
	json_t *made = json_object(), *inner;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)object, key, inner)
	{
		if (strcasecmp(key, "copy") == 0 && json_is_array(inner))
			add_copies(doc, inner, made);
		else if (json_object_set_new(
			     made, key, azure_value_of(doc, inner)) != 0)
			doc->no_memory = true;
	}
	return made;
}

static json_t *
value_of_array(struct azure_document *doc, const json_t *array)
{
	json_t *made = json_array(), *inner;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)array, i, inner)
	{
		if (json_array_append_new(made, azure_value_of(doc, inner)) !=
		    0)
			doc->no_memory = true;
	}
	return made;
}

json_t *
azure_value_of(struct azure_document *doc, const json_t *json)
{
	json_t *made = NULL;

	if (doc->nesting >= NESTING_MAX ||
	    !azure_spend(doc, 1 + json_string_length(json) / 32))
		return json_pack("{s:O}", UNKNOWN, json);
	doc->nesting++;
	if (json_is_object(json))
		made = value_of_object(doc, json);
	else if (json_is_array(json))
		made = value_of_array(doc, json);
	else if (json_is_string(json))
		made = azure_value_of_text(doc, json_string_value(json));
	else
		made = json_incref((json_t *)(uintptr_t)json);
	doc->nesting--;
	return made != NULL ? made : json_pack("{s:O}", UNKNOWN, json);
}

/* A text that begins with a bracket is no expression. */
static json_t *
as_written(const json_t *text)
{
	const char *value = json_string_value(text);

	return *value == '[' ? json_sprintf("[%s", value)
			     : json_incref((json_t *)(uintptr_t)text);
}

/* What has no value, as it stood there, or as nothing that could have one. */
static json_t *
unknown_written(const json_t *value, bool outside)
{
	const json_t *was = json_object_get(value, UNKNOWN);
	char shown[80];

	if (!outside)
		return json_deep_copy(was);
	azure_show(was, shown, sizeof(shown));
	return json_sprintf("[of the outer template: %s]", shown);
}

static json_t *
written(struct azure_document *doc, const json_t *value, bool outside)
{
	json_t *made, *inner;
	const char *key;
	size_t i;

	if (json_is_string(value))
		return as_written(value);
	if (azure_is_unknown(value))
		return unknown_written(value, outside);
	if (!json_is_object(value) && !json_is_array(value))
		return json_incref((json_t *)(uintptr_t)value);
	made = json_is_object(value) ? json_object() : json_array();
	json_object_foreach((json_t *)(uintptr_t)value, key, inner)
	{
		if (json_object_set_new(
			made, key, written(doc, inner, outside)) != 0)
			doc->no_memory = true;
	}
	json_array_foreach((json_t *)(uintptr_t)value, i, inner)
	{
		if (json_array_append_new(made, written(doc, inner, outside)) !=
		    0)
			doc->no_memory = true;
	}
	return made;
}

json_t *
azure_written(struct azure_document *doc, const json_t *value)
{
	return written(doc, value, false);
}

json_t *
azure_written_outside(struct azure_document *doc, const json_t *value)
{
	return written(doc, value, true);
}

json_t *
azure_settled(struct azure_document *doc, const json_t *json)
{
	json_t *value = azure_value_of(doc, json);
	json_t *made = azure_written(doc, value);

	json_decref(value);
	return made;
}
