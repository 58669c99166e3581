/* SPDX-License-Identifier: MIT */
#ifndef LIVE_BPF_REFEREE_PRINT_H
#define LIVE_BPF_REFEREE_PRINT_H
/* Two builds that disagree, side by side, for a person to see where. */
#include <stdio.h>

#include "live/bpf/referee.h"

/*
 * referee_print - what each build made of one packet.
 *
 * a      any answer; lines on which both say the same are shown once.
 * plan   names rules and members; NULL: they are shown by id.
 */
void referee_print(
    const struct referee_answer *a, const struct lb_plan *plan, FILE *to);

/* The names of the bits that are set, with a space between: "made hit".
 * Returns text, "-" when none is. */
char *referee_facts_text(uint32_t facts, char *text, size_t bytes);

#endif
