/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_HTML_PARTS_H
#define REPORTS_HTML_PARTS_H
/* The parts of report.html that html.c puts in order. */
#include "reports/page/page.h"

void report_html_verdict(struct report_page *page);
void report_html_assertions(struct report_page *page);

/* Tables. */
void report_html_fairness(struct report_page *page);
void report_html_backends(struct report_page *page);
void report_html_heavy_keys(struct report_page *page);

/* What the failures did. */
void report_html_failures(struct report_page *page);

/* SNAT ports: picture, sentences, table. */
void report_html_snat(struct report_page *page);

/* Inbound NAT rules: a table. */
void report_html_nats(struct report_page *page);

void report_html_method(struct report_page *page);

/* Constants of the page. */
extern const char report_html_style[], report_html_script[];

#endif
