/* SPDX-License-Identifier: MIT */
#include "traces/models.h"

#include <math.h>
#include <gsl/gsl_randist.h>

/* --- Pareto between two bounds ----------------------------------------------
 */

/* 1 - (low/high)^alpha: how much of the unbounded law is between them. */
static double
kept(double low, double high, double alpha)
{
	return -expm1(alpha * log(low / high));
}

double
trace_pareto_quantile(double low, double high, double alpha, double u)
{
	if (low >= high)
		return low;

	double x = low * pow(1 - u * kept(low, high, alpha), -1 / alpha);

	return x < high ? x : high;
}

double
trace_pareto_cdf(double low, double high, double alpha, double x)
{
	if (x < low)
		return 0;
	if (x >= high)
		return 1;
	return kept(low, x, alpha) / kept(low, high, alpha);
}

double
trace_pareto_mean(double low, double high, double alpha)
{
	if (low >= high)
		return low;

	double all = kept(low, high, alpha);

	if (alpha == 1)
		return low * log(high / low) / all;
	return alpha / (alpha - 1) * low / all *
	       -expm1((alpha - 1) * log(low / high));
}

double
trace_pareto(const gsl_rng *rng, double low, double high, double alpha)
{
	return trace_pareto_quantile(low, high, alpha, gsl_rng_uniform(rng));
}

/* --- measured ones -----------------------------------------------------------
 */

#define PACKET 1500.0 /* bytes */

#define CDF(name_, text, unit_, ...)                                           \
	static const struct trace_cdf_point name_##_points[] = {               \
		__VA_ARGS__                                                    \
	};                                                                     \
	const struct trace_cdf trace_##name_ = { text, unit_, name_##_points,  \
		sizeof(name_##_points) / sizeof(*name_##_points) }

/* clang-format off */
CDF(web_search, "web-search", 1,
    { 0, 0 }, { 10e3, .15 }, { 20e3, .20 }, { 30e3, .30 }, { 50e3, .40 },
    { 80e3, .53 }, { 200e3, .60 }, { 1e6, .70 }, { 2e6, .80 }, { 5e6, .90 },
    { 10e6, .97 }, { 30e6, 1 });
CDF(data_mining, "data-mining", PACKET,
    { 1, .50 }, { 2, .60 }, { 3, .70 }, { 7, .80 }, { 267, .90 },
    { 2107, .95 }, { 66667, .99 }, { 666667, 1 });
CDF(hadoop, "hadoop", PACKET,
    { 1, 0 }, { 24, .1 }, { 30, .2 }, { 33, .3 }, { 33, .4 }, { 50, .5 },
    { 53, .6 }, { 67, .7 }, { 120, .8 }, { 160, .9 }, { 200, .95 },
    { 667, .96 }, { 6667, .97 }, { 66667, .99 }, { 333333, 1 });
CDF(cache, "cache", PACKET,
    { 1, .36 }, { 2, .40 }, { 7, .46 }, { 13, .5 }, { 67, .6 }, { 133, .7 },
    { 667, .78 }, { 1333, .8 }, { 2000, .9 }, { 2667, .99 }, { 33333, 1 });
/* clang-format on */

/* Where y is on the line from (x0, y0) to (x1, y1). */
static double
on_line(double x0, double y0, double x1, double y1, double x)
{
	return y0 + (y1 - y0) * (x - x0) / (x1 - x0);
}

double
trace_cdf_quantile(const struct trace_cdf *cdf, double u)
{
	const struct trace_cdf_point *p = cdf->points;
	size_t i = 0;

	while (i + 1 < cdf->count && p[i].share < u)
		i++;
	if (i == 0 || p[i].share <= u)
		return p[i].value * cdf->unit;
	return on_line(
		   p[i - 1].share, p[i - 1].value, p[i].share, p[i].value, u) *
	       cdf->unit;
}

double
trace_cdf_share(const struct trace_cdf *cdf, double bytes)
{
	const struct trace_cdf_point *p = cdf->points;
	double x = bytes / cdf->unit;
	size_t i = cdf->count; /* the last point that is no greater, and 1 */

	while (i > 0 && p[i - 1].value > x)
		i--;
	if (i == 0)
		return 0;
	if (i == cdf->count)
		return 1;
	return on_line(
	    p[i - 1].value, p[i - 1].share, p[i].value, p[i].share, x);
}

double
trace_cdf_mean(const struct trace_cdf *cdf)
{
	const struct trace_cdf_point *p = cdf->points;
	double mean = p[0].value * p[0].share;

	for (size_t i = 1; i < cdf->count; i++)
		mean += (p[i].share - p[i - 1].share) *
			(p[i].value + p[i - 1].value) / 2;
	return mean * cdf->unit;
}

double
trace_cdf_draw(const gsl_rng *rng, const struct trace_cdf *cdf)
{
	return trace_cdf_quantile(cdf, gsl_rng_uniform(rng));
}

/* --- GSL's, by their means
 * ---------------------------------------------------- */

double
trace_lognormal(const gsl_rng *rng, double mean, double sigma)
{
	return gsl_ran_lognormal(rng, log(mean) - sigma * sigma / 2, sigma);
}

double
trace_exponential(const gsl_rng *rng, double mean)
{
	return gsl_ran_exponential(rng, mean);
}

unsigned long
trace_geometric(const gsl_rng *rng, double mean)
{
	return mean > 1 ? gsl_ran_geometric(rng, 1 / mean) : 1;
}
