/* SPDX-License-Identifier: MIT */
#include "sim/sweep/grid.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "model/lut/lut.h"
#include "model/config/names.h"
#include "model/config/numbers.h"
#include "sim/events/philox.h"

#define KEY_DIGITS 32u
#define PORTS_MOST 64000u /* AZ 4.3 */

/* What is being read, and where to say what is wrong with it. */
struct reader {
	struct sim_factor *factor;
	size_t room; /* levels */
	char *error;
	size_t error_bytes;
};

static const char *const names[SIM_VARY_COUNT] = {
	[SIM_VARY_DISTRIBUTION] = "distribution",
	[SIM_VARY_POOL_SIZE] = "pool.size",
	[SIM_VARY_ALGORITHM] = "algorithm",
	[SIM_VARY_TABLE_SIZE] = "table_size",
	[SIM_VARY_HASH_KEY] = "hash_key",
	[SIM_VARY_PORTS] = "ports_per_member",
	[SIM_VARY_OUTBOUND_IDLE] = "outbound.idle_timeout",
	[SIM_VARY_OUTBOUND_FRONTS] = "outbound.frontends",
	[SIM_VARY_REPLICATION] = "replication",
};

const char *
sim_vary_name(enum sim_vary key)
{
	return key < SIM_VARY_COUNT ? names[key] : "?";
}

__attribute__((format(printf, 2, 3))) static int
fail(const struct reader *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(r->error, r->error_bytes, format, args);
	va_end(args);
	return -1;
}

/* --- levels -------------------------------------------------------------- */

/* Room for one more; NULL said so. */
static struct sim_level *
new_level(struct reader *r)
{
	struct sim_factor *f = r->factor;

	if (f->level_count == SIM_LEVELS_MAX) {
		(void)fail(r, "%s has more than %u values",
		    sim_vary_name(f->key), SIM_LEVELS_MAX);
		return NULL;
	}
	if (f->level_count == r->room) {
		size_t room = 2 * r->room + 16;
		void *more = realloc(f->levels, room * sizeof(*f->levels));
		if (more == NULL) {
			(void)fail(r, "no memory");
			return NULL;
		}
		f->levels = more;
		r->room = room;
	}
	struct sim_level *level = &f->levels[f->level_count];
	*level = (struct sim_level){ 0 };
	return level;
}

/* Takes the level made last, unless it is there already. */
static int
keep_level(struct reader *r)
{
	struct sim_factor *f = r->factor;
	const struct sim_level *level = &f->levels[f->level_count];

	for (size_t i = 0; i < f->level_count; i++)
		if (strcmp(f->levels[i].text, level->text) == 0)
			return fail(r, "%s=%s is there twice",
			    sim_vary_name(f->key), level->text);
	f->level_count++;
	return 0;
}

static int
add_named(struct reader *r, const char *word)
{
	bool is_mode = r->factor->key == SIM_VARY_DISTRIBUTION;
	int value =
	    is_mode ? lb_mode_of_name(word) : lb_algorithm_of_name(word);

	if (value < 0)
		return is_mode
			   ? fail(r,
				 "there is no distribution \"%s\"; there are "
				 "five-tuple, source-ip and source-ip-protocol",
				 word)
			   : fail(r,
				 "there is no algorithm \"%s\"; there are "
				 "maglev, rendezvous, modulo and stable",
				 word);
	struct sim_level *level = new_level(r);
	if (level == NULL)
		return -1;
	level->number = (uint32_t)value;
	(void)snprintf(level->text, sizeof(level->text), "%s",
	    is_mode ? lb_mode_name((unsigned)value)
		    : lb_algorithm_name((unsigned)value));
	return keep_level(r);
}

/* A whole number and what stands behind it. */
static bool
read_number(const char *text, uint32_t max, uint32_t *value, const char **end)
{
	char *stop;

	if (*text < '0' || *text > '9')
		return false; /* strtoull() would take signs and spaces */
	errno = 0;
	unsigned long long number = strtoull(text, &stop, 10);
	*value = (uint32_t)number;
	*end = stop;
	return errno == 0 && number >= 1 && number <= max;
}

