/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "sim/sweep/grid.h"
#include "tests/unit.h"

static struct sim_grid
grid_of(const char *const *vary)
{
	struct sim_grid grid = { 0 };
	char error[512] = "";

	for (; *vary != NULL; vary++)
		UNIT_ROW(*vary,
		    sim_grid_add(&grid, *vary, error, sizeof(error)) == 0);
	return grid;
}

static void
points_go_round_the_last_factor_fastest(void)
{
	const char *const vary[] = { "algorithm=maglev,modulo",
		"pool.size=2..4", NULL };
	static const struct {
		const char *algorithm, *size;
	} points[] = { { "maglev", "2" }, { "maglev", "3" }, { "maglev", "4" },
		{ "modulo", "2" }, { "modulo", "3" }, { "modulo", "4" } };
	struct sim_grid grid = grid_of(vary);

	CU_ASSERT_EQUAL(grid.point_count, 6);
	for (size_t i = 0; i < 6; i++) {
		CU_ASSERT_STRING_EQUAL(
		    sim_grid_level(&grid, i, SIM_VARY_ALGORITHM)->text,
		    points[i].algorithm);
		CU_ASSERT_STRING_EQUAL(
		    sim_grid_level(&grid, i, SIM_VARY_POOL_SIZE)->text,
		    points[i].size);
	}
	CU_ASSERT_PTR_NULL(sim_grid_level(&grid, 0, SIM_VARY_HASH_KEY));
	CU_ASSERT_EQUAL(sim_grid_largest(&grid, SIM_VARY_POOL_SIZE), 4);
	CU_ASSERT_EQUAL(sim_grid_largest(&grid, SIM_VARY_TABLE_SIZE), 0);
	sim_grid_free(&grid);
}

static void
values_are_read_or_refused(void)
{
	static const struct {
		const char *text;
		size_t levels; /* 0: refused */
		const char *says;
	} rows[] = {
		{ "distribution=five-tuple,source-ip", 2, "" },
		{ "distribution=SourceIPProtocol", 1, "" },
		{ "distribution=source", 0, "no distribution \"source\"" },
		{ "distribution=five-tuple,five-tuple", 0, "twice" },
		{ "distribution=five-tuple,Default", 0, "twice" },
		{ "distribution=", 0, "no distribution" },
		{ "algorithm=rendezvous", 1, "" },
		{ "algorithm=random", 0,
		    "maglev, rendezvous, modulo and stable" },
		{ "pool.size=2,4,8..10", 5, "" },
		{ "pool.size=2..4,4", 0, "twice" },
		{ "pool.size=0", 0, "from 1 to 32767" },
		{ "pool.size=5..4", 0, "not \"5..4\"" },
		{ "pool.size=2...4", 0, "not \"2...4\"" },
		{ "pool.size=-2", 0, "not \"-2\"" },
		{ "pool.size= 2", 0, "not \" 2\"" },
		{ "pool.size=2,", 0, "not \"\"" },
		{ "pool.size=32768", 0, "32767" },
		{ "pool.size=1..32767", 0, "more than 10000 values" },
		{ "pool.size=18446744073709551618", 0, "from 1" },
		{ "table_size=251,65537", 2, "" },
		{ "table_size=1048577", 0, "1048576" },
		{ "hash_key=30", 30, "" },
		{ "hash_key=0", 0, "how many" },
		{ "hash_key=10001", 0, "how many" },
		{ "hash_key=000102030405060708090a0b0c0d0e0f", 1, "" },
		{ "hash_key=000102030405060708090A0B0C0D0E0F,"
		  "000102030405060708090a0b0c0d0e0f",
		    0, "twice" },
		{ "hash_key=000102030405060708090a0b0c0d0e0g", 0, "32" },
		{ "hash_key=3,4", 0, "not \"3\"" },
		{ "idle_timeout=4", 0, "can't be varied" },
		{ "ports_per_member=512..1024..128", 5, "" },
		{ "ports_per_member=512..1000..128", 4, "" },
		{ "ports_per_member=512..1024..0", 0, "not \"512..1024..0\"" },
		{ "ports_per_member=64000", 1, "" },
		{ "ports_per_member=64001", 0, "from 1 to 64000" },
		{ "outbound.idle_timeout=4m,30m", 2, "" },
		{ "outbound.idle_timeout=4", 0, "durations like 4m" },
		{ "outbound.idle_timeout=0s", 0, "durations like 4m" },
		{ "outbound.frontends=1..3", 3, "" },
		{ "replication=10", 10, "" },
		{ "replication=0", 0, "how many" },
		{ "replication=2..4", 0, "how many" },
		{ "pool=4", 0, "\"pool\" can't be varied" },
		{ "algorithm", 0, "not KEY=VALUES" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim_grid grid = { 0 };
		char error[512] = "";
		int added =
		    sim_grid_add(&grid, rows[i].text, error, sizeof(error));
		UNIT_ROW(rows[i].text, (added == 0) == (rows[i].levels > 0));
		UNIT_ROW(rows[i].text, strstr(error, rows[i].says) != NULL);
		if (added == 0)
			UNIT_EQUAL(rows[i].text, grid.factors[0].level_count,
			    rows[i].levels);
		sim_grid_free(&grid);
	}
}

static void
a_grid_is_bounded(void)
{
	const char *const vary[] = { "pool.size=1..1000", "hash_key=1000",
		NULL };
	struct sim_grid grid = grid_of(vary);
	char error[512] = "";

	CU_ASSERT_EQUAL(grid.point_count, 1000000);
	CU_ASSERT_EQUAL(sim_grid_add(&grid, "algorithm=maglev,modulo", error,
			    sizeof(error)),
	    -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "1000000"));
	sim_grid_free(&grid);
	grid = (struct sim_grid){ 0 };
	CU_ASSERT_EQUAL(
	    sim_grid_add(&grid, "hash_key=2", error, sizeof(error)), 0);
	CU_ASSERT_EQUAL(
	    sim_grid_add(&grid, "hash_key=3", error, sizeof(error)), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "varied twice"));
	sim_grid_free(&grid);
}

