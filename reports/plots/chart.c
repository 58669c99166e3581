/* SPDX-License-Identifier: MIT */
#include "reports/plots/chart.h"
#include "reports/draw/canvas.h"
#include "reports/plots/plots.h"
#include <errno.h>
#include <math.h>

#define PAGE_WIDTH      800.0
#define MARGIN          24.0
#define COLUMN_GAP      20.0
#define TITLE_SIZE      14.0
#define PANEL_SIZE      10.0
#define ROW_GAP         12.0
#define LEGEND_HEIGHT   12.0
#define PIXELS_PER_UNIT 2

/* --- the page ------------------------------------------------------------- */

struct page {
	struct report_pen *pen;
	const struct report_board *board;
	double gutter; /* left of the first column */
	double inner;  /* left of the others, in their gap: a scale */
	double y;      /* where the next thing goes */
};

static const struct report_plot *
plot_at(const struct report_board *board, size_t row, size_t column)
{
	for (size_t i = 0; i < board->plot_count; i++)
		if (board->plots[i].row == row &&
		    board->plots[i].column == column)
			return &board->plots[i];
	return NULL;
}

static double
column_width(const struct page *page)
{
	double n = (double)page->board->column_count;
	double all =
	    PAGE_WIDTH - 2 * MARGIN - page->gutter - (n - 1) * page->inner;
	return (all - COLUMN_GAP * (n - 1)) / n;
}

static double
column_x(const struct page *page, size_t column)
{
	return MARGIN + page->gutter +
	       (double)column * (column_width(page) + COLUMN_GAP + page->inner);
}

/* A paragraph over the whole width. */
static void
put_line(struct page *page, const char *text, double size, bool title)
{
	struct report_label label = {
		.x = MARGIN,
		.y = page->y,
		.size = size,
		.width = PAGE_WIDTH - 2 * MARGIN,
		.bold = title,
		.wrap = true,
		.colour = title ? &report_black : &report_dark,
		.text = text,
	};
	page->y += report_pen_text(page->pen, &label);
}

static void
put_head(struct page *page)
{
	put_line(page, page->board->headline, TITLE_SIZE, true);
	page->y += 3;
	put_line(page, page->board->method, REPORT_PLAIN, false);
	if (page->board->note != NULL)
		put_line(page, page->board->note, REPORT_PLAIN, false);
}

/* Title and captions of a row's plots; the row's tallest says how high. */
static void
put_captions(struct page *page, size_t row)
{
	double top = page->y, lowest = top;
	for (size_t i = 0; i < page->board->column_count; i++) {
		const struct report_plot *plot = plot_at(page->board, row, i);
		const struct report_plot *first = plot_at(page->board, row, 0);
		if (plot == NULL)
			continue;
		struct report_label label = {
			.x = column_x(page, i),
			.y = top,
			.size = PANEL_SIZE,
			.width = column_width(page),
			.bold = true,
			.text = plot->title != NULL ? plot->title : "",
		};
		if (first->title != NULL)
			label.y += report_pen_text(page->pen, &label) + 2;
		label.size = REPORT_PLAIN;
		label.text = plot->like;
		label.y += report_pen_text(page->pen, &label);
		label.bold = false;
		label.colour = &report_dark;
		label.text = plot->jain;
		label.y += report_pen_text(page->pen, &label);
		lowest = fmax(lowest, label.y);
	}
	page->y = lowest + 3;
}

static void
put_row(struct page *page, size_t row)
{
	const struct report_plot *first = plot_at(page->board, row, 0);
	bool crowded = report_plot_is_crowded(first);
	struct report_box area = {
		.width = column_width(page),
		.height = crowded ? report_curve_height(first)
				  : report_bars_height(first),
	};

	page->y += ROW_GAP;
	put_captions(page, row);
	area.y = page->y;
	page->y += area.height + REPORT_AXIS_HEIGHT;
	for (size_t i = 0;
	     page->pen->cr != NULL && i < page->board->column_count; i++) {
		const struct report_plot *plot = plot_at(page->board, row, i);
		double gutter = i == 0    ? page->gutter
				: crowded ? page->inner
					  : 0;
		area.x = column_x(page, i);
		if (plot != NULL && crowded)
			report_curve_draw(page->pen, plot, &area, gutter);
		else if (plot != NULL)
			report_bars_draw(page->pen, plot, &area, gutter);
	}
}

