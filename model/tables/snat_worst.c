/* SPDX-License-Identifier: MIT */
#include "model/tables/snat_worst.h"

#include <stdlib.h>
#include <string.h>

#include "model/config/snat.h"

#define UNITS          (65536u / LB_SNAT_UNIT)
#define UNITS_PER_LEAF (256u / LB_SNAT_UNIT)
#define NOBODY         UINT32_MAX

/* Ports of a gauge towards a destination, or those of one leaf. */
struct pair {
	struct lb_snat_destination to;
	uint32_t gauge;
};

/* A public address, one protocol: whose gauge a unit belongs to. */
struct owners {
	uint32_t gauge[UNITS];
};

struct lb_snat_worst {
	struct owners *owners[LB_SNAT_ADDRESS_MAX][2]; /* NULL: nobody's */
	uint32_t address[LB_SNAT_ADDRESS_MAX];         /* as leaves have it */
	uint32_t address_count, last; /* the number that was found last */
	uint32_t count;
	uint32_t least; /* ports of the pairs that are kept */
	bool merged;
	struct pair pairs[LB_SNAT_WORST_MAX];
};

static struct owners *
owners_new(void)
{
	struct owners *o = malloc(sizeof(*o));

	for (uint32_t u = 0; o != NULL && u < UNITS; u++)
		o->gauge[u] = NOBODY;
	return o;
}

static int
read_block(struct lb_snat_worst *w, const struct lb_plan *plan,
    const struct lb_snat_gauges *gauges, const struct lb_plan_block *block)
{
	const uint8_t *bits = plan->units[block->row.address][block->udp];
	struct owners **o = &w->owners[block->row.address][block->udp];
	int gauge = lb_snat_gauge_find(
	    gauges, block->member, block->row.address, block->udp);

	if (*o == NULL)
		*o = owners_new();
	if (*o == NULL)
		return -1;
	for (uint32_t u = block->row.first / LB_SNAT_UNIT;
	     u <= block->row.last / LB_SNAT_UNIT; u++)
		if ((bits[u / 8] >> u % 8 & 1) != 0 && gauge >= 0)
			(*o)->gauge[u] = (uint32_t)gauge;
	return 0;
}

struct lb_snat_worst *
lb_snat_worst_new(
    const struct lb_plan *plan, const struct lb_snat_gauges *gauges)
{
	struct lb_snat_worst *w = calloc(1, sizeof(*w));
	int rc = w == NULL ? -1 : 0;

	for (uint32_t i = 0; rc == 0 && i < plan->block_count; i++)
		rc = read_block(w, plan, gauges, &plan->blocks[i]);
	if (rc != 0) {
		lb_snat_worst_free(w);
		return NULL;
	}
	w->least = 1;
	w->address_count = plan->snat_count;
	for (uint32_t i = 0; i < plan->snat_count; i++)
		w->address[i] = lb_port_address(&plan->snats[i].address);
	return w;
}

void
lb_snat_worst_free(struct lb_snat_worst *w)
{
	if (w == NULL)
		return;
	for (uint32_t i = 0; i < LB_SNAT_ADDRESS_MAX; i++) {
		free(w->owners[i][0]);
		free(w->owners[i][1]);
	}
	free(w);
}

/* --- pairs --------------------------------------------------------------- */

static int
same_pair(const struct pair *a, const struct pair *b)
{
	return a->gauge == b->gauge && a->to.port.raw == b->to.port.raw &&
	       lb_addr_same(&a->to.addr, &b->to.addr);
}

/* For qsort(): those of a gauge together, and of them each destination's. */
static int
by_gauge(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;
	int order;

	if (a->gauge != b->gauge)
		return a->gauge < b->gauge ? -1 : 1;
	order = memcmp(&a->to.addr, &b->to.addr, sizeof(a->to.addr));
	if (order == 0)
		order = memcmp(&a->to.port, &b->to.port, sizeof(a->to.port));
	return order;
}

/* One pair where several leaves were. */
static void
merge(struct lb_snat_worst *w)
{
	uint32_t kept = 0;

	qsort(w->pairs, w->count, sizeof(*w->pairs), by_gauge);
	for (uint32_t i = 0; i < w->count; i++) {
		if (kept > 0 && same_pair(&w->pairs[kept - 1], &w->pairs[i]))
			w->pairs[kept - 1].to.ports += w->pairs[i].to.ports;
		else
			w->pairs[kept++] = w->pairs[i];
	}
	w->count = kept;
}

