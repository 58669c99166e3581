/* SPDX-License-Identifier: MIT */
#include "reports/figures/figure.h"
#include "reports/plots/chart.h"
#include "reports/pdf/pdf.h"
#include "reports/figures/figure_snat.h"
#include "tests/reports/outlet.h"
#include "tests/reports/wreck.h"
#include "tests/unit.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ROOM     ((size_t)16 << 20)

/* A file in memory, and after how many bytes the disk is full. */
struct memory {
	unsigned char *bytes;
	size_t count, room, read;
};

/* Four backends and a silence, for what needs no other. */
static struct report_study four;
/* The same after failures, which have pictures of their own. */
static struct report_study failed;

static const struct report_study *
study_of(int figure)
{
	return figure < REPORT_FIGURE_FAILOVER ? &four : &failed;
}

static int
take(void *ctx, const void *bytes, size_t count)
{
	struct memory *m = ctx;
	if (count > m->room - m->count) {
		errno = ENOSPC;
		return -1;
	}
	memcpy(m->bytes + m->count, bytes, count);
	m->count += count;
	return 0;
}

static struct memory
new_memory(size_t room)
{
	struct memory m = { malloc(room), 0, room, 0 };
	if (m.bytes == NULL)
		abort();
	return m;
}

static void
expect_clean(const char *what, int figure, const struct report_chart_facts *f)
{
	if (f->outside + f->overlapping + f->unknown_glyphs > 0)
		(void)printf("%s, figure %d: outside %u, overlapping %u, "
			     "unknown %u\n",
		    what, figure, f->outside, f->overlapping,
		    f->unknown_glyphs);
	CU_ASSERT_EQUAL(f->outside, 0);
	CU_ASSERT_EQUAL(f->overlapping, 0);
	CU_ASSERT_EQUAL(f->unknown_glyphs, 0);
	CU_ASSERT_TRUE(f->labels > 0);
}

static struct memory
draw(const struct report_study *study, int figure, enum report_canvas_kind kind,
    const char *what)
{
	struct report_chart_facts facts = { 0 };
	struct memory m = new_memory(ROOM);
	struct report_sink sink = { take, &m };

	CU_ASSERT_EQUAL(report_figure_file(study, (enum report_figure)figure,
			    kind, &sink, &facts),
	    0);
	expect_clean(what, figure, &facts);
	CU_ASSERT_TRUE(facts.height < 3000);
	return m;
}

static struct memory
print(const struct report_study *study, enum report_paper paper,
    struct report_chart_facts *facts)
{
	const struct report_options options = { .paper = paper };
	struct memory m = new_memory(ROOM);
	struct report_sink sink = { take, &m };

	CU_ASSERT_EQUAL(report_pdf(study, &options, &sink, facts), 0);
	return m;
}

static bool
holds(const struct memory *m, const char *text)
{
	return memmem(m->bytes, m->count, text, strlen(text)) != NULL;
}

/* clang-format off */
static const struct {
	const char *what;
	struct sample_spec spec;
	size_t bins, from, to;
	unsigned pages; /* at the most */
} rows[] = {
	{ "one backend",  {    1,    50, 1.5, NULL },  60, 60, 60,   8 },
	{ "two",          {    2,   100, 1.5, NULL }, 240, 10, 200,  8 },
	{ "four",         {    4,   750, 1.1, NULL }, 200, 200, 200, 8 },
	{ "eight",        {    8,  3000, 1.3, NULL }, 100, 100, 100, 10 },
	{ "nine",         {    9,  3000, 1.3, NULL }, 100, 100, 100, 10 },
	{ "twenty",       {   20,  2000, 1.3, NULL }, 100, 30, 90,  12 },
	{ "forty",        {   40,  2000, 1.3, NULL }, 100, 100, 100, 11 },
	{ "fifty",        {   50,  2000, 1.3, NULL }, 100, 100, 100, 11 },
	{ "thousand",     { 1000, 30000, 1.2, NULL }, 240, 240, 240, 11 },
	{ "few keys",     {  100,    30, 1.3, NULL },  17, 17, 17,   11 },
	{ "one key",      {    4,     1, 0,   NULL },   1,  1,  1,   8 },
	{ "one elephant", {   12,   300, 1.02, NULL },  3,  3,  3,  10 },
	{ "40 letters",   {    6,   300, 1.5,
	    "a-backend-with-a-name-of-about-40-letter" }, 50, 50, 50, 10 },
	{ "40, many",     {   80,   300, 1.5,
	    "a-backend-with-a-name-of-about-40-letter" }, 50, 50, 50, 11 },
	{ "40, mapped",   {   12,   300, 1.5,
	    "a-backend-with-a-name-of-about-40-letter" }, 50, 50, 50, 10 },
	{ "other names",  {    3,   300, 1.5, "r\xc3\xa4t\xff\x1b<b>&amp;-" },
	                                               50, 50, 50,   8 },
};
/* clang-format on */

