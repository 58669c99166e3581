/* SPDX-License-Identifier: MIT */
/*
 * Functions of ARM templates, as far as a balancer's names, ids, numbers and
 * lists need them.
 *
 * Source: learn.microsoft.com, ARM template functions.
 */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/azure/azure_expression.h"
#include "model/path/base.h"

#define VALUE_MAX 4096u

typedef struct azure_document document;
typedef const struct azure_args arguments;

/* --- what they are given ------------------------------------------------- */

static const char *
text_at(arguments *args, size_t i)
{
	return i < args->count ? json_string_value(args->value[i]) : NULL;
}

/* A number, or a text that is one. */
static bool
number_of(const json_t *value, long long *number)
{
	const char *text = json_string_value(value);
	char *end;

	if (json_is_integer(value)) {
		*number = json_integer_value(value);
		return true;
	}
	if (text == NULL)
		return false;
	errno = 0;
	*number = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0';
}

static bool
numbers(arguments *args, long long *a, long long *b)
{
	return number_of(args->value[0], a) && number_of(args->value[1], b);
}

/* --- texts --------------------------------------------------------------- */

struct text {
	char at[VALUE_MAX];
	size_t used;
	bool whole;
};

static void
put(struct text *text, const char *piece, size_t length)
{
	text->whole &= text->used + length < sizeof(text->at);
	if (!text->whole)
		return;
	memcpy(text->at + text->used, piece, length);
	text->used += length;
}

static void
put_value(struct text *text, const json_t *value)
{
	char *piece = azure_text_of_value(value);

	if (piece != NULL)
		put(text, piece, strlen(piece));
	else
		text->whole = false;
	free(piece);
}

static json_t *
done(document *doc, const struct text *text)
{
	return text->whole && azure_spend(doc, text->used / 32)
		   ? json_stringn(text->at, text->used)
		   : NULL;
}

/* Lists become one, too. */
static json_t *
concat(document *doc, arguments *args)
{
	struct text text = { .whole = true };
	json_t *list = json_array();

	for (size_t i = 0; i < args->count; i++) {
		if (json_is_array(args->value[0])) {
			text.whole &= json_is_array(args->value[i]);
			(void)json_array_extend(list, args->value[i]);
		} else {
			put_value(&text, args->value[i]);
		}
	}
	if (args->count > 0 && json_is_array(args->value[0]) && text.whole)
		return list;
	json_decref(list);
	return json_is_array(args->value[0]) ? NULL : done(doc, &text);
}

/* format('{0}-nic', name): each {i} is argument i + 1. */
static json_t *
format(document *doc, arguments *args)
{
	struct text text = { .whole = true };
	const char *at = text_at(args, 0);
	char *end;

	for (; at != NULL && *at != '\0'; at++) {
		if ((*at == '{' || *at == '}') && at[1] == *at) {
			put(&text, at++, 1);
		} else if (*at == '{' && isdigit((unsigned char)at[1])) {
			size_t index = strtoul(at + 1, &end, 10) + 1;
			if (*end != '}' || index >= args->count)
				return NULL; /* or it has a width */
			put_value(&text, args->value[index]);
			at = end;
		} else {
			put(&text, at, 1);
		}
	}
	return at != NULL ? done(doc, &text) : NULL;
}

static json_t *
string(document *doc, arguments *args)
{
	struct text text = { .whole = true };

	put_value(&text, args->value[0]);
	return done(doc, &text);
}

static json_t *
in_case(arguments *args, int (*change)(int))
{
	char *text = azure_text_of_value(args->value[0]);

	for (char *at = text; at != NULL && *at != '\0'; at++)
		*at = (char)change((unsigned char)*at);
	json_t *made = text != NULL ? json_string(text) : NULL;
	free(text);
	return made;
}

static json_t *
to_lower(document *doc, arguments *args)
{
	(void)doc;
	return in_case(args, tolower);
}

static json_t *
to_upper(document *doc, arguments *args)
{
	(void)doc;
	return in_case(args, toupper);
}

