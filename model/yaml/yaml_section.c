/* SPDX-License-Identifier: MIT */
#include "model/yaml/yaml_section.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/config/names.h"
#include "model/config/problems.h"
#include "model/config/numbers.h"

#define SHOWN_MAX  60 /* bytes of a wrong value that a message repeats */
#define NEAR_BYTES 40u

const struct lb_yaml_node *
lb_reader_node(const struct lb_reader *reader, uint32_t index)
{
	return index == 0 ? NULL : &reader->yaml->nodes[index];
}

char *
lb_reader_copy(struct lb_reader *reader, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		reader->no_memory = true;
	return copy;
}

/* --- keys ---------------------------------------------------------------- */

static unsigned
least(unsigned a, unsigned b, unsigned c)
{
	unsigned d = a < b ? a : b;

	return d < c ? d : c;
}

/* Levenshtein distance; both at most NEAR_BYTES long. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[NEAR_BYTES + 1], b_bytes = (unsigned)strlen(b);

	for (unsigned j = 0; j <= b_bytes; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1] != '\0'; i++) {
		unsigned diagonal = row[0];
		row[0] = i;
		for (unsigned j = 1; j <= b_bytes; j++) {
			unsigned above = row[j];
			row[j] = least(above + 1, row[j - 1] + 1,
			    diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_bytes];
}

const char *
lb_nearest_name(const char *text, const char *const *names, size_t count)
{
	size_t bytes = strlen(text);
	unsigned best = (unsigned)(bytes < 4 ? 1 : bytes / 3 + 1);
	const char *nearest = NULL;

	if (bytes > NEAR_BYTES)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (lb_name_is(text, names[i]))
			return names[i];
		if (strlen(names[i]) > NEAR_BYTES)
			continue;
		unsigned far = distance(text, names[i]);
		if (far < best) {
			best = far;
			nearest = names[i];
		}
	}
	return nearest;
}

/* What Azure's JSON calls our keys, for those who write from memory. */
static const char *
azure_key(const char *text)
{
	static const char *const ours[][2] = {
		{ "loadDistribution", "distribution" },
		{ "idleTimeoutInMinutes", "idle_timeout" },
		{ "enableFloatingIP", "floating_ip" },
		{ "enableTcpReset", "tcp_reset" },
		{ "enableConnectionTracking", "connection_tracking" },
		{ "disableOutboundSnat", "outbound_snat (turned round)" },
		{ "backendAddressPool", "pool" },
		{ "backendPoolName", "pool" },
		{ "frontendIPConfiguration", "frontend" },
		{ "frontendIPName", "frontend" },
		{ "probeName", "probe" },
		{ "noHealthyBackendsBehavior", "no_healthy_backends" },
		{ "intervalInSeconds", "interval" },
		{ "numberOfProbes", "number_of_probes" },
		{ "threshold", "probe_threshold" },
		{ "path", "request_path" },
		{ "ipAddress", "address" },
		{ "privateIPAddress", "address" },
		{ "loadBalancingRules", "rules" },
		{ "inboundNatRules", "nat_rules" },
		{ "backendAddressPools", "pools" },
		{ "frontendIPConfigurations", "frontends" },
		{ "loadBalancerBackendAddresses", "members" },
	};

	for (size_t i = 0; i < LB_COUNT(ours); i++)
		if (lb_name_is(text, ours[i][0]))
			return ours[i][1];
	return NULL;
}

/* Who meant a key that we have is not told that it is missing, too. */
static void
mark_meant(struct lb_section *section, const char *meant)
{
	for (unsigned k = 0; k < section->key_count; k++)
		if (section->keys[k] == meant)
			section->bad |= UINT64_C(1) << k;
}

static void
unknown_key(struct lb_section *section, const struct lb_yaml_node *key)
{
	const char *near = NULL;

	/* who makes a million mistakes is not asked what he meant each time */
	if (section->reader->problems->count < LB_PROBLEMS_MAX)
		near = lb_nearest_name(
		    key->text, section->keys, section->key_count);
	if (near == NULL)
		near = azure_key(key->text);
	if (near == NULL) {
		lb_error_add(section->reader->problems, key->where, NULL,
		    "unknown key `%.*s`; %s shows every key there is",
		    SHOWN_MAX, key->text, section->reader->shown_in);
		return;
	}
	mark_meant(section, near);
	lb_error_add(section->reader->problems, key->where, NULL,
	    "unknown key `%.*s`; did you mean `%s`?", SHOWN_MAX, key->text,
	    near);
}

