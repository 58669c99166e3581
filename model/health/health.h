/* SPDX-License-Identifier: MIT */
#ifndef MODEL_HEALTH_H
#define MODEL_HEALTH_H
/*
 * The health of one member address as one probe sees it, and what that, the
 * admin state and the all-down behaviour make of the member together.  Time
 * is an argument, and so are the answers: sim invents them, live hears them.
 *
 * Azure, with k = probe_threshold (AZ 2.3):
 *   TCP         up after k successes in a row, down after k failures (reset or
 *               silence) in a row;
 *   HTTP(S)     any answer decides at once: 200 up; another status or a reset
 *               down.  Only silence counts to k.
 *   numberOfProbes decides nothing.
 * Ours: UDP, CoAP and DNS probes count as TCP does, a wrong answer being a
 * failure.  Unknown, the state before anything was decided, is left by the
 * same rules as up and down are.
 */
#include "model/config/config.h"

#define LB_NS_PER_MS UINT64_C(1000000)

enum lb_answer {
	LB_ANSWER_GOOD,    /* handshake done; HTTP 200; CoAP Reset to a ping,
			      2.xx to a GET; a UDP or DNS reply */
	LB_ANSWER_WRONG,   /* any other HTTP status, redirects too; CoAP 4.xx,
			      5.xx; a DNS failure */
	LB_ANSWER_REFUSED, /* TCP reset; ICMP port unreachable */
	LB_ANSWER_SILENT,  /* nothing for lb_probe_wait_ns() */
};

enum lb_health_state { LB_HEALTH_UNKNOWN, LB_HEALTH_UP, LB_HEALTH_DOWN };
enum lb_health_change {
	LB_HEALTH_STILL,
	LB_HEALTH_WENT_UP,
	LB_HEALTH_WENT_DOWN
};

/*
 * Why a member is up or down: Azure's codes (AZ 2.3), then ours for what
 * Azure can't probe.  Azure has one for every TCP failure.  Up_Platform,
 * Down_Platform and Down_Probe_NoHealthyBackend speak of things that are not
 * modelled (design.md 11): here so that all of Azure's can be named.
 */
#define LB_HEALTH_REASONS(X)                                                   \
	X(NA, "NA")                                                            \
	X(UP_SUCCESS, "Up_Probe_Success")                                      \
	X(UP_ALL_DOWN, "Up_Probe_AllDownIsUp")                                 \
	X(UP_FAILING, "Up_Probe_ApproachingUnhealthyThreshold")                \
	X(UP_ADMIN, "Up_Admin")                                                \
	X(UP_PLATFORM, "Up_Platform")                                          \
	X(DOWN_RECOVERING, "Down_Probe_ApproachingHealthyThreshold")           \
	X(DOWN_HTTP_STATUS, "Down_Probe_HttpStatusCodeError")                  \
	X(DOWN_HTTP_REFUSED, "Down_Probe_HttpEndpointUnreachable")             \
	X(DOWN_HTTP_SILENT, "Down_Probe_HttpNoResponse")                       \
	X(DOWN_TCP, "Down_Probe_TcpProbeTimeout")                              \
	X(DOWN_NO_BACKEND, "Down_Probe_NoHealthyBackend")                      \
	X(DOWN_ADMIN, "Down_Admin")                                            \
	X(DOWN_PLATFORM, "Down_Platform")                                      \
	X(DOWN_WRONG, "Down_Probe_WrongAnswer")                                \
	X(DOWN_REFUSED, "Down_Probe_PortUnreachable")                          \
	X(DOWN_SILENT, "Down_Probe_NoAnswer")

#define X(name, text) LB_HEALTH_##name,
enum lb_health_reason { LB_HEALTH_REASONS(X) LB_HEALTH_REASON_COUNT };
#undef X

const char *lb_health_reason_name(unsigned reason); /* "Up_Admin" */

/* Zero is a member that nobody has probed yet. */
struct lb_health {
	enum lb_health_state state;
	enum lb_health_reason reason; /* by this probe alone */
	bool good;                    /* the latest answer */
	bool flipped;                 /* an answer made the state, at: */
	uint32_t run;                 /* answers of that kind in a row, 0: none
					 yet; stays at its largest value */
	uint64_t since_ns;
	uint64_t held_until_ns; /* flap damping: not up again before */
};

/* Before the first answer; state UP is sim's start, UNKNOWN live's. */
struct lb_health lb_health_start(enum lb_health_state state);

/*
 * lb_health_answer - what one answer changes.
 *
 * now_ns  when the answer was known: for silence, lb_probe_wait_ns() after
 *         its probe was sent.  Never runs back.
 *
 * Flap damping (probe->flap_damping_ms, 0: off): a member that goes down
 * sooner than that after it came up does not come up sooner than that after
 * it went down.  Azure damps too, but does not say how long (AZ 2.3).
 */
enum lb_health_change lb_health_answer(struct lb_health *health,
    const struct lb_config_probe *probe, enum lb_answer answer,
    uint64_t now_ns);

/*
 * How long a probe waits before it calls a member silent: HTTP(S) min(interval,
 * 30 s); others until the next probe is sent (AZ 2.1).  A driver that finds
 * both due at the same instant lets the old probe end before the next begins.
 */
uint64_t lb_probe_wait_ns(const struct lb_config_probe *probe);

/* So many such answers in a row decide. */
unsigned lb_probe_needed(
    const struct lb_config_probe *probe, enum lb_answer answer);

/* From a fault just after a good probe to the member's being down, when it
 * answers every probe so from then on (AZ 2.4): the worst case. */
uint64_t lb_probe_detect_ns(
    const struct lb_config_probe *probe, enum lb_answer answer);

/*
 * May new flows go to a member?  Precedence: admin state, all-down behaviour,
 * probe (AZ 2.7).
 *
 * all_down_is_up  the behaviour is all-probed-up, and by admin state and
 *                 probe alone nobody in the pool is eligible.
 */
bool lb_health_is_eligible(
    enum lb_admin_state admin, bool probed_up, bool all_down_is_up);

/* And why; consistent with lb_health_is_eligible(). */
enum lb_health_reason lb_health_why(enum lb_admin_state admin,
    const struct lb_health *health, bool all_down_is_up);

#endif
