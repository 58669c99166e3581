/* SPDX-License-Identifier: MIT */
#ifndef MODEL_EXPIRE_H
#define MODEL_EXPIRE_H
/*
 * Time passing: entries that were silent too long leave the table.  Works on
 * a table's memory wherever it is, native or an mmapped BPF map, while other
 * CPUs step.  One sweeper per table.
 *
 * lb_step() itself treats an expired entry as absent, so that no answer ever
 * depends on when the sweeper last came by.
 *
 * Source: mechanism.md 8; timeouts: design.md 2.
 */
#include "model/path/plan.h"
#include "model/path/table.h"
#include "model/plan.h"

struct lb_tables {
	struct lb_bucket4 *conn4;
	struct lb_bucket6 *conn6;
	uint32_t buckets4, buckets6; /* 2^n */
	const struct lb_class *classes;
};

/* A flow that ended. */
struct lb_expired {
	struct lb_addr src, dst; /* client, frontend */
	lb_be16 sport, dport;
	uint8_t proto, state; /* enum lb_conn_state it was in */
	uint16_t member, rule;
	uint32_t bucket, seen_ms;
	uint32_t client_ack, client_end; /* reset numbers, with tcp_reset */
};

struct lb_expired_list {
	struct lb_expired *at;
	uint32_t max, count;
};

/*
 * lb_expire - sweep buckets [from, from + count) of one family's table.
 *
 * facts   grows by every entry that ended; NULL: nobody wants to know.  With
 *         room for fewer than LB_WAYS more nothing is swept.
 *
 * Returns the bucket it stopped before: from + count (or the table's end),
 * less when `facts` is full.  Cost: linear in count.
 */
uint32_t lb_expire(const struct lb_tables *tables, bool six, uint32_t now_ms,
    uint32_t from, uint32_t count, struct lb_expired_list *facts);

/* Path time at which the entry in a way expires if nothing touches it. */
uint32_t lb_deadline_ms(
    const struct lb_tables *tables, bool six, uint32_t bucket, uint32_t way);

/* The entry in a way, expired or not; false: there is none. */
bool lb_entry_at(const struct lb_tables *tables, bool six, uint32_t bucket,
    uint32_t way, struct lb_expired *out);

/* The same while others write: what out has is one entry's, as it was at one
 * time.  false too when it changes all the time. */
bool lb_entry_read(const struct lb_tables *tables, bool six, uint32_t bucket,
    uint32_t way, struct lb_expired *out);

/* Which members, rules and timeout classes the live entries of [from, from +
 * count) refer to, and their states; adds to *usage.  A whole sweep of both
 * families tells which ids may go. */
void lb_usage_count(const struct lb_tables *tables, bool six, uint32_t from,
    uint32_t count, struct lb_usage *usage);

/* Live entries of both families.  Cost: linear in the tables. */
uint64_t lb_live_count(const struct lb_tables *tables);

#endif
