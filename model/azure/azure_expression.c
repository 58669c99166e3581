/* SPDX-License-Identifier: MIT */
/*
 * Expressions of ARM templates, as far as a load balancer's names, ids and
 * addresses need them:
 *
 *     expression  = 'text' | number | name ( expression, ... ) [ .name ... ]
 *
 * What is not known here (resourceGroup().location, copyIndex(), ...) has no
 * value.  Bounded in depth, for variables may name each other, and in a
 * document's work, for they may do so many times.
 *
 * Source: learn.microsoft.com, Template functions.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/azure/azure_json.h"

#define DEPTH_MAX 16u
#define ARGS_MAX  16u
#define VALUE_MAX 4096u

struct cursor {
	struct azure_document *doc;
	const char *at;
	unsigned depth;
};

struct args {
	char *value[ARGS_MAX];
	size_t count;
};

static char *evaluate(
    struct azure_document *doc, const char *text, unsigned depth);
static char *read_expression(struct cursor *c);

static void
args_free(struct args *args)
{
	while (args->count > 0)
		free(args->value[--args->count]);
}

static void
skip_space(struct cursor *c)
{
	while (isspace((unsigned char)*c->at))
		c->at++;
}

/* --- functions ----------------------------------------------------------- */

static char *
join(const struct args *args, size_t from, const char *between)
{
	char *text = calloc(1, VALUE_MAX);
	size_t used = 0;

	for (size_t i = from; text != NULL && i < args->count; i++) {
		int more = snprintf(text + used, VALUE_MAX - used, "%s%s",
		    i > from ? between : "", args->value[i]);
		if (more < 0 || used + (size_t)more >= VALUE_MAX) {
			free(text);
			return NULL;
		}
		used += (size_t)more;
	}
	return text;
}

/* format('{0}-nic', name): each {i} is argument i + 1. */
static char *
format(const struct args *args)
{
	char *text = calloc(1, VALUE_MAX);
	size_t used = 0;

	for (const char *at = args->count > 0 ? args->value[0] : "";
	     text != NULL && *at != '\0'; at++) {
		const char *piece = at;
		size_t length = 1;
		char *end;
		if (*at == '{' && isdigit((unsigned char)at[1])) {
			size_t index = strtoul(at + 1, &end, 10) + 1;
			if (*end != '}' || index >= args->count)
				goto none;
			piece = args->value[index];
			length = strlen(piece);
			at = end;
		}
		if (used + length >= VALUE_MAX)
			goto none;
		memcpy(text + used, piece, length);
		used += length;
	}
	return text;
none:
	free(text);
	return NULL;
}

/* resourceId([subscription], [group], 'Ns/type/subtype', name, subname):
 * .../Ns/type/name/subtype/subname. */
static char *
resource_id(const struct args *args)
{
	char *text = calloc(1, VALUE_MAX);
	size_t at = 0, used = 0;

	while (at < args->count && strchr(args->value[at], '/') == NULL)
		at++; /* subscription and resource group */
	if (text == NULL || at == args->count)
		goto none;
	const char *type = args->value[at++];
	size_t length = strcspn(type, "/");
	used = (size_t)snprintf(
	    text, VALUE_MAX, "/providers/%.*s", (int)length, type);
	while (type[length] == '/' && at < args->count && used < VALUE_MAX) {
		type += length + 1;
		length = strcspn(type, "/");
		used += (size_t)snprintf(text + used, VALUE_MAX - used,
		    "/%.*s/%s", (int)length, type, args->value[at++]);
	}
	if (used < VALUE_MAX)
		return text;
none:
	free(text);
	return NULL;
}

/* add(1, 2) and the like; NULL: of other than two numbers. */
static char *
compute(char operation, const struct args *args)
{
	long long value[2], result;
	char text[32], *end;
	bool good = args->count == 2;

	for (size_t i = 0; good && i < 2; i++) {
		errno = 0;
		value[i] = strtoll(args->value[i], &end, 10);
		good = errno == 0 && end != args->value[i] && *end == '\0';
	}
	if (!good)
		return NULL;
	bool over = operation == '+'
			? __builtin_add_overflow(value[0], value[1], &result)
		    : operation == '-'
			? __builtin_sub_overflow(value[0], value[1], &result)
			: __builtin_mul_overflow(value[0], value[1], &result);
	(void)snprintf(text, sizeof(text), "%lld", over ? 0 : result);
	return over ? NULL : strdup(text);
}

static char *
text_of(struct azure_document *doc, const json_t *value, unsigned depth)
{
	char number[32];

	if (json_is_string(value))
		return evaluate(doc, json_string_value(value), depth + 1);
	if (json_is_integer(value)) {
		(void)snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
		    json_integer_value(value));
		return strdup(number);
	}
	if (json_is_boolean(value))
		return strdup(json_is_true(value) ? "true" : "false");
	return NULL;
}

