/* SPDX-License-Identifier: MIT */
#include "model/config/config_keys.h"
#include "model/config/names.h"
#include "model/yaml/yaml_tree.h"
#include "tests/model/config_text.h"

/* Whatever has no frontend is refused. */
#define SOME "frontends: [{ name: some, address: 192.0.2.1 }]\n"

/* --- a good one ---------------------------------------------------------- */

static const char good[] =
    "load_balancer: { sku: fairlead, "
    "hash_key: 0F1e2d3c4b5a69788796a5b4c3d2e1f0 }\n"
    "rules:\n" /* before what they refer to */
    "  - name: coap\n"
    "    frontend: coap\n"
    "    pool: vms\n"
    "    probe: alive\n"
    "    protocol: Udp\n"
    "    frontend_port: 5683\n"
    "    backend_port: 5684\n"
    "    distribution: SourceIPProtocol\n"
    "    algorithm: rendezvous\n"
    "    table_size: 1000\n"
    "    connection_tracking: yes\n"
    "    no_healthy_backends: AllProbedUp\n"
    "    idle_timeout: 90s\n"
    "    tcp_reset: true\n"
    "    outbound_snat: off\n"
    "  - { name: plain, frontend: coap, pool: vms, protocol: tcp,\n"
    "      frontend_port: 80 }\n"
    "  - { name: hop6, pool: six, protocol: all, frontend_port: 0 }\n"
    "frontends:\n"
    "  - { name: coap, address: 203.0.113.10, zones: [1, \"3\"] }\n"
    "pools:\n"
    "  - name: vms\n"
    "    members:\n"
    "      - { name: coap-ubuntu-1, address: 10.0.0.4, zone: 1,\n"
    "          weight: 20 }\n"
    "      - { name: coap-ubuntu-2, address: 10.0.0.5,\n"
    "          admin_state: Down }\n"
    "  - { name: six, members: [{ name: a, address: 2001:db8::4 }] }\n"
    "probes:\n"
    "  - { name: alive, protocol: coap, port: 5683, interval: 250ms,\n"
    "      probe_threshold: 3, request_path: /up, source: 10.0.0.9,\n"
    "      psk_identity: me, psk_file: key }\n"
    "  - { name: page, protocol: https, port: 443, request_path: /,\n"
    "      host: a.example:8443, tls_verify: true, tls_name: b.example,\n"
    "      tls_ca: ca.pem }\n"
    "  - { name: echo, protocol: udp, port: 7, payload: \"0x00fF\",\n"
    "      expect: pong }\n"
    "  - { name: name, protocol: dns, port: 53, dns_name: a.example,\n"
    "      dns_type: AAAA }\n"
    "nat_rules: []\n"
    "outbound_rules: # nothing\n"
    "connection_table: { entries: 5000, entries6: 0 }\n"
    "forwarding:\n"
    "  mode: nat\n"
    "  interfaces: [eth0, eth1]\n"
    "  local_addresses: [192.0.2.1, 2001:db8::1]\n"
    "  local_subnets: [10.0.0.0/24, \"2001:db8::/32\"]\n"
    "  ha_next_hop: [hop6]\n"
    "  answer_neighbours: true\n";

