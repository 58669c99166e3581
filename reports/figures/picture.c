/* SPDX-License-Identifier: MIT */
#include "reports/figures/figure.h"
#include "reports/draw/canvas.h"

#define WIDTH      720.0
#define MARGIN     22.0
#define TITLE_SIZE 13.0

struct picture {
	const struct report_study *study;
	enum report_figure figure;
};

static double
compose(struct report_pen *pen, const void *ctx)
{
	const struct picture *p = ctx;
	struct report_box box = { MARGIN, MARGIN - 6, WIDTH - 2 * MARGIN, 0 };

	box.y += report_figure_head(pen, p->study, p->figure, &box, TITLE_SIZE);
	for (size_t i = 0; i < report_figure_panels(p->study, p->figure); i++)
		box.y += report_figure_panel(
		    pen, p->study, p->figure, i, true, &box);
	box.y += report_figure_legend(pen, p->study, p->figure, &box);
	return box.y + MARGIN - 8;
}

int
report_figure_file(const struct report_study *study, enum report_figure figure,
    enum report_canvas_kind kind, const struct report_sink *sink,
    struct report_chart_facts *facts)
{
	const struct picture picture = { study, figure };
	const struct report_canvas page = {
		.width = WIDTH,
		.compose = compose,
		.ctx = &picture,
	};
	int done = report_canvas_write(&page, kind, sink, facts);

	if (facts != NULL)
		facts->panels = (unsigned)report_figure_panels(study, figure);
	return done;
}
