/* SPDX-License-Identifier: MIT */
#include "live/check/switching.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "model/health/health.h"
#include "model/config/names.h"

struct teller {
	live_switching_tell *tell;
	void *arg;
	unsigned count;
};

static void say(struct teller *t, const char *about, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
say(struct teller *t, const char *about, const char *format, ...)
{
	char text[LIVE_SWITCHING_BYTES];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	t->tell(t->arg, about, text);
	t->count++;
}

static void
tell_hash_key(struct teller *t, const struct lb_config *config)
{
	if (!config->hash_key_set)
		say(t, "load_balancer.hash_key",
		    "none is set: sim takes a fixed one, live draws one and "
		    "logs it (event forwarding); for the same member of every "
		    "flow, set it here, or give sim that one by --hash-key");
}

static void
tell_interfaces(struct teller *t, const struct lb_config *config)
{
	if (config->interface_count == 0)
		say(t, "forwarding.interfaces",
		    "none are named, and sim needs none: live wants those that "
		    "clients' packets and members' answers come in by, here or "
		    "by --interface");
}

/* What sim makes of a probe's protocol, and a real member may not. */
static const char *
made_up(const struct lb_config_probe *probe)
{
	switch (probe->protocol) {
	case LB_PROBE_HTTP:
		return "every member that is up answers 200 at any path";
	case LB_PROBE_HTTPS:
		return "every member that is up answers 200 at any path, and "
		       "there are no certificates";
	case LB_PROBE_UDP:
		return "every member that is up replies to the datagram";
	case LB_PROBE_COAP:
		return probe->psk_identity != NULL
			   ? "every member that is up answers, and there is no "
			     "DTLS"
			   : "every member that is up answers";
	case LB_PROBE_DNS:
		return "every member that is up answers the query";
	default:
		return "every member that is up accepts";
	}
}

static void
tell_probe(struct teller *t, const struct lb_config_probe *probe)
{
	uint64_t needed = lb_probe_needed(probe, LB_ANSWER_GOOD);
	say(t, probe->name,
	    "%s port %u is really asked, from this machine; in sim %s, unless "
	    "the scenario says otherwise",
	    lb_probe_protocol_name(probe->protocol), probe->port,
	    made_up(probe));
	say(t, probe->name,
	    "sim begins with every member up; live with none, until %" PRIu64
	    " good answer%s in a row, so for at most %g s and the answers' "
	    "time nobody gets new flows by it",
	    needed, needed == 1 ? "" : "s",
	    (double)(needed * probe->interval_ms) / 1000);
}

static void
tell_resets(struct teller *t, const struct lb_config *config)
{
	for (size_t i = 0; i < config->rule_count; i++)
		if (config->rules[i].tcp_reset)
			say(t, config->rules[i].name,
			    "sim resets its flows at the idle timeout itself; "
			    "live up to a second later, and only while the "
			    "control process runs");
}

static void
tell_addresses(struct teller *t)
{
	say(t, "forwarding.local_addresses, .local_subnets",
	    "sim knows what stands there; live adds this machine's own "
	    "addresses, and its subnets with members in them");
}

static void
tell_way(struct teller *t, const struct lb_config *config)
{
	if (config->forwarding == LB_FORWARDING_NAT)
		say(t, "forwarding.mode",
		    "sim's answers always pass the balancer; live's do when it "
		    "is the members' way to the clients: their default route");
}

unsigned
live_switching(
    const struct lb_config *config, live_switching_tell *tell, void *arg)
{
	struct teller t = { tell, arg, 0 };
	tell_hash_key(&t, config);
	tell_interfaces(&t, config);
	tell_way(&t, config);
	tell_addresses(&t);
	for (size_t i = 0; i < config->probe_count; i++)
		tell_probe(&t, &config->probes[i]);
	tell_resets(&t, config);
	return t.count;
}
