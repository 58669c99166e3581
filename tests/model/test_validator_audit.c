/* SPDX-License-Identifier: MIT */
/*
 * Every condition of AZ 2.1, 3.1, 4.3, 4.8, 5.1 to 5.6 and 8 that a
 * configuration can violate, in that order: a configuration with one blank,
 * what in it violates the condition, and what in it does not.  Of the first
 * Azure's code, a place, what is wrong and how to mend it are asked for; of the
 * second, that it is good.  The numbers of AZ 8 are in
 * test_validator_limits.c, what a configuration cannot say in
 * fairlead.yaml(5).
 */
#include <stdlib.h>

#include "tests/model/config_text.h"
#include "tests/model/refused.h"

/* clang-format off */
#define STANDARD "load_balancer: { sku: standard }\n"
#define BASIC "load_balancer: { sku: basic }\n"
#define FRONTENDS \
	"frontends:\n" \
	"  - { name: f, address: 203.0.113.1 }\n" \
	"  - { name: g, address: 203.0.113.2 }\n" \
	"  - { name: i, address: 10.1.0.1 }\n" \
	"  - { name: j, address: 10.1.0.2 }\n" \
	"  - { name: six, address: 2001:db8::1 }\n" \
	"  - { name: ula, address: fd00::1 }\n"
#define POOLS \
	"pools:\n" \
	"  - { name: p, members: [{ name: a, address: 10.0.0.4 }] }\n" \
	"  - { name: q, members: [{ name: a, address: 10.0.0.5 }] }\n" \
	"  - { name: pp, members: [{ name: a, address: 10.0.0.4 }] }\n" \
	"  - { name: set, members: [{ name: v_0, address: 10.0.1.4 },\n" \
	"      { name: v_1, address: 10.0.1.5 },\n" \
	"      { name: v_2, address: 10.0.1.6 }] }\n" \
	"  - { name: six, members: [{ name: a, address: 2001:db8::4 }] }\n"
#define OURS "load_balancer: { sku: fairlead }\n"
#define BASE STANDARD FRONTENDS POOLS
#define BASE_BASIC BASIC FRONTENDS POOLS
#define NAME70 "a123456789b123456789c123456789d123456789e123456789f123456789" \
	"g123456789"
#define PROBE(rest) FRONTENDS "probes: [{ name: x, " rest " }]\n"
#define RULES "rules:\n"
#define RULE(name, rest) "  - { name: " name ", frontend: " rest " }\n"
#define TWO_PROTOCOLS(frontend) "protocol: tcp, frontend_port: 80 }\n" \
	"  - { name: y, frontend: " frontend ", pool: p, protocol: udp, " \
	"frontend_port: 80"
#define TCP "protocol: tcp, frontend_port: 80"
#define HA "protocol: all, frontend_port: 0"
#define FLOAT ", floating_ip: true"
#define NAT(rest) "nat_rules: [{ name: n, frontend: f, " rest " }]\n"
#define NAT1 "protocol: tcp, frontend_port: 22, backend_port: 22, pool: p"
#define OUTS(frontends, rest) \
	"outbound_rules: [{ name: o, frontends: [" frontends "], " rest " }]\n"
#define OUT(rest) OUTS("f", rest)

#define WAYS_MAX 4u

