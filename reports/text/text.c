/* SPDX-License-Identifier: MIT */
#include "reports/text/text.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_S       1e9
#define NS_PER_S_WHOLE UINT64_C(1000000000)
#define NS_PER_MS      UINT64_C(1000000)
#define REPLACEMENT    "\xef\xbf\xbd" /* U+FFFD */

const struct report_script report_terminal = { " ", "-", " ", "us" };
/* U+202F narrow no-break space, U+2212 minus; a thin space, U+2009, would let
 * a line end in the middle of a number */
const struct report_script report_picture = { "\xe2\x80\xaf", "\xe2\x88\x92",
	"\xe2\x80\xaf", "\xc2\xb5s" };

void
report_print(FILE *to, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vfprintf(to, format, args);
	va_end(args);
}

void
report_put(FILE *to, const char *text)
{
	(void)fputs(text, to);
}

void
report_format(char *to, size_t bytes, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vsnprintf(to, bytes, format, args);
	va_end(args);
}

char *
report_compose(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	return text;
}

char *
report_count(char *to, const struct report_script *s, uint64_t value)
{
	char digits[24];
	size_t used = 0;

	report_format(
	    digits, sizeof(digits), "%llu", (unsigned long long)value);
	size_t n = strlen(digits);
	for (size_t i = 0; i < n; i++) {
		bool gap = i > 0 && (n - i) % 3 == 0;
		report_format(to + used, REPORT_TEXT_BYTES - used, "%s%c",
		    gap ? s->thousands : "", digits[i]);
		used += strlen(to + used);
	}
	return to;
}

/* Decimals that make 3 significant digits of what will be printed. */
static int
decimals_of(double value)
{
	double size = fabs(value);
	if (!(size > 0))
		return 0;
	int before = (int)floor(log10(size)) + 1;
	/* 9.996 is printed 10.0: one digit more before the point */
	if (before < 3 && size * pow(10, 3 - before) >= 999.5)
		before++;
	return before >= 3 ? 0 : 3 - before;
}

/* "30.0": "30" */
static void
trim_zeros(char *text)
{
	size_t used = strlen(text);

	if (strchr(text, '.') == NULL)
		return;
	while (text[used - 1] == '0')
		text[--used] = '\0';
	if (text[used - 1] == '.')
		text[--used] = '\0';
}

char *
report_digits(char *to, const struct report_script *s, double value)
{
	if (isnan(value)) {
		report_format(to, REPORT_TEXT_BYTES, "-");
	} else if (value >= 999.5 && value < 1e18) {
		report_count(to, s, (uint64_t)llround(value));
	} else if (fabs(value) >= 1e18 || (value != 0 && fabs(value) < 1e-6)) {
		report_format(to, REPORT_TEXT_BYTES, "%.2e", value);
	} else {
		int decimals = decimals_of(value);
		report_format(to, REPORT_TEXT_BYTES, "%.*f", decimals, value);
	}
	return to;
}

char *
report_percent(char *to, const struct report_script *s, double ratio)
{
	report_digits(to, s, 100 * ratio);
	if (!isnan(ratio)) {
		size_t used = strlen(to);
		report_format(
		    to + used, REPORT_TEXT_BYTES - used, "%s%%", s->unit);
	}
	return to;
}

char *
report_round_percent(char *to, const struct report_script *s, double ratio)
{
	report_digits(to, s, 100 * ratio);
	char *end = to + strlen(to);
	if (strchr(to, '.') != NULL && strchr(to, 'e') == NULL) {
		while (end[-1] == '0')
			end--;
		if (end[-1] == '.')
			end--;
	}
	report_format(
	    end, (size_t)(to + REPORT_TEXT_BYTES - end), "%s%%", s->unit);
	return to;
}

char *
report_nines(char *to, const struct report_script *s, double ratio)
{
	double missing = 100 * (1 - ratio);
	int decimals = 1;

	if (isnan(ratio) || missing <= 0)
		return report_round_percent(to, s, ratio);
	/* two digits of what is missing */
	if (missing < 1)
		decimals = (int)fmin(1 - floor(log10(missing)), 9);
	report_format(
	    to, REPORT_TEXT_BYTES, "%.*f%s%%", decimals, 100 * ratio, s->unit);
	return to;
}

char *
report_deviation(char *to, const struct report_script *s, double ratio)
{
	char size[REPORT_TEXT_BYTES];
	if (isnan(ratio))
		return report_percent(to, s, ratio);
	if (fabs(ratio) < 0.000005) /* 0.0005 %: nobody's concern */
		return report_percent(to, s, 0);
	report_percent(size, s, fabs(ratio));
	report_format(to, REPORT_TEXT_BYTES, "%s%.*s",
	    ratio < 0 ? s->minus : "+", REPORT_TEXT_BYTES - 8, size);
	return to;
}

char *
report_index(char *to, double index)
{
	if (isnan(index))
		report_format(to, REPORT_TEXT_BYTES, "-");
	else
		report_format(to, REPORT_TEXT_BYTES, "%.3f", index);
	return to;
}

