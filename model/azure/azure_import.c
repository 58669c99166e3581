/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/azure/azure_parts.h"
#include "model/config/names.h"

#define TYPE       "Microsoft.Network/loadBalancers"
#define NOTES_MAX  10000u
#define PATH_BYTES AZURE_PATH_BYTES

/* --- notes --------------------------------------------------------------- */

void
azure_note(struct azure_import *in, enum lb_import_kind kind, const char *where,
    const char *format, ...)
{
	struct lb_import *result = in->result;
	char what[1024];
	va_list args;

	result->missing +=
	    kind == LB_IMPORT_MISSING || kind == LB_IMPORT_NOT_UNDERSTOOD;
	if (result->note_count == NOTES_MAX) {
		result->left_out++;
		return;
	}
	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	struct lb_import_note *more =
	    realloc(result->notes, (result->note_count + 1) * sizeof(*more));
	if (more == NULL) {
		in->doc.no_memory = true;
		return;
	}
	result->notes = more;
	struct lb_import_note *note = &more[result->note_count];
	*note = (struct lb_import_note){
		.kind = kind, .where = strdup(where), .what = strdup(what)
	};
	result->note_count++;
	if (note->where == NULL || note->what == NULL)
		in->doc.no_memory = true;
}

const char *
lb_import_kind_name(unsigned kind)
{
	static const char *const names[] = {
		[LB_IMPORT_MISSING] = "missing",
		[LB_IMPORT_NOT_UNDERSTOOD] = "not_understood",
		[LB_IMPORT_ASSUMED] = "assumed",
		[LB_IMPORT_NOT_MODELLED] = "not_modelled",
		[LB_IMPORT_UNKNOWN] = "unknown",
	};

	return kind < LB_COUNT(names) ? names[kind] : "?";
}

/* --- what is left -------------------------------------------------------- */

/* What says nothing about forwarding, or says again what stands elsewhere. */
static const char *const idle[] = { "id", "type", "etag", "name", "apiVersion",
	"provisioningState", "resourceGuid", "resourceGroup", "location",
	"dependsOn", "privateIPAllocationMethod", "privateIPAddressVersion",
	"tags", "comments", AZURE_PATH_KEY };

/* In things below the balancer itself: references back to its own lists. */
static const char *const back[] = { "loadBalancingRules", "inboundNatRules",
	"inboundNatPools", "outboundRule", "outboundRules" };

static const struct {
	const char *key, *why;
} known[] = {
	{ "subnet", "virtual networks are not modelled" },
	{ "virtualNetwork", "virtual networks are not modelled" },
	{ "gatewayLoadBalancer", "the gateway tier is not modelled" },
	{ "tunnelInterfaces", "the gateway tier is not modelled" },
	{ "loadBalancerFrontendIPConfiguration",
	    "the global tier is not modelled" },
	{ "networkSecurityGroup", "security groups are not modelled" },
	{ "applicationSecurityGroups", "security groups are not modelled" },
	{ "ddosSettings", "protection plans are not modelled" },
	{ "extendedLocation", "edge zones are not modelled" },
	{ "inboundNatRulesPortMapping",
	    "members get the lowest free ports, which may be others; `fairlead "
	    "check` shows them" },
	{ "syncMode", "pools are what the configuration says" },
	{ "drainPeriodInSeconds",
	    "Azure documents no behaviour; fairlead drains by admin_state or "
	    "weight" },
	{ "publicIPPrefix", "addresses stand alone" },
	{ "publicIPAddress", "of a public address only the address is used" },
	{ "networkInterfaceIPConfiguration", "only its name is used" },
	{ "backendIPConfigurations", "only their names are used" },
	{ "dnsSettings", "DNS names are not modelled" },
	{ "domainNameLabel", "DNS names are not modelled" },
};

static bool
is_idle(const char *key, unsigned depth)
{
	for (size_t i = 0; i < LB_COUNT(idle); i++)
		if (strcasecmp(key, idle[i]) == 0)
			return true;
	for (size_t i = 0; depth > 0 && i < LB_COUNT(back); i++)
		if (strcasecmp(key, back[i]) == 0)
			return true;
	return false;
}

