/* SPDX-License-Identifier: MIT */
/*
 * A template as what it makes: one flat list of resources whose expressions
 * have their values.  Copies are made, resources in each other and nested
 * deployments are taken out of each other, conditions decide.
 *
 * Source: learn.microsoft.com, ARM template syntax; symbolic names
 * (languageVersion 2.0); nested templates, expression evaluation scope.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/azure/azure_expression.h"
#include "model/azure/azure_parts.h"

#define DEPLOYMENTS_MAX 8u /* in each other */
#define RESOURCES_MAX   50000u
#define DEPLOYMENT      "Microsoft.Resources/deployments"

struct expansion {
	struct azure_import *in;
	json_t *made;   /* the list */
	json_t *others; /* types that are left out, with how many */
	unsigned depth;
};

/* What a resource stands in. */
struct parent {
	const char *type, *name;
};

static const char *const read_types[] = {
	"Microsoft.Network/networkInterfaces",
	"Microsoft.Compute/virtualMachineScaleSets",
	"Microsoft.Compute/virtualMachines",
};

static bool
is_read(const char *type)
{
	static const char balancer[] = "Microsoft.Network/loadBalancers";
	size_t length = strlen(balancer);

	for (size_t i = 0; i < LB_COUNT(read_types); i++)
		if (strcasecmp(type, read_types[i]) == 0)
			return true;
	return strncasecmp(type, balancer, length) == 0 &&
	       (type[length] == '\0' || type[length] == '/');
}

/* Most machines have theirs beside them. */
static bool
has_no_nics(const json_t *resource, const char *type)
{
	return strcasecmp(type, "Microsoft.Compute/virtualMachines") == 0 &&
	       !azure_has(azure_object(resource, "networkProfile"),
		   "networkInterfaceConfigurations");
}

/* Without the key, in whatever case it is written. */
static void
drop(json_t *object, const char *key)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(object, next, name, value)
	{
		if (strcasecmp(name, key) == 0)
			(void)json_object_del(object, name);
	}
}

static void
set_text(struct expansion *x, json_t *object, const char *key, const char *text)
{
	json_t *plain = json_string(text);
	json_t *written =
	    plain != NULL ? azure_written(&x->in->doc, plain) : NULL;

	drop(object, key);
	if (json_object_set_new(object, key, written) != 0)
		x->in->doc.no_memory = true;
	json_decref(plain);
}

/* The value of a key as a text, to be freed; NULL: it has none. */
static char *
text_of(struct expansion *x, const json_t *resource, const char *key)
{
	const json_t *json = azure_own(resource, key);
	json_t *value = json != NULL ? azure_value_of(&x->in->doc, json) : NULL;
	char *text = azure_text_of_value(value);

	json_decref(value);
	return text;
}

static void expand_list(struct expansion *x, json_t *list,
    const struct parent *parent, const char *path);

/* --- one resource -------------------------------------------------------- */

/* The name that it has with its parent's; NULL: it has no value. */
static char *
whole_name(
    struct expansion *x, const json_t *resource, const struct parent *parent)
{
	char *name = text_of(x, resource, "name"), *both = NULL;

	if (parent == NULL || name == NULL)
		return name;
	if (asprintf(&both, "%s/%s", parent->name, name) < 0)
		both = NULL;
	free(name);
	return both;
}

static void
add_resource(struct expansion *x, const json_t *resource, const char *type,
    const struct parent *parent, const char *path)
{
	json_t *bare = json_copy((json_t *)(uintptr_t)resource);
	char *name = whole_name(x, resource, parent);

	if (json_array_size(x->made) >= RESOURCES_MAX)
		x->in->doc.work = 0; /* which is told in the end */
	drop(bare, "resources");
	json_t *made = azure_settled(&x->in->doc, bare);
	json_decref(bare);
	set_text(x, made, "type", type);
	if (name != NULL)
		set_text(x, made, "name", name);
	set_text(x, made, AZURE_PATH_KEY, path);
	const char *raw = json_string_value(azure_own(resource, "name"));
	struct parent own = { type, name != NULL  ? name
				    : raw != NULL ? raw
						  : "" };
	if (json_array_append_new(x->made, made) != 0)
		x->in->doc.no_memory = true;
	expand_list(x, azure_own(resource, "resources"), &own, path);
	free(name);
}