static void
test_sizes(void)
{
	static const char *const heads[] = { "\x89PNG", "\x89PNG", "<?xml" };
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sim_record *record = sample_record(&rows[i].spec);
		struct report_study study;
		struct report_chart_facts facts = { 0 };

		sample_report(record, rows[i].bins, rows[i].from, rows[i].to);
		CU_ASSERT_EQUAL_FATAL(report_study_make(&study, record), 0);
		for (int f = 0; f < REPORT_FIGURE_FAILOVER; f++) {
			CU_ASSERT_TRUE(report_figure_is_wanted(
			    &study, (enum report_figure)f));
			/* all are the same drawing: one row for all kinds */
			for (int k = 0; k <= (i == 2 ? REPORT_CANVAS_SVG : 0);
			     k++) {
				struct memory m = draw(&study, f,
				    (enum report_canvas_kind)k, rows[i].what);
				CU_ASSERT_TRUE(holds(&m, heads[k]));
				free(m.bytes);
			}
		}
		for (int p = REPORT_A4; p <= REPORT_LETTER; p++) {
			struct memory m =
			    print(&study, (enum report_paper)p, &facts);
			expect_clean(rows[i].what, -1 - p, &facts);
			UNIT_ROW(rows[i].what, facts.panels > 1);
			UNIT_ROW(rows[i].what, facts.panels <= rows[i].pages);
			CU_ASSERT_TRUE(m.count < (size_t)1 << 20);
			free(m.bytes);
		}
		report_study_free(&study);
		sample_free(record);
	}
}

/* --- failures ------------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *what;
	size_t backends, keys;
	struct wreck_spec spec;
	const char *prefix;
} wrecks[] = {
	{ "one fault", 4, 750, { 1, 0.2, 0, 1, false, false, NULL }, NULL },
	{ "one late", 4, 750, { 1, 0.97, 0, 1, true, false, "crashed" }, NULL },
	{ "one at once", 4, 750, { 1, 0, 0, 1, true, false, "deaf" }, NULL },
	{ "three close", 4, 750, { 3, 0.4, 0.004, 12, true, true, NULL }, NULL },
	{ "three at one time", 8, 750, { 3, 0.4, 0, 12, true, true, "hanging" }, NULL },
	{ "twelve close", 4, 750, { 12, 0.2, 0.004, 12, true, false, NULL }, NULL },
	{ "twelve apart", 12, 750, { 12, 0.02, 0.08, 12, true, true, NULL }, NULL },
	{ "forty", 30, 750, { 40, 0.02, 0.02, 10, true, true, NULL }, NULL },
	{ "of a thousand", 1000, 9000, { 3, 0.4, 0.01, 1, true, true, NULL }, NULL },
	{ "twelve of them", 1000, 9000, { 12, 0.4, 0.002, 1, true, false, NULL }, NULL },
	{ "two backends", 2, 90, { 2, 0.5, 0.1, 30, false, false, NULL }, NULL },
	{ "long names", 4, 750, { 3, 0.7, 0.1, 30, true, true, NULL },
	    "a-backend-with-a-name-of-about-40-letter" },
	{ "long names, many", 30, 750, { 12, 0.7, 0.01, 30, true, true, NULL },
	    "a-backend-with-a-name-of-about-40-letter" },
	{ "other names", 3, 300, { 6, 0.1, 0.1, 10, true, true, NULL },
	    "r\xc3\xa4t\xff\x1b<b>&amp;-" },
};
/* clang-format on */