static void
check_good_rules(const struct lb_config *config)
{
	const struct lb_config_rule *rule = &config->rules[0];

	CU_ASSERT_EQUAL_FATAL(config->rule_count, 3);
	CU_ASSERT_STRING_EQUAL(rule->name, "coap");
	CU_ASSERT_EQUAL(rule->frontend, 0);
	CU_ASSERT_EQUAL(rule->pool, 0);
	CU_ASSERT_EQUAL(rule->probe, 0);
	CU_ASSERT_EQUAL(rule->proto, 17);
	CU_ASSERT_EQUAL(rule->frontend_port, 5683);
	CU_ASSERT_EQUAL(rule->backend_port, 5684);
	CU_ASSERT_EQUAL(rule->mode, LB_MODE_SOURCE_IP_PROTOCOL);
	CU_ASSERT_EQUAL(rule->algorithm, LB_RENDEZVOUS);
	CU_ASSERT_EQUAL(rule->table_size, 1000);
	CU_ASSERT_TRUE(rule->connection_tracking);
	CU_ASSERT_EQUAL(rule->all_down, LB_ALL_PROBED_UP);
	CU_ASSERT_EQUAL(rule->idle_timeout_ms, 90000);
	CU_ASSERT_TRUE(rule->tcp_reset);
	CU_ASSERT_FALSE(rule->outbound_snat);
	CU_ASSERT_EQUAL(rule->where.line, 3);
	CU_ASSERT_EQUAL(rule->where.column, 5);
	CU_ASSERT_EQUAL(rule->at[LB_RULE_KEY_IDLE_TIMEOUT].line, 15);
	CU_ASSERT_EQUAL(rule->at[LB_RULE_KEY_IDLE_TIMEOUT].column, 19);

	rule = &config->rules[1]; /* what is not said */
	CU_ASSERT_EQUAL(rule->probe, -1);
	CU_ASSERT_EQUAL(rule->proto, 6);
	CU_ASSERT_EQUAL(rule->backend_port, 80);
	CU_ASSERT_EQUAL(rule->mode, LB_MODE_FIVE_TUPLE);
	CU_ASSERT_EQUAL(rule->algorithm, LB_STABLE);
	CU_ASSERT_EQUAL(rule->table_size, 65537);
	CU_ASSERT_FALSE(rule->connection_tracking);
	CU_ASSERT_EQUAL(rule->all_down, LB_ALL_PROBED_DOWN);
	CU_ASSERT_EQUAL(rule->idle_timeout_ms, 240000);
	CU_ASSERT_FALSE(rule->tcp_reset);
	CU_ASSERT_FALSE(rule->floating_ip);
	CU_ASSERT_TRUE(rule->outbound_snat);

	rule = &config->rules[2];
	CU_ASSERT_EQUAL(rule->frontend, -1);
	CU_ASSERT_EQUAL(rule->proto, 0);
}

static void
check_asks(const struct lb_config_probe *p)
{
	static const uint8_t payload[] = { 0x00, 0xff };

	CU_ASSERT_TRUE(lb_probe_has_source(&p[0]));
	CU_ASSERT_FALSE(lb_probe_has_source(&p[1]));
	CU_ASSERT_STRING_EQUAL(p[0].psk_identity, "me");
	CU_ASSERT_STRING_EQUAL(p[0].psk_file, "key");
	CU_ASSERT_STRING_EQUAL(p[1].host, "a.example:8443");
	CU_ASSERT_TRUE(p[1].tls_verify);
	CU_ASSERT_STRING_EQUAL(p[1].tls_name, "b.example");
	CU_ASSERT_STRING_EQUAL(p[1].tls_ca, "ca.pem");
	CU_ASSERT_EQUAL_FATAL(p[2].payload.count, sizeof(payload));
	CU_ASSERT(memcmp(p[2].payload.at, payload, sizeof(payload)) == 0);
	CU_ASSERT_EQUAL_FATAL(p[2].expect.count, 4);
	CU_ASSERT(memcmp(p[2].expect.at, "pong", 4) == 0);
	CU_ASSERT_STRING_EQUAL(p[3].dns_name, "a.example");
	CU_ASSERT_EQUAL(p[3].dns_type, 28);
}

/* Kept apart from the configuration, it asks the same, and no other does. */
static void
check_copies(const struct lb_config *config)
{
	for (size_t i = 0; i < config->probe_count; i++) {
		struct lb_config_probe copy;
		CU_ASSERT_EQUAL(
		    lb_config_probe_copy(&copy, &config->probes[i]), 0);
		for (size_t j = 0; j < config->probe_count; j++)
			CU_ASSERT_EQUAL(lb_config_probe_asks_alike(
					    &copy, &config->probes[j]),
			    i == j);
		if (copy.expect.at != NULL)
			copy.expect.at[0] ^= 1;
		copy.tls_verify = !copy.tls_verify;
		CU_ASSERT_FALSE(
		    lb_config_probe_asks_alike(&copy, &config->probes[i]));
		lb_config_probe_clear(&copy);
	}
}

