/* SPDX-License-Identifier: MIT */
/*
 * live/seen/metrics.c: the text is what Prometheus reads, whatever things are
 * called; the numbers stand where they belong; and doc/fairlead-metrics.7
 * tells of every metric and of no other.
 */
#include <stdlib.h>
#include <string.h>

#include "live/seen/metrics.h"
#include "model/config/names.h"
#include "tests/live/exposition.h"
#include "tests/unit.h"

#define NASTY "a\\b\"c\nd{} 1"

/* What stands in the labels for that. */
#define NASTY_SEEN "a\\\\b\\\"c\\nd{} 1"

struct sample {
	struct live_figures figures;
	struct lb_config config;
	struct lb_config_rule rules[2];
	struct lb_config_pool pools[2];
	struct lb_config_probe probes[1];
	struct live_figures_frontend frontends[1];
	struct live_figures_rule rule_figures[4];
	struct live_figures_member members[3];
	struct live_figures_probe probe_figures[2];
	struct live_figures_snat snats[4];
	struct live_interface_now interfaces[2];
};

static char nasty[] = NASTY, p[] = "p", q[] = "q", alive[] = "alive";

static struct forward_share
traffic(uint64_t base)
{
	return (struct forward_share){
		.in = { base, base * 100, base + 2 },
		.out = { base + 1, base * 100 + 1, base + 3 },
		.tcp = { base + 4, base + 5 },
		.udp = { base + 6, base + 7 },
	};
}

static void
sample_config(struct sample *s)
{
	s->pools[0].name = p;
	s->pools[1].name = q;
	s->probes[0] = (struct lb_config_probe){ .name = alive, .port = 8081 };
	s->rules[0] = (struct lb_config_rule){
		.name = nasty, .frontend = 0, .proto = 17, .frontend_port = 53
	};
	s->rules[1] = (struct lb_config_rule){ .name = q, .frontend = -1 };
	s->config = (struct lb_config){ .pools = s->pools,
		.pool_count = 2,
		.probes = s->probes,
		.probe_count = 1,
		.rules = s->rules,
		.rule_count = 2 };
	(void)lb_addr_of_text("2001:db8::1", &s->frontends[0].address);
}

static void
sample_members(struct sample *s)
{
	static char names[][8] = { "a", "b", "c" };
	for (unsigned i = 0; i < 3; i++)
		s->members[i] = (struct live_figures_member){ .id = (uint16_t)i,
			.pool = i < 2 ? p : q,
			.name = names[i],
			.address = lb_addr_v4(0x0100000a + (i << 24)),
			.state = i == 0 ? LIVE_MEMBER_UP : LIVE_MEMBER_DOWN,
			.next_hop = i == 0,
			.traffic = traffic(10 * (i + 1)),
			.counted = i != 2,
			.flows = i };
	for (unsigned i = 0; i < 2; i++)
		s->probe_figures[i] = (struct live_figures_probe){ .probe = 0,
			.name = alive,
			.protocol = LB_PROBE_TCP,
			.member = i,
			.health.state =
			    i == 0 ? LB_HEALTH_UP : LB_HEALTH_DOWN };
}

static void
sample_rules(struct sample *s)
{
	s->rule_figures[0] = (struct live_figures_rule){ .name = nasty,
		.rule = 0,
		.frontend = 0,
		.port = 53,
		.proto = 17,
		.traffic = traffic(7),
		.counted = true,
		.flows = 3,
		.members = 2,
		.members_up = 1 };
	s->rule_figures[1] = (struct live_figures_rule){
		.id = 1, .name = q, .rule = 1, .frontend = -1, .members = 1
	};
	s->rule_figures[2] = (struct live_figures_rule){ .id = 2,
		.name = p,
		.leaving = true,
		.rule = -1,
		.frontend = -1,
		.traffic = traffic(9),
		.counted = true,
		.flows = 1 };
	s->rule_figures[3] = (struct live_figures_rule){ .id = 3,
		.name = alive,
		.kind = LIVE_RULE_OUTBOUND,
		.rule = -1,
		.frontend = 0,
		.traffic = traffic(70),
		.counted = true };
}