static struct sim_record *
wrecked(size_t backends, size_t keys, const char *prefix,
    const struct wreck_spec *failures)
{
	const struct sample_spec spec = { backends, keys, 1.3, prefix };
	struct sim_record *record = sample_record(&spec);

	sample_report(record, 240, 240, 240);
	wreck_record(record, failures);
	return record;
}

static void
test_failures(void)
{
	for (size_t i = 0; i < COUNT(wrecks); i++) {
		const struct wreck_spec *spec = &wrecks[i].spec;
		struct sim_record *record = wrecked(
		    wrecks[i].backends, wrecks[i].keys, wrecks[i].prefix, spec);
		struct report_study study;
		struct report_chart_facts facts = { 0 };

		CU_ASSERT_EQUAL_FATAL(report_study_make(&study, record), 0);
		UNIT_ROW(wrecks[i].what,
		    report_key_figure(&study) == REPORT_FIGURE_FAILOVER);
		UNIT_ROW(wrecks[i].what,
		    report_figure_is_wanted(&study, REPORT_FIGURE_RESPONSE) ==
			spec->has_clients);
		UNIT_ROW(wrecks[i].what,
		    report_figure_is_wanted(&study, REPORT_FIGURE_DETECT) ==
			(spec->replications >= 10));
		for (int f = REPORT_FIGURE_FAILOVER; f < REPORT_FIGURE_COUNT;
		     f++) {
			if (!report_figure_is_wanted(
				&study, (enum report_figure)f))
				continue;
			struct memory m =
			    draw(&study, f, REPORT_CANVAS_PNG, wrecks[i].what);
			free(m.bytes);
		}
		struct memory m = print(&study, REPORT_A4, &facts);
		expect_clean(wrecks[i].what, -1, &facts);
		free(m.bytes);
		report_study_free(&study);
		wreck_undo(record);
		sample_free(record);
	}
}

/* --- SNAT ports ----------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *what;
	struct outlet_spec spec;
	size_t bins;
} outlets[] = {
	{ "one member", { 1, 1, 1024, false, 0.5, NULL }, 240 },
	{ "two, one full", { 2, 1, 1024, false, 1.4, NULL }, 240 },
	{ "eight", { 8, 1, 1024, false, 1.1, NULL }, 200 },
	{ "eight strips", { 6, 1, 64000, true, 1.2, NULL }, 97 },
	{ "a few more", { 12, 1, 512, false, 1.4, NULL }, 1 },
	{ "named rows", { 19, 1, 512, false, 1.4, NULL }, 240 },
	{ "two frontends", { 4, 2, 8, true, 2, NULL }, 240 },
	{ "hundred", { 100, 1, 512, false, 1.3, NULL }, 240 },
	{ "thousand", { 1000, 1, 32, true, 1.3, NULL }, 240 },
	{ "no ports", { 2, 1, 0, false, 1, NULL }, 240 },
	{ "long names", { 3, 2, 1024, true, 1.4,
	    "a-backend-with-a-name-of-about-40-letter" }, 240 },
	{ "long names, rows", { 8, 2, 1024, true, 1.4,
	    "a-backend-with-a-name-of-about-40-letter" }, 240 },
	{ "other names", { 3, 1, 96, false, 3, "r\xc3\xa4t\xff\x1b<b>&amp;-" },
	    50 },
};
/* clang-format on */

static void
look_at_outlets(const char *what, const struct report_study *study)
{
	struct report_chart_facts facts = { 0 };

	for (int k = 0; k <= REPORT_CANVAS_SVG; k++) {
		struct memory m = draw(study, REPORT_FIGURE_SNAT,
		    (enum report_canvas_kind)k, what);
		free(m.bytes);
	}
	for (int p = REPORT_A4; p <= REPORT_LETTER; p++) {
		struct memory m = print(study, (enum report_paper)p, &facts);
		expect_clean(what, -1 - p, &facts);
		UNIT_ROW(what, holds(&m, "/Title (SNAT ports in numbers)"));
		free(m.bytes);
	}
}

