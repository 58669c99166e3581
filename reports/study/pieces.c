/* SPDX-License-Identifier: MIT */
#include "reports/study/pieces.h"
#include "reports/text/text.h"
#include <stdlib.h>

static void
mark_rule(bool *busy, size_t bins, const struct sim_rule *rule)
{
	size_t n = rule->backend_count;

	if (rule->slices == NULL)
		return;
	for (size_t bin = 0; bin < bins; bin++)
		for (size_t i = 0; i < n && !busy[bin]; i++)
			busy[bin] = rule->slices[bin * n + i].bytes > 0;
}

/* What nobody got is no silence. */
static void
mark_harms(bool *busy, size_t bins, const struct sim_case *c)
{
	for (size_t bin = 0; bin < bins && bin < c->harm_count; bin++)
		busy[bin] = busy[bin] || c->harms[bin].offered > 0 ||
			    c->harms[bin].lost > 0 ||
			    c->harms[bin].requests > 0;
}

/* The record's pieces in which anything came; NULL without memory. */
static bool *
find_busy(const struct sim_record *record)
{
	bool *busy = calloc(record->bin_count + 1, sizeof(*busy));

	for (size_t i = 0; busy != NULL && i < record->case_count; i++) {
		mark_harms(busy, record->bin_count, &record->cases[i]);
		for (size_t j = 0; j < record->cases[i].rule_count; j++)
			mark_rule(busy, record->bin_count,
			    &record->cases[i].rules[j]);
	}
	return busy;
}

/* From `bin` on, the end of the stretch: where a long silence or the
 * timeline's end begins. */
static size_t
stretch_end(const bool *busy, size_t bins, size_t bin)
{
	size_t silent = 0;
	for (; bin < bins && silent <= REPORT_SILENCE_MIN; bin++)
		silent = busy[bin] ? 0 : silent + 1;
	return bin - silent;
}

/* Stretches in bins, put into from_ns and to_ns for now.  Returns how many
 * bins they have together. */
static size_t
find_stretches(
    struct report_pieces *p, const bool *busy, size_t begin, size_t bins)
{
	size_t bin = begin, all = 0;
	while (bin < bins) {
		while (bin < bins && !busy[bin])
			bin++;
		if (bin == bins)
			break;
		/* silence at the start is not worth a mark when short */
		size_t from =
		    p->stretch_count == 0 && bin - begin <= REPORT_SILENCE_MIN
			? begin
			: bin;
		size_t to = stretch_end(busy, bins, bin);
		p->stretches[p->stretch_count++] =
		    (struct report_stretch){ .from_ns = from, .to_ns = to };
		all += to - from;
		bin = to;
	}
	return all;
}

static void
number_pieces(struct report_pieces *p, size_t merge, uint64_t bin_ns)
{
	for (size_t s = 0; s < p->stretch_count; s++) {
		struct report_stretch *at = &p->stretches[s];
		size_t bins = (size_t)(at->to_ns - at->from_ns);
		at->first = p->count;
		at->count = (bins + merge - 1) / merge;
		p->count += at->count;
	}
	p->piece_ns = merge * bin_ns;
}

static void
sum_pieces(struct report_pieces *p, const struct sim_rule *rule, size_t merge,
    uint64_t bin_ns)
{
	size_t n = p->backend_count;
	for (size_t s = 0; s < p->stretch_count; s++) {
		struct report_stretch *at = &p->stretches[s];
		for (size_t bin = (size_t)at->from_ns; bin < at->to_ns; bin++) {
			size_t piece =
			    at->first + (bin - (size_t)at->from_ns) / merge;
			for (size_t i = 0; i < n; i++) {
				uint64_t bytes =
				    rule->slices[bin * n + i].bytes;
				p->bytes[piece * n + i] += bytes;
				p->totals[piece] += bytes;
			}
		}
		at->from_ns *= bin_ns;
		at->to_ns *= bin_ns;
	}
}

int
report_pieces_make(struct report_pieces *p, const struct sim_record *record,
    const struct sim_rule *rule)
{
	return report_pieces_make_between(p, record, rule, 0, UINT64_MAX);
}

int
report_pieces_make_between(struct report_pieces *p,
    const struct sim_record *record, const struct sim_rule *rule,
    uint64_t from_ns, uint64_t to_ns)
{
	*p = (struct report_pieces){ .backend_count = rule->backend_count };
	if (rule->slices == NULL || record->bin_count == 0)
		return 0;
	bool *busy = find_busy(record);
	p->stretches = calloc(record->bin_count, sizeof(*p->stretches));
	if (busy == NULL || p->stretches == NULL) {
		free(busy);
		return -1;
	}
	uint64_t first = from_ns / record->bin_ns;
	uint64_t last = (to_ns - 1) / record->bin_ns + 1;
	size_t end =
	    last < record->bin_count ? (size_t)last : record->bin_count;
	size_t all = find_stretches(p, busy, (size_t)first, end);
	size_t merge = (all + REPORT_PIECES_MAX - 1) / REPORT_PIECES_MAX;
	free(busy);
	number_pieces(p, merge > 0 ? merge : 1, record->bin_ns);
	p->bytes = calloc(p->count * p->backend_count + 1, sizeof(*p->bytes));
	p->totals = calloc(p->count + 1, sizeof(*p->totals));
	if (p->bytes == NULL || p->totals == NULL)
		return -1;
	sum_pieces(p, rule, merge > 0 ? merge : 1, record->bin_ns);
	return 0;
}

size_t
report_piece_of(const struct report_pieces *p, uint64_t ns)
{
	for (size_t s = 0; s < p->stretch_count; s++) {
		const struct report_stretch *of = &p->stretches[s];
		if (ns < of->from_ns || ns >= of->to_ns)
			continue;
		size_t index = (size_t)((ns - of->from_ns) / p->piece_ns);
		return of->first + (index < of->count ? index : of->count - 1);
	}
	return SIZE_MAX;
}

uint64_t
report_pieces_most(const struct report_pieces *p)
{
	uint64_t most = 1;

	for (size_t i = 0; i < p->count; i++)
		if (p->totals[i] > most)
			most = p->totals[i];
	return most;
}

char *
report_pieces_rate(char *to, const struct report_pieces *p, uint64_t bytes)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T" };
	double rate = (double)bytes * 1e9 / (double)p->piece_ns;
	char digits[REPORT_TEXT_BYTES];
	size_t i = 0;

	while (rate >= 999.5 && i < 4) {
		rate /= 1000;
		i++;
	}
	report_format(to, REPORT_TEXT_BYTES, "%.40s\xe2\x80\xaf%sB/s",
	    report_digits(digits, &report_picture, rate), prefixes[i]);
	return to;
}

void
report_pieces_free(struct report_pieces *p)
{
	free(p->bytes);
	free(p->totals);
	free(p->stretches);
	*p = (struct report_pieces){ 0 };
}
