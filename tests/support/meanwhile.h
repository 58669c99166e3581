/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_MEANWHILE_H
#define TESTS_SUPPORT_MEANWHILE_H
/*
 * What another CPU does between two instructions of ours, at will: pages of
 * the bench's bucket are closed, and whoever touches one is held up while
 * the other CPU acts.
 *
 *     static const struct meanwhile script[] = {
 *         { MEANWHILE_WRITES_CTL, they_claim_it },
 *     };
 *     meanwhile_start(six, script, 1);
 *     way = bench_make(...);         they_claim_it() just before our claim
 *     CU_ASSERT_EQUAL(meanwhile_stop(), 1);
 */
#include "tests/support/bench.h"

enum meanwhile_when {
	MEANWHILE_WRITES_CTL,    /* before we write a control word */
	MEANWHILE_READS_CTL,     /* before we read or write one */
	MEANWHILE_READS_ENTRIES, /* before we read or write an entry */
};

struct meanwhile {
	enum meanwhile_when when;
	void (*does)(void);
};

/* Steps are done in this order, each once. */
void meanwhile_start(bool six, const struct meanwhile *steps, unsigned count);

/* Opens everything; how many steps were done. */
unsigned meanwhile_stop(void);

#endif
