/* SPDX-License-Identifier: MIT */
#include "reports/report.h"
#include "reports/plots/chart.h"
#include "reports/figures/charts.h"
#include "reports/text/directory.h"
#include "reports/html/html.h"
#include "reports/stats/lorenz.h"
#include "reports/pdf/pdf.h"
#include "reports/data/products.h"
#include "reports/text/text.h"
#include "reports/words/finding.h"
#include <errno.h>
#include <string.h>

/* A run directory: which files there are, and what is in them. */

/* What they are made of, reckoned once for all. */
struct job {
	const struct sim_record *record;
	const struct report_options *options;
	struct report_study study;
};

static int
write_summary(const struct sim_record *record, FILE *to)
{
	return report_json(record, to);
}

static int
take_bytes(void *ctx, const void *bytes, size_t count)
{
	return fwrite(bytes, 1, count, ctx) == count ? 0 : -1;
}

static int
write_png(const struct sim_record *record, FILE *to)
{
	struct report_sink sink = { take_bytes, to };
	return report_chart(record, REPORT_PNG, &sink, NULL);
}

static int
write_pdf(const struct sim_record *record, FILE *to)
{
	struct report_sink sink = { take_bytes, to };
	return report_chart(record, REPORT_PDF, &sink, NULL);
}

static int
write_report(const struct job *job, FILE *to)
{
	struct report_sink sink = { take_bytes, to };
	return report_pdf(&job->study, job->options, &sink, NULL);
}

static int
write_page(const struct job *job, FILE *to)
{
	return report_html(&job->study, to);
}

static bool
has_flows(const struct sim_record *record)
{
	return record->flows != NULL;
}

static bool
has_timeline(const struct sim_record *record)
{
	return record->bin_ns > 0;
}

static bool
has_timing(const struct sim_record *record)
{
	return record->timing != NULL;
}

/* What a run consists of besides charts/, and when (NULL: always).
 * summary.json is what a run is known by, and so it comes last. */
static const struct {
	const char *name;
	int (*write)(const struct sim_record *record, FILE *to);
	bool (*wanted)(const struct sim_record *record);
	int (*draw)(const struct job *job, FILE *to); /* without write */
} products[] = {
	{ "report.pdf", NULL, NULL, write_report },
	{ "report.html", NULL, NULL, write_page },
	{ "balance.png", write_png, report_is_balanced, NULL },
	{ "balance.pdf", write_pdf, report_is_balanced, NULL },
	{ "backends.csv", report_backends_csv, NULL, NULL },
	{ "timeline.csv", report_timeline_csv, has_timeline, NULL },
	{ "events.jsonl", report_events_jsonl, NULL, NULL },
	{ "flows.csv", report_flows_csv, has_flows, NULL },
	{ "lorenz.csv", report_lorenz_csv, NULL, NULL },
	{ "timing.json", report_timing_json, has_timing, NULL },
	{ "run.json", report_run_json, NULL, NULL },
	{ "run.record", sim_record_save, NULL, NULL },
	{ "summary.json", write_summary, NULL, NULL },
};
#define PRODUCT_COUNT (sizeof(products) / sizeof(products[0]))

/* Pictures first: they are the most likely to meet something in the way. */
static const char *
product_name(size_t index)
{
	return index < REPORT_CHART_COUNT
		   ? report_chart_name(index)
		   : products[index - REPORT_CHART_COUNT].name;
}

static bool
is_wanted(const void *subject, size_t index)
{
	const struct job *job = subject;
	if (index < REPORT_CHART_COUNT)
		return report_chart_is_wanted(&job->study, index);
	index -= REPORT_CHART_COUNT;
	return products[index].wanted == NULL ||
	       products[index].wanted(job->record);
}

static int
write_product(const void *subject, size_t index, FILE *to)
{
	const struct job *job = subject;
	if (index < REPORT_CHART_COUNT)
		return report_chart_write(&job->study, index, to);
	index -= REPORT_CHART_COUNT;
	return products[index].write != NULL
		   ? products[index].write(job->record, to)
		   : products[index].draw(job, to);
}

static int
write_to(const struct sim_record *record, const char *dir, enum report_how how,
    const struct report_options *options, char *error, size_t error_bytes)
{
	struct job job = { .record = record, .options = options };
	const struct report_files files = {
		.what = "run",
		.subject = &job,
		.count = REPORT_CHART_COUNT + PRODUCT_COUNT,
		.name = product_name,
		.wanted = is_wanted,
		.write = write_product,
	};
	int done = -1;

	if (report_study_make(&job.study, record) == 0)
		done = report_directory(&files, dir, how, error, error_bytes);
	else
		report_format(error, error_bytes, "cannot write %s: %s", dir,
		    strerror(ENOMEM));
	report_study_free(&job.study);
	return done;
}

int
report_write(const struct sim_record *record, const char *dir,
    const struct report_options *options, char *error, size_t error_bytes)
{
	return write_to(record, dir,
	    options->force ? REPORT_REPLACE : REPORT_NEW, options, error,
	    error_bytes);
}

int
report_redraw(const struct sim_record *record, const char *dir,
    const struct report_options *options, char *error, size_t error_bytes)
{
	return write_to(
	    record, dir, REPORT_REDRAW, options, error, error_bytes);
}
