/* SPDX-License-Identifier: MIT */
#include "model/azure/azure_json.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool
azure_document_open(struct azure_document *doc, const json_t *root)
{
	*doc = (struct azure_document){ .root = json_deep_copy(root),
		.work = AZURE_WORK,
		.kept = json_array(),
		.asked = json_object() };
	doc->no_memory =
	    doc->root == NULL || doc->kept == NULL || doc->asked == NULL;
	if (doc->no_memory)
		return false;
	doc->parameters = azure_object(doc->root, "parameters");
	doc->variables = azure_object(doc->root, "variables");
	return true;
}

void
azure_document_close(struct azure_document *doc)
{
	json_decref(doc->root);
	json_decref(doc->kept);
	json_decref(doc->asked);
	*doc = (struct azure_document){ 0 };
}

/* --- finding ------------------------------------------------------------- */

/* As the document spells a key; NULL: it has none. */
const char *
azure_spelled(const json_t *object, const char *key)
{
	const char *name;
	json_t *value;

	/* jansson's loop takes no const object, and changes nothing */
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		if (strcasecmp(name, key) == 0 && !json_is_null(value))
			return name;
	}
	return NULL;
}

/* The object that has the key: `properties`, else the object itself. */
static json_t *
holder(const json_t *object, const char *key, const char **name)
{
	const char *inner = azure_spelled(object, "properties");
	json_t *properties =
	    inner != NULL ? json_object_get(object, inner) : NULL;

	*name = azure_spelled(properties, key);
	if (*name != NULL)
		return properties;
	*name = azure_spelled(object, key);
	return *name != NULL ? (json_t *)(uintptr_t)object : NULL;
}

json_t *
azure_own(const json_t *object, const char *key)
{
	const char *name = azure_spelled(object, key);

	return name != NULL ? json_object_get(object, name) : NULL;
}

static json_t *
find(const json_t *object, const char *key)
{
	const char *name;
	const json_t *in = holder(object, key, &name);

	return in != NULL ? json_object_get(in, name) : NULL;
}

/* Out of the document, and kept. */
static void
take(struct azure_document *doc, json_t *object, const char *key)
{
	const char *name;
	json_t *in = holder(object, key, &name);

	if (json_array_append(doc->kept, json_object_get(in, name)) != 0)
		doc->no_memory = true;
	else
		(void)json_object_del(in, name);
}

const json_t *
azure_take_any(struct azure_document *doc, json_t *object, const char *key)
{
	const json_t *value = find(object, key);

	if (value != NULL)
		take(doc, object, key);
	return doc->no_memory ? NULL : value;
}

const json_t *
azure_value(const json_t *object, const char *key)
{
	return find(object, key);
}

const char *
azure_text(const json_t *object, const char *key)
{
	return json_string_value(find(object, key));
}

json_t *
azure_list(const json_t *object, const char *key)
{
	json_t *value = find(object, key);

	return json_is_array(value) ? value : NULL;
}

json_t *
azure_object(const json_t *object, const char *key)
{
	json_t *value = find(object, key);

	return json_is_object(value) ? value : NULL;
}

bool
azure_is_empty(const json_t *value)
{
	return value == NULL || json_is_null(value) || json_is_false(value) ||
	       (json_is_string(value) && json_string_length(value) == 0) ||
	       (json_is_array(value) && json_array_size(value) == 0) ||
	       (json_is_object(value) && json_object_size(value) == 0);
}

bool
azure_has(const json_t *object, const char *key)
{
	return !azure_is_empty(find(object, key));
}

void
azure_show(const json_t *value, char *text, size_t bytes)
{
	char *dumped = json_dumps(
	    value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);

	(void)snprintf(text, bytes, "%.60s%s", dumped != NULL ? dumped : "?",
	    dumped != NULL && strlen(dumped) > 60 ? "..." : "");
	free(dumped);
}

/* --- taking -------------------------------------------------------------- */

/* The text of an expression, kept; NULL: it has none. */
static const char *
evaluated(struct azure_document *doc, const char *text)
{
	char *value = azure_evaluate(doc, text);
	json_t *kept = value != NULL ? json_string(value) : NULL;

	free(value);
	if (kept == NULL || json_array_append_new(doc->kept, kept) != 0)
		return NULL;
	return json_string_value(kept);
}

