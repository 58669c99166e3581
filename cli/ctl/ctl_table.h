/* SPDX-License-Identifier: MIT */
#ifndef CLI_CTL_TABLE_H
#define CLI_CTL_TABLE_H
/* Columns as wide as what is in them, which is known at the end only. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CTL_COLUMNS_MAX 16u

struct ctl_table {
	const char *const *heads; /* one a column */
	size_t columns;
	unsigned right; /* bit c: numbers, to the right */
	char **cells;
	size_t count, room;
	bool failed; /* no memory */
};

/* One cell more, row by row; shown fit for a terminal. */
void ctl_table_add(struct ctl_table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "1 234" */
void ctl_table_count(struct ctl_table *table, uint64_t count);

/* On stdout, and empties it; what it returns is for the exit code. */
int ctl_table_print(struct ctl_table *table);

#endif
