/* SPDX-License-Identifier: MIT */
/*
 * Values of a template's parameters, from beside it: files of parameters, and
 * words as the Azure CLI takes them.
 *
 * Source: learn.microsoft.com, Create Resource Manager parameter file; az
 * deployment group create --parameters.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/azure/azure_expression.h"
#include "model/azure/azure_parts.h"

/* Names, as they were written, to { "value": ... } or { "reference": ... }. */
struct lb_parameters {
	json_t *given;
};

static bool
make(struct lb_parameters **parameters)
{
	if (*parameters == NULL)
		*parameters = calloc(1, sizeof(**parameters));
	if (*parameters != NULL && (*parameters)->given == NULL)
		(*parameters)->given = json_object();
	return *parameters != NULL && (*parameters)->given != NULL;
}

void
lb_parameters_free(struct lb_parameters *parameters)
{
	if (parameters == NULL)
		return;
	json_decref(parameters->given);
	free(parameters);
}

/* The last one to say something is believed, in whatever case. */
static bool
give(struct lb_parameters *to, const char *name, json_t *value)
{
	const char *was = azure_spelled(to->given, name);

	if (was != NULL)
		(void)json_object_del(to->given, was);
	return json_object_set(to->given, name, value) == 0;
}

static bool
is_parameter(const json_t *one)
{
	return azure_spelled(one, "value") != NULL ||
	       azure_spelled(one, "reference") != NULL;
}

/* Not good: what is it? */
static const char *
why_none(const json_t *root)
{
	const char *schema = azure_text(root, "$schema");

	if (schema != NULL && strstr(schema, "eploymentTemplate") != NULL)
		return "this is a template: give it as AZURE.json, and here "
		       "the file of its parameters";
	return "no parameters in this JSON: give { \"parameters\": { \"NAME\": "
	       "{ \"value\": ... } } }, or NAME=VALUE";
}

static bool
read_root(struct lb_parameters *to, json_t *root, char *error, size_t bytes)
{
	json_t *all = azure_own(root, "parameters"), *one;
	const char *name;

	if (all == NULL) /* the Azure CLI takes them bare, too */
		all = root;
	bool good = json_object_size(all) > 0 || all != root;
	json_object_foreach(all, name, one) good &= is_parameter(one);
	if (!good || !json_is_object(all)) {
		(void)snprintf(error, bytes, "%s", why_none(root));
		return false;
	}
	json_object_foreach(all, name, one) good &= give(to, name, one);
	if (!good)
		(void)snprintf(error, bytes, "no memory");
	return good;
}

static bool
is_bicep(const char *text)
{
	return strncmp(text, "using ", 6) == 0 ||
	       strstr(text, "\nusing ") != NULL ||
	       strncmp(text, "param ", 6) == 0 ||
	       strstr(text, "\nparam ") != NULL;
}

bool
lb_parameters_read(struct lb_parameters **parameters, const char *text,
    size_t bytes, char *error, size_t error_bytes)
{
	json_error_t where;

	(void)snprintf(error, error_bytes, "no memory");
	if (!make(parameters))
		return false;
	char *utf8 = azure_utf8(text, bytes, &bytes);
	if (utf8 == NULL) {
		if (errno == EILSEQ)
			(void)snprintf(error, error_bytes, AZURE_BROKEN_UTF16);
		return false;
	}
	json_t *root = json_loadb(utf8, bytes, JSON_REJECT_DUPLICATES, &where);
	bool good =
	    root != NULL && read_root(*parameters, root, error, error_bytes);
	if (root == NULL && is_bicep(utf8))
		(void)snprintf(error, error_bytes,
		    "these are Bicep's parameters; give what `az bicep "
		    "build-params --file FILE --stdout` has as its "
		    "parametersJson");
	else if (root == NULL)
		(void)snprintf(error, error_bytes,
		    "line %d, column %d: %.120s; give a template's parameters "
		    "as JSON, or NAME=VALUE",
		    where.line, where.column, where.text);
	free(utf8);
	json_decref(root);
	return good;
}

bool
lb_parameters_set(struct lb_parameters **parameters, const char *word)
{
	const char *equals = strchr(word, '=');
	char *name =
	    equals != NULL ? strndup(word, (size_t)(equals - word)) : NULL;
	/* [80, 443], true, 3: else it is a text as it stands */
	json_t *value = equals != NULL
			    ? json_loads(equals + 1, JSON_DECODE_ANY, NULL)
			    : NULL;

	if (equals != NULL && value == NULL)
		value = json_string(equals + 1);
	json_t *one = value != NULL ? json_pack("{s:o}", "value", value) : NULL;
	bool good = one != NULL && name != NULL && *name != '\0' &&
		    make(parameters) && give(*parameters, name, one);
	json_decref(one);
	free(name);
	return good;
}

/* --- in the document ----------------------------------------------------- */

/* The parameter as the template declares it, with what was given for it.  A
 * secret of a vault is given, and has no value here. */
static void
give_one(struct azure_import *in, json_t *declared, const json_t *given)
{
	const char *value_key = azure_spelled(given, "value");
	const char *default_key = azure_spelled(declared, "defaultValue");
	json_t *value = NULL;

	if (value_key != NULL)
		value =
		    azure_written(&in->doc, json_object_get(given, value_key));
	if (default_key != NULL)
		(void)json_object_del(declared, default_key);
	if (value != NULL && json_object_set_new(declared, "value", value) != 0)
		in->doc.no_memory = true;
}

void
azure_give_parameters(
    struct azure_import *in, const struct lb_parameters *parameters)
{
	json_t *one;
	const char *name;

	if (parameters == NULL)
		return;
	json_object_foreach(parameters->given, name, one)
	{
		json_t *declared = azure_own(in->doc.parameters, name);
		if (json_is_object(declared))
			give_one(in, declared, one);
		else
			azure_note(in, LB_IMPORT_UNKNOWN, name,
			    "--parameters gives it, and the document declares "
			    "no such parameter: Azure would refuse that");
	}
}

/* Those that expressions asked for in vain, once each. */
void
azure_tell_parameters(struct azure_import *in)
{
	const char *name;
	json_t *one;

	json_object_foreach(in->doc.asked, name, one)
	    azure_note(in, LB_IMPORT_UNKNOWN, name,
		"a parameter without a value here: --parameters FILE gives "
		"those of a file, --parameters %.100s=VALUE this one",
		name);
}
