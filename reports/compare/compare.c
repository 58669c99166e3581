/* SPDX-License-Identifier: MIT */
#include "reports/compare/compare.h"
#include "reports/stats/snat.h"
#include "reports/text/text.h"
#include "model/config/names.h"
#include <stdlib.h>
#include <string.h>

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* --- what was asked ------------------------------------------------------- */

static char *
copy(const char *text, bool *fail)
{
	char *made = text != NULL ? strdup(text) : NULL;

	*fail |= text != NULL && made == NULL;
	return made;
}

/* Notes a setting when it differs.  0, -1 without memory. */
static int
note(struct report_comparison *c, const char *name, const char *first,
    const char *second)
{
	bool fail = false;

	if (same_text(first, second))
		return 0;
	struct report_difference *more = reallocarray(
	    c->differences, c->difference_count + 1, sizeof(*more));
	if (more == NULL)
		return -1;
	c->differences = more;
	more += c->difference_count++;
	more->name = copy(name, &fail);
	more->value[0] = copy(first, &fail);
	more->value[1] = copy(second, &fail);
	return fail ? -1 : 0;
}

static const struct sim_setting *
find_setting(const struct sim_record *record, const char *name)
{
	for (size_t i = 0; i < record->setting_count; i++)
		if (same_text(record->settings[i].name, name))
			return &record->settings[i];
	return NULL;
}

static int
note_settings(struct report_comparison *c)
{
	const struct sim_record *a = c->run[0], *b = c->run[1];

	for (size_t i = 0; i < a->setting_count; i++) {
		const struct sim_setting *s = &a->settings[i];
		const struct sim_setting *t = find_setting(b, s->name);
		if (note(c, s->name, s->value, t != NULL ? t->value : NULL) !=
		    0)
			return -1;
	}
	for (size_t i = 0; i < b->setting_count; i++) {
		const struct sim_setting *t = &b->settings[i];
		if (find_setting(a, t->name) == NULL &&
		    note(c, t->name, NULL, t->value) != 0)
			return -1;
	}
	return 0;
}

/* A line of a text, without its end; NULL beyond the last.  To be freed. */
static char *
take_line(const char **at)
{
	if (**at == '\0')
		return NULL;
	size_t bytes = strcspn(*at, "\n");
	char *line = strndup(*at, bytes);
	*at += bytes + ((*at)[bytes] == '\n');
	return line;
}

/* The first line in which the configurations differ. */
static int
note_config(struct report_comparison *c)
{
	const char *a = c->run[0]->config, *b = c->run[1]->config;
	char name[64];
	int done = 0;

	if (same_text(a, b))
		return 0;
	if (a == NULL || b == NULL)
		return note(c, "configuration", a != NULL ? "a file" : NULL,
		    b != NULL ? "a file" : NULL);
	for (size_t line = 1; done == 0; line++) {
		char *x = take_line(&a), *y = take_line(&b);
		bool same = same_text(x, y), end = x == NULL && y == NULL;
		report_format(
		    name, sizeof(name), "configuration, line %zu", line);
		if (!same)
			done = note(c, name, x, y);
		free(x);
		free(y);
		if (!same || end)
			break;
	}
	return done;
}

/* The first case's stands for all: a run has one. */
static int
note_hash_key(struct report_comparison *c)
{
	char a[LB_HASH_KEY_TEXT], b[LB_HASH_KEY_TEXT];

	if (c->run[0]->case_count == 0 || c->run[1]->case_count == 0)
		return 0;
	(void)lb_hash_key_text(c->run[0]->cases[0].hash_key, a);
	(void)lb_hash_key_text(c->run[1]->cases[0].hash_key, b);
	return note(c, "hash key in use", a, b);
}

/* --- the input ------------------------------------------------------------ */

static enum report_same
compare_input(const struct sim_input *a, const struct sim_input *b)
{
	if (a->file_count != b->file_count)
		return REPORT_DIFFERENT;
	for (size_t i = 0; i < a->file_count; i++) {
		const char *x = a->files[i].sha256, *y = b->files[i].sha256;
		if (x[0] == '\0' || y[0] == '\0')
			return REPORT_NOT_KNOWN;
		if (strcmp(x, y) != 0)
			return REPORT_DIFFERENT;
	}
	return REPORT_SAME;
}

