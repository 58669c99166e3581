/* SPDX-License-Identifier: MIT */
/* How each picture is made, and why there is none. */
#include "reports/figures/titles_parts.h"
#include "reports/stats/snat.h"
#include "reports/words/nats.h"
#include "reports/words/input.h"
#include "reports/study/pieces.h"
#include "reports/text/text.h"
#include <stdlib.h>

#define PICTURE (&report_picture)

static char *
left_out(const struct report_study *study)
{
	if (study->left_out == 0)
		return report_compose("%s", "");
	return report_compose(" %zu rules with less traffic are left out; "
			      "summary.json has all.",
	    study->left_out);
}

static char *
time_subtitle(const struct report_study *study)
{
	char piece[REPORT_TEXT_BYTES];
	struct report_pieces pieces;

	if (report_pieces_make(&pieces, study->record, study->chosen->rule) !=
	    0)
		return NULL;
	report_span(piece, PICTURE, pieces.piece_ns);
	report_pieces_free(&pieces);
	return report_compose(
	    "Share of the bytes each backend got, both directions, in pieces "
	    "of %s; above it, how much there was. Silence is grey; a long one "
	    "is cut short and named.",
	    piece);
}

static const char *const methods[REPORT_FIGURE_COUNT] = {
	[REPORT_FIGURE_MODES] =
	    "Jain\xe2\x80\x99s index of the backends\xe2\x80\x99 loads, 1 is "
	    "even; dot: measured, bar: its 95\xe2\x80\xaf% interval over keys, "
	    "diamond: what a perfect hash gives on the same keys.",
	[REPORT_FIGURE_DEVIATION] =
	    "How far each backend is from its fair share; "
	    "+100\xe2\x80\xaf% is twice the fair share. Grey: where a perfect "
	    "hash of this traffic leaves 95\xe2\x80\xaf% of backends. "
	    "Whiskers, where keys are many enough: 95\xe2\x80\xaf% interval "
	    "over keys.",
	[REPORT_FIGURE_LORENZ] =
	    "Lorenz curve: what share of the load the least loaded backends "
	    "carry together. Dashed: even. Grey: where 95\xe2\x80\xaf% of "
	    "perfect hashes of the same keys lie.",
	[REPORT_FIGURE_KEYS] =
	    "A key is what the hash cannot divide further: the ten heaviest by "
	    "bytes, which backend their first packet went to, and the rest.",
	[REPORT_FIGURE_PREDICTED] =
	    "Unevenness (coefficient of variation, 0 is even) of the "
	    "backends\xe2\x80\x99 loads; dot: measured, grey: where "
	    "95\xe2\x80\xaf% of perfect hashes of the same keys lie, diamond: "
	    "their mean. p: how often one of them is as uneven.",
	[REPORT_FIGURE_FAILOVER] =
	    "Above: each fault, when a probe first failed, when it was marked "
	    "down, when the first flow went elsewhere, when it was back. "
	    "Middle: share of the bytes each backend got. Below: what clients "
	    "lost. Cases in which the same happened are drawn once.",
	[REPORT_FIGURE_KEPT] =
	    "Flows that had one backend all the time, that moved, and that "
	    "moved though their backend was well; open TCP connections that "
	    "moved or lost their backend. Counted once a fault.",
	[REPORT_FIGURE_DETECT] =
	    "From the fault until it was marked down, in each replication. "
	    "Grey: the range that the probe\xe2\x80\x99s interval, timeout and "
	    "threshold allow; diamond: the mean, with its 95\xe2\x80\xaf% "
	    "interval.",
	[REPORT_FIGURE_RESPONSE] =
	    "Share of the answered requests that took longer, to 1/16 of the "
	    "time; dots: the median and the 99th percentile.",
	[REPORT_FIGURE_SNAT] =
	    "Ports that members held, the most in each piece of time, against "
	    "those they have; a port is held until its flow\xe2\x80\x99s "
	    "release time is over. Marks: 75\xe2\x80\xaf% (high usage) and all "
	    "of them; a row of several members shows the fullest. "
	    "Below: packets that found no port. Erlang\xe2\x80\x99s "
	    "formula is for random (Poisson) arrivals, and is left out where "
	    "they are not, and for clients that do not try again.",
};

char *
report_subtitle(const struct report_study *study, enum report_figure figure)
{
	char *rest = figure != REPORT_FIGURE_SNAT ? left_out(study)
						  : report_compose("%s", "");
	char *method;

	if (figure == REPORT_FIGURE_TIME && study->chosen != NULL)
		method = time_subtitle(study);
	else
		method = report_compose("%s", methods[figure]);
	char *text = rest != NULL && method != NULL
			 ? report_compose("%s%s", method, rest)
			 : NULL;
	free(rest);
	free(method);
	return text;
}

static bool
has_nat_traffic(const struct sim_record *record)
{
	for (size_t i = 0; i < record->case_count; i++)
		if (report_nat_packets(&record->cases[i]) > 0)
			return true;
	return false;
}

char *
report_why_empty(const struct report_study *study)
{
	const struct sim_input *in = &study->record->input;
	char count[REPORT_TEXT_BYTES], *name = report_input_name(study->record),
				       *text;

	if (name == NULL)
		return NULL;
	report_count(count, PICTURE, in->packets);
	if (report_snat_case(study->record) != SIZE_MAX)
		text = report_compose("Nothing was balanced: the "
				      "members\xe2\x80\x99 own connections "
				      "are all there was.");
	else if (has_nat_traffic(study->record))
		text = report_compose("Nothing was balanced: inbound NAT rules "
				      "carried all there was.");
	else if (in->packets == 0)
		text = report_compose(
		    "Nothing was balanced: %s has no packets.", name);
	else if (in->flows == 0)
		text = report_compose(
		    "Nothing was balanced: of the packets of %s (%s) none "
		    "could be replayed; those skipped are counted below.",
		    name, count);
	else
		text = report_compose(
		    "Nothing was balanced: of the packets of %s (%s) none "
		    "reached a backend; those dropped are counted below.",
		    name, count);
	free(name);
	return text;
}