static const char *
why_not(const char *key)
{
	for (size_t i = 0; i < LB_COUNT(known); i++)
		if (strcasecmp(key, known[i].key) == 0)
			return known[i].why;
	return NULL;
}

/* Only what says nothing left in it, or references that were followed from
 * elsewhere. */
static bool
is_bare(const json_t *value)
{
	const char *key;
	json_t *inner;
	size_t i;

	if (azure_is_empty(value))
		return true;
	if (!json_is_object(value) && !json_is_array(value))
		return false;
	json_object_foreach((json_t *)(uintptr_t)value, key, inner)
	{
		if (!is_idle(key, 1) && !is_bare(inner))
			return false;
	}
	json_array_foreach(value, i, inner)
	{
		if (!is_bare(inner))
			return false;
	}
	return true;
}

static void list_rest(
    struct azure_import *in, json_t *value, const char *path, unsigned depth);

/* A reference that nobody followed: of those that were the id is gone. */
static bool
has_id(const json_t *value)
{
	return azure_has(value, "id");
}

static bool
is_expression(const json_t *value)
{
	return json_is_string(value) &&
	       !azure_is_plain(json_string_value(value));
}

static void
list_key(struct azure_import *in, const char *key, json_t *value,
    const char *path, unsigned depth)
{
	char here[PATH_BYTES], text[80];
	const char *why = why_not(key);

	if (strcasecmp(key, "properties") == 0) {
		list_rest(in, value, path, depth);
		return;
	}
	if (azure_is_empty(value) || is_idle(key, depth))
		return;
	(void)snprintf(
	    here, sizeof(here), "%s%s%s", path, *path != '\0' ? "." : "", key);
	azure_show(value, text, sizeof(text));
	if (strcasecmp(key, "copy") == 0)
		azure_note(in, LB_IMPORT_NOT_UNDERSTOOD, here,
		    "%s: copy loops of templates are not unrolled: write what "
		    "it makes, only what stands there once is in the text",
		    text);
	else if (why != NULL && (has_id(value) || !is_bare(value)))
		azure_note(
		    in, LB_IMPORT_NOT_MODELLED, here, "%s: %s", text, why);
	else if (why == NULL && !has_id(value) &&
		 (json_is_object(value) || json_is_array(value)))
		list_rest(in, value, here, depth + 1);
	else if (why == NULL)
		azure_note(in, LB_IMPORT_UNKNOWN, here, "%s: %s", text,
		    is_expression(value) ? "an expression without a value "
					   "here, and not in the text"
					 : "not understood, and not in the "
					   "text");
}

/* Everything that nobody took. */
static void
list_rest(
    struct azure_import *in, json_t *value, const char *path, unsigned depth)
{
	char here[PATH_BYTES];
	const char *key;
	json_t *inner;
	size_t i;

	if (depth > 32)
		return;
	json_object_foreach(value, key, inner)
	    list_key(in, key, inner, path, depth);
	json_array_foreach(value, i, inner)
	{
		(void)snprintf(here, sizeof(here), "%s[%zu]", path, i);
		if (json_is_object(inner) || json_is_array(inner))
			list_rest(in, inner, here, depth + 1);
	}
}

#define WHAT_IS_READ                                                           \
	"give the output of `az network lb show -o json`, an ARM template or " \
	"a body of the REST API"

/* --- which balancer ------------------------------------------------------ */

/* What a document is one of. */
static bool
is_balancer(const json_t *object)
{
	const char *type = azure_text(object, "type");

	if (type != NULL)
		return strcasecmp(type, TYPE) == 0;
	return azure_list(object, "frontendIPConfigurations") != NULL ||
	       azure_list(object, "backendAddressPools") != NULL ||
	       azure_list(object, "loadBalancingRules") != NULL;
}

/* The list in which balancers stand: an array, a page of REST, a template. */
static json_t *
candidates(json_t *root)
{
	if (json_is_array(root))
		return root;
	json_t *list = azure_list(root, "value");
	return list != NULL ? list : azure_list(root, "resources");
}

static void
name_of_balancer(
    struct azure_import *in, json_t *object, char *name, size_t bytes)
{
	const char *text = azure_text(object, "name");
	char *value = text != NULL ? azure_evaluate(&in->doc, text) : NULL;

