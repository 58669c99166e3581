/* SPDX-License-Identifier: MIT */
#include "sim/traffic/crowd.h"

#include <math.h>
#include <stdlib.h>
#include <gsl/gsl_randist.h>

#include "model/scenario/scene.h"

/* --- who -------------------------------------------------------------------
 */

struct sim_crowd {
	struct lb_addr first;
	uint32_t clients;
	gsl_ran_discrete_t *popularity; /* NULL: all alike */
};

static gsl_ran_discrete_t *
zipf_table(uint32_t clients, double exponent)
{
	double *weight = malloc(clients * sizeof(*weight));
	gsl_ran_discrete_t *table = NULL;

	if (weight == NULL)
		return NULL;
	for (uint32_t i = 0; i < clients; i++)
		weight[i] = pow(i + 1.0, -exponent);
	table = gsl_ran_discrete_preproc(clients, weight);
	free(weight);
	return table;
}

struct sim_crowd *
sim_crowd_new(struct lb_addr first, uint32_t clients, uint64_t zipf)
{
	struct sim_crowd *crowd = calloc(1, sizeof(*crowd));

	if (crowd == NULL)
		return NULL;
	crowd->first = first;
	crowd->clients = clients > 0 ? clients : 1;
	if (zipf == 0 || crowd->clients == 1)
		return crowd;
	crowd->popularity =
	    zipf_table(crowd->clients, (double)zipf / (double)LB_SCENE_ONE);
	if (crowd->popularity != NULL)
		return crowd;
	free(crowd);
	return NULL;
}

void
sim_crowd_free(struct sim_crowd *crowd)
{
	if (crowd != NULL && crowd->popularity != NULL)
		gsl_ran_discrete_free(crowd->popularity);
	free(crowd);
}

uint32_t
sim_crowd_pick(const struct sim_crowd *crowd, struct sim_dice *dice,
    uint32_t source, uint64_t n)
{
	if (crowd->popularity == NULL)
		return (uint32_t)sim_dice_below(
		    dice, SIM_DRAW_CLIENT, source, n, crowd->clients);
	return (uint32_t)gsl_ran_discrete(
	    sim_dice_at(dice, SIM_DRAW_CLIENT, source, n), crowd->popularity);
}

struct lb_addr
sim_crowd_address(const struct sim_crowd *crowd, uint32_t client)
{
	return sim_address_after(crowd->first, client);
}

struct lb_addr
sim_address_after(struct lb_addr first, uint64_t count)
{
	if (lb_addr_is_v4(&first)) {
		uint32_t host = __builtin_bswap32(lb_addr_v4_raw(&first));

		return lb_addr_v4(__builtin_bswap32(host + (uint32_t)count));
	}

	uint64_t high = __builtin_bswap64(first.word[0]);
	uint64_t low = __builtin_bswap64(first.word[1]);

	if (__builtin_add_overflow(low, count, &low))
		high++;
	return (struct lb_addr){ { __builtin_bswap64(high),
	    __builtin_bswap64(low) } };
}

/* --- from which port -------------------------------------------------------
 */

#define PORT_COUNT  (SIM_PORT_LAST - SIM_PORT_FIRST + 1)
#define SLOTS_FIRST 1024u

/* A set of (address, port), hashed; a slot is 0 or 48 bits of the address and
 * 16 of the port, which is never 0. */
struct sim_ports {
	uint64_t *slots;
	size_t mask, count; /* of slots, less 1; in use */
};

static uint64_t
key_of(const struct lb_addr *addr, uint16_t port)
{
	return __builtin_bswap64(addr->word[1]) << 16 | port;
}

static size_t
home_of(const struct sim_ports *p, uint64_t key)
{
	return (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 20) & p->mask;
}

/* The slot that has the key, or would. */
static size_t
find(const struct sim_ports *p, uint64_t key)
{
	size_t i = home_of(p, key);

	while (p->slots[i] != 0 && p->slots[i] != key)
		i = (i + 1) & p->mask;
	return i;
}

struct sim_ports *
sim_ports_new(void)
{
	struct sim_ports *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->mask = SLOTS_FIRST - 1;
	p->slots = calloc(SLOTS_FIRST, sizeof(*p->slots));
	if (p->slots != NULL)
		return p;
	free(p);
	return NULL;
}

void
sim_ports_free(struct sim_ports *p)
{
	if (p != NULL)
		free(p->slots);
	free(p);
}

/* Twice as many slots; 0, -1 without memory. */
static int
grow(struct sim_ports *p)
{
	struct sim_ports larger = { .mask = p->mask * 2 + 1,
		.count = p->count };

	larger.slots = calloc(larger.mask + 1, sizeof(*larger.slots));
	if (larger.slots == NULL)
		return -1;
	for (size_t i = 0; i <= p->mask; i++)
		if (p->slots[i] != 0)
			larger.slots[find(&larger, p->slots[i])] = p->slots[i];
	free(p->slots);
	*p = larger;
	return 0;
}

static uint16_t
port_after(uint16_t port)
{
	if (port < SIM_PORT_FIRST || port >= SIM_PORT_LAST)
		return SIM_PORT_FIRST;
	return (uint16_t)(port + 1);
}

uint16_t
sim_ports_take(struct sim_ports *p, const struct lb_addr *addr, uint16_t wanted)
{
	/* at most 3/4 full */
	if (p->count >= p->mask / 4 * 3 && grow(p) != 0)
		return 0;
	for (unsigned tried = 0; tried <= PORT_COUNT; tried++) {
		uint64_t key = key_of(addr, wanted);
		size_t i = find(p, key);

		if (p->slots[i] == 0) {
			p->slots[i] = key;
			p->count++;
			return wanted;
		}
		wanted = port_after(wanted);
	}
	return 0;
}

/* Who stands behind the gap and could not be found across it moves up. */
void
sim_ports_give(struct sim_ports *p, const struct lb_addr *addr, uint16_t port)
{
	size_t gap = find(p, key_of(addr, port));

	if (p->slots[gap] == 0)
		return;
	p->count--;
	for (size_t i = (gap + 1) & p->mask; p->slots[i] != 0;
	     i = (i + 1) & p->mask) {
		size_t home = home_of(p, p->slots[i]);

		if (((i - home) & p->mask) < ((i - gap) & p->mask))
			continue;
		p->slots[gap] = p->slots[i];
		gap = i;
	}
	p->slots[gap] = 0;
}

uint16_t
sim_port_draw(struct sim_dice *dice, uint32_t source, uint64_t n)
{
	return (uint16_t)(SIM_PORT_FIRST + sim_dice_below(dice, SIM_DRAW_PORT,
					       source, n, PORT_COUNT));
}
