/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ctl/ctl.h"
#include "reports/text/text.h"

/* One after another as they come, however many there are: fixed columns. */
struct printed {
	uint64_t count;
};

static void
print_end(const json_t *flow, const char *address, const char *port)
{
	char text[CTL_END_BYTES];
	(void)printf("%-22s ",
	    ctl_end(text, ctl_text(flow, address), ctl_count(flow, port)));
}

/* Where an outbound flow goes; what comes in goes to its member. */
static void
print_destination(const json_t *flow)
{
	char text[CTL_END_BYTES];
	const char *at = ctl_text(flow, "destination");
	if (*at != '\0')
		(void)printf(" -> %s",
		    ctl_end(text, at, ctl_count(flow, "destination_port")));
	(void)puts("");
}

static int
print_flow(void *arg, const char *kind, const json_t *flow)
{
	struct printed *p = arg;
	char idle[REPORT_TEXT_BYTES];
	if (strcmp(kind, "flow") != 0)
		return CLI_DONE;
	if (p->count++ == 0)
		(void)printf("%-5s %-22s %-22s %-12s %-20s %-11s %-7s TO\n", "",
		    "CLIENT", "FRONTEND", "RULE", "MEMBER", "STATE", "IDLE");
	(void)printf("%-5s ", ctl_text(flow, "protocol"));
	print_end(flow, "client", "client_port");
	print_end(flow, "frontend", "frontend_port");
	char *rule = report_clean(ctl_text(flow, "rule"), true);
	char *member = report_clean(ctl_text(flow, "member"), true);
	(void)printf("%-12s %-20s %-11s %-7s", rule != NULL ? rule : "",
	    member != NULL ? member : "", ctl_text(flow, "state"),
	    report_moment(idle, &report_terminal, ctl_real(flow, "idle_s")));
	print_destination(flow);
	free(rule);
	free(member);
	return ferror(stdout) ? cli_flush("ctl") : CLI_DONE;
}

int
ctl_flows(const struct ctl_options *o)
{
	struct printed printed = { 0 };
	json_t *request = json_pack("{s:s, s:s*, s:s*, s:s*, s:I}", "command",
	    "flows", "rule", o->rule, "member", o->member, "client", o->client,
	    "limit", (json_int_t)o->limit);
	if (o->json)
		return ctl_ask_json(o, request, "flows");
	int status = ctl_ask(o, request, print_flow, &printed);
	if (status == CLI_DONE)
		(void)printf("%ju flow%s\n", (uintmax_t)printed.count,
		    printed.count == 1 ? "" : "s");
	return cli_worse(status, cli_flush("ctl"));
}
