/* SPDX-License-Identifier: MIT */
#include "live/seen/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live/bpf/privilege.h"
#include "live/out/http.h"
#include "live/out/log.h"
#include "live/out/notify.h"
#include "live/seen/azure_events.h"
#include "live/seen/figures.h"
#include "live/seen/metrics.h"
#include "live/state/interfaces.h"
#include "model/config/names.h"

#define BEAT_MS 1000u
/* A beat that comes later than that is a loop that stood still: logged, and
 * when it is as late as LATE_MS, ill for a while, so that who asks now and then
 * hears of it. */
#define STALL_MS     1000u
#define LATE_MS      2000u
#define LATE_TELL_MS 15000u

/* A frontend by its address: that is what clients know. */
struct watched {
	struct lb_addr address;
	struct live_azure_frontend events;
	/* This beat's: it has rules; some has a member for new flows; all. */
	bool rules, any, all;
};

struct live_service {
	struct live_run *run;
	struct live_http *http; /* NULL: not wanted */
	uv_timer_t beat, watchdog;
	uint64_t beat_ns, late_ns, late_ms; /* late_ns: when, 0: never */
	uint64_t work_ns;                   /* when it began */
	uint64_t excused_ns;                /* of work, since the last beat */
	uint64_t late_sum_ns, stalls;
	struct watched *watched;
	size_t watched_count;
};

/* --- pages --------------------------------------------------------------- */

static struct live_http_answer
json_answer(unsigned status, json_t *body)
{
	struct live_http_answer answer = { .status = status,
		.type = "application/json" };
	answer.text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
	answer.bytes = answer.text != NULL ? strlen(answer.text) : 0;
	json_decref(body);
	return answer;
}

static struct live_http_answer
make_metrics(void *arg)
{
	const struct live_service *s = arg;
	struct live_interface_now at[LIVE_INTERFACES_MAX];
	struct live_http_answer answer = { .status = 200,
		.type = LIVE_METRICS_TYPE };
	size_t count = live_interfaces_now(s->run, at);
	struct live_figures *figures = live_figures_gather(s->run);
	if (figures == NULL)
		return json_answer(503, json_pack("{s:s}", "reason", "memory"));
	figures->process.loop_late_s = (double)s->late_sum_ns / 1e9;
	figures->process.loop_stalls = s->stalls;
	answer.text = live_metrics_text(
	    figures, s->run->config, at, count, &answer.bytes);
	live_figures_free(figures);
	return answer;
}

/* Whose state is not asked: members are the balancer's work, not its health. */
static struct live_http_answer
make_healthz(void *arg)
{
	const struct live_service *s = arg;
	struct live_interface_now at[LIVE_INTERFACES_MAX];
	json_t *missing = json_array(), *reasons = json_array();
	size_t count = live_interfaces_now(s->run, at);
	for (size_t i = 0; i < count; i++)
		if (!at[i].attached)
			(void)json_array_append_new(
			    missing, json_string(at[i].name));
	if (json_array_size(missing) > 0)
		(void)json_array_append_new(
		    reasons, json_string("not_attached"));
	if (s->late_ns != 0 &&
	    uv_hrtime() - s->late_ns < LATE_TELL_MS * LB_NS_PER_MS)
		(void)json_array_append_new(reasons, json_string("loop_late"));
	bool fine = json_array_size(reasons) == 0;
	return json_answer(fine ? 200 : 503,
	    json_pack("{s:s, s:i, s:o, s:o, s:I}", "status",
		fine ? "ok" : "failing", "interfaces", (int)count,
		"not_attached", missing, "reasons", reasons, "loop_late_ms",
		(json_int_t)s->late_ms));
}

static const struct live_http_page pages[] = {
	{ "/metrics", make_metrics },
	{ "/healthz", make_healthz },
};

/* --- frontends ----------------------------------------------------------- */

static struct watched *
watch_new(const struct live_service *s)
{
	const struct lb_config *config = s->run->config;
	struct watched *new = calloc(config->frontend_count + 1, sizeof(*new));
	for (size_t i = 0; new != NULL &&i < config->frontend_count; i++) {
		new[i].address = config->frontends[i].address;
		for (size_t k = 0; k < s->watched_count; k++)
			if (lb_addr_same(
				&s->watched[k].address, &new[i].address))
				new[i].events = s->watched[k].events;
	}
	return new;
}

