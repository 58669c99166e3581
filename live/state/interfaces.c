/* SPDX-License-Identifier: MIT */
#include "live/state/interfaces.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "live/check/precheck.h"
#include "live/check/rule_notes.h"
#include "live/net/host.h"
#include "live/out/log.h"

#define INTERFACES_MAX LIVE_INTERFACES_MAX
/* Members that are warned of by name. */
#define WARNED_MAX 16u

struct wanted {
	const char *name[INTERFACES_MAX];
	uint32_t ifindex[INTERFACES_MAX]; /* 0: there is none of that name */
	size_t count;
};

static struct wanted
wanted_interfaces(const struct live_settings *s, const struct lb_config *config)
{
	struct wanted w = { .count = s->interface_count };
	bool configured = s->interface_count == 0;
	if (configured)
		w.count = config->interface_count;
	if (w.count > INTERFACES_MAX)
		w.count = INTERFACES_MAX;
	for (size_t i = 0; i < w.count; i++) {
		w.name[i] =
		    configured ? config->interfaces[i] : s->interfaces[i];
		w.ifindex[i] = if_nametoindex(w.name[i]);
	}
	return w;
}

static bool
is_wanted(const struct wanted *w, uint32_t ifindex)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->ifindex[i] == ifindex)
			return true;
	return false;
}

static void
log_attached(const struct live_run *run, const char *name,
    const struct live_attachment *how)
{
	enum live_mode asked = run->settings->mode;
	live_log(LIVE_INFO, how->adopted ? "adopted" : "attached",
	    "s:s, s:s, s:s", "interface", name, "mode",
	    live_mode_name(how->mode), "by",
	    how->beside ? "dispatcher" : "bpf_link");
	if (run->settings->beside && !how->beside)
		live_log(LIVE_WARNING, "beside", "s:s, s:s", "interface", name,
		    "message",
		    how->adopted ? "what is attached stays by a bare bpf_link: "
				   "--detach it first to change that"
				 : "by a bare bpf_link, with no room for other "
				   "XDP programs: fairlead was built without "
				   "libxdp, this kernel has no program "
				   "extensions, or CAP_SYS_ADMIN is missing, "
				   "which is given up after the start");
	if (asked != LIVE_MODE_AUTO && asked != how->mode)
		live_log(LIVE_WARNING, "mode", "s:s, s:s", "interface", name,
		    "message",
		    "what is attached stays in its mode: --detach it first to "
		    "change that");
	else if (how->mode == LIVE_MODE_GENERIC && asked == LIVE_MODE_AUTO &&
		 !how->adopted)
		live_log(LIVE_WARNING, "mode", "s:s, s:s", "interface", name,
		    "message",
		    "native XDP was refused (driver or MTU): generic XDP "
		    "forwards several times slower");
}

/* false: said why. */
static bool
attach_one(struct live_run *run, const char *name, uint32_t ifindex)
{
	struct live_attachment how = {
		.error = "there is no such interface (ip link lists them)"
	};
	if (ifindex != 0 &&
	    live_forwarder_attach(run->forwarder, ifindex, run->settings->mode,
		run->settings->beside, &how) == 0) {
		log_attached(run, name, &how);
		return true;
	}
	live_log(LIVE_ERROR, "attach", "s:s, s:s", "interface", name, "message",
	    how.error);
	return false;
}

/* What it was called while it was there; NULL: it never was. */
static const char *
name_seen(const struct live_run *run, uint32_t ifindex)
{
	for (size_t i = 0; i < run->seen_count; i++)
		if (run->seen[i].ifindex == ifindex)
			return run->seen[i].name;
	return NULL;
}

/* why: unless the interface is gone. */
static void
detach_one(struct live_run *run, uint32_t ifindex, const char *why)
{
	char text[IF_NAMESIZE];
	const char *name = if_indextoname(ifindex, text);
	bool gone = name == NULL;
	if (gone)
		name = name_seen(run, ifindex);
	if (live_forwarder_detach(run->forwarder, ifindex) == 0)
		live_log(gone ? LIVE_WARNING : LIVE_INFO, "detached",
		    "s:s?, s:i, s:s", "interface", name, "ifindex",
		    (int)ifindex, "message",
		    gone ? "the interface is gone, and what went by it is not "
			   "forwarded; if it is named yet, it is attached to "
			   "again when it comes back"
			 : why);
	else
		live_log(LIVE_WARNING, "detach", "s:s?, s:i, s:s", "interface",
		    name, "ifindex", (int)ifindex, "message",
		    "it goes on forwarding: libxdp takes CAP_SYS_ADMIN, which "
		    "is given up after the start: start it anew");
}

/* --- up and down --------------------------------------------------------- */

static void
on_link(void *arg, const struct live_link *link)
{
	struct live_run *run = arg;
	for (size_t i = 0; i < run->seen_count; i++) {
		const bool works = link->up && link->carrier;
		if (run->seen[i].ifindex != link->ifindex ||
		    run->seen[i].works == works)
			continue;
		run->seen[i].works = works;
		live_log(works ? LIVE_INFO : LIVE_WARNING, "link", "s:s, s:s",
		    "interface", run->seen[i].name, "message",
		    works      ? "it is up"
		    : link->up ? "it has no carrier, and nothing comes or goes "
				 "by it: its cable, or what is at the other end"
			       : "it is down, and nothing comes or goes by it "
				 "(ip link set IF up)");
	}
}

