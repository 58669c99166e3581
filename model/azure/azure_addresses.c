/* SPDX-License-Identifier: MIT */
/* Who has which address, from lines or from Azure's JSON. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/azure/azure.h"
#include "model/azure/azure_addresses.h"
#include "model/azure/azure_json.h"
#include "model/config/names.h"

#define SAME_NAME_MAX 512u /* listed ones of one machine that are looked at */

/* --- the store ----------------------------------------------------------- */

/* Names are the same in any case; one that is too long is nobody's. */
static bool
key_of(const char *kind, const char *name, char *key)
{
	int length = snprintf(key, AZURE_KEY_MAX, "%s\n%s", kind, name);

	for (char *at = key; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	return length > 0 && (size_t)length < AZURE_KEY_MAX;
}

json_t *
azure_addresses_at(
    const struct lb_addresses *addresses, const char *kind, const char *name)
{
	char key[AZURE_KEY_MAX];

	return key_of(kind, name, key) ? json_object_get(addresses->index, key)
				       : NULL;
}

static void
put_at(
    struct lb_addresses *to, const char *kind, const char *name, json_t *value)
{
	char key[AZURE_KEY_MAX];

	if (!key_of(kind, name, key))
		json_decref(value);
	else if (json_object_set_new(to->index, key, value) != 0)
		to->no_memory = true;
}

/* Room for one more; NULL: no memory is left. */
static void *
room_for(struct lb_addresses *to, void *list, size_t count, size_t *room,
    size_t bytes)
{
	if (count < *room)
		return list;
	void *more = realloc(list, (*room * 2 + 16) * bytes);
	if (more == NULL)
		to->no_memory = true;
	else
		*room = *room * 2 + 16;
	return more;
}

static char *
copy_of(struct lb_addresses *to, const char *text)
{
	char *copy = text != NULL ? strdup(text) : NULL;

	to->no_memory |= text != NULL && copy == NULL;
	return copy;
}

/* The first to say it is believed, and that others say otherwise is kept. */
static void
say(struct lb_addresses *to, struct azure_said *said, const char *address)
{
	if (said->address == NULL)
		said->address = copy_of(to, address);
	else if (said->other == NULL && strcasecmp(said->address, address) != 0)
		said->other = copy_of(to, address);
}

static int
family_of(const char *address)
{
	return strchr(address, ':') != NULL ? AZURE_IPV6 : AZURE_IPV4;
}

static void
add_word(struct lb_addresses *to, const char *name, const char *address)
{
	const json_t *at = azure_addresses_at(to, AZURE_KEY_WORD, name);
	size_t index =
	    at != NULL ? (size_t)json_integer_value(at) : to->word_count;

	if (at == NULL) {
		struct azure_word *more = room_for(to, to->words,
		    to->word_count, &to->word_room, sizeof(*more));
		if (more == NULL)
			return;
		to->words = more;
		to->words[to->word_count++] =
		    (struct azure_word){ .name = copy_of(to, name) };
		put_at(
		    to, AZURE_KEY_WORD, name, json_integer((json_int_t)index));
	}
	say(to, &to->words[index].said[family_of(address)], address);
}

/* As azure_listed, of texts that are somebody else's. */
struct entry {
	const char *id, *config, *address;
	bool primary;
};

/* kind, name: under what it is found when its id is not asked for. */
static void
add_listed(struct lb_addresses *to, const char *kind, const char *name,
    const struct entry *one)
{
	json_t *index = one->id != NULL
			    ? azure_addresses_at(to, AZURE_KEY_ID, one->id)
			    : NULL;

	if (index != NULL) {
		say(to, &to->listed[json_integer_value(index)].said,
		    one->address);
		return;
	}
	struct azure_listed *more = room_for(
	    to, to->listed, to->listed_count, &to->listed_room, sizeof(*more));
	if (more == NULL)
		return;
	to->listed = more;
	more[to->listed_count] = (struct azure_listed){
		.id = copy_of(to, one->id),
		.config = copy_of(to, one->config),
		.said.address = copy_of(to, one->address),
		.family = family_of(one->address),
		.primary = one->primary,
	};
	index = json_integer((json_int_t)to->listed_count++);
	json_t *same = azure_addresses_at(to, kind, name);
	if (same == NULL) {
		put_at(to, kind, name, json_array());
		same = azure_addresses_at(to, kind, name);
	}
	if (same != NULL && json_array_size(same) < SAME_NAME_MAX)
		to->no_memory |= json_array_append(same, index) != 0;
	if (one->id != NULL)
		put_at(to, AZURE_KEY_ID, one->id, json_incref(index));
	json_decref(index);
}

static void
said_free(struct azure_said *said)
{
	free(said->address);
	free(said->other);
	free(said->user);
}

void
lb_addresses_free(struct lb_addresses *addresses)
{
	if (addresses == NULL)
		return;
	for (size_t i = 0; i < addresses->word_count; i++) {
		free(addresses->words[i].name);
		for (size_t f = 0; f < AZURE_FAMILIES; f++)
			said_free(&addresses->words[i].said[f]);
	}
	for (size_t i = 0; i < addresses->listed_count; i++) {
		free(addresses->listed[i].id);
		free(addresses->listed[i].config);
		said_free(&addresses->listed[i].said);
	}
	free(addresses->words);
	free(addresses->listed);
	json_decref(addresses->index);
	free(addresses);
}

/* --- JSON ---------------------------------------------------------------- */

static const char *
take_address(struct azure_document *doc, json_t *thing, const char *key)
{
	const char *text = azure_take_text(doc, thing, key);
	struct lb_addr addr;

	return text != NULL && lb_addr_of_text(text, &addr) ? text : NULL;
}

/* 20.1.2.0/30: its first address; texts that were taken are the document's. */
static const char *
take_first(struct azure_document *doc, json_t *thing, const char *key)
{
	const char *text = azure_take_text(doc, thing, key);
	struct lb_addr addr;
	char first[64];

	if (text == NULL || strcspn(text, "/") >= sizeof(first))
		return NULL;
	(void)snprintf(
	    first, sizeof(first), "%.*s", (int)strcspn(text, "/"), text);
	json_t *kept =
	    lb_addr_of_text(first, &addr) ? json_string(first) : NULL;
	return json_array_append_new(doc->kept, kept) == 0
		   ? json_string_value(kept)
		   : NULL;
}

static void
add_configuration(struct lb_addresses *to, struct azure_document *doc,
    const char *nic, const char *nic_id, json_t *thing)
{
	const char *address = take_address(doc, thing, "privateIPAddress");
	const char *name = azure_take_text(doc, thing, "name");
	char made[AZURE_KEY_MAX], part[128], machine[160];
	struct entry one = { .id = azure_take_text(doc, thing, "id"),
		.address = address };

	if (address == NULL)
		return;
	if (nic_id != NULL && name != NULL &&
	    (one.id == NULL || !azure_id_part(one.id, "networkInterfaces",
				   machine, sizeof(machine)))) {
		(void)snprintf(
		    made, sizeof(made), "%s/ipConfigurations/%s", nic_id, name);
		one.id = made;
	}
	if (name == NULL && one.id != NULL &&
	    azure_id_part(one.id, "ipConfigurations", part, sizeof(part)))
		name = part;
	one.config = name;
	(void)azure_take_flag(doc, thing, "primary", &one.primary);
	if (one.id != NULL && azure_id_part(one.id, "networkInterfaces",
				  machine, sizeof(machine)))
		azure_machine(one.id, machine, sizeof(machine));
	else
		(void)snprintf(
		    machine, sizeof(machine), "%s", nic != NULL ? nic : "");
	if (*machine != '\0')
		add_listed(to, AZURE_KEY_NIC, machine, &one);
}

static void
add_public(struct lb_addresses *to, struct azure_document *doc, json_t *thing,
    const char *name, const char *id)
{
	const char *address = take_address(doc, thing, "ipAddress");
	if (address == NULL) /* a prefix, as its first address */
		address = take_first(doc, thing, "ipPrefix");
	const struct entry one = { .id = id, .address = address };
	char part[160];

	if (name == NULL && id != NULL &&
	    azure_id_part(id, NULL, part, sizeof(part)))
		name = part;
	if (address != NULL && name != NULL)
		add_listed(to, AZURE_KEY_PUBLIC, name, &one);
}

static void
add_thing(struct lb_addresses *to, struct azure_document *doc, json_t *thing)
{
	json_t *list = azure_list(thing, "ipConfigurations"), *one;
	const char *name = azure_take_text(doc, thing, "name");
	const char *id = azure_take_text(doc, thing, "id");
	size_t i;

	if (list == NULL)
		add_public(to, doc, thing, name, id);
	json_array_foreach(list, i, one)
	    add_configuration(to, doc, name, id, one);
}

/* { "web-1": "10.0.0.4" } */
static bool
add_pairs(struct lb_addresses *to, const json_t *object)
{
	const char *name;
	json_t *value;
	struct lb_addr addr;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		const char *text = json_string_value(value);
		if (text == NULL || !lb_addr_of_text(text, &addr))
			return false;
	}
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	    add_word(to, name, json_string_value(value));
	return json_object_size(object) > 0;
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
		add_thing(to, &doc, doc.root);
	json_array_foreach(list, i, one) add_thing(to, &doc, one);
	azure_document_close(&doc);
	if (to->listed_count > 0 || to->word_count > 0)
		return true;
	(void)snprintf(error, bytes,
	    "no address in this JSON: give the output of az network nic list, "
	    "az vmss nic list, az network public-ip list or az network "
	    "public-ip prefix list, or { \"name\": "
	    "\"address\" }");
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
	*end = '\0';
	add_word(to, line, value);
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
	if (to->index == NULL)
		to->index = json_object();
	char *utf8 = azure_utf8(text, bytes, &bytes);
	if (utf8 == NULL && errno == EILSEQ)
		(void)snprintf(error, error_bytes, AZURE_BROKEN_UTF16);
	bool good = to->index != NULL && utf8 != NULL &&
		    read_any(to, utf8, bytes, error, error_bytes);
	free(utf8);
	if (good && to->no_memory)
		(void)snprintf(error, error_bytes, "no memory");
	return good && !to->no_memory;
}
