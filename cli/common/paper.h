/* SPDX-License-Identifier: MIT */
#ifndef CLI_PAPER_H
#define CLI_PAPER_H
/* --paper, which two commands have. */
#include <strings.h>

#include "reports/report.h"

/* "a4", "letter", any case; false: neither. */
static inline bool
cli_paper(const char *text, enum report_paper *paper)
{
	bool letter = strcasecmp(text, "letter") == 0;

	*paper = letter ? REPORT_LETTER : REPORT_A4;
	return letter || strcasecmp(text, "a4") == 0;
}

#endif
