/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_ADVICE_H
#define REPORTS_ADVICE_H
/*
 * Which mode suits a capture, in words, and what to mind about it.  The first
 * of an ordered list of cases that fits is the advice; notes follow, every
 * one that has something to say.  Ratios that decide are in advice.c, with
 * the reason for each.
 */
#include "reports/inspect/prospect.h"

#define REPORT_NOTES_MAX 8

struct report_note {
	const char *about; /* a word that stays: "fragments" */
	char *text;        /* one line */
};

struct report_advice {
	const char *mode; /* the one to take; NULL: it makes no difference */
	struct report_note why;
	struct report_note notes[REPORT_NOTES_MAX];
	size_t note_count;
};

/* 0; -1 without memory: then there is nothing to free. */
int report_advise(const struct sim_survey *survey,
    const struct report_prospect *prospect, struct report_advice *out);
void report_advice_free(struct report_advice *advice);

#endif
