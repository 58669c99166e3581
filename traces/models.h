/* SPDX-License-Identifier: MIT */
#ifndef TRACES_MODELS_H
#define TRACES_MODELS_H
/*
 * Distributions that traffic is made of.  Those with a quantile function draw
 * by it: one uniform number, one value.
 *
 * u is in 0..1, 1 excluded where a tail has no end.
 */
#include <stddef.h>
#include <gsl/gsl_rng.h>

/*
 * Pareto's law between two bounds: F(x) = (1 - (low/x)^alpha) / (1 -
 * (low/high)^alpha).  0 < low <= high; alpha > 0.
 *
 * Source: Crovella and Bestavros, "Self-similarity in World Wide Web traffic",
 * ToN 5(6), 1997, for alpha 1.05 to 1.3.
 */
double trace_pareto_quantile(double low, double high, double alpha, double u);
double trace_pareto_cdf(double low, double high, double alpha, double x);
double trace_pareto_mean(double low, double high, double alpha);
double trace_pareto(const gsl_rng *rng, double low, double high, double alpha);

/* A measured distribution: points of its CDF with straight lines between. */
struct trace_cdf_point {
	double value, share; /* share: of what is no greater, rising to 1 */
};

struct trace_cdf {
	const char *name;
	double unit; /* bytes; values are so many of them */
	const struct trace_cdf_point *points;
	size_t count;
};

/*
 * Flow sizes in data centres.  The published curves of the last three count
 * packets; the unit is 1,500 bytes, as those who made the tables read them.
 *
 * Source: Alizadeh et al., "Data center TCP", SIGCOMM'10 (web search);
 * Greenberg et al., "VL2", SIGCOMM'09 (data mining); Roy et al., "Inside the
 * social network's (datacenter) network", SIGCOMM'15 (Hadoop, cache); points of
 * HKUST-SING/TrafficGenerator, conf/.
 */
extern const struct trace_cdf trace_web_search, trace_data_mining, trace_hadoop,
    trace_cache;

/* In bytes.  A share that several values have gives the least of them. */
double trace_cdf_quantile(const struct trace_cdf *cdf, double u);
double trace_cdf_share(const struct trace_cdf *cdf, double bytes);
double trace_cdf_mean(const struct trace_cdf *cdf);
double trace_cdf_draw(const gsl_rng *rng, const struct trace_cdf *cdf);

/* mean is the value's own mean, not its logarithm's. */
double trace_lognormal(const gsl_rng *rng, double mean, double sigma);
double trace_exponential(const gsl_rng *rng, double mean);

/* 1, 2, ...: so many tries that each succeed with 1 / mean; mean >= 1. */
unsigned long trace_geometric(const gsl_rng *rng, double mean);

#endif
