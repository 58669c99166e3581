/* SPDX-License-Identifier: MIT */
#include "tests/sim/random_scene.h"

#include <stdlib.h>
#include <string.h>

#include "model/config/names.h"
#include "tests/unit.h"

#define MS_S   UINT64_C(1000)
#define DAY_MS UINT64_C(86400000)

/* --- chances ------------------------------------------------------------- */

static const char *
one_of(struct chance *c, const char *const *words, uint32_t count)
{
	return words[chance_below(c, count)];
}

#define ONE_OF(c, ...)                                                         \
	one_of(c, (const char *const[]){ __VA_ARGS__ },                        \
	    (uint32_t)LB_COUNT(((const char *const[]){ __VA_ARGS__ })))

/* --- the configuration --------------------------------------------------- */

/* What has been decided so far. */
struct draft {
	struct chance c;
	struct random_scene *s;
	FILE *to;
	unsigned pool_count, pool_size[RANDOM_POOLS], probe_count;
	bool pool_six[RANDOM_POOLS];
	/* an HA-ports rule has its members alone */
	bool pool_used[RANDOM_POOLS], pool_shared[RANDOM_POOLS];
	bool pool_ha[RANDOM_POOLS];
	bool l2dsr;
	unsigned zones;  /* bits of those that somebody is in */
	bool rolls_over; /* the path's clock */
};

static void
write_sku(struct draft *d)
{
	struct chance *c = &d->c;
	const char *sku =
	    ONE_OF(c, "fairlead", "fairlead", "fairlead", "standard", "basic");

	d->s->is_azure = sku[0] != 'f';
	d->s->is_basic = sku[0] == 'b';
	(void)fprintf(d->to,
	    "load_balancer: { sku: %s, hash_key: %016llx%016llx }\n", sku,
	    (unsigned long long)chance_next(c),
	    (unsigned long long)chance_next(c));
	d->l2dsr = chance_percent(c, 8);
	if (d->l2dsr)
		(void)fprintf(d->to, "forwarding: { mode: l2dsr }\n");
	(void)fprintf(d->to,
	    "connection_table: { entries: %u, entries6: %u }\n",
	    chance_percent(c, 50) ? chance_between(c, 1, 8)
				  : chance_between(c, 1, 100),
	    chance_between(c, 1, 30));
}

/* Frontends 0 and 1 of either family; Azure has HA ports on private ones. */
static struct lb_addr
frontend_addr(const struct draft *d, bool six, unsigned number)
{
	struct lb_addr addr;
	char text[46];

	if (six)
		(void)snprintf(text, sizeof(text), "fd00:9::%u", number + 1);
	else
		(void)snprintf(text, sizeof(text),
		    d->s->is_azure ? "10.9.0.%u" : "203.0.113.%u", number + 1);
	if (!lb_addr_of_text(text, &addr))
		abort();
	return addr;
}

static void
write_frontends(struct draft *d)
{
	char text[46];

	(void)fprintf(d->to, "frontends:\n");
	for (unsigned six = 0; six < 2; six++)
		for (unsigned n = 0; n < 2; n++) {
			struct lb_addr addr = frontend_addr(d, six != 0, n);
			(void)fprintf(d->to, "  - { name: f%u%u, address: '%s'",
			    six, n, lb_addr_text(&addr, text, sizeof(text)));
			if (!d->s->is_basic && chance_percent(&d->c, 30)) {
				unsigned zone = chance_between(&d->c, 1, 2);
				(void)fprintf(d->to, ", zones: [%u]", zone);
				d->zones |= 1u << zone;
			}
			(void)fprintf(d->to, " }\n");
		}
}

