/* SPDX-License-Identifier: MIT */
#include "cli/sim_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/captures.h"
#include "cli/cli.h"
#include "model/names.h"

#define SEED_DEFAULT 1u

static const char help[] =
    "usage: fairlead sim [OPTION...] CAPTURE...\n"
    "\n"
    "Replays captures (pcap, pcapng; - is standard input) through the load\n"
    "balancer in virtual time and reports how evenly the backends share the\n"
    "traffic. Without -c every server address of the captures is balanced "
    "over\n"
    "a pool of four, in the three distribution modes side by side.\n"
    "\n"
    "  -c, --config FILE    the balancer's own configuration (man fairlead)\n"
    "  -o, --output DIR     where the report goes; else CAPTURE's name, -run\n"
    "      --force          replace a report that is there\n"
    "      --no-report      write none: the table is all\n"
    "      --json           summary.json on stdout instead of the table\n"
    "  -q, --quiet          no progress\n"
    "\n"
    "What is played:\n"
    "      --modes LIST     five-tuple, source-ip, source-ip-protocol\n"
    "      --backends N     members of the pool, without -c (default 4)\n"
    "      --vip ADDR[:PORT]|auto\n"
    "                       this server's flows only, auto: the server with\n"
    "                       most; with -c they are played to the frontend\n"
    "      --reverse        the captured servers are the clients\n"
    "      --filter EXPR    only packets that match, as for tcpdump\n"
    "      --hash-key HEX   32 digits; else the configuration's, or a fixed "
    "one\n"
    "      --seed N         noted in the report; a replay draws nothing\n"
    "\n"
    "Examples:\n"
    "  fairlead sim coap.pcap\n"
    "  fairlead sim --backends 8 --modes five-tuple,source-ip web.pcapng\n"
    "  fairlead sim -c lb.yaml --vip auto -o trial monday.pcap tuesday.pcap\n"
    "  tcpdump -c 100000 -w - | fairlead sim --json --no-report -\n"
    "\n"
    "Exit codes: 0 done, 2 usage or configuration, 3 no input was readable,\n"
    "4 some input was not, 5 the machine refused, 130 interrupted.\n";

enum {
	OPTION_FORCE = 256,
	OPTION_NO_REPORT,
	OPTION_JSON,
	OPTION_MODES,
	OPTION_BACKENDS,
	OPTION_VIP,
	OPTION_REVERSE,
	OPTION_FILTER,
	OPTION_HASH_KEY,
	OPTION_SEED,
};

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "output", required_argument, NULL, 'o' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "no-report", no_argument, NULL, OPTION_NO_REPORT },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "modes", required_argument, NULL, OPTION_MODES },
	{ "backends", required_argument, NULL, OPTION_BACKENDS },
	{ "vip", required_argument, NULL, OPTION_VIP },
	{ "reverse", no_argument, NULL, OPTION_REVERSE },
	{ "filter", required_argument, NULL, OPTION_FILTER },
	{ "hash-key", required_argument, NULL, OPTION_HASH_KEY },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ NULL, 0, NULL, 0 },
};

static bool
port_read(const char *text, uint16_t *port)
{
	uint64_t value;

	if (!cli_number(text, UINT16_MAX, &value) || value == 0)
		return false;
	*port = (uint16_t)value;
	return true;
}

bool
sim_vip_read(const char *text, struct sim_vip *vip)
{
	char addr[64];
	const char *port = NULL;
	size_t bytes = strlen(text);

	*vip = (struct sim_vip){ .kind = SIM_VIP_AUTO };
	if (strcmp(text, "auto") == 0)
		return true;
	vip->kind = SIM_VIP_ADDRESS;
	if (text[0] == '[') {
		const char *end = strchr(++text, ']');
		if (end == NULL || (end[1] != ':' && end[1] != '\0'))
			return false;
		bytes = (size_t)(end - text);
		port = end[1] == ':' ? end + 2 : NULL;
	} else {
		const char *colon = strchr(text, ':');
		if (colon != NULL && strchr(colon + 1, ':') == NULL) {
			bytes = (size_t)(colon - text);
			port = colon + 1;
		}
	}
	if (bytes >= sizeof(addr))
		return false;
	memcpy(addr, text, bytes);
	addr[bytes] = '\0';
	return lb_addr_of_text(addr, &vip->addr) &&
	       (port == NULL || port_read(port, &vip->port));
}

