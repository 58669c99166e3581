/* SPDX-License-Identifier: MIT */
#include "reports/text/directory.h"
#include "reports/sweep/sweep_chart.h"

static int
take_bytes(void *ctx, const void *bytes, size_t count)
{
	return fwrite(bytes, 1, count, ctx) == count ? 0 : -1;
}

static int
write_picture(
    const struct report_sweep *s, enum report_canvas_kind kind, FILE *to)
{
	const struct report_sink sink = { take_bytes, to };

	return report_sweep_chart(s, kind, &sink, NULL);
}

static int
write_png(const struct report_sweep *s, FILE *to)
{
	return write_picture(s, REPORT_CANVAS_PNG_2X, to);
}

static int
write_svg(const struct report_sweep *s, FILE *to)
{
	return write_picture(s, REPORT_CANVAS_SVG, to);
}

static int
write_pdf(const struct report_sweep *s, FILE *to)
{
	return write_picture(s, REPORT_CANVAS_PDF, to);
}

static const struct {
	const char *name;
	int (*write)(const struct report_sweep *s, FILE *to);
} products[] = {
	{ "sweep.csv", report_sweep_csv },
	{ "sweep.png", write_png },
	{ "sweep.svg", write_svg },
	{ "sweep.pdf", write_pdf },
	{ "summary.json", report_sweep_json },
};

static const char *
product_name(size_t index)
{
	return products[index].name;
}

static bool
is_wanted(const void *sweep, size_t index)
{
	(void)sweep, (void)index;
	return true;
}

static int
write_product(const void *sweep, size_t index, FILE *to)
{
	return products[index].write(sweep, to);
}

int
report_sweep_write(const struct report_sweep *sweep, const char *dir,
    bool force, char *error, size_t error_bytes)
{
	const struct report_files files = {
		.what = "sweep",
		.subject = sweep,
		.count = sizeof(products) / sizeof(products[0]),
		.name = product_name,
		.wanted = is_wanted,
		.write = write_product,
	};

	return report_directory(&files, dir,
	    force ? REPORT_REPLACE : REPORT_NEW, error, error_bytes);
}