	(void)snprintf(name, bytes, "%s",
	    value != NULL  ? value
	    : text != NULL ? text
			   : "unnamed");
	azure_whole_characters(name);
	free(value);
}

struct choice {
	json_t *chosen;
	size_t count;
	char names[300];
};

static void
consider(struct azure_import *in, json_t *one, const char *wanted,
    struct choice *choice)
{
	char name[LB_NAME_MAX + 1];
	size_t used = strlen(choice->names);

	if (!is_balancer(one))
		return;
	name_of_balancer(in, one, name, sizeof(name));
	(void)snprintf(choice->names + used, sizeof(choice->names) - used,
	    "%s%s", choice->count > 0 ? ", " : "", name);
	choice->count++;
	if (wanted == NULL || strcasecmp(name, wanted) == 0)
		choice->chosen = one;
}

/* The one that is asked for; NULL with result->error. */
static json_t *
choose(struct azure_import *in, const char *wanted)
{
	struct choice choice = { 0 };
	struct lb_import *result = in->result;
	json_t *list = candidates(in->doc.root), *one;
	size_t i;

	if (list == NULL)
		consider(in, in->doc.root, wanted, &choice);
	json_array_foreach(list, i, one) consider(in, one, wanted, &choice);
	result->bad_choice = choice.count > 0;
	in->balancer_count = choice.count;
	const char *other = azure_other_json(in->doc.root);
	if (choice.count == 0)
		(void)snprintf(result->error, sizeof(result->error),
		    "there is no load balancer in it; %s",
		    other != NULL       ? other
		    : in->doc.work == 0 ? "its expressions and copies come to "
					  "too much to find one"
					: WHAT_IS_READ);
	else if (choice.chosen == NULL)
		(void)snprintf(result->error, sizeof(result->error),
		    "there is no load balancer %.100s in it, but %s", wanted,
		    choice.names);
	else if (wanted == NULL && choice.count > 1)
		(void)snprintf(result->error, sizeof(result->error),
		    "%zu load balancers are in it, choose one by --name: %s",
		    choice.count, choice.names);
	else
		return choice.chosen;
	return NULL;
}

/* --- the text ------------------------------------------------------------ */

static bool
tier_is_ours(struct azure_import *in, const char *sku, const char *tier)
{
	bool gateway = sku != NULL && strcasecmp(sku, "gateway") == 0;
	bool global = tier != NULL && strcasecmp(tier, "global") == 0;

	if (gateway || global)
		(void)snprintf(in->result->error, sizeof(in->result->error),
		    "%.130s is of the %s tier, which fairlead does not model; "
		    "import %s",
		    in->result->name, gateway ? "gateway" : "global",
		    gateway ? "the balancer whose frontend is chained to it: "
			      "it forwards the same without"
			    : "the regional balancers that are its members, "
			      "one by one");
	return !gateway && !global;
}

/* about: the document's `sku`, NULL: none. */
static void
put_head(
    struct azure_import *in, const char *file, json_t *about, const char *sku)
{
	(void)fputs("# The load balancer ", in->to);
	azure_put_comment(in->to, in->result->name);
	(void)fputs(", imported from ", in->to);
	azure_put_comment(in->to, file);
	(void)fputs(
	    ".\n# fairlead check -c THIS says whether Azure would accept it.\n"
	    "\nload_balancer: { sku: ",
	    in->to);
	(void)snprintf(in->path, sizeof(in->path), "sku");
	if (about != NULL)
		(void)azure_mark_text(in, 0, about, "tier", NULL);
	int ours = sku != NULL ? lb_sku_of_name(sku) : LB_SKU_STANDARD;
	bool open = sku == NULL && about != NULL &&
		    azure_mark_text(in, 0, about, "name", NULL);
	if (sku == NULL && !open)
		azure_note(in, LB_IMPORT_ASSUMED, "sku",
		    "the document does not say: standard");
	azure_put_value(in->to, open        ? AZURE_MARK
				: ours >= 0 ? lb_sku_name((unsigned)ours)
					    : sku);
	(void)fputs(" }\n", in->to);
}

