/* SPDX-License-Identifier: MIT */
/* The numbers of AZ 8: as many as it lets a balancer have are accepted, one
 * more is refused, with Azure's code and how to mend it. */
#include <stdarg.h>
#include <stdlib.h>

#include "tests/model/config_text.h"
#include "tests/model/refused.h"

#define STANDARD "load_balancer: { sku: standard }\n"
#define BASIC    "load_balancer: { sku: basic }\n"

enum many {
	MANY_FRONTENDS,
	MANY_RULES,    /* of 600 pools, so that no member has too many */
	MANY_NATS,     /* the same, and half of them NAT rules */
	MANY_OF_NIC,   /* rules of one member */
	MANY_NATS_NIC, /* NAT rules of one member */
	MANY_OUTBOUND,
	MANY_MEMBERS,     /* of one pool */
	MANY_POOLED,      /* of five pools */
	MANY_COUNTED,     /* members of one frontend, in rules of 100 members */
	MANY_COUNTED_ALL, /* the same, with 60 frontends */
};

static const struct limit {
	const char *section, *sku;
	enum many what;
	unsigned most;
	enum lb_refusal code;
	const char *said, *mend;
} limits[] = {
	{ "8 frontends", STANDARD, MANY_FRONTENDS, 600, 0, "601 frontends",
	    "use fewer, or sku fairlead" },
	{ "8 frontends, Basic", BASIC, MANY_FRONTENDS, 200, 0, "201 frontends",
	    "use fewer, or sku standard" },
	{ "8 rules", STANDARD, MANY_RULES, 1500, 0, "1501 rules", "use fewer" },
	{ "8 rules, Basic", BASIC, MANY_RULES, 250, 0, "251 rules",
	    "use fewer, or sku standard" },
	{ "8 rules and NAT rules", STANDARD, MANY_NATS, 1500, 0, "1501 rules",
	    "use fewer" },
	{ "8, 5.4 rules of a member", STANDARD, MANY_OF_NIC, 300,
	    LB_REFUSAL_RULES, "301 rules lead to one member", "use fewer" },
	{ "8, 5.4 NAT rules of a member", STANDARD, MANY_NATS_NIC, 300,
	    LB_REFUSAL_RULES, "301 rules lead to one member", "use fewer" },
	{ "8 outbound rules", STANDARD, MANY_OUTBOUND, 600, 0,
	    "601 outbound rules", "use fewer" },
	{ "8 pool size", STANDARD, MANY_MEMBERS, 5000, 0, "5001 members",
	    "make it smaller" },
	{ "8 pool size, Basic", BASIC, MANY_MEMBERS, 300, 0, "301 members",
	    "make it smaller, or use sku standard" },
	{ "8 members over all pools", STANDARD, MANY_POOLED, 20000, 0,
	    "20001 members over all pools", "use fewer" },
	{ "8 members of a frontend", STANDARD, MANY_COUNTED, 100, 0,
	    "more than 10000 members", "use more frontends" },
	{ "8 members of all frontends", STANDARD, MANY_COUNTED_ALL, 1000, 0,
	    "each counted for each rule", "use fewer rules" },
};

#define TEXT_MAX (4u << 20)

struct writing {
	char *text;
	size_t bytes;
};

