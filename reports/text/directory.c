/* SPDX-License-Identifier: MIT */
#include "reports/text/directory.h"
#include "reports/text/text.h"
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
 * over the old ones, the one it is known by last.
 */
#define TEMPORARY ".fairlead-XXXXXX"

struct failure {
	char *text;
	size_t bytes;
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

/* The folder a name is in, as text; false: none. */
static bool
folder_of(const char *name, char *folder)
{
	const char *slash = strchr(name, '/');
	if (slash == NULL)
		return false;
	report_format(folder, NAME_MAX + 1, "%.*s", (int)(slash - name), name);
	return true;
}

/* Makes it, if it is not there: 0, or errno. */
static int
make_folder(int dir, const char *name)
{
	char folder[NAME_MAX + 1];
	if (!folder_of(name, folder) || mkdirat(dir, folder, 0777) == 0 ||
	    errno == EEXIST)
		return 0;
	return errno;
}

/* 0, or errno.  A full disk may show only when the file is closed. */
static int
write_product(int dir, size_t index, const struct report_files *files)
{
	int made = make_folder(dir, files->name(index));
	if (made != 0)
		return made;
	int fd = openat(dir, files->name(index),
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
	int error = files->write(files->subject, index, to) == 0 ? 0
		    : errno != 0                                 ? errno
								 : EIO;
	if (error == 0 && ferror(to))
		error = EIO;
	errno = 0;
	if (fclose(to) != 0 && error == 0)
		error = errno != 0 ? errno : EIO;
	return error;
}

/* Removes a temporary directory and what we put there. */
static void
discard(const struct report_files *files, const char *temporary)
{
	char folder[NAME_MAX + 1];
	int dir = open(temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0) {
		for (size_t i = 0; i < files->count; i++)
			unlinkat(dir, files->name(i), 0);
		for (size_t i = 0; i < files->count; i++)
			if (folder_of(files->name(i), folder))
				unlinkat(dir, folder, AT_REMOVEDIR);
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
fill_temporary(char *temporary, const struct report_files *files,
    const char *dir, const struct failure *why)
{
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
	for (size_t i = 0; i < files->count && error == 0; i++) {
		if (!files->wanted(files->subject, i))
			continue;
		error = write_product(fd, i, files);
		if (error != 0)
			fail(why, "cannot write %s/%s: %s%s", dir,
			    files->name(i), strerror(error), advice(error));
	}
	close(fd);
	if (error != 0)
		discard(files, temporary);
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
write_new(const struct report_files *files, const char *dir,
    const struct failure *why)
{
	char temporary[PATH_MAX];

	if (snprintf(temporary, sizeof(temporary), "%s%s", dir, TEMPORARY) >=
	    (int)sizeof(temporary))
		return fail(why, "cannot write %s: the name is too long", dir);
	if (fill_temporary(temporary, files, dir, why) != 0)
		return -1;
	if (open_up(temporary) != 0 || rename(temporary, dir) != 0) {
		fail(why, "cannot make %s: %s", dir, strerror(errno));
		discard(files, temporary);
		return -1;
	}
	return 0;
}

/* The same in a directory by name. */
static int
make_folder_in(const char *dir, const char *name)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	int error = make_folder(fd, name);
	close(fd);
	return error;
}

static int
write_over(const struct report_files *files, const char *dir,
    enum report_how how, const struct failure *why)
{
	char temporary[PATH_MAX], from[PATH_MAX + 32], to[PATH_MAX + 32];

	if (snprintf(temporary, sizeof(temporary), "%s/%s", dir, TEMPORARY) >=
	    (int)sizeof(temporary))
		return fail(why, "cannot write %s: the name is too long", dir);
	if (fill_temporary(temporary, files, dir, why) != 0)
		return -1;
	for (size_t i = 0; i < files->count; i++) {
		report_format(
		    from, sizeof(from), "%s/%s", temporary, files->name(i));
		report_format(to, sizeof(to), "%s/%s", dir, files->name(i));
		if (!files->wanted(files->subject, i)) {
			if (how != REPORT_REDRAW)
				(void)unlink(to); /* of the run before */
			continue;
		}
		int made = make_folder_in(dir, files->name(i));
		if (made == 0 && rename(from, to) != 0)
			made = errno;
		if (made != 0) {
			fail(why, "cannot replace %s: %s", to, strerror(made));
			discard(files, temporary);
			return -1;
		}
	}
	discard(files, temporary);
	return 0;
}

enum found { FOUND_NOTHING, FOUND_EMPTY, FOUND_RUN, FOUND_STRANGE, FOUND_FILE };

/* What stands at the target: 0, or errno when that cannot be seen. */
static int
look(const char *dir, const char *mark, enum found *found)
{
	const struct dirent *entry;
	DIR *in = opendir(dir);

	if (in == NULL) {
		*found = errno == ENOTDIR ? FOUND_FILE : FOUND_NOTHING;
		return errno == ENOENT || errno == ENOTDIR ? 0 : errno;
	}
	*found = FOUND_EMPTY;
	while ((entry = readdir(in)) != NULL && *found != FOUND_RUN) {
		if (strcmp(entry->d_name, mark) == 0)
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
write_run(const struct report_files *files, const char *dir,
    enum report_how how, const struct failure *why)
{
	enum found found = FOUND_NOTHING;
	int error = look(dir, files->name(files->count - 1), &found);

	if (error != 0)
		return fail(
		    why, "cannot look into %s: %s", dir, strerror(error));
	switch (found) {
	case FOUND_NOTHING:
		return write_new(files, dir, why);
	case FOUND_EMPTY:
		return write_over(files, dir, how, why);
	case FOUND_RUN:
		if (how != REPORT_NEW)
			return write_over(files, dir, how, why);
		return fail(why,
		    "%s holds a %s already; --force replaces it, or choose "
		    "another directory",
		    dir, files->what);
	case FOUND_FILE:
		return fail(
		    why, "%s is not a directory; choose another name", dir);
	default:
		return fail(why,
		    "%s holds other files and no %s; choose a new or empty "
		    "directory",
		    dir, files->what);
	}
}

int
report_directory(const struct report_files *files, const char *dir,
    enum report_how how, char *error, size_t error_bytes)
{
	struct failure why = { error, error_bytes };
	char *target = trimmed(dir);
	int done = -1;

	if (target == NULL)
		fail(&why, "cannot write %s: %s", dir, strerror(ENOMEM));
	else if (target[0] == '\0')
		fail(&why, "the %s's directory has no name", files->what);
	else
		done = write_run(files, target, how, &why);
	free(target);
	return done;
}
