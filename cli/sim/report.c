/* SPDX-License-Identifier: MIT */
/* fairlead report: runs that are there already, drawn again or compared. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common/cli.h"
#include "cli/common/paper.h"
#include "reports/compare/compare.h"
#include "reports/report.h"

static const char help[] =
    "usage: fairlead report [OPTION...] DIR\n"
    "       fairlead report [OPTION...] DIR1 DIR2...\n"
    "\n"
    "Draws a run again from its run.record, without the captures: the same\n"
    "files, byte for byte when fairlead is the same. Or compares runs with\n"
    "the first: what was asked differently, how even each is, which flows\n"
    "another backend gets, and how SNAT ports fared.\n"
    "\n"
    "  -o, --output DIR     write here; else a run into its own DIR, and a\n"
    "                       comparison nowhere\n"
    "      --force          replace what is there\n"
    "      --paper SIZE     of report.pdf: a4 (default) or letter\n"
    "      --json           JSON on stdout: summary.json, or compare.json\n"
    "  -q, --quiet          with --json, do not say where the report is\n"
    "\n"
    "Examples:\n"
    "  fairlead report coap-run\n"
    "  fairlead report coap-run -o redrawn\n"
    "  fairlead report before after\n"
    "  fairlead report --json before after | jq '.comparisons[].rules[]'\n"
    "\n"
    "Exit codes: 0 done, 1 an assertion failed, 2 usage, 3 a DIR has no\n"
    "readable run, 4 a run had damaged input, 5 the machine refused.\n";

enum { OPTION_FORCE = 256, OPTION_JSON, OPTION_PAPER };

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "paper", required_argument, NULL, OPTION_PAPER },
	{ NULL, 0, NULL, 0 },
};

struct report_args {
	const char *out_dir; /* NULL: none was named */
	char **dirs;
	size_t dir_count;
	struct report_options how;
	bool json, quiet, help;
};

/* CLI_DONE, or said what is wrong. */
static int
read_options(int argc, char **argv, struct report_args *o)
{
	int got;

	opterr = 0;
	optind = 1;
	while ((got = getopt_long(argc, argv, ":o:qh", options, NULL)) != -1) {
		if (got == 'o')
			o->out_dir = optarg;
		else if (got == 'q')
			o->quiet = true;
		else if (got == 'h')
			o->help = true;
		else if (got == OPTION_FORCE)
			o->how.force = true;
		else if (got == OPTION_JSON)
			o->json = true;
		else if (got != OPTION_PAPER)
			return cli_bad_option("report", got, argv);
		else if (!cli_paper(optarg, &o->how.paper))
			return cli_usage("report",
			    "--paper wants a4 or letter, not \"%s\"", optarg);
	}
	o->dirs = argv + optind;
	o->dir_count = (size_t)(argc - optind);
	if (o->help)
		return CLI_DONE;
	if (o->dir_count == 0)
		return cli_usage("report", "there is no run to report");
	if (o->out_dir != NULL && *o->out_dir == '\0')
		return cli_usage("report", "-o wants the name of a directory");
	if (o->how.force && o->out_dir == NULL)
		return cli_usage("report", "--force is for -o: a run drawn "
					   "again replaces itself");
	return CLI_DONE;
}

/* --- runs ----------------------------------------------------------------- */

/* NULL: said why, *status. */
static struct sim_record *
load(const char *dir, int *status)
{
	char *path, error[128] = "";
	struct sim_record *record = NULL;

	*status = CLI_REFUSED;
	if (asprintf(&path, "%s/run.record", dir) < 0) {
		cli_say("report", "no memory");
		return NULL;
	}
	FILE *from = fopen(path, "rbe");
	*status = CLI_UNREADABLE;
	if (from == NULL) {
		cli_say("report",
		    "%s: %s; a run is a directory that fairlead sim made", path,
		    strerror(errno));
	} else {
		record = sim_record_load(from, error, sizeof(error));
		if (record == NULL)
			cli_say("report", "%s: %s", path, error);
		else
			*status = record->partial ? CLI_PARTIAL : CLI_DONE;
		(void)fclose(from);
	}
	free(path);
	return record;
}

