/* SPDX-License-Identifier: MIT */
#include "reports/html/html_figures.h"
#include "reports/figures/figure.h"
#include "reports/page/svg.h"
#include <stdlib.h>

static const struct {
	void (*panel)(
	    struct report_page *page, const struct report_subject *subject);
	void (*legend)(struct report_page *page);
} figures[REPORT_FIGURE_COUNT] = {
	[REPORT_FIGURE_MODES] = { NULL, report_html_modes_legend },
	[REPORT_FIGURE_DEVIATION] = { report_html_deviation,
	    report_html_deviation_legend },
	[REPORT_FIGURE_TIME] = { report_html_time, report_html_time_legend },
	[REPORT_FIGURE_LORENZ] = { report_html_lorenz, NULL },
	[REPORT_FIGURE_KEYS] = { report_html_keys, NULL },
	[REPORT_FIGURE_PREDICTED] = { report_html_predicted,
	    report_html_predicted_legend },
	[REPORT_FIGURE_FAILOVER] = { report_html_failover,
	    report_html_failover_legend },
	[REPORT_FIGURE_KEPT] = { report_html_kept, NULL },
	[REPORT_FIGURE_DETECT] = { report_html_detect, NULL },
	[REPORT_FIGURE_RESPONSE] = { report_html_response, NULL },
	[REPORT_FIGURE_SNAT] = { report_html_snat_picture, NULL },
};

static void
put_unit_panels(struct report_page *page)
{
	for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++) {
		report_page_print(page, "<div class=\"panel\"><h4>By %s</h4>\n",
		    report_unit_name((enum report_unit)u));
		report_html_modes(page, (enum report_unit)u);
		report_page_put(page, "</div>\n");
	}
}

/* What is drawn over time, or over a scale of its own: the wider the better. */
static bool
is_widened(enum report_figure figure)
{
	return figure == REPORT_FIGURE_TIME || figure >= REPORT_FIGURE_FAILOVER;
}

/* For a telephone, and for a screen: the style sheet shows one of them. */
static void
put_both(struct report_page *page, enum report_figure figure,
    const struct report_subject *s)
{
	report_page_put(page, "<div class=\"narrow\">\n");
	figures[figure].panel(page, s);
	report_page_put(page, "</div><div class=\"wide\">\n");
	page->width = REPORT_SVG_WIDE;
	figures[figure].panel(page, s);
	page->width = REPORT_SVG_WIDTH;
	report_page_put(page, "</div>");
}

/* One subject's finding is the figure's title already. */
static void
put_subject_panels(struct report_page *page, enum report_figure figure)
{
	const struct report_study *study = page->study;
	size_t panels = report_figure_panels(study, figure);

	for (size_t i = 0; i < panels; i++) {
		const struct report_subject *s =
		    report_figure_subject(study, figure, i);
		report_page_put(page, "<div class=\"panel\">");
		if (panels > 1)
			report_page_element(page, "h4", NULL,
			    report_panel_title(study, figure, s));
		report_page_put(page, "<div>\n");
		if (panels == 1 && is_widened(figure))
			put_both(page, figure, s);
		else
			figures[figure].panel(page, s);
		report_page_put(page, "</div></div>\n");
	}
}

static void
put_files(struct report_page *page, enum report_figure figure)
{
	static const struct {
		const char *end, *what;
	} files[] = { { ".csv", "data" }, { ".svg", "SVG" },
		{ ".png", "PNG" } };
	const char *name = report_figure_name(figure);

	report_page_put(page, "<p class=\"files\">This picture: ");
	for (size_t i = 0; i < 3; i++)
		report_page_print(page, "%s<a href=\"charts/%s%s\">%s</a>",
		    i > 0 ? ", " : "", name, files[i].end, files[i].what);
	report_page_put(page, "</p>\n");
}

void
report_html_figure(struct report_page *page, enum report_figure figure)
{
	const struct report_study *study = page->study;
	const char *name = report_figure_name(figure);

	if (!report_figure_is_wanted(study, figure))
		return;
	report_page_print(page,
	    "<figure id=\"%s\" aria-labelledby=\"%s-title\">\n<figcaption>"
	    "<p class=\"kind\">%s</p>\n<h3 id=\"%s-title\">",
	    name, name, report_figure_heading(figure), name);
	report_page_prose(page, report_title(study, figure));
	report_page_put(page, "</h3>\n");
	report_page_element(
	    page, "p", "method", report_subtitle(study, figure));
	report_page_print(page, "</figcaption>\n<div class=\"panels%s\">\n",
	    figure != REPORT_FIGURE_MODES &&
		    report_figure_panels(study, figure) == 1
		? " alone"
		: "");
	if (figure == REPORT_FIGURE_MODES)
		put_unit_panels(page);
	else
		put_subject_panels(page, figure);
	report_page_put(page, "</div>\n");
	if (figures[figure].legend != NULL)
		figures[figure].legend(page);
	put_files(page, figure);
	report_page_put(page, "</figure>\n");
}

/* Lines at an angle on a ground: the second channel beside colour. */
static void
put_pattern(struct report_page *page, const char *id, const char *ground,
    const char *lines, int degrees)
{
	report_page_print(page,
	    "<pattern id=\"%s\" width=\"5\" height=\"5\" "
	    "patternUnits=\"userSpaceOnUse\" "
	    "patternTransform=\"rotate(%d)\"><rect class=\"%s\" width=\"5\" "
	    "height=\"5\"/><line class=\"%s\" x1=\"0\" y1=\"0\" x2=\"0\" "
	    "y2=\"5\"/></pattern>\n",
	    id, degrees, ground, lines);
}

/* Stacked backends are hatched as figure_time.c has them. */
void
report_html_patterns(struct report_page *page)
{
	report_page_put(page,
	    "<svg class=\"patterns\" width=\"0\" height=\"0\" "
	    "aria-hidden=\"true\"><defs>\n");
	put_pattern(page, "hatch", "hatch", "hatching", 45);
	put_pattern(page, "stack-2", "k2", "stripe", 45);
	put_pattern(page, "stack-3", "k3", "stripe", 45);
	put_pattern(page, "stack-4", "k4", "stripe", -45);
	put_pattern(page, "stack-5", "k5", "stripe", -45);
	report_page_put(page, "</defs></svg>\n");
}
