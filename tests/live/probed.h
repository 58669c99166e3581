/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIVE_PROBED_H
#define TESTS_LIVE_PROBED_H
/* What the tests of probers share: a configuration with its plan, who counts
 * answers, and a loop that is run for a while. */
#include "live/probe/probers.h"
#include "model/plan/plan.h"

struct made {
	struct lb_config *config;
	struct lb_plan *plan;
};

/* Of a configuration's text, which it frees; file is where its files are looked
 * for.  Fails the test when there is something wrong with it. */
struct made made_of(char *text, size_t bytes, const char *file);
void made_free(struct made *m);

struct heard {
	uv_loop_t *loop;
	unsigned count, until; /* answers after which the loop stops */
	unsigned by[4];
};

/* For live_probers_new(), with a struct heard and one probe. */
void hear(void *arg, int probe, const struct lb_addr *address,
    enum lb_answer answer, uint64_t now_ns, uint64_t latency_ns);

/* Until what hear() waits for, or so long. */
void run_for(uv_loop_t *loop, uint64_t ms);
/* What is closing is closed, and the loop. */
void loop_end(uv_loop_t *loop);

#endif
