/* SPDX-License-Identifier: MIT */
#include "reports/page/page.h"
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PICTURE  (&report_picture)
#define WORD_MAX 24

void
report_page_put(struct report_page *page, const char *markup)
{
	report_put(page->to, markup);
}

void
report_page_print(struct report_page *page, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vfprintf(page->to, format, args);
	va_end(args);
}

static const char *
entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* U+FFFE and U+FFFF are UTF-8 but no XML. */
static bool
is_no_character(const char *at)
{
	return memcmp(at, "\xef\xbf", 2) == 0 && (unsigned char)at[2] >= 0xbe;
}

void
report_page_text(struct report_page *page, const char *text)
{
	char *clean = report_clean(text, true);

	page->no_memory |= clean == NULL;
	for (const char *at = clean; at != NULL && *at != '\0'; at++) {
		const char *instead = entity(*at);
		if (*at == '\xef' && is_no_character(at)) {
			instead = "?";
			at += 2;
		}
		if (instead != NULL)
			report_put(page->to, instead);
		else
			(void)putc(*at, page->to);
	}
	free(clean);
}

void
report_page_take(struct report_page *page, char *text)
{
	page->no_memory |= text == NULL;
	report_page_text(page, text);
	free(text);
}

/* "backend-4" is not to be broken at its hyphen; a word too long for a line
 * must be. */
static bool
keeps_together(const char *word)
{
	return strchr(word, '-') != NULL && report_columns(word) <= WORD_MAX;
}

void
report_page_prose(struct report_page *page, char *text)
{
	char *state = NULL;

	page->no_memory |= text == NULL;
	for (char *word = text ? strtok_r(text, " ", &state) : NULL;
	     word != NULL; word = strtok_r(NULL, " ", &state)) {
		bool together = keeps_together(word);
		if (word != text)
			report_page_put(page, " ");
		if (together)
			report_page_put(page, "<span class=\"w\">");
		report_page_text(page, word);
		if (together)
			report_page_put(page, "</span>");
	}
	free(text);
}

void
report_page_name(struct report_page *page, const char *name)
{
	report_page_put(page, "<bdi>");
	report_page_text(page, name);
	report_page_put(page, "</bdi>");
}

void
report_page_element(
    struct report_page *page, const char *tag, const char *class, char *text)
{
	if (class != NULL)
		report_page_print(page, "<%s class=\"%s\">", tag, class);
	else
		report_page_print(page, "<%s>", tag);
	report_page_prose(page, text);
	report_page_print(page, "</%s>\n", tag);
}

/* --- tables --------------------------------------------------------------- */

/* The box around it scrolls, and so must be reached by the keyboard. */
void
report_grid_open(struct report_page *page, const struct report_grid *grid)
{
	report_page_print(page,
	    "<div class=\"grid\" role=\"region\" tabindex=\"0\" "
	    "aria-labelledby=\"%s-caption\">\n<table id=\"%s\"%s>\n"
	    "<caption id=\"%s-caption\">",
	    grid->id, grid->id, grid->sortable ? " class=\"sortable\"" : "",
	    grid->id);
	report_page_text(page, grid->caption);
	report_page_put(page, "</caption>\n<thead><tr>");
	for (size_t i = 0; i < grid->count; i++)
		report_page_print(page, "<th scope=\"col\"%s>%s</th>",
		    grid->headings[i].numeric ? " class=\"n\"" : "",
		    grid->headings[i].text);
	report_page_put(page, "</tr></thead>\n<tbody>\n");
}

void
report_grid_close(struct report_page *page)
{
	report_page_put(page, "</tbody>\n</table>\n</div>\n");
}

void
report_row_open(struct report_page *page, const char *name)
{
	report_page_put(page, "<tr><th scope=\"row\">");
	report_page_name(page, name);
	report_page_put(page, "</th>");
}

void
report_row_close(struct report_page *page)
{
	report_page_put(page, "</tr>\n");
}

void
report_cell_text(struct report_page *page, const char *text)
{
	report_page_put(page, "<td class=\"t\">");
	report_page_name(page, text);
	report_page_put(page, "</td>");
}

void
report_cell_word(struct report_page *page, const char *text)
{
	report_page_put(page, "<td class=\"w\">");
	report_page_name(page, text);
	report_page_put(page, "</td>");
}

void
report_cell_number(struct report_page *page, const char *text)
{
	report_page_put(page, "<td class=\"n\">");
	report_page_text(page, text);
	report_page_put(page, "</td>");
}

void
report_cell_count(struct report_page *page, uint64_t value)
{
	char text[REPORT_TEXT_BYTES];
	report_cell_number(page, report_count(text, PICTURE, value));
}

void
report_cell_share(struct report_page *page, double ratio)
{
	char text[REPORT_TEXT_BYTES];
	report_cell_number(page, report_percent(text, PICTURE, ratio));
}

void
report_cell_within(struct report_page *page, double value,
    const struct report_range *within, char *(*text)(char *to, double value))
{
	char is[REPORT_TEXT_BYTES], high[REPORT_TEXT_BYTES];

	report_page_put(page, "<td class=\"n\">");
	report_page_text(page, text(is, value));
	if (within != NULL && !isnan(within->low)) {
		report_page_put(page, "<small>");
		report_page_text(page, text(is, within->low));
		report_page_put(page, " to ");
		report_page_text(page, text(high, within->high));
		report_page_put(page, "</small>");
	}
	report_page_put(page, "</td>");
}