static bool
is_same(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

/* What clients made up is the scenario's, the seed's and of a length. */
static enum report_same
compare_traffic(const struct sim_record *a, const struct sim_record *b)
{
	if (a->synthetic != b->synthetic)
		return REPORT_DIFFERENT;
	if (a->synthetic &&
	    (a->seed != b->seed || !is_same(a->scenario, b->scenario)))
		return REPORT_DIFFERENT;
	if (a->synthetic && a->input.duration_ns != b->input.duration_ns)
		return REPORT_NOT_KNOWN;
	return compare_input(&a->input, &b->input);
}

/* --- which keys moved ----------------------------------------------------- */

struct numbered {
	uint64_t id;
	size_t key;
};

static int
by_id(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->key > y->key) - (x->key < y->key);
}

/* A rule's keys by their numbers; NULL without memory or numbers. */
static struct numbered *
number_keys(const struct sim_rule *rule)
{
	struct numbered *list =
	    calloc(rule->key_count + 1, sizeof(struct numbered));

	if (list == NULL || rule->key_ids == NULL) {
		free(list);
		return NULL;
	}
	for (size_t i = 0; i < rule->key_count; i++)
		list[i] = (struct numbered){ rule->key_ids[i], i };
	qsort(list, rule->key_count, sizeof(*list), by_id);
	return list;
}

static void
add(struct report_moved *to, const struct sim_key *key)
{
	to->keys++;
	to->flows += key->flows;
	to->packets += key->packets;
	to->bytes += key->bytes;
}

/* Keeps the heaviest, in order; of equal ones the first. */
static void
keep_mover(struct report_pair *pair, const struct report_mover *mover)
{
	size_t at = pair->mover_count;

	while (at > 0 && pair->movers[at - 1].bytes < mover->bytes)
		at--;
	if (at == REPORT_MOVERS_MAX)
		return;
	if (pair->mover_count < REPORT_MOVERS_MAX)
		pair->mover_count++;
	for (size_t i = pair->mover_count - 1; i > at; i--)
		pair->movers[i] = pair->movers[i - 1];
	pair->movers[at] = *mover;
}

static const struct sim_heavy *
name_of(const struct sim_rule *rule, size_t key)
{
	for (size_t h = 0; h < rule->heavy_count; h++)
		if (rule->heavy[h].key == key)
			return &rule->heavy[h];
	return NULL;
}

static void
compare_key(struct report_pair *pair, size_t first, size_t second)
{
	const struct sim_rule *a = pair->rule[0], *b = pair->rule[1];
	const struct sim_key *key = &a->keys[first];
	struct report_mover mover = {
		.bytes = key->bytes,
		.from = a->backends[key->backend].name,
		.to = b->backends[b->keys[second].backend].name,
	};

	add(&pair->common, key);
	if (same_text(mover.from, mover.to))
		return;
	add(&pair->moved, key);
	mover.key = name_of(a, first);
	if (mover.key != NULL)
		keep_mover(pair, &mover);
}

/* 0; -1 without memory. */
static int
compare_keys(struct report_pair *pair)
{
	const struct sim_rule *a = pair->rule[0], *b = pair->rule[1];

	if (a->key_ids == NULL || b->key_ids == NULL)
		return 0;
	struct numbered *x = number_keys(a), *y = number_keys(b);
	for (size_t i = 0, j = 0;
	     x != NULL && y != NULL && i < a->key_count && j < b->key_count;) {
		if (x[i].id == y[j].id)
			compare_key(pair, x[i++].key, y[j++].key);
		else if (x[i].id < y[j].id)
			i++;
		else
			j++;
	}
	int done = x != NULL && y != NULL ? 0 : -1;
	free(x);
	free(y);
	return done;
}

/* --- cases and rules ------------------------------------------------------ */

static const struct sim_case *
find_case(const struct sim_record *record, const char *name)
{
	for (size_t i = 0; i < record->case_count; i++)
		if (same_text(record->cases[i].name, name))
			return &record->cases[i];
	return NULL;
}

static const struct sim_rule *
find_rule(const struct sim_case *c, const char *name)
{
	for (size_t i = 0; i < c->rule_count; i++)
		if (same_text(c->rules[i].name, name))
			return &c->rules[i];
	return NULL;
}

static int
pair_rules(struct report_comparison *c, const struct sim_case *a,
    const struct sim_case *b)
{
	for (size_t r = 0; r < a->rule_count; r++) {
		struct report_pair *pair = &c->pairs[c->pair_count++];
		pair->of_case[0] = a;
		pair->of_case[1] = b;
		pair->rule[0] = &a->rules[r];
		pair->rule[1] = find_rule(b, a->rules[r].name);
		if (pair->rule[1] != NULL && compare_keys(pair) != 0)
			return -1;
	}
	for (size_t r = 0; r < b->rule_count; r++)
		if (find_rule(a, b->rules[r].name) == NULL)
			c->pairs[c->pair_count++] = (struct report_pair){
				.of_case = { a, b },
				.rule = { NULL, &b->rules[r] },
			};
	return 0;
}

