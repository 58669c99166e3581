/* SPDX-License-Identifier: MIT */
#ifndef LIVE_PROBE_HEALTH_H
#define LIVE_PROBE_HEALTH_H
/*
 * The health of every (probe, member address) that a configuration asks for,
 * shared by all rules: where the answers of probes come in.
 */
#include "model/health/health.h"
#include "model/plan/plan.h"

struct live_health;

/*
 * live_health_new - for the probes and members of a plan.
 *
 * before  what was known under the configuration before, by names of probes;
 *         NULL: nothing.  Who is new is unknown: no candidate until as many
 *         good answers as its probe wants (design.md 3).  Whom no probe looks
 *         at is up.
 *
 * The configuration and the plan must outlive it.  NULL without memory.
 */
struct live_health *live_health_new(const struct lb_config *config,
    const struct lb_plan *plan, const struct live_health *before);
void live_health_free(struct live_health *health); /* NULL is fine */

/*
 * live_health_answer - one answer of one probe, lb_health_answer().
 *
 * probe  index in the configuration.
 *
 * What is not asked for changes nothing.
 */
enum lb_health_change live_health_answer(struct live_health *health, int probe,
    const struct lb_addr *address, enum lb_answer answer, uint64_t now_ns);

/* What is known of it; NULL: it is not asked for. */
const struct lb_health *live_health_of(
    const struct live_health *health, int probe, const struct lb_addr *address);

/* Of the answers themselves, whatever they decided: the latest, and how many
 * there were.  Nothing of it outlives the control process. */
#define LIVE_ANSWERS 4u

struct live_heard {
	uint64_t answers[LIVE_ANSWERS]; /* by enum lb_answer */
	uint64_t at_ns;                 /* of the latest; 0: there was none */
	uint64_t latency_ns;            /* of the latest that was not silence */
	enum lb_answer answer;
};

/* One answer more, beside live_health_answer(). */
void live_health_hear(struct live_health *health, int probe,
    const struct lb_addr *address, enum lb_answer answer, uint64_t now_ns,
    uint64_t latency_ns);

/* NULL: it is not asked for. */
const struct live_heard *live_health_heard(
    const struct live_health *health, int probe, const struct lb_addr *address);

/*
 * Health in the words of a plan, so that it outlives us: by member id, bit p
 * set: not up by the pool's p-th probe.  live_health_adopt() reads what was
 * written under the plan `before`, for who is still watched by the same probe
 * at the same address; the others stay as they are.
 */
#define LIVE_HEALTH_WORDS 65536u
void live_health_write(const struct live_health *health, uint32_t *words);
void live_health_adopt(struct live_health *health, const struct lb_plan *before,
    const uint32_t *words);

/* For lb_plan_health(): arg is the struct live_health. */
bool live_health_up(void *arg, int probe, uint16_t member);

/* enum lb_answer: "refused" */
const char *live_answer_name(unsigned answer);

#endif
