/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/common/cli.h"

static int version_main(int argc, char **argv);
static int help_main(int argc, char **argv);

#ifndef HAVE_LIVE
/* So that who asks for them learns why they are not there. */
int
verify_main(int argc, char **argv)
{
	(void)argc;
	cli_say(argv[0],
	    "this fairlead was built without live/, which %s needs: "
	    "configure it without --disable-live",
	    argv[0]);
	return CLI_REFUSED;
}

int
live_main(int argc, char **argv)
{
	return verify_main(argc, argv);
}

int
ctl_main(int argc, char **argv)
{
	return verify_main(argc, argv);
}
#endif

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *help; /* NULL: goes without saying */
} commands[] = {
	{ "sim", sim_main, "replay captures or play a scenario, and report" },
	{ "inspect", inspect_main,
	    "what is in captures, and how each mode would fare" },
	{ "report", report_main, "draw a run again, or compare runs" },
	{ "sweep", sweep_main, "replay under many settings: which to choose" },
	{ "verify", verify_main,
	    "native engine against the BPF program, byte for byte" },
	{ "gen", gen_main, "synthetic traffic of a scenario as a capture" },
	{ "import", import_main, "a configuration from Azure's JSON" },
	{ "live", live_main, "forward packets, in the kernel" },
	{ "ctl", ctl_main, "talk to a running fairlead live" },
	{ "check", check_main, "validate and explain a configuration" },
	{ "--help", help_main, NULL },
	{ "-h", help_main, NULL },
	{ "help", help_main, NULL },
	{ "--version", version_main, NULL },
	{ "-V", version_main, NULL },
};

static void
print_help(FILE *to)
{
	(void)fputs(
	    "usage: fairlead COMMAND [OPTION...] [ARGUMENT...]\n\n", to);
	for (size_t i = 0; i < LB_COUNT(commands); i++)
		if (commands[i].help != NULL)
			(void)fprintf(to, "  %-8s %s\n", commands[i].name,
			    commands[i].help);
	(void)fputs("\n"
		    "fairlead COMMAND --help tells more, and man "
		    "fairlead-COMMAND all.\n"
		    "To begin with: fairlead sim CAPTURE.pcap\n",
	    to);
}

static int
help_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	print_help(stdout);
	return cli_flush("");
}

static int
version_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	(void)printf("fairlead " PACKAGE_VERSION "\n"
		     "built with " FAIRLEAD_LIBRARIES "\n");
	return cli_flush("");
}

int
main(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return CLI_USAGE;
	}
	for (size_t i = 0; i < LB_COUNT(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].main(argc - 1, argv + 1);
	return cli_usage("", "there is no command %s", argv[1]);
}