/* most rows have no `also` */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static const struct truth {
	/* '@' is the blank.  Of several, `a|b` fills the first with a and the
	 * others with b; without a bar they are all alike. */
	const char *section, *text;
	const char *bad, *good;
	enum lb_refusal code;
	const char *said, *mend; /* in this order; mend led to good */
	struct way {
		const char *words, *with;
	} also[WAYS_MAX]; /* what else the advice names */
} truths[] = {
	/* --- 2.1: probes --- */
	{ "2.1 protocols", STANDARD PROBE("protocol: @, port: 1"), "udp",
	    "tcp", 0, "Azure has no udp probes", "use tcp" },
	{ "2.1 protocols, Basic", BASIC PROBE("protocol: @, port: 443@"),
	    "https|, request_path: /", "http|, request_path: /", 0,
	    "no https probes", "use http", { { "or tcp", "tcp|" } } },
	{ "2.1 port", STANDARD PROBE("protocol: tcp, port: @"), "0", "1", 0,
	    "no port to probe", "use 1 to 65535" },
	{ "2.1 port", STANDARD PROBE("protocol: tcp, port: @"), "65536",
	    "65535", 0, "no whole number", "from 0 to 65535" },
	{ "2.1 requestPath, Http", STANDARD
	    PROBE("protocol: http, port: 80@"), "", ", request_path: /", 0,
	    "needs `request_path`", "give it one" },
	{ "2.1 requestPath, Https", STANDARD
	    PROBE("protocol: https, port: 443@"), "", ", request_path: /", 0,
	    "needs `request_path`", "give it one" },
	{ "2.1 requestPath, Tcp", STANDARD PROBE("protocol: tcp, port: 80@"),
	    ", request_path: /", "", 0, "has no `request_path`",
	    "leave it out" },
	{ "2.1 interval", STANDARD
	    PROBE("protocol: tcp, port: 1, interval: @"), "4999ms", "5s", 0,
	    "is 5s to 24h", "use a time in between" },
	{ "2.1 interval, no maximum but ours", STANDARD
	    PROBE("protocol: tcp, port: 1, interval: @"), "25h", "24h", 0,
	    "is 5s to 24h", "use a time in between" },
	{ "2.1 intervalInSeconds is whole", STANDARD
	    PROBE("protocol: tcp, port: 1, interval: @"), "5500ms", "5s", 0,
	    "Azure has whole seconds", "use 5s", { { "6s", "6s" } } },
	{ "2.1 intervalInSeconds is whole, Basic", BASIC
	    PROBE("protocol: tcp, port: 1, interval: @"), "86399999ms",
	    "86399s", 0, "Azure has whole seconds", "use 86399s",
	    { { "86400s", "86400s" } } },
	{ "2.1 probeThreshold", STANDARD
	    PROBE("protocol: tcp, port: 1, probe_threshold: @"), "0", "1", 0,
	    "`probe_threshold`: 0", "use 1 to 100" },
	{ "2.1 probeThreshold", STANDARD
	    PROBE("protocol: tcp, port: 1, probe_threshold: @"), "101", "100",
	    0, "`probe_threshold`: 101", "use 1 to 100" },
	{ "2.1 host name", STANDARD
	    PROBE("protocol: http, port: 80, request_path: /@"), ", host: a",
	    "", 0, "Azure's probes have no `host`", "leave it out" },

	/* --- 3.1: idle timeouts --- */
	{ "3.1 rule", BASE RULES RULE("x", "f, pool: p, " TCP
	    ", idle_timeout: @"), "3m", "4m", 0, "4m to 100m",
	    "use a time in between" },
	{ "3.1 rule", BASE RULES RULE("x", "f, pool: p, " TCP
	    ", idle_timeout: @"), "101m", "100m", 0, "4m to 100m",
	    "use a time in between" },
	{ "3.1 frontend", STANDARD "frontends: [{ name: f, "
	    "address: 192.0.2.1, idle_timeout: @ }]\n", "101m", "100m", 0,
	    "4m to 100m", "use a time in between" },
	{ "3.1 NAT rule", BASE NAT(NAT1 ", member: a, idle_timeout: @"), "3m",
	    "4m", 0, "4m to 100m", "use a time in between" },
	{ "3.1 NAT rule", BASE NAT(NAT1 ", member: a, idle_timeout: @"),
	    "101m", "100m", 0, "4m to 100m", "use a time in between" },
	{ "3.1 NAT pool", BASE NAT("protocol: tcp, frontend_ports: 1-9, "
	    "backend_port: 22, pool: set, assignment: instance, "
	    "idle_timeout: @"), "101m", "100m", 0, "4m to 100m",
	    "use a time in between" },
	{ "3.1 outbound rule", BASE OUT("pool: p, idle_timeout: @"), "3m",
	    "4m", 0, "4m to 120m", "use a time in between" },
	{ "3.1 outbound rule", BASE OUT("pool: p, idle_timeout: @"), "121m",
	    "120m", 0, "4m to 120m", "use a time in between" },
	{ "3.1 idleTimeoutInMinutes is whole", BASE RULES
	    RULE("x", "f, pool: p, " TCP ", idle_timeout: @"), "270s", "4m", 0,
	    "Azure has whole minutes", "use 4m", { { "5m", "5m" } } },
	{ "3.1 idleTimeoutInMinutes is whole, to the end", BASE RULES
	    RULE("x", "f, pool: p, " TCP ", idle_timeout: @"), "5999999ms",
	    "99m", 0, "Azure has whole minutes", "use 99m",
	    { { "100m", "100m" } } },
	{ "3.1 idleTimeoutInMinutes is whole, Basic", BASE_BASIC RULES
	    RULE("x", "f, pool: p, " TCP ", idle_timeout: @"), "1799s",
	    "29m", 0, "Azure has whole minutes", "use 29m",
	    { { "30m", "30m" } } },
	{ "3.1 idleTimeoutInMinutes is whole, frontend", STANDARD
	    "frontends: [{ name: f, address: 192.0.2.1, "
	    "idle_timeout: @ }]\n", "241s", "4m", 0,
	    "Azure has whole minutes", "use 4m", { { "5m", "5m" } } },
	{ "3.1 idleTimeoutInMinutes is whole, NAT rule", BASE
	    NAT(NAT1 ", member: a, idle_timeout: @"), "300100ms", "5m", 0,
	    "Azure has whole minutes", "use 5m", { { "6m", "6m" } } },
	{ "3.1 idleTimeoutInMinutes is whole, outbound rule", BASE
	    OUT("pool: p, idle_timeout: @"), "7199s", "119m", 0,
	    "Azure has whole minutes", "use 119m",
	    { { "120m", "120m" } } },
	{ "3.1 Basic", BASE_BASIC RULES RULE("x", "f, pool: p, " TCP
	    ", idle_timeout: @"), "31m", "30m", 0, "4m to 30m",
	    "use a time in between" },
	{ "3.1 Basic, NAT rule", BASE_BASIC
	    NAT(NAT1 ", member: a, idle_timeout: @"), "31m", "30m", 0,
	    "4m to 30m", "use a time in between" },
	{ "3.1 Basic, TCP reset", BASE_BASIC RULES RULE("x", "f, pool: p, " TCP
	    ", tcp_reset: @"), "true", "false", 0, "no `tcp_reset`",
	    "leave it out" },
	{ "3.1 Basic, TCP reset, NAT rule", BASE_BASIC
	    NAT(NAT1 ", member: a, tcp_reset: @"), "true", "false", 0,
	    "no `tcp_reset`", "leave it out" },
	{ "3.1 Basic, IPv6", BASE_BASIC RULES RULE("x", "six, pool: six, " TCP
	    ", idle_timeout: @"), "5m", "4m", 0, "no `idle_timeout` but 4m",
	    "leave it out" },
	{ "3.1 Basic, IPv6, distribution", BASE_BASIC RULES
	    RULE("x", "six, pool: six, " TCP ", distribution: @"), "SourceIP",
	    "Default", 0, "by five-tuple only", "leave `distribution` out" },

	/* --- 4.3: manual allocation --- */
	{ "4.3 P % 8", BASE OUT("pool: p, ports_per_member: @"), "1001",
	    "1000", LB_REFUSAL_EIGHTS, "no multiple of 8", "use 1000" },
	{ "4.3 P % 8, less than 8", BASE OUT("pool: p, ports_per_member: @"),
	    "5", "8", LB_REFUSAL_EIGHTS, "no multiple of 8", "use 8" },
	{ "4.3 P % 8, and no room", BASE
	    OUT("pool: set, ports_per_member: @"), "21337", "21328",
	    LB_REFUSAL_EIGHTS, "no multiple of 8", "use 21328" },
	{ "4.3 P > 64000", BASE OUT("pool: p, ports_per_member: @"), "64008",
	    "64000", LB_REFUSAL_PORTS, "too many", "use 64000" },
	{ "4.3 P > 64000, and no room", BASE
	    OUT("pool: set, ports_per_member: @"), "64008", "21328",
	    LB_REFUSAL_PORTS, "too many", "use 21328" },
	{ "4.3 P * n > 64000 * f", BASE OUTS("@", "pool: set, "
	    "ports_per_member: @"), "f|21336", "f|21328", LB_REFUSAL_ROOM,
	    "more than", "use 21328", { { "more frontends", "f, g|21336" } } },
	{ "4.3 less rule blocks", BASE RULES RULE("x", "f, pool: p, " TCP
	    ", outbound_snat: false") OUTS("@", "pool: p, "
	    "ports_per_member: @"), "f|64000", "f|63992", LB_REFUSAL_ROOM,
	    "more than", "use 63992", { { "more frontends", "f, g|64000" } } },
	{ "4.3 less all blocks", BASE NAT("protocol: tcp, frontend_ports: "
	    "1-64000, backend_port: 22, pool: q") OUTS("@", "pool: p, "
	    "ports_per_member: 8"), "f", "f, g", LB_REFUSAL_ROOM,
	    "leave no 8 ports", "use more frontends" },
	{ "4.3 maximum of instances", BASE OUT("pool: set, max_members: @"),
	    "2", "3", LB_REFUSAL_ROOM, "3 members, more than the 2",
	    "use 3" },
	{ "4.3 maximum of instances, no room", BASE OUTS("@", "pool: set, "
	    "max_members: @"), "f|8001", "f|8000", LB_REFUSAL_ROOM,
	    "leave no 8 ports", "use 8000", { { "more frontends",
	    "f, g|8001" } } },
	{ "4.3 maximum of instances, less all blocks", BASE
	    NAT("protocol: tcp, frontend_ports: 1-64000, backend_port: 22, "
	    "pool: q") OUTS("@", "pool: p, max_members: 1"), "f", "f, g",
	    LB_REFUSAL_ROOM, "leave no 8 ports", "use more frontends" },
	{ "4.3 said twice", BASE OUT("pool: p@"),
	    ", ports_per_member: 8, max_members: 2", ", max_members: 2", 0,
	    "say the same thing twice", "leave one out" },

	/* --- 4.8: who lets whom out --- */
	{ "4.8 a rule's frontend", BASE RULES RULE("x", "f, pool: p, " TCP
	    ", outbound_snat: @") OUT("pool: p"), "true", "false",
	    LB_REFUSAL_SNAT, "frontend of outbound rule 'o'",
	    "outbound_snat: false" },
	{ "4.8 one outbound rule a frontend and protocol", BASE
	    "outbound_rules:\n"
	    "  - { name: o, frontends: [f], pool: p, protocol: @ }\n"
	    "  - { name: u, frontends: [@], pool: q, protocol: @ }\n",
	    "tcp|f, g|all", "all|g|all", LB_REFUSAL_OUTBOUND,
	    "have the same frontend 'f'", "give one of the two a different frontend",
	    { { "or one tcp and one udp", "tcp|f, g|udp" } } },
	{ "4.8 internal frontends let nobody out", BASE
	    "outbound_rules: [{ name: o, frontends: [@], pool: p }]\n", "i",
	    "f", 0, "is internal", "name one of these" },
	{ "4.8 Basic", "load_balancer: { sku: @ }\n" FRONTENDS POOLS
	    OUT("pool: p"), "basic", "standard", 0, "no outbound rules",
	    "use sku standard" },

	/* --- 5.1: fields --- */
	{ "5.1 all with ports 0 only", BASE RULES
	    RULE("x", "i, pool: p, @"), "protocol: all, frontend_port: 80",
	    "protocol: all, frontend_port: 0, backend_port: 0", 0,
	    "protocol all is for HA ports", "use frontend_port 0 and",
	    { { "make it two rules, tcp and udp", TWO_PROTOCOLS("i") } } },
	{ "5.1 all with ports 0 only, public", BASE RULES
	    RULE("x", "f, pool: p, @"), "protocol: all, frontend_port: 80",
	    TWO_PROTOCOLS("f"), 0, "protocol all is for HA ports",
	    "at once; make it two rules, tcp and udp" },
	{ "5.1 frontendPort", BASE RULES
	    RULE("x", "f, pool: p, protocol: tcp, frontend_port: @"),
	    "65535", "65534", 0, "65535 is for nobody", "use 1 to 65534" },
	{ "5.1 frontendPort", BASE RULES
	    RULE("x", "f, pool: p, protocol: tcp, frontend_port: @"),
	    "65535", "1", 0, "65535 is for nobody", "use 1 to 65534" },
	{ "5.1 frontend, protocol and port", BASE RULES
	    RULE("x", "f, pool: p, " TCP) RULE("y", "@, pool: q, protocol: "
	    "tcp, frontend_port: @"), "f|80", "f|81", 0,
	    "the same frontend, protocol and frontend_port",
	    "give one of the two a different frontend_port", { { "or frontend", "g|80" } } },

	/* --- 5.2, 5.6: floating IP and families --- */
	{ "5.6 a rule has one family", BASE RULES
	    RULE("x", "@, pool: six, " TCP), "f", "six", 0, "is for IPv4",
	    "make a second pool and rule" },

	/* --- 5.3: HA ports --- */
	{ "5.3 ports", BASE RULES RULE("x", "i, pool: p, protocol: all, "
	    "frontend_port: 0@"), ", backend_port: 80", ", backend_port: 0",
	    0, "changes no port", "make backend_port 0",
	    { { "or leave it out", "" } } },
	{ "5.3 ports", BASE RULES RULE("x", "f, pool: p, protocol: tcp, "
	    "frontend_port: 80@"), ", backend_port: 0", ", backend_port: 1",
	    0, "needs frontend_port 0", "use 1 to 65535",
	    { { "or leave it out", "" } } },
	{ "5.3 protocol", BASE RULES RULE("x", "i, pool: p, protocol: @, "
	    "frontend_port: @"), "udp|0", "all|0", 0, "needs protocol all",
	    "say so", { { "or name a port", "udp|80" } } },
	{ "5.3 internal", BASE RULES RULE("x", "@, pool: p, @"), "f|" HA,
	    "f|" TCP, 0, "internal frontends only",
	    "name a protocol and a port" },
	{ "5.3 not Basic", BASE_BASIC RULES RULE("x", "i, pool: p, @"), HA,
	    TCP, 0, "no HA ports", "name a protocol and a port" },
	{ "5.3 not Basic, public", BASE_BASIC RULES
	    RULE("x", "f, pool: p, @"), HA, TCP, 0, "no HA ports",
	    "name a protocol and a port" },
	{ "5.3 one a frontend", BASE RULES RULE("x", "i, pool: p, " HA "@")
	    "@", FLOAT "|" RULE("y", "i, pool: q, " HA FLOAT), FLOAT "|", 0,
	    "HA-ports rules 'x' and 'y'", "leave one out",
	    { { "different frontend and both floating_ip",
	    FLOAT "|" RULE("y", "j, pool: q, " HA FLOAT) } } },
	{ "5.3 one a frontend, floating off, one pool", BASE RULES
	    RULE("x", "i, pool: p, " HA "@") "@",
	    "|" RULE("y", "i, pool: p, " HA), "|", 0,
	    "HA-ports rules 'x' and 'y'", "leave one out",
	    { { "different frontend and both floating_ip",
	    FLOAT "|" RULE("y", "j, pool: p, " HA FLOAT) } } },
	{ "5.3 one, floating off: no other rule", BASE RULES
	    RULE("x", "i, pool: p, " HA "@")
	    RULE("y", "j, pool: q, " TCP "@"), "", FLOAT, 0,
	    "has no other rule, but there is 'y'", "give both floating_ip" },
	{ "5.3 a public balancer beside it may be", BASE RULES
	    RULE("x", "i, pool: p, " HA "@") RULE("y", "@, pool: q, " TCP
	    "@"), "|j|", "|g|", 0, "has no other rule",
	    "give both floating_ip", { { "both floating_ip",
	    FLOAT "|j|" FLOAT } } },
	{ "5.3 a public balancer's rule, same members", BASE RULES "@@",
	    RULE("x", "i, pool: p, " HA) "|" RULE("y", "f, pool: pp, " TCP),
	    RULE("x", "i, pool: p, " HA) "|", 0,
	    "must have its members alone",
	    "two balancers, a public and an internal one", {
	    { "write a file for each", "|" RULE("y", "f, pool: pp, " TCP) },
	    { "give both floating_ip", RULE("x", "i, pool: p, " HA FLOAT) "|"
	    RULE("y", "f, pool: pp, " TCP FLOAT) },
	    { "or one of them other members", RULE("x", "i, pool: p, " HA) "|"
	    RULE("y", "f, pool: q, " TCP) } } },
	{ "5.3 floating on and off, same members", BASE RULES
	    RULE("x", "i, pool: p, " HA FLOAT)
	    RULE("y", "j, pool: pp, " HA "@"), "", FLOAT, 0,
	    "must have its members alone", "give both floating_ip" },
	{ "5.3 floating on and off, same members, sku fairlead", OURS
	    FRONTENDS POOLS RULES RULE("x", "i, pool: p, " HA FLOAT)
	    RULE("y", "j, pool: @, " HA "@"), "pp|", "pp|" FLOAT, 0,
	    "must have its members alone", "give both floating_ip",
	    { { "or one of them other members", "q|" } } },
	{ "5.3 beside a plain rule, one frontend", BASE RULES
	    RULE("x", "i, pool: p, " HA FLOAT) RULE("y", "i, pool: p, " TCP
	    "@"), "", FLOAT, 0, "floats and 'y' on the same frontend",
	    "give it floating_ip, too" },
	{ "5.3 beside a NAT rule of its members (ours)", BASE RULES
	    RULE("x", "i, pool: p, " HA "@") "nat_rules: [{ name: n, "
	    "frontend: j, protocol: tcp, frontend_port: 22, "
	    "backend_port: 22, pool: @, member: a@ }]\n", "|pp|",
	    "|pp|" FLOAT, 0, "must have its members alone",
	    "give one floating_ip", { { "give one floating_ip",
	    FLOAT "|pp|" }, { "or other members", "|q|" } } },
	{ "5.3 beside a public NAT rule of its members", BASE "@@",
	    RULES RULE("x", "i, pool: p, " HA) "|"
	    NAT(NAT1 ", member: a"), "|" NAT(NAT1 ", member: a"), 0,
	    "must have its members alone",
	    "two balancers, a public and an internal one", {
	    { "write a file for each", RULES RULE("x", "i, pool: p, " HA)
	    "|" },
	    { "floating_ip", RULES RULE("x", "i, pool: p, " HA FLOAT) "|"
	    NAT(NAT1 ", member: a") },
	    { "or other members", RULES RULE("x", "i, pool: q, " HA) "|"
	    NAT(NAT1 ", member: a") } } },
	{ "5.3 two, floating off, one pool", BASE RULES
	    RULE("x", "i, pool: p, " HA "@") RULE("y", "j, pool: p, " HA
	    FLOAT), "", FLOAT, 0, "must have its members alone",
	    "give both floating_ip" },

	/* --- 5.4: conflicts --- */
	{ "5.4 floating off: pool, protocol, port", BASE RULES
	    RULE("x", "f, pool: p, " TCP "@") RULE("y", "g, pool: @, " TCP
	    "@"), "|p|", "|p|, backend_port: 81", LB_REFUSAL_BACKEND,
	    "same pool, protocol and backend_port",
	    "give one of the two a different backend_port", {
	    { "or a pool of other members", "|q|" },
	    { "or both floating_ip", FLOAT "|p|" FLOAT } } },
	{ "5.4 floating off, one frontend", BASE RULES
	    RULE("x", "f, pool: p, " TCP) RULE("y", "f, pool: @, protocol: "
	    "tcp, frontend_port: 81, backend_port: @"), "p|80", "p|81",
	    LB_REFUSAL_BACKEND, "same pool, protocol and backend_port",
	    "give one of the two a different backend_port", {
	    { "or a pool of other members", "q|80" } } },
	{ "5.4 floating off, a public and an internal balancer", BASE RULES
	    "@@", RULE("x", "f, pool: p, " TCP) "|"
	    RULE("y", "i, pool: p, " TCP), RULE("x", "f, pool: p, " TCP) "|",
	    0, "same pool, protocol and backend_port",
	    "two balancers, a public and an internal one", {
	    { "write a file for each", "|" RULE("y", "i, pool: p, " TCP) },
	    { "give one of the two a different backend_port", RULE("x", "f, pool: p, " TCP)
	    "|" RULE("y", "i, pool: p, " TCP ", backend_port: 81") },
	    { "or a pool of other members", RULE("x", "f, pool: p, " TCP)
	    "|" RULE("y", "i, pool: q, " TCP) },
	    { "or both floating_ip", RULE("x", "f, pool: p, " TCP FLOAT)
	    "|" RULE("y", "i, pool: p, " TCP FLOAT) } } },
	{ "5.4 floating off, HA ports", BASE RULES
	    RULE("x", "i, pool: p, " HA "@") RULE("y", "j, pool: p, " HA "@"),
	    "", FLOAT, LB_REFUSAL_BACKEND, "HA-ports rules 'x' and 'y'",
	    "give both floating_ip" },
	{ "5.4 floating off, HA ports, sku fairlead", OURS FRONTENDS POOLS
	    RULES RULE("x", "i, pool: p, " HA "@") RULE("y", "j, pool: @, "
	    HA "@"), "|p|", FLOAT "|p|" FLOAT, LB_REFUSAL_BACKEND,
	    "HA-ports rules 'x' and 'y'", "give both floating_ip", {
	    { "or one a pool of other members", "|q|" } } },
	{ "5.4 floating on: and frontend", BASE RULES
	    RULE("x", "f, pool: p, " TCP FLOAT) RULE("y", "@, pool: p, "
	    "protocol: tcp, frontend_port: 81, backend_port: @" FLOAT),
	    "f|80", "f|81", LB_REFUSAL_FLOATING,
	    "same frontend, pool, protocol and",
	    "give one of the two a different backend_port", { { "or frontend", "g|80" } } },
	{ "5.4 one address", BASE RULES RULE("x", "f, pool: p, " TCP "@")
	    RULE("y", "g, pool: @, " TCP "@"), "|pp|",
	    "|pp|, backend_port: 81", LB_REFUSAL_MEMBER,
	    "a member address that both pools have",
	    "give one of the two a different backend_port", { { "or other members", "|q|" },
	    { "or both floating_ip", FLOAT "|pp|" FLOAT } } },
	{ "5.4 one address, a public and an internal balancer", BASE RULES
	    "@@", RULE("x", "f, pool: p, " TCP) "|"
	    RULE("y", "i, pool: pp, " TCP), RULE("x", "f, pool: p, " TCP) "|",
	    0, "a member address that both pools have",
	    "two balancers, a public and an internal one", {
	    { "write a file for each", "|" RULE("y", "i, pool: pp, " TCP) },
	    { "give one of the two a different backend_port", RULE("x", "f, pool: p, " TCP)
	    "|" RULE("y", "i, pool: pp, " TCP ", backend_port: 81") },
	    { "or other members", RULE("x", "f, pool: p, " TCP)
	    "|" RULE("y", "i, pool: q, " TCP) },
	    { "or both floating_ip", RULE("x", "f, pool: p, " TCP FLOAT)
	    "|" RULE("y", "i, pool: pp, " TCP FLOAT) } } },
	{ "5.4 one address, NAT rule", BASE RULES RULE("x", "f, pool: @, "
	    "protocol: tcp, frontend_port: 80, backend_port: @@")
	    NAT(NAT1 ", member: a@"), "p|22||", "p|23||", LB_REFUSAL_MEMBER,
	    "rule 'x' and NAT rule 'n' send", "give one of the two a different backend_port",
	    { { "or other members", "q|22||" }, { "or floating_ip",
	    "p|22|" FLOAT "|" }, { "or floating_ip", "p|22||" FLOAT } } },
	{ "5.4 one address, NAT rule, a public and an internal balancer",
	    BASE "@@", RULES RULE("x", "i, pool: p, protocol: tcp, "
	    "frontend_port: 22") "|" NAT(NAT1 ", member: a"),
	    "|" NAT(NAT1 ", member: a"), 0, "rule 'x' and NAT rule 'n' send",
	    "two balancers, a public and an internal one", {
	    { "write a file for each", RULES RULE("x", "i, pool: p, "
	    "protocol: tcp, frontend_port: 22") "|" },
	    { "different backend_port", RULES RULE("x", "i, pool: p, "
	    "protocol: tcp, frontend_port: 22, backend_port: 23") "|"
	    NAT(NAT1 ", member: a") },
	    { "or other members", RULES RULE("x", "i, pool: q, "
	    "protocol: tcp, frontend_port: 22") "|" NAT(NAT1 ", member: a") },
	    { "or floating_ip", RULES RULE("x", "i, pool: p, "
	    "protocol: tcp, frontend_port: 22" FLOAT) "|"
	    NAT(NAT1 ", member: a") } } },
	{ "5.4 one address, two NAT rules", BASE "nat_rules:\n"
	    RULE("m", "g, " NAT1 ", member: a@")
	    RULE("n", "f, protocol: tcp, frontend_port: 23, backend_port: @, "
	    "pool: @, member: a"), "|22|pp", "|23|pp", LB_REFUSAL_MEMBER,
	    "NAT rule 'm' and NAT rule 'n' send", "give one of the two a different",
	    { { "or other members", "|22|q" }, { "or floating_ip",
	    FLOAT "|22|pp" } } },
	{ "5.4 one address, two NAT rules, l2dsr", BASE
	    "forwarding: { mode: l2dsr }\nnat_rules:\n"
	    RULE("m", "g, " NAT1 ", member: a@")
	    RULE("n", "f, protocol: tcp, frontend_port: @, backend_port: @, "
	    "pool: @, member: a"), "|22|22|p", "|23|23|p", LB_REFUSAL_MEMBER,
	    "NAT rule 'm' and NAT rule 'n' send",
	    "give one of the two a different frontend_port and backend_port",
	    { { "or other members", "|22|22|q" }, { "or floating_ip",
	    FLOAT "|22|22|p" } } },
	{ "5.4 no frontend", STANDARD "frontends: [@]\n" POOLS, "",
	    "{ name: f, address: 203.0.113.1 }", LB_REFUSAL_CHILDREN,
	    "need a balancer with a frontend", "give `frontends` one" },

	/* --- 5.5: inbound NAT rules --- */
	{ "5.5 frontendPort", BASE NAT("protocol: tcp, frontend_port: @, "
	    "backend_port: 22, pool: p, member: a"), "65535", "65534", 0,
	    "1 to 65534", "use some of these" },
	{ "5.5 frontendPort", BASE NAT("protocol: tcp, frontend_port: @, "
	    "backend_port: 22, pool: p, member: a"), "0", "1", 0,
	    "1 to 65534", "use some of these" },
	{ "5.5 backendPort", BASE NAT("protocol: tcp, frontend_port: 22, "
	    "backend_port: @, pool: p, member: a"), "0", "1", 0, "no port",
	    "use 1 to 65535" },
	{ "5.5 range", BASE NAT("protocol: tcp, frontend_ports: 65500-@, "
	    "backend_port: 22, pool: p"), "65535", "65534", 0, "1 to 65534",
	    "use some of these" },
	{ "5.5 NAT pool's end", BASE NAT("protocol: tcp, frontend_ports: "
	    "65500-65535, backend_port: 22, pool: set, assignment: @"),
	    "lowest-free", "instance", 0, "1 to 65534",
	    "use some of these" },
	{ "5.5 range full", BASE NAT("protocol: tcp, frontend_ports: 500-@, "
	    "backend_port: 22, pool: @"), "501|set", "502|set", 0,
	    "2 frontend ports for the 3 members", "make the range larger",
	    { { "or the pool smaller", "501|p" } } },
	{ "5.5 one port for many", BASE NAT("protocol: tcp, @, "
	    "backend_port: 22, pool: set@"), "frontend_port: 500|",
	    "frontend_ports: 500-502|", 0, "1 frontend port for the 3 members",
	    "give it a range", { { "or one `member`",
	    "frontend_port: 500|, member: v_1" } } },
	{ "5.5 NAT pool full", BASE NAT("protocol: tcp, frontend_ports: "
	    "500-@, backend_port: 22, pool: set, assignment: instance"),
	    "501", "502", 0, "would get port 502", "make the range larger" },
	{ "5.5 ranges overlap", BASE "nat_rules:\n"
	    RULE("m", "f, protocol: tcp, frontend_ports: 500-599, "
	    "backend_port: 22, pool: set")
	    RULE("n", "f, protocol: tcp, frontend_ports: @-699, "
	    "backend_port: 23, pool: set"), "599", "600", 0,
	    "share ports of frontend 'f'", "give one of the two a different port" },
	{ "5.5 a rule's port", BASE RULES RULE("x", "f, pool: q, " TCP)
	    NAT("protocol: tcp, frontend_ports: @-90, backend_port: 22, "
	    "pool: p"), "80", "81", 0, "share ports of frontend 'f'",
	    "give one of the two a different port" },
	{ "5.5 rules or pools", BASE "nat_rules:\n"
	    RULE("m", "f, protocol: tcp, frontend_ports: 500-599, "
	    "backend_port: 22, pool: set, assignment: @")
	    RULE("n", "f, protocol: tcp, frontend_port: 22, "
	    "backend_port: 23, pool: set, member: v_0"), "instance",
	    "lowest-free", 0, "not both", "use one kind" },
	{ "5.5 a NAT rule has one family", BASE NAT("protocol: tcp, "
	    "frontend_port: 22, backend_port: 22, pool: @, member: a"), "six",
	    "p", 0, "of the other family", "make a NAT rule for each" },

	/* --- 8: what is not a number --- */
	{ "addresses: nobody's", STANDARD "frontends: [{ name: f, "
	    "address: @ }]\n", "0.0.0.0", "192.0.2.1", 0,
	    "0.0.0.0 is nobody's address", "use that of one machine" },
	{ "addresses: nobody's, sku fairlead", OURS "frontends: [{ name: f, "
	    "address: '@' }]\n", "::", "2001:db8::1", 0,
	    ":: is nobody's address", "use that of one machine" },
	{ "addresses: loopback", STANDARD "frontends: [{ name: f, "
	    "address: @ }]\n", "127.0.0.1", "10.0.0.1", 0,
	    "127.0.0.1 is a loopback address", "use another" },
	{ "addresses: link-local", STANDARD FRONTENDS "pools: [{ name: p, "
	    "members: [{ name: m, address: '@' }] }]\n", "fe80::1", "fd00::2",
	    0, "fe80::1 is a link-local address, which Azure's members",
	    "use another" },
	{ "addresses: broadcast", STANDARD FRONTENDS "pools: [{ name: p, "
	    "members: [{ name: m, address: '@' }] }]\n", "255.255.255.255",
	    "10.0.0.1", 0, "is a reserved address", "use that of one" },
	{ "addresses: IPv4 in IPv6's words", STANDARD "frontends: [{ name: f, "
	    "address: '@' }]\n", "::ffff:10.0.0.4", "10.0.0.4", 0,
	    "is IPv4 in IPv6's words", "write 10.0.0.4" },
	{ "names: 80 characters", BASE RULES RULE(NAME70 "@",
	    "f, pool: p, " TCP), "abcdefghijk", "abcdefghij",
	    LB_REFUSAL_NAME, "has 81 characters", "use at most 80" },
	{ "names: their end", BASE RULES RULE("x@", "f, pool: p, " TCP), "-",
	    "_", LB_REFUSAL_NAME, "ends with '-'", "end it with a letter" },
	{ "names: case", BASE RULES RULE("web", "f, pool: p, " TCP)
	    RULE("@", "f, pool: p, protocol: tcp, frontend_port: 81"), "WEB",
	    "WEB2", 0, "these are one", "give it a name of its own" },
	{ "names: beginning", BASE RULES RULE("@", "f, pool: p, " TCP), "_x",
	    "x_", 0, "is no name", "the first no '-'" },

	{ "8 Basic, zones", BASIC "frontends: [{ name: f, "
	    "address: 192.0.2.1, zones: [@] }]\n", "1", "", 0,
	    "knows no zones", "leave them out" },
};

