/* SPDX-License-Identifier: MIT */
#include "reports/plots/heatmap.h"
#include "reports/page/html_timeline.h"
#include "reports/page/image.h"

static void
put_image(
    const struct report_timeline *t, const struct report_map *map, size_t index)
{
	const struct report_stretch *stretch = &t->pieces.stretches[index];
	const struct report_box box = { report_time_at(&t->axis, index, 0),
		t->area.y, t->axis.per_piece * (double)stretch->count,
		t->area.height };
	cairo_surface_t *image = report_image_map(map, &t->pieces, stretch);

	report_image_page(t->page, image, &box);
	cairo_surface_destroy(image);
}

static void
put_names(const struct report_timeline *t, const struct report_map *map)
{
	double row = t->area.height / (double)map->rows;
	double x = t->area.x - 5, bottom = t->area.y + t->area.height;

	for (size_t i = 0; map->rows <= REPORT_MAP_NAMED && i < map->rows; i++)
		report_svg_name(t->page, x, t->area.y + row * ((double)i + 0.5),
		    REPORT_END, x, t->rule->backends[map->order[i]].name);
	if (map->rows <= REPORT_MAP_NAMED)
		return;
	report_svg_text(
	    t->page, 0, t->area.y + 6, REPORT_START, "soft", "most");
	report_svg_text(
	    t->page, 0, t->area.y + 19, REPORT_START, "soft", "loaded");
	report_svg_text(t->page, 0, bottom - 6, REPORT_START, "soft", "least");
}

void
report_html_map(const struct report_timeline *t)
{
	struct report_map map;

	if (report_map_make(&map, t->rule) == 0) {
		for (size_t i = 0; i < t->pieces.stretch_count; i++)
			put_image(t, &map, i);
		put_names(t, &map);
		report_svg_box(t->page, &t->area, "frame", NULL);
	} else {
		t->page->no_memory = true;
	}
	report_map_free(&map);
}

/* The shades, from nothing to four times the fair share. */
void
report_html_map_legend(struct report_page *page)
{
	static const struct {
		double at;
		const char *text;
	} marks[] = { { 0, "nothing" }, { 0.5, "half" }, { 1, "fair" },
		{ 2, "twice" }, { REPORT_MAP_SHADES, "four times and more" } };

	report_page_put(page, "<ul class=\"legend\">");
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		report_page_print(page,
		    "<li><svg class=\"shade\" viewBox=\"0 0 12 12\" "
		    "aria-hidden=\"true\"><rect class=\"chip\" width=\"12\" "
		    "height=\"12\" fill=\"#%06x\"/></svg>%s</li>",
		    (unsigned)report_map_shade(marks[i].at), marks[i].text);
	report_page_print(page,
	    "<li><svg class=\"shade\" viewBox=\"0 0 12 12\" "
	    "aria-hidden=\"true\"><rect class=\"chip\" width=\"12\" "
	    "height=\"12\" fill=\"#%06x\"/></svg>silence</li></ul>\n",
	    REPORT_MAP_SILENT);
}
