/* SPDX-License-Identifier: MIT */
#include "reports/text/csv.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void
put_doubled(FILE *to, const char *text)
{
	for (; *text != '\0'; text++)
		report_print(to, *text == '"' ? "\"\"" : "%c", *text);
}

void
report_csv_joined(FILE *to, const char *raw, const char *more)
{
	char *text = report_clean(raw, true);

	if (text == NULL)
		return;
	bool quote = strpbrk(text, ",\"") != NULL ||
		     strpbrk(more, ",\"") != NULL || text[0] == ' ';
	if (quote)
		report_put(to, "\"");
	put_doubled(to, text);
	put_doubled(to, more);
	if (quote)
		report_put(to, "\"");
	free(text);
}

void
report_csv_text(FILE *to, const char *raw)
{
	report_csv_joined(to, raw, "");
}

void
report_csv_ratio(FILE *to, double value)
{
	if (isfinite(value))
		report_print(to, ",%.9g", value);
	else
		report_put(to, ",");
}