static void
write_member(struct draft *d, unsigned pool, unsigned number, unsigned address)
{
	struct chance *c = &d->c;

	(void)fprintf(
	    d->to, "      - { name: %s, address: '", d->s->names[number]);
	if (d->pool_six[pool])
		(void)fprintf(d->to, "fd00::%x", address + 4);
	else
		(void)fprintf(d->to, "10.0.0.%u", address + 4);
	(void)fprintf(d->to, "'");
	if (!d->s->is_basic && chance_percent(c, 40)) {
		unsigned zone = chance_between(c, 1, 3);
		(void)fprintf(d->to, ", zone: %u", zone);
		d->zones |= 1u << zone;
	}
	if (chance_percent(c, 10))
		(void)fprintf(d->to, ", admin_state: %s",
		    ONE_OF(c, "up", "down", "none"));
	if (!d->s->is_azure && chance_percent(c, 15))
		(void)fprintf(
		    d->to, ", weight: %s", ONE_OF(c, "0", "1", "50", "300"));
	(void)fprintf(d->to, " }\n");
}

static void
write_pools(struct draft *d)
{
	struct chance *c = &d->c;
	unsigned left = chance_between(c, 1, RANDOM_MEMBERS), address = 0;
	const unsigned total = left;

	d->pool_count = chance_between(c, 1, RANDOM_POOLS);
	if (d->pool_count > left)
		d->pool_count = left;
	for (unsigned i = 0; i < total; i++)
		(void)snprintf(
		    d->s->names[i], sizeof(d->s->names[i]), "m%u", i);
	(void)fprintf(d->to, "pools:\n");
	for (unsigned p = 0; p < d->pool_count; p++) {
		unsigned rest = d->pool_count - p - 1;
		unsigned size =
		    rest == 0 ? left : chance_between(c, 1, left - rest);
		left -= size;
		d->pool_size[p] = size;
		d->pool_six[p] = chance_percent(c, 25);
		/* some have the names, and some the addresses, of others */
		bool same_names = p > 0 && chance_percent(c, 30);
		bool same_addresses = p > 0 && chance_percent(c, 20) &&
				      d->pool_six[p] == d->pool_six[0];
		if (same_addresses)
			memset(d->pool_shared, true, sizeof(d->pool_shared));
		(void)fprintf(d->to, "  - name: p%u\n    members:\n", p);
		for (unsigned m = 0; m < size; m++) {
			unsigned name = same_names ? m : address + m;
			write_member(
			    d, p, name, same_addresses ? m : address + m);
			if (!same_names)
				d->s->used[d->s->name_count++] =
				    d->s->names[name];
		}
		address += size;
	}
}

static void
write_probes(struct draft *d)
{
	struct chance *c = &d->c;

	d->probe_count = chance_below(c, 4);
	if (d->probe_count > 0)
		(void)fprintf(d->to, "probes:\n");
	for (unsigned p = 0; p < d->probe_count; p++) {
		const char *protocol = d->s->is_basic ? ONE_OF(c, "tcp", "http")
				       : d->s->is_azure
					   ? ONE_OF(c, "tcp", "http", "https")
					   : ONE_OF(c, "tcp", "http", "https",
						 "udp", "coap", "dns");
		(void)fprintf(d->to,
		    "  - { name: t%u, protocol: %s, port: %u, interval: ", p,
		    protocol, 700 + p);
		if (d->s->is_azure)
			(void)fprintf(d->to, "%us", chance_between(c, 5, 45));
		else
			(void)fprintf(
			    d->to, "%ums", chance_between(c, 300, 12000));
		(void)fprintf(
		    d->to, ", probe_threshold: %u", chance_between(c, 1, 4));
		if (chance_percent(c, 30))
			(void)fprintf(d->to, ", flap_damping: %us",
			    chance_between(c, 1, 40));
		if (protocol[0] == 'h' ||
		    (protocol[0] == 'c' && chance_percent(c, 50)))
			(void)fprintf(d->to, ", request_path: /up");
		(void)fprintf(d->to, " }\n");
	}
}

static void
write_algorithm(struct draft *d)
{
	struct chance *c = &d->c;
	const char *algorithm =
	    ONE_OF(c, "maglev", "rendezvous", "modulo", "stable", "stable");

	(void)fprintf(d->to, "      algorithm: %s, table_size: %s,\n",
	    algorithm,
	    ONE_OF(c, "1", "2", "3", "7", "13", "53", "251", "251", "1009"));
}

