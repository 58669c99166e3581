/* SPDX-License-Identifier: MIT */
#include "sim/record/timeline.h"

#include <stdlib.h>
#include <string.h>

int
sim_series_init(struct sim_series *s, size_t member_count)
{
	s->member_count = member_count;
	s->at = calloc(SIM_BINS * member_count + 1, sizeof(*s->at));
	return s->at != NULL ? 0 : -1;
}

void
sim_series_free(struct sim_series *s)
{
	free(s->at);
	s->at = NULL;
}

static void
add_slice(struct sim_slice *to, const struct sim_slice *from)
{
	to->bytes += from->bytes;
	to->packets += from->packets;
	to->flows += from->flows;
}

void
sim_series_widen(struct sim_series *s)
{
	const size_t n = s->member_count;

	if (s->at == NULL || n == 0)
		return;
	const size_t half = SIM_BINS / 2 * n;

	_Static_assert(SIM_BINS % 2 == 0, "pieces come in pairs");
	for (size_t i = 0; i < half; i++) {
		const size_t from = i / n * 2 * n + i % n;
		struct sim_slice both = s->at[from];
		add_slice(&both, &s->at[from + n]);
		s->at[i] = both;
	}
	memset(&s->at[half], 0, half * sizeof(*s->at));
}

unsigned
sim_timeline_advance(struct sim_timeline *t, uint64_t now_ns)
{
	unsigned widened = 0;

	while (now_ns / t->bin_ns >= SIM_BINS) {
		t->bin_ns *= 2;
		widened++;
	}
	t->bin = (uint32_t)(now_ns / t->bin_ns);
	return widened;
}