static void
test_outlets(void)
{
	for (size_t i = 0; i < COUNT(outlets); i++) {
		const struct sample_spec spec = { 2, 60, 0, NULL };
		struct sim_record *record = sample_record(&spec);
		struct report_study study;

		sample_report(
		    record, outlets[i].bins, outlets[i].bins, outlets[i].bins);
		CU_ASSERT_EQUAL_FATAL(report_study_make(&study, record), 0);
		UNIT_ROW(outlets[i].what,
		    !report_figure_is_wanted(&study, REPORT_FIGURE_SNAT));
		outlet_record(record, &outlets[i].spec);
		if (outlets[i].spec.ports > 0) {
			UNIT_ROW(
			    outlets[i].what, report_figure_is_wanted(
						 &study, REPORT_FIGURE_SNAT));
			look_at_outlets(outlets[i].what, &study);
		}
		outlet_undo(record);
		report_study_free(&study);
		sample_free(record);
	}
}

/* A run in which nothing was balanced, as no rule is asked. */
static void
test_outbound_alone(void)
{
	const struct outlet_spec outlet = { 2, 1, 1024, false, 1.4, NULL };
	struct sample_spec spec = { 4, 0, 0, NULL };
	struct sim_record *record = sample_record(&spec);
	struct report_study study;

	record->bin_count = 60;
	record->bin_ns = record->input.duration_ns / 60 + 1;
	outlet_record(record, &outlet);
	CU_ASSERT_EQUAL_FATAL(report_study_make(&study, record), 0);
	CU_ASSERT_PTR_NULL(study.chosen);
	CU_ASSERT_PTR_NOT_NULL(strstr(study.headline, "SNAT ports"));
	look_at_outlets("alone", &study);
	report_study_free(&study);
	outlet_undo(record);
	sample_free(record);
}

/* Darker, whatever the colours are for who sees them. */
static void
test_shades(void)
{
	double before = 256;

	for (int i = 0; i <= 20; i++) {
		const uint32_t rgb = report_snat_shade(i / 20.);
		const double grey = 0.299 * (rgb >> 16) +
				    0.587 * (rgb >> 8 & 255) +
				    0.114 * (rgb & 255);
		CU_ASSERT_TRUE(grey < before);
		before = grey;
	}
	CU_ASSERT_TRUE(before < 50);
}

/* Labels keep apart, and as near as they can. */
static void
test_apart(void)
{
	static const struct {
		const char *what;
		double x[3], width[3], is[3];
	} table[] = {
		{ "far", { 10, 50, 90 }, { 10, 10, 10 }, { 10, 50, 90 } },
		{ "close", { 50, 51, 90 }, { 10, 10, 10 }, { 39, 51, 90 } },
		{ "left end", { 0, 1, 90 }, { 10, 10, 10 }, { 5, 17, 90 } },
		{ "right end", { 10, 99, 100 }, { 10, 10, 10 },
		    { 10, 83, 95 } },
		{ "no room", { 50, 50, 50 }, { 60, 60, 60 }, { 30, 92, 154 } },
	};
	for (size_t i = 0; i < COUNT(table); i++) {
		double x[3];
		memcpy(x, table[i].x, sizeof(x));
		report_apart(x, table[i].width, 3, 2, 0, 100);
		for (size_t k = 0; k < 3; k++)
			UNIT_ROW(
			    table[i].what, fabs(x[k] - table[i].is[k]) < 1e-9);
	}
}