/* --- deployments --------------------------------------------------------- */

/* What a deployment gives: values of the outer template's, and none where that
 * has none. */
static json_t *
given_parameters(
    struct expansion *x, const json_t *template, const json_t *properties)
{
	json_t *all = json_deep_copy(azure_own(template, "parameters"));
	json_t *given = azure_own(properties, "parameters"), *one;
	const char *name;

	if (all == NULL)
		all = json_object();
	json_object_foreach(given, name, one)
	{
		json_t *value = azure_own(one, "value");
		drop(all, name);
		if (value == NULL)
			continue;
		value = azure_value_of(&x->in->doc, value);
		if (!azure_is_unknown(value))
			(void)json_object_set_new(all, name,
			    json_pack("{s:o?}", "value",
				azure_written_outside(&x->in->doc, value)));
		json_decref(value);
	}
	return all;
}

static void
expand_inner(struct expansion *x, json_t *template, const json_t *properties,
    const char *path)
{
	struct azure_document *doc = &x->in->doc, was = *doc;
	json_t *parameters = given_parameters(x, template, properties);

	doc->parameters = parameters;
	doc->variables = azure_own(template, "variables");
	doc->symbols = azure_own(template, "resources");
	doc->loops = NULL;
	expand_list(x, azure_own(template, "resources"), NULL, path);
	doc->parameters = was.parameters;
	doc->variables = was.variables;
	doc->symbols = was.symbols;
	doc->loops = was.loops;
	json_decref(parameters);
}

static void
expand_deployment(struct expansion *x, const json_t *resource, const char *path)
{
	const json_t *properties = azure_own(resource, "properties");
	json_t *template = azure_own(properties, "template");
	const char *scope = json_string_value(azure_own(
	    azure_own(properties, "expressionEvaluationOptions"), "scope"));
	char inner[AZURE_PATH_BYTES];

	if (!json_is_object(template) || x->depth == DEPLOYMENTS_MAX) {
		azure_note(x->in, LB_IMPORT_NOT_UNDERSTOOD, path,
		    template == NULL
			? "a deployment of a template that stands elsewhere: "
			  "import that itself; it is not in the text"
			: "a deployment within too many others, and not in "
			  "the text");
		return;
	}
	x->depth++;
	(void)snprintf(inner, sizeof(inner), "%.200s.template", path);
	if (scope != NULL && strcasecmp(scope, "inner") == 0)
		expand_inner(x, template, properties, inner);
	else
		expand_list(x, azure_own(template, "resources"), NULL, inner);
	x->depth--;
}

/* --- what is made -------------------------------------------------------- */

/* Is it there?  What nobody knows is taken to be. */
static bool
has_condition(struct expansion *x, json_t *resource, const char *path)
{
	char *text = text_of(x, resource, "condition"), shown[80];
	const json_t *condition = azure_own(resource, "condition");
	bool known = text != NULL && (strcasecmp(text, "true") == 0 ||
					 strcasecmp(text, "false") == 0);
	bool holds = !known || strcasecmp(text, "true") == 0;

	free(text);
	if (condition == NULL)
		return true;
	azure_show(condition, shown, sizeof(shown));
	if (!known)
		azure_note(x->in, LB_IMPORT_NOT_UNDERSTOOD, path,
		    "condition: %s has no value here: taken as true", shown);
	else if (!holds)
		azure_note(x->in, LB_IMPORT_ASSUMED, path,
		    "left out, for its condition %s is false by its "
		    "parameters",
		    shown);
	drop(resource, "condition");
	return holds;
}

static void
count_other(struct expansion *x, const char *type)
{
	json_int_t count = json_integer_value(json_object_get(x->others, type));

	if (json_object_set_new(x->others, type, json_integer(count + 1)) != 0)
		x->in->doc.no_memory = true;
}

static void
expand_one(struct expansion *x, const json_t *resource, const char *type,
    const struct parent *parent, const char *path)
{
	bool deployment = strcasecmp(type, DEPLOYMENT) == 0;
	json_t *own;

	if (!deployment && (!is_read(type) || has_no_nics(resource, type))) {
		count_other(x, type);
		return;
	}
	if (json_is_true(azure_own(resource, "existing"))) {
		azure_note(x->in, LB_IMPORT_NOT_MODELLED, path,
		    "%s: it stands already, and the template does not say "
		    "how",
		    type);
		return;
	}
	own = json_copy((json_t *)(uintptr_t)resource);
	if (has_condition(x, own, path)) {
		if (deployment)
			expand_deployment(x, own, path);
		else
			add_resource(x, own, type, parent, path);
	}
	json_decref(own);
}