static void
check_good_things(const struct lb_config *config)
{
	const struct lb_config_pool *pool = &config->pools[0];
	char text[46];

	CU_ASSERT_EQUAL(config->sku, LB_SKU_FAIRLEAD);
	CU_ASSERT_TRUE(config->hash_key_set);
	CU_ASSERT_EQUAL(config->hash_key[0], 0x0f);
	CU_ASSERT_EQUAL(config->hash_key[15], 0xf0);
	CU_ASSERT_EQUAL(config->frontend_count, 1);
	CU_ASSERT_EQUAL(config->frontends[0].zones, 1u << 1 | 1u << 3);
	CU_ASSERT_EQUAL(config->pool_count, 2);
	CU_ASSERT_EQUAL(pool->member_count, 2);
	CU_ASSERT_STRING_EQUAL(pool->members[1].name, "coap-ubuntu-2");
	CU_ASSERT_STRING_EQUAL(
	    lb_addr_text(&pool->members[1].address, text, sizeof(text)),
	    "10.0.0.5");
	CU_ASSERT_EQUAL(pool->members[0].zone, 1);
	CU_ASSERT_EQUAL(pool->members[0].weight, 20);
	CU_ASSERT_EQUAL(pool->members[1].weight, LB_WEIGHT_DEFAULT);
	CU_ASSERT_EQUAL(pool->members[1].admin_state, LB_ADMIN_DOWN);
	CU_ASSERT_EQUAL(config->probes[0].protocol, LB_PROBE_COAP);
	CU_ASSERT_EQUAL(config->probes[0].interval_ms, 250);
	CU_ASSERT_EQUAL(config->probes[0].threshold, 3);
	CU_ASSERT_STRING_EQUAL(config->probes[0].path, "/up");
	CU_ASSERT_EQUAL_FATAL(config->probe_count, 4);
	check_asks(config->probes);
	check_copies(config);
	CU_ASSERT_EQUAL(config->entries, 5000);
	CU_ASSERT_EQUAL(config->entries6, 0);
	CU_ASSERT_EQUAL(config->interface_count, 2);
	CU_ASSERT_STRING_EQUAL(config->interfaces[1], "eth1");
	CU_ASSERT_EQUAL(config->local_address_count, 2);
	CU_ASSERT_EQUAL(config->local_subnet_count, 2);
	CU_ASSERT_EQUAL(config->local_subnets[0].prefix, 120);
	CU_ASSERT_EQUAL(config->local_subnets[1].prefix, 32);
	CU_ASSERT_EQUAL(config->next_hop_rule4, -1);
	CU_ASSERT_EQUAL(config->next_hop_rule6, 2);
	CU_ASSERT_TRUE(config->answer_neighbours);
	CU_ASSERT_STRING_EQUAL(config->file, "test.yaml");
}

static void
test_good(void)
{
	struct lb_problems problems;
	struct lb_config *config = config_of(good, &problems);

	lb_problems_print(&problems, "good", stderr);
	CU_ASSERT_EQUAL(problems.error_count, 0);
	UNIT_NEED(config);
	check_good_rules(config);
	check_good_things(config);
	lb_problems_free(&problems);
	lb_config_free(config);
}

static void
test_defaults(void)
{
	struct lb_problems problems;
	struct lb_config *config = config_of(SOME
	    "pools:\nprobes: [{ name: p, protocol: tcp, port: 1 }]",
	    &problems);

	UNIT_NEED(config);
	CU_ASSERT_EQUAL(config->sku, LB_SKU_STANDARD);
	CU_ASSERT_FALSE(config->hash_key_set);
	CU_ASSERT_EQUAL(config->entries, 1000000);
	CU_ASSERT_EQUAL(config->entries6, 125000);
	CU_ASSERT_EQUAL(config->forwarding, LB_FORWARDING_NAT);
	CU_ASSERT_EQUAL(config->probes[0].interval_ms, 15000);
	CU_ASSERT_EQUAL(config->probes[0].threshold, 1);
	CU_ASSERT_EQUAL(problems.count, 1); /* no rules: a warning */
	lb_problems_free(&problems);
	lb_config_free(config);
}

/* --- bad ones: one mistake each, and no other is said -------------------- */

