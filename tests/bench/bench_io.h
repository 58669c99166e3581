/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_BENCH_IO_H
#define TESTS_BENCH_BENCH_IO_H
/* What the bench tells its BPF programs, and hears. */
#include "model/path/base.h"

#define BENCH_HEAD_BYTES 96u /* headers that are put back each time */

LB_LAYOUT_BEGIN
struct bench_io {
	uint64_t next;             /* the flow that the next packet is of */
	uint64_t flow_mask;        /* flows - 1, or all ones: ever new ones */
	uint64_t forwarded, other; /* verdicts, for the bench to check */
	uint64_t sum;              /* keeps what was read from being dropped */
	uint32_t now_ms;
	uint32_t untracked;
};
LB_LAYOUT_END

#endif
