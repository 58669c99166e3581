/* SPDX-License-Identifier: MIT */
/* fairlead inspect: what is in captures, and how each mode would fare. */
#include <errno.h>
#include <string.h>

#include "cli/common/capture_options.h"
#include "cli/common/captures.h"
#include "cli/common/cli.h"
#include "cli/common/progress.h"
#include "cli/sim/sim_options.h"
#include "reports/report.h"

static const char help[] =
    "usage: fairlead inspect [OPTION...] CAPTURE...\n"
    "\n"
    "Says what captures (pcap, pcapng; - is standard input) are made of:\n"
    "format, time, flows, who is busiest, what would not be balanced; how\n"
    "evenly each distribution mode could share them, and which to take.\n"
    "Several captures are taken together, by their clocks.\n"
    "\n"
    "      --backends N     shared by so many (default 4)\n"
    "      --vip ADDR[:PORT]|auto\n"
    "                       this server's flows only, auto: the server with "
    "most\n"
    "      --reverse        the captured servers are the clients\n"
    "      --filter EXPR    only packets that match, as for tcpdump\n"
    "      --json           one JSON document on stdout\n"
    "  -q, --quiet          no progress\n"
    "\n"
    "Examples:\n"
    "  fairlead inspect coap.pcap\n"
    "  fairlead inspect --vip auto --backends 8 monday.pcap tuesday.pcap\n"
    "  tcpdump -c 100000 -w - | fairlead inspect --json -\n"
    "\n"
    "Exit codes: 0 done, 2 usage, 3 no input was readable, 4 some input was\n"
    "not, 5 the machine refused, 130 interrupted.\n";

enum {
	OPTION_VIP = CLI_CAPTURE_OPTION_END,
	OPTION_REVERSE,
};

static const struct option options[] = {
	CLI_CAPTURE_LONG_OPTIONS,
	{ "vip", required_argument, NULL, OPTION_VIP },
	{ "reverse", no_argument, NULL, OPTION_REVERSE },
	{ NULL, 0, NULL, 0 },
};

struct inspect_options {
	struct capture_options common;
	struct sim_vip vip;
	bool reverse;
};

static int
read_option(struct inspect_options *o, int option, char **argv)
{
	switch (option) {
	case 'h':
		(void)fputs(help, stdout);
		return 1;
	case OPTION_REVERSE:
		o->reverse = true;
		return 0;
	case OPTION_VIP:
		return cli_vip_read("inspect", optarg, &o->vip);
	default:
		return capture_option_read(
		    "inspect", &o->common, option, optarg, argv);
	}
}

/* 0; else stop: 1 when help was given, CLI_USAGE said so. */
static int
read_options(struct inspect_options *o, int argc, char **argv)
{
	int option;

	*o = (struct inspect_options){ 0 };
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":qh", options, NULL)) != -1) {
		int status = read_option(o, option, argv);
		if (status != 0)
			return status;
	}
	capture_options_paths(&o->common, argc, argv);
	if (o->common.backend_count == 0)
		o->common.backend_count = CLI_BACKENDS_DEFAULT;
	if (o->common.count == 0)
		return cli_usage("inspect", "there is no capture to look at");
	return capture_options_one_stdin("inspect", &o->common, NULL, NULL);
}

static int
show(const struct inspect_options *o, const struct sim_survey *survey)
{
	if (!o->common.json)
		report_inspect(survey, o->common.backend_count, stdout);
	else if (report_inspect_json(survey, o->common.backend_count, stdout) !=
		 0) {
		cli_say(
		    "inspect", "can't write the result: %s", strerror(errno));
		return CLI_REFUSED;
	}
	int status = cli_flush("inspect");
	if (status == CLI_DONE && survey->interrupted) {
		cli_say("inspect", "interrupted");
		return CLI_INTERRUPTED;
	}
	return status;
}

int
inspect_main(int argc, char **argv)
{
	struct inspect_options o;
	struct cli_progress progress;
	struct sim_trouble trouble = { 0 };
	struct sim_survey *survey = NULL;

	int status = read_options(&o, argc, argv);
	if (status != 0)
		return status == 1 ? cli_flush("inspect") : CLI_USAGE;
	const struct sim_settings settings = {
		.paths = o.common.paths,
		.path_count = o.common.count,
		.filter = o.common.filter,
		.reverse = o.reverse,
		.vip = o.vip,
		.progress = cli_progress_show,
		.progress_arg = &progress,
	};
	cli_interrupt_catch();
	cli_progress_start(&progress, o.common.quiet);
	status = sim_survey_make(&settings, &survey, &trouble);
	cli_progress_end(&progress);
	if (status != SIM_DONE)
		return cli_say_trouble("inspect", status, &trouble, NULL);
	status = cli_say_unreadable("inspect", o.common.paths, &survey->input);
	if (status != CLI_UNREADABLE)
		status = cli_worse(status, show(&o, survey));
	sim_survey_free(survey);
	return status;
}
