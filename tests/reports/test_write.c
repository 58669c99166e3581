/* SPDX-License-Identifier: MIT */
#include "reports/plots/chart.h"
#include "reports/report.h"
#include "tests/reports/sample.h"
#include "tests/unit.h"
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a)      (sizeof(a) / sizeof((a)[0]))
#define PATH_BYTES    256
#define LISTING_BYTES (4 * PATH_BYTES)

static char base[] = "/tmp/fairlead-test-XXXXXX";
static struct sim_record *record;
static const struct report_options plain, force = { .force = true };

static char *
in_base(char *to, const char *name)
{
	(void)snprintf(to, PATH_BYTES, "%s/%s", base, name);
	return to;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* The names in a directory, "a b c"; "" when it is not there. */
static char *
listing(const char *dir, char *to)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, NULL, by_name);
	to[0] = '\0';
	for (int i = 0; i < n; i++) {
		size_t used = strlen(to);
		if (strcmp(entries[i]->d_name, ".") != 0 &&
		    strcmp(entries[i]->d_name, "..") != 0)
			(void)snprintf(to + used, LISTING_BYTES - used, "%s%s",
			    used > 0 ? " " : "", entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return to;
}

static void
put_file(const char *name)
{
	char path[PATH_BYTES];
	FILE *f = fopen(in_base(path, name), "w");
	if (f == NULL || fclose(f) != 0)
		abort();
}

static void
empty_base(void)
{
	char command[PATH_BYTES];
	(void)snprintf(command, sizeof(command), "rm -rf %s/*", base);
	if (system(command) != 0)
		abort();
}

#define RUN                                                                    \
	"backends.csv balance.pdf balance.png charts events.jsonl lorenz.csv " \
	"report.html report.pdf run.json run.record summary.json"

/* clang-format off */
static const struct {
	const char *before;	/* files that are there; "dir/" a directory */
	bool force;
	const char *target, *says; /* NULL: it succeeds */
	const char *base, *run;	/* what is there afterwards */
} cases[] = {
	{ "",                     false, "run",   NULL, "run", RUN },
	{ "",                     false, "run//", NULL, "run", RUN },
	{ "",                     true,  "run",   NULL, "run", RUN },
	{ "run/",                 false, "run",   NULL, "run", RUN },
	{ "run/ run/summary.json", false, "run",
	    "holds a run already; --force replaces it", "run", "summary.json" },
	{ "run/ run/summary.json", true, "run",   NULL, "run", RUN },
	{ "run/ run/summary.json run/notes", true, "run", NULL, "run",
	    "backends.csv balance.pdf balance.png charts events.jsonl "
	    "lorenz.csv notes report.html report.pdf run.json run.record "
	    "summary.json" },
	{ "run/ run/summary.json run/flows.csv", true, "run", NULL, "run",
	    RUN },
	{ "run/ run/notes",       false, "run",
	    "holds other files and no run", "run", "notes" },
	{ "run/ run/notes",       true,  "run",
	    "holds other files and no run", "run", "notes" },
	{ "run",                  true,  "run",
	    "is not a directory", "run", "" },
	{ "",                     true,  "none/run",
	    "No such file or directory; make the directory above it first",
	    "", "" },
	{ "file",                 true,  "file/run",
	    "is not a directory", "file", "" },
};
/* clang-format on */

static void
set_up(const char *before)
{
	char names[PATH_BYTES], path[PATH_BYTES], *state = NULL;

	empty_base();
	(void)snprintf(names, sizeof(names), "%s", before);
	for (char *name = strtok_r(names, " ", &state); name != NULL;
	     name = strtok_r(NULL, " ", &state)) {
		if (name[strlen(name) - 1] != '/')
			put_file(name);
		else if (mkdir(in_base(path, name), 0777) != 0)
			abort();
	}
}

static void
test_targets(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		char path[PATH_BYTES], error[PATH_BYTES] = "";
		char found[LISTING_BYTES];

		set_up(cases[i].before);
		const struct report_options options = { .force =
							    cases[i].force };
		int done = report_write(record, in_base(path, cases[i].target),
		    &options, error, sizeof(error));
		bool right =
		    cases[i].says == NULL
			? done == 0
			: done == -1 && strstr(error, cases[i].says) != NULL;
		right =
		    right && strcmp(listing(base, found), cases[i].base) == 0;
		right = right && strcmp(listing(in_base(path, "run"), found),
				     cases[i].run) == 0;
		if (!right)
			(void)printf(
			    "row %zu: %d '%s' '%s'\n", i, done, error, found);
		CU_ASSERT_TRUE(right);
		CU_ASSERT_PTR_NULL(strchr(error, '\n'));
	}
}