const char *
azure_take_text(struct azure_document *doc, json_t *object, const char *key)
{
	const json_t *value = find(object, key);
	const char *text = json_string_value(value);

	if (text == NULL || *text == '\0')
		return NULL;
	if (*text == '[')
		text = evaluated(doc, text);
	if (text != NULL)
		take(doc, object, key);
	return text;
}

static bool
number_of_text(const char *text, int *number)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (end == text || *end != '\0' || value < INT_MIN || value > INT_MAX)
		return false;
	*number = (int)value;
	return true;
}

bool
azure_take_number(
    struct azure_document *doc, json_t *object, const char *key, int *number)
{
	const json_t *value = find(object, key);

	if (json_is_string(value)) {
		char *text = azure_evaluate(doc, json_string_value(value));
		bool good = text != NULL && number_of_text(text, number);
		free(text);
		if (good)
			take(doc, object, key);
		return good;
	}
	if (!json_is_integer(value) || json_integer_value(value) < INT_MIN ||
	    json_integer_value(value) > INT_MAX)
		return false;
	*number = (int)json_integer_value(value);
	take(doc, object, key);
	return true;
}

bool
azure_take_flag(
    struct azure_document *doc, json_t *object, const char *key, bool *flag)
{
	const json_t *value = find(object, key);

	if (json_is_string(value)) {
		char *text = azure_evaluate(doc, json_string_value(value));
		bool yes = text != NULL && strcasecmp(text, "true") == 0;
		bool no = text != NULL && strcasecmp(text, "false") == 0;
		free(text);
		if (!yes && !no)
			return false;
		*flag = yes;
	} else if (json_is_boolean(value)) {
		*flag = json_is_true(value);
	} else {
		return false;
	}
	take(doc, object, key);
	return true;
}

const char *
azure_take_id(struct azure_document *doc, json_t *object, const char *key)
{
	json_t *reference = azure_object(object, key);

	return reference != NULL ? azure_take_text(doc, reference, "id") : NULL;
}

/* --- resource ids -------------------------------------------------------- */

void
azure_whole_characters(char *text)
{
	size_t end = strlen(text), at = end;

	while (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
		at--;
	if (at == 0)
		return;
	unsigned char first = (unsigned char)text[at - 1];
	size_t wants = first >= 0xf0   ? 4
		       : first >= 0xe0 ? 3
		       : first >= 0xc0 ? 2
				       : 1;
	if (wants > 1 && end - at + 1 < wants)
		text[at - 1] = '\0';
}

bool
azure_id_part(const char *id, const char *kind, char *name, size_t bytes)
{
	const char *part = NULL;

	if (kind == NULL) {
		part = strrchr(id, '/');
		part = part != NULL ? part + 1 : id;
	} else {
		size_t length = strlen(kind);
		for (const char *at = strchr(id, '/'); at != NULL;
		     at = strchr(at + 1, '/'))
			if (strncasecmp(at + 1, kind, length) == 0 &&
			    at[length + 1] == '/')
				part = at + length + 2;
	}
	if (part == NULL)
		return false;
	size_t length = strcspn(part, "/");
	if (length == 0 || bytes == 0)
		return false;
	if (length >= bytes)
		length = bytes - 1;
	memcpy(name, part, length);
	name[length] = '\0';
	azure_whole_characters(name);
	return *name != '\0';
}

void
azure_machine(const char *id, char *name, size_t bytes)
{
	char set[64], instance[32], nic[80];
	bool of_set =
	    azure_id_part(id, "virtualMachineScaleSets", set, sizeof(set)) &&
	    azure_id_part(id, "virtualMachines", instance, sizeof(instance));

	if (of_set)
		(void)snprintf(name, bytes, "%s_%s", set, instance);
	else if (azure_id_part(id, "networkInterfaces", nic, sizeof(nic)))
		(void)snprintf(name, bytes, "%s", nic);
	else
		(void)azure_id_part(id, NULL, name, bytes);
}
