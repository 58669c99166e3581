/* SPDX-License-Identifier: MIT */
#include "live/seen/metrics_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

uint64_t
live_metrics_value(const void *thing, struct live_metrics_field field)
{
	const char *at = (const char *)thing + field.at;
	uint64_t value64 = 0;
	uint32_t value32 = 0;
	if (field.bytes == sizeof(bool))
		return *(const bool *)(const void *)at;
	if (field.bytes == sizeof(value32)) {
		memcpy(&value32, at, sizeof(value32));
		return value32;
	}
	memcpy(&value64, at, sizeof(value64));
	return value64;
}

void
live_metrics_put_label(
    FILE *to, char before, const char *name, const char *value)
{
	(void)fprintf(to, "%c%s=\"", before, name);
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			(void)fputs("\\n", to);
		else if (*value == '\\' || *value == '"')
			(void)fprintf(to, "\\%c", *value);
		else
			(void)fputc(*value, to);
	}
	(void)fputc('"', to);
}

void
live_metrics_put_count(FILE *to, uint64_t value)
{
	(void)fprintf(to, " %" PRIu64 "\n", value);
}

void
live_metrics_put_real(FILE *to, double value)
{
	(void)fprintf(to, " %.15g\n", value);
}

void
live_metrics_put_one(const struct live_metrics_page *p,
    const struct live_metrics_family *f, const char *label, const char *value,
    uint64_t count)
{
	(void)fputs(f->name, p->to);
	live_metrics_put_label(p->to, '{', label, value);
	(void)fputc('}', p->to);
	live_metrics_put_count(p->to, count);
}

void
live_metrics_put_end(
    const struct live_metrics_page *p, const char *direction, uint64_t value)
{
	if (direction != NULL)
		live_metrics_put_label(p->to, ',', "direction", direction);
	(void)fputc('}', p->to);
	live_metrics_put_count(p->to, value);
}