static void
write_idle(struct draft *d, const struct random_rule *r)
{
	struct chance *c = &d->c;

	if (d->s->is_basic && r->six)
		return;
	if (d->s->is_azure)
		(void)fprintf(
		    d->to, ", idle_timeout: %um", chance_between(c, 4, 30));
	else
		(void)fprintf(d->to, ", idle_timeout: %ss",
		    ONE_OF(c, "1", "5", "20", "61", "240", "3600"));
}

static bool
has_ha(const struct draft *d)
{
	for (unsigned i = 0; i < RANDOM_POOLS; i++)
		if (d->pool_ha[i])
			return true;
	return false;
}

static void
write_rule(struct draft *d, unsigned number, unsigned pool)
{
	struct chance *c = &d->c;
	struct random_rule *r = &d->s->rules[number];
	const bool ha = d->pool_ha[pool];
	/* On Azure nothing else beside HA ports that do not (AZ 5.3). */
	const bool floats =
	    chance_percent(c, 20) || (d->s->is_azure && has_ha(d));
	const unsigned frontend = chance_below(c, 2);

	/* each has the port of its number: no two can meet */
	r->proto = ha ? 0 : chance_percent(c, 55) ? LB_PROTO_TCP : LB_PROTO_UDP;
	r->port = ha ? 0 : (uint16_t)(80 + number);
	r->six = d->pool_six[pool];
	r->frontend = frontend_addr(d, r->six, ha ? 1 : frontend);
	(void)fprintf(d->to,
	    "  - { name: r%u, frontend: f%u%u, pool: p%u, protocol: %s,\n",
	    number, r->six, ha ? 1 : frontend, pool, lb_proto_name(r->proto));
	(void)fprintf(d->to,
	    "      frontend_port: %u, backend_port: %u,\n"
	    "      outbound_snat: false,\n",
	    r->port,
	    ha || floats || d->l2dsr || chance_percent(c, 30) ? r->port
							      : 8000 + number);
	write_algorithm(d);
	(void)fprintf(d->to, "      distribution: %s",
	    d->s->is_basic && r->six
		? "five-tuple"
		: ONE_OF(c, "five-tuple", "source-ip", "source-ip-protocol"));
	if (d->probe_count > 0 && chance_percent(c, 85))
		(void)fprintf(
		    d->to, ", probe: t%u", chance_below(c, d->probe_count));
	if (chance_percent(c, 50))
		(void)fprintf(d->to, ", connection_tracking: true");
	if (chance_percent(c, 30))
		(void)fprintf(d->to, ", no_healthy_backends: all-probed-up");
	if (floats)
		(void)fprintf(d->to, ", floating_ip: true");
	if (!d->s->is_basic && chance_percent(c, 20))
		(void)fprintf(d->to, ", tcp_reset: true");
	write_idle(d, r);
	(void)fprintf(d->to, " }\n");
}

static void
write_rules(struct draft *d)
{
	struct chance *c = &d->c;
	const unsigned wanted = chance_between(c, 1, RANDOM_RULES);
	bool ha_of_family[2] = { false, false };

	(void)fprintf(d->to, "rules:\n");
	for (unsigned i = 0; i < wanted; i++) {
		unsigned pool = chance_below(c, d->pool_count);
		bool *ha = &ha_of_family[d->pool_six[pool]];
		if (d->pool_ha[pool])
			continue;
		if (!d->pool_used[pool] && !d->pool_shared[pool] && !*ha &&
		    !d->s->is_basic && chance_percent(c, 15))
			d->pool_ha[pool] = *ha = true;
		d->pool_used[pool] = true;
		write_rule(d, d->s->rule_count++, pool);
	}
}

static void
write_config(struct draft *d)
{
	size_t bytes;

	d->to = open_memstream(&d->s->config, &bytes);
	UNIT_NEED(d->to);
	write_sku(d);
	write_frontends(d);
	write_pools(d);
	write_probes(d);
	write_rules(d);
	if (fclose(d->to) != 0)
		abort();
}

/* --- the faults ---------------------------------------------------------- */

