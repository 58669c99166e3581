/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_BENCH_TALK_H
#define TESTS_BENCH_BENCH_TALK_H
/* The part of BENCH=live with real sockets: 0, or -errno and perhaps a line in
 * error. */
#include "tests/bench/lane.h"

int bench_talk(struct lane *lane, char *error, size_t error_bytes);

#endif
