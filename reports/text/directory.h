/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_DIRECTORY_H
#define REPORTS_DIRECTORY_H
/* A directory of files that belong together: all of it is there, or nothing.
 * What a run's or a comparison's files are is theirs to say. */
#include <stdbool.h>
#include <stdio.h>

enum report_how {
	REPORT_NEW,     /* nothing is to be there */
	REPORT_REPLACE, /* another may be */
	REPORT_REDRAW,  /* this one is: a file not wanted stays as it is */
};

struct report_files {
	const char *what;    /* "run": what such a directory holds */
	const void *subject; /* what the files are made of */
	size_t count;
	/* The last name is what such a directory is known by.  One may be in
	 * a folder of it: "charts/keys.png". */
	const char *(*name)(size_t index);
	bool (*wanted)(const void *subject, size_t index);
	/* 0; -1 without memory or when writing fails (errno if known). */
	int (*write)(const void *subject, size_t index, FILE *to);
};

/*
 * report_directory - write them all.
 *
 * Every file is written under a temporary name and renamed; a new directory
 * appears only when all is there.  One that holds anything else than such
 * files is not touched.
 *
 * Returns 0; -1 with one line in error (what, where, how to mend it).
 */
int report_directory(const struct report_files *files, const char *dir,
    enum report_how how, char *error, size_t error_bytes);

#endif