/* a leaves by one frontend; b, by two; c has none any more, and flows yet. */
static void
sample_snat(struct sample *s)
{
	const struct forward_begun begun = { 100, 7 };
	const struct lb_addr one = lb_addr_v4(0x010200c0);
	const struct lb_addr two = lb_addr_v4(0x020200c0);
	static char a[] = "a", b[] = "b", c[] = "c";
	s->snats[0] = (struct live_figures_snat){ .pool = p,
		.name = a,
		.address = one,
		.only = true,
		.first = true,
		.allocated = 1024,
		.used = 768,
		.peak = 800,
		.state = { [LB_CONN_HALF] = 1,
		    [LB_CONN_ANSWERED] = 2,
		    [LB_CONN_OPEN] = 700,
		    [LB_CONN_CLOSING_FIN] = 60,
		    [LB_CONN_CLOSING_RST] = 5 },
		.counted = true,
		.begun = begun };
	s->snats[1] = (struct live_figures_snat){ .pool = p,
		.name = b,
		.address = one,
		.udp = true,
		.first = true,
		.allocated = 512,
		.counted = true,
		.begun = begun };
	s->snats[2] = s->snats[1];
	s->snats[2].address = two;
	s->snats[2].first = false;
	s->snats[3] = (struct live_figures_snat){ .pool = q,
		.name = c,
		.address = two,
		.only = true,
		.first = true,
		.used = 3,
		.peak = 3,
		.counted = false };
	s->figures.snats = s->snats;
	s->figures.snat_count = 4;
	s->figures.snat_counted = true;
}

static struct sample *
sample_new(void)
{
	struct sample *s = calloc(1, sizeof(*s));
	UNIT_NEED(s);
	sample_config(s);
	sample_members(s);
	sample_rules(s);
	sample_snat(s);
	s->interfaces[0] = (struct live_interface_now){ "eth0", true };
	s->interfaces[1] = (struct live_interface_now){ "eth1", true };
	struct live_figures *f = &s->figures;
	f->rules = s->rule_figures;
	f->rule_count = 4;
	f->members = s->members;
	f->member_count = 3;
	f->frontends = s->frontends;
	f->frontend_count = 1;
	f->probes = s->probe_figures;
	f->probe_count = 2;
	f->table_counted = true;
	f->table4.slots = 1024;
	f->table4.state[LB_CONN_OPEN] = 5;
	f->total.packets = 31;
	f->total.sent = 20;
	f->total.dropped[LB_REASON_TTL] = 11;
	f->plan.since.tv_sec = 1795349139;
	f->process.cpu_s = 0.25;
	f->probing.latency[0] = 4;
	f->probing.latency[3] = 2;
	f->probing.latency[LIVE_LATENCY_BOUNDS] = 1;
	f->probing.latency_sum_ns = 2500000000u;
	return s;
}

static char *
text_of(const struct sample *s)
{
	size_t bytes;
	char *text = live_metrics_text(
	    &s->figures, &s->config, s->interfaces, 2, &bytes);
	UNIT_NEED(text);
	CU_ASSERT_EQUAL(strlen(text), bytes);
	return text;
}

#define RULE                                                                   \
	"{rule=\"" NASTY_SEEN "\",frontend_address=\"2001:db8::1\","           \
	"frontend_port=\"53\",protocol=\"udp\""
#define MEMBER(pool, name, address)                                            \
	"pool=\"" pool "\",member=\"" name "\",member_address=\"" address "\""

#define SNAT(pool, name, frontend, protocol)                                   \
	"{" MEMBER(pool, name, "::") ",frontend_address=\"" frontend           \
				     "\",protocol=\"" protocol "\""

/* What a series says of the sample. */
struct value_row {
	const char *series;
	double value; /* -1: not there */
};

static void
expect_values(const struct value_row *rows, size_t count)
{
	struct sample *s = sample_new();
	char *text = text_of(s);

	for (size_t i = 0; i < count; i++)
		UNIT_ROW(rows[i].series,
		    exposition_value(text, rows[i].series) == rows[i].value);
	free(text);
	free(s);
}

static void
test_rules(void)
{
	static const struct value_row rows[] = {
		{ "fairlead_packets_total" RULE ",direction=\"inbound\"}", 7 },
		{ "fairlead_bytes_total" RULE ",direction=\"outbound\"}", 701 },
		{ "fairlead_packets_total{rule=\"p\",direction=\"inbound\"}",
		    9 },
		{ "fairlead_packets_total{rule=\"q\",frontend_port=\"0\","
		  "protocol=\"all\",direction=\"inbound\"}",
		    -1 },
		{ "fairlead_packets_total{rule=\"alive\","
		  "frontend_address=\"2001:db8::1\",protocol=\"all\","
		  "direction=\"outbound\"}",
		    71 },
		{ "fairlead_data_path_availability" RULE "}", 1 },
		{ "fairlead_data_path_availability{rule=\"q\","
		  "frontend_port=\"0\",protocol=\"all\"}",
		    0 },
		{ "fairlead_syns_total" RULE ",direction=\"inbound\"}", -1 },
		{ "fairlead_syns_total{rule=\"p\",direction=\"inbound\"}", 11 },
		{ "fairlead_syns_total{rule=\"p\",direction=\"outbound\"}",
		    12 },
		{ "fairlead_rule_members" RULE "}", 2 },
		{ "fairlead_rule_members_up" RULE "}", 1 },
		{ "fairlead_rule_connections{rule=\"p\"}", 1 },
	};

	expect_values(rows, LB_COUNT(rows));
}

