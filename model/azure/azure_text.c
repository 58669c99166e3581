/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>

#include "model/azure/azure_parts.h"
#include "model/config/names.h"

#define FIELD_INDENT 4u /* of the keys of frontends, probes and rules */

static void
put_indent(struct azure_import *in, unsigned indent)
{
	(void)fprintf(in->to, "%*s", (int)indent, "");
}

/* Would YAML read it as these characters? */
static bool
is_plain(const char *text)
{
	if (!isalpha((unsigned char)*text) && *text != '/')
		return false;
	for (const char *at = text; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at) && strchr("-_./", *at) == NULL)
			return false;
	static const char *const words[] = { "null", "true", "false", "yes",
		"no", "on", "off", "y", "n" };
	for (size_t i = 0; i < LB_COUNT(words); i++)
		if (lb_name_is(text, words[i]))
			return false;
	return true;
}

/*
 * A character that YAML takes for a line's end, or does not take at all:
 * controls, U+2028, U+2029, U+FEFF and what is none.  Its bytes; 0: it stands
 * for itself.
 */
static size_t
odd_bytes(const char *text, unsigned *code)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t bytes = at[0] < 0x80   ? 1
		       : at[0] < 0xe0 ? 2
		       : at[0] < 0xf0 ? 3
				      : 4;

	*code = bytes == 1 ? at[0] : at[0] & (0x7fu >> bytes);
	for (size_t i = 1; i < bytes; i++) {
		if (at[i] == '\0')
			return 0;
		*code = *code << 6 | (at[i] & 0x3f);
	}
	bool odd = *code < 0x20 || (*code >= 0x7f && *code < 0xa0) ||
		   *code == 0x2028 || *code == 0x2029 || *code == 0xfeff ||
		   (*code & 0xfffe) == 0xfffe;
	return odd && *code <= 0xffff ? bytes : 0;
}

void
azure_put_comment(FILE *to, const char *text)
{
	unsigned code;

	for (size_t odd; *text != '\0'; text += odd > 0 ? odd : 1) {
		odd = odd_bytes(text, &code);
		(void)fputc(odd > 0 ? '?' : *text, to);
	}
}

/* Double quotes with the escapes that YAML and JSON have in common. */
void
azure_put_value(FILE *to, const char *text)
{
	unsigned code;

	if (is_plain(text)) {
		(void)fputs(text, to);
		return;
	}
	(void)fputc('"', to);
	for (size_t odd; *text != '\0'; text += odd > 0 ? odd : 1) {
		odd = odd_bytes(text, &code);
		if (odd > 0)
			(void)fprintf(to, "\\u%04x", code);
		else if (*text == '"' || *text == '\\')
			(void)fprintf(to, "\\%c", *text);
		else
			(void)fputc(*text, to);
	}
	(void)fputc('"', to);
}

void
azure_put_item(struct azure_import *in, unsigned indent, const char *name)
{
	put_indent(in, indent);
	(void)fputs("- name: ", in->to);
	azure_put_value(in->to, name);
	(void)fputc('\n', in->to);
}

void
azure_put_text(
    struct azure_import *in, unsigned indent, const char *key, const char *text)
{
	put_indent(in, indent);
	(void)fprintf(in->to, "%s: ", key);
	azure_put_value(in->to, text);
	(void)fputc('\n', in->to);
}