static const enum lb_fault_kind kinds[] = {
	/* returns as often as goings */
	LB_FAULT_UP,
	LB_FAULT_UP,
	LB_FAULT_UP,
	LB_FAULT_CRASHED,
	LB_FAULT_CRASHED,
	LB_FAULT_REFUSING,
	LB_FAULT_REFUSING,
	LB_FAULT_HTTP_ERROR,
	LB_FAULT_HANGING,
	LB_FAULT_OFF,
	LB_FAULT_DEAF,
	LB_FAULT_SLOW,
	LB_FAULT_FLAPPING,
	LB_FAULT_FLAPPING,
	LB_FAULT_ADMIN_NONE,
	LB_FAULT_ADMIN_UP,
	LB_FAULT_ADMIN_DOWN,
	LB_FAULT_REMOVED,
	LB_FAULT_REMOVED,
	LB_FAULT_ADDED,
	LB_FAULT_WEIGHT,
	LB_FAULT_ZONE_DOWN,
	LB_FAULT_ZONE_DOWN,
	LB_FAULT_ZONE_UP,
	LB_FAULT_INSTANCE_DOWN,
	LB_FAULT_INSTANCE_UP,
};

static void
make_fault(struct draft *d, struct lb_fault *f, unsigned number, bool all)
{
	struct random_scene *s = d->s;
	struct chance *c = &d->c;

	*f = (struct lb_fault){
		.at_ms = chance_below(c, (uint32_t)s->duration_ms),
		.member = s->used[all ? number % s->name_count
				      : chance_below(c, s->name_count)],
		.kind = all && number < s->name_count
			    ? LB_FAULT_REFUSING
			    : kinds[chance_below(c, LB_COUNT(kinds))],
		.factor = chance_between(c, 1, 50) * LB_SCENE_ONE / 5,
		.period_ms = chance_between(c, 100, 40000),
		.weight = chance_percent(c, 50) ? 0 : chance_below(c, 500),
	};
	/* the witness lets every probe tick, for months then */
	if (d->rolls_over && f->kind == LB_FAULT_FLAPPING)
		f->kind = LB_FAULT_CRASHED;
	if (lb_fault_subject(f->kind) == LB_FAULT_OF_ZONE) {
		f->number = chance_between(c, 1, 3);
		f->member = NULL;
		if ((d->zones >> f->number & 1) == 0)
			make_fault(d, f, number, all);
	} else if (lb_fault_subject(f->kind) == LB_FAULT_OF_INSTANCE) {
		f->number = chance_between(c, 1, s->scene.instances);
		f->member = NULL;
	}
}

static void
make_faults(struct draft *d)
{
	struct random_scene *s = d->s;
	struct chance *c = &d->c;

	s->fault_count =
	    chance_percent(c, 15) ? 0 : chance_between(c, 1, RANDOM_FAULTS);
	if (chance_percent(c, 15))
		s->fault_count = 1; /* alone: it takes as long as it should */
	/* sometimes nobody is spared */
	bool all = chance_percent(c, 10);
	for (unsigned i = 0; i < s->fault_count; i++)
		make_fault(d, &s->faults[i], i, all);
}

/* --- the scene ----------------------------------------------------------- */

static void
make_servers(struct draft *d)
{
	struct random_scene *s = d->s;
	struct chance *c = &d->c;

	s->scene.servers = s->servers;
	for (unsigned i = 0; i < RANDOM_SERVERS && chance_percent(c, 30); i++) {
		s->scene.server_count++;
		s->servers[i] = (struct lb_server){
			.member = chance_percent(c, 30)
				      ? NULL
				      : s->used[chance_below(c, s->name_count)],
			.service_ns = chance_below(c, 2000000000),
			.distribution = chance_below(c, 3),
			.concurrency = chance_below(c, 3),
			.queue = chance_below(c, 4),
			.probe_answer = chance_percent(c, 70)
					    ? LB_PROBE_ANSWER_GOOD
					    : chance_below(c, 3),
		};
		if (chance_percent(c, 60))
			s->servers[i].service_ns /= 1000;
		if (!chance_percent(c, 25))
			continue;
		for (unsigned p = 0; p < LB_COUNT(s->ports); p++)
			s->ports[p] = (uint16_t)(p < 2 ? 80 + p : 8000 + p);
		s->ports[3] = (uint16_t)(700 + chance_below(c, 3));
		s->servers[i].ports = s->ports;
		s->servers[i].port_count = LB_COUNT(s->ports);
	}
}

