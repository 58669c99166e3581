/* SPDX-License-Identifier: MIT */
#include "reports/report.h"
#include "reports/chart.h"
#include "reports/charts.h"
#include "reports/html.h"
#include "reports/lorenz.h"
#include "reports/pdf.h"
#include "reports/products.h"
#include "reports/text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A run directory.  A new one is made under a temporary name beside its own
 * and renamed, so it is there whole or not at all.  One that exists (empty,
 * or an earlier run when asked to replace it) stays, with whatever else lies
 * in it: the files are written into a temporary directory inside and renamed
 * over the old ones, summary.json last.
 */
#define TEMPORARY ".fairlead-XXXXXX"

struct failure {
	char *text;
	size_t bytes;
};

/* What is written, reckoned once for all of it. */
struct job {
	const struct sim_record *record;
	const struct report_options *options;
	struct report_study study;
};

__attribute__((format(printf, 2, 3))) static int
fail(const struct failure *to, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vsnprintf(to->text, to->bytes, format, args);
	va_end(args);
	return -1;
}

static int
write_summary(const struct sim_record *record, FILE *to)
{
	return report_json(record, to);
}

static int
take_bytes(void *ctx, const void *bytes, size_t count)
{
	return fwrite(bytes, 1, count, ctx) == count ? 0 : -1;
}

static int
write_png(const struct sim_record *record, FILE *to)
{
	struct report_sink sink = { take_bytes, to };
	return report_chart(record, REPORT_PNG, &sink, NULL);
}

static int
write_pdf(const struct sim_record *record, FILE *to)
{
	struct report_sink sink = { take_bytes, to };
	return report_chart(record, REPORT_PDF, &sink, NULL);
}

static int
write_report(const struct job *job, FILE *to)
{
	struct report_sink sink = { take_bytes, to };
	return report_pdf(&job->study, job->options, &sink, NULL);
}

static int
write_page(const struct job *job, FILE *to)
{
	return report_html(&job->study, job->options, to);
}

static bool
has_flows(const struct sim_record *record)
{
	return record->flows != NULL;
}

/* What a run consists of, and when (NULL: always).  summary.json is what a
 * run is known by, and so it comes last. */
static const struct {
	const char *name;
	int (*write)(const struct sim_record *record, FILE *to);
	bool (*wanted)(const struct sim_record *record);
	int (*draw)(const struct job *job, FILE *to); /* where write is NULL */
} products[] = {
	{ "balance.png", write_png, NULL, NULL },
	{ "balance.pdf", write_pdf, NULL, NULL },
	{ "report.pdf", NULL, NULL, write_report },
	{ "report.html", NULL, NULL, write_page },
	{ "flows.csv", report_flows_csv, has_flows, NULL },
	{ "lorenz.csv", report_lorenz_csv, NULL, NULL },
	{ "run.record", sim_record_save, NULL, NULL },
	{ "summary.json", write_summary, NULL, NULL },
};
#define PRODUCT_COUNT (sizeof(products) / sizeof(products[0]))
#define MARK          "summary.json"

static bool
is_wanted(size_t index, const struct sim_record *record)
{
	return products[index].wanted == NULL || products[index].wanted(record);
}

/* 0, or errno.  A full disk may show only when the file is closed. */
static int
write_product(int dir, size_t index, const struct job *job)
{
	int fd = openat(dir, products[index].name,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return errno;
	FILE *to = fdopen(fd, "wb");
	if (to == NULL) {
		int error = errno;
		close(fd);
		return error;
	}
	errno = 0;
	int done = products[index].write != NULL
		       ? products[index].write(job->record, to)
		       : products[index].draw(job, to);
	int error = done == 0 ? 0 : errno != 0 ? errno : EIO;
	if (error == 0 && ferror(to))
		error = EIO;
	errno = 0;
	if (fclose(to) != 0 && error == 0)
		error = errno != 0 ? errno : EIO;
	return error;
}

/* Removes a temporary directory and what we put there. */
static void
discard(const char *temporary)
{
	int dir = open(temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0) {
		for (size_t i = 0; i < PRODUCT_COUNT; i++)
			unlinkat(dir, products[i].name, 0);
		report_charts_remove(dir);
		close(dir);
	}
	rmdir(temporary);
}

static const char *
advice(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
		return "; free some space or choose another directory";
	case EACCES:
	case EPERM:
	case EROFS:
		return "; choose a directory you may write to";
	case ENOENT:
		return "; make the directory above it first";
	default:
		return "";
	}
}

/* Makes a directory of the template's name and fills it.  On failure nothing
 * of it is left. */
static int
fill_temporary(char *temporary, const struct job *job, const char *dir,
    const struct failure *why)
{
	char file[REPORT_CHARTS_NAME_BYTES];
	int error = 0;

	if (mkdtemp(temporary) == NULL)
		return fail(why, "cannot write %s: %s%s", dir, strerror(errno),
		    advice(errno));
	int fd = open(temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		error = errno;
		rmdir(temporary);
		return fail(why, "cannot write %s: %s", dir, strerror(error));
	}
	for (size_t i = 0; i < PRODUCT_COUNT && error == 0; i++) {
		if (!is_wanted(i, job->record))
			continue;
		error = write_product(fd, i, job);
		report_format(file, sizeof(file), "%s", products[i].name);
	}
	if (error == 0 && job->study.chosen != NULL)
		error = report_charts_write(fd, &job->study, file);
	if (error != 0)
		fail(why, "cannot write %s/%s: %s%s", dir, file,
		    strerror(error), advice(error));
	close(fd);
	if (error != 0)
		discard(temporary);
	return error == 0 ? 0 : -1;
}