static int
add_number(struct reader *r, uint32_t value)
{
	struct sim_level *level = new_level(r);

	if (level == NULL)
		return -1;
	level->number = value;
	(void)snprintf(level->text, sizeof(level->text), "%u", value);
	return keep_level(r);
}

static uint32_t
largest_of(enum sim_vary key)
{
	switch (key) {
	case SIM_VARY_POOL_SIZE:
		return (LB_MEMBER_MAX - 1) / 2;
	case SIM_VARY_PORTS:
		return PORTS_MOST;
	case SIM_VARY_OUTBOUND_FRONTS:
		return LB_SNAT_ADDRESS_MAX;
	default:
		return LB_LUT_SIZE_MAX;
	}
}

/* "8", "2..16" or "512..2048..256" */
static int
add_range(struct reader *r, const char *word)
{
	const uint32_t max = largest_of(r->factor->key);
	uint32_t from, to, step = 1;
	const char *end;
	bool good = read_number(word, max, &from, &end);

	to = from;
	if (good && strncmp(end, "..", 2) == 0)
		good = read_number(end + 2, max, &to, &end) && to >= from;
	if (good && to > from && strncmp(end, "..", 2) == 0)
		good = read_number(end + 2, max, &step, &end);
	if (!good || *end != '\0')
		return fail(r,
		    "%s takes numbers from 1 to %u, like 4,8 or 2..16, not "
		    "\"%s\"",
		    sim_vary_name(r->factor->key), max, word);
	for (uint32_t value = from; value <= to; value += step)
		if (add_number(r, value) != 0)
			return -1;
	return 0;
}

static bool
read_hex(const char *word, uint8_t key[16])
{
	for (unsigned i = 0; i < KEY_DIGITS; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = strchr(digits, word[i] | 0x20);
		if (digit == NULL || *digit == '\0' || word[i] < '0')
			return false;
		key[i / 2] = (uint8_t)(key[i / 2] << 4 | (digit - digits));
	}
	return word[KEY_DIGITS] == '\0';
}

static int
add_hash_key(struct reader *r, const char *word)
{
	struct sim_level *level = new_level(r);

	if (level == NULL)
		return -1;
	if (strlen(word) != KEY_DIGITS || !read_hex(word, level->hash_key))
		return fail(r,
		    "hash_key takes how many to draw, like hash_key=30, or "
		    "keys of 32 hexadecimal digits, not \"%s\"",
		    word);
	(void)lb_hash_key_text(level->hash_key, level->text);
	return keep_level(r);
}

/* "4m" */
static int
add_duration(struct reader *r, const char *word)
{
	uint64_t ms;

	if (!lb_duration_of_text(word, &ms) || ms == 0 || ms > UINT32_MAX)
		return fail(r, "%s takes durations like 4m,10m,30m, not \"%s\"",
		    sim_vary_name(r->factor->key), word);
	struct sim_level *level = new_level(r);
	if (level == NULL)
		return -1;
	level->number = (uint32_t)ms;
	(void)snprintf(level->text, sizeof(level->text), "%s", word);
	return keep_level(r);
}

/* "replication=10": 0 is the run as it is. */
static int
add_replications(struct reader *r, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (add_number(r, i) != 0)
			return -1;
	return 0;
}

/* "hash_key=30": their values are drawn later. */
static int
add_drawn(struct reader *r, uint32_t count)
{
	r->factor->drawn = true;
	for (uint32_t i = 0; i < count; i++) {
		if (new_level(r) == NULL)
			return -1;
		r->factor->level_count++;
	}
	return 0;
}

/* --- factors ------------------------------------------------------------- */

static int
add_word(struct reader *r, const char *word)
{
	switch (r->factor->key) {
	case SIM_VARY_DISTRIBUTION:
	case SIM_VARY_ALGORITHM:
		return add_named(r, word);
	case SIM_VARY_HASH_KEY:
		return add_hash_key(r, word);
	case SIM_VARY_OUTBOUND_IDLE:
		return add_duration(r, word);
	default:
		return add_range(r, word);
	}
}

