/* SPDX-License-Identifier: MIT */
#ifndef MODEL_LUT_H
#define MODEL_LUT_H
/*
 * Lookup tables: which member a new flow goes to, as slots of member ids.
 * Filling one is a pure function of the members' names (sorted), the hash
 * key and the set of those that are eligible, so that instances that share
 * nothing agree.  Who is not eligible counts for nothing, as if he were not
 * there; but stable also depends on whom the list names.
 *
 * Weights: members get slots in proportion.  Who has none gets none, as if he
 * were not eligible.  Where all weigh the same, what they weigh is nothing.
 *
 * Source: maglev: Eisenbud et al., NSDI 2016, 3.4.  rendezvous: Thaler and
 * Ravishankar, 1998 (highest random weight), per slot.  modulo: slot i is
 * member i mod n, what a naive balancer does; with weights, members take
 * turns, the light ones not every time.  Weighted rendezvous: Schindelhauer
 * and Schomaker, Weighted distributed hash tables, SPAA 2005.  stable: ours,
 * lut_stable.c: a member that goes or returns moves only its own slots, nearly.
 */
#include "model/config/config.h"
#include "model/path/plan.h"

#define LB_LUT_PRIME_MAX 1048573u /* the largest below LB_LUT_SIZE_MAX */

struct lb_lut_member {
	const char *name;
	uint16_t id;
	bool eligible;
	uint16_t weight; /* 0..LB_WEIGHT_MAX */
};

/* What a table is, whoever is in it. */
struct lb_lut_shape {
	enum lb_algorithm algorithm;
	uint32_t size;           /* slots, as lb_lut_size_fits() says */
	const uint8_t *hash_key; /* 16 bytes */
};

/* May a table have this size: 1..LB_LUT_SIZE_MAX, and for maglev and
 * stable a prime or 1?  Cost: O(sqrt size). */
bool lb_lut_size_fits(enum lb_algorithm algorithm, uint32_t size);

/*
 * lb_lut_fill - fill a table.
 *
 * members   any order, names unique; count 0..65,534.
 *           More than slots of them: some get no slot.
 * slots     shape->size ids out; LB_NONE everywhere when nobody is eligible.
 *
 * Stable: nobody has more than 1/20, or 2 slots, over the mean, or with
 * weights over his share.
 *
 * Returns 0, -1 without memory or with arguments out of range; then nobody has
 * a slot, unless an argument was out of range.
 * Cost: maglev O(size log size) expected; rendezvous O(size x count);
 * modulo O(size); with weights and m = count x the largest / their sum, at
 * least 1, maglev and modulo O(size x m) more; stable as maglev and for each
 * slot of a member that is not eligible count / eligible + 1 draws, at most 64
 * and count / 128 weights more; O(size x count) when there are more members
 * than slots.
 */
int lb_lut_fill(const struct lb_lut_shape *shape,
    const struct lb_lut_member *members, size_t count, uint16_t *slots);

#endif