static void
test_snat(void)
{
	static const struct value_row rows[] = {
		{ "fairlead_snat_ports_allocated" SNAT("p", "a", "192.0.2.1",
		      "tcp") ",is_awaiting_removal=\"false\"}",
		    1024 },
		{ "fairlead_snat_ports_used" SNAT("p", "a", "192.0.2.1",
		      "tcp") ",is_awaiting_removal=\"false\"}",
		    768 },
		{ "fairlead_snat_ports_used" SNAT("q", "c", "192.0.2.2",
		      "tcp") ",is_awaiting_removal=\"true\"}",
		    3 },
		{ "fairlead_snat_connections" SNAT(
		      "p", "a", "192.0.2.1", "tcp") ",state=\"pending\"}",
		    3 },
		{ "fairlead_snat_connections" SNAT(
		      "p", "a", "192.0.2.1", "tcp") ",state=\"open\"}",
		    700 },
		{ "fairlead_snat_connections" SNAT(
		      "p", "a", "192.0.2.1", "tcp") ",state=\"closing\"}",
		    65 },
		{ "fairlead_snat_connections_total" SNAT(
		      "p", "a", "192.0.2.1", "tcp") ",state=\"successful\"}",
		    100 },
		{ "fairlead_snat_connections_total" SNAT(
		      "p", "a", "192.0.2.1", "tcp") ",state=\"failed\"}",
		    7 },
		/* not which of two frontends, and once */
		{ "fairlead_snat_connections_total{" MEMBER(
		      "p", "b", "::") ",protocol=\"udp\",state=\"failed\"}",
		    7 },
		{ "fairlead_snat_connections_total" SNAT(
		      "p", "b", "192.0.2.2", "udp") ",state=\"failed\"}",
		    -1 },
		{ "fairlead_snat_connections_total" SNAT(
		      "q", "c", "192.0.2.2", "tcp") ",state=\"failed\"}",
		    -1 },
	};

	expect_values(rows, LB_COUNT(rows));
}

static void
test_members(void)
{
	static const struct value_row rows[] = {
		{ "fairlead_member_packets_total{" MEMBER(
		      "p", "b", "10.0.0.2") ",direction=\"outbound\"}",
		    21 },
		{ "fairlead_member_packets_total{" MEMBER(
		      "q", "c", "10.0.0.3") ",direction=\"outbound\"}",
		    -1 },
		{ "fairlead_member_up{" MEMBER("p", "a", "10.0.0.1") "}", 1 },
		{ "fairlead_member_up{" MEMBER("p", "b", "10.0.0.2") "}", 0 },
		{ "fairlead_pool_members{pool=\"p\",state=\"up\"}", 1 },
		{ "fairlead_pool_members{pool=\"p\",state=\"down\"}", 1 },
		{ "fairlead_pool_members{pool=\"q\",state=\"down\"}", 1 },
		{ "fairlead_health_probe_status{probe=\"alive\","
		  "protocol=\"tcp\",backend_port=\"8081\"," MEMBER(
		      "p", "a", "10.0.0.1") "}",
		    1 },
	};

	expect_values(rows, LB_COUNT(rows));
}

static void
test_machine(void)
{
	static const struct value_row rows[] = {
		{ "fairlead_build_info{version=\"" PACKAGE_VERSION "\"}", 1 },
		{ "fairlead_next_hops_unresolved", 2 },
		{ "fairlead_connections{family=\"ipv4\",state=\"open\"}", 5 },
		{ "fairlead_connections{family=\"ipv6\",state=\"open\"}", 0 },
		{ "fairlead_dropped_packets_total{reason=\"ttl\"}", 11 },
		{ "fairlead_handled_packets_total{outcome=\"dropped\"}", 11 },
		{ "fairlead_handled_packets_total{outcome=\"sent\"}", 20 },
		{ "fairlead_seen_packets_total", 31 },
		{ "fairlead_interface_attached{interface=\"eth1\"}", 1 },
		{ "fairlead_probe_duration_seconds_bucket{le=\"+Inf\"}", 7 },
		{ "fairlead_probe_duration_seconds_count", 7 },
		{ "fairlead_probe_duration_seconds_sum", 2.5 },
		{ "fairlead_plan_timestamp_seconds", 1795349139 },
		{ "process_cpu_seconds_total", 0.25 },
	};

	expect_values(rows, LB_COUNT(rows));
}

/* An interface is gone, and the table not counted yet. */
static void
test_uncounted(void)
{
	struct sample *s = sample_new();

	s->interfaces[1].attached = false;
	s->figures.table_counted = s->figures.snat_counted = false;
	char *text = text_of(s);
	CU_ASSERT_EQUAL(
	    exposition_value(text, "fairlead_data_path_availability" RULE "}"),
	    0);
	CU_ASSERT_EQUAL(
	    exposition_value(text, "fairlead_rule_connections{rule=\"p\"}"),
	    -1);
	free(text);
	free(s);
}

