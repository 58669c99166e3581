/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>

#include "model/azure_parts.h"
#include "model/names.h"

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

/* Double quotes with the escapes that YAML and JSON have in common. */
static void
put_value(FILE *to, const char *text)
{
	if (is_plain(text)) {
		(void)fputs(text, to);
		return;
	}
	(void)fputc('"', to);
	for (const char *at = text; *at != '\0'; at++)
		if (*at == '"' || *at == '\\')
			(void)fprintf(to, "\\%c", *at);
		else if ((unsigned char)*at < 0x20 || *at == 0x7f)
			(void)fprintf(to, "\\u%04x", (unsigned char)*at);
		else
			(void)fputc(*at, to);
	(void)fputc('"', to);
}

void
azure_put_item(struct azure_import *in, unsigned indent, const char *name)
{
	put_indent(in, indent);
	(void)fputs("- name: ", in->to);
	put_value(in->to, name);
	(void)fputc('\n', in->to);
}

void
azure_put_text(
    struct azure_import *in, unsigned indent, const char *key, const char *text)
{
	put_indent(in, indent);
	(void)fprintf(in->to, "%s: ", key);
	put_value(in->to, text);
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

/* --- addresses ----------------------------------------------------------- */

static const char *
known_address(const struct azure_import *in, const char *given,
    const char *owner, const char *name, const char *id)
{
	struct lb_addr addr;
	char both[2 * LB_NAME_MAX + 2];
	const char *known = NULL;

	if (given != NULL && lb_addr_of_text(given, &addr))
		return given;
	if (owner != NULL) {
		(void)snprintf(both, sizeof(both), "%s/%s", owner, name);
		known = lb_addresses_find(in->addresses, both);
	}
	if (known == NULL)
		known = lb_addresses_find(in->addresses, name);
	if (known == NULL && id != NULL)
		known = lb_addresses_find(in->addresses, id);
	if (known == NULL && given != NULL) /* a parameter's name */
		known = lb_addresses_find(in->addresses, given);
	return known;
}

/* The end of a resource id, from the kind of thing on that it is. */
static void
behind_id(const char *id, char *text, size_t bytes)
{
	const char *at = id != NULL ? strstr(id, "/providers/") : NULL;

	*text = '\0';
	if (at != NULL)
		at = strchr(at + strlen("/providers/"), '/');
	if (at == NULL)
		return;
	(void)snprintf(text, bytes, "%.180s", at + 1);
	for (char *c = text; *c != '\0'; c++) /* it stands in a comment */
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
}

void
azure_put_address(struct azure_import *in, unsigned indent, const char *given,
    const char *owner, const char *name, const char *id)
{
	const char *known = known_address(in, given, owner, name, id);
	char where[2 * LB_NAME_MAX + 2], behind[192];

	put_indent(in, indent);
	if (known != NULL) {
		(void)fprintf(in->to,
		    strchr(known, ':') != NULL ? "address: \"%s\"\n"
					       : "address: %s\n",
		    known);
		return;
	}
	behind_id(id, behind, sizeof(behind));
	(void)fprintf(in->to, "address: # missing%s%s\n",
	    *behind != '\0' ? ": that of " : "", behind);
	(void)snprintf(where, sizeof(where), "%s%s%s",
	    owner != NULL ? owner : "", owner != NULL ? "/" : "", name);
	azure_note(in, LB_IMPORT_MISSING, where,
	    "no address%s%s; --addresses FILE gives it: %s=ADDRESS, or the "
	    "output of az network %s list",
	    *behind != '\0' ? ", it is that of " : "", behind, where,
	    owner != NULL ? "nic" : "public-ip");
}

/* --- keys ---------------------------------------------------------------- */

void
azure_copy_choice(struct azure_import *in, json_t *thing, const char *from,
    const char *to, int (*value)(const char *), const char *(*word)(unsigned))
{
	const char *text = azure_take_text(&in->doc, thing, from);

	if (text == NULL)
		return;
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
		return false;
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
}

void
azure_copy_flag(
    struct azure_import *in, json_t *thing, const char *from, const char *to)
{
	bool flag;

	if (!azure_take_flag(&in->doc, thing, from, &flag) || !flag)
		return;
	put_indent(in, FIELD_INDENT);
	(void)fprintf(in->to, "%s: true\n", to);
}

bool
azure_copy_reference(
    struct azure_import *in, json_t *thing, const char *from, const char *to)
{
	char name[LB_NAME_MAX + 1];
	const char *id = azure_take_id(&in->doc, thing, from);

	if (id == NULL || !azure_id_part(id, NULL, name, sizeof(name)))
		return false;
	azure_put_text(in, FIELD_INDENT, to, name);
	return true;
}

const char *
azure_name(struct azure_import *in, json_t *thing, const char *kind,
    size_t index, char *name, size_t bytes)
{
	const char *text = azure_take_text(&in->doc, thing, "name");

	/* a child resource's is balancer/child */
	if (text == NULL || !azure_id_part(text, NULL, name, bytes))
		(void)snprintf(name, bytes, "%s-%zu", kind, index + 1);
	return name;
}
