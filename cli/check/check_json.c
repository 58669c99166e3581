/* SPDX-License-Identifier: MIT */
/*
 * `fairlead check` for programs.  jansson's *_new functions and json_pack()
 * take a NULL value as their own failure, so that an error travels up by
 * itself and is looked at once, at the top.
 */
#include <jansson.h>

#include "cli/check/check_scenario.h"
#include "model/config/names.h"
#include "model/path/table.h"

#define SCHEMA 1

/* clang-format off: a line is a key and its value */

static json_int_t
whole(uint64_t value)
{
	return (json_int_t)value;
}

/* Appends, or makes the list NULL. */
static json_t *
with_item(json_t *list, json_t *item)
{
	if (list != NULL && json_array_append_new(list, item) == 0)
		return list;
	if (list == NULL)
		json_decref(item);
	json_decref(list);
	return NULL;
}

/* A number, or null for 0: something that was not in a file. */
static json_t *
place(unsigned number)
{
	return number == 0 ? json_null() : json_integer(number);
}

static json_t *
problem_json(const struct lb_problem *problem)
{
	return json_pack("{s:o, s:o, s:b, s:s?, s:s}", "line",
	    place(problem->where.line), "column", place(problem->where.column),
	    "warning", problem->warning, "code", problem->code, "what",
	    problem->what);
}

static json_t *
problems_json(const struct lb_problems *problems)
{
	json_t *list = json_array();

	for (size_t i = 0; i < problems->count; i++)
		list = with_item(list, problem_json(&problems->at[i]));
	return list;
}

static json_t *
address_json(const struct lb_addr *addr)
{
	char text[46];

	return json_string(lb_addr_text(addr, text, sizeof(text)));
}

static json_t *
frontends_json(const struct lb_config *config)
{
	json_t *list = json_array();

	for (size_t f = 0; f < config->frontend_count; f++)
		list = with_item(
		    list, json_pack("{s:s, s:o}", "name",
			      config->frontends[f].name, "address",
			      address_json(&config->frontends[f].address)));
	return list;
}

static json_t *
members_json(const struct lb_config_pool *pool)
{
	json_t *list = json_array();

	for (size_t m = 0; m < pool->member_count; m++) {
		const struct lb_config_member *member = &pool->members[m];
		list = with_item(list,
		    json_pack("{s:s, s:o, s:s, s:i}", "name", member->name,
			"address", address_json(&member->address),
			"admin_state", lb_admin_state_name(member->admin_state),
			"weight", (int)member->weight));
	}
	return list;
}

static json_t *
pools_json(const struct lb_config *config)
{
	json_t *list = json_array();

	for (size_t p = 0; p < config->pool_count; p++)
		list = with_item(
		    list, json_pack("{s:s, s:o}", "name", config->pools[p].name,
			      "members", members_json(&config->pools[p])));
	return list;
}

static json_t *
probe_json(const struct lb_config_probe *probe)
{
	struct check_detection detection = check_detection_of(probe);

	return json_pack("{s:s, s:s, s:i, s:I, s:i, s:I, s:I}", "name",
	    probe->name, "protocol", lb_probe_protocol_name(probe->protocol),
	    "port", (int)probe->port, "interval_ms", whole(probe->interval_ms),
	    "probe_threshold", (int)probe->threshold, "detect_refusing_ms",
	    whole(detection.refusing_ms), "detect_silent_ms",
	    whole(detection.silent_ms));
}

static json_t *
probes_json(const struct lb_config *config)
{
	json_t *list = json_array();

	for (size_t p = 0; p < config->probe_count; p++)
		list = with_item(list, probe_json(&config->probes[p]));
	return list;
}

/* The name of what an index refers to, NULL for -1. */
#define NAME(things, index) ((index) < 0 ? NULL : (things)[index].name)

