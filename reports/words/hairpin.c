/* SPDX-License-Identifier: MIT */
#include "reports/words/hairpin.h"
#include "reports/text/json_build.h"
#include "reports/text/text.h"

static void
put_case(FILE *to, const struct sim_case *c, bool named,
    const struct report_script *script)
{
	char count[REPORT_TEXT_BYTES];
	const bool one = c->hairpins == 1;

	if (named) {
		report_put(to, "With ");
		report_put_clean(to, c->name);
		report_put(to, ": ");
	}
	report_print(to,
	    "%s connection%s of members to a frontend of their own %s "
	    "unanswered (hairpin): the hash returned %s to %s sender, and no "
	    "guest takes a packet from its own address. Of n members each "
	    "fails once in n times. Azure names as ways round it a proxy, a "
	    "second network card and floating IP.\n",
	    report_count(count, script, c->hairpins), one ? "" : "s",
	    one ? "was left" : "were left", one ? "it" : "them",
	    one ? "its" : "their");
}

void
report_put_hairpins(FILE *to, const struct sim_record *record,
    const struct report_script *script)
{
	for (size_t i = 0; i < record->case_count; i++)
		if (record->cases[i].hairpins > 0)
			put_case(to, &record->cases[i], record->case_count > 1,
			    script);
}

json_t *
report_hairpin_json(const struct sim_case *c)
{
	json_t *o = with(json_object(), "connections", whole(c->hairpins));

	return with(o, "packets", whole(c->hairpin_packets));
}
