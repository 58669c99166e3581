/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIM_STAGE_H
#define TESTS_SIM_STAGE_H
/*
 * A scene filled in by hand, and the record of its run.
 *
 *     struct stage s;
 *     stage_open(&s);
 *     stage_traffic(&s, LB_PROFILE_WEB)->clients = 1;
 *     stage_fault(&s, 1000, "b", LB_FAULT_CRASHED);
 *     struct sim_record *r = stage_play(&s, NULL);
 *
 * Every record that comes out has been through stage_check().
 */
#include "sim/run/run.h"

#define STAGE_MOST 8u

struct stage {
	struct lb_scene scene; /* of 100 s */
	struct lb_traffic traffic[STAGE_MOST];
	struct lb_server servers[STAGE_MOST];
	struct lb_fault faults[STAGE_MOST];
	struct sim_settings settings;  /* more of them, before playing */
	const char *modes[STAGE_MOST]; /* cases; none: one, five-tuple */
	size_t mode_count;
};

void stage_open(struct stage *s);
void stage_close(struct stage *s);

struct lb_traffic *stage_traffic(struct stage *s, enum lb_profile profile);
/* One connection that asks once, at 0, over the web. */
struct lb_traffic *stage_request(struct stage *s);
struct lb_server *stage_server(struct stage *s); /* every member's */
struct lb_fault *stage_fault(struct stage *s, uint64_t at_ms,
    const char *member, enum lb_fault_kind kind);
/* Of members a, b and c. */
void stage_fault_all(struct stage *s, uint64_t at_ms, enum lb_fault_kind kind);

/*
 * A configuration's text; NULL: members a, b and c at 10.0.0.1 to 3 behind
 * TCP 80 and 443 and UDP 53, 9000 and 5683 of 203.0.113.10, a TCP probe every
 * 5 s.  "": zero configuration in three modes.
 */
struct sim_record *stage_play(struct stage *s, const char *config);

/* design.md 10 (5): every packet is accounted for, and parts add up. */
void stage_check(const struct sim_record *record);

#endif
