/* SPDX-License-Identifier: MIT */
/* `fairlead check` for people. */
#include <stdio.h>

#include "cli/check/check_scenario.h"
#include "model/config/names.h"
#include "model/path/table.h"

#define WIDTH_MAX 24 /* of a column of names */

/* --- words --------------------------------------------------------------- */

const char *
check_duration(uint64_t ms, char text[24])
{
	static const struct {
		uint64_t ms;
		const char *name;
	} units[] = { { 3600000, "h" }, { 60000, "m" }, { 1000, "s" },
		{ 1, "ms" } };

	for (size_t i = 0; i < LB_COUNT(units); i++) {
		if (ms % units[i].ms != 0 || (ms == 0 && i < 2))
			continue; /* nothing is 0s */
		(void)snprintf(text, 24, "%llu%s",
		    (unsigned long long)(ms / units[i].ms), units[i].name);
		break;
	}
	return text;
}

/* 83886080 -> "80 MiB".  Returns text, 24 bytes. */
static const char *
size(uint64_t bytes, char text[24])
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB" };
	double shown = (double)bytes;
	size_t unit = 0;

	while (shown >= 1024 && unit + 1 < LB_COUNT(units)) {
		shown /= 1024;
		unit++;
	}
	(void)snprintf(text, 24, shown < 10 && unit > 0 ? "%.1f %s" : "%.0f %s",
	    shown, units[unit]);
	return text;
}

static const char *
plural(size_t count)
{
	return count == 1 ? "" : "s";
}

/* --- things -------------------------------------------------------------- */

static void
print_balancer(const struct lb_config *config, FILE *to)
{
	(void)fprintf(
	    to, "%-*s %s\n", WIDTH_MAX, "sku", lb_sku_name(config->sku));
	(void)fprintf(to, "%-*s %s\n", WIDTH_MAX, "forwarding",
	    lb_forwarding_name(config->forwarding));
	(void)fprintf(to, "%-*s %s\n", WIDTH_MAX, "hash key",
	    config->hash_key_set ? "as configured"
				 : "the fixed one in sim, a drawn one in live");
	for (unsigned s = 0; s < LB_SWITCH_COUNT; s++)
		if (config->otherwise[s])
			(void)fprintf(to, "%-*s %s\n", WIDTH_MAX,
			    lb_switch_key(s), lb_switch_name(s, true));
}

static void
print_frontends(const struct lb_config *config, FILE *to)
{
	char text[64];

	(void)fprintf(to, "\nfrontends (%zu)\n", config->frontend_count);
	for (size_t f = 0; f < config->frontend_count; f++)
		(void)fprintf(to, "  %-*s %s\n", WIDTH_MAX - 2,
		    config->frontends[f].name,
		    lb_addr_text(
			&config->frontends[f].address, text, sizeof(text)));
}

static void
print_pools(const struct lb_config *config, FILE *to)
{
	const size_t shown_max = 4;
	char text[64];

	(void)fprintf(to, "\npools (%zu)\n", config->pool_count);
	for (size_t p = 0; p < config->pool_count; p++) {
		const struct lb_config_pool *pool = &config->pools[p];
		(void)fprintf(to, "  %-*s %zu member%s", WIDTH_MAX - 2,
		    pool->name, pool->member_count, plural(pool->member_count));
		for (size_t m = 0; m < pool->member_count && m < shown_max; m++)
			(void)fprintf(to, "%s %s", m == 0 ? ":" : ",",
			    lb_addr_text(
				&pool->members[m].address, text, sizeof(text)));
		(void)fputs(
		    pool->member_count > shown_max ? ", ...\n" : "\n", to);
	}
}

