/* SPDX-License-Identifier: MIT */
#ifndef SIM_GRID_H
#define SIM_GRID_H
/*
 * What a sweep varies: factors, each with its levels, and the points of their
 * cross product.  Point 0 has the first level of all; the factor that was
 * named last goes round fastest.
 *
 * hash_key=N draws N keys from the seed: key i is variate (seed,
 * SIM_DRAW_HASH_KEY, i), so that a longer sweep begins with the keys of a
 * shorter one.  None of them is the configuration's own: that may have been
 * chosen because it did well.
 */
#include "model/config/config.h"

enum sim_vary {
	SIM_VARY_DISTRIBUTION, /* level: enum lb_mode, never an _ANY_DST row */
	SIM_VARY_POOL_SIZE,    /* members */
	SIM_VARY_ALGORITHM,    /* enum lb_algorithm */
	SIM_VARY_TABLE_SIZE,   /* slots */
	SIM_VARY_HASH_KEY,
	SIM_VARY_PORTS,           /* SNAT ports a member, of outbound rules */
	SIM_VARY_OUTBOUND_IDLE,   /* their idle timeout: ms */
	SIM_VARY_OUTBOUND_FRONTS, /* their first so many frontends */
	SIM_VARY_REPLICATION,     /* other draws for each; of clients only */
	SIM_VARY_COUNT
};

#define SIM_LEVELS_MAX 10000u
#define SIM_POINTS_MAX 1000000u

struct sim_level {
	uint32_t number;      /* of all but hash keys */
	uint8_t hash_key[16]; /* of hash keys */
	char text[40];        /* as users write it */
};

struct sim_factor {
	enum sim_vary key;
	bool drawn; /* hash keys to be drawn: sim_grid_draw() */
	struct sim_level *levels;
	size_t level_count;
};

struct sim_grid {
	struct sim_factor factors[SIM_VARY_COUNT]; /* as they were named */
	size_t factor_count;
	size_t point_count; /* 1 without factors; a zeroed grid has none yet */
};

const char *sim_vary_name(enum sim_vary key); /* "pool.size" */

/*
 * sim_grid_add - one more factor.
 *
 * text   "KEY=VALUE,VALUE..."; numbers also as ranges, "2..16", and with a
 *        step, "512..2048..256".
 * error  one line, what is wrong and how to mend it; at least 256 bytes.
 *
 * Returns 0; -1 with an error, and then the grid is only good to be freed.
 */
int sim_grid_add(
    struct sim_grid *grid, const char *text, char *error, size_t error_bytes);

/* Draws the keys that are to be drawn.  Once, when the seed is known. */
void sim_grid_draw(struct sim_grid *grid, uint64_t seed);

/* Which level of its factor a point has; of a key, NULL: it is not varied. */
size_t sim_grid_index(const struct sim_grid *grid, size_t point, size_t factor);
const struct sim_level *sim_grid_level(
    const struct sim_grid *grid, size_t point, enum sim_vary key);

/* A key's largest number; 0: it is not varied. */
uint32_t sim_grid_largest(const struct sim_grid *grid, enum sim_vary key);

/*
 * sim_grid_apply - make a point's configuration of a fresh one.
 *
 * Distribution, algorithm and table size of all rules, the size of the pools
 * that rules name, which lose their last members, and the hash key.
 *
 * Returns 0; -1: a pool has fewer members than the point wants; *pool is its
 * index.
 */
int sim_grid_apply(const struct sim_grid *grid, size_t point,
    struct lb_config *config, size_t *pool);

/* Whether anything of outbound rules is varied. */
bool sim_grid_is_outbound(const struct sim_grid *grid);

/*
 * sim_grid_apply_outbound - the same of what outbound rules have.
 *
 * Returns NULL; what is wrong with the configuration, for that.
 */
const char *sim_grid_apply_outbound(
    const struct sim_grid *grid, size_t point, struct lb_config *config);

void sim_grid_free(struct sim_grid *grid);

#endif
