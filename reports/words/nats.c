/* SPDX-License-Identifier: MIT */
#include "reports/words/nats.h"
#include "reports/text/json_build.h"
#include "reports/text/lines.h"
#include "reports/text/text.h"
#include "reports/words/silence.h"
#include <stdlib.h>

#define ROWS_MAX   20u /* a case */
#define NAME_WIDTH 30
#define TERMINAL   (&report_terminal)

uint64_t
report_nat_packets(const struct sim_case *c)
{
	uint64_t packets = 0;

	for (size_t i = 0; i < c->nat_count; i++)
		packets += c->nats[i].packets;
	return packets;
}

/* The busiest first; those alike as in the file. */
static int
by_packets(const void *a, const void *b)
{
	const struct sim_nat *const *x = a, *const *y = b;

	if ((*x)->packets != (*y)->packets)
		return (*x)->packets < (*y)->packets ? 1 : -1;
	return *x < *y ? -1 : 1;
}

static void
put_row(FILE *to, const struct sim_nat *nat)
{
	char flows[REPORT_TEXT_BYTES], packets[REPORT_TEXT_BYTES];
	char in[REPORT_TEXT_BYTES], bytes[REPORT_TEXT_BYTES];

	report_put(to, "  ");
	report_put_name(to, nat->name, NAME_WIDTH, true);
	report_print(to, " %9s %9s %9s %13s\n",
	    report_count(flows, TERMINAL, nat->flows),
	    report_count(packets, TERMINAL, nat->packets),
	    report_count(in, TERMINAL, nat->packets_in),
	    report_count(bytes, TERMINAL, nat->bytes));
}

const struct sim_nat **
report_nats_order(const struct sim_case *c, size_t *count)
{
	const struct sim_nat **order =
	    calloc(c->nat_count + 1, sizeof(const struct sim_nat *));

	*count = 0;
	for (size_t i = 0; order != NULL && i < c->nat_count; i++)
		if (c->nats[i].packets > 0)
			order[(*count)++] = &c->nats[i];
	if (order != NULL)
		qsort(
		    order, *count, sizeof(const struct sim_nat *), by_packets);
	return order;
}

void
report_put_nats(FILE *to, const struct sim_case *c)
{
	size_t count;
	const struct sim_nat **order = report_nats_order(c, &count);

	if (count > 0) {
		report_put(to, "\n");
		report_put_name(to, c->name, SIZE_MAX, false);
		report_put(to, ", inbound NAT rules\n");
		report_print(to, "  %-*s %9s %9s %9s %13s\n", NAME_WIDTH,
		    "rule/member", "flows", "packets", "in", "bytes");
	}
	for (size_t i = 0; i < count && i < ROWS_MAX; i++)
		put_row(to, order[i]);
	if (count > ROWS_MAX)
		report_print(to,
		    "  and %zu more of %zu; summary.json (--json) has all\n",
		    count - ROWS_MAX, count);
	free(order);
}

json_t *
report_nats_json(const struct sim_case *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->nat_count; i++) {
		const struct sim_nat *nat = &c->nats[i];
		json_t *o = with(json_object(), "name", text(nat->name));
		o = with(o, "member", text(nat->member));
		o = with(o, "flows", whole(nat->flows));
		o = with(o, "packets", whole(nat->packets));
		o = with(o, "packets_in", whole(nat->packets_in));
		o = with(o, "bytes", whole(nat->bytes));
		o = with(o, "bytes_in", whole(nat->bytes_in));
		list = with_item(list,
		    with(o, "silent", report_silence_json(&nat->silence)));
	}
	return list;
}

char *
report_nat_finding(
    const struct sim_record *record, const struct report_script *script)
{
	char packets[REPORT_TEXT_BYTES];
	uint64_t most = 0;

	for (size_t i = 0; i < record->case_count; i++)
		if (report_nat_packets(&record->cases[i]) > most)
			most = report_nat_packets(&record->cases[i]);
	if (most == 0)
		return report_compose("%s", "");
	return report_compose("Inbound NAT rules carried %s packet%s, and "
			      "nothing was balanced",
	    report_count(packets, script, most), most == 1 ? "" : "s");
}

char *
report_idle_title(
    const struct sim_record *record, const struct report_script *script)
{
	char *finding = report_nat_finding(record, script);

	if (finding == NULL || finding[0] != '\0')
		return finding;
	free(finding);
	return report_compose("No traffic reached a backend");
}