static struct lb_link
draw_link(struct chance *c)
{
	struct lb_link link = {
		.latency_ns = chance_below(c, 200) * LB_NS_PER_MS,
	};

	if (chance_percent(c, 40))
		link.jitter_ns = chance_below(c, 300) * LB_NS_PER_MS;
	if (chance_percent(c, 40))
		link.loss = chance_below(c, 300000);
	return link;
}

static void
vary_tcp(struct chance *c, struct lb_traffic *t)
{
	t->requests = chance_between(c, 1, 5) * LB_SCENE_ONE;
	t->think_ms = chance_below(c, 2000);
	t->connections = chance_between(c, 1, 60);
	t->ramp_ms = chance_below(c, 5000);
	t->keepalive_ms =
	    chance_percent(c, 50) ? chance_between(c, 300, 20000) : 0;
	t->message_every_ms =
	    chance_percent(c, 50) ? chance_between(c, 200, 8000) : 0;
}

static void
vary_coap(struct chance *c, struct lb_traffic *t)
{
	t->devices = chance_between(c, 1, 40);
	t->addresses = chance_between(c, 1, 6);
	t->period_ms = chance_between(c, 500, 15000);
	t->jitter_ms = chance_below(c, 500);
	t->confirmable = chance_below(c, 1000001);
	t->observe = chance_percent(c, 50);
	t->notify_every_ms = chance_between(c, 300, 9000);
	t->confirm_every = chance_between(c, 1, 5);
	t->nat_timeout_ms =
	    chance_percent(c, 50) ? chance_between(c, 500, 20000) : 0;
	t->source_port = chance_percent(c, 50) ? 5683 : 0;
}

static void
make_traffic(struct draft *d, unsigned number)
{
	static const enum lb_profile of_tcp[] = { LB_PROFILE_WEB,
		LB_PROFILE_LONG_LIVED, LB_PROFILE_SYN_FLOOD };
	static const enum lb_profile of_udp[] = { LB_PROFILE_DNS,
		LB_PROFILE_UDP, LB_PROFILE_COAP_DEVICES };
	struct chance *c = &d->c;
	struct lb_traffic *t = &d->s->traffic[number];
	const unsigned rule = chance_below(c, d->s->rule_count);
	const uint8_t proto = d->s->rules[rule].proto;
	const bool tcp =
	    proto == LB_PROTO_TCP || (proto == 0 && chance_percent(c, 50));

	*t = lb_traffic_defaults((tcp ? of_tcp : of_udp)[chance_below(c, 3)]);
	(void)snprintf(
	    d->s->aims[number], sizeof(d->s->aims[number]), "r%u", rule & 7);
	t->rule = d->s->aims[number];
	t->arrivals = (enum lb_arrivals)chance_below(c, 4);
	t->rate = chance_between(c, 1, 60) * LB_SCENE_ONE / 2;
	t->clients = chance_between(c, 1, 60);
	t->zipf = chance_percent(c, 50) ? 0 : chance_below(c, 1500000);
	if (chance_percent(c, 30))
		t->start_ms = chance_below(c, 10000);
	if (chance_percent(c, 20))
		t->stop_ms = t->start_ms + chance_below(c, 20000);
	t->request_bytes = chance_between(c, 1, 1400);
	t->sizes = (enum lb_sizes)chance_below(c, 2);
	t->size_min = chance_between(c, 1, 4000);
	t->size_max = t->size_min + chance_below(c, 100000);
	t->tries = chance_between(c, 1, 4);
	t->timeout_ms = chance_between(c, 100, 6000);
	t->sources = (enum lb_flood_sources)chance_below(c, 3);
	if (tcp)
		vary_tcp(c, t);
	else
		vary_coap(c, t);
	if (t->profile == LB_PROFILE_COAP_DEVICES)
		t->size_max = t->size_min = 12;
}