/* clang-format off */
#define POOL "pools: [{ name: p, members: [{ name: m, address: 10.0.0.1 }] }]\n"
#define FRONT "frontends: [{ name: f, address: 192.0.2.1 }]\n"
#define RULE(more) FRONT POOL "rules:\n  - { name: r, frontend: f, pool: p, " \
	"protocol: tcp, frontend_port: 80,\n      " more " }\n"

static const struct said syntax[] = {
	{ "empty file", "", 1, 1, "nothing in it", NULL },
	{ "comments only", "# x\n", 2, 1, "nothing in it", NULL },
	{ "a null document", "---\n~\n", 2, 1, "nothing in it", NULL },
	{ "a list", "- a\n", 1, 1, "here stands a list", NULL },
	{ "a text", "hello", 1, 1, "here stands a text", NULL },
	{ "tab", "pools:\n\t- a\n", 2, 1, "never tabs", NULL },
	{ "bracket", "pools: [ {name: p\n", 2, 1, "YAML syntax", NULL },
	{ "colon in value", "pools: a: b\n", 1, 9, "in quotes", NULL },
	{ "indentation", "pools:\n  - a\n - b\n", 3, 2, "YAML", NULL },
	{ "not UTF-8", "pools:\n  \xff\n", 2, 3, "UTF-8", NULL },
	{ "control character", "pools:\n a\x01", 2, 3, "UTF-8", NULL },
	{ "anchor", "pools: &a []\n", 1, 8, "not used here", NULL },
	{ "alias", "pools: *a\n", 1, 8, "not used here", NULL },
	{ "tag", "pools: !!seq []\n", 1, 8, "not used here", NULL },
	{ "NUL", "load_balancer: { sku: \"a\\0b\" }\n", 1, 23, "NUL", NULL },
	{ "second document", "pools: []\n---\npools: []\n", 2, 1, "second", NULL },
	{ "deep", "pools: [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]", 1, 23,
	    "too deeply", NULL },
};