/* stdout ends with where it is; with --json it is one document. */
static int
say_where(const struct report_args *o, const char *dir)
{
	if (!o->json)
		(void)printf("report: %s\n", dir);
	else if (!o->quiet)
		(void)fprintf(stderr, "report: %s\n", dir);
	return cli_flush("report");
}

static int
redraw(const struct report_args *o, const struct sim_record *record)
{
	const char *dir = o->out_dir != NULL ? o->out_dir : o->dirs[0];
	char error[512] = "";
	int done;

	if (!o->json) {
		report_table(record, stdout);
		(void)report_assertions(record, stdout);
		report_closing(record, stdout);
	} else if (report_json(record, stdout) != 0) {
		cli_say(
		    "report", "can't write the result: %s", strerror(errno));
		return CLI_REFUSED;
	}
	int status = cli_flush("report");
	if (status != CLI_DONE)
		return status;
	if (o->out_dir != NULL)
		done = report_write(record, dir, &o->how, error, sizeof(error));
	else
		done =
		    report_redraw(record, dir, &o->how, error, sizeof(error));
	if (done != 0) {
		cli_say("report", "%s", error);
		return CLI_REFUSED;
	}
	return say_where(o, dir);
}

/* --- comparisons ---------------------------------------------------------- */

/* To stdout, and into a directory when one was named. */
static int
show(const struct report_args *o, const struct report_comparison *list,
    size_t count)
{
	char error[512] = "";

	if (!o->json) {
		report_compare_text(list, count, stdout);
	} else if (report_compare_json(list, count, stdout) != 0) {
		cli_say(
		    "report", "can't write the result: %s", strerror(errno));
		return CLI_REFUSED;
	}
	int status = cli_flush("report");
	if (status != CLI_DONE || o->out_dir == NULL)
		return status;
	if (report_compare_write(list, count, o->out_dir, o->how.force, error,
		sizeof(error)) != 0) {
		cli_say("report", "%s", error);
		return CLI_REFUSED;
	}
	return say_where(o, o->out_dir);
}

/* Each with the first. */
static int
compare(const struct report_args *o, struct sim_record *const *runs)
{
	const size_t count = o->dir_count - 1;
	struct report_comparison *list = calloc(o->dir_count, sizeof(*list));
	int status = list != NULL ? CLI_DONE : CLI_REFUSED;

	for (size_t i = 0; status == CLI_DONE && i < count; i++)
		if (report_compare(&list[i], runs[0], o->dirs[0], runs[i + 1],
			o->dirs[i + 1]) != 0)
			status = CLI_REFUSED;
	if (status == CLI_DONE)
		status = show(o, list, count);
	else
		cli_say("report", "no memory");
	for (size_t i = 0; list != NULL && i < count; i++)
		report_comparison_free(&list[i]);
	free(list);
	return status;
}

static int
report(const struct report_args *o)
{
	struct sim_record **runs = calloc(o->dir_count, sizeof(*runs));
	int status = CLI_DONE;
	bool loaded = runs != NULL;

	if (runs == NULL) {
		cli_say("report", "no memory");
		return CLI_REFUSED;
	}
	for (size_t i = 0; i < o->dir_count; i++) {
		int load_status;
		runs[i] = load(o->dirs[i], &load_status);
		loaded = loaded && runs[i] != NULL;
		status = cli_worse(status, load_status);
	}
	if (loaded && o->dir_count > 1)
		status = cli_worse(status, compare(o, runs));
	else if (loaded)
		status = cli_worse(cli_worse(status, redraw(o, runs[0])),
		    report_failures(runs[0]) != 0 ? CLI_FAILED : CLI_DONE);
	for (size_t i = 0; i < o->dir_count; i++)
		sim_record_free(runs[i]);
	free(runs);
	return status;
}

int
report_main(int argc, char **argv)
{
	struct report_args o = { 0 };
	int status = read_options(argc, argv, &o);

	if (status != CLI_DONE)
		return status;
	if (o.help) {
		(void)fputs(help, stdout);
		return cli_flush("report");
	}
	return report(&o);
}
