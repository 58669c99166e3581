/* SPDX-License-Identifier: MIT */
#include "cli/ctl/ctl_table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/common/cli.h"
#include "reports/text/text.h"

#define ROOM_FIRST 64u

static bool
make_room(struct ctl_table *t)
{
	if (t->count < t->room)
		return true;
	size_t room = t->room > 0 ? 2 * t->room : ROOM_FIRST;
	char **more = reallocarray(t->cells, room, sizeof(*more));
	if (more == NULL)
		return false;
	t->cells = more;
	t->room = room;
	return true;
}

void
ctl_table_add(struct ctl_table *t, const char *format, ...)
{
	char *raw = NULL;
	va_list args;
	va_start(args, format);
	int bytes = vasprintf(&raw, format, args);
	va_end(args);
	char *clean = bytes >= 0 ? report_clean(raw, true) : NULL;
	if (bytes >= 0)
		free(raw);
	if (clean == NULL || !make_room(t)) {
		free(clean);
		t->failed = true;
		return;
	}
	t->cells[t->count++] = clean;
}

void
ctl_table_count(struct ctl_table *t, uint64_t count)
{
	char text[REPORT_TEXT_BYTES];
	ctl_table_add(t, "%s", report_count(text, &report_terminal, count));
}

static void
find_widths(const struct ctl_table *t, size_t *widths)
{
	assert(t->columns > 0);
	for (size_t c = 0; c < t->columns; c++)
		widths[c] = report_columns(t->heads[c]);
	for (size_t i = 0; i < t->count; i++) {
		size_t wide = report_columns(t->cells[i]);
		if (wide > widths[i % t->columns])
			widths[i % t->columns] = wide;
	}
}

/* Nothing stands behind the last column. */
static void
print_cell(
    const struct ctl_table *t, size_t column, const char *text, size_t width)
{
	bool last = column + 1 == t->columns;
	int gap = (int)(width - report_columns(text));
	if ((t->right >> column & 1) != 0)
		(void)printf("%*s%s", gap, "", text);
	else
		(void)printf("%s%*s", text, last ? 0 : gap, "");
	(void)fputs(last ? "\n" : "  ", stdout);
}

static void
print_cells(const struct ctl_table *t)
{
	size_t widths[CTL_COLUMNS_MAX];
	assert(t->columns > 0);
	find_widths(t, widths);
	for (size_t c = 0; c < t->columns; c++)
		print_cell(t, c, t->heads[c], widths[c]);
	for (size_t i = 0; i < t->count; i++)
		print_cell(
		    t, i % t->columns, t->cells[i], widths[i % t->columns]);
}

int
ctl_table_print(struct ctl_table *t)
{
	bool failed = t->failed;
	if (failed)
		cli_say("ctl", "no memory");
	else
		print_cells(t);
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i]);
	free(t->cells);
	t->cells = NULL;
	t->count = t->room = 0;
	t->failed = false;
	return failed ? CLI_REFUSED : CLI_DONE;
}
