/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_PDF_H
#define REPORTS_PDF_H
/*
 * report.pdf: the verdict on its first page, then the pictures of figure.h,
 * the backends in numbers, and how it was made.  Bookmarks, page labels,
 * text that can be selected.  The same record gives the same bytes (with the
 * same cairo, pango and fonts).
 */
#include "reports/draw/sink.h"
#include "reports/report.h"
#include "reports/study/study.h"

/* 0; -1 with errno (ENOMEM, or what the sink met).  facts, which may be NULL,
 * count the pages as panels. */
int report_pdf(const struct report_study *study,
    const struct report_options *options, const struct report_sink *sink,
    struct report_chart_facts *facts);

#endif