/* What is accepted, but with a word. */
static const struct truth warnings[] = {
	{ "2.1 numberOfProbes", STANDARD PROBE("protocol: tcp, port: 1@"),
	    ", number_of_probes: 2", "", 0, "has no effect",
	    "`probe_threshold`" },
	{ "3.1 above the API's text", BASE RULES RULE("x", "f, pool: p, " TCP
	    ", idle_timeout: @"), "31m", "30m", 0, "some of Azure's",
	    "no more than 30m" },
	{ "3.1 above the API's text, NAT rule", BASE
	    NAT(NAT1 ", member: a, idle_timeout: @"), "31m", "30m", 0,
	    "some of Azure's", "no more than 30m" },
	{ "3.2 a frontend's beats a rule's", STANDARD
	    "frontends: [{ name: f, address: 192.0.2.1, idle_timeout: 9m }]\n"
	    POOLS RULES RULE("x", "f, pool: p, " TCP ", idle_timeout: @"),
	    "8m", "9m", 0, "that of frontend 'f' is what counts",
	    "leave it out" },
	{ "5.2, 5.6 floating IP, internal IPv6", BASE RULES
	    RULE("x", "@, pool: six, " TCP FLOAT), "ula", "six", 0,
	    "no floating IP on internal IPv6 frontends", "fairlead has" },
	{ "2.7 admin state without a probe", STANDARD FRONTENDS
	    "pools: [{ name: p, members: [{ name: a, address: 10.0.0.4, "
	    "admin_state: @ }] }]\n" RULES RULE("x", "f, pool: p, " TCP),
	    "down", "none", 0, "only in rules with a probe",
	    "fairlead heeds it always" },
};
/* clang-format on */