/* Clients of its own, with or without the capture. */
static void
make_world(struct draft *d)
{
	struct random_scene *s = d->s;
	struct chance *c = &d->c;

	s->scene.traffic = s->traffic;
	s->scene.traffic_count = chance_between(c, 1, RANDOM_TRAFFIC);
	for (unsigned i = 0; i < s->scene.traffic_count; i++)
		make_traffic(d, i);
	s->duration_ms = chance_between(c, 500, 40000);
	s->scene.duration_ms = s->duration_ms;
	if (chance_percent(c, 70))
		s->scene.client_link = draw_link(c);
	if (chance_percent(c, 70))
		s->scene.member_link = draw_link(c);
	s->has_capture = chance_percent(c, 40);
	s->case_count = chance_between(c, 1, RANDOM_CASES);
}

static void
make_scene(struct draft *d)
{
	struct random_scene *s = d->s;
	struct chance *c = &d->c;

	s->scene = lb_scene_defaults();
	s->has_capture = true;
	s->case_count = 1;
	s->has_scene = chance_percent(c, 70);
	if (!s->has_scene)
		return;
	if (chance_percent(c, 50))
		make_world(d);
	s->scene.instances =
	    chance_percent(c, 50) ? 1 : chance_between(c, 2, 4);
	s->scene.ecmp = chance_below(c, 2);
	s->scene.members_start_unknown = chance_percent(c, 15);
	if (chance_percent(c, 10))
		s->scene.warm_up_ms = 1 + chance_below(c, 20000);
	make_servers(d);
	s->scene.failures = s->failures;
	for (unsigned i = 0; i < RANDOM_FAILURES && chance_percent(c, 15);
	     i++) {
		s->scene.failure_count++;
		s->failures[i] = (struct lb_failures){
			.member = chance_percent(c, 50)
				      ? NULL
				      : s->used[chance_below(c, s->name_count)],
			.kind =
			    chance_between(c, LB_FAULT_CRASHED, LB_FAULT_DEAF),
			.mean_up_ms = chance_between(c, 1000, 100000),
			.mean_down_ms = chance_between(c, 500, 30000),
		};
	}
	if (s->scene.failure_count > 0 || chance_percent(c, 10))
		s->scene.duration_ms = s->duration_ms;
}

/* --- the capture --------------------------------------------------------- */

struct talk {
	struct frame_spec packet; /* the client's */
	unsigned stage;
};

/* A few clients, few ports: they meet again. */
static void
begin_talk(struct draft *d, struct talk *t)
{
	struct chance *c = &d->c;
	const struct random_rule *r =
	    &d->s->rules[chance_below(c, d->s->rule_count)];
	const unsigned client = chance_below(c, 6);

	*t =
	    (struct talk){ .packet = {
			       .src = FRAME_V4(198, 51, 100, 10 + client),
			       .dst = r->frontend,
			       .proto = r->proto != 0           ? r->proto
					: chance_percent(c, 50) ? LB_PROTO_TCP
								: LB_PROTO_UDP,
			       .sport = (uint16_t)(30000 + chance_below(c, 40)),
			       .dport = r->port != 0 ? r->port
						     : (uint16_t)chance_between(
							   c, 80, 90),
			   } };
	if (r->six)
		t->packet.src = (struct lb_addr)FRAME_V6(
		    0x2001, 0xdb8, 1, 0, 0, 0, 0, 0x10 + client);
	if (chance_percent(c, 2))
		t->packet.dport = 999;
}

static void
write_packet(struct draft *d, uint64_t at_ms, const struct frame_spec *from,
    uint8_t flags, bool reply)
{
	struct frame_spec p = *from;

	p.tcp_flags = p.proto == LB_PROTO_TCP ? flags : 0;
	p.payload_bytes = chance_below(&d->c, 40);
	if (chance_percent(&d->c, 2) && lb_addr_is_v4(&p.src)) {
		p.payload_bytes = 64;
		p.more_fragments = true;
		p.fragment_offset = chance_percent(&d->c, 50) ? 8 : 0;
	}
	if (reply) {
		p.src = from->dst;
		p.dst = from->src;
		p.sport = from->dport;
		p.dport = from->sport;
	}
	scene_add(&d->s->capture, at_ms, &p);
	d->s->packet_count++;
}