static void
print_probes(const struct lb_config *config, FILE *to)
{
	char interval[24], refusing[24], silent[24];

	if (config->probe_count > 0)
		(void)fprintf(to, "\nprobes (%zu)\n", config->probe_count);
	for (size_t p = 0; p < config->probe_count; p++) {
		const struct lb_config_probe *probe = &config->probes[p];
		struct check_detection detection = check_detection_of(probe);
		(void)fprintf(to,
		    "  %-*s %s port %u every %s, %u in a row; a refusing "
		    "member is out within %s, a silent one within %s\n",
		    WIDTH_MAX - 2, probe->name,
		    lb_probe_protocol_name(probe->protocol), probe->port,
		    check_duration(probe->interval_ms, interval),
		    probe->threshold,
		    check_duration(detection.refusing_ms, refusing),
		    check_duration(detection.silent_ms, silent));
	}
}

/* --- rules --------------------------------------------------------------- */

/* "udp 203.0.113.10:5683 -> vms:5683" */
static void
print_ends(
    const struct lb_config *config, const struct lb_config_rule *rule, FILE *to)
{
	char text[64];

	(void)fprintf(to, "%s %s -> %s", lb_proto_name(rule->proto),
	    rule->frontend < 0
		? "(next hop)"
		: lb_addr_port_text(&config->frontends[rule->frontend].address,
		      rule->frontend_port, text, sizeof(text)),
	    config->pools[rule->pool].name);
	if (rule->backend_port != 0)
		(void)fprintf(to, ":%u", rule->backend_port);
	else
		(void)fputs(", every port", to);
}

static void
print_switches(
    const struct lb_config *config, const struct lb_config_rule *rule, FILE *to)
{
	int index = (int)(rule - config->rules);

	if (rule->floating_ip)
		(void)fputs(", floating IP", to);
	if (rule->connection_tracking && rule->proto != LB_PROTO_TCP)
		(void)fputs(", UDP tracked", to);
	if (rule->tcp_reset)
		(void)fputs(", TCP reset", to);
	if (rule->probe >= 0 && rule->all_down == LB_ALL_PROBED_UP)
		(void)fputs(", all down is up", to);
	if (config->next_hop_rule4 == index)
		(void)fputs(", next hop for IPv4", to);
	if (config->next_hop_rule6 == index)
		(void)fputs(", next hop for IPv6", to);
}

/* Who is asked is not who serves. */
static void
print_asks_elsewhere(const struct lb_config *config,
    const struct lb_config_probe *probe, FILE *to)
{
	(void)fprintf(to,
	    "  %-*s %s asks %s port %u, not this UDP server, which may be "
	    "deaf while\n  %-*s the probe is answered; ",
	    WIDTH_MAX - 2, "", probe->name,
	    lb_probe_protocol_name(probe->protocol), probe->port, WIDTH_MAX - 2,
	    "");
	if (config->sku != LB_SKU_FAIRLEAD)
		(void)fprintf(to,
		    "Azure has no UDP probes: let something beside\n  %-*s the "
		    "server (a netcat) answer it only while the server does\n",
		    WIDTH_MAX - 2, "");
	else
		(void)fputs("probes udp, coap and dns ask it\n", to);
}

/* Packets for others, as a route sends them to an appliance, are nobody's. */
static void
print_no_next_hop(
    const struct lb_config *config, const struct lb_config_rule *rule, FILE *to)
{
	(void)fprintf(to,
	    "  %-*s takes what is sent to its frontend only; for other "
	    "destinations, as\n  %-*s of routes to an appliance: forwarding: "
	    "{ ha_next_hop: %s }%s\n",
	    WIDTH_MAX - 2, "", WIDTH_MAX - 2, "", rule->name,
	    lb_config_rule_floats(config, rule) ? ""
						: " and floating_ip: true");
}

