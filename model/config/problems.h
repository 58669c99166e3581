/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PROBLEMS_H
#define MODEL_PROBLEMS_H
/* How the readers, the validator and the compiler add to struct lb_problems
 * (config.h). */
#include "model/config/config.h"

/* So many are kept; the rest are counted and left out. */
#define LB_PROBLEMS_MAX 1000u

#define LB_PRINTF(text, first) __attribute__((format(printf, text, first)))

/* An error.  code: Azure's, NULL: none.  Counts even when there is no memory
 * to keep it. */
void lb_error_add(struct lb_problems *problems, struct lb_where where,
    const char *code, const char *format, ...) LB_PRINTF(4, 5);
void lb_warning_add(struct lb_problems *problems, struct lb_where where,
    const char *format, ...) LB_PRINTF(3, 4);

/* Into the order of the file; what stands nowhere comes last. */
void lb_problems_sort(struct lb_problems *problems);

#endif
