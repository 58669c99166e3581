/* SPDX-License-Identifier: MIT */
#ifndef LIVE_STATE_RUN_PARTS_H
#define LIVE_STATE_RUN_PARTS_H
/*
 * The state of the control process, for the rooms that it is divided into:
 *
 *   draft       a configuration on its way into force
 *   interfaces  what is attached where
 *   probing     what probes say, and who is up
 *   reload      another configuration in place of this one
 *   readdress   the same, when the machine's own addresses changed
 *   service     what others see of the process, and what it may do
 *   run         the loop: start, timers, signals, end
 *
 * All of it belongs to one thread.
 */
#include <net/if.h>
#include <uv.h>

#include "live/bpf/forwarder.h"
#include "live/bpf/sweeper.h"
#include "live/bpf/tap.h"
#include "live/check/settings.h"
#include "live/control/control.h"
#include "live/net/answers.h"
#include "live/net/claims.h"
#include "live/net/netlink.h"
#include "live/net/nexthops.h"
#include "live/net/resets.h"
#include "live/probe/health.h"
#include "live/probe/probers.h"
#include "live/state/overrides.h"

#define LIVE_INTERFACES_MAX 256u

/* What happened since the process began. */
struct live_history {
	struct timespec started, since; /* CLOCK_REALTIME; of the plan */
	uint64_t generation;            /* of the plan: 1 is the first */
	uint64_t reloads_refused;
};

/* How many of a configuration's local_addresses and local_subnets the file
 * names, and live_host_digest() when the others were added. */
struct live_local {
	size_t addresses, subnets;
	uint64_t digest;
};

struct live_run {
	const struct live_settings *settings;
	/* In force; they change together, by live_draft_take(). */
	struct lb_config *config;
	/* What the configuration has of its own lists of addresses and subnets
	 * stands first there; then comes what the machine says. */
	struct live_local own_local;
	struct lb_plan *plan;
	struct live_health *health;
	enum lb_admin_state *admin_file; /* as the file has them, by pool and
					    member; config has them as they
					    are in force */
	struct live_overrides overrides;
	struct live_forwarder *forwarder;
	struct live_netlink *netlink;
	struct live_nexthops *hops;
	struct live_sweeper *sweeper;
	struct live_resets *resets;
	struct live_probers *probers;
	struct live_service *service;
	struct live_snat *snat;
	struct live_control *control;
	struct live_capture *capture; /* NULL: nobody captures */
	struct live_tap *tap;         /* NULL: nothing is handed over */
	struct live_answers *answers;
	struct live_claims *claims;
	struct live_history history;
	uv_loop_t loop;
	uv_signal_t hup, term, interrupt;
	uv_timer_t sweep, refresh, settle, apply;
	uv_poll_t hear;
	bool loop_open;
	/* Interfaces as they were last seen, for who tells what became of
	 * them. */
	struct {
		char name[IF_NAMESIZE];
		uint32_t ifindex; /* 0: there is none of that name */
		bool works;       /* it is up, and has a carrier */
	} seen[LIVE_INTERFACES_MAX];
	size_t seen_count;
	/* What a reload could not do and is tried again: interfaces that have
	 * the program before yet, maps of this one. */
	struct {
		bool attach, claims, tap;
	} due;
};

#endif