/* Mostly as TCP goes, sometimes not at all. */
static void
talk_on(struct draft *d, uint64_t at_ms, struct talk *t)
{
	static const struct {
		uint8_t flags;
		bool reply;
	} course[] = {
		{ LB_TCP_SYN, false },
		{ LB_TCP_SYN | LB_TCP_ACK, true },
		{ LB_TCP_ACK, false },
		{ LB_TCP_ACK, true },
		{ LB_TCP_ACK, false },
		{ LB_TCP_FIN | LB_TCP_ACK, false },
		{ LB_TCP_FIN | LB_TCP_ACK, true },
		{ LB_TCP_ACK, false },
	};
	static const uint8_t odd[] = { LB_TCP_SYN, LB_TCP_ACK, LB_TCP_RST,
		LB_TCP_FIN | LB_TCP_ACK, LB_TCP_SYN | LB_TCP_ACK,
		LB_TCP_RST | LB_TCP_ACK, LB_TCP_SYN, 0 };
	struct chance *c = &d->c;

	if (chance_percent(c, 15)) {
		write_packet(d, at_ms, &t->packet,
		    odd[chance_below(c, LB_COUNT(odd))], chance_percent(c, 30));
		return;
	}
	write_packet(d, at_ms, &t->packet, course[t->stage].flags,
	    course[t->stage].reply);
	/* it stays open for a while */
	if (t->stage != 4 || chance_percent(c, 20))
		t->stage = (t->stage + 1) % LB_COUNT(course);
}

static uint64_t
draw_pause(struct draft *d)
{
	struct chance *c = &d->c;

	switch (chance_below(c, 100)) {
	case 0:
		return chance_between(c, 1000, 300000);
	case 1:
		if (d->rolls_over) /* 2^31 and 2^32 ms: 24.9 and 49.7 days */
			return chance_percent(c, 30)
				   ? (UINT64_C(1) << 31) +
					 chance_below(c, 2000) - 1000
			       : chance_percent(c, 50)
				   ? (UINT64_C(1) << 32) +
					 chance_below(c, 2000) - 1000
				   : chance_between(c, 1, 60) * DAY_MS;
		return chance_between(c, 1000, 70000);
	default:
		break;
	}
	if (chance_percent(c, 40))
		return 0;
	return chance_percent(c, 85) ? chance_below(c, 400)
				     : chance_below(c, 6000);
}

static void
make_capture(struct draft *d)
{
	struct chance *c = &d->c;
	const unsigned count = chance_between(c, 20, 250);
	const unsigned talk_count = chance_between(c, 1, 24);
	struct talk talks[24] = { 0 };
	uint64_t at_ms = 0;

	d->rolls_over = chance_percent(c, 4);
	for (unsigned i = 0; i < talk_count; i++)
		begin_talk(d, &talks[i]);
	for (unsigned i = 0; i < count; i++) {
		struct talk *t = &talks[chance_below(c, talk_count)];
		if (chance_percent(c, 3))
			begin_talk(d, t);
		talk_on(d, at_ms, t);
		at_ms += draw_pause(d);
	}
	d->s->duration_ms = at_ms > 300 * MS_S ? 300 * MS_S : at_ms + 1;
}

/* --- all of it ----------------------------------------------------------- */

void
random_scene_make(struct random_scene *s, uint64_t seed)
{
	struct draft d = { .c = { seed }, .s = s };

	*s = (struct random_scene){ .seed = seed };
	write_config(&d);
	scene_open(&s->capture);
	make_capture(&d);
	make_scene(&d);
	make_faults(&d);
	if (s->has_scene)
		s->capture.settings.scene = &s->scene;
	s->capture.settings.faults = s->faults;
	s->capture.settings.fault_count = s->fault_count;
	s->capture.settings.seed = chance_next(&d.c);
	if (chance_percent(&d.c, 5) && s->scene.duration_ms == 0 &&
	    s->scene.warm_up_ms == 0)
		s->capture.settings.loop = 2;
	if (chance_percent(&d.c, 5))
		s->capture.settings.speed_millionths =
		    chance_percent(&d.c, 50) ? 500000 : 3000000;
	s->capture.settings.report = chance_percent(&d.c, 20);
}

