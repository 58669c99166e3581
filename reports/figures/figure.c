/* SPDX-License-Identifier: MIT */
#include "reports/figures/figure.h"
#include "reports/plots/plots.h"
#include "reports/words/finding.h"
#include <stdlib.h>

#define SUBTITLE_GAP 3.0
#define HEAD_GAP     10.0

const struct report_art *
report_art(enum report_figure figure)
{
	static const struct report_art *const arts[REPORT_FIGURE_COUNT] = {
		[REPORT_FIGURE_MODES] = &report_art_modes,
		[REPORT_FIGURE_DEVIATION] = &report_art_deviation,
		[REPORT_FIGURE_TIME] = &report_art_time,
		[REPORT_FIGURE_LORENZ] = &report_art_lorenz,
		[REPORT_FIGURE_KEYS] = &report_art_keys,
		[REPORT_FIGURE_PREDICTED] = &report_art_predicted,
		[REPORT_FIGURE_FAILOVER] = &report_art_failover,
		[REPORT_FIGURE_KEPT] = &report_art_kept,
		[REPORT_FIGURE_DETECT] = &report_art_detect,
		[REPORT_FIGURE_RESPONSE] = &report_art_response,
		[REPORT_FIGURE_SNAT] = &report_art_snat,
	};
	return arts[figure];
}

/* A paragraph; takes the text.  Returns its height. */
static double
put_paragraph(struct report_pen *pen, const struct report_box *box, double y,
    double size, char *text)
{
	bool title = size > REPORT_PLAIN;
	struct report_label label = {
		.x = box->x,
		.y = y,
		.size = size,
		.width = box->width,
		.bold = title,
		.wrap = true,
		.colour = title ? &report_black : &report_dark,
		.text = text != NULL ? text : "",
	};
	if (text == NULL)
		pen->no_memory = true;
	double height = report_pen_text(pen, &label);
	free(text);
	return height;
}

double
report_figure_head(struct report_pen *pen, const struct report_study *study,
    enum report_figure figure, const struct report_box *box, double title_size)
{
	double y = box->y;
	y +=
	    put_paragraph(pen, box, y, title_size, report_title(study, figure));
	y += SUBTITLE_GAP;
	y += put_paragraph(
	    pen, box, y, REPORT_PLAIN, report_subtitle(study, figure));
	return y + HEAD_GAP - box->y;
}

size_t
report_figure_panels(
    const struct report_study *study, enum report_figure figure)
{
	const struct report_art *art = report_art(figure);
	size_t count = 0;

	if (art->for_all || art->has == NULL)
		return art->for_all ? 1 : study->count;
	for (size_t i = 0; i < study->count; i++)
		count += art->has(study, &study->subjects[i]);
	return count;
}

const struct report_subject *
report_figure_subject(
    const struct report_study *study, enum report_figure figure, size_t index)
{
	const struct report_art *art = report_art(figure);

	for (size_t i = 0; i < study->count; i++) {
		if (art->has != NULL && !art->has(study, &study->subjects[i]))
			continue;
		if (index-- == 0)
			return &study->subjects[i];
	}
	return NULL;
}

enum report_figure
report_key_figure(const struct report_study *study)
{
	if (report_is_about_snat(study->record) &&
	    report_figure_is_wanted(study, REPORT_FIGURE_SNAT))
		return REPORT_FIGURE_SNAT;
	return report_figure_is_wanted(study, REPORT_FIGURE_FAILOVER)
		   ? REPORT_FIGURE_FAILOVER
		   : REPORT_FIGURE_DEVIATION;
}

bool
report_is_key_figure(
    const struct report_study *study, enum report_figure figure)
{
	return figure == report_key_figure(study) &&
	       report_figure_panels(study, figure) == 1;
}

size_t
report_key_panel(const struct report_study *study)
{
	enum report_figure figure = report_key_figure(study);
	size_t panels = report_figure_panels(study, figure);

	if (report_art(figure)->for_all)
		return 0;
	for (size_t i = 0; i < panels; i++) {
		const struct report_subject *s =
		    report_figure_subject(study, figure, i);
		if (s == study->chosen || (figure == REPORT_FIGURE_FAILOVER &&
					      s->of == study->chosen->of))
			return i;
	}
	return 0;
}

/* Of several panels, each has its finding above it. */
static double
put_panel_title(struct report_pen *pen, const struct report_study *study,
    enum report_figure figure, const struct report_subject *subject,
    const struct report_box *box)
{
	if (report_figure_panels(study, figure) < 2)
		return 0;
	return put_paragraph(pen, box, box->y, REPORT_PANEL_SIZE,
		   report_panel_title(study, figure, subject)) +
	       SUBTITLE_GAP;
}

double
report_figure_panel(struct report_pen *pen, const struct report_study *study,
    enum report_figure figure, size_t index, bool titled,
    const struct report_box *box)
{
	const struct report_art *art = report_art(figure);
	struct report_panel panel = { pen, study,
		report_figure_subject(study, figure, index), *box };
	double above = 0;

	if (titled)
		above = put_panel_title(pen, study, figure, panel.subject, box);

	panel.box.y += above;
	panel.box.height = art->height(&panel);
	if (pen->cr != NULL)
		art->draw(&panel);
	return above + panel.box.height + REPORT_PANEL_GAP;
}

double
report_figure_legend(struct report_pen *pen, const struct report_study *study,
    enum report_figure figure, const struct report_box *box)
{
	const struct report_art *art = report_art(figure);
	struct report_panel panel = { pen, study, study->chosen, *box };

	if (art->legend == NULL)
		return 0;
	panel.box.height = art->legend_height(&panel);
	if (pen->cr != NULL && panel.box.height > 0)
		art->legend(&panel);
	return panel.box.height;
}

double
report_put_swatch(struct report_pen *pen, double x, double y,
    const struct report_colour *colour, const char *text)
{
	struct report_box box = { x, y - 3.5, 14, 7 };
	struct report_label label = {
		.x = x + 18,
		.y = y,
		.size = REPORT_PLAIN,
		.centred = true,
		.colour = &report_dark,
		.text = text,
	};
	report_pen_fill(pen, &box, colour);
	report_pen_text(pen, &label);
	return x + 18 + report_pen_measure(pen, &label).width + 16;
}