static void
take_key(struct lb_section *section, const struct lb_yaml_node *key,
    const struct lb_yaml_node *value)
{
	struct lb_problems *problems = section->reader->problems;
	unsigned k = 0;

	if (key->kind != LB_YAML_TEXT) {
		lb_error_add(problems, key->where, NULL,
		    "a key is a text, not %s", lb_yaml_kind_name(key->kind));
		return;
	}
	while (
	    k < section->key_count && strcmp(key->text, section->keys[k]) != 0)
		k++;
	if (k == section->key_count) {
		unknown_key(section, key);
		return;
	}
	if (section->value[k] != NULL) {
		lb_error_add(problems, key->where, NULL,
		    "`%s` stands here for the second time (line %u has the "
		    "first); keep one",
		    key->text, section->at[k].line);
		return;
	}
	section->value[k] = value;
	section->at[k] = value->where;
}

void
lb_section_open(struct lb_section *section, struct lb_reader *reader,
    const struct lb_yaml_node *node, const char *const *keys,
    unsigned key_count)
{
	*section = (struct lb_section){
		.reader = reader, .keys = keys, .key_count = key_count
	};
	lb_assert(key_count <= LB_SECTION_KEYS_MAX);
	if (node == NULL)
		return;
	section->where = node->where;
	for (unsigned k = 0; k < key_count; k++)
		section->at[k] = node->where;
	if (node->kind == LB_YAML_NOTHING)
		return;
	if (node->kind != LB_YAML_MAP) {
		lb_error_add(reader->problems, node->where, NULL,
		    "here stands %s; a map is wanted, like `%s: ...`",
		    lb_yaml_kind_name(node->kind), keys[0]);
		section->bad = UINT64_MAX;
		return;
	}
	const struct lb_yaml_node *key = lb_reader_node(reader, node->child);
	while (key != NULL) {
		const struct lb_yaml_node *value =
		    lb_reader_node(reader, key->next);
		if (value == NULL)
			break;
		take_key(section, key, value);
		key = lb_reader_node(reader, value->next);
	}
}

bool
lb_section_has(const struct lb_section *section, unsigned key)
{
	return section->value[key] != NULL &&
	       section->value[key]->kind != LB_YAML_NOTHING;
}

void
lb_section_require(struct lb_section *section, unsigned key, const char *what)
{
	if (lb_section_has(section, key) || (section->bad >> key & 1) != 0)
		return;
	section->bad |= UINT64_C(1) << key;
	lb_error_add(section->reader->problems, section->at[key], NULL,
	    "%s needs `%s`", what, section->keys[key]);
}

void
lb_section_refuse(
    struct lb_section *section, unsigned key, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	section->bad |= UINT64_C(1) << key;
	lb_error_add(section->reader->problems, section->at[key], NULL,
	    "`%s`: %s", section->keys[key], text);
}

/* --- values -------------------------------------------------------------- */

bool
lb_take_text(struct lb_section *section, unsigned key, const char **out)
{
	const struct lb_yaml_node *value = section->value[key];

	if (!lb_section_has(section, key))
		return false;
	if (value->kind != LB_YAML_TEXT) {
		lb_section_refuse(section, key, "one value is wanted, not %s",
		    lb_yaml_kind_name(value->kind));
		return false;
	}
	*out = value->text;
	return true;
}

bool
lb_take_number(
    struct lb_section *section, unsigned key, uint64_t max, uint64_t *out)
{
	return lb_take_range(section, key, 0, max, out);
}

bool
lb_take_range(struct lb_section *section, unsigned key, uint64_t min,
    uint64_t max, uint64_t *out)
{
	const char *text;
	uint64_t number;

	if (!lb_take_text(section, key, &text))
		return false;
	if (!lb_number_of_text(text, &number) || number < min || number > max) {
		lb_section_refuse(section, key,
		    "'%.*s' is no whole number from %llu to %llu", SHOWN_MAX,
		    text, (unsigned long long)min, (unsigned long long)max);
		return false;
	}
	*out = number;
	return true;
}

bool
lb_take_bool(struct lb_section *section, unsigned key, bool *out)
{
	static const char *const words[] = { "false", "true", "no", "yes",
		"off", "on" };
	const char *text;

	if (!lb_take_text(section, key, &text))
		return false;
	for (size_t i = 0; i < LB_COUNT(words); i++) {
		if (lb_name_is(text, words[i])) {
			*out = i % 2 == 1;
			return true;
		}
	}
	lb_section_refuse(
	    section, key, "'%.*s' is neither true nor false", SHOWN_MAX, text);
	return false;
}

