/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIVE_EXPOSITION_H
#define TESTS_LIVE_EXPOSITION_H
/*
 * A strict reader of Prometheus' text format 0.0.4: what its own parser and
 * `promtool check metrics` would refuse, and a little more (every family has
 * its HELP and TYPE first, comes once, and no series comes twice).
 */
#include <stdbool.h>
#include <stddef.h>

#define EXPOSITION_FAMILIES 128u

struct exposition {
	char family[EXPOSITION_FAMILIES][80];
	char type[EXPOSITION_FAMILIES][16];
	size_t family_count;
	char helped[80]; /* the family whose HELP came last */
	size_t series;
	char error[256]; /* "": none */
};

/* false with the first error. */
bool exposition_read(struct exposition *e, const char *text);

/* The value of a series, written as on its line; -1: there is none. */
double exposition_value(const char *text, const char *series);

#endif