static json_t *
replace(document *doc, arguments *args)
{
	struct text text = { .whole = true };
	const char *at = text_at(args, 0), *old = text_at(args, 1);
	const char *new = text_at(args, 2);

	if (at == NULL || old == NULL || new == NULL || *old == '\0')
		return NULL;
	while (*at != '\0') {
		bool here = strncmp(at, old, strlen(old)) == 0;
		put(&text, here ? new : at, here ? strlen(new) : 1);
		at += here ? strlen(old) : 1;
	}
	return done(doc, &text);
}

/* resourceId([subscription], [group], 'Ns/type/subtype', name, subname):
 * .../Ns/type/name/subtype/subname. */
static json_t *
resource_id(document *doc, arguments *args)
{
	struct text text = { .whole = true };
	size_t at = 0;

	while (at < args->count && (text_at(args, at) == NULL ||
				       strchr(text_at(args, at), '/') == NULL))
		at++; /* subscription and resource group */
	if (at == args->count)
		return NULL;
	const char *type = text_at(args, at++);
	size_t length = strcspn(type, "/");
	put(&text, "/providers/", strlen("/providers/"));
	put(&text, type, length);
	while (type[length] == '/' && at < args->count) {
		type += length + 1;
		length = strcspn(type, "/");
		put(&text, "/", 1);
		put(&text, type, length);
		put(&text, "/", 1);
		put_value(&text, args->value[at++]);
	}
	return done(doc, &text);
}

/* --- numbers ------------------------------------------------------------- */

static json_t *
compute(arguments *args, char operation)
{
	long long a, b, result = 0;
	bool good = numbers(args, &a, &b);

	if (!good)
		return NULL;
	if (operation == '+')
		good = !__builtin_add_overflow(a, b, &result);
	else if (operation == '-')
		good = !__builtin_sub_overflow(a, b, &result);
	else if (operation == '*')
		good = !__builtin_mul_overflow(a, b, &result);
	else if (b == 0 || b == -1)
		good = false; /* nobody does, and it could overflow */
	else
		result = operation == '/' ? a / b : a % b;
	return good ? json_integer(result) : NULL;
}

#define COMPUTES(name, operation)                                              \
	static json_t *name(document *doc, arguments *args)                    \
	{                                                                      \
		(void)doc;                                                     \
		return compute(args, operation);                               \
	}
COMPUTES(add, '+')
COMPUTES(sub, '-')
COMPUTES(mul, '*')
COMPUTES(divide, '/')
COMPUTES(modulo, '%')

static json_t *
integer(document *doc, arguments *args)
{
	long long number;

	(void)doc;
	return number_of(args->value[0], &number) ? json_integer(number) : NULL;
}

static json_t *
lesser(document *doc, arguments *args)
{
	long long a, b;

	(void)doc;
	return numbers(args, &a, &b) ? json_integer(a < b ? a : b) : NULL;
}

static json_t *
larger(document *doc, arguments *args)
{
	long long a, b;

	(void)doc;
	return numbers(args, &a, &b) ? json_integer(a > b ? a : b) : NULL;
}

/* --- true and false ------------------------------------------------------ */

/* -1: it is neither. */
static int
truth(const json_t *value)
{
	const char *text = json_string_value(value);

	if (json_is_boolean(value))
		return json_is_true(value);
	if (json_is_integer(value))
		return json_integer_value(value) != 0;
	if (text != NULL && strcasecmp(text, "true") == 0)
		return 1;
	return text != NULL && strcasecmp(text, "false") == 0 ? 0 : -1;
}

static json_t *
boolean(document *doc, arguments *args)
{
	int value = truth(args->value[0]);

	(void)doc;
	return value >= 0 ? json_boolean(value) : NULL;
}

static json_t *
negation(document *doc, arguments *args)
{
	int value = truth(args->value[0]);

	(void)doc;
	return value >= 0 ? json_boolean(!value) : NULL;
}

