/* SPDX-License-Identifier: MIT */
#include "reports/text/csv.h"
#include "reports/data/products.h"
#include "model/config/names.h"
#include <inttypes.h>

#define NS_PER_S UINT64_C(1000000000)

static void
print_seconds(FILE *to, uint64_t ns)
{
	report_print(
	    to, ",%" PRIu64 ".%09" PRIu64, ns / NS_PER_S, ns % NS_PER_S);
}

static void
print_end(FILE *to, const struct lb_addr *addr, uint16_t port, bool portless)
{
	char text[46];

	report_print(to, ",%s,", lb_addr_text(addr, text, sizeof(text)));
	if (!portless)
		report_print(to, "%u", port);
}

static void
print_place(FILE *to, const struct sim_case *c, const struct sim_flow_place *at)
{
	if (at->rule == SIM_NOWHERE) {
		report_put(to, ",,");
		return;
	}
	report_put(to, ",");
	if (at->rule >= c->rule_count) {
		const struct sim_nat *nat = &c->nats[at->rule - c->rule_count];
		report_csv_text(to, nat->name);
		report_put(to, ",");
		report_csv_text(to, nat->member);
		return;
	}
	const struct sim_rule *rule = &c->rules[at->rule];
	report_csv_text(to, rule->name);
	report_put(to, ",");
	report_csv_text(to, rule->backends[at->backend].name);
}

static void
print_head(const struct sim_record *record, FILE *to)
{
	report_put(to, "flow,client,client_port,server,server_port,protocol,"
		       "role_by,first_s,last_s,packets,packets_in,bytes,"
		       "bytes_in");
	for (size_t c = 0; c < record->case_count; c++) {
		const char *name = record->cases[c].name;
		report_put(to, ",");
		report_csv_joined(to, name, " rule");
		report_put(to, ",");
		report_csv_joined(to, name, " backend");
	}
	report_put(to, "\n");
}

int
report_flows_csv(const struct sim_record *record, FILE *to)
{
	print_head(record, to);
	for (size_t i = 0; i < record->flow_count; i++) {
		const struct sim_flow_row *row = &record->flows[i];
		report_print(to, "%zu", i + 1);
		print_end(to, &row->client, row->client_port, row->portless);
		print_end(to, &row->server, row->server_port, row->portless);
		report_print(
		    to, ",%s,%s", lb_proto_name(row->proto), row->role_by);
		print_seconds(to, row->first_ns);
		print_seconds(to, row->last_ns);
		report_print(to,
		    ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64,
		    row->packets, row->packets_in, row->bytes, row->bytes_in);
		for (size_t c = 0; c < record->case_count; c++)
			print_place(to, &record->cases[c], &row->places[c]);
		report_put(to, "\n");
	}
	return ferror(to) ? -1 : 0;
}
