/* SPDX-License-Identifier: MIT */
/* sim/traffic/forecast.c against what is played. */
#include <math.h>

#include "sim/traffic/forecast.h"
#include "tests/sim/stage.h"
#include "tests/unit.h"

/* clang-format off */
static const struct {
	const char *row;
	struct lb_traffic t; /* what is not 0 is as here */
	double within;       /* of packets and flows, a part of them */
} rows[] = {
	{ "web", { .profile = LB_PROFILE_WEB, .rate = 50000000, .size_max = 100000 }, 0.12 },
	{ "web in bursts", { .profile = LB_PROFILE_WEB, .rate = 20000000, .size_max = 20000,
	    .arrivals = LB_ARRIVALS_BURSTS }, 0.35 },
	{ "beta", { .profile = LB_PROFILE_UDP, .port = 9000, .arrivals = LB_ARRIVALS_BETA }, 0.01 },
	{ "constant", { .profile = LB_PROFILE_DNS, .arrivals = LB_ARRIVALS_CONSTANT }, 0.01 },
	{ "flood", { .profile = LB_PROFILE_SYN_FLOOD, .rate = 200000000 }, 0.05 },
	{ "idle", { .profile = LB_PROFILE_LONG_LIVED, .connections = 500 }, 0.01 },
	{ "kept alive", { .profile = LB_PROFILE_LONG_LIVED, .connections = 500,
	    .keepalive_ms = 7000 }, 0.06 },
	{ "messages", { .profile = LB_PROFILE_LONG_LIVED, .connections = 500,
	    .message_every_ms = 5000 }, 0.06 },
	{ "devices", { .profile = LB_PROFILE_COAP_DEVICES, .devices = 500,
	    .period_ms = 10000, .jitter_ms = 1000 }, 0.10 },
	{ "observers", { .profile = LB_PROFILE_COAP_DEVICES, .devices = 500, .observe = true,
	    .notify_every_ms = 5000, .period_ms = 20000, .jitter_ms = 1000 }, 0.12 },
};
/* clang-format on */

static void
fill(struct lb_traffic *t, const struct lb_traffic *from)
{
#define TAKE(field)                                                            \
	if (from->field != 0)                                                  \
	t->field = from->field
	TAKE(rate);
	TAKE(port);
	TAKE(arrivals);
	TAKE(size_max);
	TAKE(connections);
	TAKE(keepalive_ms);
	TAKE(message_every_ms);
	TAKE(devices);
	TAKE(period_ms);
	TAKE(jitter_ms);
	TAKE(notify_every_ms);
	TAKE(observe);
#undef TAKE
}

static void
near(const char *row, const char *what, double is, double forecast,
    double within)
{
	const bool good = fabs(is - forecast) <= within * is;

	if (!good)
		(void)fprintf(stderr, "  row %s: %s %.0f, forecast %.0f\n", row,
		    what, is, forecast);
	CU_ASSERT_TRUE(good);
}

static void
test_rows(void)
{
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct stage s;

		stage_open(&s);
		struct lb_traffic *t = stage_traffic(&s, rows[i].t.profile);
		fill(t, &rows[i].t);
		struct sim_record *r = stage_play(&s, NULL);
		UNIT_NEED(r);
		const struct sim_forecast f = sim_forecast(t, &s.scene);
		near(rows[i].row, "packets", (double)r->input.packets,
		    f.packets, rows[i].within);
		near(rows[i].row, "flows", (double)r->input.flows, f.flows,
		    rows[i].within);
		sim_record_free(r);
		stage_close(&s);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "as played", test_rows },
		CU_TEST_INFO_NULL,
	};

	return unit_main("forecast", tests);
}