static json_t *
rule_json(const struct check *check, size_t r)
{
	const struct lb_config *config = check->config;
	const struct lb_config_rule *rule = &config->rules[r];
	const struct lb_rule *row =
	    lb_plan_rule_row(check->plan, check->plan->rule_ids[r]);

	return json_pack("{s:s, s:s?, s:s, s:s?, s:s, s:i, s:i, s:s, s:s, "
			 "s:i, s:i, s:b, s:s, s:I, s:b, s:b, s:b}",
	    "name", rule->name, "frontend",
	    NAME(config->frontends, rule->frontend), "pool",
	    config->pools[rule->pool].name, "probe",
	    NAME(config->probes, rule->probe), "protocol",
	    lb_proto_name(rule->proto), "frontend_port",
	    (int)rule->frontend_port, "backend_port", (int)rule->backend_port,
	    "distribution", lb_mode_name(rule->mode), "algorithm",
	    lb_algorithm_name(rule->algorithm), "table_size",
	    (int)rule->table_size, "lookup_table", (int)row->lut,
	    "connection_tracking", rule->connection_tracking,
	    "no_healthy_backends", lb_all_down_name(rule->all_down),
	    "idle_timeout_ms", whole(rule->idle_timeout_ms), "tcp_reset",
	    rule->tcp_reset, "floating_ip", rule->floating_ip,
	    "probe_asks_elsewhere", check_asks_elsewhere(config, rule));
}

static json_t *
rules_json(const struct check *check)
{
	json_t *list = json_array();

	for (size_t r = 0; r < check->config->rule_count; r++)
		list = with_item(list, rule_json(check, r));
	return list;
}

static json_t *
mappings_json(const struct check *check, size_t nat)
{
	const struct lb_plan *plan = check->plan;
	json_t *list = json_array();

	for (uint32_t i = 0; i < plan->mapping_count; i++) {
		const struct lb_plan_mapping *mapping = &plan->mappings[i];
		if (mapping->nat == (int)nat)
			list = with_item(list,
			    json_pack("{s:s, s:i, s:i}", "member",
				plan->members[mapping->member].name,
				"frontend_port", (int)mapping->port,
				"backend_port",
				(int)check->config->nats[nat].backend_port));
	}
	return list;
}

static json_t *
nat_json(const struct check *check, size_t nat)
{
	const struct lb_config *config = check->config;
	const struct lb_config_nat *rule = &config->nats[nat];

	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:s, s:I, s:b, "
			 "s:b, s:b, s:o}",
	    "name", rule->name, "frontend",
	    config->frontends[rule->frontend].name, "pool",
	    config->pools[rule->pool].name, "protocol",
	    lb_proto_name(rule->proto), "first_port", (int)rule->first_port,
	    "last_port", (int)rule->last_port, "backend_port",
	    (int)rule->backend_port, "assignment",
	    lb_assignment_name(rule->assignment), "idle_timeout_ms",
	    whole(rule->idle_timeout_ms), "tcp_reset", rule->tcp_reset,
	    "floating_ip", rule->floating_ip, "assigned_afresh",
	    check_assigns_afresh(rule), "mappings", mappings_json(check, nat));
}

static json_t *
nats_json(const struct check *check)
{
	json_t *list = json_array();

	for (size_t i = 0; i < check->config->nat_count; i++)
		list = with_item(list, nat_json(check, i));
	return list;
}

static json_t *
outbound_json(const struct check *check, size_t i)
{
	const struct lb_config *config = check->config;
	const struct lb_config_outbound *outbound = &config->outbounds[i];
	json_t *frontends = json_array();

	for (size_t f = 0; f < outbound->frontend_count; f++)
		frontends = with_item(frontends,
		    json_string(
			config->frontends[outbound->frontends[f]].name));
	return json_pack("{s:s, s:o, s:s, s:s, s:I, s:I, s:I, s:b}", "name",
	    outbound->name, "frontends", frontends, "pool",
	    config->pools[outbound->pool].name, "protocol",
	    lb_proto_name(outbound->proto), "ports_per_member",
	    whole(outbound->ports), "max_members", whole(outbound->members_max),
	    "idle_timeout_ms", whole(outbound->idle_timeout_ms), "tcp_reset",
	    outbound->tcp_reset);
}

static json_t *
outbounds_json(const struct check *check)
{
	json_t *list = json_array();

	for (size_t i = 0; i < check->config->outbound_count; i++)
		list = with_item(list, outbound_json(check, i));
	return list;
}