/* The template with its blanks filled. */
static char *
fill(const char *text, const char *with)
{
	char *out = NULL;
	size_t bytes;
	FILE *to = open_memstream(&out, &bytes);

	UNIT_NEED(to);
	for (; *text != '\0'; text++) {
		size_t part = strcspn(with, "|");
		if (*text != '@') {
			(void)fputc(*text, to);
			continue;
		}
		(void)fwrite(with, 1, part, to);
		if (with[part] == '|')
			with += part + 1;
	}
	(void)fclose(to);
	UNIT_NEED(out);
	return out;
}

static bool
says(const struct lb_problem *problem, const struct truth *t)
{
	const struct refused refused = { t->code, t->said, t->mend };

	return refused_says(problem, &refused);
}

/* --- advice -------------------------------------------------------------- */

static bool
is_accepted(const char *section, const char *text, const char *not_said)
{
	struct lb_problems problems;
	struct lb_config *config = config_of(text, &problems);
	bool right = config != NULL && problems.error_count == 0;

	for (size_t i = 0; not_said != NULL && i < problems.count; i++)
		right &= strstr(problems.at[i].what, not_said) == NULL;
	if (!right)
		lb_problems_print(&problems, section, stderr);
	lb_problems_free(&problems);
	lb_config_free(config);
	return right;
}

