/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cli/common/captures.h"
#include "cli/live/verify.h"
#include "live/bpf/pins.h"

static const char help[] =
    "usage: fairlead verify [OPTION...] CAPTURE...\n"
    "       fairlead verify --live [OPTION...] CAPTURE...\n"
    "\n"
    "Runs every packet of captures (pcap, pcapng; - is standard input) "
    "through\n"
    "the engine twice: as it is compiled here, and as BPF in the kernel. Both\n"
    "must agree on verdict, member, every byte and the connection tables.\n"
    "Nothing is attached to an interface and nothing is sent. Without -c the\n"
    "packets are balanced as fairlead sim does it, in three modes.\n"
    "\n"
    "  -c, --config FILE    the balancer's own configuration (man\n"
    "                       fairlead.yaml)\n"
    "      --live           under the plan, the lookup tables and the health "
    "that\n"
    "                       are in force in the kernel now; and is what "
    "forwards\n"
    "                       there this build? Nothing of it is touched\n"
    "      --pin-name NAME  which balancer's (default \"default\")\n"
    "      --modes LIST     five-tuple, source-ip, source-ip-protocol\n"
    "      --backends N     members of the pool, without -c (default 4)\n"
    "      --filter EXPR    only packets that match, as for tcpdump\n"
    "      --json           one JSON document on stdout\n"
    "  -q, --quiet          no progress\n"
    "\n"
    "Needs the privilege to load BPF programs: run it as root.\n"
    "\n"
    "Examples:\n"
    "  sudo fairlead verify coap.pcap\n"
    "  sudo fairlead verify -c lb.yaml monday.pcap tuesday.pcap\n"
    "  sudo fairlead verify --live this-morning.pcap\n"
    "  sudo fairlead verify --json --modes source-ip web.pcapng\n"
    "\n"
    "Exit codes: 0 both agree, 1 they differ, 2 usage or configuration, 3 no\n"
    "input was readable, 4 some input was not, 5 the machine refused (no\n"
    "privilege), 130 interrupted.\n";

enum {
	OPTION_MODES = CLI_CAPTURE_OPTION_END,
	OPTION_LIVE,
	OPTION_PIN_NAME,
};

static const struct option options[] = {
	CLI_CAPTURE_LONG_OPTIONS,
	{ "config", required_argument, NULL, 'c' },
	{ "live", no_argument, NULL, OPTION_LIVE },
	{ "pin-name", required_argument, NULL, OPTION_PIN_NAME },
	{ "modes", required_argument, NULL, OPTION_MODES },
	{ NULL, 0, NULL, 0 },
};

static int
read_option(struct verify_options *o, int option, char **argv)
{
	switch (option) {
	case 'c':
		o->config = optarg;
		return 0;
	case 'h':
		(void)fputs(help, stdout);
		return 1;
	case OPTION_LIVE:
		o->live = true;
		return 0;
	case OPTION_PIN_NAME:
		if (!live_pin_name_fits(optarg))
			return cli_usage("verify",
			    "--pin-name %s: up to 64 letters, digits, '-' and "
			    "'_'",
			    optarg);
		o->pin_name = optarg;
		return 0;
	case OPTION_MODES:
		return cli_modes_read("verify", optarg, &o->modes);
	default:
		return capture_option_read(
		    "verify", &o->common, option, optarg, argv);
	}
}

/* What no single option shows. */
static int
check_together(struct verify_options *o)
{
	if (o->common.count == 0)
		return cli_usage("verify", "there is no capture to verify");
	if (capture_options_one_stdin("verify", &o->common, o->config, NULL) !=
	    0)
		return CLI_USAGE;
	if (o->config != NULL && o->common.backend_count != 0)
		return cli_usage("verify",
		    "--backends is for runs without -c: a configuration "
		    "names its members");
	if (o->live && (o->config != NULL || o->common.backend_count != 0 ||
			   o->modes.count > 0))
		return cli_usage("verify",
		    "--live takes everything from the kernel: no -c, --modes "
		    "or --backends");
	if (o->pin_name != NULL && !o->live)
		return cli_usage("verify", "--pin-name goes with --live");
	if (o->pin_name == NULL)
		o->pin_name = LIVE_PIN_NAME;
	if (o->common.backend_count == 0)
		o->common.backend_count = CLI_BACKENDS_DEFAULT;
	if (o->modes.count == 0 && o->config == NULL && !o->live)
		o->modes = cli_modes_all();
	return 0;
}

int
verify_options_read(struct verify_options *o, int argc, char **argv)
{
	int option;

	*o = (struct verify_options){ 0 };
	opterr = 0;
	optind = 1;
	while (
	    (option = getopt_long(argc, argv, ":c:qh", options, NULL)) != -1) {
		int status = read_option(o, option, argv);
		if (status != 0)
			return status;
	}
	capture_options_paths(&o->common, argc, argv);
	return check_together(o);
}
