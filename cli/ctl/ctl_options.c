/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/ctl/ctl.h"
#include "live/bpf/pins.h"
#include "model/config/names.h"

#define SNAP_MAX 262144u

static const char help[] =
    "usage: fairlead ctl [--pin-name NAME | --control PATH] [--json] COMMAND\n"
    "\n"
    "Talks to a running fairlead live.\n"
    "\n"
    "  status    what runs: tables, packets, drops, probes, hash key\n"
    "  members   states, probes, flows and traffic of every member\n"
    "  flows     live entries of the connection table\n"
    "  snat      SNAT ports: allocated, used, and where most go\n"
    "  nat       ports of NAT rules, and the members they lead to\n"
    "  drain     no new flows to a member; those it has stay\n"
    "  undrain   new flows to it again\n"
    "  admin     a member's admin state in place of the configuration's\n"
    "  reload    read the configuration again, and tell what changed\n"
    "  stats     flows, packets and bytes by frontend, rule and member\n"
    "  capture   packets of a frontend into a file for fairlead sim\n"
    "\n"
    "      --pin-name NAME  which balancer, as fairlead live has it (default\n"
    "                       \"default\")\n"
    "      --control PATH   its socket, as fairlead live has it\n"
    "      --json           one JSON document on stdout\n"
    "\n"
    "flows, snat:\n"
    "      --rule RULE      only of this rule\n"
    "      --member MEMBER  only of this member, POOL/NAME\n"
    "      --client ADDR    (flows) only of this client\n"
    "      --limit N        so many at most\n"
    "drain:\n"
    "      --wait           until the member's last flow has gone\n"
    "reload:\n"
    "      --dry-run        only tell what it would change\n"
    "stats:\n"
    "      --watch          again every second, and how much in it\n"
    "capture:\n"
    "  -o, --output FILE    the capture (pcap); -: standard output\n"
    "      --force          replace a file that is there\n"
    "      --packets N      so many, then end\n"
    "      --seconds S      so long, then end\n"
    "      --snap B         bytes of a packet at most\n"
    "\n"
    "fairlead ctl COMMAND --help tells more of a command.\n"
    "\n"
    "Examples:\n"
    "  sudo fairlead ctl status\n"
    "  sudo fairlead ctl members --json\n"
    "  sudo fairlead ctl snat --limit 10\n"
    "  sudo fairlead ctl drain --wait web/web-1\n"
    "  sudo fairlead ctl reload --dry-run\n"
    "  sudo fairlead ctl capture web:443 -o now.pcap --seconds 60\n"
    "\n"
    "Exit codes: 0 done; 2 usage or configuration; 5 nobody answers, or the\n"
    "machine refused; 130 interrupted.\n";

enum {
	OPTION_PIN_NAME = 256,
	OPTION_CONTROL,
	OPTION_JSON,
	OPTION_RULE,
	OPTION_MEMBER,
	OPTION_CLIENT,
	OPTION_LIMIT,
	OPTION_DRY_RUN,
	OPTION_WAIT,
	OPTION_WATCH,
	OPTION_FORCE,
	OPTION_PACKETS,
	OPTION_SECONDS,
	OPTION_SNAP,
};

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "pin-name", required_argument, NULL, OPTION_PIN_NAME },
	{ "control", required_argument, NULL, OPTION_CONTROL },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "rule", required_argument, NULL, OPTION_RULE },
	{ "member", required_argument, NULL, OPTION_MEMBER },
	{ "client", required_argument, NULL, OPTION_CLIENT },
	{ "limit", required_argument, NULL, OPTION_LIMIT },
	{ "dry-run", no_argument, NULL, OPTION_DRY_RUN },
	{ "wait", no_argument, NULL, OPTION_WAIT },
	{ "watch", no_argument, NULL, OPTION_WATCH },
	{ "output", required_argument, NULL, 'o' },
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "packets", required_argument, NULL, OPTION_PACKETS },
	{ "seconds", required_argument, NULL, OPTION_SECONDS },
	{ "snap", required_argument, NULL, OPTION_SNAP },
	{ NULL, 0, NULL, 0 },
};

/* Which commands have an option: enum ctl_option; 0: all. */
static unsigned
option_of(int option)
{
	switch (option) {
	case OPTION_RULE:
	case OPTION_MEMBER:
	case OPTION_LIMIT:
		return CTL_CHOICE;
	case OPTION_CLIENT:
		return CTL_CLIENT;
	case OPTION_DRY_RUN:
		return CTL_DRY_RUN;
	case OPTION_WAIT:
		return CTL_WAIT;
	case OPTION_WATCH:
		return CTL_WATCH;
	case 'o':
	case OPTION_FORCE:
	case OPTION_PACKETS:
	case OPTION_SECONDS:
	case OPTION_SNAP:
		return CTL_CAPTURE;
	default:
		return 0;
	}
}