/* How many ways an advice names: those behind the last ';', else ':'. */
static size_t
ways_of(const char *what)
{
	const char *at = strrchr(what, ';');
	size_t count = 1;

	if (at == NULL)
		at = strrchr(what, ':');
	if (at == NULL)
		at = what;
	while ((at = strstr(at, " or ")) != NULL) {
		at += 4;
		count++;
	}
	return count;
}

/* The same text with another sku, or NULL: it has none. */
static char *
with_sku(const char *text, const char *sku)
{
	static const char *const skus[] = { "sku: standard", "sku: basic" };
	char *out = NULL;

	for (size_t i = 0; i < LB_COUNT(skus); i++) {
		const char *at = strstr(text, skus[i]);
		if (at != NULL &&
		    asprintf(&out, "%.*ssku: %s%s", (int)(at - text), text, sku,
			at + strlen(skus[i])) < 0)
			return NULL;
	}
	return out;
}

/* Each way that a message names was tried in the row, and led to a
 * configuration that is accepted. */
static bool
ways_work(const struct truth *t, const char *text, const char *what)
{
	static const char *const skus[] = { "standard", "fairlead" };
	size_t tried = 1;
	char words[32];

	for (size_t w = 0; w < WAYS_MAX && t->also[w].words != NULL; w++) {
		char *other = fill(t->text, t->also[w].with);
		tried++;
		if (strstr(what, t->also[w].words) == NULL ||
		    !is_accepted(t->also[w].words, other, t->said)) {
			(void)fprintf(stderr, "%s: way '%s'\n", t->section,
			    t->also[w].words);
			return false;
		}
		free(other);
	}
	for (size_t i = 0; i < LB_COUNT(skus); i++) {
		(void)snprintf(words, sizeof(words), "use sku %s", skus[i]);
		bool first = strstr(t->mend, words) != NULL;
		(void)snprintf(words, sizeof(words), "sku %s", skus[i]);
		const char *at = strrchr(what, ';');
		if (strstr(at == NULL ? what : at, words) == NULL)
			continue;
		char *other = with_sku(text, skus[i]);
		tried += !first;
		if (other == NULL || !is_accepted(words, other, NULL)) {
			(void)fprintf(stderr, "%s: %s\n", t->section, words);
			return false;
		}
		free(other);
	}
	if (tried < ways_of(what))
		(void)fprintf(stderr, "%s: %zu ways tried of: %s\n", t->section,
		    tried, what);
	return tried >= ways_of(what);
}

