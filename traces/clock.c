/* SPDX-License-Identifier: MIT */
#include "traces/clock.h"

static void
pass(struct trace_clock *c, uint64_t ns)
{
	if (c->longest_gap_ns != 0 && ns > c->longest_gap_ns) {
		if (c->gap_count++ == 0)
			c->first_gap_ns = c->elapsed_ns;
		c->gap_cut_ns += ns - c->longest_gap_ns;
		ns = c->longest_gap_ns;
	}
	if (ns > UINT64_MAX - c->elapsed_ns)
		ns = UINT64_MAX - c->elapsed_ns;
	c->elapsed_ns += ns;
}

uint64_t
trace_clock_ns(struct trace_clock *c, uint64_t captured_ns)
{
	if (!c->started) {
		if (c->elapsed_ns == 0)
			c->first_ns = captured_ns;
		c->started = true;
		c->last_ns = captured_ns;
	}
	if (captured_ns < c->last_ns) {
		if (c->backwards_count++ == 0)
			c->first_back_ns = c->elapsed_ns;
	} else if (captured_ns > c->last_ns) {
		pass(c, captured_ns - c->last_ns);
		c->last_ns = captured_ns;
	}
	c->round_packets++;
	return c->elapsed_ns;
}

void
trace_clock_again(struct trace_clock *c)
{
	uint64_t round_ns = c->elapsed_ns - c->round_ns;

	if (c->round_packets > 1)
		pass(c, round_ns / (c->round_packets - 1));
	c->round_ns = c->elapsed_ns;
	c->round_packets = 0;
	c->started = false;
}
