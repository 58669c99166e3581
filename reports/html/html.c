/* SPDX-License-Identifier: MIT */
#include "reports/html/html.h"
#include "reports/words/input.h"
#include "reports/html/html_figures.h"
#include "reports/html/html_parts.h"
#include "reports/page/svg.h"
#include "reports/stats/snat.h"
#include "reports/words/failover_words.h"
#include "reports/words/nats.h"
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define FAILURES "What the failures did"

static void
put_fairness(struct report_page *page)
{
	report_html_figure(page, REPORT_FIGURE_MODES);
	report_html_figure(page, REPORT_FIGURE_DEVIATION);
	report_html_figure(page, REPORT_FIGURE_LORENZ);
	report_html_fairness(page);
	report_html_backends(page);
}

static void
put_reasons(struct report_page *page)
{
	report_html_figure(page, REPORT_FIGURE_KEYS);
	report_html_figure(page, REPORT_FIGURE_PREDICTED);
	report_html_heavy_keys(page);
}

static void
put_time(struct report_page *page)
{
	report_html_figure(page, REPORT_FIGURE_TIME);
}

static bool
has_traffic(const struct report_study *study)
{
	return study->chosen != NULL;
}

static bool
has_time(const struct report_study *study)
{
	return report_figure_is_wanted(study, REPORT_FIGURE_TIME);
}

static bool
has_clients(const struct report_study *study)
{
	for (size_t i = 0; i < study->record->case_count; i++)
		if (study->record->cases[i].clients.sessions > 0)
			return true;
	return false;
}

static bool
has_failures(const struct report_study *study)
{
	return report_count_faults(study->record) > 0 ||
	       report_figure_is_wanted(study, REPORT_FIGURE_KEPT) ||
	       has_clients(study);
}

static bool
has_snat(const struct report_study *study)
{
	return report_snat_case(study->record) != SIZE_MAX;
}

static bool
has_nats(const struct report_study *study)
{
	for (size_t i = 0; i < study->record->case_count; i++)
		if (report_nat_packets(&study->record->cases[i]) > 0)
			return true;
	return false;
}

/* The order in which the report answers (design.md 5). */
static const struct {
	const char *id, *heading;
	void (*put)(struct report_page *page);
	bool (*wanted)(const struct report_study *study); /* NULL: always */
} sections[] = {
	{ "verdict", "Verdict", report_html_verdict, NULL },
	{ "even", "How even it is", put_fairness, has_traffic },
	{ "why", "Why", put_reasons, has_traffic },
	{ "over-time", "How it moves over time", put_time, has_time },
	{ "failures", FAILURES, report_html_failures, has_failures },
	{ "snat-ports", "SNAT ports", report_html_snat, has_snat },
	{ "nat-rules", "Inbound NAT rules", report_html_nats, has_nats },
	{ "method", "How it was made", report_html_method, NULL },
};
static const char *
heading_of(const struct report_page *page, size_t index)
{
	const char *heading = sections[index].heading;

	return strcmp(heading, FAILURES) == 0 &&
		       report_count_faults(page->study->record) == 0
		   ? "What clients saw"
		   : heading;
}

#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

static bool
is_wanted(const struct report_page *page, size_t index)
{
	return sections[index].wanted == NULL ||
	       sections[index].wanted(page->study);
}

/* "'sha256-...'": what the page may run or be styled by, and nothing else. */
static void
put_source(struct report_page *page, const char *text)
{
	guint8 digest[32];
	gsize bytes = sizeof(digest);
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);

	g_checksum_update(sum, (const guchar *)text, (gssize)strlen(text));
	g_checksum_get_digest(sum, digest, &bytes);
	char *encoded = g_base64_encode(digest, bytes);
	report_page_print(page, "'sha256-%s'", encoded);
	g_free(encoded);
	g_checksum_free(sum);
}

static void
put_head(struct report_page *page)
{
	report_page_put(page,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\"/>\n"
	    "<meta http-equiv=\"Content-Security-Policy\" "
	    "content=\"default-src 'none'; img-src data:; style-src ");
	put_source(page, report_html_style);
	report_page_put(page, "; script-src ");
	put_source(page, report_html_script);
	report_page_put(page,
	    "; base-uri 'none'; form-action 'none'\"/>\n"
	    "<meta name=\"viewport\" "
	    "content=\"width=device-width, initial-scale=1\"/>\n"
	    "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
	    "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
	    "<link rel=\"icon\" href=\"data:,\"/>\n<title>");
	report_page_take(page, report_input_name(page->study->record));
	report_page_put(page, ": fairlead report</title>\n<style>");
	report_page_put(page, report_html_style);
	report_page_put(page, "</style>\n</head>\n");
}

static void
put_contents(struct report_page *page)
{
	report_page_put(page, "<nav aria-label=\"Contents\"><ul>\n");
	for (size_t i = 0; i < SECTIONS; i++)
		if (is_wanted(page, i))
			report_page_print(page,
			    "<li><a href=\"#%s\">%s</a></li>\n", sections[i].id,
			    heading_of(page, i));
	report_page_put(page, "</ul></nav>\n");
}

static void
put_body(struct report_page *page)
{
	report_page_put(page,
	    "<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n"
	    "<header>\n<p class=\"kind\">");
	report_page_take(page, report_input_name(page->study->record));
	report_page_put(page, "</p>\n");
	report_page_element(
	    page, "h1", NULL, report_compose("%s", page->study->headline));
	put_contents(page);
	report_page_put(page, "</header>\n");
	report_html_patterns(page);
	report_page_put(page, "<main id=\"main\">\n");
	for (size_t i = 0; i < SECTIONS; i++) {
		if (!is_wanted(page, i))
			continue;
		report_page_print(page,
		    "<section id=\"%s\" aria-labelledby=\"%s-heading\">\n"
		    "<h2 id=\"%s-heading\">%s</h2>\n",
		    sections[i].id, sections[i].id, sections[i].id,
		    heading_of(page, i));
		sections[i].put(page);
		report_page_put(page, "</section>\n");
	}
	report_page_put(page, "</main>\n<footer><p>fairlead ");
	report_page_text(page, page->study->record->version);
	report_page_print(page, ", seed %llu</p></footer>\n<script>",
	    (unsigned long long)page->study->record->seed);
	report_page_put(page, report_html_script);
	report_page_put(page, "</script>\n</body>\n</html>\n");
}

int
report_html(const struct report_study *study, FILE *to)
{
	struct report_page page = { to, study, false, REPORT_SVG_WIDTH };

	put_head(&page);
	put_body(&page);
	if (page.no_memory)
		errno = ENOMEM;
	return page.no_memory || ferror(to) ? -1 : 0;
}
