/* SPDX-License-Identifier: MIT */
/* Azure's rules (AZ 5.3, 5.4, 8, 13.10) as a table: a configuration, and the
 * one mistake in it. */
#include "model/config/config_new.h"
#include "tests/model/config_text.h"

#define CODE_POOL "RulesUseSameBackendPortProtocolAndPool"
#define CODE_FLOATING                                                          \
	"RulesUseSameBackendPortProtocolAndPoolAndFrontendIPWithFloating"      \
	"IPEnabled"
#define CODE_CONFIG                                                            \
	"RulesOfSameLoadBalancerTypeUseSameBackendPortProtocolAndIPConfig"
#define CODE_NIC "LoadBalancerRuleCountLimitReachedForNic"

/* clang-format off */
#define BASIC "load_balancer: { sku: basic }\n"
#define OURS "load_balancer: { sku: fairlead }\n"
#define AZURE "load_balancer: { sku: standard }\n"
/* line 2 to 13 */
#define BASE \
	"frontends:\n" \
	"  - { name: f, address: 203.0.113.1 }\n" \
	"  - { name: g, address: 203.0.113.2 }\n" \
	"  - { name: i, address: 10.1.0.1 }\n" \
	"  - { name: j, address: 10.1.0.2 }\n" \
	"  - { name: s, address: 2001:db8::1 }\n" \
	"pools:\n" \
	"  - { name: p, members: [{ name: a, address: 10.0.0.4 }] }\n" \
	"  - { name: q, members: [{ name: a, address: 10.0.0.5 }] }\n" \
	"  - { name: pq, members: [{ name: b, address: 10.0.0.5 },\n" \
	"      { name: c, address: 10.0.0.4 }] }\n" \
	"  - { name: six, members: [{ name: a, address: 2001:db8::4 }] }\n"
/* line 14 on: rules, one a line; what stands after "frontend: " */
#define RULES BASE "rules:\n"
#define RULE(name, rest) "  - { name: " name ", frontend: " rest " }\n"
#define TCP(port) "protocol: tcp, frontend_port: " port
#define HA "protocol: all, frontend_port: 0"
#define FLOAT ", floating_ip: true"

static const struct said pairs[] = {
	{ "two ports, one pool", AZURE RULES RULE("x", "f, pool: p, " TCP("80"))
	    RULE("y", "f, pool: p, " TCP("81")), 0, 0, NULL, NULL },
	{ "same port, other protocol", AZURE RULES
	    RULE("x", "f, pool: p, protocol: tcp, frontend_port: 53")
	    RULE("y", "f, pool: p, protocol: udp, frontend_port: 53"),
	    0, 0, NULL, NULL },
	{ "frontend port twice", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80"))
	    RULE("y", "f, pool: q, " TCP("80")), 16, 68,
	    "a frontend's port goes to one rule", NULL },
	/* 13.10: two Tcp/80->80 rules, one pool, floating off, two frontends */
	{ "same backend, two frontends", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80"))
	    RULE("y", "g, pool: p, " TCP("80")), 16, 68,
	    "'x' and 'y' have the same pool", CODE_POOL },
	{ "the same with sku fairlead", OURS RULES
	    RULE("x", "f, pool: p, " TCP("80"))
	    RULE("y", "g, pool: p, " TCP("80")), 16, 68, "same pool",
	    CODE_POOL },
	{ "one of them floats", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80") FLOAT)
	    RULE("y", "g, pool: p, " TCP("80")), 0, 0, NULL, NULL },
	/* 13.10: same, floating on both, different frontends */
	{ "both float, two frontends", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80") FLOAT)
	    RULE("y", "g, pool: p, " TCP("80") FLOAT), 0, 0, NULL, NULL },
	/* 13.10: same, floating on both, same frontend, backend ports equal */
	{ "both float, one frontend", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80") FLOAT)
	    RULE("y", "f, pool: p, " TCP("81") ", backend_port: 80" FLOAT),
	    16, 86, "same frontend, pool", CODE_FLOATING },
	{ "l2dsr is floating for all", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80"))
	    RULE("y", "g, pool: p, " TCP("80"))
	    "forwarding: { mode: l2dsr }\n", 0, 0, NULL, NULL },
	/* ERR: same backend port and protocol on one network interface */
	{ "one address in two pools", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80"))
	    RULE("y", "g, pool: pq, " TCP("81") ", backend_port: 80"), 16, 87,
	    "different pools", CODE_CONFIG },
	{ "in two pools, other port", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80"))
	    RULE("y", "g, pool: pq, " TCP("81")), 0, 0, NULL, NULL },
	{ "in two pools, one floats", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80"))
	    RULE("y", "g, pool: pq, " TCP("80") FLOAT), 0, 0, NULL, NULL },
	{ "pools with nobody in common", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80"))
	    RULE("y", "g, pool: q, " TCP("80")), 0, 0, NULL, NULL },
};

