/* SPDX-License-Identifier: MIT */
/* Titles of why: the heaviest keys, and what a hash could make of them. */
#include "reports/figures/titles_parts.h"
#include "reports/text/text.h"
#include "model/config/names.h"
#include <string.h>

#define PICTURE (&report_picture)

char *
report_keys_title(const struct report_subject *s, const char *which, bool panel)
{
	const struct sim_rule *rule = s->rule;
	char most[REPORT_TEXT_BYTES], as[REPORT_TEXT_BYTES];
	char count[REPORT_TEXT_BYTES];
	uint64_t heaviest = 0, total = 0;

	for (size_t i = 0; i < rule->key_count; i++) {
		total += rule->keys[i].bytes;
		if (rule->keys[i].bytes > heaviest)
			heaviest = rule->keys[i].bytes;
	}
	if (total == 0)
		return report_compose("No key carries anything%s", which);
	if (rule->key_count == 1)
		return report_compose(
		    "There is a single key%s: no hash can spread it", which);
	report_percent(most, PICTURE, (double)heaviest / (double)total);
	if (panel)
		return report_compose("%s keys, by bytes as hard to spread as "
				      "%s equal ones",
		    report_count(count, PICTURE, rule->key_count),
		    report_digits(
			as, PICTURE, s->by[REPORT_BYTES].effective_keys));
	return report_compose("The heaviest of %s keys%s carries %s of the "
			      "bytes: as hard to spread as %s equal keys",
	    report_count(count, PICTURE, rule->key_count), which, most,
	    report_digits(as, PICTURE, s->by[REPORT_BYTES].effective_keys));
}

char *
report_predicted_title(const struct report_study *study,
    const struct report_subject *s, const char *which)
{
	char is[REPORT_TEXT_BYTES], expected[REPORT_TEXT_BYTES];
	if (s->is_disturbed)
		return report_compose(
		    "Members were out for part of the run%s: Jain %s by bytes, "
		    "a perfect hash with all of them in gives %s",
		    which, report_index(is, s->by[REPORT_BYTES].is.jain),
		    report_index(
			expected, s->by[REPORT_BYTES].is.expected_jain));
	for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++) {
		if (!report_is_less_even(study, s, (enum report_unit)u))
			continue;
		return report_compose(
		    "Less even than the keys allow%s: Jain %s by %s, a perfect "
		    "hash gives %s",
		    which, report_index(is, s->by[u].is.jain),
		    report_unit_name((enum report_unit)u),
		    report_index(expected, s->by[u].is.expected_jain));
	}
	return report_compose("As even as the keys allow%s: Jain %s by bytes, "
			      "a perfect hash gives %s",
	    which, report_index(is, s->by[REPORT_BYTES].is.jain),
	    report_index(expected, s->by[REPORT_BYTES].is.expected_jain));
}

char *
report_predicted_overall(const struct report_study *study)
{
	size_t worse = 0, all = study->count;
	for (size_t i = 0; i < all; i++)
		if (study->subjects[i].is_disturbed)
			return report_compose(
			    "Members were out for part of the run: what is "
			    "uneven is not the hash\xe2\x80\x99s doing alone");
	for (size_t i = 0; i < all; i++)
		for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++)
			if (report_is_less_even(study, &study->subjects[i],
				(enum report_unit)u)) {
				worse++;
				break;
			}
	const char *what = study->ranking.count > 0 ? "modes" : "rules";
	if (worse == 0)
		return all == 2
			   ? report_compose(
				 "Both %s are as even as their keys allow: "
				 "what is uneven is the traffic",
				 what)
			   : report_compose(
				 "All %zu %s are as even as their keys allow: "
				 "what is uneven is the traffic",
				 all, what);
	return report_compose("%zu of %zu %s %s less even than the keys allow",
	    worse, all, what, worse == 1 ? "is" : "are");
}

/* "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]:80" */
static void
put_end(char *to, size_t bytes, const struct lb_addr *addr, int port,
    size_t columns)
{
	char text[64];
	(void)lb_addr_text(addr, text, sizeof(text));
	if (columns > 0)
		report_shorten(text, columns);
	if (port < 0)
		report_format(to, bytes, "%s", text);
	else if (strchr(text, ':') != NULL)
		report_format(to, bytes, "[%s]:%d", text, port);
	else
		report_format(to, bytes, "%s:%d", text, port);
}

char *
report_key_name(const struct sim_heavy *key, size_t columns)
{
	char client[80], server[80];

	put_end(client, sizeof(client), &key->client,
	    key->has_ports ? key->client_port : -1, columns);
	put_end(server, sizeof(server), &key->server,
	    key->has_ports ? key->server_port : -1, columns);
	return report_compose("%s%s%s%s%s",
	    key->has_proto ? lb_proto_name(key->proto) : "",
	    key->has_proto ? " " : "", client,
	    key->has_server ? " \xe2\x86\x92 " : "",
	    key->has_server ? server : "");
}