static const struct said bad[] = {
	{ "unknown key", "rulez: []\n", 1, 1, "did you mean `rules`?", NULL },
	{ "unknown, nothing near", "hypervisor: 1\n", 1, 1, "doc/config.yaml",
	    NULL },
	{ "Azure's key", RULE("loadDistribution: Default"), 5, 7,
	    "`distribution`", NULL },
	{ "camel case", RULE("backendPort: 80"), 5, 7, "`backend_port`", NULL },
	{ "key that is no text", "[a]: 1\n", 1, 1, "a key is a text", NULL },
	{ "key twice", "pools: []\nprobes: []\npools: []\n", 3, 1,
	    "line 1 has the first", NULL },
	{ "key twice, inside", RULE("tcp_reset: true, tcp_reset: false"), 5, 24,
	    "second time", NULL },
	{ "map for a list", "pools: { name: p }\n", 1, 8, "a list is wanted",
	    NULL },
	{ "text for a list", "rules: none\n", 1, 8, "a list is wanted", NULL },
	{ "text for a map", "load_balancer: standard\n", 1, 16, "a map is",
	    NULL },
	{ "text in a list of maps", "pools:\n  - vms\n" SOME, 2, 5, "a map is", NULL },
	{ "list for a text", RULE("probe: [a]"), 5, 14, "one value", NULL },
	{ "sku", "load_balancer: { sku: gateway }\n", 1, 23,
	    "standard, basic and fairlead", NULL },
	{ "short hash key", "load_balancer: { hash_key: 00ff }\n", 1, 28,
	    "32 hexadecimal", NULL },
	{ "hash key, no hex", "load_balancer:\n  hash_key: "
	    "0f1e2d3c4b5a69788796a5b4c3d2e1fg\n", 2, 13, "32 hexa", NULL },
	{ "address", "frontends: [{ name: f, address: 10.0.0 }]\n", 1, 33,
	    "'10.0.0' is no IPv4", NULL },
	{ "no address", "frontends:\n  - name: f\n", 2, 5, "needs `address`",
	    NULL },
	{ "no name", "frontends: [{ address: 10.0.0.1 }]\n", 1, 13,
	    "needs `name`", NULL },
	{ "empty name", "frontends: [{ name: \"\", address: 10.0.0.1 }]\n", 1,
	    21, "is no name", NULL },
	{ "null name", "frontends: [{ name: , address: 10.0.0.1 }]\n", 1, 21,
	    "needs `name`", NULL },
	{ "blank in a name", "frontends: [{ name: a b, address: 10.0.0.1 }]\n",
	    1, 21, "is no name", NULL },
	{ "terminal codes are not repeated",
	    "frontends: [{ name: \"\\e[31m\", address: 10.0.0.1 }]\n", 1, 21,
	    "'?[31m'", NULL },
	{ "zone", "frontends: [{ name: f, address: 10.0.0.1, zones: [0] }]\n",
	    1, 51, "is no zone", NULL },
	{ "zones, no list", "frontends:\n  - { name: f, address: 10.0.0.1,"
	    " zones: 1 }\n", 2, 42, "a list is wanted", NULL },
	{ "members", "pools: [{ name: p }]\n" SOME, 1, 9, "needs `members`", NULL },
	{ "admin state", "pools: [{ name: p, members: [{ name: m, "
	    "address: 10.0.0.1, admin_state: off }] }]\n" SOME, 1, 73,
	    "none, up and down", NULL },
	{ "probe protocol", "probes: [{ name: p, protocol: icmp, port: 1 }]\n"
	    SOME,
	    1, 31, "tcp, http, https", NULL },
	{ "duration without unit", "probes: [{ name: p, protocol: tcp, "
	    "port: 1, interval: 5 }]\n" SOME, 1, 55, "write 5s, 5m or 5ms", NULL },
	{ "duration", RULE("idle_timeout: soon"), 5, 21, "no duration", NULL },
	{ "negative", RULE("idle_timeout: -4m"), 5, 21, "no duration", NULL },
	{ "fraction", RULE("idle_timeout: 4.5m"), 5, 21, "no duration", NULL },
	{ "digits", RULE("idle_timeout: 99999999999s"), 5, 21, "no duration",
	    NULL },
	{ "port range", RULE("backend_port: 65536"), 5, 21, "0 to 65535",
	    NULL },
	{ "port, no number", RULE("backend_port: http"), 5, 21, "'http'",
	    NULL },
	{ "hexadecimal", RULE("backend_port: 0x50"), 5, 21, "'0x50'", NULL },
	{ "huge", RULE("table_size: 99999999999999999999"), 5, 19,
	    "no whole number", NULL },
	{ "bool", RULE("floating_ip: maybe"), 5, 20, "true nor false", NULL },
	{ "distribution", RULE("distribution: round-robin"), 5, 21,
	    "five-tuple, source-ip", NULL },
	{ "algorithm", RULE("algorithm: magleve"), 5, 18, "maglev", NULL },
	{ "all down", RULE("no_healthy_backends: up"), 5, 28, "all-probed-up",
	    NULL },
	{ "dangling probe", RULE("probe: alive"), 5, 14,
	    "no probe is called 'alive'", NULL },
	{ "dangling pool", FRONT POOL "rules: [{ name: r, frontend: f, "
	    "pool: q, protocol: tcp, frontend_port: 80 }]\n", 3, 39,
	    "no pool is called 'q'", NULL },
	{ "dangling, one is near", "frontends: [{ name: coaps, "
	    "address: 192.0.2.1 }]\n" POOL "rules: [{ name: r, frontend: coap,"
	    " pool: p, protocol: tcp, frontend_port: 80 }]\n", 3, 30,
	    "did you mean 'coaps'?", NULL },
	{ "no protocol", FRONT POOL "rules:\n  - { name: r, frontend: f, "
	    "pool: p, frontend_port: 80 }\n", 4, 5, "needs `protocol`", NULL },
	{ "no port", FRONT POOL "rules:\n  - { name: r, frontend: f, "
	    "pool: p, protocol: tcp }\n", 4, 5, "needs `frontend_port`", NULL },
	{ "no frontend", POOL "rules:\n  - { name: r, pool: p, "
	    "protocol: tcp, frontend_port: 80 }\n", 1, 9, "give `frontends` one",
	    "LoadBalancerWithoutFrontendIPCantHaveChildResources" },
	{ "no frontend named", POOL "rules:\n  - { name: r, pool: p, "
	    "protocol: tcp, frontend_port: 80 }\n" SOME, 3, 5,
	    "rule 'r' has no frontend", NULL },
	{ "entries", "connection_table: { entries: 0 }\n", 1, 30,
	    "1 to 1000000000", NULL },
	{ "entries, beyond", "connection_table: { entries6: 1000000001 }\n",
	    1, 31, "0 to 1000000000", NULL },
	{ "mode", "forwarding: { mode: dsr }\n", 1, 21, "nat and l2dsr", NULL },
	{ "interface", "forwarding: { interfaces: [a/b] }\n", 1, 27,
	    "no name of an interface", NULL },
	{ "list in a list", "forwarding: { interfaces: [[eth0]] }\n", 1, 28,
	    "one value", NULL },
	{ "local address", "forwarding: { local_addresses: [x] }\n", 1, 33,
	    "no address", NULL },
	{ "local address of nobody", "forwarding: { local_addresses: "
	    "[0.0.0.0] }\n", 1, 33, "is nobody's address", NULL },
	{ "local address of many", "forwarding: { local_addresses: "
	    "[224.0.0.18] }\n", 1, 33, "is a multicast address", NULL },
	{ "subnet", "forwarding: { local_subnets: [10.0.0.0/33] }\n", 1, 31,
	    "no subnet", NULL },
	{ "subnet without slash", "forwarding: { local_subnets: [10.0.0.0] }\n",
	    1, 31, "no subnet", NULL },
	{ "subnet, v6", "forwarding: { local_subnets: ['::/129'] }\n", 1, 31,
	    "no subnet", NULL },
	{ "next hop, dangling", "forwarding: { ha_next_hop: x }\n", 1, 28,
	    "no rule is called 'x'", NULL },
	{ "next hop, too many", "forwarding: { ha_next_hop: [x, y, z] }\n", 1,
	    28, "at most one for IPv4", NULL },
	{ "next hop, one family twice", "load_balancer: { sku: fairlead }\n"
	    POOL "rules:\n"
	    "  - { name: a, pool: p, protocol: all, frontend_port: 0 }\n"
	    "  - { name: b, pool: p, protocol: all, frontend_port: 0, "
	    "frontend: f,\n      floating_ip: true }\n" FRONT "forwarding: { ha_next_hop: [a, b] }\n",
	    8, 28, "both for IPv4", NULL },
	{ "an address that is none says nothing about families",
	    "frontends: [{ name: f, address: x }]\n" POOL "rules:\n"
	    "  - { name: r, frontend: f, pool: p, protocol: all,\n"
	    "      frontend_port: 0 }\nforwarding: { ha_next_hop: r }\n"
	    "load_balancer: { sku: fairlead }\n", 1, 33, "no IPv4", NULL },
	{ "next hop, no family", "pools: [{ name: e, members: [] }]\nrules:\n"
	    "  - { name: a, pool: e, protocol: all, frontend_port: 0 }\n"
	    "forwarding: { ha_next_hop: a }\n", 4, 28,
	    "neither a frontend nor a member", NULL },
};
/* clang-format on */