static const struct said ha[] = {
	{ "HA ports", AZURE RULES RULE("x", "i, pool: p, " HA), 0, 0, NULL,
	    NULL },
	{ "all needs port 0", AZURE RULES
	    RULE("x", "i, pool: p, protocol: all, frontend_port: 80"), 15, 68,
	    "protocol all is for HA ports", NULL },
	{ "port 0 needs all", AZURE RULES RULE("x", "i, pool: p, " TCP("0")),
	    15, 68, "needs protocol all", NULL },
	{ "backend port 0 too", AZURE RULES
	    RULE("x", "i, pool: p, " HA ", backend_port: 80"), 15, 85,
	    "make backend_port 0", NULL },
	{ "backend port 0 alone", AZURE RULES
	    RULE("x", "i, pool: p, " TCP("80") ", backend_port: 0"), 15, 86,
	    "use 1 to 65535", NULL },
	/* 13.10: HA rule on public LB */
	{ "public frontend", AZURE RULES RULE("x", "f, pool: p, " HA), 15, 68,
	    "internal frontends only", NULL },
	{ "public frontend, fairlead", OURS RULES RULE("x", "f, pool: p, " HA),
	    0, 0, NULL, NULL },
	{ "sku basic", BASIC RULES RULE("x", "i, pool: p, " HA), 15, 68,
	    "sku basic has no HA ports", NULL },
	{ "one per frontend", AZURE RULES
	    RULE("x", "i, pool: p, " HA FLOAT)
	    RULE("y", "i, pool: q, " HA FLOAT), 16, 68,
	    "HA-ports rules 'x' and 'y'", NULL },
	{ "each its own frontend, floating", AZURE RULES
	    RULE("x", "i, pool: p, " HA FLOAT)
	    RULE("y", "j, pool: p, " HA FLOAT), 0, 0, NULL, NULL },
	{ "two, not floating, one pool", AZURE RULES
	    RULE("x", "i, pool: p, " HA)
	    RULE("y", "j, pool: p, " HA), 16, 68, "HA-ports rules",
	    CODE_POOL },
	{ "members not alone", AZURE RULES
	    RULE("x", "i, pool: p, " HA)
	    RULE("y", "j, pool: p, " TCP("80")), 16, 68,
	    "must have its members alone", NULL },
	{ "not alone, through another pool", AZURE RULES
	    RULE("x", "j, pool: pq, " TCP("80") FLOAT)
	    RULE("y", "i, pool: p, " HA), 15, 69,
	    "must have its members alone", NULL },
	{ "one HA floats and one does not", AZURE RULES
	    RULE("x", "i, pool: p, " HA FLOAT)
	    RULE("y", "j, pool: pq, " HA), 15, 68,
	    "must have its members alone", NULL },
	{ "floating HA and floating plain", AZURE RULES
	    RULE("x", "i, pool: p, " HA FLOAT)
	    RULE("y", "i, pool: p, " TCP("80") FLOAT), 0, 0, NULL, NULL },
	{ "floating HA and plain, one frontend", AZURE RULES
	    RULE("x", "i, pool: p, " HA FLOAT)
	    RULE("y", "i, pool: p, " TCP("80")), 16, 68, "give it floating_ip",
	    NULL },
	{ "next hop", AZURE RULES RULE("x", "i, pool: p, " HA FLOAT)
	    "forwarding: { ha_next_hop: x }\n", 0, 0, NULL, NULL },
	{ "next hop without floating IP", AZURE RULES
	    RULE("x", "i, pool: p, " HA) "forwarding: { ha_next_hop: x }\n",
	    16, 28, "give it floating_ip", NULL },
	{ "next hop that is none", AZURE RULES
	    RULE("x", "i, pool: p, " TCP("80") FLOAT)
	    "forwarding: { ha_next_hop: x }\n", 16, 28, "no HA-ports rule",
	    NULL },
};