static void
print_rule(const struct check *check, size_t r, FILE *to)
{
	const struct lb_config *config = check->config;
	const struct lb_config_rule *rule = &config->rules[r];
	const struct lb_rule *row =
	    lb_plan_rule_row(check->plan, check->plan->rule_ids[r]);
	char idle[24];

	(void)fprintf(to, "  %-*s ", WIDTH_MAX - 2, rule->name);
	print_ends(config, rule, to);
	(void)fprintf(to, "\n  %-*s %s, %s, table %u of %u slots; %s; idle %s",
	    WIDTH_MAX - 2, "", lb_mode_name(rule->mode),
	    lb_algorithm_name(rule->algorithm), row->lut, rule->table_size,
	    rule->probe < 0 ? "no probe" : config->probes[rule->probe].name,
	    check_duration(rule->idle_timeout_ms, idle));
	print_switches(config, rule, to);
	(void)fputc('\n', to);
	if (check_asks_elsewhere(config, rule))
		print_asks_elsewhere(config, &config->probes[rule->probe], to);
	if (rule->frontend_port == 0 && config->next_hop_rule4 < 0 &&
	    config->next_hop_rule6 < 0)
		print_no_next_hop(config, rule, to);
}

/* --- NAT rules ----------------------------------------------------------- */

static void
print_mappings(const struct check *check, size_t nat, FILE *to)
{
	const struct lb_plan *plan = check->plan;
	const struct lb_config_nat *rule = &check->config->nats[nat];
	char text[46];

	for (uint32_t i = 0; i < plan->mapping_count; i++) {
		const struct lb_plan_mapping *mapping = &plan->mappings[i];
		if (mapping->nat != (int)nat)
			continue;
		const struct lb_plan_member *member =
		    &plan->members[mapping->member];
		(void)fprintf(to, "  %-*s %u to %s (%s:%u)\n", WIDTH_MAX - 2,
		    "", mapping->port, member->name,
		    lb_addr_text(&member->address, text, sizeof(text)),
		    rule->backend_port);
	}
}

static void
print_nat(const struct check *check, size_t nat, FILE *to)
{
	const struct lb_config *config = check->config;
	const struct lb_config_nat *rule = &config->nats[nat];
	char idle[24];

	(void)fprintf(to, "  %-*s %s %s:%u", WIDTH_MAX - 2, rule->name,
	    lb_proto_name(rule->proto), config->frontends[rule->frontend].name,
	    rule->first_port);
	if (rule->last_port != rule->first_port)
		(void)fprintf(to, "-%u", rule->last_port);
	(void)fprintf(to, ", %s, idle %s%s%s\n",
	    lb_assignment_name(rule->assignment),
	    check_duration(rule->idle_timeout_ms, idle),
	    rule->tcp_reset ? ", TCP reset" : "",
	    rule->floating_ip ? ", floating IP" : "");
	print_mappings(check, nat, to);
	if (check_assigns_afresh(rule))
		(void)fprintf(to,
		    "  %-*s assigned afresh; a running balancer keeps the "
		    "ports that it gave\n  %-*s (fairlead ctl nat)\n",
		    WIDTH_MAX - 2, "", WIDTH_MAX - 2, "");
}

static void
print_nats(const struct check *check, FILE *to)
{
	if (check->config->nat_count > 0)
		(void)fprintf(
		    to, "\nNAT rules (%zu)\n", check->config->nat_count);
	for (size_t i = 0; i < check->config->nat_count; i++)
		print_nat(check, i, to);
}

/* --- outbound ------------------------------------------------------------ */

static void
print_outbound(const struct check *check, size_t i, FILE *to)
{
	const struct lb_config *config = check->config;
	const struct lb_config_outbound *outbound = &config->outbounds[i];
	char idle[24];

	(void)fprintf(to, "  %-*s %s %s by", WIDTH_MAX - 2, outbound->name,
	    lb_proto_name(outbound->proto), config->pools[outbound->pool].name);
	for (size_t f = 0; f < outbound->frontend_count; f++)
		(void)fprintf(
		    to, " %s", config->frontends[outbound->frontends[f]].name);
	(void)fprintf(to, ", idle %s%s\n",
	    check_duration(outbound->idle_timeout_ms, idle),
	    outbound->tcp_reset ? ", TCP reset" : "");
}

/* What a pool's members have; says so where they do not have the same. */
static void
print_ports(const struct check *check, size_t pool, bool udp, FILE *to)
{
	struct check_ports ports = check_ports_of(check->plan, pool, udp);

	if (ports.most == 0)
		return;
	(void)fprintf(to, "  %-*s %s, %u SNAT ports each", WIDTH_MAX - 2,
	    check->config->pools[pool].name, udp ? "udp" : "tcp", ports.most);
	if (ports.least != ports.most)
		(void)fprintf(to, ", but %u some", ports.least);
	(void)fputc('\n', to);
}