bool
lb_take_duration(struct lb_section *section, unsigned key, uint64_t *out)
{
	const char *text;
	uint64_t number;

	if (!lb_take_text(section, key, &text))
		return false;
	if (lb_duration_of_text(text, out))
		return true;
	if (lb_number_of_text(text, &number))
		lb_section_refuse(section, key,
		    "'%.*s' has no unit; write %.*ss, %.*sm or %.*sms",
		    SHOWN_MAX, text, SHOWN_MAX, text, SHOWN_MAX, text,
		    SHOWN_MAX, text);
	else
		lb_section_refuse(section, key,
		    "'%.*s' is no duration; write a whole number and ms, s, m "
		    "or h, like 5s",
		    SHOWN_MAX, text);
	return false;
}

bool
lb_take_nanoseconds(struct lb_section *section, unsigned key, uint64_t *out)
{
	const char *text;

	if (!lb_take_text(section, key, &text))
		return false;
	if (lb_nanoseconds_of_text(text, out))
		return true;
	lb_section_refuse(section, key,
	    "'%.*s' is no short time; write a whole number and ns, us, ms or "
	    "s, like 500us",
	    SHOWN_MAX, text);
	return false;
}

bool
lb_take_share(struct lb_section *section, unsigned key, uint64_t *out)
{
	const char *text;

	if (!lb_take_text(section, key, &text))
		return false;
	if (lb_share_of_text(text, out))
		return true;
	lb_section_refuse(section, key,
	    "'%.*s' is no part of a whole; write 5%% or 0.05, at most 6 digits "
	    "behind the point",
	    SHOWN_MAX, text);
	return false;
}

bool
lb_take_address(struct lb_section *section, unsigned key, struct lb_addr *out)
{
	const char *text;
	char plain[46];

	if (!lb_take_text(section, key, &text))
		return false;
	if (lb_addr_of_text(text, out)) {
		if (!lb_addr_is_v4(out) || strchr(text, ':') == NULL)
			return true;
		lb_section_refuse(section, key,
		    "'%.*s' is IPv4 in IPv6's words; write %s", SHOWN_MAX, text,
		    lb_addr_text(out, plain, sizeof(plain)));
		return false;
	}
	lb_section_refuse(section, key,
	    "'%.*s' is no IPv4 or IPv6 address, like 10.0.0.4 or 2001:db8::4",
	    SHOWN_MAX, text);
	return false;
}

bool
lb_take_choice(struct lb_section *section, unsigned key,
    int (*of_name)(const char *), const char *choices, int *out)
{
	const char *text;

	if (!lb_take_text(section, key, &text))
		return false;
	int value = of_name(text);
	if (value >= 0) {
		*out = value;
		return true;
	}
	lb_section_refuse(
	    section, key, "'%.*s' is not one of %s", SHOWN_MAX, text, choices);
	return false;
}

/* --- lists --------------------------------------------------------------- */

const struct lb_yaml_node *
lb_take_list(struct lb_section *section, unsigned key, size_t *count)
{
	const struct lb_yaml_node *value = section->value[key];

	*count = 0;
	if (!lb_section_has(section, key))
		return NULL;
	if (value->kind != LB_YAML_LIST) {
		lb_section_refuse(section, key,
		    "a list is wanted, not %s; write [ ... ] or lines that "
		    "begin with '-'",
		    lb_yaml_kind_name(value->kind));
		return NULL;
	}
	*count = value->child_count;
	return lb_reader_node(section->reader, value->child);
}

const struct lb_yaml_node *
lb_list_next(const struct lb_reader *reader, const struct lb_yaml_node *node)
{
	return lb_reader_node(reader, node->next);
}

bool
lb_list_text(struct lb_section *section, unsigned key,
    const struct lb_yaml_node **node, const char **text, struct lb_where *where)
{
	for (; *node != NULL; *node = lb_list_next(section->reader, *node)) {
		const struct lb_yaml_node *now = *node;
		if (now->kind == LB_YAML_TEXT) {
			*text = now->text;
			*where = now->where;
			*node = lb_list_next(section->reader, now);
			return true;
		}
		section->bad |= UINT64_C(1) << key;
		lb_error_add(section->reader->problems, now->where, NULL,
		    "`%s`: one value is wanted here, not %s",
		    section->keys[key], lb_yaml_kind_name(now->kind));
	}
	return false;
}