void
random_scene_free(struct random_scene *s)
{
	scene_close(&s->capture);
	free(s->config);
}

void
random_scene_print(const struct random_scene *s, FILE *to)
{
	(void)fprintf(to, "%sfaults:\n", s->config);
	for (unsigned i = 0; i < s->fault_count; i++) {
		const struct lb_fault *f = &s->faults[i];
		(void)fprintf(to,
		    "  at %llu ms: %s %s, number %u, factor %llu, period "
		    "%llu, weight %u\n",
		    (unsigned long long)f->at_ms,
		    f->member != NULL ? f->member : "", lb_fault_name(f->kind),
		    f->number, (unsigned long long)f->factor,
		    (unsigned long long)f->period_ms, f->weight);
	}
	for (size_t i = 0; i < s->scene.failure_count; i++)
		(void)fprintf(to, "  by chance: %s %s, up %llu ms, down %llu\n",
		    s->failures[i].member != NULL ? s->failures[i].member : "*",
		    lb_fault_name(s->failures[i].kind),
		    (unsigned long long)s->failures[i].mean_up_ms,
		    (unsigned long long)s->failures[i].mean_down_ms);
	for (size_t i = 0; i < s->scene.server_count; i++)
		(void)fprintf(to,
		    "  server %s: service %llu ns, at once %u, queue %u, "
		    "probe answer %d, %zu ports with %u\n",
		    s->servers[i].member != NULL ? s->servers[i].member : "*",
		    (unsigned long long)s->servers[i].service_ns,
		    s->servers[i].concurrency, s->servers[i].queue,
		    (int)s->servers[i].probe_answer, s->servers[i].port_count,
		    s->ports[3]);
	for (size_t i = 0; i < s->scene.traffic_count; i++) {
		const struct lb_traffic *t = &s->traffic[i];
		(void)fprintf(to,
		    "  %s to %s: arrivals %d, rate %llu e-6, clients %u, "
		    "zipf %llu e-6, from %llu to %llu ms\n",
		    lb_profile_name(t->profile), t->rule, (int)t->arrivals,
		    (unsigned long long)t->rate, t->clients,
		    (unsigned long long)t->zipf,
		    (unsigned long long)t->start_ms,
		    (unsigned long long)t->stop_ms);
	}
	if (s->has_scene)
		(void)fprintf(to,
		    "links: client %llu + %llu ns, loss %llu e-6; member %llu "
		    "+ %llu ns, loss %llu e-6\n",
		    (unsigned long long)s->scene.client_link.latency_ns,
		    (unsigned long long)s->scene.client_link.jitter_ns,
		    (unsigned long long)s->scene.client_link.loss,
		    (unsigned long long)s->scene.member_link.latency_ns,
		    (unsigned long long)s->scene.member_link.jitter_ns,
		    (unsigned long long)s->scene.member_link.loss);
	if (s->has_scene)
		(void)fprintf(to,
		    "%u instances by %s, duration %llu ms, warm-up %llu ms%s\n",
		    s->scene.instances, lb_ecmp_name(s->scene.ecmp),
		    (unsigned long long)s->scene.duration_ms,
		    (unsigned long long)s->scene.warm_up_ms,
		    s->scene.members_start_unknown ? ", unknown at first" : "");
	(void)fprintf(to,
	    "%u cases; capture of %u packets, loop %u, speed %llu, seed %llu\n",
	    s->case_count, s->has_capture ? s->packet_count : 0,
	    s->capture.settings.loop,
	    (unsigned long long)s->capture.settings.speed_millionths,
	    (unsigned long long)s->capture.settings.seed);
}
