/* SPDX-License-Identifier: MIT */
#ifndef LIVE_SEEN_METRICS_H
#define LIVE_SEEN_METRICS_H
/*
 * The figures of a running balancer as Prometheus reads them: text exposition
 * format 0.0.4.  Names follow Prometheus' conventions; where Azure Load
 * Balancer has the metric, its name stands in the help (AZ 9.1).
 * doc/fairlead-metrics.7 describes every one, and a test holds both together.
 *
 * There are as many series as rules, members and (probe, member) pairs, a few
 * each, and never one for a client, a connection or a (rule, member) pair.
 */
#include "live/seen/figures.h"
#include "live/state/interfaces.h"
#include "model/config/config.h"

#define LIVE_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/*
 * live_metrics_text - write them down.
 *
 * config      in force, as the figures are.
 * interfaces  that are wanted, each by its name: interface_count of them.
 *
 * Returns the text, *bytes long, to be freed; NULL without memory.  Cost:
 * linear in the series, about a microsecond each.
 */
char *live_metrics_text(const struct live_figures *figures,
    const struct lb_config *config, const struct live_interface_now *interfaces,
    size_t interface_count, size_t *bytes);

#endif
