/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/ctl/ctl.h"
#include "cli/ctl/ctl_table.h"
#include "reports/text/text.h"

static const char *const heads[] = { "MEMBER", "FRONTEND", "", "RULE", "PORTS",
	"ALLOCATED", "USED", "", "", "PEAK", "FLOWS", "CLOSING", "FAILED",
	"MOST PORTS TO" };

/* Numbers: ALLOCATED, USED, its percent, PEAK to FAILED. */
#define RIGHT 0x1ee0u

struct said {
	struct ctl_table table;
	uint64_t rows, high, full, leaving, no_room;
	bool passes_by; /* what members send */
};

/* "1024-2047", or of several the first and how many there are besides. */
static void
add_ports(struct ctl_table *t, const json_t *blocks)
{
	char more[32] = "";
	const json_t *first = json_array_get(blocks, 0);
	size_t count = json_array_size(blocks);

	if (first == NULL) {
		ctl_table_add(t, "-");
		return;
	}
	if (count > 1)
		(void)snprintf(more, sizeof(more), " +%zu", count - 1);
	ctl_table_add(t, "%jd-%jd%s",
	    (intmax_t)json_integer_value(json_array_get(first, 0)),
	    (intmax_t)json_integer_value(json_array_get(first, 1)), more);
}

/* "-": not known. */
static void
add_count(struct ctl_table *t, const json_t *row, const char *key)
{
	if (json_is_integer(json_object_get(row, key)))
		ctl_table_count(t, ctl_count(row, key));
	else
		ctl_table_add(t, "-");
}

static void
add_percent(struct ctl_table *t, const json_t *row)
{
	char text[REPORT_TEXT_BYTES];

	if (json_is_number(json_object_get(row, "percent")))
		ctl_table_add(t, "%s",
		    report_percent(text, &report_terminal,
			ctl_real(row, "percent") / 100));
	else
		ctl_table_add(t, "-");
}

/* Flows that are over and hold their port yet. */
static void
add_closing(struct ctl_table *t, const json_t *row)
{
	const json_t *states = json_object_get(row, "states");

	if (json_is_object(states))
		ctl_table_count(t, ctl_count(states, "closing-fin") +
				       ctl_count(states, "closing-rst"));
	else
		ctl_table_add(t, "-");
}

/* "192.0.2.1:443 12": what the protocol does not tell apart is not there. */
static void
add_worst(struct ctl_table *t, const json_t *row)
{
	char end[CTL_END_BYTES], count[REPORT_TEXT_BYTES];
	const json_t *worst =
	    json_array_get(json_object_get(row, "destinations"), 0);
	const char *address = ctl_text(worst, "address");

	if (worst == NULL) {
		ctl_table_add(t, "-");
		return;
	}
	if (*address == '\0')
		address = "any";
	else if (ctl_count(worst, "port") != 0)
		address = ctl_end(end, address, ctl_count(worst, "port"));
	ctl_table_add(t, "%s  %s", address,
	    report_count(count, &report_terminal, ctl_count(worst, "ports")));
}

static int
hear_row(void *arg, const char *kind, const json_t *row)
{
	struct said *s = arg;
	struct ctl_table *t = &s->table;
	const char *mark = ctl_text(row, "mark");
	const char *rule = ctl_text(row, "rule");

	if (strcmp(kind, "no_room") == 0)
		s->no_room = ctl_count(row, "packets");
	if (strcmp(kind, "outbound") == 0)
		s->passes_by =
		    strcmp(ctl_text(row, "forwarding"), "l2dsr") == 0;
	if (strcmp(kind, "snat") != 0)
		return CLI_DONE;
	s->rows++;
	s->high += strcmp(mark, "high") == 0;
	s->full += strcmp(mark, "full") == 0;
	s->leaving += strcmp(mark, "leaving") == 0;
	ctl_table_add(t, "%s", ctl_text(row, "member"));
	ctl_table_add(t, "%s", ctl_text(row, "address"));
	ctl_table_add(t, "%s", ctl_text(row, "protocol"));
	ctl_table_add(t, "%s", *rule != '\0' ? rule : "-");
	add_ports(t, json_object_get(row, "ports"));
	add_count(t, row, "allocated");
	add_count(t, row, "used");
	add_percent(t, row);
	ctl_table_add(t, "%s", mark);
	add_count(t, row, "peak");
	add_count(t, row, "flows");
	add_closing(t, row);
	add_count(t, row, "failed");
	add_worst(t, row);
	return CLI_DONE;
}

/* What the rows come to, for who sees only the last of them. */
static void
print_sum(const struct said *s)
{
	if (s->rows == 0) {
		(void)puts(s->passes_by
			       ? "no member leaves by this configuration: with "
				 "forwarding.mode l2dsr what\nmembers send "
				 "does not pass the balancer"
			       : "no member leaves by this configuration: it "
				 "has no outbound rule, and no rule with\n"
				 "outbound_snat and a public frontend");
		return;
	}
	(void)printf("%ju row%s: %ju full, %ju high", (uintmax_t)s->rows,
	    s->rows == 1 ? "" : "s", (uintmax_t)s->full, (uintmax_t)s->high);
	if (s->leaving > 0)
		(void)printf(", %ju of members that have no ports any more",
		    (uintmax_t)s->leaving);
	(void)puts("");
	if (s->no_room > 0)
		(void)printf("%ju packets of new flows were dropped for want "
			     "of room in the tables, not of ports:\nraise "
			     "connection_table.entries\n",
		    (uintmax_t)s->no_room);
}

int
ctl_snat(const struct ctl_options *o)
{
	json_t *request =
	    json_pack("{s:s, s:s*, s:s*, s:I}", "command", "snat", "rule",
		o->rule, "member", o->member, "limit", (json_int_t)o->limit);
	struct said s = { .table = { .heads = heads,
			      .columns = LB_COUNT(heads),
			      .right = RIGHT } };
	if (o->json)
		return ctl_ask_json(o, request, "snat");
	int status = ctl_ask(o, request, hear_row, &s);
	if (s.rows > 0)
		status = cli_worse(status, ctl_table_print(&s.table));
	if (status == CLI_DONE)
		print_sum(&s);
	return cli_worse(status, cli_flush("ctl"));
}
