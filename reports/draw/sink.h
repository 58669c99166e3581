/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_SINK_H
#define REPORTS_SINK_H
/* Where a picture goes, and what is to be known of it. */
#include <stdbool.h>
#include <stddef.h>

/* Takes some bytes of the file: 0, or -1 with errno. */
struct report_sink {
	int (*take)(void *ctx, const void *bytes, size_t count);
	void *ctx;
};

/* What a test asks of a drawing; all but the first four should be 0. */
struct report_chart_facts {
	unsigned width, height; /* units; a PNG has two pixels for each */
	unsigned labels, panels;
	unsigned outside;     /* labels that leave the page */
	unsigned overlapping; /* pairs of labels */
	unsigned unknown_glyphs;
};

#endif
