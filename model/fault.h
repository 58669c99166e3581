/* SPDX-License-Identifier: MIT */
#ifndef MODEL_FAULT_H
#define MODEL_FAULT_H
/* What a scenario has happen to members. */
#include "model/path/base.h"

enum lb_fault_kind {
	/* Of the server: it and all that has its address. */
	LB_FAULT_UP,         /* as it should be */
	LB_FAULT_CRASHED,    /* silent */
	LB_FAULT_REFUSING,   /* resets; to datagrams, port unreachable */
	LB_FAULT_HTTP_ERROR, /* 503, CoAP 5.03; else as it should be */
	LB_FAULT_HANGING,    /* accepts connections and says nothing */
	LB_FAULT_OFF,        /* as crashed */
	/* Of the configuration: the member's admin_state. */
	LB_FAULT_ADMIN_NONE,
	LB_FAULT_ADMIN_UP,
	LB_FAULT_ADMIN_DOWN,
	LB_FAULT_COUNT
};

/* As many as a flow can remember the number of. */
#define LB_FAULTS_MAX 1000u

#define LB_FAULT_AT_MAX_MS UINT64_C(3153600000000) /* 100 years */

struct lb_fault {
	uint64_t at_ms; /* since the first packet */
	char *member;   /* of any pool: all members of that name */
	enum lb_fault_kind kind;
};

static inline bool
lb_fault_is_admin(enum lb_fault_kind kind)
{
	return kind >= LB_FAULT_ADMIN_NONE;
}

/* Does it take something away, rather than give it back? */
static inline bool
lb_fault_is_bad(enum lb_fault_kind kind)
{
	return kind == LB_FAULT_ADMIN_DOWN ||
	       (kind > LB_FAULT_UP && kind < LB_FAULT_ADMIN_NONE);
}

const char *lb_fault_name(unsigned kind);      /* "crashed", "admin-down" */
int lb_server_state_of_name(const char *name); /* "crashed"; -1: none */

#endif
