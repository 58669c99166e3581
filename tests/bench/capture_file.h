/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_CAPTURE_FILE_H
#define TESTS_BENCH_CAPTURE_FILE_H
/* The synthetic capture as a file for the time of a measurement. */
#include "tests/bench/synthetic.h"

/* Where it is: $TMPDIR or /tmp. */
const char *bench_dir(void);

/* NULL: there is room for a file, on the disk and in memory to be warm. */
const char *bench_no_room(void);

/* A capture that has no name any more, so that it goes whatever happens;
 * path is filled with one that opens it all the same. */
FILE *bench_capture(const struct synthetic *s, char path[64]);

#endif