/* The frontends of the configuration in force; those that stay keep what is
 * known of them. */
static void
watch_frontends(struct live_service *s)
{
	const struct lb_config *config = s->run->config;
	bool same = s->watched_count == config->frontend_count;
	for (size_t i = 0; same && i < s->watched_count; i++)
		same = lb_addr_same(
		    &s->watched[i].address, &config->frontends[i].address);
	if (same && s->watched != NULL)
		return;
	struct watched *new = watch_new(s);
	if (new == NULL)
		return;
	free(s->watched);
	s->watched = new;
	s->watched_count = config->frontend_count;
}

/* Is there a member for new flows of a rule? */
static bool
is_served(const struct live_run *run, size_t rule)
{
	const struct lb_plan *plan = run->plan;
	int pool = run->config->rules[rule].pool;
	const struct lb_rule *row =
	    lb_plan_rule_row(plan, plan->rule_ids[rule]);
	if (row == NULL || pool < 0)
		return false;
	for (uint32_t i = plan->pool_first[pool];
	     i < plan->pool_first[pool + 1]; i++)
		if (plan->member_state[plan->member_ids[i]] >> row->probe & 1)
			return true;
	return false;
}

static void
log_event(const struct watched *w, const char *name, unsigned event)
{
	char address[64];
	live_log(
	    event == LIVE_AZURE_DATA_PATH_WARNING ? LIVE_WARNING : LIVE_ERROR,
	    live_azure_event_name(event), "s:s, s:s, s:i", "frontend", name,
	    "address", lb_addr_text(&w->address, address, sizeof(address)),
	    "available_percent", (int)live_azure_percent(&w->events));
}

static void
look_at_rules(struct live_service *s)
{
	const struct lb_config *config = s->run->config;
	for (size_t i = 0; i < s->watched_count; i++) {
		s->watched[i].all = true;
		s->watched[i].rules = s->watched[i].any = false;
	}
	for (size_t r = 0; r < config->rule_count; r++) {
		int frontend = config->rules[r].frontend;
		if (frontend < 0 || (size_t)frontend >= s->watched_count)
			continue;
		bool served = is_served(s->run, r);
		s->watched[frontend].rules = true;
		s->watched[frontend].any |= served;
		s->watched[frontend].all &= served;
	}
}

static void
sample(struct live_service *s)
{
	struct live_interface_now at[LIVE_INTERFACES_MAX];
	size_t count = live_interfaces_now(s->run, at);
	bool forwarding = count > 0;
	for (size_t i = 0; i < count; i++)
		forwarding &= at[i].attached;
	watch_frontends(s);
	look_at_rules(s);
	for (size_t i = 0; i < s->watched_count; i++) {
		struct watched *w = &s->watched[i];
		if (!w->rules)
			continue; /* nobody expects anything of it */
		unsigned told = live_azure_sample(&w->events, w->any,
		    forwarding && w->all, s->beat_ns / LB_NS_PER_S);
		for (unsigned e = 0; e < LIVE_AZURE_EVENTS; e++)
			if ((told >> e & 1) != 0)
				log_event(
				    w, s->run->config->frontends[i].name, e);
	}
}

/* --- the beat ------------------------------------------------------------ */

static void
note_lateness(struct live_service *s, uint64_t now_ns)
{
	const uint64_t due_ns = s->beat_ns + BEAT_MS * LB_NS_PER_MS;
	uint64_t late_ns = now_ns > due_ns ? now_ns - due_ns : 0;
	uint64_t excused_ns = s->excused_ns < late_ns ? s->excused_ns : late_ns;
	if (excused_ns > LIVE_EXCUSED_MS * LB_NS_PER_MS)
		excused_ns = LIVE_EXCUSED_MS * LB_NS_PER_MS;
	s->late_sum_ns += late_ns;
	if (late_ns > STALL_MS * LB_NS_PER_MS) {
		s->stalls++;
		live_log(LIVE_WARNING, "stalled", "s:I, s:I", "late_ms",
		    (json_int_t)(late_ns / LB_NS_PER_MS), "reload_ms",
		    (json_int_t)(s->excused_ns / LB_NS_PER_MS));
	}
	if (late_ns - excused_ns > LATE_MS * LB_NS_PER_MS) {
		s->late_ns = now_ns;
		s->late_ms = late_ns / LB_NS_PER_MS;
	}
	s->excused_ns = 0;
}

