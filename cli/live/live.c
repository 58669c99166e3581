/* SPDX-License-Identifier: MIT */
/* fairlead live: forward. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common/cli.h"
#include "live/bpf/attach.h"
#include "live/check/precheck.h"
#include "live/control/control.h"
#include "live/run.h"
#include "model/config/problems.h"

#define INTERFACES_MAX 256u

static const char help[] =
    "usage: fairlead live -c CONFIG [OPTION...]\n"
    "       fairlead live --detach [--pin-name NAME]\n"
    "\n"
    "Forwards packets as the configuration says: the engine that fairlead sim\n"
    "replays with, in the kernel (XDP). Runs in the foreground and logs JSON\n"
    "lines to stderr. When it ends, however it ends, forwarding goes on; "
    "started\n"
    "again it adopts connections and counters.\n"
    "\n"
    "  -c, --config FILE    the balancer's configuration (man fairlead.yaml)\n"
    "      --interface IF   where packets come in, clients' and members'; may\n"
    "                       be repeated (default: forwarding.interfaces)\n"
    "      --mode MODE      native: in the driver; generic: in the stack, any\n"
    "                       interface, slower; auto: native where it can be\n"
    "                       (default auto)\n"
    "      --beside         leave room for other XDP programs: under libxdp's\n"
    "                       dispatcher, where the kernel allows that\n"
    "      --pin-name NAME  several balancers on one machine have one each\n"
    "                       (default \"default\")\n"
    "      --metrics ADDRESS:PORT\n"
    "                       serve /metrics (Prometheus) and /healthz there, "
    "by\n"
    "                       HTTP; a port alone: on 127.0.0.1 (default: "
    "nowhere)\n"
    "      --control PATH   the socket that fairlead ctl calls (default\n"
    "                       /run/fairlead/NAME.sock)\n"
    "      --dry-run        only tell what would be attached, and what would "
    "be\n"
    "                       in the way\n"
    "      --detach         end forwarding, and remove all that is pinned\n"
    "\n"
    "SIGHUP reads the configuration again: what is wrong is logged, and the "
    "one\n"
    "before stays in force. SIGTERM and SIGINT end the control process only.\n"
    "\n"
    "Examples:\n"
    "  sudo fairlead live -c lb.yaml --interface eth0 --dry-run\n"
    "  sudo fairlead live -c lb.yaml --interface eth0 --interface eth1\n"
    "  sudo fairlead live --detach\n"
    "\n"
    "Exit codes: 0 ended by a signal, or done; 2 usage or configuration, 5 "
    "the\n"
    "machine refused (privilege, BPF, interface), or would, with --dry-run.\n";

enum {
	OPTION_INTERFACE = 256,
	OPTION_MODE,
	OPTION_BESIDE,
	OPTION_PIN_NAME,
	OPTION_METRICS,
	OPTION_CONTROL,
	OPTION_DRY_RUN,
	OPTION_DETACH,
};

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ "interface", required_argument, NULL, OPTION_INTERFACE },
	{ "mode", required_argument, NULL, OPTION_MODE },
	{ "beside", no_argument, NULL, OPTION_BESIDE },
	{ "pin-name", required_argument, NULL, OPTION_PIN_NAME },
	{ "metrics", required_argument, NULL, OPTION_METRICS },
	{ "control", required_argument, NULL, OPTION_CONTROL },
	{ "dry-run", no_argument, NULL, OPTION_DRY_RUN },
	{ "detach", no_argument, NULL, OPTION_DETACH },
	{ NULL, 0, NULL, 0 },
};

struct live_options {
	const char *config;
	const char *interfaces[INTERFACES_MAX];
	struct live_settings settings;
	struct live_http_address metrics;
	bool dry_run, detach, mode_given;
};

static int
add_interface(struct live_options *o, const char *name)
{
	if (o->settings.interface_count == INTERFACES_MAX)
		return cli_usage(
		    "live", "more than %u interfaces", INTERFACES_MAX);
	for (size_t i = 0; i < o->settings.interface_count; i++)
		if (strcmp(o->interfaces[i], name) == 0)
			return cli_usage(
			    "live", "--interface %s stands there twice", name);
	o->interfaces[o->settings.interface_count++] = name;
	return 0;
}

static int
read_option(struct live_options *o, int option, char **argv)
{
	int mode;

	switch (option) {
	case 'c':
		o->config = optarg;
		return 0;
	case 'h':
		(void)fputs(help, stdout);
		return 1;
	case OPTION_INTERFACE:
		return add_interface(o, optarg);
	case OPTION_MODE:
		mode = live_mode_of_name(optarg);
		if (mode < 0)
			return cli_usage("live",
			    "--mode %s: it is native, generic or auto", optarg);
		o->settings.mode = (enum live_mode)mode;
		o->mode_given = true;
		return 0;
	case OPTION_BESIDE:
		o->settings.beside = true;
		return 0;
	case OPTION_PIN_NAME:
		if (!live_pin_name_fits(optarg))
			return cli_usage("live",
			    "--pin-name %s: up to 64 letters, digits, '-' and "
			    "'_'",
			    optarg);
		o->settings.pin_name = optarg;
		return 0;
	case OPTION_METRICS:
		if (!live_http_address_of_text(optarg, &o->metrics))
			return cli_usage("live",
			    "--metrics %s: it is ADDRESS:PORT, "
			    "[IPV6-ADDRESS]:PORT or PORT",
			    optarg);
		o->settings.metrics = &o->metrics;
		return 0;
	case OPTION_CONTROL:
		o->settings.control = optarg;
		return 0;
	case OPTION_DRY_RUN:
		o->dry_run = true;
		return 0;
	case OPTION_DETACH:
		o->detach = true;
		return 0;
	default:
		return cli_bad_option("live", option, argv);
	}
}

/* What no single option shows. */
static int
check_together(const struct live_options *o, int rest)
{
	if (rest > 0)
		return cli_usage("live",
		    "it takes no arguments: interfaces are named by "
		    "--interface");
	if (o->detach &&
	    (o->dry_run || o->config != NULL || o->settings.metrics != NULL ||
		o->settings.interface_count > 0 || o->mode_given ||
		o->settings.beside || o->settings.control != NULL))
		return cli_usage("live", "--detach goes with --pin-name only");
	if (!o->detach && o->config == NULL)
		return cli_usage("live", "there is no configuration: -c FILE");
	if (o->config != NULL && strcmp(o->config, "-") == 0 && !o->dry_run)
		return cli_usage("live",
		    "-c -: the configuration is read again at SIGHUP, and "
		    "standard input can't be");
	return 0;
}