char *
report_span(char *to, const struct report_script *s, uint64_t ns)
{
	static const struct {
		double until_s, unit_s;
		const char *name;
	} units[] = {
		{ 120, 1, "s" },
		{ 7200, 60, "min" },
		{ 172800, 3600, "h" },
		{ INFINITY, 86400, "days" },
	};
	double seconds = (double)ns / NS_PER_S;
	size_t i = 0;

	while (seconds >= units[i].until_s)
		i++;
	report_digits(to, s, seconds / units[i].unit_s);
	size_t used = strlen(to);
	report_format(to + used, REPORT_TEXT_BYTES - used, "%s%s", s->unit,
	    units[i].name);
	return to;
}

char *
report_moment(char *to, const struct report_script *s, double seconds)
{
	const struct {
		double until_s, unit_s;
		const char *name;
	} units[] = {
		{ 0.9995e-3, 1e-6, s->microseconds },
		{ 0.9995, 1e-3, "ms" },
		{ 120, 1, "s" },
		{ 7200, 60, "min" },
		{ 172800, 3600, "h" },
		{ INFINITY, 86400, "days" },
	};
	size_t i = seconds == 0 ? 2 : 0;

	if (isnan(seconds)) {
		report_format(to, REPORT_TEXT_BYTES, "-");
		return to;
	}
	while (i + 1 < sizeof(units) / sizeof(units[0]) &&
	       fabs(seconds) >= units[i].until_s)
		i++;
	report_digits(to, s, seconds / units[i].unit_s);
	trim_zeros(to);
	size_t used = strlen(to);
	report_format(to + used, REPORT_TEXT_BYTES - used, "%s%s", s->unit,
	    units[i].name);
	return to;
}

static char *
put_time(char *to, uint64_t ns, const char *day_and_time)
{
	time_t seconds = (time_t)(ns / NS_PER_S_WHOLE);
	struct tm utc;

	if (gmtime_r(&seconds, &utc) == NULL ||
	    strftime(to, REPORT_TEXT_BYTES, day_and_time, &utc) == 0)
		report_format(to, REPORT_TEXT_BYTES, "-");
	return to + strlen(to);
}

char *
report_time(char *to, uint64_t ns)
{
	char *end = put_time(to, ns, "%Y-%m-%d %H:%M:%S");

	report_format(end, (size_t)(to + REPORT_TEXT_BYTES - end), ".%03u",
	    (unsigned)(ns % NS_PER_S_WHOLE / NS_PER_MS));
	return to;
}

char *
report_time_iso(char *to, uint64_t ns)
{
	char *end = put_time(to, ns, "%Y-%m-%dT%H:%M:%S");

	report_format(end, (size_t)(to + REPORT_TEXT_BYTES - end), ".%09uZ",
	    (unsigned)(ns % NS_PER_S_WHOLE));
	return to;
}

/*
 * The length of the UTF-8 sequence at `at`, its character in *code; 0 when
 * there is none: stray or missing continuation, overlong, surrogate, beyond
 * U+10FFFF.
 */
static size_t
sequence(const unsigned char *at, uint32_t *code)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = at[0] < 0x80    ? 1
			: at[0] >= 0xf0 ? 4
			: at[0] >= 0xe0 ? 3
					: 2;

	if (at[0] >= 0xf8 || (at[0] >= 0x80 && at[0] < 0xc2))
		return 0;
	*code = length == 1 ? at[0] : at[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (at[i] & 0x3fu);
	}
	if (*code < least[length] || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return length;
}

/* C0, DEL, C1, and the marks that turn the direction of writing. */
static bool
is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) ||
	       (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

char *
report_clean(const char *raw, bool visible)
{
	const unsigned char *at = (const unsigned char *)(raw ? raw : "");
	/* the worst: every byte becomes the 3 of U+FFFD */
	char *clean = malloc(3 * strlen((const char *)at) + 1), *to = clean;

	while (clean != NULL && *at != '\0') {
		uint32_t code = 0;
		size_t length = sequence(at, &code);
		if (length == 0) {
			memcpy(to, REPLACEMENT, 3);
			to += 3;
			at++;
			continue;
		}
		if (visible && is_control(code)) {
			*to++ = '?';
		} else {
			memcpy(to, at, length);
			to += length;
		}
		at += length;
	}
	if (clean != NULL)
		*to = '\0';
	return clean;
}

static bool
continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

void
report_put_clean(FILE *to, const char *raw)
{
	char *clean = report_clean(raw, true);
	report_put(to, clean != NULL ? clean : "?");
	free(clean);
}

size_t
report_columns(const char *text)
{
	size_t columns = 0;
	for (; *text != '\0'; text++)
		columns += !continues(*text);
	return columns;
}

/* The byte at which character `index` begins. */
static char *
character(char *text, size_t index)
{
	for (; *text != '\0'; text++)
		if (!continues(*text) && index-- == 0)
			break;
	return text;
}

void
report_shorten(char *text, size_t columns)
{
	size_t all = report_columns(text);
	if (all <= columns)
		return;
	size_t tail = (columns - 3) / 2, head = columns - 3 - tail;
	char *from = character(text, all - tail);
	char *to = character(text, head);
	/* never longer: at least three characters, so three bytes, go */
	memmove(to + 3, from, strlen(from) + 1);
	to[0] = to[1] = to[2] = '.';
}
