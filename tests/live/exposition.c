/* SPDX-License-Identifier: MIT */
#include "tests/live/exposition.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_FIRST "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:"
#define NAME_REST  NAME_FIRST "0123456789"

static bool
bad(struct exposition *e, const char *what, const char *line)
{
	(void)snprintf(e->error, sizeof(e->error), "%s: %.180s", what, line);
	return false;
}

/* The length of a name at the start of a text; 0: there is none. */
static size_t
name_length(const char *text)
{
	return strspn(text, NAME_FIRST) > 0 ? strspn(text, NAME_REST) : 0;
}

static bool
ends_in(const char *text, size_t length, const char *end)
{
	size_t n = strlen(end);
	return length >= n && strncmp(text + length - n, end, n) == 0;
}

/* "# HELP name words", then "# TYPE name type". */
static bool
read_comment(struct exposition *e, const char *line)
{
	size_t count = e->family_count;
	bool help = strncmp(line, "# HELP ", 7) == 0;
	if (!help && strncmp(line, "# TYPE ", 7) != 0)
		return bad(e, "a comment", line);
	const char *name = line + 7;
	size_t length = name_length(name);
	if (length == 0 || length >= sizeof(e->helped) || name[length] != ' ' ||
	    name[length + 1] == '\0')
		return bad(e, "no name or nothing behind it", line);
	if (help) {
		(void)snprintf(
		    e->helped, sizeof(e->helped), "%.*s", (int)length, name);
		return true;
	}
	if (strncmp(e->helped, name, length) != 0 || e->helped[length] != '\0')
		return bad(e, "TYPE without its HELP", line);
	for (size_t i = 0; i < count; i++)
		if (strcmp(e->family[i], e->helped) == 0)
			return bad(e, "a family twice", line);
	const char *type = name + length + 1;
	if (strcmp(type, "counter") != 0 && strcmp(type, "gauge") != 0 &&
	    strcmp(type, "histogram") != 0)
		return bad(e, "no such type", line);
	if (ends_in(name, length, "_total") != (strcmp(type, "counter") == 0))
		return bad(e, "_total is for counters", line);
	if (count == EXPOSITION_FAMILIES)
		return bad(e, "too many families", line);
	(void)snprintf(e->family[count], sizeof(e->family[0]), "%s", e->helped);
	(void)snprintf(e->type[count], sizeof(e->type[0]), "%s", type);
	e->family_count++;
	return true;
}

/* Behind {label="value",...}; NULL: it is not so. */
static const char *
labels_end(const char *at)
{
	if (*at != '{')
		return at;
	do {
		at++;
		size_t length = strspn(at, NAME_REST);
		if (name_length(at) == 0 || memchr(at, ':', length) != NULL ||
		    strncmp(at + length, "=\"", 2) != 0)
			return NULL;
		for (at += length + 2; *at != '"'; at++) {
			if (*at == '\\' && strchr("\\\"n", *++at) == NULL)
				return NULL;
			if (*at == '\0')
				return NULL;
		}
		at++;
	} while (*at == ',');
	return *at == '}' ? at + 1 : NULL;
}

/* Is a sample's name one of the family's? */
static bool
belongs(const struct exposition *e, const char *name, size_t length)
{
	size_t last = e->family_count - 1;
	const char *family = e->family[last];
	size_t prefix = strlen(family);
	if (strcmp(e->type[last], "histogram") != 0)
		return length == prefix && strncmp(name, family, length) == 0;
	return strncmp(name, family, prefix) == 0 &&
	       (ends_in(name, length, "_bucket") ||
		   ends_in(name, length, "_sum") ||
		   ends_in(name, length, "_count"));
}

static bool
read_sample(struct exposition *e, const char *line, size_t series_bytes)
{
	char *end;
	size_t length = name_length(line);
	if (length == 0 || e->family_count == 0 || !belongs(e, line, length))
		return bad(e, "not of the family above", line);
	const char *at = labels_end(line + length);
	if (at == NULL || at != line + series_bytes)
		return bad(e, "bad labels", line);
	double value = strtod(at + 1, &end);
	if (end == at + 1 || *end != '\0')
		return bad(e, "bad value", line);
	if (strcmp(e->type[e->family_count - 1], "gauge") != 0 &&
	    !(value >= 0 && isfinite(value)))
		return bad(e, "no count", line);
	e->series++;
	return true;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each line in turn; *series are the samples' without their values. */
static bool
read_lines(struct exposition *e, char *text, char **series, size_t *count)
{
	for (char *next, *line = text; *line != '\0'; line = next) {
		char *end = strchr(line, '\n');
		if (end == NULL)
			return bad(e, "no end of the line", line);
		*end = '\0';
		next = end + 1;
		if (*line == '#') {
			if (!read_comment(e, line))
				return false;
			continue;
		}
		char *space = strrchr(line, ' ');
		if (space == NULL)
			return bad(e, "no value", line);
		if (!read_sample(e, line, (size_t)(space - line)))
			return false;
		*space = '\0';
		series[(*count)++] = line;
	}
	return true;
}

bool
exposition_read(struct exposition *e, const char *text)
{
	size_t lines = 1, count = 0;
	for (const char *at = text; *at != '\0'; at++)
		lines += *at == '\n';
	memset(e, 0, sizeof(*e));
	char *copy = strdup(text);
	char **series = calloc(lines, sizeof(*series));
	bool fine = copy != NULL && series != NULL &&
		    read_lines(e, copy, series, &count);
	if (fine && count > 0)
		qsort(series, count, sizeof(*series), compare);
	for (size_t i = 1; fine && i < count; i++)
		if (strcmp(series[i - 1], series[i]) == 0)
			fine = bad(e, "a series twice", series[i]);
	free(series);
	free(copy);
	return fine;
}

double
exposition_value(const char *text, const char *series)
{
	size_t length = strlen(series);
	for (const char *at = text; at != NULL && *at != '\0';
	     at = strchr(at, '\n'), at = at != NULL ? at + 1 : NULL)
		if (strncmp(at, series, length) == 0 && at[length] == ' ')
			return strtod(at + length, NULL);
	return -1;
}
