/* SPDX-License-Identifier: MIT */
/* Who has which address, from lines or from Azure's JSON. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/azure/azure.h"
#include "model/azure/azure_json.h"
#include "model/config/names.h"

struct lb_addresses {
	json_t *by_name; /* names in lower case to texts */
	json_t *asked;   /* names that were asked for, in lower case */
	json_t *written; /* names as people wrote them, in their order */
};

#define KEY_MAX 1024u

/* Names are the same in any case; one that is too long is nobody's. */
static bool
key_of(const char *name, size_t length, char *key)
{
	if (length >= KEY_MAX)
		return false;
	for (size_t i = 0; i < length; i++)
		key[i] = (char)tolower((unsigned char)name[i]);
	key[length] = '\0';
	return true;
}

/* A name that somebody means, and is told of if it is nobody's. */
static void
note_written(struct lb_addresses *to, const char *name, size_t length)
{
	(void)json_array_append_new(to->written, json_stringn(name, length));
}

/* The first to say it is believed. */
static void
add(struct lb_addresses *to, const char *name, size_t length,
    const char *address)
{
	char key[KEY_MAX];

	if (key_of(name, length, key) &&
	    json_object_get(to->by_name, key) == NULL)
		(void)json_object_set_new(
		    to->by_name, key, json_string(address));
}

const char *
lb_addresses_find(const struct lb_addresses *addresses, const char *name)
{
	char key[KEY_MAX];

	if (addresses == NULL || !key_of(name, strlen(name), key))
		return NULL;
	(void)json_object_set_new(addresses->asked, key, json_true());
	return json_string_value(json_object_get(addresses->by_name, key));
}

const char *
lb_addresses_unused(const struct lb_addresses *addresses, size_t *next)
{
	char key[KEY_MAX];

	if (addresses == NULL)
		return NULL;
	while (*next < json_array_size(addresses->written)) {
		const char *name = json_string_value(
		    json_array_get(addresses->written, (*next)++));
		if (name != NULL &&
		    (!key_of(name, strlen(name), key) ||
			json_object_get(addresses->asked, key) == NULL))
			return name;
	}
	return NULL;
}

void
lb_addresses_free(struct lb_addresses *addresses)
{
	if (addresses != NULL) {
		json_decref(addresses->by_name);
		json_decref(addresses->asked);
		json_decref(addresses->written);
	}
	free(addresses);
}

/* --- JSON ---------------------------------------------------------------- */

/* By the id of the thing, by its last name, and by the machine's. */
static void
add_thing(struct lb_addresses *to, struct azure_document *doc, json_t *thing,
    const char *machine)
{
	const char *address = azure_take_text(doc, thing, "privateIPAddress");
	const char *id = azure_take_text(doc, thing, "id");
	const char *name = azure_take_text(doc, thing, "name");
	struct lb_addr addr;

	if (address == NULL)
		address = azure_take_text(doc, thing, "ipAddress");
	if (address == NULL || !lb_addr_of_text(address, &addr))
		return;
	if (id != NULL)
		add(to, id, strlen(id), address);
	if (machine == NULL)
		machine = name;
	if (machine != NULL)
		add(to, machine, strlen(machine), address);
}

static void
add_nic(struct lb_addresses *to, struct azure_document *doc, json_t *nic)
{
	json_t *list = azure_list(nic, "ipConfigurations"), *one;
	char machine[KEY_MAX] = "";
	size_t i;

	if (list == NULL) {
		add_thing(to, doc, nic, NULL);
		return;
	}
	const char *name = azure_take_text(doc, nic, "name");
	const char *id = azure_text(nic, "id");
	/* NICs of a scale set have one name, and their instances another */
	if (id != NULL && strcasestr(id, "/virtualMachineScaleSets/") != NULL)
		azure_machine(id, machine, sizeof(machine));
	else if (name != NULL)
		(void)snprintf(machine, sizeof(machine), "%s", name);
	json_array_foreach(list, i, one)
	    add_thing(to, doc, one, *machine != '\0' ? machine : NULL);
}

