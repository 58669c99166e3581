/* SPDX-License-Identifier: MIT */
/* One plan after another, and health between them. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "live/bpf/engine_parts.h"

/* Lookup tables put at a time: each costs a descriptor meanwhile. */
#define LUTS_AT_ONCE 128u

/* An array of rows with the rows in it: a plan or a lookup table. */
static int
rows_map(const char *name, const void *rows, uint32_t count)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_INNER_MAP);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t),
	    LB_ROW_BYTES, count, &opts);
	if (fd < 0)
		return -errno;
	uint32_t *keys = malloc(count * sizeof(*keys));
	int rc = keys != NULL ? 0 : -ENOMEM;
	for (uint32_t i = 0; rc == 0 && i < count; i++)
		keys[i] = i;
	uint32_t done = count;
	if (rc == 0 && bpf_map_update_batch(fd, keys, rows, &done, NULL) != 0)
		rc = -errno;
	free(keys);
	if (rc == 0)
		return fd;
	(void)close(fd);
	return rc;
}

static int
lut_map(const struct lb_plan_lut *lut)
{
	uint32_t rows =
	    (lut->size + LB_LUT_SLOTS_PER_ROW - 1) / LB_LUT_SLOTS_PER_ROW;
	return rows_map("fl_lut", lut->slots, rows);
}

/* Lookup tables that are made and wait to be put into their slots. */
struct made {
	uint32_t count;
	uint32_t slots[LB_LUT_MAX];
	int fds[LB_LUT_MAX];
};

static void
close_made(struct made *made)
{
	while (made->count > 0)
		(void)close(made->fds[--made->count]);
}

/*
 * Of a plan's tables from *next on at most so many, those whose slots the plan
 * in force has or those whose slots are free in it.
 */
static int
make_luts(const struct live_engine *e, const struct lb_plan *plan,
    bool in_force, uint32_t most, uint32_t *next, struct made *made)
{
	for (; *next < plan->lut_count && made->count < most; ++*next) {
		const struct lb_plan_lut *lut = &plan->luts[*next];
		if (lut->slots == NULL || e->in_force[*next] != in_force)
			continue;
		int fd = lut_map(lut);
		if (fd < 0)
			return fd;
		made->slots[made->count] = *next;
		made->fds[made->count++] = fd;
	}
	return 0;
}

/*
 * Each into its slot, which then owns it.  In one call: the kernel waits for a
 * grace period after each, and not for every table (measured: 16 tables 14 ms
 * instead of 210).
 */
static int
put_made(const struct live_engine *e, struct made *made)
{
	uint32_t done = made->count;
	int rc = 0;
	if (made->count > 0 && bpf_map_update_batch(e->luts_fd, made->slots,
				   made->fds, &done, NULL) != 0)
		rc = -errno;
	close_made(made);
	return rc;
}

static int
put_luts(const struct live_engine *e, const struct lb_plan *plan, bool in_force,
    struct made *made)
{
	int rc = 0;
	for (uint32_t next = 0; rc == 0 && next < plan->lut_count;) {
		rc = make_luts(e, plan, in_force, LUTS_AT_ONCE, &next, made);
		if (rc == 0)
			rc = put_made(e, made);
	}
	close_made(made);
	return rc;
}

static uint32_t *
state_of(const struct live_engine *e, uint32_t id)
{
	return (uint32_t *)(void *)(e->states + (size_t)id * LIVE_STATE_STRIDE);
}

static void
put_states(struct live_engine *e, const struct lb_plan *plan)
{
	for (uint32_t id = 0; id < plan->member_count; id++)
		__atomic_store_n(
		    state_of(e, id), plan->member_state[id], __ATOMIC_RELEASE);
	memset(e->member_ends, 0, sizeof(e->member_ends));
	if (plan->member_ends != NULL) /* else read back, not compiled */
		memcpy(e->member_ends, plan->member_ends,
		    plan->member_count * sizeof(*e->member_ends));
}

int
live_engine_health(struct live_engine *e, const struct lb_plan *plan)
{
	struct made *made = calloc(1, sizeof(*made));
	if (made == NULL)
		return -ENOMEM;
	put_states(e, plan);
	int rc = put_luts(e, plan, true, made);
	free(made);
	return rc;
}

/* --- one plan after another ---------------------------------------------- */

/* What a swap needs, all of it made before anything is put in force. */
struct change {
	struct lb_row *rows; /* what lb_expire() asks the plan in force */
	int plan_fd;
	struct made fresh;  /* into slots that are free in the plan in force */
	struct made shared; /* into those that it has, too */
};

static struct change *
change_new(void)
{
	struct change *c = calloc(1, sizeof(*c));
	if (c != NULL)
		c->plan_fd = -1;
	return c;
}