/* A page that says why, and no pictures. */
static void
test_empty(void)
{
	struct sample_spec spec = { 4, 0, 0, NULL };
	struct sim_record *record = sample_record(&spec);
	struct report_chart_facts facts = { 0 };
	struct report_study study;

	CU_ASSERT_EQUAL_FATAL(report_study_make(&study, record), 0);
	struct memory m = print(&study, REPORT_A4, &facts);
	expect_clean("empty", 0, &facts);
	CU_ASSERT_EQUAL(facts.panels, 1);
	free(m.bytes);
	record->case_count = 0;
	report_study_free(&study);
	CU_ASSERT_EQUAL_FATAL(report_study_make(&study, record), 0);
	m = print(&study, REPORT_A4, &facts);
	CU_ASSERT_EQUAL(facts.panels, 1);
	free(m.bytes);
	report_study_free(&study);
	record->case_count = 3;
	sample_free(record);
}

static void
test_document(void)
{

	struct memory a4 = print(&four, REPORT_A4, NULL);
	struct memory again = print(&four, REPORT_A4, NULL);
	struct memory letter = print(&four, REPORT_LETTER, NULL);
	CU_ASSERT_TRUE(a4.count == again.count &&
		       memcmp(a4.bytes, again.bytes, a4.count) == 0);
	static const char *const parts[] = { "/Outlines", "/PageLabels",
		"/P (1/)", "/Title (How evenly fairlead balanced sample.pcap)",
		"/CreationDate (20000101000000Z)", "/Title (Share over time)" };
	for (size_t i = 0; i < COUNT(parts); i++)
		UNIT_ROW(parts[i], holds(&a4, parts[i]));
	CU_ASSERT_TRUE(holds(&a4, "/MediaBox [ 0 0 595.276"));
	CU_ASSERT_TRUE(holds(&letter, "/MediaBox [ 0 0 612 792"));
	free(a4.bytes);
	free(again.bytes);
	free(letter.bytes);
}

/* What was demanded stands on the first page. */
static void
test_assertions(void)
{
	struct sample_spec spec = { 4, 300, 1.5, NULL };
	struct sim_record *record = sample_record(&spec);
	struct report_chart_facts without = { 0 }, facts = { 0 };
	struct lb_assertion demands[2];
	struct report_study study;
	char error[256];

	CU_ASSERT_TRUE_FATAL(lb_assertion_read(
	    "jain(all) >= 0.5", &demands[0], error, sizeof(error)));
	CU_ASSERT_TRUE_FATAL(lb_assertion_read(
	    "max_share.bytes(all) <= 1%", &demands[1], error, sizeof(error)));
	CU_ASSERT_EQUAL_FATAL(report_study_make(&study, record), 0);
	struct memory m = print(&study, REPORT_A4, &without);
	free(m.bytes);
	record->assertions = demands;
	record->assertion_count = 2;
	m = print(&study, REPORT_A4, &facts);
	free(m.bytes);
	expect_clean("assertions", 0, &facts);
	/* a title, a head of two, six lines of three */
	CU_ASSERT_TRUE(facts.labels >= without.labels + 1 + 2 + 6 * 3);
	record->assertions = NULL;
	record->assertion_count = 0;
	for (size_t i = 0; i < 2; i++)
		lb_assertion_free(&demands[i]);
	report_study_free(&study);
	sample_free(record);
}

static void
test_full_disk(void)
{
	struct report_options options = { 0 };

	for (size_t room = 1; room < 20000; room += 6000) {
		struct memory m = new_memory(room);
		struct report_sink sink = { take, &m };
		for (int k = 0; k <= REPORT_CANVAS_SVG; k++) {
			errno = 0;
			m.count = 0;
			CU_ASSERT_EQUAL(
			    report_figure_file(&four, REPORT_FIGURE_DEVIATION,
				(enum report_canvas_kind)k, &sink, NULL),
			    -1);
			CU_ASSERT_EQUAL(errno, ENOSPC);
		}
		errno = 0;
		m.count = 0;
		CU_ASSERT_EQUAL(report_pdf(&four, &options, &sink, NULL), -1);
		CU_ASSERT_EQUAL(errno, ENOSPC);
		free(m.bytes);
	}
}

/* --- data ----------------------------------------------------------------- */