/* Azure's ways out, in its order (AZ 4.8). */
static void
print_shut_in(const struct lb_config *config, size_t pool, FILE *to)
{
	if (config->forwarding == LB_FORWARDING_L2DSR) {
		(void)fprintf(to,
		    "  %-*s none: with mode l2dsr what members send does not "
		    "pass the balancer\n",
		    WIDTH_MAX - 2, config->pools[pool].name);
		return;
	}
	(void)fprintf(to,
	    "  %-*s none: the balancer lets no member out; an outbound rule "
	    "does,\n  %-*s or outbound_snat: true on a rule of a public "
	    "frontend%s\n",
	    WIDTH_MAX - 2, config->pools[pool].name, WIDTH_MAX - 2, "",
	    config->sku != LB_SKU_FAIRLEAD ? "; in Azure a NAT gateway, too"
					   : "");
}

static void
print_outbounds(const struct check *check, FILE *to)
{
	const struct lb_config *config = check->config;

	if (config->outbound_count > 0)
		(void)fprintf(
		    to, "\noutbound rules (%zu)\n", config->outbound_count);
	for (size_t i = 0; i < config->outbound_count; i++)
		print_outbound(check, i, to);
	if (config->pool_count > 0)
		(void)fputs("\noutbound\n", to);
	for (size_t p = 0; p < config->pool_count; p++) {
		print_ports(check, p, false, to);
		print_ports(check, p, true, to);
		if (check_is_shut_in(check->plan, p))
			print_shut_in(config, p, to);
	}
}

/* --- plan ---------------------------------------------------------------- */

static void
print_table(const char *family, uint64_t entries, uint32_t buckets,
    uint64_t bytes, FILE *to)
{
	char text[24];

	(void)fprintf(to, "  %-*s %llu flows expected, %llu slots, %s\n",
	    WIDTH_MAX - 2, family, (unsigned long long)entries,
	    (unsigned long long)buckets * LB_WAYS, size(bytes, text));
}

static void
print_plan(const struct check *check, FILE *to)
{
	const struct lb_plan *plan = check->plan;
	uint64_t lut_bytes;
	uint32_t luts = check_lut_count(plan, &lut_bytes);
	char text[24];

	(void)fputs("\nconnection table\n", to);
	print_table("IPv4", check->config->entries, plan->buckets4,
	    check_table4_bytes(plan), to);
	print_table("IPv6", check->config->entries6, plan->buckets6,
	    check_table6_bytes(plan), to);
	(void)fprintf(to, "\nplan\n  %-*s %u (%s)\n", WIDTH_MAX - 2, "rows",
	    plan->row_count,
	    size((uint64_t)plan->row_count * LB_ROW_BYTES, text));
	(void)fprintf(to, "  %-*s %u (%s)\n", WIDTH_MAX - 2, "lookup tables",
	    luts, size(lut_bytes, text));
	(void)fprintf(to, "  %-*s %u\n", WIDTH_MAX - 2, "timeout classes",
	    plan->class_count);
}

static void
print_config(const struct check *check, FILE *to)
{
	print_balancer(check->config, to);
	print_frontends(check->config, to);
	print_pools(check->config, to);
	print_probes(check->config, to);
	(void)fprintf(to, "\nrules (%zu)\n", check->config->rule_count);
	for (size_t r = 0; r < check->config->rule_count; r++)
		print_rule(check, r, to);
	print_nats(check, to);
	print_outbounds(check, to);
	print_plan(check, to);
}

void
check_print(const struct check *check, FILE *to)
{
	if (check->path != NULL)
		print_config(check, to);
	if (check->scenario == NULL)
		return;
	if (check->path != NULL)
		(void)fputc('\n', to);
	check_print_scenario(check, to);
}
