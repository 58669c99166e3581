/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_TITLES_PARTS_H
#define REPORTS_TITLES_PARTS_H
/*
 * The titles that titles.c chooses among, by what they are about.  `which` is
 * " with five-tuple", "" where there is but one; panel: of one subject of
 * several, and so shorter.  As titles.h has it, the caller frees texts; NULL
 * without memory.
 */
#include "reports/figures/titles.h"

/* A backend's name, not too long for a sentence. */
char *report_title_backend(const struct sim_rule *rule, size_t index);

/* titles_balance.c */
char *report_modes_title(const struct report_subject *s, const char *which);
char *report_spread_title(const struct report_subject *s, const char *which);
char *report_deviation_title(const struct report_subject *s);
char *report_lorenz_title(
    const struct report_subject *s, const char *which, bool panel);

/* titles_keys.c; overall: of all subjects of a comparison. */
char *report_keys_title(
    const struct report_subject *s, const char *which, bool panel);
char *report_predicted_title(const struct report_study *study,
    const struct report_subject *s, const char *which);
char *report_predicted_overall(const struct report_study *study);

/* titles_time.c */
char *report_time_title(const struct sim_record *record,
    const struct report_subject *s, const char *which);

/* titles_failures.c */
char *report_failure_title(const struct report_study *study,
    enum report_figure figure, const struct report_subject *s,
    const char *which);
char *report_response_title(const struct sim_case *c, const char *which);

#endif
