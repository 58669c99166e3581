/* SPDX-License-Identifier: MIT */
#include "model/tables/world.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "model/path/seam.h"

static void *
pages_new(size_t bytes)
{
	void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return pages == MAP_FAILED ? NULL : pages;
}

struct lb_world *
lb_world_new(const struct lb_plan *plan)
{
	struct lb_world *w = calloc(1, sizeof(*w));
	if (w == NULL)
		return NULL;
	struct lb_tables *t = &w->tables;
	t->buckets4 = plan->buckets4;
	t->buckets6 = plan->buckets6;
	t->conn4 = pages_new(t->buckets4 * sizeof(*t->conn4));
	t->conn6 = pages_new(t->buckets6 * sizeof(*t->conn6));
	t->port_buckets = plan->port_buckets;
	t->ports = pages_new(t->port_buckets * sizeof(*t->ports));
	t->classes = w->classes;
	if (t->conn4 == NULL || t->conn6 == NULL || t->ports == NULL) {
		lb_world_free(w);
		return NULL;
	}
	lb_world_swap(w, plan);
	return w;
}

void
lb_world_free(struct lb_world *w)
{
	if (w == NULL)
		return;
	const struct lb_tables *t = &w->tables;
	if (t->conn4 != NULL)
		(void)munmap(t->conn4, t->buckets4 * sizeof(*t->conn4));
	if (t->conn6 != NULL)
		(void)munmap(t->conn6, t->buckets6 * sizeof(*t->conn6));
	if (t->ports != NULL)
		(void)munmap(t->ports, t->port_buckets * sizeof(*t->ports));
	free(w);
}

void
lb_world_swap(struct lb_world *w, const struct lb_plan *plan)
{
	bool another = w->plan != plan;
	memcpy(w->classes, plan->classes, sizeof(w->classes));
	w->plan = plan;
	w->tables.plan = plan;
	w->tables.member_ends = plan->member_ends;
	if (another && plan->snat_count > 0)
		lb_forget_hints(&w->tables);
}

/* The seam over plain memory. */

static struct lb_world *
world_of(uint64_t ctx)
{
	return (struct lb_world *)(uintptr_t)ctx; // NOLINT
}

struct lb_scratch *
lb_scratch(uint64_t ctx)
{
	return &world_of(ctx)->scratch;
}

struct lb_bucket4 *
lb_bucket4(uint64_t ctx, uint32_t index)
{
	const struct lb_tables *t = &world_of(ctx)->tables;
	return &t->conn4[index & (t->buckets4 - 1)];
}

struct lb_bucket6 *
lb_bucket6(uint64_t ctx, uint32_t index)
{
	const struct lb_tables *t = &world_of(ctx)->tables;
	return &t->conn6[index & (t->buckets6 - 1)];
}

struct lb_port_bucket *
lb_port_bucket(uint64_t ctx, uint32_t index)
{
	const struct lb_tables *t = &world_of(ctx)->tables;
	return &t->ports[index & (t->port_buckets - 1)];
}

uint32_t
lb_bucket_index(uint64_t ctx, bool six, uint32_t hash)
{
	const struct lb_tables *t = &world_of(ctx)->tables;
	return hash & ((six ? t->buckets6 : t->buckets4) - 1);
}

const struct lb_class *
lb_classes(uint64_t ctx)
{
	return world_of(ctx)->classes;
}

const struct lb_plan_ref *
lb_plan_in_force(uint64_t ctx)
{
	return (const struct lb_plan_ref *)world_of(ctx)->plan;
}

const struct lb_row *
lb_plan_row(const struct lb_plan_ref *ref, uint32_t index)
{
	const struct lb_plan *plan = (const struct lb_plan *)ref;
	return index < plan->row_count ? &plan->rows[index] : NULL;
}

uint16_t
lb_lut_member(uint64_t ctx, uint16_t lut, uint32_t slot)
{
	const struct lb_plan *plan = world_of(ctx)->plan;
	if (lut >= plan->lut_count || slot >= plan->luts[lut].size)
		return LB_NONE;
	return plan->luts[lut].slots[slot];
}

uint32_t
lb_member_state(uint64_t ctx, uint16_t member)
{
	const struct lb_plan *plan = world_of(ctx)->plan;
	return member < plan->member_count ? plan->member_state[member] : 0;
}