/* As many pairs as there can be. */
static size_t
count_rules(const struct report_comparison *c)
{
	size_t count = 0;

	for (unsigned i = 0; i < 2; i++)
		for (size_t k = 0; k < c->run[i]->case_count; k++)
			count += c->run[i]->cases[k].rule_count + 1;
	return count;
}

static int
pair_cases(struct report_comparison *c)
{
	const struct sim_record *first = c->run[0], *second = c->run[1];

	c->pairs = calloc(count_rules(c) + 1, sizeof(*c->pairs));
	if (c->pairs == NULL)
		return -1;
	for (size_t i = 0; i < first->case_count; i++) {
		const struct sim_case *a = &first->cases[i];
		const struct sim_case *b = find_case(second, a->name);
		if (b == NULL)
			c->pairs[c->pair_count++].of_case[0] = a;
		else if (pair_rules(c, a, b) != 0)
			return -1;
	}
	for (size_t i = 0; i < second->case_count; i++)
		if (find_case(first, second->cases[i].name) == NULL)
			c->pairs[c->pair_count++].of_case[1] =
			    &second->cases[i];
	return 0;
}

/* --- SNAT ports ----------------------------------------------------------- */

static bool
uses_snat(const struct sim_case *c)
{
	return c != NULL && report_snat_count_used(c) > 0;
}

static void
add_snats(struct report_comparison *c, const struct sim_case *a,
    const struct sim_case *b)
{
	if (uses_snat(a) || uses_snat(b))
		c->snats[c->snat_count++] =
		    (struct report_snat_pair){ .of_case = { a, b } };
}

static int
pair_snats(struct report_comparison *c)
{
	const struct sim_record *first = c->run[0], *second = c->run[1];

	c->snats = calloc(
	    first->case_count + second->case_count + 1, sizeof(*c->snats));
	if (c->snats == NULL)
		return -1;
	for (size_t i = 0; i < first->case_count; i++)
		add_snats(c, &first->cases[i],
		    find_case(second, first->cases[i].name));
	for (size_t i = 0; i < second->case_count; i++)
		if (find_case(first, second->cases[i].name) == NULL)
			add_snats(c, NULL, &second->cases[i]);
	return 0;
}

/* --- the whole ------------------------------------------------------------ */

int
report_compare(struct report_comparison *c, const struct sim_record *first,
    const char *first_name, const struct sim_record *second,
    const char *second_name)
{
	*c = (struct report_comparison){
		.run = { first, second },
		.name = { first_name, second_name },
		.input = compare_traffic(first, second),
	};
	if (note(c, "fairlead", first->version, second->version) != 0 ||
	    note(c, "command", first->command, second->command) != 0 ||
	    note_settings(c) != 0 || note_config(c) != 0 ||
	    note_hash_key(c) != 0 || pair_snats(c) != 0)
		return -1;
	return pair_cases(c);
}

void
report_comparison_free(struct report_comparison *c)
{
	for (size_t i = 0; i < c->difference_count; i++) {
		free(c->differences[i].name);
		free(c->differences[i].value[0]);
		free(c->differences[i].value[1]);
	}
	free(c->differences);
	free(c->pairs);
	free(c->snats);
}

/* ":443" behind an address, which has brackets then when it is IPv6. */
static void
put_end(FILE *to, const struct lb_addr *addr, uint16_t port, bool has_port)
{
	char text[46];
	const char *shown = lb_addr_text(addr, text, sizeof(text));
	bool six = strchr(shown, ':') != NULL && has_port;

	report_print(to, " %s%s%s", six ? "[" : "", shown, six ? "]" : "");
	if (has_port)
		report_print(to, ":%u", port);
}

char *
report_mover_name(const struct sim_heavy *key, char *to, size_t bytes)
{
	FILE *text = fmemopen(to, bytes, "w");

	to[0] = '\0';
	if (text == NULL)
		return to;
	report_put(text, key->has_proto ? lb_proto_name(key->proto) : "");
	put_end(text, &key->client, key->client_port, key->has_ports);
	if (key->has_server)
		put_end(text, &key->server, key->server_port, key->has_ports);
	(void)fclose(text);
	to[bytes - 1] = '\0';
	return to[0] == ' ' ? to + 1 : to;
}