/* mkdtemp makes directories for the owner alone. */
static int
open_up(const char *path)
{
	mode_t mask = umask(0);
	umask(mask);
	return chmod(path, 0777 & ~mask);
}

static int
write_new(const struct job *job, const char *dir, const struct failure *why)
{
	char temporary[PATH_MAX];

	if (snprintf(temporary, sizeof(temporary), "%s%s", dir, TEMPORARY) >=
	    (int)sizeof(temporary))
		return fail(why, "cannot write %s: the name is too long", dir);
	if (fill_temporary(temporary, job, dir, why) != 0)
		return -1;
	if (open_up(temporary) != 0 || rename(temporary, dir) != 0) {
		fail(why, "cannot make %s: %s", dir, strerror(errno));
		discard(temporary);
		return -1;
	}
	return 0;
}

/* The pictures of an earlier run are replaced one by one, too. */
static int
move_charts(const struct job *job, const char *temporary, const char *dir,
    const struct failure *why)
{
	char file[REPORT_CHARTS_NAME_BYTES] = "charts";
	int from = open(temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int to = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = from < 0 || to < 0 ? errno : 0;

	if (error == 0 && job->study.chosen == NULL)
		report_charts_remove(to);
	else if (error == 0)
		error = report_charts_move(from, to, &job->study, file);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	if (error == 0)
		return 0;
	return fail(
	    why, "cannot replace %s/%s: %s", dir, file, strerror(error));
}

static int
write_over(const struct job *job, const char *dir, const struct failure *why)
{
	char temporary[PATH_MAX], from[PATH_MAX + 32], to[PATH_MAX + 32];

	if (snprintf(temporary, sizeof(temporary), "%s/%s", dir, TEMPORARY) >=
	    (int)sizeof(temporary))
		return fail(why, "cannot write %s: the name is too long", dir);
	if (fill_temporary(temporary, job, dir, why) != 0)
		return -1;
	if (move_charts(job, temporary, dir, why) != 0) {
		discard(temporary);
		return -1;
	}
	for (size_t i = 0; i < PRODUCT_COUNT; i++) {
		report_format(
		    from, sizeof(from), "%s/%s", temporary, products[i].name);
		report_format(to, sizeof(to), "%s/%s", dir, products[i].name);
		if (!is_wanted(i, job->record)) {
			(void)unlink(to); /* of the run before */
			continue;
		}
		if (rename(from, to) != 0) {
			fail(why, "cannot replace %s: %s", to, strerror(errno));
			discard(temporary);
			return -1;
		}
	}
	discard(temporary);
	return 0;
}

enum found { FOUND_NOTHING, FOUND_EMPTY, FOUND_RUN, FOUND_STRANGE, FOUND_FILE };

/* What stands at the target: 0, or errno when that cannot be seen. */
static int
look(const char *dir, enum found *found)
{
	const struct dirent *entry;
	DIR *in = opendir(dir);

	if (in == NULL) {
		*found = errno == ENOTDIR ? FOUND_FILE : FOUND_NOTHING;
		return errno == ENOENT || errno == ENOTDIR ? 0 : errno;
	}
	*found = FOUND_EMPTY;
	while ((entry = readdir(in)) != NULL && *found != FOUND_RUN) {
		if (strcmp(entry->d_name, MARK) == 0)
			*found = FOUND_RUN;
		else if (strcmp(entry->d_name, ".") != 0 &&
			 strcmp(entry->d_name, "..") != 0)
			*found = FOUND_STRANGE;
	}
	closedir(in);
	return 0;
}

/* The name without slashes at its end; the caller frees it. */
static char *
trimmed(const char *dir)
{
	size_t length = strlen(dir);
	while (length > 1 && dir[length - 1] == '/')
		length--;
	return strndup(dir, length);
}

static int
write_run(const struct job *job, const char *dir, const struct failure *why)
{
	enum found found = FOUND_NOTHING;
	int error = look(dir, &found);

	if (error != 0)
		return fail(
		    why, "cannot look into %s: %s", dir, strerror(error));
	switch (found) {
	case FOUND_NOTHING:
		return write_new(job, dir, why);
	case FOUND_EMPTY:
		return write_over(job, dir, why);
	case FOUND_RUN:
		if (job->options->force)
			return write_over(job, dir, why);
		return fail(why,
		    "%s holds a run already; --force replaces it, or choose "
		    "another directory",
		    dir);
	case FOUND_FILE:
		return fail(
		    why, "%s is not a directory; choose another name", dir);
	default:
		return fail(why,
		    "%s holds other files and no run; choose a new or empty "
		    "directory",
		    dir);
	}
}

static int
write_to(struct job *job, const char *dir, const struct failure *why)
{
	int done = -1;
	if (report_study_make(&job->study, job->record) != 0)
		fail(why, "cannot write %s: %s", dir, strerror(ENOMEM));
	else
		done = write_run(job, dir, why);
	report_study_free(&job->study);
	return done;
}

int
report_write(const struct sim_record *record, const char *dir,
    const struct report_options *options, char *error, size_t error_bytes)
{
	struct failure why = { error, error_bytes };
	struct job job = { .record = record, .options = options };
	char *target = trimmed(dir);
	int done = -1;

	if (target == NULL)
		fail(&why, "cannot write %s: %s", dir, strerror(ENOMEM));
	else if (target[0] == '\0')
		fail(&why, "the run's directory has no name");
	else
		done = write_to(&job, target, &why);
	free(target);
	return done;
}