static int
add_words(struct reader *r, const char *list)
{
	uint32_t count;
	const char *end;

	if (r->factor->key == SIM_VARY_HASH_KEY && strlen(list) < KEY_DIGITS &&
	    read_number(list, SIM_LEVELS_MAX, &count, &end) && *end == '\0')
		return add_drawn(r, count);
	if (r->factor->key == SIM_VARY_REPLICATION)
		return read_number(list, SIM_LEVELS_MAX, &count, &end) &&
			       *end == '\0'
			   ? add_replications(r, count)
			   : fail(r,
				 "replication takes how many, like "
				 "replication=10, not \"%s\"",
				 list);
	for (;;) {
		char word[64];
		size_t bytes = strcspn(list, ",");
		(void)snprintf(word, sizeof(word), "%.*s", (int)bytes, list);
		if (add_word(r, word) != 0)
			return -1;
		if (list[bytes] == '\0')
			return 0;
		list += bytes + 1;
	}
}

/* The key before the '='; -1 said so. */
static int
read_key(const struct reader *r, const char *text, size_t bytes)
{
	for (int key = 0; key < SIM_VARY_COUNT; key++)
		if (strlen(names[key]) == bytes &&
		    strncmp(names[key], text, bytes) == 0)
			return key;
	return fail(r,
	    "\"%.*s\" can't be varied; distribution, pool.size, algorithm, "
	    "table_size, hash_key, ports_per_member, outbound.idle_timeout, "
	    "outbound.frontends and replication can",
	    (int)bytes, text);
}

int
sim_grid_add(
    struct sim_grid *grid, const char *text, char *error, size_t error_bytes)
{
	struct reader r = { .error = error, .error_bytes = error_bytes };
	const char *equals = strchr(text, '=');

	if (equals == NULL)
		return fail(
		    &r, "\"%s\" is not KEY=VALUES, like pool.size=2..16", text);
	int key = read_key(&r, text, (size_t)(equals - text));
	if (key < 0)
		return -1;
	for (size_t i = 0; i < grid->factor_count; i++)
		if (grid->factors[i].key == (enum sim_vary)key)
			return fail(&r, "%s is varied twice", names[key]);
	r.factor = &grid->factors[grid->factor_count++];
	r.factor->key = (enum sim_vary)key;
	if (add_words(&r, equals + 1) != 0)
		return -1;
	if (grid->point_count == 0)
		grid->point_count = 1;
	if (r.factor->level_count > SIM_POINTS_MAX / grid->point_count)
		return fail(&r, "more than %u points; vary less at a time",
		    SIM_POINTS_MAX);
	grid->point_count *= r.factor->level_count;
	return 0;
}

void
sim_grid_draw(struct sim_grid *grid, uint64_t seed)
{
	for (size_t f = 0; f < grid->factor_count; f++) {
		struct sim_factor *factor = &grid->factors[f];
		for (size_t i = 0; factor->drawn && i < factor->level_count;
		     i++) {
			struct sim_level *level = &factor->levels[i];
			uint32_t bits[4];
			sim_draw(seed, SIM_DRAW_HASH_KEY, (uint32_t)i, 0, bits);
			memcpy(level->hash_key, bits, sizeof(bits));
			(void)lb_hash_key_text(level->hash_key, level->text);
		}
	}
}

void
sim_grid_free(struct sim_grid *grid)
{
	for (size_t i = 0; i < grid->factor_count; i++)
		free(grid->factors[i].levels);
	*grid = (struct sim_grid){ 0 };
}

/* --- points -------------------------------------------------------------- */

size_t
sim_grid_index(const struct sim_grid *grid, size_t point, size_t factor)
{
	for (size_t i = grid->factor_count - 1; i > factor; i--)
		point /= grid->factors[i].level_count;
	return point % grid->factors[factor].level_count;
}

const struct sim_level *
sim_grid_level(const struct sim_grid *grid, size_t point, enum sim_vary key)
{
	for (size_t f = 0; f < grid->factor_count; f++)
		if (grid->factors[f].key == key)
			return &grid->factors[f]
				    .levels[sim_grid_index(grid, point, f)];
	return NULL;
}