/* One that decides is enough, whatever the others are. */
static json_t *
decide(arguments *args, int decisive)
{
	bool all = true;

	for (size_t i = 0; i < args->count; i++) {
		if (truth(args->value[i]) == decisive)
			return json_boolean(decisive);
		all &= truth(args->value[i]) >= 0;
	}
	return all ? json_boolean(!decisive) : NULL;
}

static json_t *
all_of(document *doc, arguments *args)
{
	(void)doc;
	return decide(args, 0);
}

static json_t *
any_of(document *doc, arguments *args)
{
	(void)doc;
	return decide(args, 1);
}

/* Of texts, case is nothing. */
static json_t *
equals(document *doc, arguments *args)
{
	const char *a = text_at(args, 0), *b = text_at(args, 1);

	(void)doc;
	if (a != NULL && b != NULL)
		return json_boolean(strcasecmp(a, b) == 0);
	return json_boolean(json_equal(args->value[0], args->value[1]));
}

static json_t *
compare(arguments *args, bool less, bool equal)
{
	long long a, b;

	if (!numbers(args, &a, &b))
		return NULL;
	return json_boolean(a == b ? equal : (a < b) == less);
}

#define COMPARES(name, less, equal)                                            \
	static json_t *name(document *doc, arguments *args)                    \
	{                                                                      \
		(void)doc;                                                     \
		return compare(args, less, equal);                             \
	}
COMPARES(less, true, false)
COMPARES(less_or_equals, true, true)
COMPARES(greater, false, false)
COMPARES(greater_or_equals, false, true)

static json_t *
choose(document *doc, arguments *args)
{
	int value = truth(args->value[0]);

	(void)doc;
	return value >= 0 ? json_incref(args->value[value != 0 ? 1 : 2]) : NULL;
}

static json_t *
coalesce(document *doc, arguments *args)
{
	(void)doc;
	for (size_t i = 0; i < args->count; i++) {
		if (args->value[i] == NULL)
			return NULL; /* who knows */
		if (!json_is_null(args->value[i]))
			return json_incref(args->value[i]);
	}
	return json_null();
}

static json_t *
yes(document *doc, arguments *args)
{
	(void)doc;
	(void)args;
	return json_true();
}

static json_t *
no(document *doc, arguments *args)
{
	(void)doc;
	(void)args;
	return json_false();
}

static json_t *
null(document *doc, arguments *args)
{
	(void)doc;
	(void)args;
	return json_null();
}

/* --- lists and objects --------------------------------------------------- */

static size_t
size_of(const json_t *value)
{
	return json_is_array(value)    ? json_array_size(value)
	       : json_is_object(value) ? json_object_size(value)
				       : json_string_length(value);
}

static json_t *
length(document *doc, arguments *args)
{
	(void)doc;
	return json_integer((json_int_t)size_of(args->value[0]));
}

static json_t *
empty(document *doc, arguments *args)
{
	(void)doc;
	return json_boolean(size_of(args->value[0]) == 0);
}

static json_t *
element(const json_t *list, size_t index)
{
	json_t *one = json_array_get(list, index);

	return azure_is_unknown(one) ? NULL : json_incref(one);
}

static json_t *
first(document *doc, arguments *args)
{
	const char *text = text_at(args, 0);

	(void)doc;
	return text != NULL ? json_stringn(text, *text != '\0')
			    : element(args->value[0], 0);
}

static json_t *
last(document *doc, arguments *args)
{
	size_t count = json_array_size(args->value[0]);

	(void)doc;
	return count > 0 ? element(args->value[0], count - 1) : NULL;
}

static json_t *
create_array(document *doc, arguments *args)
{
	json_t *list = json_array();

	(void)doc;
	for (size_t i = 0; i < args->count; i++)
		(void)json_array_append(list, args->value[i]);
	return list;
}

static json_t *
create_object(document *doc, arguments *args)
{
	json_t *object = json_object();

	(void)doc;
	for (size_t i = 0; i + 1 < args->count; i += 2)
		if (text_at(args, i) != NULL)
			(void)json_object_set(
			    object, text_at(args, i), args->value[i + 1]);
	return object;
}

