/* SPDX-License-Identifier: MIT */
#include "live/check/rule_notes.h"

#include <stdio.h>

#include "model/config/names.h"

#define TEXT_BYTES 512u

static bool
is_hop(const struct lb_config *config, size_t rule)
{
	return (int)rule == config->next_hop_rule4 ||
	       (int)rule == config->next_hop_rule6;
}

/* Do members leave by a rule's frontend, when no outbound rule says how? */
static bool
lets_out(const struct lb_config *config, const struct lb_config_rule *rule)
{
	return rule->frontend >= 0 && rule->outbound_snat &&
	       !lb_is_private(&config->frontends[rule->frontend].address);
}

static void
add_rules(struct live_pool_use *use, const struct lb_config *config, int pool)
{
	for (size_t r = 0; r < config->rule_count; r++) {
		const struct lb_config_rule *rule = &config->rules[r];
		if (rule->pool != pool)
			continue;
		const bool floats = lb_config_rule_floats(config, rule);
		use->answers |= !floats || lets_out(config, rule);
		use->hairpin |= !floats;
		if (is_hop(config, r))
			use->hop = rule->name;
	}
}

struct live_pool_use
live_pool_use(const struct lb_config *config, size_t pool)
{
	struct live_pool_use use = { 0 };
	add_rules(&use, config, (int)pool);
	for (size_t i = 0; i < config->nat_count; i++)
		use.answers |= config->nats[i].pool == (int)pool &&
			       !config->nats[i].floating_ip;
	for (size_t i = 0; i < config->outbound_count; i++)
		use.answers |= config->outbounds[i].pool == (int)pool;
	return use;
}

bool
live_frontend_closed(const struct lb_config *config, size_t frontend)
{
	bool tcp = config->otherwise[LB_SWITCH_NO_RULE], udp = tcp;
	for (size_t r = 0; r < config->rule_count; r++) {
		const struct lb_config_rule *rule = &config->rules[r];
		if (rule->frontend != (int)frontend || rule->frontend_port != 0)
			continue;
		tcp |= rule->proto != LB_PROTO_UDP;
		udp |= rule->proto != LB_PROTO_TCP;
	}
	return tcp && udp;
}

/* --- floating IP --------------------------------------------------------- */

static void
note_floating(const struct lb_config *config, const struct lb_config_rule *rule,
    void (*tell)(void *arg, enum live_finding finding, const char *about,
	const char *text),
    void *arg)
{
	char address[64], port[16] = "all ports", text[TEXT_BYTES];
	const struct lb_addr *frontend =
	    &config->frontends[rule->frontend].address;
	(void)lb_addr_text(frontend, address, sizeof(address));
	if (rule->backend_port != 0)
		(void)snprintf(port, sizeof(port), "port %u",
		    (unsigned)rule->backend_port);
	(void)snprintf(text, sizeof(text),
	    "floating IP: each member needs %s on a loopback and listens on %s "
	    "there: ip addr add %s/%u dev lo%s",
	    address, port, address, lb_addr_is_v4(frontend) ? 32 : 128,
	    lb_addr_is_v4(frontend)
		? "; sysctl -w net.ipv4.conf.all.arp_ignore=1 "
		  "net.ipv4.conf.all.arp_announce=2"
		: "");
	tell(arg, LIVE_WOULD, rule->name, text);
}

void
live_rule_notes(const struct lb_config *config,
    void (*tell)(void *arg, enum live_finding finding, const char *about,
	const char *text),
    void *arg)
{
	for (size_t r = 0; r < config->rule_count; r++)
		if (config->rules[r].frontend >= 0 && !is_hop(config, r) &&
		    lb_config_rule_floats(config, &config->rules[r]))
			note_floating(config, &config->rules[r], tell, arg);
}
