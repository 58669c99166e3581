/* SPDX-License-Identifier: MIT */
#ifndef MODEL_AUDIT_H
#define MODEL_AUDIT_H
/*
 * SNAT ports that are taken and nobody's.  A sweeper who is killed between his
 * steps leaves such: no entry is left that would ever give the port back.
 *
 * An audit is two sweeps of the whole connection table in a row, by the one
 * sweeper there is, while CPUs step:
 *
 *     lb_audit_begin(t, false, records);
 *     of each part of the table: lb_audit_entries(), then lb_expire()
 *     lb_audit_begin(t, true, records);
 *     the same again
 *     lb_audit_end(t, records);
 *
 * No port is freed that a CPU is just opening a flow by, provided that it does
 * so in less than a sweep takes (microseconds, against a second):  a bit that
 * was set when both sweeps began, without an entry when its part was looked
 * at, would have to be given back and taken again in between.  The sweeper
 * gives back only what he has seen an entry of, in that sweep; and what a CPU
 * gives back unused is counted in the record (model/path/ports.h).
 *
 * Source: doc/decisions.md 38.
 */
#include "model/tables/expire.h"

/* What of a record of ports has no owner so far. */
struct lb_audit_record {
	uint64_t ctl;
	uint64_t open[4];
	uint32_t users, zero;
};

/* How many struct lb_audit_record an audit of these tables needs. */
uint32_t lb_audit_records(const struct lb_tables *tables);

/* Every port that is taken; again: of those that are still without owner. */
void lb_audit_begin(const struct lb_tables *tables, bool again,
    struct lb_audit_record *records);

/* What entries in buckets [from, from + count) own.  false: of one it can't be
 * told, and the audit must not come to its end.  Cost: linear in count. */
bool lb_audit_entries(const struct lb_tables *tables, bool six, uint32_t from,
    uint32_t count, struct lb_audit_record *records);

/* Frees what is still without owner; so many ports. */
uint32_t lb_audit_end(
    const struct lb_tables *tables, const struct lb_audit_record *records);

#endif
