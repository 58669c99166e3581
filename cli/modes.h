/* SPDX-License-Identifier: MIT */
#ifndef CLI_MODES_H
#define CLI_MODES_H
/* Distribution modes as named on the command line: one case each. */
#include "cli/cli.h"

#define CLI_MODES_MAX 3u

struct cli_modes {
	enum lb_mode at[CLI_MODES_MAX]; /* never an _ANY_DST row */
	size_t count;                   /* 0: as configured */
};

/* Reads "five-tuple,source-ip", each at most once: 0, or CLI_USAGE said so. */
int cli_modes_read(
    const char *command, const char *list, struct cli_modes *modes);

/* Every mode, in the order of enum lb_mode. */
struct cli_modes cli_modes_all(void);

/* Where one rule serves all servers, an affinity key must be a client. */
enum lb_mode cli_mode_any_dst(enum lb_mode mode);

#endif