/* Lists that are something else: what an expression would make of them. */
static void
tell_no_lists(struct azure_import *in)
{
	static const char *const lists[] = { "frontendIPConfigurations",
		"backendAddressPools", "probes", "loadBalancingRules",
		"inboundNatRules", "inboundNatPools", "outboundRules" };

	*in->path = '\0';
	for (size_t i = 0; i < LB_COUNT(lists); i++)
		if (azure_list(in->balancer, lists[i]) == NULL)
			(void)azure_mark_text(
			    in, 0, in->balancer, lists[i], NULL);
}

static void
tell_unused(struct azure_import *in)
{
	const char *name;
	size_t next = 0;

	while ((name = lb_addresses_unused(in->addresses, &next)) != NULL)
		azure_note(in, LB_IMPORT_UNKNOWN, name,
		    "--addresses gives it an address, and nobody here is "
		    "called so");
}

static void
put_sections(struct azure_import *in)
{
	tell_no_lists(in);
	in->frontends = azure_list(in->balancer, "frontendIPConfigurations");
	azure_put_frontends(in);
	azure_put_pools(in);
	azure_put_probes(in);
	azure_put_rules(in);
	azure_put_nat_rules(in);
	azure_put_outbound_rules(in);
	azure_tell_ports(in);
	list_rest(in, in->balancer, "", 0);
}

static void
import_chosen(struct azure_import *in, const char *file)
{
	struct lb_import *result = in->result;
	char name[LB_NAME_MAX + 1];
	json_t *about = azure_object(in->balancer, "sku");
	const char *sku = NULL, *tier = NULL;

	name_of_balancer(in, in->balancer, name, sizeof(name));
	result->name = strdup(name);
	if (result->name == NULL)
		return;
	if (about != NULL) {
		sku = azure_take_text(&in->doc, about, "name");
		tier = azure_take_text(&in->doc, about, "tier");
	}
	if (!tier_is_ours(in, sku, tier))
		return;
	azure_adopt(in);
	put_head(in, file, about, sku);
	put_sections(in);
	azure_tell_parameters(in);
	tell_unused(in);
	result->done = true;
}

static void
import_document(struct azure_import *in, const json_t *root,
    const struct lb_import_ask *ask)
{
	in->known = json_object();
	in->facts = json_object();
	if (azure_document_open(&in->doc, root) && in->known != NULL &&
	    in->facts != NULL) {
		azure_give_parameters(in, ask->parameters);
		azure_expand(in);
		in->balancer = choose(in, ask->balancer);
		if (in->balancer != NULL)
			import_chosen(in, ask->file);
	}
	struct lb_import *result = in->result;
	result->no_memory = in->doc.no_memory || in->known == NULL ||
			    in->facts == NULL ||
			    (!result->done && *result->error == '\0');
	json_decref(in->known);
	json_decref(in->facts);
	azure_document_close(&in->doc);
	free(in->places);
	if (!result->no_memory)
		return;
	result->done = false;
	(void)snprintf(result->error, sizeof(result->error), "no memory");
}

void
lb_import_azure(
    struct lb_import *import, const struct lb_import_ask *ask, FILE *to)
{
	struct azure_import in = {
		.result = import, .addresses = ask->addresses, .to = to
	};
	json_error_t where;
	size_t bytes;

	*import = (struct lb_import){ 0 };
	char *utf8 = azure_utf8(ask->text, ask->bytes, &bytes);
	if (utf8 == NULL) {
		import->no_memory = errno != EILSEQ;
		(void)snprintf(import->error, sizeof(import->error), "%s",
		    import->no_memory ? "no memory" : AZURE_BROKEN_UTF16);
		return;
	}
	json_t *root = json_loadb(utf8, bytes, JSON_REJECT_DUPLICATES, &where);
	const char *other = root == NULL ? azure_other_text(utf8) : NULL;
	free(utf8);
	if (root != NULL)
		import_document(&in, root, ask);
	else
		(void)snprintf(import->error, sizeof(import->error),
		    "line %d, column %d: %.200s; this is no JSON, or not all "
		    "of it; %s",
		    where.line, where.column, where.text,
		    other != NULL ? other : WHAT_IS_READ);
	json_decref(root);
}

void
lb_import_free(struct lb_import *import)
{
	for (size_t i = 0; i < import->note_count; i++) {
		free(import->notes[i].where);
		free(import->notes[i].what);
	}
	free(import->notes);
	free(import->name);
	*import = (struct lb_import){ 0 };
}