static void
test_format(void)
{
	static struct exposition e;
	struct sample *s = sample_new();
	char *text = text_of(s);
	UNIT_ROW(e.error, exposition_read(&e, text));
	if (*e.error != '\0')
		(void)fprintf(stderr, "%s\n", e.error);
	CU_ASSERT(e.family_count > 30);
	CU_ASSERT(e.series > 60);
	free(text);
	free(s);
}

/* What the reader above must refuse, or it is no test. */
static void
test_reader(void)
{
	static struct exposition e;
	static const struct {
		const char *text;
		bool fits;
	} rows[] = {
		{ "# HELP a b\n# TYPE a gauge\na 1\n", true },
		{ "# HELP a b\n# TYPE a gauge\na{x=\"1\",y=\"\\n\"} -1.5\n",
		    true },
		{ "# HELP a b\n# TYPE a gauge\na 1", false },
		{ "# TYPE a gauge\na 1\n", false },
		{ "# HELP a\n# TYPE a gauge\na 1\n", false },
		{ "# HELP a b\na 1\n", false },
		{ "# HELP a b\n# TYPE a gauge\nb 1\n", false },
		{ "# HELP a b\n# TYPE a counter\na 1\n", false },
		{ "# HELP a_total b\n# TYPE a_total gauge\na_total 1\n",
		    false },
		{ "# HELP a_total b\n# TYPE a_total counter\na_total -1\n",
		    false },
		{ "# HELP a b\n# TYPE a gauge\na 1\na 2\n", false },
		{ "# HELP a b\n# TYPE a gauge\na{x=\"1} 1\n", false },
		{ "# HELP a b\n# TYPE a gauge\na{x=\"\\z\"} 1\n", false },
		{ "# HELP a b\n# TYPE a gauge\na{1=\"\"} 1\n", false },
		{ "# HELP a b\n# TYPE a gauge\na{x=\"\" } 1\n", false },
		{ "# HELP a b\n# TYPE a gauge\na x\n", false },
		{ "# HELP a b\n# TYPE a gauge\na 1 \n", false },
		{ "# HELP a b\n# TYPE a thing\na 1\n", false },
		{ "# HELP a b\n# TYPE a gauge\n# HELP a b\n# TYPE a gauge\n",
		    false },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		UNIT_EQUAL(rows[i].text, exposition_read(&e, rows[i].text),
		    rows[i].fits);
}

/* --- the manual ---------------------------------------------------------- */

static char *
manual(void)
{
	char path[4096];
	const char *src = getenv("SRC");
	static char text[65536];
	(void)snprintf(path, sizeof(path), "%s/doc/fairlead-metrics.7",
	    src != NULL ? src : ".");
	FILE *file = fopen(path, "r");
	UNIT_NEED(file);
	size_t bytes = fread(text, 1, sizeof(text) - 1, file);
	text[bytes] = '\0';
	(void)fclose(file);
	return text;
}

/* Labels and events have entries like those of metrics. */
static bool
is_metric(const char *name)
{
	return strncmp(name, "fairlead_", 9) == 0 ||
	       strncmp(name, "process_", 8) == 0;
}

/* The metrics that have an entry, .It Cm name , name: how many. */
static size_t
described(char *text, char names[][80], size_t max)
{
	size_t count = 0;
	char *line, *word, *lines = text;
	while ((line = strsep(&lines, "\n")) != NULL) {
		if (strncmp(line, ".It Cm ", 7) != 0)
			continue;
		line += 7;
		while ((word = strsep(&line, " ,")) != NULL)
			if (is_metric(word) && count < max)
				(void)snprintf(names[count++], 80, "%s", word);
	}
	return count;
}

static bool
has(char (*names)[80], size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void
test_manual(void)
{
	static char names[EXPOSITION_FAMILIES][80];
	static struct exposition e;
	struct sample *s = sample_new();
	char *text = text_of(s);
	CU_ASSERT(exposition_read(&e, text));
	size_t count = described(manual(), names, EXPOSITION_FAMILIES);
	for (size_t i = 0; i < e.family_count; i++)
		UNIT_ROW(e.family[i], has(names, count, e.family[i]));
	for (size_t i = 0; i < count; i++)
		UNIT_ROW(names[i], has(e.family, e.family_count, names[i]));
	free(text);
	free(s);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "values of rules", test_rules },
		{ "values of SNAT", test_snat },
		{ "values of members", test_members },
		{ "values of the machine", test_machine },
		{ "not counted yet", test_uncounted },
		{ "format", test_format },
		{ "reader", test_reader },
		{ "manual", test_manual },
		CU_TEST_INFO_NULL,
	};
	return unit_main("live/metrics", tests);
}
