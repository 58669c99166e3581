/* SPDX-License-Identifier: MIT */
#ifndef SIM_CROWD_H
#define SIM_CROWD_H
/*
 * Who the clients are: addresses in a row, each as likely as the others or by
 * Zipf's law, and the ports they send from.
 *
 * Source: Walker's alias method (gsl_ran_discrete) over 1/k^s; simulation.md
 * D.3.  Ports: Linux's range, a random start and then upwards (RFC 6056
 * 3.3.1).
 */
#include "model/path/addr.h"
#include "sim/events/dice.h"

#define SIM_PORT_FIRST 32768u /* ephemeral */
#define SIM_PORT_LAST  60999u

struct sim_crowd; /* opaque */

/*
 * sim_crowd_new - clients addresses from first on.
 *
 * zipf  exponent, millionths; 0: all alike.  The first is the most popular.
 *
 * Returns NULL without memory.  Memory: none for 0, 16 bytes a client else.
 */
struct sim_crowd *sim_crowd_new(
    struct lb_addr first, uint32_t clients, uint64_t zipf);
void sim_crowd_free(struct sim_crowd *crowd); /* NULL is fine */

/* Whose the n-th session of that source is: 0..clients-1.  Cost: O(1). */
uint32_t sim_crowd_pick(const struct sim_crowd *crowd, struct sim_dice *dice,
    uint32_t source, uint64_t n);

struct lb_addr sim_crowd_address(
    const struct sim_crowd *crowd, uint32_t client);

/* The address so many after it, of its own family; the last is followed by
 * the first. */
struct lb_addr sim_address_after(struct lb_addr first, uint64_t count);

/*
 * The ports that are in use, of all sources of a case together: two of them
 * may have the same clients, and an address never has a port twice at a time.
 * (IPv6 addresses with the same lower 48 bits share theirs.)
 */
struct sim_ports; /* opaque */

struct sim_ports *sim_ports_new(void);    /* NULL without memory */
void sim_ports_free(struct sim_ports *p); /* NULL is fine */

/*
 * sim_ports_take - a port of that address.
 *
 * wanted  1..65535; of SIM_DRAW_PORT for who does not care.  Is it in use, then
 *         the next free one upwards in the ephemeral range, and round.
 *
 * Returns 0 when all are in use, or without memory.  Cost: O(1) while most are
 * free.  Memory: 11 to 21 bytes a port in use.
 */
uint16_t sim_ports_take(
    struct sim_ports *p, const struct lb_addr *addr, uint16_t wanted);
void sim_ports_give(
    struct sim_ports *p, const struct lb_addr *addr, uint16_t port);

/* An ephemeral port for the n-th session of that source. */
uint16_t sim_port_draw(struct sim_dice *dice, uint32_t source, uint64_t n);

#endif
