/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "model/config/names.h"
#include "tests/unit.h"

static void
test_all_have_names(void)
{
	for (unsigned i = LB_PASS; i < LB_VERDICT_COUNT; i++)
		CU_ASSERT_STRING_NOT_EQUAL(lb_verdict_name(i), "?");
	for (unsigned i = 0; i < LB_REASON_COUNT; i++)
		CU_ASSERT_STRING_NOT_EQUAL(lb_reason_name(i), "?");
	for (unsigned i = 0; i < LB_PARSED_COUNT; i++)
		CU_ASSERT_STRING_NOT_EQUAL(lb_parsed_name(i), "?");
	for (unsigned i = 0; i < LB_MODE_COUNT; i++)
		CU_ASSERT_STRING_NOT_EQUAL(lb_mode_name(i), "?");
	for (unsigned i = 0; i < LB_ALGORITHM_COUNT; i++)
		CU_ASSERT_STRING_NOT_EQUAL(lb_algorithm_name(i), "?");
	for (unsigned i = LB_SKU_STANDARD; i <= LB_SKU_FAIRLEAD; i++)
		CU_ASSERT_STRING_NOT_EQUAL(lb_sku_name(i), "?");
	for (unsigned i = LB_PROBE_TCP; i <= LB_PROBE_DNS; i++)
		CU_ASSERT_STRING_NOT_EQUAL(lb_probe_protocol_name(i), "?");
}

/* clang-format off */
static const struct written {
	const char *(*name)(unsigned);
	unsigned value;
	const char *text;
} written[] = {
	{ lb_verdict_name, LB_FORWARD, "forward" },
	{ lb_verdict_name, LB_ANSWER, "answer" },
	{ lb_verdict_name, LB_VERDICT_COUNT, "?" },
	{ lb_reason_name, LB_REASON_NONE, "none" },
	{ lb_reason_name, LB_REASON_NO_RULE, "no_rule" },
	{ lb_reason_name, LB_REASON_TOO_BIG, "too_big" },
	{ lb_reason_name, LB_REASON_COUNT, "?" },
	{ lb_parsed_name, LB_PARSED_NOT_IP, "not_ip" },
	{ lb_mode_name, LB_MODE_FIVE_TUPLE, "five-tuple" },
	{ lb_mode_name, LB_MODE_SOURCE_IP_ANY_DST, "source-ip" },
	{ lb_mode_name, LB_MODE_SOURCE_IP_PROTOCOL_ANY_DST,
	    "source-ip-protocol" },
	{ lb_mode_name, LB_MODE_COUNT, "?" },
	{ lb_algorithm_name, LB_MAGLEV, "maglev" },
	{ lb_algorithm_name, LB_STABLE, "stable" },
	{ lb_proto_name, 0, "all" },
	{ lb_proto_name, 17, "udp" },
	{ lb_proto_name, 47, "?" },
	{ lb_sku_name, LB_SKU_FAIRLEAD, "fairlead" },
	{ lb_all_down_name, LB_ALL_PROBED_UP, "all-probed-up" },
};

static const struct read {
	int (*of_name)(const char *);
	const char *text;
	int value;
} reads[] = {
	{ lb_mode_of_name, "five-tuple", LB_MODE_FIVE_TUPLE },
	{ lb_mode_of_name, "Default", LB_MODE_FIVE_TUPLE },
	{ lb_mode_of_name, "source-ip", LB_MODE_SOURCE_IP },
	{ lb_mode_of_name, "SourceIP", LB_MODE_SOURCE_IP },
	{ lb_mode_of_name, "source_ip_protocol", LB_MODE_SOURCE_IP_PROTOCOL },
	{ lb_mode_of_name, "SourceIPProtocol", LB_MODE_SOURCE_IP_PROTOCOL },
	{ lb_mode_of_name, "SOURCE IP PROTOCOL", LB_MODE_SOURCE_IP_PROTOCOL },
	{ lb_mode_of_name, "source", -1 },
	{ lb_mode_of_name, "", -1 },
	{ lb_algorithm_of_name, "Maglev", LB_MAGLEV },
	{ lb_algorithm_of_name, "modulo", LB_MODULO },
	{ lb_algorithm_of_name, "Stable", LB_STABLE },
	{ lb_algorithm_of_name, "steady", -1 },
	{ lb_sku_of_name, "Standard", LB_SKU_STANDARD },
	{ lb_sku_of_name, "gateway", -1 },
	{ lb_proto_of_name, "Tcp", LB_PROTO_TCP },
	{ lb_proto_of_name, "All", 0 },
	{ lb_proto_of_name, "icmp", -1 },
	{ lb_forwarding_of_name, "L2DSR", LB_FORWARDING_L2DSR },
	{ lb_assignment_of_name, "Lowest-Free", LB_ASSIGN_LOWEST },
	{ lb_assignment_of_name, "instance", LB_ASSIGN_INSTANCE },
	{ lb_assignment_of_name, "random", -1 },
	{ lb_outbound_frontends_of_name, "all", LB_OUTBOUND_ALL },
	{ lb_outbound_frontends_of_name, "fill_first", LB_OUTBOUND_FILL_FIRST },
	{ lb_udp_snat_of_name, "destination", LB_UDP_SNAT_DESTINATION },
	{ lb_udp_snat_of_name, "Port", LB_UDP_SNAT_PORT },
	{ lb_probe_protocol_of_name, "Https", LB_PROBE_HTTPS },
	{ lb_admin_state_of_name, "Down", LB_ADMIN_DOWN },
	{ lb_all_down_of_name, "AllProbedUp", LB_ALL_PROBED_UP },
	{ lb_all_down_of_name, "all-probed-down", LB_ALL_PROBED_DOWN },
};