/* A copy that can't be counted stays, and is told of later. */
static void
expand_copies(struct expansion *x, json_t *resource, const char *type,
    const struct parent *parent, const char *path)
{
	struct azure_document *doc = &x->in->doc;
	const json_t *copy = azure_own(resource, "copy");
	const char *name = json_string_value(azure_own(copy, "name"));
	struct azure_loop loop = { .name = name != NULL ? name : "",
		.of_resource = true,
		.outer = doc->loops };
	char here[AZURE_PATH_BYTES];
	size_t count;

	if (!json_is_object(copy) ||
	    !azure_count_of(doc, azure_own(copy, "count"), &count)) {
		expand_one(x, resource, type, parent, path);
		return;
	}
	json_t *bare = json_copy(resource);
	drop(bare, "copy");
	doc->loops = &loop;
	for (loop.index = 0; loop.index < count && doc->work > 0;
	     loop.index++) {
		(void)snprintf(
		    here, sizeof(here), "%.200s(%zu)", path, loop.index);
		expand_one(x, bare, type, parent, here);
	}
	doc->loops = loop.outer;
	json_decref(bare);
}

static void
expand_resource(struct expansion *x, json_t *resource,
    const struct parent *parent, const char *path)
{
	char *type = text_of(x, resource, "type"), *whole = NULL;

	if (type == NULL) {
		azure_note(x->in, LB_IMPORT_NOT_UNDERSTOOD, path,
		    "a resource without a type, and not in the text");
		return;
	}
	/* a child's is what it adds to its parent's */
	if (parent != NULL && strchr(type, '.') == NULL &&
	    asprintf(&whole, "%s/%s", parent->type, type) < 0)
		whole = NULL;
	expand_copies(x, resource, whole != NULL ? whole : type,
	    whole != NULL ? parent : NULL, path);
	free(whole);
	free(type);
}

/* A list, or an object of symbolic names. */
static void
expand_list(struct expansion *x, json_t *list, const struct parent *parent,
    const char *path)
{
	const char *dot = *path != '\0' ? "." : "";
	char here[AZURE_PATH_BYTES];
	const char *symbol;
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		(void)snprintf(
		    here, sizeof(here), "%.180s%sresources[%zu]", path, dot, i);
		expand_resource(x, one, parent, here);
	}
	json_object_foreach(list, symbol, one)
	{
		(void)snprintf(here, sizeof(here), "%.130s%sresources.%.80s",
		    path, dot, symbol);
		azure_whole_characters(here);
		expand_resource(x, one, parent, here);
	}
}

static void
tell_others(struct expansion *x)
{
	const char *type;
	json_t *count;

	json_object_foreach(x->others, type, count)
	{
		long long n = (long long)json_integer_value(count);
		azure_note(x->in, LB_IMPORT_NOT_MODELLED, type,
		    "%lld resource%s of the template: balancers, NICs and "
		    "scale sets are read",
		    n, n == 1 ? "" : "s");
	}
	if (x->in->doc.work == 0)
		azure_note(x->in, LB_IMPORT_NOT_UNDERSTOOD, "resources",
		    "the template's expressions and copies come to too much: "
		    "they are not all in the text");
}

void
azure_expand(struct azure_import *in)
{
	struct expansion x = { .in = in };
	struct azure_document *doc = &in->doc;
	json_t *resources = azure_own(doc->root, "resources");

	if (!json_is_array(resources) && !json_is_object(resources))
		return;
	x.made = json_array();
	x.others = json_object();
	doc->symbols = resources;
	expand_list(&x, resources, NULL, "");
	tell_others(&x);
	json_decref(x.others);
	/* all that had a value has it: nothing is left to look up */
	doc->parameters = doc->variables = doc->symbols = NULL;
	drop(doc->root, "resources");
	if (json_object_set_new(doc->root, "resources", x.made) != 0)
		doc->no_memory = true;
}
