/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_CHARTS_H
#define REPORTS_CHARTS_H
/*
 * The folder charts/ of a run: every picture as NAME.png, NAME@2x.png and
 * NAME.svg, and its data as NAME.csv.  Folders are file descriptors of run
 * directories; what else lies in charts/ is left alone.
 */
#include "reports/study.h"

#define REPORT_CHARTS_NAME_BYTES 64

/* Makes charts/ in a new run and fills it.  0, or errno with the file's name
 * ("charts/keys.csv") in `file` (REPORT_CHARTS_NAME_BYTES). */
int report_charts_write(int dir, const struct report_study *study, char *file);

/* Moves them over those of another run; pictures that are not wanted any
 * more are removed.  0 or errno, as above. */
int report_charts_move(
    int from, int to, const struct report_study *study, char *file);

/* Removes what report_charts_write may have written. */
void report_charts_remove(int dir);

#endif