/* A longer sweep begins with the keys of a shorter one. */
static void
keys_are_drawn_by_seed_and_index(void)
{
	const char *const few[] = { "hash_key=2", NULL };
	const char *const many[] = { "hash_key=5", NULL };
	struct sim_grid a = grid_of(few), b = grid_of(many), c = grid_of(few);

	sim_grid_draw(&a, 7);
	sim_grid_draw(&b, 7);
	sim_grid_draw(&c, 8);
	for (size_t i = 0; i < 2; i++) {
		CU_ASSERT_STRING_EQUAL(
		    a.factors[0].levels[i].text, b.factors[0].levels[i].text);
		CU_ASSERT_STRING_NOT_EQUAL(
		    a.factors[0].levels[i].text, c.factors[0].levels[i].text);
	}
	CU_ASSERT_EQUAL(strlen(b.factors[0].levels[4].text), 32);
	CU_ASSERT_STRING_NOT_EQUAL(
	    b.factors[0].levels[3].text, b.factors[0].levels[4].text);
	sim_grid_free(&a);
	sim_grid_free(&b);
	sim_grid_free(&c);
}

static void
a_point_makes_a_configuration(void)
{
	const char *const vary[] = { "distribution=source-ip",
		"algorithm=modulo", "table_size=250", "pool.size=3,9",
		"hash_key=000102030405060708090a0b0c0d0e0f", NULL };
	struct sim_grid grid = grid_of(vary);
	struct lb_config *config = lb_config_zero(4, LB_MODE_FIVE_TUPLE);
	size_t pool = 99;

	UNIT_NEED(config);
	CU_ASSERT_EQUAL(sim_grid_apply(&grid, 0, config, &pool), 0);
	for (size_t i = 0; i < config->rule_count; i++) {
		CU_ASSERT_EQUAL(config->rules[i].mode, LB_MODE_SOURCE_IP);
		CU_ASSERT_EQUAL(config->rules[i].algorithm, LB_MODULO);
		CU_ASSERT_EQUAL(config->rules[i].table_size, 250);
		CU_ASSERT_EQUAL(config->pools[i].member_count, 3);
	}
	CU_ASSERT_TRUE(config->hash_key_set);
	CU_ASSERT_EQUAL(config->hash_key[15], 0x0f);
	CU_ASSERT_EQUAL(sim_grid_apply(&grid, 1, config, &pool), -1);
	CU_ASSERT_EQUAL(pool, 0);
	lb_config_free(config);
	sim_grid_free(&grid);
}

static void
outbound_rules_are_varied(void)
{
	const char *const vary[] = { "ports_per_member=8,64",
		"outbound.idle_timeout=4m", "outbound.frontends=1,3", NULL };
	struct sim_grid grid = grid_of(vary);
	struct lb_config *config = lb_config_zero(4, LB_MODE_FIVE_TUPLE);
	struct lb_config_outbound out = { .frontend_count = 2, .ports = 1 };
	const char *wrong;

	UNIT_NEED(config);
	CU_ASSERT_TRUE(sim_grid_is_outbound(&grid));
	wrong = sim_grid_apply_outbound(&grid, 2, config);
	CU_ASSERT_TRUE(
	    wrong != NULL && strstr(wrong, "no outbound rule") != NULL);
	config->outbounds = &out;
	config->outbound_count = 1;
	CU_ASSERT_PTR_NULL(sim_grid_apply_outbound(&grid, 2, config));
	CU_ASSERT_EQUAL(out.ports, 64);
	CU_ASSERT_EQUAL(out.idle_timeout_ms, 240000);
	CU_ASSERT_EQUAL(out.frontend_count, 1);
	out.frontend_count = 2;
	wrong = sim_grid_apply_outbound(&grid, 1, config);
	CU_ASSERT_TRUE(
	    wrong != NULL && strstr(wrong, "fewer frontends") != NULL);
	config->outbounds = NULL;
	config->outbound_count = 0;
	lb_config_free(config);
	sim_grid_free(&grid);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "order of points", points_go_round_the_last_factor_fastest },
		{ "values", values_are_read_or_refused },
		{ "bounds", a_grid_is_bounded },
		{ "drawn keys", keys_are_drawn_by_seed_and_index },
		{ "a configuration", a_point_makes_a_configuration },
		{ "outbound rules", outbound_rules_are_varied },
		CU_TEST_INFO_NULL,
	};
	return unit_main("sim/grid", tests);
}