static void
test_syntax(void)
{
	for (size_t i = 0; i < LB_COUNT(syntax); i++)
		check_said(&syntax[i], false);
}

static void
test_bad(void)
{
	for (size_t i = 0; i < LB_COUNT(bad); i++)
		check_said(&bad[i], false);
}

/* All mistakes in one go, in the order of the file. */
static void
test_all_at_once(void)
{
	static const char text[] = "load_balancer: { sku: x }\n"
				   "rules:\n"
				   "  - { name: r, frontend: g, pool: q }\n"
				   "frontends: [{ name: f, address: x }]\n"
				   "pool: []\n";
	static const unsigned lines[] = { 1, 3, 3, 3, 3, 4, 5 };
	struct lb_problems problems;
	struct lb_config *config = config_of(text, &problems);

	CU_ASSERT_PTR_NULL(config);
	CU_ASSERT_EQUAL_FATAL(problems.count, LB_COUNT(lines));
	for (size_t i = 0; i < problems.count; i++)
		CU_ASSERT_EQUAL(problems.at[i].where.line, lines[i]);
	lb_problems_free(&problems);
}

/* A thousand are kept, and a last one that says so. */
static void
test_many(void)
{
	size_t bytes = 0, count = 5000;
	char *text = malloc(count * 16);
	struct lb_problems problems = { 0 };

	UNIT_NEED(text);
	for (size_t i = 0; i < count; i++)
		bytes += (size_t)sprintf(text + bytes, "k%zu: 1\n", i);
	CU_ASSERT_PTR_NULL(lb_config_read(text, bytes, "many", &problems));
	CU_ASSERT_EQUAL(problems.error_count, count);
	CU_ASSERT_EQUAL(problems.count, 1001);
	CU_ASSERT_PTR_NOT_NULL(strstr(problems.at[1000].what, "and more"));
	lb_problems_free(&problems);
	free(text);
}