static void
on_beat(uv_timer_t *timer)
{
	struct live_service *s = timer->data;
	uint64_t now_ns = uv_hrtime();
	note_lateness(s, now_ns);
	s->beat_ns = now_ns;
	sample(s);
}

/* Half of what the manager waits for, apart from the beat: it may want it more
 * often than that. */
static void
on_watchdog(uv_timer_t *timer)
{
	(void)timer;
	(void)live_notify("WATCHDOG=1");
}

/* Half of what the manager waits for. */
static int
watchdog_start(struct live_service *s)
{
	uint64_t ms = live_notify_watchdog_ms() / 2;
	return ms > 0 ? uv_timer_start(&s->watchdog, on_watchdog, ms, ms) : 0;
}

/* --- life ---------------------------------------------------------------- */

int
live_service_open(struct live_run *run, char *error, size_t error_bytes)
{
	const struct live_settings *settings = run->settings;
	struct live_service *s = calloc(1, sizeof(*s));
	run->service = s;
	if (s == NULL) {
		(void)snprintf(error, error_bytes, "no memory");
		return -1;
	}
	s->run = run;
	s->beat.data = s->watchdog.data = s;
	(void)uv_timer_init(&run->loop, &s->beat); /* can't fail */
	(void)uv_timer_init(&run->loop, &s->watchdog);
	if (settings->metrics == NULL)
		return 0;
	s->http = live_http_open(&run->loop, settings->metrics, pages,
	    LB_COUNT(pages), s, error, error_bytes);
	return s->http != NULL ? 0 : -1;
}

int
live_service_ready(struct live_run *run, char *error, size_t error_bytes)
{
	struct live_service *s = run->service;
	char kept[256];
	int rc = live_privilege_drop();
	if (rc == 0) {
		uv_update_time(&run->loop); /* starting took a while */
		s->beat_ns = uv_hrtime();
		rc = uv_timer_start(&s->beat, on_beat, BEAT_MS, BEAT_MS);
	}
	if (rc == 0)
		rc = watchdog_start(s);
	if (rc != 0) {
		(void)snprintf(
		    error, error_bytes, "privilege: %s", live_errno(rc));
		return -1;
	}
	live_log(LIVE_INFO, "privilege", "s:s", "kept",
	    live_privilege_text(kept, sizeof(kept)));
	rc = live_notify("READY=1\nSTATUS=forwarding");
	if (rc != 0)
		live_log(LIVE_WARNING, "service", "s:s, s:s", "message",
		    "the service manager is not told: $NOTIFY_SOCKET", "why",
		    live_errno(rc));
	return 0;
}

void
live_service_work_begin(struct live_run *run)
{
	run->service->work_ns = uv_hrtime();
}

void
live_service_work_end(struct live_run *run)
{
	struct live_service *s = run->service;
	s->excused_ns += uv_hrtime() - s->work_ns;
}

void
live_service_reloading(void)
{
	(void)live_notify_reloading();
}

void
live_service_reloaded(const struct live_run *run)
{
	char lines[128];
	(void)snprintf(lines, sizeof(lines),
	    "READY=1\nSTATUS=forwarding, plan %llu of this process",
	    (unsigned long long)run->history.generation);
	(void)live_notify(lines);
}

void
live_service_close(struct live_run *run)
{
	struct live_service *s = run->service;
	if (s == NULL)
		return;
	(void)live_notify("STOPPING=1");
	live_http_close(s->http);
	s->http = NULL;
}

void
live_service_free(struct live_run *run)
{
	if (run->service == NULL)
		return;
	free(run->service->watched);
	free(run->service);
	run->service = NULL;
}
