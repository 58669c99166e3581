/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_PAGE_H
#define REPORTS_PAGE_H
/*
 * Writing report.html.  Markup is ours and written as it stands; everything
 * else goes through report_page_text, which escapes it.  What fails is kept
 * and looked at once, at the end.
 */
#include "reports/study/study.h"
#include "reports/text/text.h"

struct report_page {
	FILE *to;
	const struct report_study *study;
	bool no_memory;
	double width; /* of the pictures: REPORT_SVG_WIDTH or _WIDE (svg.h) */
};

/* Markup; what is formatted into it must be numbers or markup of our own. */
void report_page_put(struct report_page *page, const char *markup);
__attribute__((format(printf, 2, 3))) void report_page_print(
    struct report_page *page, const char *format, ...);

/* Any text, NULL is empty: cleaned, and escaped for use between tags and
 * within double quotes. */
void report_page_text(struct report_page *page, const char *text);
/* The same, and frees it; NULL: there was no memory. */
void report_page_take(struct report_page *page, char *text);
/* The same, of sentences: words with a hyphen are kept on one line. */
void report_page_prose(struct report_page *page, char *text);
/* A name, kept from turning the text around it. */
void report_page_name(struct report_page *page, const char *name);

/* An element around a text: <p class="note">text</p>; class may be NULL. */
void report_page_element(
    struct report_page *page, const char *tag, const char *class, char *text);

/* --- tables --------------------------------------------------------------- */

struct report_heading {
	const char *text;
	bool numeric;
};

struct report_grid {
	const char *id, *caption; /* the caption is escaped */
	const struct report_heading *headings;
	size_t count;
	bool sortable;
};

void report_grid_open(struct report_page *page, const struct report_grid *grid);
void report_grid_close(struct report_page *page);

/* A row: its head, cells, and its end. */
void report_row_open(struct report_page *page, const char *name);
void report_row_close(struct report_page *page);
void report_cell_text(struct report_page *page, const char *text);
/* In one line. */
void report_cell_word(struct report_page *page, const char *text);
void report_cell_number(struct report_page *page, const char *text);
void report_cell_count(struct report_page *page, uint64_t value);
void report_cell_share(struct report_page *page, double ratio);
/* A number with the interval it lies in, if that is known, beneath it; text
 * writes both. */
void report_cell_within(struct report_page *page, double value,
    const struct report_range *within, char *(*text)(char *to, double value));

#endif
