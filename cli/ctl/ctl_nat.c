/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/ctl/ctl.h"
#include "cli/ctl/ctl_table.h"

static const char *const heads[] = { "RULE", "FRONTEND", "AT", "", "MEMBER",
	"LEADS TO", "FLOWS" };
#define RIGHT 0x40u /* FLOWS */

/* With floating IP the member sees the frontend's address. */
static int
hear_mapping(void *arg, const char *kind, const json_t *m)
{
	struct ctl_table *t = arg;
	char text[CTL_END_BYTES];
	if (strcmp(kind, "mapping") != 0)
		return CLI_DONE;
	ctl_table_add(t, "%s", ctl_text(m, "rule"));
	ctl_table_add(t, "%s", ctl_text(m, "frontend"));
	ctl_table_add(t, "%s",
	    ctl_end(text, ctl_text(m, "frontend_address"),
		ctl_count(m, "frontend_port")));
	ctl_table_add(t, "%s", ctl_text(m, "protocol"));
	ctl_table_add(t, "%s/%s", ctl_text(m, "pool"), ctl_text(m, "member"));
	ctl_table_add(t, "%s%s",
	    ctl_end(text, ctl_text(m, "member_address"),
		ctl_count(m, "backend_port")),
	    ctl_is(m, "floating_ip") ? " (floating IP)" : "");
	if (json_is_integer(json_object_get(m, "flows")))
		ctl_table_count(t, ctl_count(m, "flows"));
	else
		ctl_table_add(t, "-");
	return CLI_DONE;
}

int
ctl_nat(const struct ctl_options *o)
{
	json_t *request = json_pack("{s:s}", "command", "nat");
	struct ctl_table table = {
		.heads = heads, .columns = LB_COUNT(heads), .right = RIGHT
	};
	if (o->json)
		return ctl_ask_json(o, request, "mappings");
	int status = ctl_ask(o, request, hear_mapping, &table);
	if (table.count > 0)
		status = cli_worse(status, ctl_table_print(&table));
	else if (status == CLI_DONE)
		(void)puts("the configuration has no NAT rules");
	return cli_worse(status, cli_flush("ctl"));
}