/* Lines have as many fields as their head; says how many lines. */
static size_t
count_lines(const char *text)
{
	size_t lines = 0, fields = 0, first = 0;
	for (const char *at = text; *at != '\0'; at++) {
		fields += *at == ',';
		if (*at != '\n')
			continue;
		if (lines++ == 0)
			first = fields;
		CU_ASSERT_EQUAL(fields, first);
		fields = 0;
	}
	return lines;
}

static void
test_data(void)
{
	static const size_t lines[REPORT_FIGURE_COUNT] = {
		[REPORT_FIGURE_MODES] = 1 + 3 * 3,
		[REPORT_FIGURE_DEVIATION] = 1 + 3 * 4 * 2,
		[REPORT_FIGURE_TIME] = 0, /* as they fall */
		[REPORT_FIGURE_LORENZ] = 1 + 3 * 3 * 5,
		[REPORT_FIGURE_KEYS] = 1 + 3 * 11,
		[REPORT_FIGURE_PREDICTED] = 1 + 3 * 3,
		[REPORT_FIGURE_KEPT] = 1 + 3,
		[REPORT_FIGURE_DETECT] = 1 + 20 * 3,
		[REPORT_FIGURE_SNAT] = 1 + 3 * 3 * 80,
	};

	for (int f = 0; f < REPORT_FIGURE_COUNT; f++) {
		char *text = NULL;
		size_t bytes;
		FILE *to = open_memstream(&text, &bytes);
		if (to == NULL)
			abort();
		CU_ASSERT_EQUAL(
		    report_art((enum report_figure)f)->csv(study_of(f), to), 0);
		(void)fclose(to);
		size_t found = count_lines(text);
		CU_ASSERT_TRUE(found > 1);
		CU_ASSERT_PTR_NULL(strstr(text, "nan"));
		if (lines[f] > 0)
			CU_ASSERT_EQUAL(found, lines[f]);
		free(text);
	}
}

/* --- what it looks like --------------------------------------------------- */

/*
 * Each picture in squares of CELL pixels, their mean colours: what moved,
 * vanished or changed colour shows, a font's other edges do not.  With
 * FAIRLEAD_GOLDEN set, the file is written anew.
 */
#define CELL      32
#define NEAR      24   /* a cell's colour may be so far off, of 255 */
#define FAR_CELLS 0.01 /* of the cells may be further */

static cairo_status_t
give(void *ctx, unsigned char *bytes, unsigned count)
{
	struct memory *m = ctx;
	if (count > m->count - m->read)
		return CAIRO_STATUS_READ_ERROR;
	memcpy(bytes, m->bytes + m->read, count);
	m->read += count;
	return CAIRO_STATUS_SUCCESS;
}

static unsigned
mean(const cairo_surface_t *of, int x, int y, int shift)
{
	cairo_surface_t *image = (cairo_surface_t *)of;
	const unsigned char *data = cairo_image_surface_get_data(image);
	int stride = cairo_image_surface_get_stride(image);
	unsigned sum = 0;
	for (int i = 0; i < CELL; i++) {
		for (int j = 0; j < CELL; j++) {
			uint32_t pixel;
			memcpy(&pixel,
			    data + (ptrdiff_t)stride * (y + i) + 4 * (x + j),
			    4);
			sum += pixel >> shift & 255;
		}
	}
	return sum / (CELL * CELL);
}

/* Appends "modes 720x300" and lines of cells, six digits each. */
static void
describe(FILE *to, const struct report_study *study, int figure)
{
	struct memory m = draw(study, figure, REPORT_CANVAS_PNG, "golden");
	cairo_surface_t *image =
	    cairo_image_surface_create_from_png_stream(give, &m);
	int width = cairo_image_surface_get_width(image) / CELL;
	int height = cairo_image_surface_get_height(image) / CELL;

	CU_ASSERT_EQUAL(cairo_surface_status(image), CAIRO_STATUS_SUCCESS);
	(void)fprintf(to, "%s %d %d\n",
	    report_figure_name((enum report_figure)figure), width, height);
	for (int y = 0; y < height; y++) {
		for (int x = 0; x < width; x++)
			for (int shift = 16; shift >= 0; shift -= 8)
				(void)fprintf(to, "%02x",
				    mean(image, x * CELL, y * CELL, shift));
		(void)fprintf(to, "\n");
	}
	cairo_surface_destroy(image);
	free(m.bytes);
}