/* The options that have a value to check. */
static int
read_value(struct sim_options *o, int option, const char *value)
{
	switch (option) {
	case OPTION_MODES:
		return cli_modes_read("sim", value, &o->modes);
	case OPTION_BACKENDS:
		return cli_backends_read("sim", value, &o->backend_count);
	case OPTION_VIP:
		if (!sim_vip_read(value, &o->vip))
			return cli_usage("sim",
			    "--vip wants ADDR, ADDR:PORT, [ADDR]:PORT or "
			    "auto, not \"%s\"",
			    value);
		return 0;
	case OPTION_HASH_KEY:
		o->hash_key_set = true;
		if (!cli_hash_key(value, o->hash_key))
			return cli_usage("sim",
			    "--hash-key wants 32 hexadecimal digits, not "
			    "\"%s\"",
			    value);
		return 0;
	default: /* OPTION_SEED */
		if (!cli_number(value, UINT64_MAX, &o->seed))
			return cli_usage("sim",
			    "--seed wants a whole number, not \"%s\"", value);
		return 0;
	}
}

static int
read_option(struct sim_options *o, int option, char **argv)
{
	switch (option) {
	case 'c':
		o->config = optarg;
		return 0;
	case 'o':
		o->out_dir = optarg;
		return *optarg != '\0'
			   ? 0
			   : cli_usage(
				 "sim", "-o wants the name of a directory");
	case 'q':
		o->quiet = true;
		return 0;
	case 'h':
		(void)fputs(help, stdout);
		return 1;
	case OPTION_FORCE:
		o->force = true;
		return 0;
	case OPTION_NO_REPORT:
		o->report = false;
		return 0;
	case OPTION_JSON:
		o->json = true;
		return 0;
	case OPTION_REVERSE:
		o->reverse = true;
		return 0;
	case OPTION_FILTER:
		o->filter = optarg;
		return 0;
	case '?':
	case ':':
		return cli_bad_option("sim", option, argv);
	default:
		return read_value(o, option, optarg);
	}
}

/* What no single option shows. */
static int
check_together(const struct sim_options *o, bool backends_given)
{
	size_t stdin_count = 0;

	if (o->capture_count == 0)
		return cli_usage("sim", "there is no capture to replay");
	for (size_t i = 0; i < o->capture_count; i++)
		stdin_count += strcmp(o->captures[i], "-") == 0;
	if (o->config != NULL && strcmp(o->config, "-") == 0)
		stdin_count++;
	if (stdin_count > 1)
		return cli_usage("sim", "- can stand for one file only");
	if (o->config != NULL && backends_given)
		return cli_usage("sim",
		    "--backends is for runs without -c: a configuration "
		    "names its members");
	if (!o->report && (o->out_dir != NULL || o->force))
		return cli_usage("sim",
		    "--no-report writes nothing: there is no use for %s",
		    o->out_dir != NULL ? "-o" : "--force");
	return 0;
}

int
sim_options_read(struct sim_options *o, int argc, char **argv)
{
	int option, status;

	*o = (struct sim_options){ .seed = SEED_DEFAULT, .report = true };
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":c:o:qh", options, NULL)) !=
	       -1) {
		status = read_option(o, option, argv);
		if (status != 0)
			return status;
	}
	o->captures = (const char *const *)argv + optind;
	o->capture_count = (size_t)(argc - optind);
	status = check_together(o, o->backend_count != 0);
	if (status != 0)
		return status;
	if (o->backend_count == 0)
		o->backend_count = CLI_BACKENDS_DEFAULT;
	if (o->modes.count == 0 && o->config == NULL)
		o->modes = cli_modes_all();
	return 0;
}
