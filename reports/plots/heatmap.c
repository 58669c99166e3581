/* SPDX-License-Identifier: MIT */
#include "reports/plots/heatmap.h"
#include <math.h>
#include <stdlib.h>

struct ranked {
	uint64_t bytes;
	size_t backend;
};

static int
heavier(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return (x->backend > y->backend) - (x->backend < y->backend);
}

int
report_map_make(struct report_map *map, const struct sim_rule *rule)
{
	size_t n = rule->backend_count;
	struct ranked *ranked = calloc(n + 1, sizeof(*ranked));

	*map = (struct report_map){
		.order = calloc(n + 1, sizeof(*map->order)),
		.rows = n < REPORT_MAP_ROWS ? n : REPORT_MAP_ROWS,
		.backend_count = n,
		.rule = rule,
		.fair = report_fair(rule),
	};
	if (ranked == NULL || map->order == NULL) {
		free(ranked);
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		ranked[i] = (struct ranked){ rule->backends[i].bytes, i };
	if (n > REPORT_MAP_NAMED)
		qsort(ranked, n, sizeof(*ranked), heavier);
	for (size_t i = 0; i < n; i++)
		map->order[i] = ranked[i].backend;
	free(ranked);
	return 0;
}

void
report_map_free(struct report_map *map)
{
	free(map->order);
	*map = (struct report_map){ 0 };
}

double
report_map_cell(const struct report_map *map, const struct report_pieces *p,
    size_t row, size_t piece)
{
	size_t n = map->backend_count;
	size_t from = row * n / map->rows, to = (row + 1) * n / map->rows;
	uint64_t sum = 0;
	double fair = 0;

	if (p->totals[piece] == 0)
		return 0;
	for (size_t i = from; i < to; i++) {
		sum += p->bytes[piece * p->backend_count + map->order[i]];
		fair += report_fair_share(
		    &map->fair, &map->rule->backends[map->order[i]]);
	}
	if (!map->fair.equal)
		return fair > 0 ? (double)sum / (double)p->totals[piece] / fair
				: 0;
	return (double)sum / (double)p->totals[piece] * (double)n /
	       (double)(to - from);
}

uint32_t
report_map_shade(double of_fair)
{
	static const struct {
		double at;
		int rgb[3];
	} stops[] = {
		{ 0, { 0xff, 0xff, 0xff } },
		{ 1, { 0xa6, 0xcd, 0xe8 } },
		{ 2, { 0xd5, 0x6e, 0x0c } },
		{ REPORT_MAP_SHADES, { 0x4a, 0x16, 0x04 } },
	};
	size_t i = 1;
	while (i < 3 && of_fair > stops[i].at)
		i++;
	double part = fmin(
	    (of_fair - stops[i - 1].at) / (stops[i].at - stops[i - 1].at), 1);
	uint32_t rgb = 0;
	for (int c = 0; c < 3; c++) {
		int from = stops[i - 1].rgb[c], to = stops[i].rgb[c];
		rgb = rgb << 8 | (uint32_t)lround(from + part * (to - from));
	}
	return rgb;
}
