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
 * Outbound flows are the exception: they and their ports end here only.
 *
 * Source: mechanism.md 8, 12; timeouts: design.md 2.
 */
#include "model/path/plan.h"
#include "model/path/ports.h"
#include "model/path/table.h"
#include "model/plan/plan.h"

struct lb_tables {
	struct lb_bucket4 *conn4;
	struct lb_bucket6 *conn6;
	uint32_t buckets4, buckets6; /* 2^n */
	const struct lb_class *classes;
	/* SNAT: its ports, and the plan in force, which knows whose they are.
	 * NULL: outbound flows do not end. */
	struct lb_port_bucket *ports;
	uint32_t port_buckets; /* 2^n */
	const struct lb_plan *plan;
	/* By member id: its connections end (struct lb_plan's member_ends);
	 * NULL: nobody's do before their time. */
	const bool *member_ends;
};

/*
 * A flow that ended.  An outbound one (kind LB_KIND_SNAT_OUT) is told as the
 * member sees it, with the public address and port that it had.
 */
struct lb_expired {
	struct lb_addr src, dst; /* client, frontend */
	lb_be16 sport, dport;
	lb_be16 xlat_port;
	uint8_t snat;         /* number of the public address */
	uint8_t kind;         /* enum lb_conn_kind */
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

/* Empties records of SNAT ports in buckets [from, from + count) that no flow
 * uses.  Returns how many there are left.  Cost: linear in count. */
uint32_t lb_expire_ports(
    const struct lb_tables *tables, uint32_t from, uint32_t count);

/* What members found used up may be free: to be called when the plan in force
 * has changed, and no packet uses the old one. */
void lb_forget_hints(const struct lb_tables *tables);

/* SNAT ports in use, each once per destination that it is used for.  Cost:
 * linear in the table. */
uint64_t lb_ports_in_use(const struct lb_tables *tables);

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

/* The same of an outbound flow's entry (LB_KIND_SNAT_OUT); false for any
 * other, at the cost of its control word. */
bool lb_outbound_read(const struct lb_tables *tables, bool six, uint32_t bucket,
    uint32_t way, struct lb_expired *out);

/* A flow, whose first entry is in that way: of an outbound one what holds for
 * both of its entries.  *deadline_ms: when it ends if no packet comes.  false:
 * none begins here. */
bool lb_flow_read(const struct lb_tables *tables, bool six, uint32_t bucket,
    uint32_t way, struct lb_expired *out, uint32_t *deadline_ms);

/* SNAT ports that are in use towards one destination. */
struct lb_ports_held {
	uint32_t address; /* lb_port_address() of the public one */
	uint16_t first;   /* bit b of used: port first + b is */
	bool udp;
	struct lb_addr dst; /* 0 by the law `udp_snat: port` */
	lb_be16 port;       /* 0: UDP, whatever it is */
	uint64_t used[4];
};

/* What the leaf in a way says, while others write; false: there is none, or it
 * is just coming or going. */
bool lb_ports_read(const struct lb_tables *tables, uint32_t bucket,
    uint32_t way, struct lb_ports_held *out);

/* Which members, rules and timeout classes the live entries of [from, from +
 * count) refer to, and their states; adds to *usage.  A whole sweep of both
 * families tells which ids may go. */
void lb_usage_count(const struct lb_tables *tables, bool six, uint32_t from,
    uint32_t count, struct lb_usage *usage);

/* Live entries of both families.  Cost: linear in the tables. */
uint64_t lb_live_count(const struct lb_tables *tables);

#endif
