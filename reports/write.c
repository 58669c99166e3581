/* SPDX-License-Identifier: MIT */
#include "reports/report.h"
#include "reports/chart.h"
#include "reports/directory.h"
#include "reports/lorenz.h"
#include "reports/products.h"

/* A run directory: which files there are, and what is in them. */

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

/* What a run consists of, and when (NULL: always).  summary.json is what a
 * run is known by, and so it comes last. */
static const struct {
	const char *name;
	int (*write)(const struct sim_record *record, FILE *to);
	bool (*wanted)(const struct sim_record *record);
} products[] = {
	{ "balance.png", write_png, NULL },
	{ "balance.pdf", write_pdf, NULL },
	{ "backends.csv", report_backends_csv, NULL },
	{ "timeline.csv", report_timeline_csv, has_timeline },
	{ "events.jsonl", report_events_jsonl, NULL },
	{ "flows.csv", report_flows_csv, has_flows },
	{ "lorenz.csv", report_lorenz_csv, NULL },
	{ "timing.json", report_timing_json, has_timing },
	{ "run.json", report_run_json, NULL },
	{ "run.record", sim_record_save, NULL },
	{ "summary.json", write_summary, NULL },
};
#define PRODUCT_COUNT (sizeof(products) / sizeof(products[0]))

static const char *
product_name(size_t index)
{
	return products[index].name;
}

static bool
is_wanted(const void *record, size_t index)
{
	return products[index].wanted == NULL || products[index].wanted(record);
}

static int
write_product(const void *record, size_t index, FILE *to)
{
	return products[index].write(record, to);
}

static int
write_to(const struct sim_record *record, const char *dir, enum report_how how,
    char *error, size_t error_bytes)
{
	const struct report_files files = {
		.what = "run",
		.subject = record,
		.count = PRODUCT_COUNT,
		.name = product_name,
		.wanted = is_wanted,
		.write = write_product,
	};

	return report_directory(&files, dir, how, error, error_bytes);
}

int
report_write(const struct sim_record *record, const char *dir, bool force,
    char *error, size_t error_bytes)
{
	return write_to(record, dir, force ? REPORT_REPLACE : REPORT_NEW, error,
	    error_bytes);
}

int
report_redraw(const struct sim_record *record, const char *dir, char *error,
    size_t error_bytes)
{
	return write_to(record, dir, REPORT_REDRAW, error, error_bytes);
}
