/* SPDX-License-Identifier: MIT */
#include "model/config/problems.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static struct lb_problem *
problem_new(struct lb_problems *problems)
{
	size_t n = problems->count;

	if (n > LB_PROBLEMS_MAX)
		return NULL;
	if ((n & (n - 1)) == 0) { /* full at every power of two */
		size_t room = n == 0 ? 1 : 2 * n;
		struct lb_problem *at =
		    realloc(problems->at, room * sizeof(*at));
		if (at == NULL)
			return NULL;
		problems->at = at;
	}
	return &problems->at[n];
}

/* Bytes of the UTF-8 character that text begins with; 0: of none. */
static size_t
character_bytes(const unsigned char *text)
{
	size_t bytes = text[0] < 0x80   ? 1
		       : text[0] < 0xc2 ? 0
		       : text[0] < 0xe0 ? 2
		       : text[0] < 0xf0 ? 3
		       : text[0] < 0xf5 ? 4
					: 0;

	for (size_t i = 1; i < bytes; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return bytes;
}

/* What people wrote may hold what a terminal obeys, and a shortened text may
 * end within a character. */
static void
tame(char *text)
{
	unsigned char *at = (unsigned char *)text;

	while (*at != '\0') {
		size_t bytes = character_bytes(at);
		bool obeyed =
		    *at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] < 0xa0);
		for (; bytes > 1 && !obeyed; bytes--)
			at++;
		if (bytes == 0 || obeyed)
			*at = '?';
		at++;
	}
}

static void
problem_add(struct lb_problems *problems, const struct lb_problem *as,
    const char *format, va_list args)
{
	struct lb_problem *problem = problem_new(problems);

	if (!as->warning)
		problems->error_count++;
	if (problem == NULL)
		return;
	*problem = *as;
	if (problems->count == LB_PROBLEMS_MAX)
		format = "and more: the rest is left out";
	if (vasprintf(&problem->what, format, args) < 0)
		return;
	tame(problem->what);
	problems->count++;
}

void
lb_error_add(struct lb_problems *problems, struct lb_where where,
    const char *code, const char *format, ...)
{
	struct lb_problem as = { .where = where, .code = code };
	va_list args;

	va_start(args, format);
	problem_add(problems, &as, format, args);
	va_end(args);
}

void
lb_warning_add(struct lb_problems *problems, struct lb_where where,
    const char *format, ...)
{
	struct lb_problem as = { .where = where, .warning = true };
	va_list args;

	va_start(args, format);
	problem_add(problems, &as, format, args);
	va_end(args);
}

/* Does a stand before b in the file? */
static bool
is_before(const struct lb_problem *a, const struct lb_problem *b)
{
	/* 0 is nowhere: after everything */
	unsigned left = a->where.line - 1, right = b->where.line - 1;

	return left < right ||
	       (left == right && a->where.column < b->where.column);
}

/* By insertion: stable, and the list is nearly in order as it comes. */
void
lb_problems_sort(struct lb_problems *problems)
{
	struct lb_problem *at = problems->at;

	for (size_t i = 1; i < problems->count; i++) {
		struct lb_problem moving = at[i];
		size_t to = i;
		while (to > 0 && is_before(&moving, &at[to - 1])) {
			at[to] = at[to - 1];
			to--;
		}
		at[to] = moving;
	}
}

void
lb_problems_free(struct lb_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		free(problems->at[i].what);
	free(problems->at);
	*problems = (struct lb_problems){ 0 };
}

static char *
problem_line(const struct lb_problem *problem, const char *file)
{
	char place[32] = "", code[128] = "", *line;

	if (problem->where.line > 0)
		(void)snprintf(place, sizeof(place),
		    "%u:%u:", problem->where.line, problem->where.column);
	if (problem->code != NULL)
		(void)snprintf(code, sizeof(code), " [%s]", problem->code);
	if (asprintf(&line, "%s:%s %s%s%s\n",
		file == NULL ? "configuration" : file, place,
		problem->warning ? "warning: " : "", problem->what, code) < 0)
		return NULL;
	return line;
}

void
lb_problems_print(
    const struct lb_problems *problems, const char *file, FILE *to)
{
	for (size_t i = 0; i < problems->count; i++) {
		char *line = problem_line(&problems->at[i], file);
		if (line == NULL)
			continue;
		(void)fwrite(line, 1, strlen(line), to);
		free(line);
	}
}
