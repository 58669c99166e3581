/* SPDX-License-Identifier: MIT */
#include "reports/report.h"
#include "reports/chart.h"
#include "reports/products.h"
#include "reports/directory.h"

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

/* What a run consists of, and when (NULL: always).  summary.json is what a
 * run is known by, and so it comes last. */
static const struct {
	const char *name;
	int (*write)(const struct sim_record *record, FILE *to);
	bool (*wanted)(const struct sim_record *record);
} products[] = {
	{ "balance.png", write_png, NULL },
	{ "balance.pdf", write_pdf, NULL },
	{ "flows.csv", report_flows_csv, has_flows },
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

int
report_write(const struct sim_record *record, const char *dir, bool force,
    char *error, size_t error_bytes)
{
	const struct report_files files = {
		.ctx = record,
		.count = PRODUCT_COUNT,
		.name = product_name,
		.wanted = is_wanted,
		.write = write_product,
	};

	return report_directory_write(&files, dir, force, error, error_bytes);
}
