/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_DIRECTORY_H
#define REPORTS_DIRECTORY_H
/* The directory that a report is written to: all of it or nothing. */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What a report's directory is known by; the last of its files. */
#define REPORT_MARK "summary.json"

/* The files of a report, by number from 0. */
struct report_files {
	const void *ctx;
	size_t count;
	const char *(*name)(size_t index);
	bool (*wanted)(const void *ctx, size_t index);
	/* 0; -1 without memory or when writing fails (errno where known). */
	int (*write)(const void *ctx, size_t index, FILE *to);
};

/*
 * report_directory_write - every file under a temporary name, then renamed;
 * the directory appears only when all is there.
 *
 * force  replace a report that is there; what else lies in it stays.
 *
 * Returns 0; -1 with one line in error (what, where, how to mend it), and then
 * nothing is left.
 */
int report_directory_write(const struct report_files *files, const char *dir,
    bool force, char *error, size_t error_bytes);

#endif