/* 0; 1: help was given; CLI_USAGE. */
static int
read_options(struct live_options *o, int argc, char **argv)
{
	int option;

	*o = (struct live_options){ .settings = { .pin_name = LIVE_PIN_NAME } };
	opterr = 0;
	optind = 1;
	while (
	    (option = getopt_long(argc, argv, ":c:h", options, NULL)) != -1) {
		int status = read_option(o, option, argv);
		if (status != 0)
			return status;
	}
	return check_together(o, argc - optind);
}

/* --- what it does -------------------------------------------------------- */

static struct lb_config *
read_config(void *arg, struct lb_problems *problems)
{
	const struct live_options *o = arg;
	struct cli_text text;

	if (cli_read_regular(o->config, &text) != 0) {
		lb_error_add(problems, (struct lb_where){ 0 }, NULL,
		    "%s can't be read: %s", o->config, cli_read_error(&text));
		return NULL;
	}
	struct lb_config *config =
	    lb_config_read(text.text, text.bytes, text.path, problems);
	free(text.text);
	return config;
}

static void
tell(void *arg, enum live_finding finding, const char *about, const char *text)
{
	static const char *const words[] = {
		[LIVE_WOULD] = "would",
		[LIVE_UNLIKE_SIM] = "sim",
		[LIVE_WOULD_WARN] = "warning",
		[LIVE_WOULD_FAIL] = "fails",
	};

	unsigned *warnings = arg;

	*warnings += finding == LIVE_WOULD_WARN;
	(void)printf("%-8s %s%s%s\n", words[finding], about,
	    *about != '\0' ? ": " : "", text);
}

static int
dry_run(struct live_options *o)
{
	int status;
	struct lb_config *config = cli_load_config("live", o->config, &status);

	if (config == NULL)
		return status;
	unsigned warnings = 0;
	unsigned failures =
	    live_precheck(&o->settings, config, tell, &warnings);
	if (failures > 0)
		(void)puts("It would not start.");
	else if (warnings > 0)
		(void)printf("Nothing is in the way, but see %u warning%s.\n",
		    warnings, warnings == 1 ? "" : "s");
	else
		(void)puts("Nothing is in the way.");
	lb_config_free(config);
	return cli_worse(
	    cli_flush("live"), failures == 0 ? CLI_DONE : CLI_REFUSED);
}

static int
detach(const struct live_options *o)
{
	char error[512], path[128];
	const char *name = o->settings.pin_name;
	int removed = live_detach_all(name, error, sizeof(error));

	if (removed < 0) {
		cli_say("live", "%s", error);
		return CLI_REFUSED;
	}
	/* what a control process left that was killed */
	(void)live_control_clear(live_control_path(name, path, sizeof(path)));
	if (removed == 0)
		(void)printf("nothing is pinned as %s\n", name);
	else
		(void)printf(
		    "%s: forwarding ended, %d pins removed\n", name, removed);
	return cli_flush("live");
}

static int
forward(struct live_options *o)
{
	o->settings.read = read_config;
	o->settings.arg = o;
	o->settings.config = o->config;
	switch (live_run(&o->settings)) {
	case LIVE_ENDED:
		return CLI_DONE;
	case LIVE_INVALID:
		return CLI_USAGE;
	default:
		return CLI_REFUSED;
	}
}

int
live_main(int argc, char **argv)
{
	struct live_options o;
	int status = read_options(&o, argc, argv);

	if (status != 0)
		return status == 1 ? cli_flush("live") : status;
	o.settings.interfaces = o.interfaces;
	if (o.detach)
		return detach(&o);
	return o.dry_run ? dry_run(&o) : forward(&o);
}
