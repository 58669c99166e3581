/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_PIECES_H
#define REPORTS_PIECES_H
/*
 * A rule's timeline as a picture shows it: the record's short pieces of time
 * put together so that there are few enough to see, and a long silence made
 * short.  A stretch is a run of pieces without such a silence in it.
 */
#include "sim/record/record.h"

#define REPORT_PIECES_MAX  64 /* about; each stretch may have one more */
#define REPORT_SILENCE_MIN 20 /* of the record's pieces: marked */

struct report_stretch {
	uint64_t from_ns, to_ns;
	size_t first, count; /* of pieces */
};

struct report_pieces {
	uint64_t piece_ns;
	size_t count, backend_count;
	uint64_t *bytes;  /* [count][backend_count] */
	uint64_t *totals; /* [count] */
	struct report_stretch *stretches;
	size_t stretch_count; /* between two: a long silence */
};

/* Silence is counted over all rules of `record`, so that the panels of a
 * picture have the same time below each other.
 * 0; -1 without memory.  Free what was made, even half.  A rule without a
 * timeline has no pieces. */
int report_pieces_make(struct report_pieces *pieces,
    const struct sim_record *record, const struct sim_rule *rule);
/* The same of a part of the run: no more pieces for less time. */
int report_pieces_make_between(struct report_pieces *pieces,
    const struct sim_record *record, const struct sim_rule *rule,
    uint64_t from_ns, uint64_t to_ns);
void report_pieces_free(struct report_pieces *pieces);

/* The number of the piece that a moment is in; SIZE_MAX in a long silence. */
size_t report_piece_of(const struct report_pieces *pieces, uint64_t ns);

/* The most bytes that a piece has; at least 1. */
uint64_t report_pieces_most(const struct report_pieces *pieces);
/* "12.3 kB/s" (REPORT_TEXT_BYTES), of so many bytes in one piece. */
char *report_pieces_rate(
    char *to, const struct report_pieces *pieces, uint64_t bytes);

#endif
