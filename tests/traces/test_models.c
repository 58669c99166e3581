/* SPDX-License-Identifier: MIT */
/* Distributions: quantiles there and back, and the means of what is drawn. */
#include <math.h>
#include <stdbool.h>

#include "traces/models.h"
#include "tests/unit.h"

#define DRAWS    200000u
#define INTERVAL 3.29 /* standard deviations: 99.9 % */

static bool
is_near(double is, double expect, double part)
{
	return fabs(is - expect) <= part * fabs(expect);
}

/* --- Pareto ----------------------------------------------------------------
 */

static const struct {
	const char *row;
	double low, high, alpha;
} laws[] = {
	{ "web", 1000, 1e8, 1.2 },
	{ "heavier", 4000, 1e9, 1.05 },
	{ "alpha 1", 100, 1e6, 1 },
	{ "light", 20, 200, 2.5 },
	{ "below 1", 1, 1e6, 0.5 },
};

static void
law_inverts(const char *row, double low, double high, double alpha)
{
	UNIT_ROW(row, trace_pareto_quantile(low, high, alpha, 0) == low);
	UNIT_ROW(
	    row, is_near(trace_pareto_quantile(low, high, alpha, 1 - 1e-16),
		     high, 1e-3));
	UNIT_ROW(row, trace_pareto_cdf(low, high, alpha, high) == 1);
	UNIT_ROW(row, trace_pareto_cdf(low, high, alpha, low / 2) == 0);
	for (int k = 1; k < 1000; k++) {
		double u = k / 1000.0;
		double x = trace_pareto_quantile(low, high, alpha, u);
		double back = trace_pareto_cdf(low, high, alpha, x);

		UNIT_ROW(row, x >= low && x <= high);
		UNIT_ROW(row, fabs(back - u) < 1e-12);
	}
}

static void
pareto_quantiles_invert_its_cdf(void)
{
	for (size_t i = 0; i < sizeof(laws) / sizeof(*laws); i++)
		law_inverts(
		    laws[i].row, laws[i].low, laws[i].high, laws[i].alpha);
	/* simulation.md D.1, reckoned by hand: L (1 - u (1 - L/H))^-1 */
	CU_ASSERT_DOUBLE_EQUAL(
	    trace_pareto_quantile(10, 1000, 1, .5), 10 / .505, 1e-9);
	CU_ASSERT_DOUBLE_EQUAL(
	    trace_pareto_quantile(10, 10, 1.2, .5), 10, 1e-9);
}

/* Against the integral of the quantile function, by its midpoints. */
static void
pareto_means_are_the_quantiles(void)
{
	for (size_t i = 0; i < sizeof(laws) / sizeof(*laws); i++) {
		double mean =
		    trace_pareto_mean(laws[i].low, laws[i].high, laws[i].alpha);
		double sum = 0;

		for (unsigned k = 0; k < 4000000; k++)
			sum += trace_pareto_quantile(laws[i].low, laws[i].high,
			    laws[i].alpha, (k + .5) / 4e6);
		UNIT_ROW(laws[i].row, is_near(sum / 4e6, mean, .002));
	}
	CU_ASSERT_EQUAL(trace_pareto_mean(5, 5, 1.2), 5);
}

/* --- measured --------------------------------------------------------------
 */

static const struct trace_cdf *const cdfs[] = { &trace_web_search,
	&trace_data_mining, &trace_hadoop, &trace_cache };

static void
tables_are_distributions(void)
{
	for (size_t c = 0; c < 4; c++) {
		const struct trace_cdf_point *p = cdfs[c]->points;
		size_t last = cdfs[c]->count - 1;
		bool rises = true;

		for (size_t i = 1; i <= last; i++)
			rises &= p[i].value >= p[i - 1].value &&
				 p[i].share > p[i - 1].share;
		UNIT_ROW(cdfs[c]->name, rises);
		UNIT_ROW(cdfs[c]->name, p[last].share == 1);
	}
}

static void
inverts(const struct trace_cdf *cdf)
{
	for (size_t i = 0; i < cdf->count; i++)
		UNIT_ROW(cdf->name,
		    is_near(trace_cdf_quantile(cdf, cdf->points[i].share),
			cdf->points[i].value * cdf->unit, 1e-12));
	for (int k = 0; k < 1000; k++) {
		double u = (k + .5) / 1000;
		double x = trace_cdf_quantile(cdf, u);

		/* a value that many have has the greatest share */
		UNIT_ROW(cdf->name, trace_cdf_share(cdf, x) >= u - 1e-12);
		UNIT_ROW(cdf->name, trace_cdf_share(cdf, x * (1 - 1e-9)) <= u);
	}
}