/* What is not told yet; of who is there for the first time that it is down. */
static void
tell_links(struct live_run *run, const struct wanted *w)
{
	for (size_t i = 0; i < w->count; i++) {
		bool same = i < run->seen_count &&
			    run->seen[i].ifindex == w->ifindex[i] &&
			    strcmp(run->seen[i].name, w->name[i]) == 0;
		if (same)
			continue;
		(void)snprintf(run->seen[i].name, sizeof(run->seen[i].name),
		    "%s", w->name[i]);
		run->seen[i].ifindex = w->ifindex[i];
		run->seen[i].works = true;
	}
	run->seen_count = w->count;
	(void)live_netlink_links(run->netlink, on_link, run);
}

/* --- all of them --------------------------------------------------------- */

/* Off those that are no longer named. */
static void
detach_others(struct live_run *run, const struct wanted *w)
{
	uint32_t links[INTERFACES_MAX];
	size_t count =
	    live_forwarder_links(run->forwarder, links, INTERFACES_MAX);
	for (size_t i = 0; i < count; i++)
		if (!is_wanted(w, links[i]))
			detach_one(run, links[i],
			    "it is not among the interfaces any more");
}

/* By who was there before. */
static bool
any_attached(const struct live_run *run, const struct wanted *w)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->ifindex[i] != 0 &&
		    live_forwarder_attached(run->forwarder, w->ifindex[i]))
			return true;
	return false;
}

/* All of them, or those that were attached by this are taken off again.  A
 * restart may not fail because of an interface that is gone: packets go on by
 * the others, and somebody has to look after them. */
bool
live_interfaces_attach(struct live_run *run)
{
	struct wanted w = wanted_interfaces(run->settings, run->config);
	bool new[INTERFACES_MAX] = { false };
	const bool forwards = any_attached(run, &w);
	for (size_t i = 0; i < w.count; i++) {
		new[i] = w.ifindex[i] != 0 &&
			 !live_forwarder_attached(run->forwarder, w.ifindex[i]);
		if (attach_one(run, w.name[i], w.ifindex[i]) ||
		    (forwards && w.ifindex[i] == 0))
			continue;
		new[i] = false;
		while (i-- > 0)
			if (new[i])
				detach_one(run, w.ifindex[i],
				    "taken off again: the start failed at "
				    "another interface");
		return false;
	}
	detach_others(run, &w);
	tell_links(run, &w);
	return true;
}

/* Interfaces that came (back) since; program: it is another one now, which all
 * have to get, because who is up is told to no other. */
void
live_interfaces_again(struct live_run *run, bool program)
{
	struct wanted w = wanted_interfaces(run->settings, run->config);
	const bool all = program || run->due.attach;
	run->due.attach = false;
	for (size_t i = 0; i < w.count; i++)
		if (w.ifindex[i] != 0 &&
		    (all || !live_forwarder_attached(
				run->forwarder, w.ifindex[i])) &&
		    !attach_one(run, w.name[i], w.ifindex[i]))
			run->due.attach |= all;
	detach_others(run, &w);
	tell_links(run, &w);
}

size_t
live_interfaces_now(const struct live_run *run,
    struct live_interface_now at[LIVE_INTERFACES_MAX])
{
	struct wanted w = wanted_interfaces(run->settings, run->config);
	for (size_t i = 0; i < w.count; i++)
		at[i] = (struct live_interface_now){ w.name[i],
			w.ifindex[i] != 0 &&
			    live_forwarder_attached(
				run->forwarder, w.ifindex[i]) };
	return w.count;
}

/* --- members ------------------------------------------------------------- */

static void
warn_member(
    void *arg, enum live_finding finding, const char *about, const char *text)
{
	unsigned *count = arg;
	(void)finding; /* it is late for more than a warning */
	if ((*count)++ < WARNED_MAX)
		live_log(LIVE_WARNING, "way", "s:s, s:s", "member", about,
		    "message", text);
}

/* Frontends whose other ports are the machine's own. */
static void
warn_exposed(const struct lb_config *config)
{
	unsigned count = 0;
	for (size_t i = 0; i < config->frontend_count; i++)
		if (!live_frontend_closed(config, i) &&
		    live_host_has(&config->frontends[i].address) &&
		    count++ < WARNED_MAX)
			live_log(LIVE_WARNING, "exposed", "s:s, s:s",
			    "frontend", config->frontends[i].name, "message",
			    LIVE_FRONTEND_OPEN);
	if (count > WARNED_MAX)
		live_log(LIVE_WARNING, "exposed", "s:i, s:s", "frontends",
		    (int)(count - WARNED_MAX), "message",
		    "and so many more: fairlead live --dry-run lists them");
}

void
live_interfaces_warn(const struct live_run *run)
{
	unsigned count = 0;
	warn_exposed(run->config);
	live_precheck_members(
	    run->settings, run->config, run->netlink, warn_member, &count);
	if (count > WARNED_MAX)
		live_log(LIVE_WARNING, "way", "s:i, s:s", "members",
		    (int)(count - WARNED_MAX), "message",
		    "and so many more: fairlead live --dry-run lists them");
}