/* Pictures replace those of the run before; what is not ours stays. */
static void
test_charts(void)
{
	char path[PATH_BYTES], error[PATH_BYTES], found[LISTING_BYTES];

	set_up("run/ run/summary.json run/charts/ run/charts/modes.png "
	       "run/charts/keys.png run/charts/mine");
	CU_ASSERT_EQUAL(report_write(record, in_base(path, "run"), &force,
			    error, sizeof(error)),
	    0);
	CU_ASSERT_STRING_EQUAL(listing(in_base(path, "run/charts"), found),
	    "deviation.csv deviation.png deviation.svg deviation@2x.png "
	    "lorenz.csv lorenz.png lorenz.svg lorenz@2x.png mine modes.csv "
	    "modes.png modes.svg modes@2x.png predicted.csv predicted.png "
	    "predicted.svg predicted@2x.png");
	/* charts/ is a file: nothing else was replaced */
	set_up("run/ run/summary.json run/charts");
	CU_ASSERT_EQUAL(report_write(record, in_base(path, "run"), &force,
			    error, sizeof(error)),
	    -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "cannot replace"));
	CU_ASSERT_STRING_EQUAL(listing(path, found), "charts summary.json");
}

/* Everyone may read a run, as far as the umask says. */
static void
test_modes(void)
{
	char path[PATH_BYTES], error[PATH_BYTES];
	struct stat dir, file;

	empty_base();
	mode_t mask = umask(027);
	CU_ASSERT_EQUAL(report_write(record, in_base(path, "run"), &plain,
			    error, sizeof(error)),
	    0);
	(void)umask(mask);
	CU_ASSERT_EQUAL(stat(path, &dir), 0);
	CU_ASSERT_EQUAL(dir.st_mode & 0777, 0750);
	CU_ASSERT_EQUAL(stat(in_base(path, "run/summary.json"), &file), 0);
	CU_ASSERT_EQUAL(file.st_mode & 0777, 0640);
}

/* The disk is full after so many bytes of a file; nothing is left behind, and
 * an earlier run stays what it was. */
static void
test_full_disk(void)
{
	static const rlim_t rooms[] = { 0, 1000, 30000, 150000 };
	char path[PATH_BYTES], error[PATH_BYTES], found[LISTING_BYTES];
	struct rlimit old, tight;

	(void)getrlimit(RLIMIT_FSIZE, &old);
	(void)signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < COUNT(rooms); i++) {
		for (int over = 0; over < 2; over++) {
			set_up(over ? "run/ run/summary.json" : "");
			tight = old;
			tight.rlim_cur = rooms[i];
			(void)setrlimit(RLIMIT_FSIZE, &tight);
			int done = report_write(record, in_base(path, "run"),
			    &force, error, sizeof(error));
			(void)setrlimit(RLIMIT_FSIZE, &old);
			CU_ASSERT_EQUAL(done, -1);
			CU_ASSERT_PTR_NOT_NULL(strstr(error, "cannot write"));
			CU_ASSERT_PTR_NOT_NULL(strstr(error, strerror(EFBIG)));
			CU_ASSERT_STRING_EQUAL(
			    listing(base, found), over ? "run" : "");
			CU_ASSERT_STRING_EQUAL(
			    listing(path, found), over ? "summary.json" : "");
		}
	}
	(void)signal(SIGXFSZ, SIG_DFL);
}

/* What a record does not hold is no reason to remove it. */
static void
test_redraw(void)
{
	char path[PATH_BYTES], error[PATH_BYTES], found[LISTING_BYTES];

	set_up("run/ run/summary.json run/flows.csv run/timing.json");
	CU_ASSERT_EQUAL(report_redraw(record, in_base(path, "run"), &plain,
			    error, sizeof(error)),
	    0);
	CU_ASSERT_STRING_EQUAL(listing(path, found),
	    "backends.csv balance.pdf balance.png charts events.jsonl "
	    "flows.csv "
	    "lorenz.csv report.html report.pdf run.json run.record "
	    "summary.json "
	    "timing.json");
	set_up("run/ run/notes");
	CU_ASSERT_EQUAL(report_redraw(record, in_base(path, "run"), &plain,
			    error, sizeof(error)),
	    -1);
}

/* A run written again is the same, byte for byte. */
static void
test_same_again(void)
{
	char path[PATH_BYTES], error[PATH_BYTES], command[4 * PATH_BYTES];

	empty_base();
	CU_ASSERT_EQUAL(report_write(record, in_base(path, "a"), &plain, error,
			    sizeof(error)),
	    0);
	CU_ASSERT_EQUAL(report_write(record, in_base(path, "b"), &plain, error,
			    sizeof(error)),
	    0);
	(void)snprintf(
	    command, sizeof(command), "diff -r %s/a %s/b", base, base);
	CU_ASSERT_EQUAL(system(command), 0);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "targets", test_targets },
		{ "charts", test_charts },
		{ "modes", test_modes },
		{ "full disk", test_full_disk },
		{ "redraw", test_redraw },
		{ "same again", test_same_again },
		CU_TEST_INFO_NULL,
	};
	struct sample_spec spec = { 4, 300, 1.5, NULL };

	if (mkdtemp(base) == NULL)
		return EXIT_FAILURE;
	record = sample_record(&spec);
	int done = unit_main("write", tests);
	sample_free(record);
	empty_base();
	if (rmdir(base) != 0)
		done = EXIT_FAILURE;
	report_chart_forget();
	return done;
}