static void
check_violation(const struct truth *t, bool warning)
{
	struct lb_problems problems;
	char *text = fill(t->text, t->bad);
	struct lb_config *config = config_of(text, &problems);
	bool found = false;

	for (size_t i = 0; i < problems.count; i++)
		if (problems.at[i].warning == warning &&
		    says(&problems.at[i], t)) {
			found = true;
			if (!warning)
				UNIT_ROW(t->section,
				    ways_work(t, text, problems.at[i].what));
		}
	bool right = found && problems.error_count == (warning ? 0u : 1u) &&
		     (config != NULL) == warning;
	if (!right)
		lb_problems_print(&problems, t->section, stderr);
	UNIT_ROW(t->section, right);
	lb_problems_free(&problems);
	lb_config_free(config);
	free(text);
}

static void
check_neighbour(const struct truth *t)
{
	char *text = fill(t->text, t->good);

	UNIT_ROW(t->section, is_accepted(t->section, text, t->said));
	free(text);
}

static void
test_truths(void)
{
	for (size_t i = 0; i < LB_COUNT(truths); i++) {
		check_violation(&truths[i], false);
		check_neighbour(&truths[i]);
	}
}

static void
test_warnings(void)
{
	for (size_t i = 0; i < LB_COUNT(warnings); i++) {
		check_violation(&warnings[i], true);
		check_neighbour(&warnings[i]);
	}
}