char *
azure_key(const char *pool, const char *what, char *key, size_t bytes)
{
	(void)snprintf(key, bytes, "%s\n%s", pool, what);
	for (char *at = key; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	return key;
}

/* --- what is known of things --------------------------------------------- */

void
azure_learn(
    struct azure_import *in, const char *kind, const char *name, json_t *fact)
{
	char key[2 * LB_NAME_MAX];

	if (json_object_set_new(
		in->facts, azure_key(kind, name, key, sizeof(key)), fact) != 0)
		in->doc.no_memory = true;
}

const json_t *
azure_fact(const struct azure_import *in, const char *kind, const char *name)
{
	char key[2 * LB_NAME_MAX];

	return json_object_get(
	    in->facts, azure_key(kind, name, key, sizeof(key)));
}

void
azure_spell(
    const struct azure_import *in, const char *kind, char *name, size_t bytes)
{
	const char *written = json_string_value(azure_fact(in, kind, name));

	if (written != NULL)
		(void)snprintf(name, bytes, "%s", written);
}

/* --- what is not understood ---------------------------------------------- */

void
azure_at(struct azure_import *in, const char *list, size_t index)
{
	(void)snprintf(in->path, sizeof(in->path), "%s[%zu]", list, index);
}

static bool
is_expression(const json_t *value)
{
	return json_is_string(value) &&
	       !azure_is_plain(json_string_value(value));
}

bool
azure_mark(struct azure_import *in, unsigned indent, json_t *thing,
    const char *from, const char *to)
{
	const json_t *value = azure_take_any(&in->doc, thing, from);
	char shown[80], where[AZURE_PATH_BYTES + 64];

	if (value == NULL)
		return false;
	azure_show(value, shown, sizeof(shown));
	if (to != NULL) {
		put_indent(in, indent);
		(void)fprintf(in->to, "%s: " AZURE_MARK " # %s: ", to, from);
		azure_put_comment(in->to, shown);
		(void)fputc('\n', in->to);
	}
	(void)snprintf(where, sizeof(where), "%s%s%s", in->path,
	    *in->path != '\0' ? "." : "", from);
	azure_note(in, LB_IMPORT_NOT_UNDERSTOOD, where, "%s: %s%s%s%s", shown,
	    is_expression(value) ? "an expression without a value here"
				 : "no value of this key",
	    to != NULL ? "; put one for `" : ", and not in the text",
	    to != NULL ? to : "", to != NULL ? "`" : "");
	return true;
}

bool
azure_mark_text(struct azure_import *in, unsigned indent, json_t *thing,
    const char *from, const char *to)
{
	return azure_has(thing, from) &&
	       azure_mark(in, indent, thing, from, to);
}

/* --- addresses ----------------------------------------------------------- */

static void
name_of_owner(const struct lb_address_owner *who, char *name, size_t bytes)
{
	(void)snprintf(name, bytes, "%s%s%s",
	    who->pool != NULL ? who->pool : "", who->pool != NULL ? "/" : "",
	    who->name);
}

/* The address that the document itself gives, or that somebody said; NULL:
 * neither, and why.  Notes what was chosen for want of a word. */
static const char *
known_address(
    struct azure_import *in, const struct lb_address_owner *who, char *why)
{
	struct lb_addr addr;
	const char *said;
	char where[2 * LB_NAME_MAX + 2];
	enum lb_address_sure sure =
	    lb_addresses_find(in->addresses, who, &said, why);

	name_of_owner(who, where, sizeof(where));
	if (who->given != NULL && lb_addr_of_text(who->given, &addr)) {
		if (said != NULL && strcasecmp(said, who->given) != 0)
			azure_note(in, LB_IMPORT_ASSUMED, where,
			    "--addresses gives it %s, the document %s: the "
			    "document's is taken",
			    said, who->given);
		return who->given;
	}
	if (sure == LB_ADDRESS_ASSUMED)
		azure_note(in, LB_IMPORT_ASSUMED, where, "%s", why);
	return said;
}

/* The end of a resource id, from the kind of thing on that it is. */
static void
behind_id(const char *id, char *text, size_t bytes)
{
	const char *at = id != NULL ? strcasestr(id, "/providers/") : NULL;

	*text = '\0';
	if (id == NULL)
		return;
	if (at != NULL)
		at = strchr(at + strlen("/providers/"), '/');
	(void)snprintf(text, bytes, "%.180s", at != NULL ? at + 1 : id);
	azure_whole_characters(text);
}

/* What gives addresses of its kind; NULL: no list does. */
static const char *
lister_of(const struct lb_address_owner *who)
{
	const char *id = who->id != NULL ? who->id : "";

	if (who->pool == NULL && strcasestr(id, "publicIPPrefixes/") != NULL)
		return "az network public-ip prefix list";
	if (who->pool == NULL)
		return strcasestr(id, "publicIPAddresses/") != NULL
			   ? "az network public-ip list"
			   : NULL;
	if (strcasestr(id, "virtualMachineScaleSets/") != NULL)
		return "az vmss nic list";
	return strcasestr(id, "networkInterfaces/") != NULL
		   ? "az network nic list"
		   : NULL;
}

static void
tell_missing(struct azure_import *in, const struct lb_address_owner *who,
    const char *behind, const char *why)
{
	char where[2 * LB_NAME_MAX + 2], shown[80];
	const char *list = lister_of(who);

	name_of_owner(who, where, sizeof(where));
	if (who->given != NULL) {
		json_t *text = json_string(who->given);
		azure_show(text, shown, sizeof(shown));
		json_decref(text);
	}
	azure_note(in, LB_IMPORT_MISSING, where,
	    "%s%sno address%s%s%s%s; --addresses FILE gives it: %s=ADDRESS%s%s",
	    who->given != NULL ? shown : "", who->given != NULL ? " is " : "",
	    *behind != '\0' ? ", it is that of " : "", behind,
	    *why != '\0' ? "; " : "", why, where,
	    list != NULL ? ", or the output of " : "",
	    list != NULL ? list : "");
}

void
azure_put_address(struct azure_import *in, unsigned indent,
    const struct lb_address_owner *who)
{
	char behind[192], why[LB_ADDRESS_WHY];
	const char *known = known_address(in, who, why);

	put_indent(in, indent);
	if (known != NULL) {
		(void)fprintf(in->to,
		    strchr(known, ':') != NULL ? "address: \"%s\"\n"
					       : "address: %s\n",
		    known);
		if (who->pool == NULL)
			azure_learn(in, "family", who->name,
			    json_integer(strchr(known, ':') != NULL ? 6 : 4));
		return;
	}
	behind_id(who->id, behind, sizeof(behind));
	(void)fprintf(in->to, "address: # missing%s",
	    *behind != '\0' ? ": that of " : "");
	azure_put_comment(in->to, behind);
	(void)fputc('\n', in->to);
	tell_missing(in, who, behind, why);
}

/* --- keys ---------------------------------------------------------------- */

void
azure_copy_choice(struct azure_import *in, json_t *thing, const char *from,
    const char *to, int (*value)(const char *), const char *(*word)(unsigned))
{
	const char *text = azure_take_text(&in->doc, thing, from);

	if (text == NULL) {
		(void)azure_mark_text(in, FIELD_INDENT, thing, from, to);
		return;
	}
	int known = value(text);
	azure_put_text(
	    in, FIELD_INDENT, to, known >= 0 ? word((unsigned)known) : text);
}

bool
azure_copy_number(struct azure_import *in, json_t *thing, const char *from,
    const char *to, const char *unit)
{
	int number;

	if (!azure_take_number(&in->doc, thing, from, &number))
		return azure_mark(in, FIELD_INDENT, thing, from, to);
	put_indent(in, FIELD_INDENT);
	(void)fprintf(in->to, "%s: %d%s\n", to, number, unit);
	return true;
}

void
azure_copy_text(
    struct azure_import *in, json_t *thing, const char *from, const char *to)
{
	const char *text = azure_take_text(&in->doc, thing, from);

	if (text != NULL)
		azure_put_text(in, FIELD_INDENT, to, text);
	else
		(void)azure_mark_text(in, FIELD_INDENT, thing, from, to);
}

void
azure_copy_flag(
    struct azure_import *in, json_t *thing, const char *from, const char *to)
{
	bool flag;

	if (!azure_take_flag(&in->doc, thing, from, &flag)) {
		(void)azure_mark(in, FIELD_INDENT, thing, from, to);
		return;
	}
	if (!flag)
		return;
	put_indent(in, FIELD_INDENT);
	(void)fprintf(in->to, "%s: true\n", to);
}

/* *id: NULL when there is none that is understood. */
static bool
copy_id(struct azure_import *in, json_t *thing, const char *from,
    const char *to, const char **id)
{
	char name[LB_NAME_MAX + 1];

	*id = azure_take_id(&in->doc, thing, from);
	if (*id == NULL || !azure_id_part(*id, NULL, name, sizeof(name)))
		return azure_mark_text(in, FIELD_INDENT, thing, from, to);
	azure_spell(in, to, name, sizeof(name));
	azure_put_text(in, FIELD_INDENT, to, name);
	return true;
}

bool
azure_copy_reference(
    struct azure_import *in, json_t *thing, const char *from, const char *to)
{
	const char *id;

	return copy_id(in, thing, from, to, &id);
}

const char *
azure_need_reference(struct azure_import *in, json_t *thing, const char *from,
    const char *to, const char *name)
{
	const char *id;

	if (!copy_id(in, thing, from, to, &id))
		azure_note(in, LB_IMPORT_MISSING, name,
		    "the document names no %s: add `%s: NAME`", to, to);
	return id;
}

const char *
azure_name(struct azure_import *in, json_t *thing, const char *kind,
    size_t index, char *name, size_t bytes)
{
	const char *text = azure_take_text(&in->doc, thing, "name");

	if (text == NULL)
		(void)azure_mark_text(in, 0, thing, "name", NULL);
	/* a child resource's is balancer/child */
	if (text == NULL || !azure_id_part(text, NULL, name, bytes))
		(void)snprintf(name, bytes, "%s-%zu", kind, index + 1);
	return name;
}