static json_t *
range(document *doc, arguments *args)
{
	long long from, count;

	if (!numbers(args, &from, &count) || count < 0 || from < 0 ||
	    from > INT32_MAX || count > (long long)AZURE_COPIES_MAX ||
	    !azure_spend(doc, (size_t)count))
		return NULL;
	json_t *list = json_array();
	for (long long i = 0; i < count; i++)
		(void)json_array_append_new(list, json_integer(from + i));
	return list;
}

static json_t *
contains(document *doc, arguments *args)
{
	const char *text = text_at(args, 0), *part = text_at(args, 1);
	json_t *one;
	size_t i;

	(void)doc;
	if (text != NULL)
		return part != NULL ? json_boolean(strstr(text, part) != NULL)
				    : NULL;
	if (json_is_object(args->value[0]))
		return json_boolean(
		    part != NULL && azure_own(args->value[0], part) != NULL);
	json_array_foreach(args->value[0], i, one)
	{
		if (json_equal(one, args->value[1]))
			return json_true();
	}
	return json_false();
}

/* --- the document -------------------------------------------------------- */

/* Itself, or nothing when it is not known. */
static json_t *
known(json_t *value)
{
	if (!azure_is_unknown(value))
		return value;
	json_decref(value);
	return NULL;
}

/* In a parameters file `value`, in a template `defaultValue`. */
static json_t *
parameter(document *doc, arguments *args)
{
	const char *name = text_at(args, 0);
	const json_t *one =
	    name != NULL ? azure_own(doc->parameters, name) : NULL;
	const json_t *value = azure_own(one, "value");

	if (value == NULL)
		value = azure_own(one, "defaultValue");
	if (!azure_spend(doc, 1 + json_object_size(doc->parameters) / 8))
		return NULL;
	/* of a deployment within, nobody can give it */
	if (value == NULL && one != NULL &&
	    azure_own(azure_own(doc->root, "parameters"), name) == one &&
	    json_object_set_new(doc->asked, name, json_true()) != 0)
		doc->no_memory = true;
	return value != NULL ? known(azure_value_of(doc, value)) : NULL;
}

static json_t *
copied_variable(document *doc, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach(azure_own(doc->variables, "copy"), i, one)
	{
		const char *its = json_string_value(azure_own(one, "name"));
		if (its != NULL && strcasecmp(its, name) == 0)
			return azure_copies(doc, one);
	}
	return NULL;
}

static json_t *
variable(document *doc, arguments *args)
{
	const char *name = text_at(args, 0);
	size_t count = json_object_size(doc->variables);

	if (name == NULL || !azure_spend(doc, 1 + count / 8))
		return NULL;
	const json_t *value = azure_own(doc->variables, name);
	return value != NULL ? known(azure_value_of(doc, value))
			     : copied_variable(doc, name);
}

/* copyIndex(), copyIndex(1), copyIndex('name'), copyIndex('name', 1) */
static json_t *
copy_index(document *doc, arguments *args)
{
	const char *name = text_at(args, 0);
	const struct azure_loop *loop = doc->loops;
	size_t offset_at = name != NULL ? 1 : 0;
	long long offset = 0;

	while (loop != NULL && (name != NULL ? strcasecmp(loop->name, name) != 0
					     : !loop->of_resource))
		loop = loop->outer;
	if (loop == NULL || (args->count > offset_at &&
				(!number_of(args->value[offset_at], &offset) ||
				    offset < INT32_MIN || offset > INT32_MAX)))
		return NULL;
	return json_integer((json_int_t)loop->index + offset);
}

