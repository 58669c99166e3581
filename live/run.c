/* SPDX-License-Identifier: MIT */
#include "live/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "live/check/switching.h"
#include "live/commands/control_capture.h"
#include "live/commands/control_commands.h"
#include "live/commands/readdress.h"
#include "live/commands/reload.h"
#include "live/out/log.h"
#include "live/seen/service.h"
#include "live/seen/snat.h"
#include "live/state/draft.h"
#include "live/state/interfaces.h"
#include "live/state/overriding.h"
#include "live/state/probing.h"
#include "model/config/names.h"

/* After a change of links, addresses or routes: several come together. */
#define SETTLE_MS 50u
/* Stale neighbours are asked again; what no event told is found. */
#define REFRESH_MS 5000u

/* --- events -------------------------------------------------------------- */

static void
flow_ended(void *arg, const struct lb_expired *flow)
{
	const struct live_run *run = arg;
	(void)live_resets_send(run->resets, run->plan, flow);
}

static void
on_sweep(uv_timer_t *timer)
{
	struct live_run *run = timer->data;
	uint32_t rounds = live_sweeper_rounds(run->sweeper);
	uint64_t freed = live_sweeper_freed(run->sweeper);
	live_log_turn();
	(void)live_sweeper_tick(run->sweeper,
	    live_forwarder_now_ms(run->forwarder), flow_ended, run);
	live_snat_tick(run);
	live_capture_look(run);
	freed = live_sweeper_freed(run->sweeper) - freed;
	if (freed > 0)
		live_log(LIVE_WARNING, "snat_ports_freed", "s:I, s:s", "ports",
		    (json_int_t)freed, "message",
		    "they were taken and no flow had them: the process "
		    "before this one was killed while it ended them");
	if (live_sweeper_rounds(run->sweeper) != rounds)
		live_overriding_counted(run);
}

static void
on_refresh(uv_timer_t *timer)
{
	struct live_run *run = timer->data;
	live_readdress(run);
	int rc = live_nexthops_refresh(run->hops);
	if (rc != 0)
		live_log(
		    LIVE_WARNING, "netlink", "s:s", "message", live_errno(rc));
	live_reload_rest(run);
	rc = live_claims_refresh(run->claims, run->forwarder);
	if (rc != 0)
		live_log(
		    LIVE_WARNING, "netlink", "s:s", "message", live_errno(rc));
}

static void
heard_neighbour(void *arg, const struct live_neighbour *neighbour)
{
	struct live_run *run = arg;
	live_nexthops_neighbour(run->hops, neighbour);
}

static void
heard_change(void *arg)
{
	struct live_run *run = arg;
	if (!uv_is_active((uv_handle_t *)&run->settle))
		(void)uv_timer_start(&run->settle, on_refresh, SETTLE_MS, 0);
}

static void
on_netlink(uv_poll_t *poll, int status, int events)
{
	static const struct live_netlink_events heard = {
		.neighbour = heard_neighbour,
		.changed = heard_change,
		.lost = heard_change,
	};
	struct live_run *run = poll->data;
	(void)status;
	(void)events;
	live_netlink_hear(run->netlink, &heard, run);
}

static void
on_signal(uv_signal_t *handle, int number)
{
	struct live_run *run = handle->data;
	if (number == SIGHUP) {
		live_service_work_begin(run);
		live_reload(run, false, NULL);
		live_service_work_end(run);
		return;
	}
	live_log(LIVE_INFO, "ended", "s:s, s:s, s:s", "signal",
	    number == SIGTERM ? "SIGTERM" : "SIGINT", "pins",
	    live_forwarder_folder(run->forwarder), "message",
	    "forwarding goes on without the control process; fairlead live "
	    "--detach ends it");
	uv_stop(&run->loop);
}

static int
watch_signal(struct live_run *run, uv_signal_t *handle, int number)
{
	handle->data = run;
	int rc = uv_signal_init(&run->loop, handle);
	return rc == 0 ? uv_signal_start(handle, on_signal, number) : rc;
}

static int
every(struct live_run *run, uv_timer_t *timer, uv_timer_cb what, uint64_t ms)
{
	timer->data = run;
	int rc = uv_timer_init(&run->loop, timer);
	return rc == 0 && ms > 0 ? uv_timer_start(timer, what, ms, ms) : rc;
}

static void
heard_packet(void *arg, const struct live_tap_packet *packet)
{
	struct live_run *run = arg;
	if (packet->kind == LIVE_TAP_CAPTURED)
		live_capture_heard(run, packet);
	else if (packet->kind == LIVE_TAP_CLAIMED)
		live_claims_heard(run->claims, packet);
	else
		(void)live_answers_send(
		    run->answers, packet, run->config, uv_hrtime());
}

