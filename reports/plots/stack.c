/* SPDX-License-Identifier: MIT */
#include "reports/plots/stack.h"
#include <math.h>

/* What the backends before `index` have together, as a share. */
static double
below(const struct report_pieces *p, size_t piece, size_t index)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < index; i++)
		sum += p->bytes[piece * p->backend_count + i];
	return (double)sum / (double)p->totals[piece];
}

bool
report_run_next(const struct report_pieces *p, struct report_run *run)
{
	size_t i = run->to;

	for (size_t s = run->stretch; s < p->stretch_count; s++, i = 0) {
		const struct report_stretch *of = &p->stretches[s];
		const uint64_t *totals = &p->totals[of->first];
		while (i < of->count && totals[i] == 0)
			i++;
		if (i == of->count)
			continue;
		*run = (struct report_run){ s, i, i };
		while (run->to < of->count && totals[run->to] > 0)
			run->to++;
		return true;
	}
	return false;
}

/* Along the area's upper edge and back along its lower one. */
void
report_stack_outline(const struct report_time_axis *axis,
    const struct report_run *run, size_t backend, report_stack_corner *corner,
    void *arg)
{
	const struct report_pieces *p = axis->pieces;
	const size_t s = run->stretch, first = p->stretches[s].first;

	for (size_t i = run->from; i < run->to; i++) {
		const double share = below(p, first + i, backend + 1);
		corner(arg, i == run->from, report_time_at(axis, s, i), share);
		corner(arg, false, report_time_at(axis, s, i + 1), share);
	}
	for (size_t i = run->to; i-- > run->from;) {
		const double share = below(p, first + i, backend);
		corner(arg, false, report_time_at(axis, s, i + 1), share);
		corner(arg, false, report_time_at(axis, s, i), share);
	}
}

double
report_stack_end(const struct report_pieces *p, size_t backend)
{
	size_t piece = p->count - 1;

	while (piece > 0 && p->totals[piece] == 0)
		piece--;
	if (p->totals[piece] == 0)
		return 0.5;
	return (below(p, piece, backend) + below(p, piece, backend + 1)) / 2;
}

void
report_stack_labels(double *y, const double *end, size_t count, double row,
    const struct report_box *area)
{
	const double top = area->y + row / 2;
	const double bottom = area->y + area->height - row / 2;

	for (size_t i = 0; i < count; i++)
		y[i] = fmin(end[i], i == 0 ? bottom : y[i - 1] - row);
	for (size_t i = count; i-- > 0;) {
		y[i] = fmax(y[i], i + 1 == count ? top : y[i + 1] + row);
		y[i] = fmax(y[i], top);
	}
}
