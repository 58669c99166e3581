/* SPDX-License-Identifier: MIT */
#include "reports/words/reason.h"
#include "tests/unit.h"
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MODES    3
#define BACKENDS 4
#define KEYS_MAX 5000

/* Keys of a mode: so many, of so many flows each; the first has `heavy` times
 * as many.  A flow has 100 bytes.  A good hash deals the keys out in turn, a
 * bad one to every other backend only. */
struct mode {
	size_t keys;
	uint64_t flows, heavy;
	bool bad;
};

static char names[MODES][20] = { "five-tuple", "source-ip",
	"source-ip-protocol" };

#define SKEWED                                                                 \
	"The traffic is skewed: too few keys to spread evenly, whatever the "  \
	"hash (it takes about 10 of equal weight per backend):\n"

/* What known captures look like, and why: the words of it. */
/* clang-format off */
static const struct {
	const char *what, *servers[2];
	struct mode modes[MODES];
	const char *reasons;
} rows[] = {
	{ "a SYN scan: one client, one server",
	  { "10.0.0.1", "10.0.0.1" },
	  { { 1994, 1, 1, false }, { 1, 1994, 1, false }, { 1, 1994, 1, false } },
	  "five-tuple spreads its 1 994 flows as a perfect hash would.\n" SKEWED
	  "  source-ip: 1 client, so one backend gets everything\n"
	  "  source-ip-protocol: 1 client-protocol pair, so one backend gets "
	  "everything\n" },
	{ "one client, many servers",
	  { "10.0.0.1", "10.0.0.2" },
	  { { 1994, 1, 1, false }, { 1, 1994, 1, false }, { 1, 1994, 1, false } },
	  "five-tuple spreads its 1 994 flows as a perfect hash would.\n" SKEWED
	  "  source-ip: 1 client, so one backend gets everything\n"
	  "  source-ip-protocol: 1 client-protocol pair, so one backend gets "
	  "everything\n"
	  "A capture taken beside one client looks like this; --reverse makes its "
	  "peers the clients.\n" },
	{ "a DHCP flood: each client has one flow",
	  { "10.0.0.1", "10.0.0.1" },
	  { { 250, 1, 1, false }, { 250, 1, 1, false }, { 250, 1, 1, false } },
	  "Each client has one flow, so all modes divide the same 250 keys, and "
	  "are as even as 250 keys can be (a perfect hash: Jain 0.988).\n" },
	{ "a thermostat: one flow",
	  { "10.0.0.1", NULL },
	  { { 1, 1, 1, false }, { 1, 1, 1, false }, { 1, 1, 1, false } },
	  "There is one flow, which no mode can divide: one backend gets "
	  "everything, and that is not the hash's fault. Several connections or "
	  "devices would spread; another mode or algorithm would not.\n" },
	{ "Gnutella: four clients, one has nearly all",
	  { "10.0.0.1", "10.0.0.2" },
	  { { 300, 1, 1, false }, { 4, 1, 97, false }, { 8, 1, 41, false } },
	  "five-tuple spreads its 300 flows as a perfect hash would.\n" SKEWED
	  "  source-ip: 4 clients, as good as 1.06 equal ones by flows, 1.06 by "
	  "bytes; the heaviest has 97.0 % by flows, 97.0 % by bytes\n"
	  "  source-ip-protocol: 8 client-protocol pairs, as good as 1.36 equal "
	  "ones by flows, 1.36 by bytes; the heaviest has 85.4 % by flows, 85.4 % "
	  "by bytes\n"
	  "A capture taken beside one client looks like this; --reverse makes its "
	  "peers the clients.\n" },
	{ "a bad hash of many keys",
	  { NULL, NULL },
	  { { 5000, 1, 1, false }, { 2500, 2, 1, true }, { 5000, 1, 1, false } },
	  "The hash is bad, not the traffic: source-ip has 2 500 clients, enough "
	  "for 4 backends, but a Jain index of 0.500 by flows where a perfect hash "
	  "gives 0.999 (p under 0.0001). Try another hash key, or another "
	  "algorithm than modulo.\n"
	  "five-tuple spreads its 5 000 flows, source-ip-protocol its 5 000 "
	  "client-protocol pairs as a perfect hash would.\n" },
	/* as uneven, but of four keys: that is no hash's fault */
	{ "few keys, unevenly",
	  { NULL, NULL },
	  { { 5000, 1, 1, false }, { 4, 1250, 1, true }, { 20, 250, 1, false } },
	  "five-tuple spreads its 5 000 flows as a perfect hash would.\n" SKEWED
	  "  source-ip: 4 clients, as good as 4.00 equal ones by flows, 4.00 by "
	  "bytes\n"
	  "  source-ip-protocol: 20 client-protocol pairs, as good as 20.0 equal "
	  "ones by flows, 20.0 by bytes\n" },
};
/* clang-format on */

static struct sim_backend backends[MODES][BACKENDS];
static struct sim_key keys[MODES][KEYS_MAX];

static struct sim_rule
rule_of(size_t at, const struct mode *mode)
{
	static char algorithm[] = "modulo";

	for (size_t i = 0; i < BACKENDS; i++)
		backends[at][i] = (struct sim_backend){ .name = algorithm };
	for (size_t i = 0; i < mode->keys; i++) {
		uint64_t flows = mode->flows * (i == 0 ? mode->heavy : 1);
		size_t to = mode->bad ? i * 2 % BACKENDS : i % BACKENDS;
		keys[at][i] =
		    (struct sim_key){ flows, flows, flows * 100, (uint32_t)to };
		backends[at][to].flows += flows;
		backends[at][to].packets += flows;
		backends[at][to].bytes += flows * 100;
	}
	return (struct sim_rule){ .name = algorithm,
		.distribution = names[at],
		.algorithm = algorithm,
		.backends = backends[at],
		.backend_count = BACKENDS,
		.keys = keys[at],
		.key_count = mode->keys };
}

/* The caller frees it. */
static char *
reasons_of(const struct sim_record *record)
{
	struct report_ranking ranking;
	char *text = NULL;
	size_t bytes;

	CU_ASSERT_EQUAL(report_ranking_make(&ranking, record), 0);
	FILE *to = open_memstream(&text, &bytes);
	UNIT_NEED(to);
	report_put_reasons(to, record, &ranking, &report_terminal);
	(void)fclose(to);
	report_ranking_free(&ranking);
	return text;
}

static void
test_reasons(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sim_endpoint servers[2] = { 0 };
		struct sim_rule rules[MODES];
		struct sim_case cases[MODES] = { 0 };
		struct sim_record record = { .seed = 1,
			.input.busiest = servers,
			.cases = cases,
			.case_count = MODES };

		for (size_t s = 0; s < 2 && rows[i].servers[s] != NULL; s++) {
			(void)snprintf(servers[s].address,
			    sizeof(servers[s].address), "%s",
			    rows[i].servers[s]);
			record.input.busiest_count = s + 1;
		}
		for (size_t m = 0; m < MODES; m++) {
			rules[m] = rule_of(m, &rows[i].modes[m]);
			cases[m] = (struct sim_case){
				.name = rules[m].distribution,
				.rules = &rules[m],
				.rule_count = 1,
			};
		}
		char *text = reasons_of(&record);
		bool same = strcmp(text, rows[i].reasons) == 0;
		if (!same)
			(void)printf("%s\n", text);
		UNIT_ROW(rows[i].what, same);
		free(text);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "reasons", test_reasons },
		CU_TEST_INFO_NULL,
	};

	return unit_main("reason", tests);
}