static json_t *
snat_json(const struct check *check)
{
	json_t *list = json_array();

	for (size_t p = 0; p < check->config->pool_count; p++)
		for (unsigned udp = 0; udp < 2; udp++) {
			struct check_ports ports =
			    check_ports_of(check->plan, p, udp != 0);
			if (ports.most > 0)
				list = with_item(list,
				    json_pack("{s:s, s:s, s:I, s:I}", "pool",
					check->config->pools[p].name,
					"protocol", udp ? "udp" : "tcp",
					"least_ports", whole(ports.least),
					"most_ports", whole(ports.most)));
		}
	return list;
}

/* Names of pools that nothing lets out. */
static json_t *
shut_in_json(const struct check *check)
{
	json_t *list = json_array();

	for (size_t p = 0; p < check->config->pool_count; p++)
		if (check_is_shut_in(check->plan, p))
			list = with_item(
			    list, json_string(check->config->pools[p].name));
	return list;
}

static json_t *
table_json(uint64_t entries, uint32_t buckets, uint64_t bytes)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "entries", whole(entries),
	    "buckets", whole(buckets), "slots",
	    whole((uint64_t)buckets * LB_WAYS), "bytes", whole(bytes));
}

static json_t *
plan_json(const struct check *check)
{
	const struct lb_plan *plan = check->plan;
	const struct lb_config *config = check->config;
	uint64_t lut_bytes;
	uint32_t luts = check_lut_count(plan, &lut_bytes);

	return json_pack("{s:I, s:I, s:I, s:I, s:i, s:o, s:o}", "rows",
	    whole(plan->row_count), "row_bytes",
	    whole((uint64_t)plan->row_count * LB_ROW_BYTES), "lookup_tables",
	    whole(luts), "lookup_table_bytes", whole(lut_bytes),
	    "timeout_classes", (int)plan->class_count, "connection_table4",
	    table_json(
		config->entries, plan->buckets4, check_table4_bytes(plan)),
	    "connection_table6",
	    table_json(
		config->entries6, plan->buckets6, check_table6_bytes(plan)));
}

static json_t *
switches_json(const struct lb_config *config)
{
	json_t *all = json_object();

	for (unsigned s = 0; s < LB_SWITCH_COUNT; s++)
		(void)json_object_set_new(all, lb_switch_key(s),
		    json_string(lb_switch_name(s, config->otherwise[s])));
	return all;
}

static json_t *
config_json(const struct check *check)
{
	const struct lb_config *config = check->config;

	if (check->plan == NULL)
		return json_null(); /* it has errors, or is none */
	return json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:o, s:o, s:o}",
	    "sku", lb_sku_name(config->sku), "forwarding",
	    lb_forwarding_name(config->forwarding), "hash_key_set",
	    config->hash_key_set, "switches", switches_json(config),
	    "frontends", frontends_json(config), "pools", pools_json(config),
	    "probes", probes_json(config), "rules", rules_json(check),
	    "nat_rules", nats_json(check), "outbound_rules",
	    outbounds_json(check), "outbound", snat_json(check),
	    "outbound_none", shut_in_json(check), "plan", plan_json(check));
}

static json_t *
scenario_json(const struct check *check)
{
	if (check->scenario_path == NULL)
		return json_null();
	return json_pack("{s:s, s:o, s:o}", "file", check->scenario_path,
	    "problems", problems_json(check->scenario_problems), "plan",
	    check_scenario_json(check));
}

static json_t *
check_json(const struct check *check)
{
	const bool good = check->problems->error_count == 0 &&
			  (check->scenario_path == NULL ||
			      check->scenario_problems->error_count == 0);

	return json_pack("{s:s, s:i, s:s?, s:b, s:o, s:o, s:o}", "fairlead",
	    PACKAGE_VERSION, "schema", SCHEMA, "file", check->path, "good",
	    good, "problems", problems_json(check->problems), "configuration",
	    config_json(check), "scenario", scenario_json(check));
}
/* clang-format on */

int
check_print_json(const struct check *check, FILE *to)
{
	json_t *document = check_json(check);
	int result = -1;

	if (document != NULL && json_dumpf(document, to, JSON_INDENT(2)) == 0 &&
	    fputc('\n', to) != EOF)
		result = 0;
	json_decref(document);
	return result;
}
