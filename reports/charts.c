/* SPDX-License-Identifier: MIT */
#include "reports/charts.h"
#include "reports/figure.h"
#include "reports/text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "charts"

struct chart {
	const struct report_study *study;
	enum report_figure figure;
};

static int
take_bytes(void *ctx, const void *bytes, size_t count)
{
	return fwrite(bytes, 1, count, ctx) == count ? 0 : -1;
}

static int
write_picture(const struct chart *chart, enum report_file kind, FILE *to)
{
	struct report_sink sink = { take_bytes, to };
	return report_figure_file(
	    chart->study, chart->figure, kind, &sink, NULL);
}

static int
write_png(const struct chart *chart, FILE *to)
{
	return write_picture(chart, REPORT_FILE_PNG, to);
}

static int
write_png_2x(const struct chart *chart, FILE *to)
{
	return write_picture(chart, REPORT_FILE_PNG_2X, to);
}

static int
write_svg(const struct chart *chart, FILE *to)
{
	return write_picture(chart, REPORT_FILE_SVG, to);
}

static int
write_csv(const struct chart *chart, FILE *to)
{
	return report_art(chart->figure)->csv(chart->study, to);
}

static const struct {
	const char *ending;
	int (*write)(const struct chart *chart, FILE *to);
} kinds[] = {
	{ ".png", write_png },
	{ "@2x.png", write_png_2x },
	{ ".svg", write_svg },
	{ ".csv", write_csv },
};
#define KINDS  (sizeof(kinds) / sizeof(kinds[0]))
#define CHARTS (KINDS * REPORT_FIGURE_COUNT)

static enum report_figure
name_chart(size_t index, char *file)
{
	enum report_figure figure = (enum report_figure)(index / KINDS);
	report_format(file, REPORT_CHARTS_NAME_BYTES, "%s/%s%s", FOLDER,
	    report_figure_name(figure), kinds[index % KINDS].ending);
	return figure;
}

/* 0, or errno.  A full disk may show only when the file is closed. */
static int
write_chart(int dir, const struct chart *chart, size_t index, const char *file)
{
	int fd =
	    openat(dir, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return errno;
	FILE *to = fdopen(fd, "wb");
	if (to == NULL) {
		int error = errno;
		close(fd);
		return error;
	}
	errno = 0;
	int error = kinds[index % KINDS].write(chart, to) == 0 ? 0
		    : errno != 0                               ? errno
							       : EIO;
	if (error == 0 && ferror(to))
		error = EIO;
	errno = 0;
	if (fclose(to) != 0 && error == 0)
		error = errno != 0 ? errno : EIO;
	return error;
}

int
report_charts_write(int dir, const struct report_study *study, char *file)
{
	report_format(file, REPORT_CHARTS_NAME_BYTES, "%s", FOLDER);
	if (mkdirat(dir, FOLDER, 0777) != 0)
		return errno;
	for (size_t i = 0; i < CHARTS; i++) {
		struct chart chart = { study, name_chart(i, file) };
		int error = 0;
		if (report_figure_is_wanted(study, chart.figure))
			error = write_chart(dir, &chart, i, file);
		if (error != 0)
			return error;
	}
	return 0;
}

int
report_charts_move(
    int from, int to, const struct report_study *study, char *file)
{
	report_format(file, REPORT_CHARTS_NAME_BYTES, "%s", FOLDER);
	if (mkdirat(to, FOLDER, 0777) != 0 && errno != EEXIST)
		return errno;
	for (size_t i = 0; i < CHARTS; i++) {
		enum report_figure figure = name_chart(i, file);
		if (!report_figure_is_wanted(study, figure))
			(void)unlinkat(to, file, 0); /* of the run before */
		else if (renameat(from, file, to, file) != 0)
			return errno;
	}
	return 0;
}

void
report_charts_remove(int dir)
{
	char file[REPORT_CHARTS_NAME_BYTES];
	for (size_t i = 0; i < CHARTS; i++) {
		(void)name_chart(i, file);
		(void)unlinkat(dir, file, 0);
	}
	(void)unlinkat(dir, FOLDER, AT_REMOVEDIR);
}