static void
tables_give_their_points_back(void)
{
	for (size_t c = 0; c < 4; c++)
		inverts(cdfs[c]);
	/* half of data mining's flows are one packet, a tenth of Hadoop's 33 */
	CU_ASSERT_EQUAL(trace_cdf_quantile(&trace_data_mining, .49), 1500);
	CU_ASSERT_EQUAL(trace_cdf_quantile(&trace_hadoop, .35), 33 * 1500);
	CU_ASSERT_EQUAL(trace_cdf_share(&trace_hadoop, 33 * 1500), .4);
	CU_ASSERT_EQUAL(trace_cdf_share(&trace_cache, 1), 0);
	CU_ASSERT_EQUAL(trace_cdf_share(&trace_cache, 1e12), 1);
}

/* simulation.md D.1: the means with straight lines, as rounded there. */
static void
tables_have_the_published_means(void)
{
	static const struct {
		double mean, rounding;
	} rows[] = { { 1.71e6, .005e6 }, { 7.7e6, .05e6 }, { 4.2e6, .05e6 },
		{ .94e6, .005e6 } };

	for (size_t c = 0; c < 4; c++)
		UNIT_ROW(cdfs[c]->name, fabs(trace_cdf_mean(cdfs[c]) -
					     rows[c].mean) <= rows[c].rounding);
}

/* --- drawn -----------------------------------------------------------------
 */

struct sum {
	double x, squares;
};

static void
add(struct sum *sum, double x)
{
	sum->x += x;
	sum->squares += x * x;
}

/* Within the interval that the draws themselves give? */
static bool
has_mean(const struct sum *sum, double mean)
{
	double is = sum->x / DRAWS;
	double variance = sum->squares / DRAWS - is * is;

	return fabs(is - mean) <= INTERVAL * sqrt(variance / DRAWS);
}

static void
what_is_drawn_has_its_mean(void)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
	struct sum pareto = { 0 }, log_normal = { 0 }, exponential = { 0 },
		   geometric = { 0 }, ones = { 0 }, measured[4] = { 0 };

	UNIT_NEED(rng);
	gsl_rng_set(rng, 5);
	for (unsigned i = 0; i < DRAWS; i++) {
		add(&pareto, trace_pareto(rng, 1000, 1e6, 1.2));
		add(&log_normal, trace_lognormal(rng, 30, 1));
		add(&exponential, trace_exponential(rng, 7));
		add(&geometric, (double)trace_geometric(rng, 5));
		add(&ones, (double)trace_geometric(rng, 1));
		for (size_t c = 0; c < 4; c++)
			add(&measured[c], trace_cdf_draw(rng, cdfs[c]));
	}
	CU_ASSERT_TRUE(has_mean(&pareto, trace_pareto_mean(1000, 1e6, 1.2)));
	CU_ASSERT_TRUE(has_mean(&log_normal, 30));
	CU_ASSERT_TRUE(has_mean(&exponential, 7));
	CU_ASSERT_TRUE(has_mean(&geometric, 5));
	CU_ASSERT_EQUAL(ones.x, DRAWS);
	for (size_t c = 0; c < 4; c++)
		UNIT_ROW(cdfs[c]->name,
		    has_mean(&measured[c], trace_cdf_mean(cdfs[c])));
	gsl_rng_free(rng);
}

/* Shares below quantiles, where a heavy tail's mean says little. */
static void
what_is_drawn_has_its_quantiles(void)
{
	static const double parts[] = { .1, .5, .9, .99 };
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
	unsigned below[4] = { 0 }, below_cdf[4] = { 0 };

	UNIT_NEED(rng);
	gsl_rng_set(rng, 6);
	for (unsigned i = 0; i < DRAWS; i++) {
		double x = trace_pareto(rng, 1000, 1e8, 1.2);
		double y = trace_cdf_draw(rng, &trace_web_search);

		for (int k = 0; k < 4; k++) {
			below[k] +=
			    x < trace_pareto_quantile(1000, 1e8, 1.2, parts[k]);
			below_cdf[k] +=
			    y < trace_cdf_quantile(&trace_web_search, parts[k]);
		}
	}
	for (int k = 0; k < 4; k++) {
		double sd = sqrt(parts[k] * (1 - parts[k]) / DRAWS);

		CU_ASSERT_TRUE(
		    fabs((double)below[k] / DRAWS - parts[k]) <= INTERVAL * sd);
		CU_ASSERT_TRUE(fabs((double)below_cdf[k] / DRAWS - parts[k]) <=
			       INTERVAL * sd);
	}
	gsl_rng_free(rng);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "Pareto's inverse", pareto_quantiles_invert_its_cdf },
		{ "Pareto's mean", pareto_means_are_the_quantiles },
		{ "tables", tables_are_distributions },
		{ "tables' inverse", tables_give_their_points_back },
		{ "tables' means", tables_have_the_published_means },
		{ "drawn: means", what_is_drawn_has_its_mean },
		{ "drawn: quantiles", what_is_drawn_has_its_quantiles },
		CU_TEST_INFO_NULL,
	};
	return unit_main("traces/models", tests);
}