uint32_t
sim_grid_largest(const struct sim_grid *grid, enum sim_vary key)
{
	uint32_t largest = 0;

	for (size_t f = 0; f < grid->factor_count; f++)
		for (size_t i = 0; grid->factors[f].key == key &&
				   i < grid->factors[f].level_count;
		     i++)
			if (grid->factors[f].levels[i].number > largest)
				largest = grid->factors[f].levels[i].number;
	return largest;
}

/* Takes the last members of a pool away; -1: there are too few as it is. */
static int
cut_pool(struct lb_config_pool *pool, uint32_t size)
{
	if (pool->member_count < size)
		return -1;
	while (pool->member_count > size)
		free(pool->members[--pool->member_count].name);
	return 0;
}

int
sim_grid_apply(const struct sim_grid *grid, size_t point,
    struct lb_config *config, size_t *pool)
{
	const struct sim_level *at[SIM_VARY_COUNT];

	for (int key = 0; key < SIM_VARY_COUNT; key++)
		at[key] = sim_grid_level(grid, point, (enum sim_vary)key);
	for (size_t i = 0; i < config->rule_count; i++) {
		struct lb_config_rule *rule = &config->rules[i];
		if (at[SIM_VARY_DISTRIBUTION] != NULL)
			rule->mode =
			    (enum lb_mode)at[SIM_VARY_DISTRIBUTION]->number;
		if (at[SIM_VARY_ALGORITHM] != NULL)
			rule->algorithm =
			    (enum lb_algorithm)at[SIM_VARY_ALGORITHM]->number;
		if (at[SIM_VARY_TABLE_SIZE] != NULL)
			rule->table_size = at[SIM_VARY_TABLE_SIZE]->number;
		if (at[SIM_VARY_POOL_SIZE] == NULL || rule->pool < 0)
			continue;
		*pool = (size_t)rule->pool;
		if (cut_pool(&config->pools[rule->pool],
			at[SIM_VARY_POOL_SIZE]->number) != 0)
			return -1;
	}
	if (at[SIM_VARY_HASH_KEY] != NULL) {
		config->hash_key_set = true;
		memcpy(config->hash_key, at[SIM_VARY_HASH_KEY]->hash_key,
		    sizeof(config->hash_key));
	}
	return 0;
}

bool
sim_grid_is_outbound(const struct sim_grid *grid)
{
	for (size_t f = 0; f < grid->factor_count; f++)
		if (grid->factors[f].key == SIM_VARY_PORTS ||
		    grid->factors[f].key == SIM_VARY_OUTBOUND_IDLE ||
		    grid->factors[f].key == SIM_VARY_OUTBOUND_FRONTS)
			return true;
	return false;
}

const char *
sim_grid_apply_outbound(
    const struct sim_grid *grid, size_t point, struct lb_config *config)
{
	const struct sim_level *ports =
	    sim_grid_level(grid, point, SIM_VARY_PORTS);
	const struct sim_level *idle =
	    sim_grid_level(grid, point, SIM_VARY_OUTBOUND_IDLE);
	const struct sim_level *fronts =
	    sim_grid_level(grid, point, SIM_VARY_OUTBOUND_FRONTS);

	if (sim_grid_is_outbound(grid) && config->outbound_count == 0)
		return "there is no outbound rule whose ports, idle timeout or "
		       "frontends could be varied; add one to outbound_rules "
		       "of the configuration";
	for (size_t i = 0; i < config->outbound_count; i++) {
		struct lb_config_outbound *o = &config->outbounds[i];
		if (ports != NULL)
			o->ports = ports->number;
		if (idle != NULL)
			o->idle_timeout_ms = idle->number;
		if (fronts != NULL && fronts->number > o->frontend_count)
			return "an outbound rule has fewer frontends than "
			       "outbound.frontends asks for; name more in the "
			       "configuration";
		if (fronts != NULL)
			o->frontend_count = fronts->number;
	}
	return NULL;
}
