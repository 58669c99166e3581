/* SPDX-License-Identifier: MIT */
#include "reports/draw/stream.h"
#include "reports/text/text.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* 2000-01-01: a chart is as old as nothing in particular */
#define FIXED_DATE  946684800
#define NUMBERS_MAX 256

cairo_status_t
report_stream_write(void *ctx, const unsigned char *bytes, unsigned count)
{
	struct report_stream *s = ctx;
	if (s->no_memory || count == 0)
		return CAIRO_STATUS_SUCCESS;
	if (count > s->room - s->count) {
		size_t room = 2 * s->room + count + 65536;
		unsigned char *more = realloc(s->bytes, room);
		if (more == NULL) {
			s->no_memory = true;
			return CAIRO_STATUS_SUCCESS;
		}
		s->bytes = more;
		s->room = room;
	}
	memcpy(s->bytes + s->count, bytes, count);
	s->count += count;
	return CAIRO_STATUS_SUCCESS;
}

/* --- numbers of elements -------------------------------------------------- */

struct numbers {
	unsigned long seen[NUMBERS_MAX];
	size_t count;
};

static size_t
index_of(struct numbers *n, unsigned long number)
{
	size_t i = 0;
	while (i < n->count && n->seen[i] != number)
		i++;
	if (i == n->count && n->count < NUMBERS_MAX)
		n->seen[n->count++] = number;
	return i;
}

/* The length of `"surface` or `#image` before a number, or 0. */
static size_t
prefix_at(const char *at, size_t left)
{
	static const char *const names[] = { "surface", "image" };
	if (at[0] != '"' && at[0] != '#')
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t length = strlen(names[i]);
		if (left > length + 1 &&
		    memcmp(at + 1, names[i], length) == 0 &&
		    isdigit((unsigned char)at[length + 1]))
			return length + 1;
	}
	return 0;
}

void
report_stream_renumber(struct report_stream *s)
{
	struct report_stream out = { 0 };
	struct numbers numbers = { .count = 0 };
	char text[32];

	if (s->no_memory)
		return;
	/* a number may be the last: it ends in a 0 byte */
	(void)report_stream_write(s, (const unsigned char *)"", 1);
	for (size_t i = 0, from = 0; !s->no_memory && i < s->count; i++) {
		char *at = (char *)s->bytes + i, *end = at;
		size_t prefix = prefix_at(at, s->count - i);
		if (prefix > 0) {
			unsigned long n = strtoul(at + prefix, &end, 10);
			(void)report_stream_write(&out, s->bytes + from,
			    (unsigned)(i + prefix - from));
			report_format(
			    text, sizeof(text), "%zu", index_of(&numbers, n));
			(void)report_stream_write(&out, (unsigned char *)text,
			    (unsigned)strlen(text));
			from = (size_t)((unsigned char *)end - s->bytes);
		}
		if (i + 1 == s->count)
			(void)report_stream_write(&out, s->bytes + from,
			    (unsigned)(i - from)); /* without the 0 */
	}
	out.no_memory |= s->no_memory;
	free(s->bytes);
	*s = out;
}

int
report_stream_end(struct report_stream *s, const struct report_sink *sink,
    cairo_status_t status, bool no_memory)
{
	int error = 0;
	if (s->no_memory || no_memory || status == CAIRO_STATUS_NO_MEMORY)
		error = ENOMEM;
	else if (status != CAIRO_STATUS_SUCCESS)
		error = EINVAL;
	errno = 0;
	if (error == 0 && sink->take(sink->ctx, s->bytes, s->count) != 0)
		error = errno != 0 ? errno : EIO;
	free(s->bytes);
	*s = (struct report_stream){ 0 };
	return error;
}

void
report_creation_date(char *to)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	time_t at = FIXED_DATE;
	struct tm tm;
	char *end;

	if (epoch != NULL && epoch[0] >= '0' && epoch[0] <= '9') {
		errno = 0;
		long long value = strtoll(epoch, &end, 10);
		if (*end == '\0' && errno == 0)
			at = (time_t)value;
	}
	if (gmtime_r(&at, &tm) == NULL ||
	    strftime(to, REPORT_DATE_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		to[0] = '\0';
}
