/* SPDX-License-Identifier: MIT */
#ifndef LIVE_SEEN_FIGURES_H
#define LIVE_SEEN_FIGURES_H
/*
 * All that a running balancer knows of itself as plain numbers, gathered once:
 * what `fairlead ctl` and the metrics are both made of, so that they never
 * disagree.
 *
 * Names and addresses are the configuration's and the plan's: they stand until
 * the loop's next turn, as the figures do.  Counters count since the tables
 * were made, over restarts of the control process, where nothing else is said.
 */
#include <net/if.h>
#include <time.h>

#include "live/bpf/attach.h"
#include "live/bpf/tap.h"
#include "live/probe/health.h"
#include "live/probe/probers.h"
#include "live/xdp/forward_io.h"
#include "model/path/table.h"

struct live_run;

/* One family's connection table, as the sweeper last counted it (a second ago
 * at most, or two). */
struct live_figures_table {
	uint64_t slots;                  /* that there are */
	uint64_t used;                   /* sum of state */
	uint64_t state[LB_USAGE_STATES]; /* by enum lb_conn_state */
};

struct live_figures_interface {
	uint32_t ifindex;       /* 0: there is none of that name */
	char name[IF_NAMESIZE]; /* "": it is gone */
	enum live_mode mode;    /* native or generic */
	bool attached;          /* false: it was, or is to be */
};

struct live_figures_frontend {
	const char *name;
	struct lb_addr address;
	struct forward_share traffic; /* of its rules together */
	uint64_t flows;
	uint32_t rules, rules_served; /* with a member for new flows */
};

enum live_rule_kind {
	LIVE_RULE_BALANCING,
	LIVE_RULE_NAT,      /* one port of it: "NAT-RULE/MEMBER" */
	LIVE_RULE_OUTBOUND, /* it may have several frontends */
	LIVE_RULE_KINDS
};

struct live_figures_rule {
	uint16_t id;
	const char *name;
	enum live_rule_kind kind;
	bool leaving; /* removed from the configuration; it has flows yet */
	int rule; /* index in the configuration's rules; -1: it is not there */
	int frontend;  /* index in frontends; -1: none */
	uint16_t port; /* of the frontend; 0: any */
	uint8_t proto; /* 0: all */
	struct forward_share traffic;
	bool counted; /* false: beyond what the program has counters for */
	uint32_t flows;
	/* Of its pool, for new flows.  A NAT rule's port has one, and no probe
	 * keeps new flows from it. */
	uint32_t members, members_up;
};

/* Where new flows stand with a member. */
enum live_member_state {
	LIVE_MEMBER_UP,       /* gets new flows of every rule */
	LIVE_MEMBER_PARTLY,   /* of some rules: its probes disagree */
	LIVE_MEMBER_DOWN,     /* of none, by its probes */
	LIVE_MEMBER_UNKNOWN,  /* of none: not yet enough answers */
	LIVE_MEMBER_DRAINING, /* of none, by fairlead ctl drain */
	LIVE_MEMBER_ADMIN,    /* of none, by its admin state */
	LIVE_MEMBER_LEAVING,  /* of none: removed from the configuration */
	LIVE_MEMBER_STATES
};

const char *live_member_state_name(unsigned state); /* "up" */

struct live_figures_member {
	uint16_t id;
	const char *pool, *name;
	struct lb_addr address;
	enum live_member_state state;
	enum lb_admin_state admin;      /* in force */
	enum lb_admin_state admin_file; /* in the configuration */
	bool draining;                  /* by ctl drain */
	bool drained;                   /* and no flow is left */
	unsigned weight;
	bool next_hop; /* its link address is known, and forwarded to */
	struct forward_share traffic;
	bool counted; /* as a rule's */
	uint32_t flows;
	size_t probe_first, probe_count; /* of probes: how it is looked at */
};

/* One probe's view of one member. */
struct live_figures_probe {
	int probe; /* index in the configuration */
	const char *name;
	enum lb_probe_protocol protocol;
	size_t member; /* index in members */
	struct lb_health health;
	struct live_heard heard; /* since the control process began */
};

/* A member's SNAT ports on one frontend, of one protocol. */
struct live_figures_snat {
	uint32_t gauge; /* model/tables/snat_gauges.h */
	const char *pool, *name;
	struct lb_addr member_address;
	const char *frontend;   /* NULL: the configuration's no more */
	struct lb_addr address; /* the frontend's */
	bool udp;
	bool only;        /* the member leaves from no other of this protocol */
	bool first;       /* of those: where failures count */
	const char *rule; /* NULL: it has no ports any more, and flows yet */
	enum live_rule_kind kind; /* of rule: a balancing one does SNAT, too */
	uint32_t block_first, block_count; /* of the plan's blocks */
	uint32_t allocated;
	uint32_t used, peak;             /* since the process began */
	uint32_t flows;                  /* sum of state */
	uint32_t state[LB_USAGE_STATES]; /* by enum lb_conn_state */
	bool counted;                    /* false: begun is not known */
	struct forward_begun begun; /* the member's, of all its frontends */
};

struct live_figures_process {
	int pid;
	struct timespec started; /* CLOCK_REALTIME */
	double uptime_s, cpu_s;  /* user and system */
	uint64_t resident_bytes;
	uint64_t open_files, open_files_max;
	double loop_late_s;   /* the service's: it fills these in */
	uint64_t loop_stalls; /* of more than a second */
};

/* What is in force. */
struct live_figures_plan {
	uint64_t generation;      /* 1: the first of this process */
	struct timespec since;    /* CLOCK_REALTIME */
	uint64_t reloads_refused; /* since the process began */
	const uint8_t *hash_key;  /* 16 bytes */
	bool adopted;             /* the process took over tables in use */
};

struct live_figures {
	uint64_t now_ns; /* uv_hrtime(): what health's times compare with */
	struct forward_total total;
	struct live_figures_table table4, table6;
	bool table_counted; /* false: a first round is not over yet */
	struct live_figures_plan plan;
	struct live_figures_process process;
	struct live_probers_counts probing;
	struct live_tap_counts tap;
	struct live_figures_interface *interfaces;
	size_t interface_count;
	struct live_figures_frontend *frontends; /* the configuration's */
	size_t frontend_count;
	struct live_figures_rule *rules; /* the configuration's, kind by kind,
					   then leaving */
	size_t rule_count;
	struct live_figures_member *members; /* the same, pool by pool */
	size_t member_count;
	struct live_figures_probe *probes;
	size_t probe_count;
	struct live_figures_snat *snats; /* in the plan's order */
	size_t snat_count;
	bool snat_counted; /* false: a first round is not over yet */
};

const char *live_rule_kind_name(enum live_rule_kind kind);
/* Of a rule by its name in the plan; *name: as users know it. */
enum live_rule_kind live_rule_kind_of(const char **name);

/*
 * live_figures_gather - ask everyone.
 *
 * Returns NULL without memory.  Cost: a system call per rule and member, about
 * a microsecond each; nothing is scanned.
 */
struct live_figures *live_figures_gather(const struct live_run *run);

/* Only a part of the members or of the rules, in the same order, with nothing
 * else: for who must not keep the loop waiting for all of them. */
struct live_figures *live_figures_members(
    const struct live_run *run, size_t from, size_t count);
struct live_figures *live_figures_rules(
    const struct live_run *run, size_t from, size_t count);
/* Only the SNAT ports, as they were counted: not a second ago, but now. */
struct live_snat_count;
struct live_figures *live_figures_snat(
    const struct live_run *run, const struct live_snat_count *count);
void live_figures_free(struct live_figures *figures); /* NULL is fine */

#endif