static void put(struct writing *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
put(struct writing *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n =
	    vsnprintf(w->text + w->bytes, TEXT_MAX - w->bytes, format, args);
	va_end(args);
	CU_ASSERT_FATAL(n >= 0 && (size_t)n < TEXT_MAX - w->bytes);
	w->bytes += (size_t)n;
}

static void
put_frontends(struct writing *w, unsigned count)
{
	put(w, "frontends:\n");
	for (unsigned i = 0; i < count; i++)
		put(w, "  - { name: f%u, address: 192.%u.%u.%u }\n", i,
		    2 + (i >> 16), i >> 8 & 255, i & 255);
}

/* Pools p0 .. of so many members together. */
static void
put_pools(struct writing *w, unsigned pools, unsigned members)
{
	unsigned m = 0;

	put(w, "pools:\n");
	for (unsigned p = 0; p < pools; p++) {
		unsigned end = (unsigned)((uint64_t)members * (p + 1) / pools);
		put(w, "  - name: p%u\n    members:\n", p);
		for (; m < end; m++)
			put(w, "      - { name: m%u, address: 10.%u.%u.%u }\n",
			    m, m >> 16, m >> 8 & 255, m & 255);
	}
}

static void
put_rules(struct writing *w, unsigned count, unsigned frontends, unsigned pools)
{
	put(w, "rules:\n");
	for (unsigned i = 0; i < count; i++)
		put(w,
		    "  - { name: r%u, frontend: f%u, pool: p%u, protocol: tcp, "
		    "frontend_port: %u, algorithm: modulo }\n",
		    i, i % frontends, i % pools, 1 + i);
}

static void
put_nats(struct writing *w, unsigned count, unsigned pools)
{
	put(w, "nat_rules:\n");
	for (unsigned i = 0; i < count; i++)
		put(w,
		    "  - { name: n%u, frontend: f0, pool: p%u, member: m%u, "
		    "protocol: tcp, frontend_port: %u, backend_port: %u }\n",
		    i, i % pools, i % pools, 10000 + i, 10000 + i);
}

static void
write_many(struct writing *w, enum many what, unsigned n)
{
	switch (what) {
	case MANY_FRONTENDS:
		put_frontends(w, n);
		break;
	case MANY_RULES:
		put_frontends(w, 1);
		put_pools(w, 200, 200);
		put_rules(w, n, 1, 200);
		break;
	case MANY_NATS:
		put_frontends(w, 1);
		put_pools(w, 200, 200);
		put_rules(w, 750, 1, 200);
		put_nats(w, n - 750, 200);
		break;
	case MANY_OF_NIC:
		put_frontends(w, 1);
		put_pools(w, 1, 1);
		put_rules(w, n, 1, 1);
		break;
	case MANY_NATS_NIC:
		put_frontends(w, 1);
		put_pools(w, 1, 1);
		put_nats(w, n, 1);
		break;
	case MANY_OUTBOUND:
		/* three of a frontend there cannot be: tcp and udp */
		put_frontends(w, 301);
		put_pools(w, 10, 10);
		put(w, "outbound_rules:\n");
		for (unsigned i = 0; i < n; i++)
			put(w,
			    "  - { name: o%u, frontends: [f%u], pool: p%u, "
			    "protocol: %s }\n",
			    i, i / 2, i % 10, i % 2 ? "udp" : "tcp");
		break;
	case MANY_MEMBERS:
		put_frontends(w, 1);
		put_pools(w, 1, n);
		break;
	case MANY_POOLED:
		put_frontends(w, 1);
		put_pools(w, 5, n);
		break;
	case MANY_COUNTED:
		put_frontends(w, 1);
		put_pools(w, 1, 100);
		put_rules(w, n, 1, 1);
		break;
	case MANY_COUNTED_ALL:
		put_frontends(w, 60);
		put_pools(w, 10, 5000);
		put_rules(w, n, 60, 10);
		break;
	}
}

static void
check_limit(const struct limit *limit, unsigned beyond)
{
	const struct refused wanted = { limit->code, limit->said, limit->mend };
	struct writing w = { malloc(TEXT_MAX), 0 };
	struct lb_problems problems;

	UNIT_NEED(w.text);
	put(&w, "%s", limit->sku);
	write_many(&w, limit->what, limit->most + beyond);
	struct lb_config *config = config_of(w.text, &problems);
	bool right = problems.error_count == beyond;
	for (size_t i = 0; i < problems.count && beyond != 0; i++)
		if (!problems.at[i].warning)
			right &= refused_says(&problems.at[i], &wanted);
	if (!right)
		lb_problems_print(&problems, limit->section, stderr);
	UNIT_ROW(limit->section, right);
	lb_problems_free(&problems);
	lb_config_free(config);
	free(w.text);
}

static void
test_limits(void)
{
	for (size_t i = 0; i < LB_COUNT(limits); i++) {
		check_limit(&limits[i], 0);
		check_limit(&limits[i], 1);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "8 limits", test_limits },
		CU_TEST_INFO_NULL,
	};

	return unit_main("validator_limits", tests);
}
