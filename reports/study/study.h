/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_STUDY_H
#define REPORTS_STUDY_H
/*
 * A record with all its figures reckoned, once: what titles, charts and pages
 * are made from.  A subject is a rule in a case (one of the modes of a
 * comparison); the heaviest REPORT_SUBJECTS_MAX are looked at, in the
 * record's order.
 */
#include "reports/study/board.h"
#include "reports/stats/bootstrap.h"
#include "reports/stats/expect.h"
#include "reports/stats/lorenz.h"
#include "reports/stats/ranking.h"

#define REPORT_SUBJECTS_MAX 12

/* A subject in one unit.  What cannot be known is NAN. */
struct report_measure {
	uint64_t total;
	struct report_fairness is;
	struct report_intervals within;
	double effective_keys; /* 1/H */
	double p_value;        /* of a perfect hash as uneven as this */
	/* of perfect hashes: */
	struct report_indices expected;
	struct report_range perfect;    /* 95 % of backends, off fair */
	struct report_range perfect_cv; /* 95 % of their cv */
	struct report_lorenz lorenz;    /* none of packets */
};

struct report_subject {
	const struct sim_case *of;
	const struct sim_rule *rule;
	size_t case_index;
	uint64_t seed;     /* the record's */
	bool is_disturbed; /* members were out: failover_words.h */
	char *name;        /* "five-tuple", "rule", "case, rule"; cleaned */
	struct report_measure by[REPORT_UNIT_COUNT];
};

struct report_study {
	const struct sim_record *record;
	struct report_ranking ranking;
	struct report_subject *subjects;
	size_t count, left_out;
	struct report_board *board;          /* of the same, a row each */
	char *headline, *verdict;            /* finding.h */
	const struct report_subject *chosen; /* the most even of a comparison,
					else the heaviest; NULL: no traffic */
};

/* 0; -1 without memory.  Free what was made, even half.  The record must
 * stay.  Cost: some 0.1 s, more with few keys on very many backends. */
int report_study_make(
    struct report_study *study, const struct sim_record *record);
void report_study_free(struct report_study *study);

/* Whether a subject is less even than its keys allow, by flows or bytes, and
 * no outage is why: the rule of reason.h. */
bool report_is_less_even(const struct report_study *study,
    const struct report_subject *subject, enum report_unit unit);

#endif
