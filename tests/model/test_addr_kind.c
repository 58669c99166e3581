/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "model/config/addr_kind.h"
#include "model/config/names.h"
#include "tests/unit.h"

/* clang-format off */
static const struct {
	const char *text;
	enum lb_addr_kind kind;
} kinds[] = {
	{ "0.0.0.0", LB_ADDR_UNSPECIFIED },
	{ "0.255.255.255", LB_ADDR_UNSPECIFIED },
	{ "1.0.0.0", LB_ADDR_MACHINE },
	{ "126.255.255.255", LB_ADDR_MACHINE },
	{ "127.0.0.0", LB_ADDR_LOOPBACK },
	{ "127.255.255.255", LB_ADDR_LOOPBACK },
	{ "128.0.0.0", LB_ADDR_MACHINE },
	{ "169.253.255.255", LB_ADDR_MACHINE },
	{ "169.254.0.0", LB_ADDR_LINK_LOCAL },
	{ "169.254.255.255", LB_ADDR_LINK_LOCAL },
	{ "169.255.0.0", LB_ADDR_MACHINE },
	{ "223.255.255.255", LB_ADDR_MACHINE },
	{ "224.0.0.0", LB_ADDR_MULTICAST },
	{ "239.255.255.255", LB_ADDR_MULTICAST },
	{ "240.0.0.0", LB_ADDR_RESERVED },
	{ "255.255.255.255", LB_ADDR_RESERVED },
	{ "::", LB_ADDR_UNSPECIFIED },
	{ "::1", LB_ADDR_LOOPBACK },
	{ "::2", LB_ADDR_RESERVED },
	{ "::10.0.0.4", LB_ADDR_RESERVED },
	{ "::ffff:0.0.0.0", LB_ADDR_UNSPECIFIED },
	{ "::ffff:10.0.0.4", LB_ADDR_MACHINE },
	{ "64:ff9b::1", LB_ADDR_MACHINE },
	{ "2001:db8::1", LB_ADDR_MACHINE },
	{ "fd00::1", LB_ADDR_MACHINE },
	{ "fe7f::1", LB_ADDR_MACHINE },
	{ "fe80::", LB_ADDR_LINK_LOCAL },
	{ "febf::1", LB_ADDR_LINK_LOCAL },
	{ "fec0::1", LB_ADDR_MACHINE },
	{ "ff00::", LB_ADDR_MULTICAST },
	{ "ff02::fb", LB_ADDR_MULTICAST },
};
/* clang-format on */

static void
test_kinds(void)
{
	struct lb_addr addr;

	for (size_t i = 0; i < LB_COUNT(kinds); i++) {
		UNIT_ROW(kinds[i].text, lb_addr_of_text(kinds[i].text, &addr));
		UNIT_EQUAL(kinds[i].text, lb_addr_kind(&addr), kinds[i].kind);
		UNIT_EQUAL(kinds[i].text, lb_addr_is_unicast(&addr),
		    kinds[i].kind <= LB_ADDR_LINK_LOCAL);
	}
	CU_ASSERT_STRING_EQUAL(
	    lb_addr_kind_name(LB_ADDR_MULTICAST), "a multicast address");
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "kinds", test_kinds },
		CU_TEST_INFO_NULL,
	};

	return unit_main("addr_kind", tests);
}
