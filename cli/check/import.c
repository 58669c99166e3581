/* SPDX-License-Identifier: MIT */
/* fairlead import: Azure's JSON as a configuration. */
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/common/cli.h"
#include "cli/common/write_text.h"
#include "model/azure/azure.h"
#include "model/config/config.h"
#include "model/config/problems.h"

static const char help[] =
    "usage: fairlead import AZURE.json [-o CONFIG] [OPTION...]\n"
    "\n"
    "Makes a configuration of a load balancer as Azure tells of it: the "
    "output\n"
    "of az network lb show or list, an ARM template (or Bicep's output), a "
    "REST\n"
    "body; - is standard input. What has no place in it is listed, and "
    "nothing is\n"
    "dropped silently.\n"
    "\n"
    "  -o, --output FILE     the configuration (default: standard output)\n"
    "      --name NAME       which one, of several balancers\n"
    "      --addresses FILE  who has which address: lines NAME=ADDRESS, or "
    "the\n"
    "                        output of az network nic list, az vmss nic list\n"
    "                        or az network public-ip list; may be repeated\n"
    "      --parameters FILE the values of a template's parameters; also\n"
    "                        NAME=VALUE; may be repeated, the last one counts\n"
    "      --force           replace a file that is there\n"
    "      --json            the configuration and all notes as one document\n"
    "\n"
    "Members of virtual machines have no address in a balancer's JSON: those\n"
    "are left open in the configuration, and named. Values that are not "
    "understood\n"
    "(expressions of templates) stand there as not-understood.\n"
    "\n"
    "Examples:\n"
    "  az network lb show -g G -n lb1 -o json >lb1.json\n"
    "  az network nic list -g G -o json >nics.json\n"
    "  fairlead import lb1.json --addresses nics.json -o lb1.yaml\n"
    "  fairlead check -c lb1.yaml\n"
    "\n"
    "Exit codes: 0 done; 2 usage; 3 nothing to import; 4 the configuration "
    "is not\n"
    "whole, or fairlead check refuses it: addresses are missing, or values "
    "were\n"
    "not understood; 5 the machine refused.\n";

enum {
	OPTION_NAME = 256,
	OPTION_ADDRESSES,
	OPTION_PARAMETERS,
	OPTION_FORCE,
	OPTION_JSON
};

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "name", required_argument, NULL, OPTION_NAME },
	{ "addresses", required_argument, NULL, OPTION_ADDRESSES },
	{ "parameters", required_argument, NULL, OPTION_PARAMETERS },
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

#define FILES_MAX 64u

struct import_options {
	const char *in, *out, *name;
	const char *addresses[FILES_MAX], *parameters[FILES_MAX];
	size_t address_count, parameter_count;
	bool force, json, help;
};

static int
add(const char **list, size_t *count, const char *option)
{
	if (*count == FILES_MAX)
		return cli_usage("import", "%s stands more than %u times",
		    option, FILES_MAX);
	list[(*count)++] = optarg;
	return CLI_DONE;
}

static int
read_option(struct import_options *o, int got, char **argv)
{
	switch (got) {
	case 'o':
		o->out = optarg;
		return CLI_DONE;
	case 'h':
		o->help = true;
		return CLI_DONE;
	case OPTION_NAME:
		o->name = optarg;
		return CLI_DONE;
	case OPTION_ADDRESSES:
		return add(o->addresses, &o->address_count, "--addresses");
	case OPTION_PARAMETERS:
		return add(o->parameters, &o->parameter_count, "--parameters");
	case OPTION_FORCE:
		o->force = true;
		return CLI_DONE;
	case OPTION_JSON:
		o->json = true;
		return CLI_DONE;
	default:
		return cli_bad_option("import", got, argv);
	}
}

static int
read_options(int argc, char **argv, struct import_options *o)
{
	int got, status = CLI_DONE;

	opterr = 0;
	optind = 1;
	while (status == CLI_DONE &&
	       (got = getopt_long(argc, argv, ":o:h", options, NULL)) != -1)
		status = read_option(o, got, argv);
	if (status != CLI_DONE || o->help)
		return status;
	if (optind + 1 != argc)
		return cli_usage("import",
		    optind == argc ? "nothing to import: name a file of JSON"
				   : "one file of JSON at a time");
	o->in = argv[optind];
	if (o->json && o->out != NULL)
		return cli_usage("import",
		    "--json has the configuration in it: leave out -o");
	return CLI_DONE;
}

/* --- what it does -------------------------------------------------------- */

static int
read_addresses(const char *path, struct lb_addresses **addresses)
{
	struct cli_text text;
	char error[256];
	int status = cli_read_text("import", path, &text);

	if (status != CLI_DONE)
		return status;
	bool good = lb_addresses_read(
	    addresses, text.text, text.bytes, error, sizeof(error));
	free(text.text);
	if (good)
		return CLI_DONE;
	cli_say("import", "%s: %s", path, error);
	return CLI_USAGE;
}

/* FILE, @FILE or NAME=VALUE, as Azure's CLI takes them.  A file may have '=' in
 * its name. */
static int
read_parameters(const char *word, struct lb_parameters **parameters)
{
	struct cli_text text;
	char error[256];

	if (*word != '@' && access(word, F_OK) != 0 &&
	    strchr(word, '=') != NULL)
		return lb_parameters_set(parameters, word)
			   ? CLI_DONE
			   : cli_usage("import",
				 "--parameters %s: no NAME=VALUE, and no file",
				 word);
	const char *path = word + (*word == '@');
	int status = cli_read_text("import", path, &text);
	if (status != CLI_DONE)
		return status;
	bool good = lb_parameters_read(
	    parameters, text.text, text.bytes, error, sizeof(error));
	free(text.text);
	if (good)
		return CLI_DONE;
	cli_say("import", "%s: %s", path, error);
	return CLI_USAGE;
}

