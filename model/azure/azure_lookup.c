/* SPDX-License-Identifier: MIT */
/*
 * Whose address is whose.  What people wrote goes before what lists say; of
 * lists the whole id decides, and whatever else is a choice is told.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/azure/azure.h"
#include "model/azure/azure_addresses.h"
#include "model/azure/azure_json.h"

#define NAME_BYTES 160u

static const char *const family_names[] = { "IPv4", "IPv6" };

struct search {
	struct lb_addresses *in;
	const struct lb_address_owner *who;
	int family; /* of the enum; -1: not known */
	char machine[NAME_BYTES], config[NAME_BYTES]; /* "": none */
	const char *address;
	const char *wrong; /* of the other family, by a word */
	char *why;         /* LB_ADDRESS_WHY bytes */
};

/* One more thing to tell. */
__attribute__((format(printf, 2, 3))) static void
tell(struct search *s, const char *format, ...)
{
	size_t used = strlen(s->why);
	va_list args;

	if (used > 0 && used + 3 < LB_ADDRESS_WHY) {
		memcpy(s->why + used, "; ", 3);
		used += 2;
	}
	va_start(args, format);
	(void)vsnprintf(s->why + used, LB_ADDRESS_WHY - used, format, args);
	va_end(args);
	azure_whole_characters(s->why);
}

/* --- words --------------------------------------------------------------- */

static struct azure_word *
word_of(struct search *s, const char *name)
{
	const json_t *at = azure_addresses_at(s->in, AZURE_KEY_WORD, name);

	if (at == NULL)
		return NULL;
	struct azure_word *word = &s->in->words[json_integer_value(at)];
	word->asked = true;
	return word;
}

/* One word for two who are not the same has been a guess for one of them. */
static void
note_user(
    struct search *s, const struct azure_word *word, struct azure_said *said)
{
	const char *id = s->who->id;

	if (id == NULL)
		return;
	if (said->user == NULL) {
		said->user = strdup(id);
		s->in->no_memory |= said->user == NULL;
	} else if (strcasecmp(said->user, id) != 0 && *s->config != '\0') {
		tell(s,
		    "%.100s=%s of --addresses stands for another IP "
		    "configuration, too: %.100s/%.80s=ADDRESS is for this one",
		    word->name, said->address, s->machine, s->config);
	}
}

static void
take_word(struct search *s, struct azure_word *word)
{
	int family = s->family;
	struct azure_said *four = &word->said[AZURE_IPV4];
	struct azure_said *six = &word->said[AZURE_IPV6];

	if (family < 0) {
		family = four->address != NULL ? AZURE_IPV4 : AZURE_IPV6;
		if (four->address != NULL && six->address != NULL)
			tell(s,
			    "--addresses gives %s and %s, and nothing says "
			    "which family it is: the first is taken",
			    four->address, six->address);
	}
	struct azure_said *said = &word->said[family];
	if (said->address == NULL) {
		s->wrong = word->said[!family].address;
		return;
	}
	s->address = said->address;
	if (said->other != NULL)
		tell(s, "--addresses gives it %s and %s: the first is taken",
		    said->address, said->other);
	note_user(s, word, said);
}

/* Everyone is asked, so that whom nobody asked is in vain. */
static void
ask_words(struct search *s)
{
	const struct lb_address_owner *who = s->who;
	char in_pool[2 * AZURE_KEY_MAX], in_nic[2 * NAME_BYTES + 2];
	struct azure_word *found = NULL;

	(void)snprintf(in_pool, sizeof(in_pool), "%s/%s",
	    who->pool != NULL ? who->pool : "", who->name);
	(void)snprintf(in_nic, sizeof(in_nic), "%s/%s", s->machine, s->config);
	const char *const names[] = { who->pool != NULL ? in_pool : NULL,
		who->id, *s->config != '\0' ? in_nic : NULL, who->name,
		who->pool == NULL ? s->machine : NULL, who->given };
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct azure_word *one =
		    names[i] != NULL ? word_of(s, names[i]) : NULL;
		if (one != NULL && found == NULL)
			found = one;
	}
	if (found != NULL)
		take_word(s, found);
}

/* --- lists --------------------------------------------------------------- */

/* Does what both say of subscription and resource group agree?  Templates'
 * ids say neither. */
static bool
same_group(const char *a, const char *b)
{
	static const char *const kinds[] = { "subscriptions",
		"resourceGroups" };
	char left[NAME_BYTES], right[NAME_BYTES];

	if (a == NULL || b == NULL)
		return true;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (azure_id_part(a, kinds[i], left, sizeof(left)) &&
		    azure_id_part(b, kinds[i], right, sizeof(right)) &&
		    strcasecmp(left, right) != 0)
			return false;
	return true;
}

/* Those of the name that it may be, and the best of them. */
struct fits {
	const struct azure_listed *best, *far;
	size_t count, exact; /* exact: its IP configuration, too */
};

static bool
is_config(const struct search *s, const struct azure_listed *one)
{
	return one->config != NULL && strcasecmp(one->config, s->config) == 0;
}

