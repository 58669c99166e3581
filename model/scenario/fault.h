/* SPDX-License-Identifier: MIT */
#ifndef MODEL_FAULT_H
#define MODEL_FAULT_H
/* What a scenario has happen to members. */
#include "model/path/base.h"
#include "model/config/where.h"

enum lb_fault_kind {
	/* Of the server: it and all that has its address. */
	LB_FAULT_UP,         /* as it should be */
	LB_FAULT_CRASHED,    /* silent */
	LB_FAULT_REFUSING,   /* resets; to datagrams, port unreachable */
	LB_FAULT_HTTP_ERROR, /* 503, CoAP 5.03; else as it should be */
	LB_FAULT_HANGING,    /* accepts connections and says nothing */
	LB_FAULT_OFF,        /* as crashed */
	LB_FAULT_DEAF,       /* the service answers nobody, but another program
				still answers probes of another protocol: the
				netcat beside a dead UDP server */
	LB_FAULT_SLOW,       /* serving takes `factor` times as long */
	LB_FAULT_FLAPPING,   /* crashed and up, half a `period_ms` each */
	/* Of the configuration: the member's admin_state. */
	LB_FAULT_ADMIN_NONE,
	LB_FAULT_ADMIN_UP,
	LB_FAULT_ADMIN_DOWN, /* draining: new flows go elsewhere */
	/* Of the configuration: who is in the pool, and how much of it. */
	LB_FAULT_REMOVED,
	LB_FAULT_ADDED,  /* again: the configuration names it */
	LB_FAULT_WEIGHT, /* `weight` from now on */
	/* Of a zone: its members and its zonal frontends. */
	LB_FAULT_ZONE_DOWN,
	LB_FAULT_ZONE_UP,
	/* Of one of several balancers: its table dies with it. */
	LB_FAULT_INSTANCE_DOWN,
	LB_FAULT_INSTANCE_UP,
	LB_FAULT_COUNT
};

/* As many as a flow can remember the number of. */
#define LB_FAULTS_MAX 1000u

#define LB_FAULT_AT_MAX_MS UINT64_C(3153600000000) /* 100 years */

struct lb_fault {
	uint64_t at_ms; /* since the first packet */
	char *member;   /* of any pool: all members of that name; NULL: of a
			   zone or an instance */
	enum lb_fault_kind kind;
	uint64_t factor;       /* SLOW: millionths */
	uint64_t period_ms;    /* FLAPPING */
	uint32_t weight;       /* WEIGHT */
	uint32_t number;       /* of the zone; of the instance, from 1 */
	struct lb_where where; /* of what names whom it befalls */
};

enum lb_fault_subject {
	LB_FAULT_OF_SERVER,
	LB_FAULT_OF_CONFIG, /* admin state, pool, weight */
	LB_FAULT_OF_ZONE,
	LB_FAULT_OF_INSTANCE,
};

static inline enum lb_fault_subject
lb_fault_subject(enum lb_fault_kind kind)
{
	if (kind < LB_FAULT_ADMIN_NONE)
		return LB_FAULT_OF_SERVER;
	if (kind < LB_FAULT_ZONE_DOWN)
		return LB_FAULT_OF_CONFIG;
	return kind < LB_FAULT_INSTANCE_DOWN ? LB_FAULT_OF_ZONE
					     : LB_FAULT_OF_INSTANCE;
}

static inline bool
lb_fault_is_admin(enum lb_fault_kind kind)
{
	return kind >= LB_FAULT_ADMIN_NONE && kind <= LB_FAULT_ADMIN_DOWN;
}

/* Does it take something away, rather than give it back? */
static inline bool
lb_fault_is_bad(enum lb_fault_kind kind)
{
	return (kind > LB_FAULT_UP && kind < LB_FAULT_ADMIN_NONE) ||
	       kind == LB_FAULT_ADMIN_DOWN || kind == LB_FAULT_REMOVED ||
	       kind == LB_FAULT_ZONE_DOWN || kind == LB_FAULT_INSTANCE_DOWN;
}

const char *lb_fault_name(unsigned kind);      /* "crashed", "admin-down" */
int lb_server_state_of_name(const char *name); /* "crashed"; -1: none */

#endif
