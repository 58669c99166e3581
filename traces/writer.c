/* SPDX-License-Identifier: MIT */
#include "traces/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pcap/pcap.h>

#define SNAP_BYTES 262144 /* as tcpdump's: more than any packet */
#define NS_PER_S   UINT64_C(1000000000)

struct trace_writer {
	char *path, *temporary; /* temporary NULL: written as it comes */
	pcap_t *dead;
	pcap_dumper_t *dumper;
	bool nanosecond, force, partial;
	int error; /* errno of the first write that failed */
};

static void
free_writer(struct trace_writer *w)
{
	if (w->dead != NULL)
		pcap_close(w->dead);
	free(w->path);
	free(w->temporary);
	free(w);
}

/* mkstemp makes files for the owner alone. */
static int
open_up(int fd)
{
	mode_t mask = umask(0);

	(void)umask(mask);
	return fchmod(fd, 0666 & ~mask);
}

/* The file that is written; NULL: errno. */
static FILE *
open_file(struct trace_writer *w)
{
	struct stat there;

	if (strcmp(w->path, "-") == 0) {
		int fd = dup(STDOUT_FILENO);
		return fd < 0 ? NULL : fdopen(fd, "wb");
	}
	/* a device or a pipe is written to, never replaced */
	if (stat(w->path, &there) == 0 && !S_ISREG(there.st_mode)) {
		int fd = open(w->path, O_WRONLY | O_CLOEXEC);
		return fd < 0 ? NULL : fdopen(fd, "wb");
	}
	if (!w->force && lstat(w->path, &there) == 0) {
		errno = EEXIST;
		return NULL;
	}
	if (asprintf(&w->temporary, "%s.XXXXXX", w->path) < 0) {
		w->temporary = NULL;
		return NULL;
	}
	int fd = mkstemp(w->temporary);
	if (fd < 0) {
		free(w->temporary);
		w->temporary = NULL;
		return NULL;
	}
	(void)open_up(fd);
	return fdopen(fd, "wb");
}

static const char *
why(int error)
{
	return error == EEXIST ? "it is there already; --force replaces it"
			       : strerror(error);
}

struct trace_writer *
trace_writer_open(const char *path, bool nanosecond, bool force, char *error,
    size_t error_bytes)
{
	struct trace_writer *w = calloc(1, sizeof(*w));
	FILE *file = NULL;

	errno = ENOMEM;
	if (w != NULL) {
		w->nanosecond = nanosecond;
		w->force = force;
		w->path = strdup(path);
		w->dead =
		    pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAP_BYTES,
			nanosecond ? PCAP_TSTAMP_PRECISION_NANO
				   : PCAP_TSTAMP_PRECISION_MICRO);
		if (w->path != NULL && w->dead != NULL)
			file = open_file(w);
	}
	if (file == NULL) {
		(void)snprintf(error, error_bytes, "%.160s: can't write: %s",
		    path, why(errno));
		if (w != NULL)
			free_writer(w);
		return NULL;
	}
	w->dumper = pcap_dump_fopen(w->dead, file); /* can't fail but for I/O */
	if (w->dumper != NULL)
		return w;
	(void)snprintf(error, error_bytes, "%.160s: can't write: %s", path,
	    pcap_geterr(w->dead));
	(void)fclose(file);
	if (w->temporary != NULL)
		(void)unlink(w->temporary);
	free_writer(w);
	return NULL;
}

int
trace_writer_put(struct trace_writer *w, uint64_t time_ns, const uint8_t *frame,
    uint32_t bytes)
{
	return trace_writer_put_cut(w, time_ns, frame, bytes, bytes);
}

int
trace_writer_put_cut(struct trace_writer *w, uint64_t time_ns,
    const uint8_t *frame, uint32_t bytes, uint32_t wire_bytes)
{
	const uint64_t part_ns = time_ns % NS_PER_S;
	struct pcap_pkthdr header = {
		.ts = { .tv_sec = (time_t)(time_ns / NS_PER_S),
		    .tv_usec = (suseconds_t)(w->nanosecond ? part_ns
							   : part_ns / 1000) },
		.caplen = bytes,
		.len = wire_bytes,
	};

	if (w->error != 0)
		return -1;
	errno = 0;
	pcap_dump((u_char *)w->dumper, &header, frame);
	if (ferror(pcap_dump_file(w->dumper)) == 0)
		return 0;
	w->error = errno != 0 ? errno : EIO;
	return -1;
}

/* To its name.  Without force nobody's file is replaced, not one either that
 * came to be there meanwhile. */
static int
rename_to(const struct trace_writer *w)
{
	if (w->force)
		return rename(w->temporary, w->path);
	if (renameat2(AT_FDCWD, w->temporary, AT_FDCWD, w->path,
		RENAME_NOREPLACE) == 0)
		return 0;
	/* some file systems can't */
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (link(w->temporary, w->path) != 0)
		return -1;
	(void)unlink(w->temporary);
	return 0;
}

/* --- the end ------------------------------------------------------------- */

void
trace_writer_keep_part(struct trace_writer *w)
{
	w->partial = true;
}

/* Off with the last packet where only some of it was written: to the end of
 * the last whole one. */
static int
cut_to_packets(const char *path)
{
	struct pcap_file_header file;
	uint32_t
	    record[4]; /* seconds, fraction, bytes here, bytes on the wire */
	struct stat there;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &there) != 0 ||
	    there.st_size < (off_t)sizeof(file)) {
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	off_t whole = sizeof(file);
	while (pread(fd, record, sizeof(record), whole) ==
	       (ssize_t)sizeof(record)) {
		off_t next = whole + (off_t)sizeof(record) + (off_t)record[2];
		if (next > there.st_size)
			break;
		whole = next;
	}
	int rc = ftruncate(fd, whole);
	(void)close(fd);
	return rc;
}

/* After a write that failed; true: what came before it is there. */
static bool
keep_part(const struct trace_writer *w)
{
	return w->partial && w->temporary != NULL &&
	       cut_to_packets(w->temporary) == 0 && rename_to(w) == 0;
}

int
trace_writer_close(
    struct trace_writer *w, bool keep, char *error, size_t error_bytes)
{
	if (w == NULL)
		return 0;
	errno = 0;
	if (pcap_dump_flush(w->dumper) != 0 && w->error == 0)
		w->error = errno != 0 ? errno : EIO;
	pcap_dump_close(w->dumper);
	if (w->error == 0 && keep && w->temporary != NULL && rename_to(w) != 0)
		w->error = errno;
	const int failed = w->error;
	const bool part = failed != 0 && keep && keep_part(w);
	if (failed != 0)
		(void)snprintf(error, error_bytes, "%.160s: can't write: %s%s",
		    w->path, why(failed),
		    part ? "; what was written before is there" : "");
	if ((failed != 0 || !keep) && !part && w->temporary != NULL)
		(void)unlink(w->temporary);
	free_writer(w);
	return failed != 0 ? -1 : 0;
}