/* First of all, so that a signal during the start waits for its end. */
static int
loop_open(struct live_run *run)
{
	int rc = uv_loop_init(&run->loop);
	run->loop_open = rc == 0;
	if (rc == 0)
		rc = watch_signal(run, &run->hup, SIGHUP);
	if (rc == 0)
		rc = watch_signal(run, &run->term, SIGTERM);
	if (rc == 0)
		rc = watch_signal(run, &run->interrupt, SIGINT);
	return rc;
}

static int
loop_fill(struct live_run *run)
{
	int rc = every(run, &run->sweep, on_sweep, LIVE_SWEEP_MS);
	if (rc == 0)
		rc = every(run, &run->refresh, on_refresh, REFRESH_MS);
	if (rc == 0)
		rc = every(run, &run->settle, NULL, 0);
	if (rc == 0)
		rc = every(run, &run->apply, NULL, 0);
	run->hear.data = run;
	if (rc == 0)
		rc = uv_poll_init(
		    &run->loop, &run->hear, live_netlink_fd(run->netlink));
	if (rc == 0)
		rc = uv_poll_start(&run->hear, UV_READABLE, on_netlink);
	return rc;
}

static void
close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void
loop_close(struct live_run *run)
{
	if (!run->loop_open)
		return;
	uv_walk(&run->loop, close_handle, NULL);
	(void)uv_run(&run->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&run->loop);
}

/* --- start --------------------------------------------------------------- */

static void
log_start(const struct live_run *run)
{
	char key[LB_HASH_KEY_TEXT];
	uint32_t known, unknown;
	(void)lb_hash_key_text(run->plan->hash_key, key);
	struct forward_total total = { 0 };
	live_nexthops_count(run->hops, &known, &unknown);
	(void)live_forwarder_total(run->forwarder, &total);
	live_log(LIVE_INFO, "forwarding",
	    "s:s, s:s, s:b, s:I, s:I, s:i, s:i, s:i", "pins",
	    live_forwarder_folder(run->forwarder), "hash_key", key, "adopted",
	    live_forwarder_adopted(run->forwarder), "connections",
	    (json_int_t)lb_live_count(
		live_engine_tables(live_forwarder_engine(run->forwarder))),
	    "packets", (json_int_t)total.packets, "rules",
	    (int)run->config->rule_count, "members_resolved", (int)known,
	    "members_unresolved", (int)unknown);
}

static enum live_end
refuse(const char *event, const char *message)
{
	live_log(LIVE_ERROR, event, "s:s", "message", message);
	return LIVE_REFUSED;
}

static void
log_difference(void *arg, const char *about, const char *text)
{
	(void)arg;
	live_log(LIVE_INFO, "unlike_sim", "s:s, s:s", "about", about, "message",
	    text);
}

/* Connections go on under the key that they were made with. */
static void
warn_of_key(const struct live_draft *d, const uint8_t *in_force)
{
	if (d->key_is_asked &&
	    memcmp(d->key_asked, in_force, sizeof(d->key_asked)) != 0)
		live_log(LIVE_WARNING, "hash_key", "s:s", "message",
		    "the configuration's hash_key is not that of what is "
		    "adopted, which stays in force: under another one no open "
		    "connection is found; --detach, which ends them, and start "
		    "anew to change that");
}

static enum live_end
start_plan(struct live_run *run)
{
	char error[LIVE_ERROR_BYTES] = "no memory";
	struct live_draft d = { 0 };
	if (live_draft_read(&d, run) != 0) {
		live_draft_log(&d);
		live_draft_free(&d);
		return LIVE_INVALID;
	}
	(void)live_switching(d.config, log_difference, NULL);
	run->forwarder = live_forwarder_open(run->settings->pin_name,
	    d.config->hash_key_set ? d.config->hash_key : NULL, error,
	    sizeof(error));
	if (run->forwarder == NULL) {
		live_draft_free(&d);
		return refuse("start", error);
	}
	live_overriding_adopt(run);
	enum live_end end = LIVE_REFUSED;
	int rc =
	    live_draft_complete(&d, live_forwarder_hash_key(run->forwarder));
	if (rc == 0) {
		warn_of_key(&d, live_forwarder_hash_key(run->forwarder));
		end = live_draft_compile(
		    &d, live_forwarder_before(run->forwarder), NULL);
	}
	if (end == LIVE_ENDED)
		end = live_draft_health(&d, run);
	live_draft_log(&d);
	if (end == LIVE_ENDED)
		live_draft_take(run, &d);
	live_draft_free(&d);
	if (end != LIVE_ENDED)
		return end;
	live_overriding_prune(run);
	if (live_forwarder_load(run->forwarder, run->plan,
		run->config->forwarding == LB_FORWARDING_NAT, error,
		sizeof(error)) != 0)
		return refuse("load", error);
	return LIVE_ENDED;
}