static const struct address {
	const char *text;
	const char *back; /* NULL: no address */
} addresses[] = {
	{ "10.0.0.4", "10.0.0.4" },
	{ "255.255.255.255", "255.255.255.255" },
	{ "2001:DB8::0:4", "2001:db8::4" },
	{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
	{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
	{ "::", "::" },
	{ "::ffff:10.0.0.4", "10.0.0.4" },
	{ "10.0.0", NULL },
	{ "10.0.0.256", NULL },
	{ "010.0.0.4", NULL },
	{ "10.0.0.4 ", NULL },
	{ "10.0.0.4/24", NULL },
	{ "fe80::1%eth0", NULL },
	{ "1::2::3", NULL },
	{ "localhost", NULL },
	{ "", NULL },
};
/* clang-format on */

static void
test_written(void)
{
	for (size_t i = 0; i < LB_COUNT(written); i++)
		CU_ASSERT_STRING_EQUAL(
		    written[i].name(written[i].value), written[i].text);
}

static void
test_read(void)
{
	for (size_t i = 0; i < LB_COUNT(reads); i++)
		UNIT_ROW(reads[i].text,
		    reads[i].of_name(reads[i].text) == reads[i].value);
}

static void
test_addresses(void)
{
	char text[LB_ADDR_PORT_TEXT];
	struct lb_addr addr;

	for (size_t i = 0; i < LB_COUNT(addresses); i++) {
		const struct address *row = &addresses[i];
		bool ok = lb_addr_of_text(row->text, &addr);
		UNIT_ROW(row->text, ok == (row->back != NULL));
		UNIT_ROW(row->text,
		    !ok || strcmp(lb_addr_text(&addr, text, sizeof(text)),
			       row->back) == 0);
	}
	CU_ASSERT_TRUE(lb_addr_of_text("192.0.2.1", &addr));
	CU_ASSERT_TRUE(lb_addr_is_v4(&addr));
	CU_ASSERT_STRING_EQUAL(lb_addr_text(&addr, text, 3), "");
}

static void
test_ports(void)
{
	char text[LB_ADDR_PORT_TEXT];
	struct lb_addr four, six;

	CU_ASSERT_TRUE(lb_addr_of_text("203.0.113.10", &four));
	CU_ASSERT_TRUE(
	    lb_addr_of_text("2001:db8:1111:2222:3333:4444:5555:6666", &six));
	CU_ASSERT_STRING_EQUAL(
	    lb_addr_port_text(&four, 5683, text, sizeof(text)),
	    "203.0.113.10:5683");
	CU_ASSERT_STRING_EQUAL(
	    lb_addr_port_text(&four, 0, text, sizeof(text)), "203.0.113.10");
	CU_ASSERT_STRING_EQUAL(
	    lb_addr_port_text(&six, 65535, text, sizeof(text)),
	    "[2001:db8:1111:2222:3333:4444:5555:6666]:65535");
	CU_ASSERT_STRING_EQUAL(lb_addr_port_text(&six, 0, text, sizeof(text)),
	    "2001:db8:1111:2222:3333:4444:5555:6666");
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "everything has a name", test_all_have_names },
		{ "names as written", test_written },
		{ "names as read", test_read },
		{ "addresses", test_addresses },
		{ "addresses and ports", test_ports },
		CU_TEST_INFO_NULL,
	};

	return unit_main("names", tests);
}
