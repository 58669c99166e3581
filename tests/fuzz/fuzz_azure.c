/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as Azure's JSON, as a file of addresses and as one of parameters:
 * three parts with a record separator (0x1e) between them, of which those that
 * are missing are the first one again.  Beyond not crashing: an import is done
 * or says why not; what it writes is a configuration's text, whatever it says;
 * every note says something; the same again is the same; addresses decide
 * nothing but addresses; and what `missing` calls whole holds no mark.
 */
#include <stdlib.h>
#include <string.h>

#include "model/azure/azure.h"
#include "model/config/config.h"
#include "model/config/problems.h"
#include "tests/fuzz/fuzz.h"

static void
must(bool holds)
{
	if (!holds)
		abort();
}

struct outcome {
	struct lb_import import;
	char *text;
	size_t bytes;
};

struct part {
	const char *text;
	size_t bytes;
};

enum { DOCUMENT, ADDRESSES, PARAMETERS, PARTS };
#define SEPARATOR 0x1e

static void
split(const uint8_t *data, size_t bytes, struct part parts[PARTS])
{
	const char *at = (const char *)data, *end = at + bytes;

	for (size_t i = 0; i < PARTS; i++) {
		const char *next = NULL;
		if (at != NULL && at != end)
			next = memchr(at, SEPARATOR, (size_t)(end - at));
		parts[i] =
		    at == NULL
			? parts[DOCUMENT]
			: (struct part){ at,
				  (size_t)((next != NULL ? next : end) - at) };
		at = next != NULL ? next + 1 : NULL;
	}
}

static struct lb_addresses *
addresses_of(const struct part *part)
{
	struct lb_addresses *addresses = NULL;
	char error[256] = "";

	bool good = lb_addresses_read(
	    &addresses, part->text, part->bytes, error, sizeof(error));
	must(good || error[0] != '\0');
	return addresses;
}

/* As a file, and what that refuses as a word of the command line. */
static struct lb_parameters *
parameters_of(const struct part *part)
{
	struct lb_parameters *parameters = NULL;
	char error[256] = "";
	char *word;

	bool good = lb_parameters_read(
	    &parameters, part->text, part->bytes, error, sizeof(error));
	must(good || error[0] != '\0');
	if (!good && (word = strndup(part->text, part->bytes)) != NULL) {
		(void)lb_parameters_set(&parameters, word);
		free(word);
	}
	return parameters;
}

static void
run(struct outcome *o, const struct part parts[PARTS], bool with_addresses)
{
	struct lb_addresses *addresses =
	    with_addresses ? addresses_of(&parts[ADDRESSES]) : NULL;
	struct lb_parameters *parameters = parameters_of(&parts[PARAMETERS]);
	FILE *to = open_memstream(&o->text, &o->bytes);

	must(to != NULL);
	lb_import_azure(&o->import,
	    &(struct lb_import_ask){ .text = parts[DOCUMENT].text,
		.bytes = parts[DOCUMENT].bytes,
		.file = "fuzz",
		.addresses = addresses,
		.parameters = parameters },
	    to);
	lb_addresses_free(addresses);
	lb_parameters_free(parameters);
	must(fclose(to) == 0);
	must(o->import.done == (o->import.error[0] == '\0'));
	must(o->import.done || o->import.name == NULL || o->bytes == 0);
	for (size_t i = 0; i < o->import.note_count; i++) {
		must(o->import.notes[i].kind < LB_IMPORT_KINDS);
		must(o->import.notes[i].what[0] != '\0');
	}
}

static void
end(struct outcome *o)
{
	lb_import_free(&o->import);
	free(o->text);
}

/* Names and values may be anything: never out of their quotes. */
static void
must_be_yaml(const struct outcome *o)
{
	static const char *const never[] = { "YAML syntax", "not text in UTF-8",
		"unknown key", "a second document" };
	struct lb_problems problems = { 0 };
	struct lb_config *config =
	    lb_config_read(o->text, o->bytes, "fuzz", &problems);

	for (size_t i = 0; i < problems.count; i++)
		for (size_t n = 0; n < sizeof(never) / sizeof(never[0]); n++)
			must(strncmp(problems.at[i].what, never[n],
				 strlen(never[n])) != 0);
	must(o->import.missing != 0 ||
	     strstr(o->text, ": not-understood #") == NULL);
	lb_problems_free(&problems);
	lb_config_free(config);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct outcome once = { 0 }, again = { 0 };
	struct part parts[PARTS];

	split(data, bytes, parts);
	run(&once, parts, true);
	run(&again, parts, false);
	if (once.import.done)
		must_be_yaml(&once);
	must(once.import.done == again.import.done);
	end(&again);
	run(&again, parts, true);
	must(once.bytes == again.bytes &&
	     memcmp(once.text, again.text, once.bytes) == 0);
	must(once.import.note_count == again.import.note_count);
	end(&once);
	end(&again);
	return 0;
}