/* What was given, before it is known of which command. */
struct given {
	struct ctl_options *o;
	unsigned has; /* enum ctl_option, or-ed */
	bool help;
};

static int
read_number(const char *name, uint64_t max, uint64_t *value)
{
	if (cli_number(optarg, max, value) && *value > 0)
		return 0;
	return cli_usage("ctl", "--%s wants a number from 1 to %ju, not \"%s\"",
	    name, (uintmax_t)max, optarg);
}

static int
read_pin_name(struct ctl_options *o)
{
	o->pin_name = optarg;
	return live_pin_name_fits(optarg)
		   ? 0
		   : cli_usage("ctl",
			 "--pin-name %s: up to 64 letters, digits, '-' and '_'",
			 optarg);
}

static int
read_flag(struct given *g, int option)
{
	switch (option) {
	case 'h':
		g->help = true;
		return 0;
	case OPTION_JSON:
		g->o->json = true;
		return 0;
	case OPTION_DRY_RUN:
		g->o->dry_run = true;
		return 0;
	case OPTION_WAIT:
		g->o->wait = true;
		return 0;
	case OPTION_WATCH:
		g->o->watch = true;
		return 0;
	case OPTION_FORCE:
		g->o->force = true;
		return 0;
	default:
		return -1;
	}
}

static int
read_value(struct ctl_options *o, int option)
{
	struct lb_addr address;
	switch (option) {
	case OPTION_PIN_NAME:
		return read_pin_name(o);
	case OPTION_CONTROL:
		o->control = optarg;
		return 0;
	case OPTION_RULE:
		o->rule = optarg;
		return 0;
	case OPTION_MEMBER:
		o->member = optarg;
		return 0;
	case OPTION_CLIENT:
		o->client = optarg;
		return lb_addr_of_text(optarg, &address)
			   ? 0
			   : cli_usage(
				 "ctl", "--client %s: no address", optarg);
	case OPTION_LIMIT:
		return read_number("limit", UINT32_MAX, &o->limit);
	case 'o':
		o->output = optarg;
		return 0;
	case OPTION_PACKETS:
		return read_number("packets", UINT32_MAX, &o->packets);
	case OPTION_SECONDS:
		return read_number("seconds", UINT32_MAX, &o->seconds);
	case OPTION_SNAP:
		return read_number("snap", SNAP_MAX, &o->snap);
	default:
		return -1;
	}
}

static int
read_option(struct given *g, int option, char **argv)
{
	if (option == '?' || option == ':')
		return cli_bad_option("ctl", option, argv);
	g->has |= option_of(option);
	int status = read_flag(g, option);
	return status >= 0 ? status : read_value(g->o, option);
}

static const struct ctl_command *
command_of(const char *name)
{
	for (size_t i = 0; i < ctl_command_count; i++)
		if (strcmp(name, ctl_commands[i].name) == 0)
			return &ctl_commands[i];
	return NULL;
}

/* The words that are no options: the command, and what it is about. */
static int
read_words(struct ctl_options *o, int count, char **words)
{
	if (count == 0)
		return cli_usage("ctl", "there is no command");
	o->command = command_of(words[0]);
	if (o->command == NULL)
		return cli_usage("ctl", "there is no command %s", words[0]);
	if (count - 1 > o->command->arguments)
		return cli_usage("ctl", "%s: %s is one word too many", words[0],
		    words[1 + o->command->arguments]);
	for (int i = 1; i < count; i++)
		o->arguments[i - 1] = words[i];
	return 0;
}

static int
check_together(const struct given *g, int arguments)
{
	const struct ctl_options *o = g->o;
	const struct ctl_command *c = o->command;
	if (arguments < c->arguments)
		return cli_usage("ctl", "%s wants %s", c->name,
		    c->arguments == 1 ? "one argument: see its --help"
				      : "two arguments: see its --help");
	if ((g->has & ~c->has) != 0)
		return cli_usage("ctl",
		    "%s has no such option: fairlead ctl %s --help", c->name,
		    c->name);
	if (o->pin_name != NULL && o->control != NULL)
		return cli_usage("ctl",
		    "--pin-name and --control say the same: one of them");
	return 0;
}

int
ctl_options_read(struct ctl_options *o, int argc, char **argv)
{
	struct given g = { .o = o };
	int option, status = 0;
	*o = (struct ctl_options){ 0 };
	opterr = 0;
	optind = 1;
	while (status == 0 &&
	       (option = getopt_long(argc, argv, ":ho:", options, NULL)) != -1)
		status = read_option(&g, option, argv);
	if (status != 0)
		return status;
	if (g.help && optind == argc) {
		(void)fputs(help, stdout);
		return 1;
	}
	status = read_words(o, argc - optind, argv + optind);
	if (status == 0 && g.help) {
		(void)fputs(o->command->help, stdout);
		return 1;
	}
	return status == 0 ? check_together(&g, argc - optind - 1) : status;
}
