/* SPDX-License-Identifier: MIT */
#include "reports/figures/charts.h"
#include "reports/figures/figure.h"

/* In the order of enum report_figure. */
#define FILES(name)                                                            \
	{                                                                      \
		"charts/" name ".png", "charts/" name "@2x.png",               \
		    "charts/" name ".svg", "charts/" name ".csv"               \
	}
static const char *const names[REPORT_FIGURE_COUNT][REPORT_CHART_KINDS] = {
	[REPORT_FIGURE_MODES] = FILES("modes"),
	[REPORT_FIGURE_DEVIATION] = FILES("deviation"),
	[REPORT_FIGURE_TIME] = FILES("time"),
	[REPORT_FIGURE_LORENZ] = FILES("lorenz"),
	[REPORT_FIGURE_KEYS] = FILES("keys"),
	[REPORT_FIGURE_PREDICTED] = FILES("predicted"),
	[REPORT_FIGURE_FAILOVER] = FILES("failover"),
	[REPORT_FIGURE_KEPT] = FILES("kept"),
	[REPORT_FIGURE_DETECT] = FILES("detect"),
	[REPORT_FIGURE_RESPONSE] = FILES("response"),
	[REPORT_FIGURE_SNAT] = FILES("snat"),
};

const char *
report_chart_name(size_t index)
{
	return names[index / REPORT_CHART_KINDS][index % REPORT_CHART_KINDS];
}

bool
report_chart_is_wanted(const struct report_study *study, size_t index)
{
	return report_figure_is_wanted(
	    study, (enum report_figure)(index / REPORT_CHART_KINDS));
}

static int
take_bytes(void *ctx, const void *bytes, size_t count)
{
	return fwrite(bytes, 1, count, ctx) == count ? 0 : -1;
}

int
report_chart_write(const struct report_study *study, size_t index, FILE *to)
{
	enum report_figure figure =
	    (enum report_figure)(index / REPORT_CHART_KINDS);
	size_t kind = index % REPORT_CHART_KINDS;
	struct report_sink sink = { take_bytes, to };

	if (kind > REPORT_CANVAS_SVG)
		return report_art(figure)->csv(study, to);
	return report_figure_file(
	    study, figure, (enum report_canvas_kind)kind, &sink, NULL);
}