static void
change_free(struct change *c)
{
	if (c->plan_fd >= 0)
		(void)close(c->plan_fd);
	close_made(&c->shared);
	free(c->rows);
	free(c);
}

/* A plan is one value: its rows, and nothing behind them. */
static int
plan_map(const struct live_engine *e, const struct lb_plan *plan)
{
	uint32_t zero = 0, bytes = e->plan_rows * LB_ROW_BYTES;
	uint8_t *value = calloc(e->plan_rows, LB_ROW_BYTES);
	if (value == NULL)
		return -ENOMEM;
	memcpy(value, plan->rows, (size_t)plan->row_count * LB_ROW_BYTES);
	int fd = bpf_map_create(
	    BPF_MAP_TYPE_ARRAY, "fl_plan", sizeof(uint32_t), bytes, 1, NULL);
	int rc = fd < 0 ? -errno : 0;
	if (rc == 0 && bpf_map_update_elem(fd, &zero, value, 0) != 0)
		rc = -errno;
	free(value);
	if (rc == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static bool
has_lut(const struct lb_plan *plan, uint32_t slot)
{
	return slot < plan->lut_count && plan->luts[slot].slots != NULL;
}

/* Tables that were put for a plan that does not come into force. */
static void
take_back(const struct live_engine *e, const struct lb_plan *plan)
{
	for (uint32_t i = 0; i < plan->lut_count; i++)
		if (has_lut(plan, i) && !e->in_force[i])
			(void)bpf_map_delete_elem(e->luts_fd, &i);
}

/* All that can fail, out of any packet's sight. */
static int
prepare(
    const struct live_engine *e, const struct lb_plan *plan, struct change *c)
{
	size_t bytes = (size_t)plan->row_count * LB_ROW_BYTES;
	uint32_t next = 0;
	if (plan->row_count > e->plan_rows)
		return -E2BIG;
	c->rows = aligned_alloc(LB_ROW_BYTES, bytes);
	if (c->rows == NULL)
		return -ENOMEM;
	memcpy(c->rows, plan->rows, bytes);
	c->plan_fd = plan_map(e, plan);
	if (c->plan_fd < 0)
		return c->plan_fd;
	int rc = make_luts(e, plan, true, LB_LUT_MAX, &next, &c->shared);
	if (rc == -EMFILE)
		return -E2BIG; /* loading anew holds few at a time */
	if (rc == 0)
		rc = put_luts(e, plan, false, &c->fresh);
	if (rc != 0)
		take_back(e, plan);
	return rc;
}

/* Who is eligible by either plan: while both are looked at, no flow leaves its
 * member because the other plan asks another bit. */
static void
join_states(const struct live_engine *e, const struct lb_plan *plan)
{
	for (uint32_t id = 0; id < plan->member_count; id++)
		(void)__atomic_fetch_or(
		    state_of(e, id), plan->member_state[id], __ATOMIC_RELEASE);
}

/* From here on another plan is in force. */
static void
take_over(struct live_engine *e, const struct lb_plan *plan, struct change *c)
{
	put_states(e, plan);
	free(e->rows.rows);
	e->rows =
	    (struct lb_plan){ .rows = c->rows, .row_count = plan->row_count };
	c->rows = NULL;
	e->tables.plan = &e->rows;
	if (plan->snat_count > 0)
		lb_forget_hints(&e->tables);
	for (uint32_t i = 0; i < LB_LUT_MAX; i++) {
		bool had = e->in_force[i];
		e->in_force[i] = has_lut(plan, i);
		if (had && !e->in_force[i]) /* no rule names it any more */
			(void)bpf_map_delete_elem(e->luts_fd, &i);
	}
}

/*
 * A table that both plans have holds members that the old plan does not know,
 * and the new plan knows all of the old table's, be it as tombstones
 * (model/plan/plan.h).  So the plan goes first, and such tables after it: the
 * kernel has waited by then for every packet that saw the old one.
 */
static int
put_in_force(
    struct live_engine *e, const struct lb_plan *plan, struct change *c)
{
	uint32_t zero = 0;
	memcpy(e->classes, plan->classes, sizeof(plan->classes));
	join_states(e, plan);
	if (bpf_map_update_elem(e->plan_fd, &zero, &c->plan_fd, 0) != 0) {
		int rc = -errno;
		take_back(e, plan);
		return rc;
	}
	int rc = put_made(e, &c->shared);
	take_over(e, plan, c);
	return rc;
}

int
live_engine_swap(struct live_engine *e, const struct lb_plan *plan)
{
	struct change *c = change_new();
	if (c == NULL)
		return -ENOMEM;
	int rc = prepare(e, plan, c);
	if (rc == 0)
		rc = put_in_force(e, plan, c);
	change_free(c);
	return rc;
}