static const struct said rules[] = {
	/* 13.10: LB rule idle 3 / 101 */
	{ "idle 3m", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80") ", idle_timeout: 3m"), 15, 86,
	    "4m to 100m", NULL },
	{ "idle 4m", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80") ", idle_timeout: 4m"), 0, 0,
	    NULL, NULL },
	{ "idle 100m", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80") ", idle_timeout: 100m"), 0, 0,
	    NULL, NULL },
	{ "idle 101m", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80") ", idle_timeout: 101m"), 15, 86,
	    "4m to 100m", NULL },
	{ "idle 30m, basic", BASIC RULES
	    RULE("x", "f, pool: p, " TCP("80") ", idle_timeout: 30m"), 0, 0,
	    NULL, NULL },
	{ "idle 31m, basic", BASIC RULES
	    RULE("x", "f, pool: p, " TCP("80") ", idle_timeout: 31m"), 15, 86,
	    "4m to 30m", NULL },
	{ "idle 1s, fairlead", OURS RULES
	    RULE("x", "f, pool: p, " TCP("80") ", idle_timeout: 1s"), 0, 0,
	    NULL, NULL },
	{ "idle 999ms, fairlead", OURS RULES
	    RULE("x", "f, pool: p, " TCP("80") ", idle_timeout: 999ms"), 15,
	    86, "1s to 24h", NULL },
	{ "idle 25h, fairlead", OURS RULES
	    RULE("x", "f, pool: p, " TCP("80") ", idle_timeout: 25h"), 15, 86,
	    "1s to 24h", NULL },
	{ "frontend port 65535", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("65535")), 15, 68, "1 to 65534",
	    NULL },
	{ "table size 65536", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80") ", table_size: 65536"), 15, 84,
	    "like 65537", NULL },
	{ "table size 2^20, next prime is beyond", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80") ", table_size: 1048576"), 15,
	    84, "like 1048573", NULL },
	{ "table size 0", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80") ", table_size: 0"), 15, 84,
	    "use 1 to 1048576", NULL },
	{ "table size, rendezvous", AZURE RULES RULE("x", "f, pool: p, "
	    TCP("80") ", table_size: 1000, algorithm: rendezvous"), 0, 0,
	    NULL, NULL },
	{ "tcp_reset, basic", BASIC RULES
	    RULE("x", "f, pool: p, " TCP("80") ", tcp_reset: true"), 15, 83,
	    "sku basic has no `tcp_reset`", NULL },
	{ "other family", AZURE RULES RULE("x", "s, pool: p, " TCP("80")), 15,
	    35, "for IPv6, but member 'a'", NULL },
	{ "other family, too", AZURE RULES RULE("x", "f, pool: six, "
	    TCP("80")), 15, 35, "for IPv4, but member 'a'", NULL },
	{ "IPv6", AZURE RULES RULE("x", "s, pool: six, " TCP("80")), 0, 0,
	    NULL, NULL },
	{ "IPv6 idle, basic", BASIC RULES
	    RULE("x", "s, pool: six, " TCP("80") ", idle_timeout: 5m"), 15,
	    88, "no `idle_timeout` but 4m", NULL },
	{ "IPv6 mode, basic", BASIC RULES
	    RULE("x", "s, pool: six, " TCP("80") ", distribution: SourceIP"),
	    15, 88, "five-tuple only", NULL },
	{ "l2dsr, other port", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80") ", backend_port: 81")
	    "forwarding: { mode: l2dsr }\n", 15, 86, "changes no ports",
	    NULL },
	{ "l2dsr, HA ports", AZURE RULES RULE("x", "i, pool: p, " HA)
	    "forwarding: { mode: l2dsr }\n", 0, 0, NULL, NULL },
};