/* Notes of one kind below a line that says what they are. */
static void
tell_notes(const struct lb_import *import, enum lb_import_kind kind)
{
	static const char *const heads[] = {
		[LB_IMPORT_MISSING] = "Missing",
		[LB_IMPORT_NOT_UNDERSTOOD] = "Not understood",
		[LB_IMPORT_ASSUMED] = "Assumed",
		[LB_IMPORT_NOT_MODELLED] = "Not modelled",
		[LB_IMPORT_UNKNOWN] = "Unknown",
	};
	bool first = true;

	for (size_t i = 0; i < import->note_count; i++) {
		const struct lb_import_note *note = &import->notes[i];
		if (note->kind != kind)
			continue;
		if (first)
			(void)fprintf(stderr, "%s:\n", heads[kind]);
		first = false;
		(void)fprintf(stderr, "  %s: %s\n", note->where, note->what);
	}
}

static int
print_json(const struct lb_import *import, const char *yaml)
{
	json_t *notes = json_array();

	for (size_t i = 0; i < import->note_count; i++) {
		const struct lb_import_note *note = &import->notes[i];
		(void)json_array_append_new(
		    notes, json_pack("{s:s, s:s, s:s}", "kind",
			       lb_import_kind_name(note->kind), "where",
			       note->where, "what", note->what));
	}
	json_t *all = json_pack("{s:s, s:i, s:s, s:s, s:i, s:i, s:o}",
	    "fairlead", PACKAGE_VERSION, "schema", 1, "name", import->name,
	    "configuration", yaml, "missing", (int)import->missing,
	    "notes_left_out", (int)import->left_out, "notes", notes);
	if (all == NULL || json_dumpf(all, stdout, JSON_INDENT(2)) != 0) {
		json_decref(all);
		cli_say("import", "no memory");
		return CLI_REFUSED;
	}
	(void)putchar('\n');
	json_decref(all);
	return cli_flush("import");
}

static int
put_out(const struct import_options *o, const struct lb_import *import,
    const char *yaml, size_t bytes)
{
	if (o->json)
		return print_json(import, yaml);
	for (int kind = 0; kind < LB_IMPORT_KINDS; kind++)
		tell_notes(import, (enum lb_import_kind)kind);
	if (import->left_out > 0)
		(void)fprintf(stderr, "And %zu more, which are left out here\n",
		    import->left_out);
	if (o->out != NULL)
		return cli_write_text("import", o->out, yaml, bytes, o->force);
	(void)fwrite(yaml, 1, bytes, stdout);
	return cli_flush("import");
}

static int
not_done(const struct import_options *o, const struct lb_import *result)
{
	cli_say("import", "%s: %s", o->in, result->error);
	if (result->no_memory)
		return CLI_REFUSED;
	return result->bad_choice ? CLI_USAGE : CLI_UNREADABLE;
}

/* What is whole, and refused all the same, is told now. */
static int
check_text(const struct import_options *o, const struct lb_import *import,
    const char *yaml, size_t bytes)
{
	const char *path = o->out != NULL ? o->out : "the configuration";
	struct lb_problems problems = { 0 };

	if (import->missing > 0)
		return CLI_PARTIAL;
	struct lb_config *config = lb_config_read(yaml, bytes, path, &problems);
	bool good = config != NULL || problems.error_count == 0;
	if (!good) {
		(void)fprintf(stderr, "Refused by fairlead check:\n");
		lb_problems_print(&problems, path, stderr);
	}
	lb_problems_free(&problems);
	lb_config_free(config);
	return good ? CLI_DONE : CLI_PARTIAL;
}

static int
import_text(const struct import_options *o, const struct lb_import_ask *ask)
{
	struct lb_import result = { 0 };
	char *yaml = NULL;
	size_t bytes;
	FILE *to = open_memstream(&yaml, &bytes);

	if (to != NULL)
		lb_import_azure(&result, ask, to);
	int status = CLI_REFUSED;
	if (to == NULL || fclose(to) != 0)
		cli_say("import", "no memory");
	else if (!result.done)
		status = not_done(o, &result);
	else
		status = cli_worse(put_out(o, &result, yaml, bytes),
		    check_text(o, &result, yaml, bytes));
	lb_import_free(&result);
	free(yaml);
	return status;
}

static int
import(const struct import_options *o)
{
	struct lb_addresses *addresses = NULL;
	struct lb_parameters *parameters = NULL;
	struct cli_text text = { 0 };
	int status = CLI_DONE;

	for (size_t i = 0; i < o->address_count && status == CLI_DONE; i++)
		status = read_addresses(o->addresses[i], &addresses);
	for (size_t i = 0; i < o->parameter_count && status == CLI_DONE; i++)
		status = read_parameters(o->parameters[i], &parameters);
	if (status == CLI_DONE &&
	    cli_read_text("import", o->in, &text) != CLI_DONE)
		status = CLI_UNREADABLE;
	const struct lb_import_ask ask = { .text = text.text,
		.bytes = text.bytes,
		.file = o->in,
		.balancer = o->name,
		.addresses = addresses,
		.parameters = parameters };
	if (status == CLI_DONE)
		status = import_text(o, &ask);
	lb_addresses_free(addresses);
	lb_parameters_free(parameters);
	free(text.text);
	return status;
}

int
import_main(int argc, char **argv)
{
	struct import_options o = { 0 };
	int status = read_options(argc, argv, &o);

	if (status != CLI_DONE)
		return status;
	if (!o.help)
		return import(&o);
	(void)fputs(help, stdout);
	return cli_flush("import");
}