/* How many of a line's cells are far from those of another. */
static size_t
far_cells(const char *is, const char *was)
{
	size_t cells = 0;
	for (size_t i = 0; i + 6 <= strlen(is) && i + 6 <= strlen(was);
	     i += 6) {
		bool is_far = false;
		for (size_t c = 0; c < 6; c += 2) {
			char a[3] = { is[i + c], is[i + c + 1], '\0' };
			char b[3] = { was[i + c], was[i + c + 1], '\0' };
			is_far |= labs(strtol(a, NULL, 16) -
				       strtol(b, NULL, 16)) > NEAR;
		}
		cells += is_far;
	}
	return cells;
}

static void
compare(char *is, FILE *golden)
{
	char *was = NULL, *state = NULL;
	size_t room = 0, cells = 0, away = 0;

	for (char *line = strtok_r(is, "\n", &state); line != NULL;
	     line = strtok_r(NULL, "\n", &state)) {
		CU_ASSERT_TRUE_FATAL(getline(&was, &room, golden) > 0);
		was[strcspn(was, "\n")] = '\0';
		if (strchr(line, ' ') != NULL) {
			/* other fonts may break a line elsewhere */
			UNIT_ROW(line, strcmp(line, was) == 0);
			continue;
		}
		CU_ASSERT_EQUAL(strlen(line), strlen(was));
		cells += strlen(line) / 6;
		away += far_cells(line, was);
	}
	if ((double)away > FAR_CELLS * (double)cells)
		(void)printf("%zu of %zu cells differ\n", away, cells);
	CU_ASSERT_TRUE((double)away <= FAR_CELLS * (double)cells);
	free(was);
}

static void
test_golden(void)
{
	const char *source = getenv("srcdir");
	char path[512], *is = NULL;
	size_t bytes;

	FILE *to = open_memstream(&is, &bytes);
	if (to == NULL)
		abort();
	for (int f = 0; f < REPORT_FIGURE_COUNT; f++)
		describe(to, study_of(f), f);
	(void)fclose(to);
	(void)snprintf(path, sizeof(path), "%s/tests/golden/figures.txt",
	    source != NULL ? source : ".");
	bool again = getenv("FAIRLEAD_GOLDEN") != NULL;
	FILE *golden = fopen(path, again ? "w" : "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(golden);
	if (again)
		(void)fputs(is, golden);
	else
		compare(is, golden);
	(void)fclose(golden);
	free(is);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "sizes", test_sizes },
		{ "failures", test_failures },
		{ "SNAT ports", test_outlets },
		{ "outbound alone", test_outbound_alone },
		{ "shades", test_shades },
		{ "labels", test_apart },
		{ "nothing", test_empty },
		{ "document", test_document },
		{ "assertions", test_assertions },
		{ "full disk", test_full_disk },
		{ "data", test_data },
		{ "golden", test_golden },
		CU_TEST_INFO_NULL,
	};

	struct sample_spec spec = { 4, 750, 1.1, NULL };
	struct sim_record *record = sample_record(&spec);

	sample_report(record, 100, 30, 80);
	if (report_study_make(&four, record) != 0)
		return EXIT_FAILURE;
	const struct wreck_spec failures = { 3, 0.3, 0.04, 20, true, true,
		NULL };
	struct sim_record *after = wrecked(4, 750, NULL, &failures);
	const struct outlet_spec outlet = { 2, 1, 1024, false, 1.4, NULL };
	outlet_record(after, &outlet);
	if (report_study_make(&failed, after) != 0)
		return EXIT_FAILURE;
	int done = unit_main("figure", tests);
	report_study_free(&four);
	sample_free(record);
	report_study_free(&failed);
	outlet_undo(after);
	wreck_undo(after);
	sample_free(after);
	report_chart_forget();
	return done;
}
