/* SPDX-License-Identifier: MIT */
#include "reports/html/html_figures.h"
#include "reports/html/html_plots.h"

static void
put_plot(struct report_page *page, const struct report_plot *plot)
{
	report_page_put(page, "<p class=\"like\"><strong>");
	report_page_text(page, plot->like);
	report_page_put(page, "</strong><br/>");
	report_page_text(page, plot->jain);
	report_page_put(page, "</p>\n");
	if (!plot->known)
		return;
	if (plot->rule->backend_count <= REPORT_HTML_BARS_MAX)
		report_html_bars(page, plot);
	else
		report_html_curve(page, plot);
}

/* Flows above bytes. */
void
report_html_deviation(struct report_page *page, const struct report_subject *s)
{
	const struct report_board *board = page->study->board;

	for (size_t i = 0; i < board->plot_count; i++)
		if (board->plots[i].rule == s->rule)
			put_plot(page, &board->plots[i]);
}

void
report_html_deviation_legend(struct report_page *page)
{
	report_page_put(page,
	    "<ul class=\"legend\"><li class=\"band\">95\xe2\x80\xaf% of "
	    "backends under a perfect hash</li><li class=\"box\">within</li>"
	    "<li class=\"box-out\">outside: 1 in 20 by chance alone</li>"
	    "</ul>\n");
	if (page->study->board->note != NULL) {
		report_page_put(page, "<p class=\"method\">");
		report_page_text(page, page->study->board->note);
		report_page_put(page, "</p>\n");
	}
}