/* In a parameters file `value`, in a template `defaultValue`. */
static char *
parameter(const struct cursor *c, const char *name)
{
	const json_t *one = c->doc->parameters != NULL
				? azure_object(c->doc->parameters, name)
				: NULL;
	const json_t *value = azure_value(one, "value");

	if (value == NULL)
		value = azure_value(one, "defaultValue");
	return text_of(c->doc, value, c->depth);
}

static char *
variable(const struct cursor *c, const char *wanted)
{
	const char *name;
	json_t *value;

	json_object_foreach(c->doc->variables, name, value)
	{
		if (c->doc->work == 0)
			return NULL;
		c->doc->work--;
		if (strcasecmp(name, wanted) == 0)
			return text_of(c->doc, value, c->depth);
	}
	return NULL;
}

static char *
call(const struct cursor *c, const char *name, const struct args *args)
{
	if (strcasecmp(name, "concat") == 0)
		return join(args, 0, "");
	if (strcasecmp(name, "format") == 0)
		return format(args);
	if (strcasecmp(name, "resourceId") == 0)
		return resource_id(args);
	if (strcasecmp(name, "add") == 0)
		return compute('+', args);
	if (strcasecmp(name, "sub") == 0)
		return compute('-', args);
	if (strcasecmp(name, "mul") == 0)
		return compute('*', args);
	if (args->count == 1 &&
	    (strcasecmp(name, "int") == 0 || strcasecmp(name, "string") == 0))
		return strdup(args->value[0]);
	if (args->count == 1 && strcasecmp(name, "parameters") == 0)
		return parameter(c, args->value[0]);
	if (args->count == 1 && strcasecmp(name, "variables") == 0)
		return variable(c, args->value[0]);
	return NULL;
}

/* --- reading ------------------------------------------------------------- */

/* 'text', with '' for a quote in it. */
static char *
read_quoted(struct cursor *c)
{
	char *text = malloc(strlen(c->at));
	size_t used = 0;

	if (text == NULL)
		return NULL;
	for (c->at++; *c->at != '\0'; c->at++) {
		if (*c->at == '\'' && c->at[1] == '\'')
			c->at++;
		else if (*c->at == '\'')
			break;
		text[used++] = *c->at;
	}
	if (*c->at == '\'')
		c->at++;
	text[used] = '\0';
	return text;
}

/* From behind the opening parenthesis to behind the closing one. */
static bool
read_args(struct cursor *c, struct args *args)
{
	for (skip_space(c); *c->at != ')'; skip_space(c)) {
		if (args->count == ARGS_MAX)
			return false;
		char *value = read_expression(c);
		if (value == NULL)
			return false;
		args->value[args->count++] = value;
		skip_space(c);
		if (*c->at == ',')
			c->at++;
		else if (*c->at != ')')
			return false;
	}
	c->at++;
	return true;
}

static char *
read_call(struct cursor *c)
{
	const char *word = c->at;
	struct args args = { .count = 0 };
	char name[64], *value = NULL;

	while (isalnum((unsigned char)*c->at) || *c->at == '-')
		c->at++;
	size_t length = (size_t)(c->at - word);
	if (length == 0 || length >= sizeof(name))
		return NULL;
	memcpy(name, word, length);
	name[length] = '\0';
	if (isdigit((unsigned char)*word) || *word == '-')
		return strdup(name);
	if (*c->at != '(')
		return NULL;
	c->at++;
	if (read_args(c, &args) && *c->at != '.' && *c->at != '[')
		value = call(c, name, &args);
	args_free(&args);
	return value;
}

static char *
read_expression(struct cursor *c)
{
	if (c->depth >= DEPTH_MAX || c->doc->work == 0)
		return NULL;
	c->doc->work--;
	c->depth++;
	skip_space(c);
	char *value = *c->at == '\'' ? read_quoted(c) : read_call(c);
	c->depth--;
	return value;
}

bool
azure_is_plain(const char *text)
{
	return text[0] != '[' || text[1] == '[';
}

static char *
evaluate(struct azure_document *doc, const char *text, unsigned depth)
{
	struct cursor c = { .doc = doc, .at = text + 1, .depth = depth };

	if (azure_is_plain(text))
		return strdup(text[0] == '[' ? text + 1 : text);
	char *value = depth < DEPTH_MAX ? read_expression(&c) : NULL;
	skip_space(&c);
	if (value != NULL && strcmp(c.at, "]") == 0)
		return value;
	free(value);
	return NULL;
}

char *
azure_evaluate(struct azure_document *doc, const char *text)
{
	return evaluate(doc, text, 0);
}