/* { "web-1": "10.0.0.4" } */
static bool
add_pairs(struct lb_addresses *to, const json_t *object)
{
	const char *name;
	json_t *value;
	struct lb_addr addr;
	size_t count = 0;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		const char *text = json_string_value(value);
		if (text == NULL || !lb_addr_of_text(text, &addr))
			return false;
		add(to, name, strlen(name), text);
		count++;
	}
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	    note_written(to, name, strlen(name));
	return count > 0;
}

static bool
read_json(
    struct lb_addresses *to, const json_t *root, char *error, size_t bytes)
{
	struct azure_document doc;
	json_t *one;
	size_t i;

	if (json_is_object(root) && add_pairs(to, root))
		return true;
	if (!azure_document_open(&doc, root)) {
		(void)snprintf(error, bytes, "no memory");
		return false;
	}
	json_t *list =
	    json_is_array(doc.root) ? doc.root : azure_list(doc.root, "value");
	if (list == NULL)
		add_nic(to, &doc, doc.root);
	json_array_foreach(list, i, one) add_nic(to, &doc, one);
	azure_document_close(&doc);
	if (json_object_size(to->by_name) > 0)
		return true;
	(void)snprintf(error, bytes,
	    "no address in this JSON: the output of az network nic list, of "
	    "az network public-ip list, or { \"name\": \"address\" }");
	return false;
}

/* --- lines --------------------------------------------------------------- */

static bool
read_line(struct lb_addresses *to, char *line)
{
	struct lb_addr addr;

	line[strcspn(line, "#\r")] = '\0';
	while (isspace((unsigned char)*line))
		line++;
	char *equals = strrchr(line, '=');
	if (equals == NULL)
		return *line == '\0';
	char *end = equals;
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	char *value = equals + 1;
	while (isspace((unsigned char)*value))
		value++;
	for (char *last = value + strlen(value);
	     last > value && isspace((unsigned char)last[-1]);)
		*--last = '\0';
	if (end == line || !lb_addr_of_text(value, &addr))
		return false;
	add(to, line, (size_t)(end - line), value);
	note_written(to, line, (size_t)(end - line));
	return true;
}

static bool
read_lines(struct lb_addresses *to, char *text, char *error, size_t bytes)
{
	unsigned number = 0;

	for (char *line = text; line != NULL;) {
		char *next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		number++;
		if (!read_line(to, line)) {
			(void)snprintf(error, bytes,
			    "line %u: '%.60s' is no name=address", number,
			    line);
			return false;
		}
		line = next;
	}
	return true;
}

static bool
read_any(struct lb_addresses *to, const char *text, size_t text_bytes,
    char *error, size_t bytes)
{
	json_error_t where;
	size_t begin = 0;

	while (begin < text_bytes && isspace((unsigned char)text[begin]))
		begin++;
	if (begin == text_bytes || (text[begin] != '{' && text[begin] != '[')) {
		char *copy = strndup(text, text_bytes);
		bool good = copy != NULL && read_lines(to, copy, error, bytes);
		free(copy);
		return good;
	}
	json_t *root = json_loadb(text, text_bytes, 0, &where);
	if (root == NULL) {
		(void)snprintf(error, bytes, "line %d, column %d: %s",
		    where.line, where.column, where.text);
		return false;
	}
	bool good = read_json(to, root, error, bytes);
	json_decref(root);
	return good;
}

bool
lb_addresses_read(struct lb_addresses **addresses, const char *text,
    size_t bytes, char *error, size_t error_bytes)
{
	(void)snprintf(error, error_bytes, "no memory");
	if (*addresses == NULL)
		*addresses = calloc(1, sizeof(**addresses));
	if (*addresses == NULL)
		return false;
	struct lb_addresses *to = *addresses;
	if (to->by_name == NULL)
		to->by_name = json_object();
	if (to->asked == NULL)
		to->asked = json_object();
	if (to->written == NULL)
		to->written = json_array();
	char *utf8 = azure_utf8(text, bytes, &bytes);
	if (utf8 == NULL && errno == EILSEQ)
		(void)snprintf(error, error_bytes, AZURE_BROKEN_UTF16);
	bool good = to->by_name != NULL && to->asked != NULL &&
		    to->written != NULL && utf8 != NULL &&
		    read_any(to, utf8, bytes, error, error_bytes);
	free(utf8);
	return good;
}
