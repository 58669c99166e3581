/* SPDX-License-Identifier: MIT */
#include "model/health/health.h"

const char *
lb_health_reason_name(unsigned reason)
{
	static const char *const names[LB_HEALTH_REASON_COUNT] = {
#define X(name, text) [LB_HEALTH_##name] = (text),
		LB_HEALTH_REASONS(X)
#undef X
	};

	return reason < LB_COUNT(names) ? names[reason] : "?";
}

#define HTTP_WAIT_NS (30000 * LB_NS_PER_MS) /* AZ 2.1 */

static bool
is_http(const struct lb_config_probe *probe)
{
	return probe->protocol == LB_PROBE_HTTP ||
	       probe->protocol == LB_PROBE_HTTPS;
}

static uint64_t
interval_ns(const struct lb_config_probe *probe)
{
	return probe->interval_ms * LB_NS_PER_MS;
}

/* --- what a probe asks for ----------------------------------------------- */

uint64_t
lb_probe_wait_ns(const struct lb_config_probe *probe)
{
	uint64_t wait_ns = interval_ns(probe);

	return is_http(probe) && wait_ns > HTTP_WAIT_NS ? HTTP_WAIT_NS
							: wait_ns;
}

unsigned
lb_probe_needed(const struct lb_config_probe *probe, enum lb_answer answer)
{
	if (is_http(probe) && answer != LB_ANSWER_SILENT)
		return 1;
	return probe->threshold;
}

uint64_t
lb_probe_detect_ns(const struct lb_config_probe *probe, enum lb_answer answer)
{
	uint64_t wait_ns =
	    answer == LB_ANSWER_SILENT ? lb_probe_wait_ns(probe) : 0;

	return lb_probe_needed(probe, answer) * interval_ns(probe) + wait_ns;
}

/* --- one member's health ------------------------------------------------- */

struct lb_health
lb_health_start(enum lb_health_state state)
{
	return (struct lb_health){
		.state = state,
		.reason =
		    state == LB_HEALTH_UP ? LB_HEALTH_UP_SUCCESS : LB_HEALTH_NA,
	};
}

static enum lb_health_reason
failure_reason(const struct lb_config_probe *probe, enum lb_answer answer)
{
	if (probe->protocol == LB_PROBE_TCP)
		return LB_HEALTH_DOWN_TCP;
	switch (answer) {
	case LB_ANSWER_WRONG:
		return is_http(probe) ? LB_HEALTH_DOWN_HTTP_STATUS
				      : LB_HEALTH_DOWN_WRONG;
	case LB_ANSWER_REFUSED:
		return is_http(probe) ? LB_HEALTH_DOWN_HTTP_REFUSED
				      : LB_HEALTH_DOWN_REFUSED;
	case LB_ANSWER_GOOD:
	case LB_ANSWER_SILENT:
		break;
	}
	return is_http(probe) ? LB_HEALTH_DOWN_HTTP_SILENT
			      : LB_HEALTH_DOWN_SILENT;
}

static enum lb_health_reason
reason_of(const struct lb_health *health, const struct lb_config_probe *probe,
    enum lb_answer answer)
{
	if (health->state == LB_HEALTH_UP)
		return health->good ? LB_HEALTH_UP_SUCCESS
				    : LB_HEALTH_UP_FAILING;
	return health->good ? LB_HEALTH_DOWN_RECOVERING
			    : failure_reason(probe, answer);
}

static void
flip(struct lb_health *health, const struct lb_config_probe *probe,
    uint64_t now_ns)
{
	uint64_t damping_ns = probe->flap_damping_ms * LB_NS_PER_MS;
	bool came_up = health->state == LB_HEALTH_UP && health->flipped;

	health->held_until_ns = 0;
	if (came_up && now_ns - health->since_ns < damping_ns)
		health->held_until_ns = now_ns + damping_ns;
	health->state = health->good ? LB_HEALTH_UP : LB_HEALTH_DOWN;
	health->since_ns = now_ns;
	health->flipped = true;
}

enum lb_health_change
lb_health_answer(struct lb_health *health, const struct lb_config_probe *probe,
    enum lb_answer answer, uint64_t now_ns)
{
	bool good = answer == LB_ANSWER_GOOD;
	enum lb_health_state wanted = good ? LB_HEALTH_UP : LB_HEALTH_DOWN;

	if (good != health->good)
		health->run = 0;
	health->good = good;
	if (health->run < UINT32_MAX)
		health->run++;
	bool held = good && now_ns < health->held_until_ns;
	bool flips = health->state != wanted && !held &&
		     health->run >= lb_probe_needed(probe, answer);
	if (flips)
		flip(health, probe, now_ns);
	health->reason = reason_of(health, probe, answer);
	if (!flips)
		return LB_HEALTH_STILL;
	return good ? LB_HEALTH_WENT_UP : LB_HEALTH_WENT_DOWN;
}

/* --- with admin state and all-down behaviour ----------------------------- */

bool
lb_health_is_eligible(
    enum lb_admin_state admin, bool probed_up, bool all_down_is_up)
{
	if (admin != LB_ADMIN_NONE)
		return admin == LB_ADMIN_UP;
	return probed_up || all_down_is_up;
}

enum lb_health_reason
lb_health_why(enum lb_admin_state admin, const struct lb_health *health,
    bool all_down_is_up)
{
	if (admin != LB_ADMIN_NONE)
		return admin == LB_ADMIN_UP ? LB_HEALTH_UP_ADMIN
					    : LB_HEALTH_DOWN_ADMIN;
	if (all_down_is_up && health->state != LB_HEALTH_UP)
		return LB_HEALTH_UP_ALL_DOWN;
	return health->reason;
}