/* 2.1: ports that Azure sends no HTTP to, and no others. */
static void
test_http_ports(void)
{
	static const unsigned refused[] = { 19, 21, 25, 70, 110, 119, 143, 220,
		993 };

	for (unsigned port = 1; port <= 1024; port++) {
		char text[512];
		struct lb_problems problems;
		bool bad = false;
		for (size_t i = 0; i < LB_COUNT(refused); i++)
			bad |= refused[i] == port;
		(void)snprintf(text, sizeof(text),
		    STANDARD
		    "frontends: [{ name: f, address: 192.0.2.1 }]\nprobes: [{ "
		    "name: x, protocol: %s, port: %u, request_path: / }]\n",
		    port % 2 ? "http" : "https", port);
		struct lb_config *config = config_of(text, &problems);
		UNIT_EQUAL("2.1 HTTP ports", problems.error_count, bad);
		UNIT_ROW("2.1 HTTP ports",
		    !bad || strstr(problems.at[0].what, "use another") != NULL);
		lb_problems_free(&problems);
		lb_config_free(config);
	}
}

/* --- all at once --------------------------------------------------------- */

static void
test_together(void)
{
	struct lb_problems problems;
	/* clang-format off */
	struct lb_config *config = config_of(BASE
	    "probes: [{ name: x, protocol: tcp, port: 0 }]\n"
	    RULES
	    RULE("a", "f, pool: p, " TCP ", idle_timeout: 3m")
	    RULE("b", "g, pool: p, " TCP)
	    RULE("c", "g, pool: pp, protocol: tcp, frontend_port: 81, "
		"backend_port: 80")
	    NAT(NAT1 ", member: a, idle_timeout: 101m")
	    OUT("pool: q, ports_per_member: 1001"), &problems);
	/* clang-format on */
	static const struct {
		enum lb_refusal code;
		const char *part;
	} wanted[] = {
		{ 0, "no port to probe" },
		{ LB_REFUSAL_SNAT, "'a' has a frontend of outbound rule" },
		{ 0, "4m to 100m" },
		{ LB_REFUSAL_BACKEND, "'a' and 'b'" },
		{ LB_REFUSAL_MEMBER, "'c'" },
		{ 0, "4m to 100m" },
		{ LB_REFUSAL_EIGHTS, "use 1000" },
	};

	CU_ASSERT_PTR_NULL(config);
	CU_ASSERT_EQUAL(problems.count, LB_COUNT(wanted));
	for (size_t i = 0; i < problems.count && i < LB_COUNT(wanted); i++) {
		const struct truth truth = { .code = wanted[i].code,
			.said = wanted[i].part,
			.mend = "" };
		UNIT_ROW(wanted[i].part, says(&problems.at[i], &truth));
	}
	if (problems.count != LB_COUNT(wanted))
		lb_problems_print(&problems, "together", stderr);
	lb_problems_free(&problems);
	lb_config_free(config);
}

