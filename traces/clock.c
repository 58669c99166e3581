/* SPDX-License-Identifier: MIT */
#include "traces/clock.h"

uint64_t
trace_clock_ns(struct trace_clock *c, uint64_t captured_ns)
{
	if (!c->started) {
		c->started = true;
		c->first_ns = c->last_ns = captured_ns;
	}
	if (captured_ns < c->last_ns)
		c->backwards_count++;
	else
		c->last_ns = captured_ns;
	return c->last_ns - c->first_ns;
}