static void
weigh(const struct search *s, const struct azure_listed *one, struct fits *fits)
{
	bool exact = is_config(s, one);

	if (!same_group(s->who->id, one->id) ||
	    (!exact && s->family >= 0 && one->family != s->family)) {
		fits->far = one;
		return;
	}
	if (fits->best == NULL || exact > (fits->exact > 0) ||
	    (exact == (fits->exact > 0) && one->primary &&
		!fits->best->primary))
		fits->best = one;
	fits->count++;
	fits->exact += exact;
}

static void
tell_far(struct search *s, const struct azure_listed *far)
{
	if (!same_group(s->who->id, far->id))
		tell(s, "%s in --addresses is that of another: %.300s",
		    far->said.address, far->id);
	else
		tell(s, "the list has %s for %.100s, which is no %s",
		    far->said.address, s->machine, family_names[s->family]);
}

/* What was chosen, of an IP configuration that the list does not have. */
static void
tell_choice(struct search *s, const struct fits *fits)
{
	const struct azure_listed *best = fits->best;
	const char *config = best->config != NULL ? best->config : "";

	if (fits->exact == 1 ||
	    (fits->count == 1 && (*s->config == '\0' || *config == '\0')))
		return;
	if (fits->exact > 1 || *config == '\0')
		tell(s,
		    "%zu in --addresses are called so: %s of %.300s is taken",
		    fits->exact > 1 ? fits->exact : fits->count,
		    best->said.address, best->id != NULL ? best->id : "one");
	else if (*s->config == '\0')
		tell(s,
		    "%.100s has %zu IP configurations in --addresses: %s, of "
		    "%s '%.80s', is taken",
		    s->machine, fits->count, best->said.address,
		    best->primary ? "the primary one" : "the first", config);
	else
		tell(s,
		    "--addresses has no IP configuration '%.80s' of %.100s: "
		    "%s, of its %s '%.80s', is taken; %.100s/%.80s=ADDRESS "
		    "says another",
		    s->config, s->machine, best->said.address,
		    fits->count == 1 ? "only one"
		    : best->primary  ? "primary one"
				     : "first one",
		    config, s->machine, s->config);
}

static const struct azure_listed *
listed_by_name(struct search *s)
{
	const json_t *same = azure_addresses_at(s->in,
	    s->who->pool != NULL ? AZURE_KEY_NIC : AZURE_KEY_PUBLIC,
	    s->machine);
	struct fits fits = { 0 };
	json_t *index;
	size_t i;

	json_array_foreach(same, i, index)
	    weigh(s, &s->in->listed[json_integer_value(index)], &fits);
	if (fits.best != NULL)
		tell_choice(s, &fits);
	else if (fits.far != NULL)
		tell_far(s, fits.far);
	return fits.best;
}

static void
ask_lists(struct search *s)
{
	const char *id = s->who->id;
	const json_t *at =
	    id != NULL ? azure_addresses_at(s->in, AZURE_KEY_ID, id) : NULL;
	const struct azure_listed *one = NULL;

	if (at != NULL)
		one = &s->in->listed[json_integer_value(at)];
	else if (s->address == NULL && *s->machine != '\0')
		one = listed_by_name(s);
	if (one == NULL)
		return;
	if (s->address == NULL) {
		s->address = one->said.address;
		if (one->said.other != NULL)
			tell(s,
			    "lists in --addresses say %s and %s: the first "
			    "is taken",
			    one->said.address, one->said.other);
	} else if (strcasecmp(s->address, one->said.address) != 0) {
		tell(s,
		    "a list in --addresses says %s, a line %s: the line "
		    "is believed",
		    one->said.address, s->address);
	}
}

/* --- both ---------------------------------------------------------------- */

/* The names in an id: NIC and IP configuration, or public address. */
static void
take_apart(struct search *s)
{
	const char *id = s->who->id;

	if (s->who->pool == NULL) {
		if (id != NULL)
			(void)azure_id_part(id, "publicIPAddresses", s->machine,
			    sizeof(s->machine));
		return;
	}
	if (id == NULL) {
		(void)snprintf(
		    s->machine, sizeof(s->machine), "%s", s->who->name);
		return;
	}
	azure_machine(id, s->machine, sizeof(s->machine));
	(void)azure_id_part(
	    id, "ipConfigurations", s->config, sizeof(s->config));
}

enum lb_address_sure
lb_addresses_find(struct lb_addresses *addresses,
    const struct lb_address_owner *who, const char **address, char *why)
{
	struct search s = { .in = addresses,
		.who = who,
		.family = who->family == 4   ? AZURE_IPV4
			  : who->family == 6 ? AZURE_IPV6
					     : -1,
		.why = why };

	*why = '\0';
	*address = NULL;
	if (addresses == NULL)
		return LB_ADDRESS_NONE;
	take_apart(&s);
	ask_words(&s);
	ask_lists(&s);
	if (s.address == NULL && s.wrong != NULL)
		tell(&s, "--addresses gives %s, which is no %s", s.wrong,
		    family_names[s.family]);
	*address = s.address;
	return s.address == NULL ? LB_ADDRESS_NONE
	       : *why != '\0'    ? LB_ADDRESS_ASSUMED
				 : LB_ADDRESS_FOUND;
}

const char *
lb_addresses_unused(const struct lb_addresses *addresses, size_t *next)
{
	while (addresses != NULL && *next < addresses->word_count) {
		const struct azure_word *word = &addresses->words[(*next)++];
		if (!word->asked && word->name != NULL)
			return word->name;
	}
	return NULL;
}