/* Those with fewer than `least` ports go. */
static void
drop_small(struct lb_snat_worst *w)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < w->count; i++)
		if (w->pairs[i].to.ports >= w->least)
			w->pairs[kept++] = w->pairs[i];
	w->count = kept;
}

static void
make_room(struct lb_snat_worst *w)
{
	merge(w);
	while (w->count > LB_SNAT_WORST_MAX / 2) {
		w->least++;
		drop_small(w);
	}
}

static void
add_pair(struct lb_snat_worst *w, uint32_t gauge,
    const struct lb_ports_held *leaf, uint32_t ports)
{
	if (gauge == NOBODY || ports < w->least)
		return;
	if (w->count == LB_SNAT_WORST_MAX)
		make_room(w);
	w->pairs[w->count++] =
	    (struct pair){ { leaf->dst, leaf->port, ports }, gauge };
}

/* --- leaves -------------------------------------------------------------- */

/* The number of a leaf's address; address_count: of none. */
static uint32_t
number_of(struct lb_snat_worst *w, uint32_t address)
{
	uint32_t i = w->last;

	if (i < w->address_count && w->address[i] == address)
		return i;
	for (i = 0; i < w->address_count && w->address[i] != address;)
		i++;
	w->last = i;
	return i;
}

static void
add_leaf(struct lb_snat_worst *w, const struct lb_ports_held *leaf)
{
	const uint32_t number = number_of(w, leaf->address);
	uint32_t gauge = NOBODY, ports = 0;

	if (number == w->address_count || w->owners[number][leaf->udp] == NULL)
		return;
	const uint32_t *owner =
	    &w->owners[number][leaf->udp]->gauge[leaf->first / LB_SNAT_UNIT];
	for (uint32_t u = 0; u < UNITS_PER_LEAF; u++) {
		uint32_t bits = leaf->used[u / 8] >> u % 8 * 8 & 0xff;
		if (bits == 0)
			continue;
		if (owner[u] != gauge) {
			add_pair(w, gauge, leaf, ports);
			gauge = owner[u];
			ports = 0;
		}
		ports += (uint32_t)__builtin_popcount(bits);
	}
	add_pair(w, gauge, leaf, ports);
}

void
lb_snat_worst_add(struct lb_snat_worst *w, const struct lb_tables *t,
    uint32_t from, uint32_t count)
{
	uint32_t end =
	    count < t->port_buckets - from ? from + count : t->port_buckets;
	struct lb_ports_held leaf;

	w->merged = false;
	for (uint32_t bucket = from; bucket < end; bucket++)
		for (uint32_t way = 0; way < LB_PORT_WAYS; way++)
			if (lb_ports_read(t, bucket, way, &leaf))
				add_leaf(w, &leaf);
}

/* --- the worst ----------------------------------------------------------- */

/* The first pair of a gauge, or of a later one. */
static uint32_t
first_of(const struct lb_snat_worst *w, uint32_t gauge)
{
	uint32_t from = 0, to = w->count;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;
		if (w->pairs[middle].gauge < gauge)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* Into its place among those before it. */
static size_t
insert(struct lb_snat_destination *out, size_t count, size_t max,
    const struct lb_snat_destination *to)
{
	size_t at = count;

	while (at > 0 && out[at - 1].ports < to->ports)
		at--;
	if (at == max)
		return count;
	if (count == max)
		count--;
	memmove(&out[at + 1], &out[at], (count - at) * sizeof(*out));
	out[at] = *to;
	return count + 1;
}

size_t
lb_snat_worst_of(struct lb_snat_worst *w, uint32_t gauge,
    struct lb_snat_destination *out, size_t max)
{
	size_t count = 0;

	if (!w->merged)
		merge(w);
	w->merged = true;
	for (uint32_t i = first_of(w, gauge);
	     i < w->count && w->pairs[i].gauge == gauge; i++)
		count = insert(out, count, max, &w->pairs[i].to);
	return count;
}