/* After what is asked about: whatever has no frontend is refused. */
#define SOME "frontends: [{ name: some, address: 192.0.2.9 }]\n"
#define PROBE(rest) "probes: [{ name: x, " rest " }]\n" SOME /* column 21 */
static const struct said things[] = {
	{ "interval 5s", AZURE PROBE("protocol: tcp, port: 1, interval: 5s"),
	    0, 0, NULL, NULL },
	{ "interval 4s", AZURE PROBE("protocol: tcp, port: 1, interval: 4s"),
	    2, 55, "5s to 24h", NULL },
	{ "interval 10ms", OURS PROBE("protocol: udp, port: 1, interval: 10ms"),
	    0, 0, NULL, NULL },
	{ "interval 9ms", OURS PROBE("protocol: udp, port: 1, interval: 9ms"),
	    2, 55, "10ms to 24h", NULL },
	{ "threshold 0", AZURE
	    PROBE("protocol: tcp, port: 1, probe_threshold: 0"), 2, 62,
	    "1 to 100", NULL },
	{ "threshold 100", AZURE
	    PROBE("protocol: tcp, port: 1, probe_threshold: 100"), 0, 0, NULL,
	    NULL },
	{ "threshold 101", AZURE
	    PROBE("protocol: tcp, port: 1, probe_threshold: 101"), 2, 62,
	    "1 to 100", NULL },
	{ "damping 24h", AZURE
	    PROBE("protocol: tcp, port: 1, flap_damping: 24h"), 0, 0, NULL,
	    NULL },
	{ "damping 25h", AZURE
	    PROBE("protocol: tcp, port: 1, flap_damping: 25h"), 2, 59,
	    "0s (off) to 24h", NULL },
	{ "port 0", AZURE PROBE("protocol: tcp, port: 0"), 2, 42,
	    "1 to 65535", NULL },
	{ "http without path", AZURE PROBE("protocol: http, port: 80"), 2, 10,
	    "needs `request_path`", NULL },
	{ "https with path", AZURE
	    PROBE("protocol: https, port: 443, request_path: /"), 0, 0, NULL,
	    NULL },
	{ "https, basic", BASIC
	    PROBE("protocol: https, port: 443, request_path: /"), 2, 31,
	    "no https probes", NULL },
	{ "tcp with path", AZURE
	    PROBE("protocol: tcp, port: 80, request_path: /"), 2, 60,
	    "has no `request_path`", NULL },
	{ "path without slash", AZURE
	    PROBE("protocol: http, port: 80, request_path: up"), 2, 61,
	    "begins with '/'", NULL },
	{ "path of two lines", AZURE
	    PROBE("protocol: http, port: 80, request_path: "
	    "\"/a HTTP/1.1\\r\\nHost: b\""), 2, 61, "has blanks or", NULL },
	{ "path with a blank", OURS
	    PROBE("protocol: coap, port: 80, request_path: /a b"), 2, 61,
	    "write these as %20", NULL },
	{ "path with a query", AZURE
	    PROBE("protocol: http, port: 80, request_path: /a%20b?c=d"), 0, 0,
	    NULL, NULL },
	{ "http to port 25", AZURE
	    PROBE("protocol: http, port: 25, request_path: /"), 2, 43,
	    "does not probe port 25", NULL },
	{ "tcp to port 25", AZURE PROBE("protocol: tcp, port: 25"), 0, 0,
	    NULL, NULL },
	{ "udp, standard", AZURE PROBE("protocol: udp, port: 5683"), 2, 31,
	    "or sku fairlead", NULL },
	{ "coap path", OURS
	    PROBE("protocol: coap, port: 5683, request_path: /up"), 0, 0,
	    NULL, NULL },
	{ "source", AZURE PROBE("protocol: tcp, port: 1, source: 10.0.0.1"),
	    0, 0, NULL, NULL },
	{ "source of many", AZURE
	    PROBE("protocol: tcp, port: 1, source: 224.0.0.1"), 2, 53,
	    "`source` is a multicast address", NULL },
	{ "source of nobody", AZURE
	    PROBE("protocol: tcp, port: 1, source: 0.0.0.0"), 2, 53,
	    "`source` is nobody's address", NULL },
	{ "source of another family", AZURE BASE
	    "probes: [{ name: t, protocol: tcp, port: 1, source: 10.0.0.1 }]\n"
	    "rules:\n"
	    RULE("x", "f, pool: p, probe: t, " TCP("80"))
	    RULE("y", "s, pool: six, probe: t, " TCP("80")), 17, 47,
	    "probe 't' has an IPv4 `source`, and these members are IPv6",
	    NULL },
	{ "host", OURS
	    PROBE("protocol: http, port: 1, request_path: /, host: a.b:81"),
	    0, 0, NULL, NULL },
	{ "host, standard", AZURE
	    PROBE("protocol: http, port: 1, request_path: /, host: a.b"),
	    2, 69, "Azure's probes have no `host`; leave it out, or", NULL },
	{ "host of tcp", OURS PROBE("protocol: tcp, port: 1, host: a.b"),
	    2, 51, "tcp probes have no `host`; leave it out", NULL },
	{ "host of two lines", OURS
	    PROBE("protocol: http, port: 1, request_path: /, "
	    "host: \"a\\r\\nb\""), 2, 69, "`host` is a name", NULL },
	{ "no host", OURS
	    PROBE("protocol: http, port: 1, request_path: /, host: ''"),
	    2, 69, "`host` is a name", NULL },
	{ "verified", OURS
	    PROBE("protocol: https, port: 1, request_path: /, "
	    "tls_verify: true, tls_name: a.b, tls_ca: ca.pem"), 0, 0, NULL,
	    NULL },
	{ "verified, http", OURS
	    PROBE("protocol: http, port: 1, request_path: /, "
	    "tls_verify: false"), 2, 75, "http probes have no `tls_verify`",
	    NULL },
	{ "verified, standard", AZURE
	    PROBE("protocol: https, port: 1, request_path: /, "
	    "tls_verify: true"), 2, 76, "have no `tls_verify`", NULL },
	{ "authorities for nothing", OURS
	    PROBE("protocol: https, port: 1, request_path: /, "
	    "tls_ca: ca.pem"), 2, 72, "with `tls_verify: true` only", NULL },
	{ "no authorities", OURS
	    PROBE("protocol: https, port: 1, request_path: /, "
	    "tls_verify: true, tls_ca: ''"), 2, 90, "is a file of", NULL },
	{ "an address as tls_name", OURS
	    PROBE("protocol: https, port: 1, request_path: /, "
	    "tls_name: \"::1\""), 2, 74, "is a host's name", NULL },
	{ "payload", OURS
	    PROBE("protocol: udp, port: 1, payload: \"ping\\n\", "
	    "expect: 0x00fF"), 0, 0, NULL, NULL },
	{ "payload of coap", OURS
	    PROBE("protocol: coap, port: 1, payload: x"), 2, 55,
	    "coap probes have no `payload`", NULL },
	{ "half a byte", OURS PROBE("protocol: udp, port: 1, payload: 0x123"),
	    2, 54, "`payload`: after 0x come pairs", NULL },
	{ "no digit", OURS PROBE("protocol: udp, port: 1, expect: 0x1g"),
	    2, 53, "`expect`: after 0x come pairs", NULL },
	{ "no payload", OURS PROBE("protocol: udp, port: 1, payload: ''"),
	    2, 54, "`payload`: 0 bytes; it has 1 to 1024", NULL },
	{ "nothing expected", OURS PROBE("protocol: udp, port: 1, expect: 0x"),
	    2, 53, "`expect`: 0 bytes; it has 1 to 1024", NULL },
	{ "a name", OURS
	    PROBE("protocol: dns, port: 53, dns_name: a.b., dns_type: AAAA"),
	    0, 0, NULL, NULL },
	{ "the root", OURS
	    PROBE("protocol: dns, port: 53, dns_name: ., dns_type: soa"),
	    0, 0, NULL, NULL },
	{ "two dots", OURS PROBE("protocol: dns, port: 53, dns_name: a..b"),
	    2, 56, "`dns_name` is a domain name", NULL },
	{ "a long label", OURS PROBE("protocol: dns, port: 53, dns_name: "
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
	    2, 56, "labels of 1 to 63", NULL },
	{ "a name, http", OURS
	    PROBE("protocol: http, port: 1, request_path: /, dns_name: a"),
	    2, 73, "http probes have no `dns_name`", NULL },
	{ "a type that is none", OURS
	    PROBE("protocol: dns, port: 53, dns_type: axfr"), 2, 56,
	    "a, aaaa, cname", NULL },
	{ "over DTLS", OURS
	    PROBE("protocol: coap, port: 1, psk_identity: a, psk_file: b"),
	    0, 0, NULL, NULL },
	{ "without key", OURS
	    PROBE("protocol: coap, port: 1, psk_identity: a"), 2, 60,
	    "`psk_identity` wants `psk_file`", NULL },
	{ "without identity", OURS
	    PROBE("protocol: coap, port: 1, psk_file: a"), 2, 56,
	    "`psk_file` wants `psk_identity`", NULL },
	{ "nobody's key", OURS
	    PROBE("protocol: coap, port: 1, psk_identity: '', psk_file: a"),
	    2, 60, "has 1 to 128 bytes", NULL },
	{ "a key in the file", OURS
	    PROBE("protocol: coap, port: 1, psk_key: a"), 2, 46,
	    "unknown key `psk_key`", NULL },
	{ "zone, basic", BASIC "frontends:\n"
	    "  - { name: f, address: 192.0.2.1, zones: [1] }\n", 3, 43,
	    "knows no zones", NULL },
	{ "zone 4", AZURE "pools: [{ name: p, members: [{ name: m, "
	    "address: 10.0.0.4, zone: 4 }] }]\n" SOME, 2, 66,
	    "zones are 1, 2 and 3", NULL },
	{ "zone 4, fairlead", OURS "pools: [{ name: p, members: [{ name: m, "
	    "address: 10.0.0.4, zone: 4 }] }]\n", 0, 0, NULL, NULL },
	{ "weight, standard", AZURE "pools: [{ name: p, members: [{ name: m, "
	    "address: 10.0.0.4, weight: 50 }] }]\n" SOME, 2, 68,
	    "all members of a pool weigh the same", NULL },
	{ "the default weight, standard", AZURE "pools: [{ name: p, members: "
	    "[{ name: m, address: 10.0.0.4, weight: 100 }] }]\n" SOME, 0, 0, NULL,
	    NULL },
	{ "weight 0, fairlead", OURS "pools: [{ name: p, members: "
	    "[{ name: m, address: 10.0.0.4, weight: 0 },\n"
	    "  { name: n, address: 10.0.0.5 }] }]\n", 0, 0, NULL, NULL },
	{ "frontend address twice", AZURE "frontends:\n"
	    "  - { name: f, address: 192.0.2.1 }\n"
	    "  - { name: g, address: 192.0.2.1 }\n", 4, 25,
	    "frontends 'f' and 'g' have the same address 192.0.2.1", NULL },
	{ "frontend name twice", AZURE "frontends:\n"
	    "  - { name: f, address: 192.0.2.1 }\n"
	    "  - { name: f, address: 192.0.2.2 }\n", 4, 13,
	    "a second frontend called 'f'", NULL },
	{ "member name twice", AZURE "pools: [{ name: p, members: [\n"
	    "  { name: m, address: 10.0.0.4 },\n"
	    "  { name: m, address: 10.0.0.5 }] }]\n" SOME, 4, 11,
	    "a second member of this pool called 'm'", NULL },
	{ "same member name in two pools", AZURE "pools:\n"
	    "  - { name: p, members: [{ name: m, address: 10.0.0.4 }] }\n"
	    "  - { name: q, members: [{ name: m, address: 10.0.0.4 }] }\n" SOME,
	    0, 0, NULL, NULL },
	{ "member address twice", AZURE "pools: [{ name: p, members: [\n"
	    "  { name: m, address: 10.0.0.4 },\n"
	    "  { name: n, address: 10.0.0.4 }] }]\n" SOME, 4, 23,
	    "members 'm' and 'n' have the same address", NULL },
	{ "member is a frontend", AZURE
	    "frontends: [{ name: f, address: 10.0.0.4 }]\n"
	    "pools: [{ name: p, members: [\n"
	    "  { name: m, address: 10.0.0.4 }] }]\n", 4, 23,
	    "has the address 10.0.0.4 of frontend 'f'", NULL },
	{ "multicast", AZURE "frontends: [{ name: f, address: 224.0.0.1 }]\n",
	    2, 33, "use that of one machine", NULL },
	{ "nobody's address", AZURE "frontends:\n"
	    "  - { name: f, address: \"::\" }\n", 3, 25,
	    "use that of one machine", NULL },
};

static const struct said warnings[] = {
	{ "subnet of everybody", "forwarding: { local_subnets: "
	    "[0.0.0.0/0] }\n", 1, 31, "has every address", NULL },
	{ "subnet of everybody, v6", "forwarding: { local_subnets: "
	    "['::/0'] }\n", 1, 31, "has every address", NULL },
	{ "number_of_probes", AZURE
	    PROBE("protocol: tcp, port: 1, number_of_probes: 2"), 2, 63,
	    "no effect", NULL },
	{ "no rules", AZURE, 0, 0, "no rules", NULL },
	{ "idle 31m", AZURE RULES
	    RULE("x", "f, pool: p, " TCP("80") ", idle_timeout: 31m"), 15, 86,
	    "no more than 30m", NULL },
	{ "small table", AZURE RULES
	    RULE("x", "f, pool: pq, " TCP("80") ", table_size: 1"), 15, 85,
	    "1 slots for 2 members", NULL },
	{ "floating, other port", AZURE RULES RULE("x", "f, pool: p, "
	    TCP("80") ", backend_port: 81" FLOAT), 15, 86,
	    "must answer from port 80", NULL },
	{ "admin state without probe", AZURE "pools: [{ name: p, members: [{ "
	    "name: m, address: 10.0.0.4, admin_state: down }] }]\n"
	    "frontends: [{ name: f, address: 192.0.2.1 }]\nrules:\n"
	    RULE("x", "f, pool: p, " TCP("80")), 5, 5,
	    "fairlead heeds it always", NULL },
};
/* clang-format on */

#define WALK(test, table, warning)                                             \
	static void test(void)                                                 \
	{                                                                      \
		for (size_t i = 0; i < LB_COUNT(table); i++)                   \
			check_said(&(table)[i], warning);                      \
	}
WALK(test_pairs, pairs, false)
WALK(test_ha, ha, false)
WALK(test_rules, rules, false)
WALK(test_things, things, false)
WALK(test_warnings, warnings, true)

/* --- limits -------------------------------------------------------------- */

static size_t
count_errors(const char *text, const char *code)
{
	struct lb_problems problems;
	struct lb_config *config = config_of(text, &problems);
	size_t errors = problems.error_count;

	for (size_t i = 0; i < problems.count; i++)
		CU_ASSERT_TRUE(code == NULL || problems.at[i].warning ||
			       strcmp(problems.at[i].code, code) == 0);
	lb_problems_free(&problems);
	lb_config_free(config);
	return errors;
}

/* n rules tcp/1 .. n of one frontend and pool. */
static size_t
errors_of_rules(const char *sku, unsigned n, const char *code)
{
	char *text = malloc(4096 + n * 128);
	size_t bytes = 0;

	UNIT_NEED(text);
	bytes += (size_t)sprintf(text, "%s" RULES, sku);
	for (unsigned i = 1; i <= n; i++)
		bytes += (size_t)sprintf(text + bytes,
		    "  - { name: r%u, frontend: f, pool: p, protocol: tcp, "
		    "frontend_port: %u }\n",
		    i, i);
	size_t errors = count_errors(text, code);
	free(text);
	return errors;
}

static size_t
errors_of_members(const char *sku, unsigned n)
{
	char *text = malloc(4096 + n * 128);
	size_t bytes = 0;

	UNIT_NEED(text);
	bytes +=
	    (size_t)sprintf(text, "%spools: [{ name: p, members: [\n", sku);
	for (unsigned i = 1; i <= n; i++)
		bytes += (size_t)sprintf(text + bytes,
		    "  { name: m%u, address: 10.0.%u.%u },\n", i, i >> 8,
		    i & 255);
	(void)sprintf(text + bytes, "] }]\n" SOME);
	size_t errors = count_errors(text, NULL);
	free(text);
	return errors;
}

static void
test_limits(void)
{
	/* 13.10: 300 rules on a NIC / 301st */
	CU_ASSERT_EQUAL(errors_of_rules(AZURE, 300, NULL), 0);
	CU_ASSERT_EQUAL(errors_of_rules(AZURE, 301, CODE_NIC), 1);
	CU_ASSERT_EQUAL(errors_of_rules(AZURE, 1501, NULL), 2);
	CU_ASSERT_EQUAL(errors_of_rules(BASIC, 250, NULL), 0);
	CU_ASSERT_EQUAL(errors_of_rules(BASIC, 251, NULL), 1);
	CU_ASSERT_EQUAL(errors_of_rules(OURS, 2000, NULL), 0);
	CU_ASSERT_EQUAL(errors_of_members(AZURE, 5000), 0);
	CU_ASSERT_EQUAL(errors_of_members(AZURE, 5001), 1);
	CU_ASSERT_EQUAL(errors_of_members(BASIC, 300), 0);
	CU_ASSERT_EQUAL(errors_of_members(BASIC, 301), 1);
	CU_ASSERT_EQUAL(errors_of_members(OURS, 20000), 0);
}

/* Rules of one pool, of which one is an outbound one, and NAT rules for its
 * first member: at most 300 together (AZ 8). */
static size_t
errors_of_kinds(unsigned balancing, unsigned nats)
{
	char *text = malloc(4096 + (balancing + nats) * 128);
	size_t bytes = 0;

	UNIT_NEED(text);
	bytes += (size_t)sprintf(text, AZURE RULES);
	for (unsigned i = 1; i <= balancing; i++)
		bytes += (size_t)sprintf(text + bytes,
		    "  - { name: r%u, frontend: f, pool: p, protocol: tcp, "
		    "frontend_port: %u, outbound_snat: false }\n",
		    i, i);
	bytes += (size_t)sprintf(text + bytes, "nat_rules:\n");
	for (unsigned i = 1; i <= nats; i++)
		bytes += (size_t)sprintf(text + bytes,
		    "  - { name: n%u, frontend: f, pool: p, member: a, "
		    "protocol: tcp, frontend_port: %u, backend_port: %u }\n",
		    i, 1000 + i, 1000 + i);
	(void)sprintf(text + bytes,
	    "outbound_rules: [{ name: o, frontends: [g], pool: p }]\n");
	size_t errors = count_errors(text, CODE_NIC);
	free(text);
	return errors;
}

/* n rules of a pool of 5000. */
static size_t
errors_of_backends(unsigned n)
{
	char *text = malloc(5000 * 64 + 4096);
	size_t bytes = 0;

	UNIT_NEED(text);
	bytes += (size_t)sprintf(text,
	    AZURE "frontends: [{ name: f, address: 192.0.2.1 }]\n"
		  "pools: [{ name: p, members: [\n");
	for (unsigned i = 1; i <= 5000; i++)
		bytes += (size_t)sprintf(text + bytes,
		    "  { name: m%u, address: 10.0.%u.%u },\n", i, i >> 8,
		    i & 255);
	bytes += (size_t)sprintf(text + bytes, "] }]\nrules:\n");
	for (unsigned i = 1; i <= n; i++)
		bytes += (size_t)sprintf(text + bytes,
		    "  - { name: r%u, frontend: f, pool: p, protocol: tcp, "
		    "frontend_port: %u, algorithm: modulo }\n",
		    i, i);
	size_t errors = count_errors(text, NULL);
	free(text);
	return errors;
}

static void
test_limits_together(void)
{
	CU_ASSERT_EQUAL(errors_of_kinds(200, 99), 0);
	CU_ASSERT_EQUAL(errors_of_kinds(200, 100), 1);
	CU_ASSERT_EQUAL(errors_of_kinds(0, 300), 1);
	CU_ASSERT_EQUAL(errors_of_backends(2), 0);
	CU_ASSERT_EQUAL(errors_of_backends(3), 1);
	CU_ASSERT_EQUAL(errors_of_backends(5), 1);
	CU_ASSERT_EQUAL(
	    count_errors(AZURE "pools: [{ name: p, members: [{ name: m, "
			       "address: 10.0.0.4 }] }]\nrules:\n"
			       "  - { name: x, pool: p, protocol: all, "
			       "frontend_port: 0 }\n",
		"LoadBalancerWithoutFrontendIPCantHaveChildResources"),
	    1);
}

/* --- configurations that were never a file ------------------------------- */

static void
test_zero(void)
{
	struct lb_problems problems = { 0 };

	for (unsigned n = 1; n <= 32767; n = n * 6 + 1) {
		struct lb_config *config =
		    lb_config_zero(n, LB_MODE_SOURCE_IP_ANY_DST);
		UNIT_NEED(config);
		CU_ASSERT_EQUAL(config->pool_count, 2);
		CU_ASSERT_EQUAL(config->rule_count, 2);
		CU_ASSERT_EQUAL(config->pools[1].member_count, n);
		lb_config_check(config, &problems);
		CU_ASSERT_EQUAL(problems.count, 0);
		lb_config_free(config);
	}
	CU_ASSERT_PTR_NULL(lb_config_zero(0, LB_MODE_FIVE_TUPLE));
	CU_ASSERT_PTR_NULL(lb_config_zero(32768, LB_MODE_FIVE_TUPLE));
	lb_problems_free(&problems);
}

static void
test_programmatic(void)
{
	struct lb_problems problems = { 0 };
	struct lb_config *config = lb_config_zero(3, LB_MODE_FIVE_TUPLE);

	UNIT_NEED(config);
	config->sku = LB_SKU_STANDARD;
	config->rules[0].table_size = 10;
	config->rules[1].proto = LB_PROTO_TCP;
	config->next_hop_rule6 = -1;
	lb_config_check(config, &problems);
	/* table size; protocol; a rule without frontend that is no next hop */
	CU_ASSERT_EQUAL(problems.error_count, 3);
	for (size_t i = 0; i < problems.count; i++)
		CU_ASSERT_EQUAL(problems.at[i].where.line, 0);
	lb_problems_free(&problems);
	lb_config_free(config);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "rules side by side", test_pairs },
		{ "HA ports", test_ha },
		{ "rules", test_rules },
		{ "probes, zones, names, addresses", test_things },
		{ "warnings", test_warnings },
		{ "limits", test_limits },
		{ "limits, several kinds", test_limits_together },
		{ "zero configuration", test_zero },
		{ "programmatic", test_programmatic },
		CU_TEST_INFO_NULL,
	};

	return unit_main("config_check", tests);
}