/* --- fairlead.yaml(5) ---------------------------------------------------- */

#define HEADING ".Ss Azure's error codes\n"

static char *
read_manual(void)
{
	const char *src = getenv("SRC");
	char path[4096];
	char *text = calloc(1, 1 << 20);

	(void)snprintf(path, sizeof(path), "%s/doc/fairlead.yaml.5",
	    src == NULL ? "." : src);
	FILE *file = fopen(path, "re");
	UNIT_NEED(file);
	UNIT_NEED(text);
	(void)fread(text, 1, (1 << 20) - 1, file);
	(void)fclose(file);
	return text;
}

/* The manual's table has our codes with these meanings, and no other. */
static void
test_manual(void)
{
	char *text = read_manual(), row[512];
	char *table = strstr(text, HEADING);
	unsigned rows = 0;

	UNIT_NEED(table);
	table += strlen(HEADING);
	char *end = strstr(table, "\n.El\n");
	UNIT_NEED(end);
	*end = '\0';
	for (unsigned r = LB_REFUSAL_NONE + 1; r < LB_REFUSAL_COUNT; r++) {
		(void)snprintf(row, sizeof(row), ".It Ql %s\n%s.",
		    lb_refusal_code(r), lb_refusal_meaning(r));
		UNIT_ROW(lb_refusal_code(r), strstr(table, row) != NULL);
	}
	for (char *at = table; (at = strstr(at, ".It ")) != NULL; at++)
		rows++;
	CU_ASSERT_EQUAL(rows, LB_REFUSAL_COUNT - 1);
	free(text);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "a violation and its neighbour", test_truths },
		{ "warnings", test_warnings },
		{ "2.1 HTTP ports", test_http_ports },
		{ "all at once", test_together },
		{ "codes in the manual", test_manual },
		CU_TEST_INFO_NULL,
	};

	return unit_main("validator_audit", tests);
}
