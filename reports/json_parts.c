/* SPDX-License-Identifier: MIT */
#include "reports/json_parts.h"
#include <errno.h>

#define DIGITS 12

int
report_json_put(json_t *document, size_t layout, FILE *to)
{
	if (document == NULL) {
		errno = ENOMEM;
		return -1;
	}
	errno = 0;
	int done =
	    json_dumpf(document, to, layout | JSON_REAL_PRECISION(DIGITS));
	if (done == 0 && (fputc('\n', to) == EOF || fflush(to) != 0))
		done = -1;
	if (done != 0 && errno == 0)
		errno = ENOMEM;
	json_decref(document);
	return done;
}
