/* SPDX-License-Identifier: MIT */
#include "reports/text/lines.h"
#include "reports/text/text.h"
#include <stdlib.h>
#include <string.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

void
report_put_count(FILE *to, uint64_t value)
{
	char text[REPORT_TEXT_BYTES];
	report_put(to, report_count(text, &report_terminal, value));
}

void
report_put_name(FILE *to, const char *raw, size_t columns, bool pad)
{
	char *name = report_clean(raw, true);
	if (name == NULL)
		return;
	report_shorten(name, columns);
	report_put(to, name);
	for (size_t i = report_columns(name); pad && i < columns; i++)
		report_put(to, " ");
	free(name);
}

void
report_put_counted(
    FILE *to, const char *head, const struct report_counted *of, size_t n)
{
	const char *before = head;
	for (size_t i = 0; i < n; i++) {
		if (of[i].count == 0)
			continue;
		report_put(to, before);
		report_put_count(to, of[i].count);
		report_print(to, " %s", of[i].what);
		before = ", ";
	}
	if (before != head)
		report_put(to, "\n");
}

/* The end of what stands on one line: a word, or a number, whose thousands a
 * space sets apart, with its "%". */
static size_t
unbroken(const char *text)
{
	size_t end = strcspn(text, " ");

	while (end > 0 && text[end] == ' ' && is_digit(text[end - 1]) &&
	       (is_digit(text[end + 1]) || text[end + 1] == '%'))
		end += 1 + strcspn(text + end + 1, " ");
	return end;
}

void
report_put_wrapped(FILE *to, char *line)
{
	size_t indent = strspn(line, " "), used = indent;
	char *word = line + indent;

	report_print(to, "%*s", (int)indent, "");
	while (*word != '\0') {
		char *rest = word + unbroken(word);
		if (*rest != '\0')
			*rest++ = '\0';
		rest += strspn(rest, " ");
		size_t columns = report_columns(word);
		if (used > indent && used + 1 + columns > REPORT_LINE_COLUMNS) {
			report_print(to, "\n%*s", (int)indent + 2, "");
			used = indent + 2;
		} else if (used > indent) {
			report_put(to, " ");
			used++;
		}
		report_put(to, word);
		used += columns;
		word = rest;
	}
	report_put(to, "\n");
}
