/* SPDX-License-Identifier: MIT */
/* model/scenario/assertion.c: what is read, and written again. */
#include <string.h>

#include "model/scenario/assertion.h"
#include "tests/unit.h"

/* clang-format off */
static const struct {
	const char *text, *again; /* again NULL: refused, and ... */
	const char *says;
} rows[] = {
	{ "jain(all) >= 0.95", "jain(all) >= 0.95", NULL },
	{ "  jain.flows( all , source-ip )>=.95", NULL, "no number" },
	{ "jain.flows( all , source-ip )>=1.", NULL, "no number" },
	{ "\tjain.flows ( all , source-ip )>=0.950 ",
	    "jain(all, source-ip) >= 0.95", NULL },
	{ "jain.bytes(*,*)<1", "jain.bytes() < 1", NULL },
	{ "cv() <= 12.5%", "cv() <= 0.125", NULL },
	{ "gini(,m) > 0", "gini(*, m) > 0", NULL },
	{ "share.packets(r, b) == 0.000001",
	    "share.packets(r, b) == 0.000001", NULL },
	{ "share(r, \"a, (\"\"b\"\")\", \"*\") == 1",
	    "share(r, \"a, (\"\"b\"\")\") == 1", NULL },
	{ "drops(*, m) == 0", "drops(*, m) == 0", NULL },
	{ "drops() == 0", "drops() == 0", NULL },
	{ "untracked(m) <= 999999999999", "untracked(m) <= 999999999999", NULL },
	{ "untracked(m) <= 9999999999999", NULL, "no number" },
	{ "keys(all) > 0.0000001", NULL, "no number" },
	{ "keys(all) > -1", NULL, "no number" },
	{ "keys(all) > nan", NULL, "no number" },
	{ "keys(all) > 1e3", NULL, "no number" },
	{ "keys(all) > 1 2", NULL, "no number" },
	{ "keys(all) >", NULL, "no number" },
	{ "keys(all)", NULL, ">= <= > < ==" },
	{ "keys(all) = 3", NULL, ">= <= > < ==" },
	{ "keys", NULL, "parenthesis follows" },
	{ "keys(", NULL, "not closed" },
	{ "keys(all", NULL, "not closed" },
	{ "keys(\"all) > 1", NULL, "quote" },
	{ "keys(\"a\"b) > 1", NULL, "not closed" },
	{ "keys(a(b)) > 1", NULL, "not closed" },
	{ "keys(a, b, c) > 1", NULL, "at most 2 names" },
	{ "untracked(a, b) > 1", NULL, "at most 1 name " },
	{ "share(a, b, c, d) > 1", NULL, "too many" },
	{ "share(a) > 1", NULL, "a rule and a backend" },
	{ "share(a, *) > 1", NULL, "a rule and a backend" },
	{ "keys.bytes(a) > 1", NULL, "has no unit" },
	{ "jain.byte(a) > 1", NULL, "'byte' is no unit" },
	{ "max_shares(a) > 1", NULL, "did you mean max_share?" },
	{ "snat_failed() <= 10", "snat_failed() <= 10", NULL },
	{ "snat_blocking(configured) <= 0.1%",
	    "snat_blocking(configured) <= 0.001", NULL },
	{ "snat_peak_share() < 75%", "snat_peak_share() < 0.75", NULL },
	{ "snat_peak_ports() <= 1024", "snat_peak_ports() <= 1024", NULL },
	{ "hairpin_failures() == 0", "hairpin_failures() == 0", NULL },
	{ "snat_blockin() <= 1%", NULL, "did you mean snat_blocking?" },
	{ "snat_blocking(a, b) <= 1%", NULL, "at most 1 name" },
	{ "time_to_detect() <= 10", "time_to_detect() <= 10s", NULL },
	{ "time_to_detect(m) <= 10s", "time_to_detect(m) <= 10s", NULL },
	{ "time_to_restore() < 1.5m", "time_to_restore() < 90s", NULL },
	{ "time_to_reroute() < 2h", "time_to_reroute() < 7200s", NULL },
	{ "response_p99(*) <= 250ms", "response_p99() <= 0.25s", NULL },
	{ "response_p99() <= 25%", NULL, "no time like 10s" },
	{ "response_p99() <= 2d", NULL, "no time like 10s" },
	{ "response_p99() <= 999999999999h", NULL, "no time like 10s" },
	{ "packets_lost() <= 10s", NULL, "no number like" },
	{ "availability(m) >= 99.9%", "availability(m) >= 0.999", NULL },
	{ "flows_moved_needlessly() == 0", "flows_moved_needlessly() == 0",
	    NULL },
	{ "flows_moved.bytes() == 0", NULL, "has no unit" },
	{ "flows_moved(r, m) == 0", NULL, "at most 1 name " },
	{ "time_to_detct() <= 10", NULL, "did you mean time_to_detect?" },
	{ "JAIN(a) > 1", NULL, "a metric comes first" },
	{ "", NULL, "a metric comes first" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa(", NULL,
	    "there is no metric" },
};
/* clang-format on */

static void
test_texts(void)
{
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_assertion a;
		char error[256];
		bool read =
		    lb_assertion_read(rows[i].text, &a, error, sizeof(error));

		UNIT_ROW(rows[i].text, read == (rows[i].again != NULL));
		if (!read) {
			if (rows[i].says == NULL ||
			    strstr(error, rows[i].says) == NULL)
				(void)fprintf(stderr, "  %s\n", error);
			UNIT_ROW(rows[i].text, rows[i].says != NULL &&
						   strstr(error, rows[i].says));
			continue;
		}
		char *again = lb_assertion_text(&a, a.rule, a.case_name);
		UNIT_NEED(again);
		if (rows[i].again == NULL || strcmp(again, rows[i].again) != 0)
			(void)fprintf(stderr, "  %s\n", again);
		UNIT_ROW(rows[i].text,
		    rows[i].again != NULL && strcmp(again, rows[i].again) == 0);
		lb_assertion_free(&a);
		/* and what was written is read to the same */
		if (lb_assertion_read(again, &a, error, sizeof(error))) {
			char *third =
			    lb_assertion_text(&a, a.rule, a.case_name);
			UNIT_ROW(again, third && strcmp(again, third) == 0);
			free(third);
		} else {
			UNIT_ROW(again, false);
		}
		lb_assertion_free(&a);
		free(again);
	}
}

/* Every metric can be written, and every one takes what it says. */
static void
test_metrics(void)
{
	for (int m = 0; m < (int)LB_METRIC_COUNT; m++) {
		const char *name = lb_metric_name((enum lb_metric)m);
		bool rule = lb_metric_has_rule((enum lb_metric)m);
		bool object = lb_metric_has_object((enum lb_metric)m);
		char text[128], error[256];
		struct lb_assertion a;

		UNIT_EQUAL(name, lb_metric_of_name(name), m);
		(void)snprintf(text, sizeof(text), "%s(%s%sc) > 0", name,
		    rule ? "r, " : "", object ? "o, " : "");
		UNIT_ROW(
		    text, lb_assertion_read(text, &a, error, sizeof(error)));
		UNIT_EQUAL(text, a.metric, m);
		UNIT_ROW(text, (a.rule != NULL) == rule);
		UNIT_ROW(text, (a.object != NULL) == object);
		UNIT_ROW(text, a.case_name && strcmp(a.case_name, "c") == 0);
		lb_assertion_free(&a);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "texts", test_texts },
		{ "metrics", test_metrics },
		CU_TEST_INFO_NULL,
	};

	return unit_main("assertion", tests);
}