/* A swatch and its meaning; returns where the next may begin. */
static double
put_swatch(struct page *page, double x, const struct report_colour *colour,
    const char *text)
{
	struct report_box box = { x, page->y + 1.5, 14, 7 };
	struct report_label label = {
		.x = x + 18,
		.y = page->y + 5,
		.size = REPORT_PLAIN,
		.centred = true,
		.colour = &report_dark,
		.text = text,
	};
	if (page->pen->cr != NULL)
		report_pen_fill(page->pen, &box, colour);
	double width = report_pen_measure(page->pen, &label).width;
	report_pen_text(page->pen, &label);
	return x + 18 + width + 16;
}

static void
put_legend(struct page *page)
{
	double x = MARGIN;
	page->y += ROW_GAP;
	put_line(page,
	    page->board->own_scales
		? "How far each backend is from its fair share; "
		  "+100\xe2\x80\xaf% is twice the fair share. Flows and bytes "
		  "each have their own scale."
		: "How far each backend is from its fair share; "
		  "+100\xe2\x80\xaf% is twice the fair share.",
	    REPORT_PLAIN, false);
	page->y += 4;
	x = put_swatch(page, x, &report_pale,
	    "where a perfect hash of this traffic leaves 95\xe2\x80\xaf% of "
	    "backends");
	x = put_swatch(page, x, &report_blue, "within");
	put_swatch(page, x, &report_orange, "outside: 1 in 20 by chance alone");
	page->y += LEGEND_HEIGHT;
}

static double
widest_gutter(struct report_pen *pen, const struct report_board *board)
{
	double widest = 0;
	for (size_t i = 0; i < board->row_count; i++) {
		const struct report_plot *plot = plot_at(board, i, 0);
		widest = fmax(widest, report_plot_is_crowded(plot)
					  ? report_curve_gutter(pen, plot)
					  : report_bars_gutter(pen, plot));
	}
	return widest;
}

/* A curve beside another one of another scale needs its own. */
static double
inner_gutter(struct report_pen *pen, const struct report_board *board)
{
	double widest = 0;
	for (size_t i = 0; i < board->plot_count; i++)
		if (board->own_scales && !board->side_by_side &&
		    report_plot_is_crowded(&board->plots[i]))
			widest = fmax(
			    widest, report_curve_gutter(pen, &board->plots[i]));
	return widest;
}

/* Lays out, and draws when the pen has a page; returns the height. */
static double
compose_page(struct report_pen *pen, const struct report_board *board)
{
	struct page page = {
		.pen = pen,
		.board = board,
		.gutter = widest_gutter(pen, board),
		.inner = inner_gutter(pen, board),
		.y = MARGIN - 4,
	};
	put_head(&page);
	for (size_t i = 0; i < board->row_count; i++)
		put_row(&page, i);
	if (board->is_known)
		put_legend(&page);
	return ceil(page.y + MARGIN - 8);
}

/* --- the file ------------------------------------------------------------- */

static double
compose(struct report_pen *pen, const void *ctx)
{
	struct report_board *const *board = ctx;

	if (pen->cr == NULL)
		report_bars_make_room(pen, *board);
	return compose_page(pen, *board);
}

int
report_chart(const struct sim_record *record, enum report_picture_kind kind,
    const struct report_sink *sink, struct report_chart_facts *facts)
{
	struct report_board board, *ctx = &board;
	int done = -1;

	if (report_board_make(&board, record) == 0) {
		const struct report_canvas page = {
			.width = PAGE_WIDTH,
			.pixels_per_point = PIXELS_PER_UNIT,
			.title = board.headline,
			.subject = board.method,
			.compose = compose,
			.ctx = &ctx,
		};
		done = report_canvas_write(&page,
		    kind == REPORT_PDF ? REPORT_CANVAS_PDF : REPORT_CANVAS_PNG,
		    sink, facts);
		if (facts != NULL)
			facts->panels = (unsigned)board.plot_count;
	} else {
		errno = ENOMEM;
	}
	int error = errno;
	report_board_free(&board);
	errno = error;
	return done;
}

void
report_chart_forget(void)
{
	/* Not cairo_debug_reset_static_data(): it aborts when pango still holds
	 * a font of its. */
	pango_cairo_font_map_set_default(NULL);
}
