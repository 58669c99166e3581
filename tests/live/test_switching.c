/* SPDX-License-Identifier: MIT */
/* live/check/switching.c: which differences to sim are told of which
 * configuration, and in what words. */
#include <string.h>

#include "live/check/switching.h"
#include "tests/unit.h"

#define HEAD                                                                   \
	"frontends: [{ name: f, address: 192.0.2.1 }]\n"                       \
	"pools: [{ name: p, members: [{ name: a, address: 10.0.0.1 }] }]\n"
#define RULE(more)                                                             \
	"rules:\n"                                                             \
	"  - { name: r, frontend: f, pool: p, protocol: tcp,\n"                \
	"      frontend_port: 80, backend_port: 80" more " }\n"
#define PROBE(more) "probes: [{ name: alive, port: 8080, " more " }]\n"
#define BARE        "load_balancer: { sku: fairlead }\n" HEAD

static char told[8192];

static void
tell(void *arg, const char *about, const char *text)
{
	size_t used = strlen(told);
	(void)arg;
	CU_ASSERT(strlen(text) < LIVE_SWITCHING_BYTES - 1);
	(void)snprintf(
	    told + used, sizeof(told) - used, "%s: %s\n", about, text);
}

static void
test_told(void)
{
	static const struct {
		const char *name, *config;
		const char *says;   /* some of it */
		const char *hushes; /* NULL: nothing to look for */
	} rows[] = {
		{ "no key", BARE RULE(""),
		    "load_balancer.hash_key: none is set: sim takes a fixed",
		    "alive" },
		{ "a key",
		    "load_balancer: { sku: fairlead, hash_key: "
		    "0f1e2d3c4b5a69788796a5b4c3d2e1f0 }\n" HEAD RULE(""),
		    "local_subnets", "hash_key" },
		{ "no interface", BARE RULE(""),
		    "forwarding.interfaces: none are named, and sim needs "
		    "none",
		    NULL },
		{ "an interface",
		    BARE RULE("") "forwarding: { interfaces: [eth0] }\n",
		    "their default route", "forwarding.interfaces" },
		{ "tcp",
		    BARE PROBE("protocol: tcp, interval: 5s")
			RULE(", probe: alive"),
		    "alive: tcp port 8080 is really asked, from this machine; "
		    "in sim every member that is up accepts",
		    "certificates" },
		{ "how long",
		    BARE PROBE("protocol: tcp, interval: 250ms, "
			       "probe_threshold: 3") RULE(", probe: alive"),
		    "until 3 good answers in a row, so for at most 0.75 s",
		    NULL },
		{ "https",
		    BARE PROBE("protocol: https, interval: 5s, request_path: "
			       "/") RULE(", probe: alive"),
		    "there are no certificates", NULL },
		{ "https decides at once",
		    BARE PROBE("protocol: https, interval: 5s, request_path: "
			       "/, probe_threshold: 4") RULE(", probe: alive"),
		    "until 1 good answer in a row, so for at most 5 s", NULL },
		{ "coap",
		    BARE PROBE("protocol: coap, interval: 5s")
			RULE(", probe: alive"),
		    "in sim every member that is up answers", "DTLS" },
		{ "resets", BARE RULE(", tcp_reset: true"),
		    "live up to a second later", NULL },
		{ "no resets", BARE RULE(""), "local_subnets", "idle timeout" },
		{ "l2dsr", BARE RULE("") "forwarding: { mode: l2dsr }\n",
		    "local_subnets", "default route" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_problems problems = { 0 };
		struct lb_config *config = lb_config_read(
		    rows[i].config, strlen(rows[i].config), "test", &problems);
		if (config == NULL)
			lb_problems_print(&problems, rows[i].name, stderr);
		lb_problems_free(&problems);
		UNIT_NEED(config);
		told[0] = '\0';
		unsigned count = live_switching(config, tell, NULL);
		unsigned lines = 0;
		for (const char *at = told; *at != '\0'; at++)
			lines += *at == '\n';
		UNIT_EQUAL(rows[i].name, count, lines);
		UNIT_ROW(rows[i].name, strstr(told, rows[i].says) != NULL);
		UNIT_ROW(
		    rows[i].name, rows[i].hushes == NULL ||
				      strstr(told, rows[i].hushes) == NULL);
		lb_config_free(config);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "told", test_told },
		CU_TEST_INFO_NULL,
	};
	return unit_main("live/switching", tests);
}
