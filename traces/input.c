/* SPDX-License-Identifier: MIT */
#include "traces/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Stays in the cache beside what its reader works on: faster than 1 MiB. */
#define STREAM_BUFFER_BYTES (1u << 18)
#define PACKED_BYTES        (1u << 16)

/* inflateInit2(): the largest window, and gzip's header and checksum. */
#define WINDOW_BITS_GZIP (15 + 16)

struct packed {
	z_stream z;
	uint8_t bytes[PACKED_BYTES]; /* read, not yet all unpacked */
	uint64_t taken;              /* read from the file so far */
	bool within;                 /* a member has begun and not ended */
	bool ended;
};

struct trace_input {
	int fd;
	bool broken; /* for good, for the reason in why */
	uint64_t bytes_total;
	struct packed *packed;
	uint8_t head[TRACE_INPUT_HEAD_BYTES];
	size_t head_at, head_bytes;
	char *buffer; /* the stream's; outlives it */
	char why[128];
};

static void say(char *to, size_t room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
say(char *to, size_t room, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(to, room, format, args);
	va_end(args);
}

/* --- the file ------------------------------------------------------------ */

static ssize_t
read_file(struct trace_input *in, void *to, size_t bytes)
{
	ssize_t got = read(in->fd, to, bytes);

	if (got < 0) {
		in->broken = true;
		say(in->why, sizeof(in->why), "can't be read: %m");
	}
	return got;
}

/* --- gzip ---------------------------------------------------------------- */

static ssize_t
break_packed(struct trace_input *in, const char *what)
{
	const struct packed *p = in->packed;

	in->broken = true;
	say(in->why, sizeof(in->why),
	    "its gzip packing is damaged at byte %ju of the file: %s",
	    (uintmax_t)(p->taken - p->z.avail_in), what);
	errno = EIO;
	return -1;
}

/* More of the file to unpack; 0 at its end, -1 when it can't be read. */
static ssize_t
fill_packed(struct trace_input *in)
{
	struct packed *p = in->packed;
	ssize_t got = read_file(in, p->bytes, sizeof(p->bytes));

	if (got > 0) {
		p->z.next_in = p->bytes;
		p->z.avail_in = (unsigned)got;
		p->taken += (uint64_t)got;
	}
	return got;
}

/* Between members: another one, or zeroes up to the end (tapes leave them). */
static int
begin_member(struct trace_input *in)
{
	struct packed *p = in->packed;

	while (p->z.avail_in > 0 && *p->z.next_in == 0) {
		p->z.next_in++;
		p->z.avail_in--;
	}
	if (p->z.avail_in == 0)
		return 0;
	if (*p->z.next_in != 0x1f)
		return (int)break_packed(in, "other bytes follow its end");
	p->within = inflateReset(&p->z) == Z_OK;
	return 0;
}

/* One round: unpacks into z.next_out what is at hand.  -1: broken. */
static int
unpack_some(struct trace_input *in)
{
	struct packed *p = in->packed;

	if (!p->within)
		return begin_member(in);
	int did = inflate(&p->z, Z_NO_FLUSH);
	if (did == Z_STREAM_END)
		p->within = false;
	else if (did != Z_OK && did != Z_BUF_ERROR)
		return (int)break_packed(
		    in, did == Z_NEED_DICT ? "it needs a dictionary"
			: p->z.msg != NULL ? p->z.msg
					   : "it can't be unpacked");
	return 0;
}

static ssize_t
unpack(struct trace_input *in, void *to, size_t bytes)
{
	struct packed *p = in->packed;
	const unsigned room = bytes < INT32_MAX ? (unsigned)bytes : INT32_MAX;

	p->z.next_out = to;
	p->z.avail_out = room;
	while (p->z.avail_out == room && !in->broken && !p->ended) {
		if (p->z.avail_in > 0) {
			(void)unpack_some(in);
			continue;
		}
		ssize_t got = fill_packed(in);
		if (got == 0 && p->within)
			(void)break_packed(in, "it is cut off");
		p->ended = got == 0;
	}
	/* What came out before it broke is good. */
	if (p->z.avail_out < room)
		return (ssize_t)(room - p->z.avail_out);
	return in->broken ? -1 : 0;
}

static bool
is_gzip(const struct trace_input *in)
{
	return in->head_bytes >= 3 && !memcmp(in->head, "\x1f\x8b\x08", 3);
}

/* From here on the head is what comes out. */
static int
start_unpacking(struct trace_input *in)
{
	struct packed *p = calloc(1, sizeof(*p));

	if (p == NULL || inflateInit2(&p->z, WINDOW_BITS_GZIP) != Z_OK) {
		free(p);
		return -1;
	}
	memcpy(p->bytes, in->head, in->head_bytes);
	p->z.next_in = p->bytes;
	p->z.avail_in = (unsigned)in->head_bytes;
	p->taken = in->head_bytes;
	p->within = true;
	in->packed = p;
	in->head_bytes = 0;
	return 0;
}

/* --- opening ------------------------------------------------------------- */

static ssize_t
read_source(struct trace_input *in, void *to, size_t bytes)
{
	if (in->broken) {
		errno = EIO;
		return -1;
	}
	return in->packed != NULL ? unpack(in, to, bytes)
				  : read_file(in, to, bytes);
}

/* A short head is no failure, an empty one is: the caller looks. */
static void
read_head(struct trace_input *in)
{
	ssize_t got = 1;

	while (got > 0 && in->head_bytes < sizeof(in->head)) {
		got = read_source(in, in->head + in->head_bytes,
		    sizeof(in->head) - in->head_bytes);
		if (got > 0)
			in->head_bytes += (size_t)got;
	}
}

static bool
open_file(struct trace_input *in, const char *path, char *why)
{
	struct stat st;

	/* A descriptor of our own: closing it leaves standard input open. */
	in->fd = strcmp(path, "-") == 0
		     ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
		     : open(path, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0 || fstat(in->fd, &st) != 0) {
		say(why, TRACE_WHY_BYTES,
		    "can't be opened: %m; check its name and permissions");
		return false;
	}
	if (S_ISDIR(st.st_mode)) {
		say(why, TRACE_WHY_BYTES,
		    "is a directory; name the captures in it");
		return false;
	}
	if (S_ISREG(st.st_mode))
		in->bytes_total = (uint64_t)st.st_size;
	return true;
}

static bool
open_head(struct trace_input *in, char *why)
{
	read_head(in);
	if (is_gzip(in)) {
		if (start_unpacking(in) != 0) {
			say(why, TRACE_WHY_BYTES, "no memory to unpack it");
			return false;
		}
		read_head(in);
	}
	if (in->head_bytes > 0)
		return true;
	if (in->broken && in->packed != NULL)
		say(why, TRACE_WHY_BYTES,
		    "nothing of it could be unpacked (%s); get it again",
		    in->why);
	else if (in->broken)
		say(why, TRACE_WHY_BYTES, "%s", in->why);
	else
		say(why, TRACE_WHY_BYTES,
		    "is empty (0 bytes), not even a capture's header; "
		    "capture again");
	return false;
}

struct trace_input *
trace_input_open(const char *path, char why[TRACE_WHY_BYTES])
{
	struct trace_input *in = calloc(1, sizeof(*in));

	if (in == NULL) {
		say(why, TRACE_WHY_BYTES, "no memory");
		return NULL;
	}
	in->fd = -1;
	if (!open_file(in, path, why) || !open_head(in, why)) {
		trace_input_close(in);
		return NULL;
	}
	return in;
}

void
trace_input_close(struct trace_input *in)
{
	if (in == NULL)
		return;
	if (in->fd >= 0)
		(void)close(in->fd);
	if (in->packed != NULL)
		(void)inflateEnd(&in->packed->z);
	free(in->packed);
	free(in->buffer);
	free(in);
}

/* --- reading ------------------------------------------------------------- */

ssize_t
trace_input_read(struct trace_input *in, void *to, size_t bytes)
{
	size_t left = in->head_bytes - in->head_at;
	ssize_t got;

	if (left > 0) {
		got = (ssize_t)(bytes < left ? bytes : left);
		memcpy(to, in->head + in->head_at, (size_t)got);
		in->head_at += (size_t)got;
	} else {
		got = read_source(in, to, bytes);
	}
	return got;
}

static ssize_t
cookie_read(void *cookie, char *to, size_t bytes)
{
	return trace_input_read(cookie, to, bytes);
}

/*
 * A file as it is needs nobody between it and the C library, which copies the
 * few bytes of a record's header faster then.
 */
static FILE *
plain_stream(struct trace_input *in)
{
	if (in->packed != NULL || in->bytes_total == 0 ||
	    lseek(in->fd, -(off_t)in->head_bytes, SEEK_CUR) < 0)
		return NULL;
	FILE *file = fdopen(in->fd, "rb");
	if (file != NULL)
		in->fd = -1; /* the stream's now */
	else
		(void)lseek(in->fd, (off_t)in->head_bytes, SEEK_CUR);
	return file;
}

/* Fills the stream's buffer, which is ours, and changes its beginning. */
static void
change_head(struct trace_input *in, FILE *file, const uint8_t *head)
{
	(void)ungetc(getc(file), file);
	if (!memcmp(in->buffer, in->head, in->head_bytes))
		memcpy(in->buffer, head, in->head_bytes);
}

FILE *
trace_input_stream(
    struct trace_input *in, const uint8_t head[TRACE_INPUT_HEAD_BYTES])
{
	static const cookie_io_functions_t functions = { .read = cookie_read };

	in->buffer = malloc(STREAM_BUFFER_BYTES);
	if (in->buffer == NULL)
		return NULL;
	FILE *file = plain_stream(in);
	bool plain = file != NULL;
	if (!plain)
		file = fopencookie(in, "rb", functions);
	if (file == NULL)
		return NULL;
	/* glibc takes a size only together with a buffer. */
	(void)setvbuf(file, in->buffer, _IOFBF, STREAM_BUFFER_BYTES);
	if (plain)
		change_head(in, file, head);
	memcpy(in->head, head, in->head_bytes);
	return file;
}

/* --- asking -------------------------------------------------------------- */

const uint8_t *
trace_input_head(const struct trace_input *in, size_t *bytes)
{
	*bytes = in->head_bytes;
	return in->head;
}

const char *
trace_input_why(const struct trace_input *in)
{
	return in->broken ? in->why : NULL;
}

const char *
trace_input_packing(const struct trace_input *in)
{
	return in->packed != NULL ? "gzip" : NULL;
}

uint64_t
trace_input_bytes_total(const struct trace_input *in)
{
	return in->bytes_total;
}

uint64_t
trace_input_bytes_unpacked(const struct trace_input *in)
{
	return in->packed == NULL ? 0
				  : in->packed->taken - in->packed->z.avail_in;
}