/* Of a resource with a symbolic name: what is known of it beforehand. */
static json_t *
resource_info(document *doc, arguments *args)
{
	const char *symbol = text_at(args, 0);
	const json_t *one =
	    symbol != NULL ? azure_own(doc->symbols, symbol) : NULL;
	const json_t *type = azure_own(one, "type");
	const json_t *name = azure_own(one, "name");
	struct azure_args of = { .count = 0 };

	if (!json_is_string(type) || !json_is_string(name))
		return NULL;
	json_t *value = known(azure_value_of(doc, name));
	if (value == NULL)
		return NULL;
	of.value[of.count++] = (json_t *)(uintptr_t)type;
	of.value[of.count++] = value;
	json_t *info = json_pack("{s:o?, s:O, s:O}", "id",
	    resource_id(doc, &of), "name", value, "type", type);
	json_decref(value);
	return info;
}

/* --- all of them --------------------------------------------------------- */

static const struct function {
	const char *name;
	size_t least, most;
	json_t *(*value)(document *, arguments *);
	bool of_unknown; /* it can do without some */
} functions[] = {
	{ "add", 2, 2, add, false },
	{ "and", 2, AZURE_ARGS_MAX, all_of, true },
	{ "array", 1, 1, create_array, false },
	{ "bool", 1, 1, boolean, false },
	{ "coalesce", 1, AZURE_ARGS_MAX, coalesce, true },
	{ "concat", 1, AZURE_ARGS_MAX, concat, false },
	{ "contains", 2, 2, contains, false },
	{ "copyIndex", 0, 2, copy_index, false },
	{ "createArray", 0, AZURE_ARGS_MAX, create_array, false },
	{ "createObject", 0, AZURE_ARGS_MAX, create_object, false },
	{ "div", 2, 2, divide, false },
	{ "empty", 1, 1, empty, false },
	{ "equals", 2, 2, equals, false },
	{ "extensionResourceId", 3, AZURE_ARGS_MAX, resource_id, false },
	{ "false", 0, 0, no, false },
	{ "first", 1, 1, first, false },
	{ "format", 1, AZURE_ARGS_MAX, format, false },
	{ "greater", 2, 2, greater, false },
	{ "greaterOrEquals", 2, 2, greater_or_equals, false },
	{ "if", 3, 3, choose, true },
	{ "int", 1, 1, integer, false },
	{ "last", 1, 1, last, false },
	{ "length", 1, 1, length, false },
	{ "less", 2, 2, less, false },
	{ "lessOrEquals", 2, 2, less_or_equals, false },
	{ "max", 2, 2, larger, false },
	{ "min", 2, 2, lesser, false },
	{ "mod", 2, 2, modulo, false },
	{ "mul", 2, 2, mul, false },
	{ "not", 1, 1, negation, false },
	{ "null", 0, 0, null, false },
	{ "or", 2, AZURE_ARGS_MAX, any_of, true },
	{ "parameters", 1, 1, parameter, false },
	{ "range", 2, 2, range, false },
	{ "replace", 3, 3, replace, false },
	/* the groups' names before it are not asked for */
	{ "resourceId", 2, AZURE_ARGS_MAX, resource_id, true },
	{ "resourceInfo", 1, 1, resource_info, false },
	{ "string", 1, 1, string, false },
	{ "sub", 2, 2, sub, false },
	{ "subscriptionResourceId", 2, AZURE_ARGS_MAX, resource_id, true },
	{ "tenantResourceId", 2, AZURE_ARGS_MAX, resource_id, true },
	{ "toLower", 1, 1, to_lower, false },
	{ "toUpper", 1, 1, to_upper, false },
	{ "true", 0, 0, yes, false },
	{ "variables", 1, 1, variable, false },
};

json_t *
azure_call(
    struct azure_document *doc, const char *name, const struct azure_args *args)
{
	const struct function *function = NULL;
	bool all = true;

	for (size_t i = 0; i < LB_COUNT(functions); i++)
		if (strcasecmp(name, functions[i].name) == 0)
			function = &functions[i];
	for (size_t i = 0; i < args->count; i++)
		all &= args->value[i] != NULL;
	if (function == NULL || (!all && !function->of_unknown) ||
	    args->count < function->least || args->count > function->most)
		return NULL;
	return function->value(doc, args);
}
