/* SPDX-License-Identifier: MIT */
#ifndef CLI_MODES_H
#define CLI_MODES_H
/* Distribution modes and algorithms as named on the command line: a case for
 * each of both. */
#include "cli/common/cli.h"

#define CLI_MODES_MAX      3u
#define CLI_ALGORITHMS_MAX 4u
_Static_assert(CLI_ALGORITHMS_MAX == LB_ALGORITHM_COUNT, "all of them");

struct cli_modes {
	enum lb_mode at[CLI_MODES_MAX]; /* never an _ANY_DST row */
	size_t count;                   /* 0: as configured */
};

struct cli_algorithms {
	enum lb_algorithm at[CLI_ALGORITHMS_MAX];
	size_t count; /* 0: as configured */
};

/* Reads "five-tuple,source-ip", each at most once: 0, or CLI_USAGE said so. */
int cli_modes_read(
    const char *command, const char *list, struct cli_modes *modes);
/* The same of "maglev,stable". */
int cli_algorithms_read(
    const char *command, const char *list, struct cli_algorithms *algorithms);

/* Every mode, in the order of enum lb_mode. */
struct cli_modes cli_modes_all(void);

/* Those whose bits are set: by enum lb_mode, enum lb_algorithm. */
struct cli_modes cli_modes_of_bits(uint32_t bits);
struct cli_algorithms cli_algorithms_of_bits(uint32_t bits);

/* Where one rule serves all servers, an affinity key must be a client. */
enum lb_mode cli_mode_any_dst(enum lb_mode mode);

#endif