/* Before anything forwards: who starts a second one by mistake hears so. */
static bool
start_control(struct live_run *run)
{
	char path[128], error[LIVE_ERROR_BYTES];
	const struct live_settings *s = run->settings;
	(void)live_control_path(s->pin_name, path, sizeof(path));
	run->control = live_control_open(&run->loop,
	    s->control != NULL ? s->control : path, live_control_command, run,
	    error, sizeof(error));
	if (run->control == NULL)
		live_log(LIVE_ERROR, "control", "s:s", "message", error);
	return run->control != NULL;
}

static enum live_end
start_network(struct live_run *run)
{
	char error[LIVE_ERROR_BYTES];
	const struct live_engine *engine =
	    live_forwarder_engine(run->forwarder);
	run->netlink = live_netlink_open();
	if (run->netlink == NULL)
		return refuse("netlink", live_errno(errno));
	run->hops = live_nexthops_new(run->netlink);
	run->sweeper = live_sweeper_new(live_engine_tables(engine));
	if (run->hops == NULL || run->sweeper == NULL ||
	    live_snat_open(run) != 0)
		return refuse("start", "no memory");
	run->resets = live_resets_new();
	run->answers = live_answers_new();
	if (run->resets == NULL || run->answers == NULL)
		return refuse("raw sockets", live_errno(errno));
	int rc = live_nexthops_use(run->hops, engine, run->plan);
	if (rc != 0)
		return refuse("netlink", live_errno(rc));
	run->claims = live_claims_open(&run->loop, run->netlink);
	if (run->claims == NULL)
		return refuse("packet socket", live_errno(errno));
	rc = live_claims_use(run->claims, run->forwarder, run->config);
	if (rc != 0)
		return refuse("addresses", live_errno(rc));
	rc = loop_fill(run);
	if (rc != 0)
		return refuse("start", uv_strerror(rc));
	run->tap = live_tap_open(&run->loop, engine, heard_packet, run);
	if (run->tap == NULL)
		return refuse("start", live_errno(errno));
	run->probers = live_probers_new(&run->loop, live_probing_heard, run);
	if (run->probers == NULL)
		return refuse("start", "no memory");
	if (live_service_open(run, error, sizeof(error)) != 0)
		return refuse("metrics", error);
	return start_control(run) && live_interfaces_attach(run) ? LIVE_ENDED
								 : LIVE_REFUSED;
}

/* Packets are forwarded: from here on it only keeps that true. */
static enum live_end
keep_on(struct live_run *run)
{
	char error[LIVE_ERROR_BYTES];
	log_start(run);
	int rc = live_claims_refresh(run->claims, run->forwarder);
	if (rc != 0)
		return refuse("netlink", live_errno(rc));
	live_interfaces_warn(run);
	if (live_service_ready(run, error, sizeof(error)) != 0)
		return refuse("start", error);
	live_probing_use(run);
	(void)uv_run(&run->loop, UV_RUN_DEFAULT);
	return LIVE_ENDED;
}

enum live_end
live_run(const struct live_settings *settings)
{
	struct live_run run = { .settings = settings };
	(void)clock_gettime(CLOCK_REALTIME, &run.history.started);
	int rc = loop_open(&run);
	enum live_end end =
	    rc == 0 ? start_plan(&run) : refuse("start", uv_strerror(rc));
	if (end == LIVE_ENDED)
		end = start_network(&run);
	if (end == LIVE_ENDED)
		end = keep_on(&run);
	live_control_close(run.control);
	live_probing_close(&run);
	live_service_close(&run);
	live_tap_close(run.tap);
	live_claims_close(run.claims);
	loop_close(&run);
	live_service_free(&run);
	live_snat_free(&run);
	live_sweeper_free(run.sweeper);
	live_answers_free(run.answers);
	live_resets_free(run.resets);
	live_nexthops_free(run.hops);
	live_netlink_close(run.netlink);
	live_forwarder_close(run.forwarder);
	live_health_free(run.health);
	lb_plan_free(run.plan);
	lb_config_free(run.config);
	free(run.admin_file);
	live_overrides_free(&run.overrides);
	live_log_end();
	return end;
}