static void
test_too_large(void)
{
	size_t bytes = LB_YAML_BYTES_MAX + 1;
	char *text = malloc(bytes);
	struct lb_problems problems = { 0 };

	UNIT_NEED(text);
	memset(text, '#', bytes);
	CU_ASSERT_PTR_NULL(lb_config_read(text, bytes, "large", &problems));
	CU_ASSERT_EQUAL(problems.error_count, 1);
	lb_problems_free(&problems);
	for (size_t i = 0; i < bytes; i++)
		text[i] = "- a\n"[i % 4]; /* many small ones */
	CU_ASSERT_PTR_NULL(lb_config_read(text, bytes - 1, "large", &problems));
	CU_ASSERT_EQUAL(problems.error_count, 1);
	lb_problems_free(&problems);
	free(text);
}

/* --- doc/config.yaml ----------------------------------------------------- */

static char *
read_doc(size_t *bytes)
{
	const char *src = getenv("SRC");
	char path[4096];

	(void)snprintf(
	    path, sizeof(path), "%s/doc/config.yaml", src == NULL ? "." : src);
	FILE *file = fopen(path, "re");
	char *text = calloc(1, 1 << 20);
	UNIT_NEED(file);
	UNIT_NEED(text);
	*bytes = fread(text, 1, (1 << 20) - 1, file);
	(void)fclose(file);
	return text;
}

/* As a key: at the beginning of a line or after a bracket, with a colon. */
static bool
has_key(const char *text, const char *key)
{
	size_t bytes = strlen(key);

	for (const char *at = strstr(text, key); at != NULL;
	     at = strstr(at + 1, key))
		if (at > text && strchr(" \n{", at[-1]) != NULL &&
		    at[bytes] == ':')
			return true;
	return false;
}

static void
test_doc(void)
{
#define X(section, key, text) text,
	static const char *const keys[] = { LB_ROOT_KEYS(X) LB_BALANCER_KEYS(X)
		    LB_FRONTEND_KEYS(X) LB_POOL_KEYS(X) LB_MEMBER_KEYS(X)
			LB_PROBE_KEYS(X) LB_RULE_KEYS(X) LB_NAT_KEYS(X)
			    LB_OUTBOUND_KEYS(X) LB_TABLE_KEYS(X)
				LB_FORWARDING_KEYS(X) };
#undef X
	struct lb_problems problems = { 0 };
	size_t bytes;
	char *text = read_doc(&bytes);
	struct lb_config *config =
	    lb_config_read(text, bytes, "doc/config.yaml", &problems);

	lb_problems_print(&problems, "doc/config.yaml", stderr);
	CU_ASSERT_PTR_NOT_NULL(config);
	CU_ASSERT_EQUAL(problems.count, 0);
	for (size_t i = 0; i < LB_COUNT(keys); i++)
		UNIT_ROW(keys[i], has_key(text, keys[i]));
	lb_problems_free(&problems);
	lb_config_free(config);
	free(text);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "a good one, every key", test_good },
		{ "defaults", test_defaults },
		{ "syntax", test_syntax },
		{ "one mistake each", test_bad },
		{ "all mistakes at once", test_all_at_once },
		{ "many mistakes", test_many },
		{ "too large", test_too_large },
		{ "doc/config.yaml has every key", test_doc },
		CU_TEST_INFO_NULL,
	};

	return unit_main("config_read", tests);
}
