/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_JSON_BUILD_H
#define REPORTS_JSON_BUILD_H
/*
 * The words in which reports/ builds its JSON documents; for their .c files
 * only.  Keys stand in the order they are set in; an object that could not be
 * made is NULL, and jansson's *_new functions take a NULL value as their own
 * failure: so errors travel up by themselves and are looked at once, by
 * json_write().
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include "reports/text/text.h"

#define JSON_DIGITS 12

/* Returns the object, or NULL (object and value freed) when either is NULL. */
static inline json_t *
with(json_t *object, const char *key, json_t *value)
{
	if (object == NULL) {
		json_decref(value);
		return NULL;
	}
	if (json_object_set_new(object, key, value) == 0)
		return object;
	json_decref(object);
	return NULL;
}

static inline json_t *
with_item(json_t *array, json_t *value)
{
	if (array == NULL) {
		json_decref(value);
		return NULL;
	}
	if (json_array_append_new(array, value) == 0)
		return array;
	json_decref(array);
	return NULL;
}

/* jansson's integers are signed: what does not fit keeps its digits as text
 * rather than turn negative. */
static inline json_t *
whole(uint64_t value)
{
	char digits[REPORT_TEXT_BYTES];
	const struct report_script plain = { "", "-", "", "us" };
	if (value <= INT64_MAX)
		return json_integer((json_int_t)value);
	return json_string(report_count(digits, &plain, value));
}

static inline json_t *
ratio(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static inline json_t *
text(const char *raw)
{
	char *clean = report_clean(raw, false);
	json_t *value = clean != NULL ? json_string(clean) : NULL;
	free(clean);
	return value;
}

static inline json_t *
text_or_null(const char *raw)
{
	return raw == NULL || raw[0] == '\0' ? json_null() : text(raw);
}

/* Writes and frees a document, indented, ending in a newline.  0; -1 without
 * memory (NULL, too) or when writing fails (errno). */
static inline int
json_write(json_t *document, FILE *to)
{
	if (document == NULL) {
		errno = ENOMEM;
		return -1;
	}
	errno = 0;
	int done = json_dumpf(
	    document, to, JSON_INDENT(2) | JSON_REAL_PRECISION(JSON_DIGITS));
	if (done == 0 && (fputc('\n', to) == EOF || fflush(to) != 0))
		done = -1;
	if (done != 0 && errno == 0)
		errno = ENOMEM;
	json_decref(document);
	return done;
}

#endif
