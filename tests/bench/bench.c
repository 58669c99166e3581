/* SPDX-License-Identifier: MIT */
/* make bench [BENCH=part]: runs the parts and writes bench.json. */
#include "tests/bench/bench.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static json_t *said;

void
bench_heading(const char *text)
{
	printf("\n%s\n", text);
}

static const char *
verdict(enum bench_goal kind, bool met)
{
	if (kind == BENCH_NO_GOAL)
		return "";
	return met ? "met" : "MISSED";
}

/* A row of bench.json; goal NULL: there is none. */
static void
note(const char *name, double value, const char *unit, const double *goal,
    bool met)
{
	json_t *row = json_pack("{s:s, s:f, s:s, s:o, s:o}", "name", name,
	    "value", value, "unit", unit, "goal",
	    goal != NULL ? json_real(*goal) : json_null(), "met",
	    goal != NULL ? json_boolean(met) : json_null());
	if (said == NULL)
		said = json_array();
	(void)json_array_append_new(said, row);
}

void
bench_say(const char *name, double value, const char *unit,
    enum bench_goal kind, double goal)
{
	bool met = kind == BENCH_AT_MOST ? value <= goal : value >= goal;
	char wanted[32] = "";
	if (kind != BENCH_NO_GOAL)
		(void)snprintf(wanted, sizeof(wanted), "%s %g",
		    kind == BENCH_AT_MOST ? "<=" : ">=", goal);
	printf("  %-40s %12.4g %-8s %10s  %s\n", name, value, unit, wanted,
	    verdict(kind, met));
	(void)fflush(stdout);
	note(name, value, unit, kind != BENCH_NO_GOAL ? &goal : NULL, met);
}

void
bench_keep(const char *name, double value, const char *unit)
{
	note(name, value, unit, NULL, false);
}

void
bench_skip(const char *part, const char *why)
{
	printf("  %s: SKIP: %s\n", part, why);
}

int
bench_write(const char *path)
{
	if (said == NULL)
		said = json_array();
	int rc =
	    json_dump_file(said, path, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	json_decref(said);
	said = NULL;
	return rc;
}

static const struct {
	const char *name, *help;
	int (*run)(void);
} parts[] = {
	{ "xdp", "the packet path in the kernel", bench_xdp },
	{ "snat", "NAT rules and SNAT beside plain forwarding (1 GB of memory)",
	    bench_snat },
	{ "eviction", "entries lost before their time", bench_eviction },
	{ "lookup", "lookup tables: balance, calm, speed", bench_lookup },
	{ "hash", "what an attacker gains on the hash", bench_hash },
	{ "replay", "a replay against just reading (3 GB of disk)",
	    bench_replay },
	{ "sweep", "24 configurations against one (3 GB of disk)",
	    bench_sweep },
	{ "events", "events in virtual time", bench_events },
	{ "world", "synthetic traffic (4 GB of memory)", bench_world },
	{ "memory", "what a replay keeps in memory", bench_memory },
	{ "live", "fairlead live, beside the kernel and the least possible",
	    bench_live },
	{ "soak", "fairlead live under mixed load (10 minutes)", bench_soak },
};

/* Ten minutes: only by its name. */
static const char apart[] = "soak";

static bool
is_wanted(const char *part, const char *only)
{
	return only != NULL ? strcmp(only, part) == 0
			    : strcmp(apart, part) != 0;
}

int
main(int argc, char **argv)
{
	const char *only = argc > 1 && *argv[1] != '\0' ? argv[1] : NULL;
	const char *file = argc > 2 ? argv[2] : "bench.json";
	int rc = 0;
	bool any = false;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!is_wanted(parts[i].name, only))
			continue;
		any = true;
		bench_heading(parts[i].help);
		int one = parts[i].run();
		if (one != 0 && one != 77)
			rc = 1;
	}
	if (!any) {
		(void)fprintf(stderr, "bench: no part `%s'; there are:", only);
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
			(void)fprintf(stderr, " %s", parts[i].name);
		(void)fprintf(stderr, "\n");
		return 2;
	}
	if (bench_write(file) != 0) {
		(void)fprintf(stderr, "bench: %s: %s\n", file, strerror(errno));
		return 1;
	}
	printf("\nwritten: %s\n", file);
	return rc;
}
