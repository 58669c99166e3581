/* SPDX-License-Identifier: MIT */
/* traces/writer.c: what is written is read again; it is there whole or not. */
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/traces/capture_file.h"
#include "tests/unit.h"
#include "traces/capture.h"
#include "traces/writer.h"

#define TIME_NS UINT64_C(1767225600123456789)

static char error[256];

static unsigned
files_in(const char *folder)
{
	DIR *dir = opendir(folder);
	unsigned count = 0;

	UNIT_NEED(dir);
	for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
		count += e->d_name[0] != '.';
	(void)closedir(dir);
	return count;
}

static struct trace_writer *
begin(bool nanosecond, bool force)
{
	return trace_writer_open(
	    capture_path, nanosecond, force, error, sizeof(error));
}

static void
put_some(struct trace_writer *w)
{
	uint8_t frame[100] = { 1, 2, 3 };

	UNIT_NEED(w);
	for (unsigned i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(
		    trace_writer_put(w, TIME_NS + i * 1000, frame, 60 + i), 0);
}

static void
read_again(bool nanosecond)
{
	bool usage;
	struct trace *t =
	    trace_open(capture_path, NULL, &usage, error, sizeof(error));
	struct trace_packet p;

	UNIT_NEED(t);
	for (unsigned i = 0; i < 3; i++) {
		const uint64_t time_ns = TIME_NS + i * 1000;
		CU_ASSERT_EQUAL_FATAL(trace_next(t, &p), TRACE_PACKET);
		UNIT_EQUAL("time", p.time_ns,
		    nanosecond ? time_ns : time_ns / 1000 * 1000);
		UNIT_EQUAL("bytes", p.captured_bytes, 60 + i);
		UNIT_EQUAL("on the wire", p.wire_bytes, 60 + i);
		UNIT_EQUAL("link", p.link, TRACE_ETHERNET);
		UNIT_EQUAL("first", p.data[2], 3);
	}
	CU_ASSERT_EQUAL(trace_next(t, &p), TRACE_END);
	trace_close(t);
}

static void
test_written(void)
{
	for (int nanosecond = 0; nanosecond < 2; nanosecond++) {
		struct trace_writer *w = begin(nanosecond != 0, true);
		put_some(w);
		CU_ASSERT_EQUAL(
		    trace_writer_close(w, true, error, sizeof(error)), 0);
		read_again(nanosecond != 0);
		CU_ASSERT_EQUAL(files_in(capture_folder), 1);
	}
}

/* What nobody wants leaves what was there, and nothing beside it. */
static void
test_dropped(void)
{
	struct stat before, after;

	(void)unlink(capture_path);
	struct trace_writer *w = begin(false, false);
	put_some(w);
	CU_ASSERT_EQUAL(trace_writer_close(w, false, error, sizeof(error)), 0);
	CU_ASSERT_EQUAL(files_in(capture_folder), 0);
	capture_write("as it was", 9);
	CU_ASSERT_EQUAL_FATAL(stat(capture_path, &before), 0);
	w = begin(false, true);
	put_some(w);
	CU_ASSERT_EQUAL(trace_writer_close(w, false, error, sizeof(error)), 0);
	CU_ASSERT_EQUAL(stat(capture_path, &after), 0);
	CU_ASSERT_EQUAL(before.st_ino, after.st_ino);
	CU_ASSERT_EQUAL(files_in(capture_folder), 1);
}

/* Nobody's file is replaced unasked, not one either that came meanwhile. */
static void
test_there(void)
{
	capture_write("as it was", 9);
	CU_ASSERT_PTR_NULL(begin(false, false));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "--force"));
	(void)unlink(capture_path);
	struct trace_writer *w = begin(false, false);
	put_some(w);
	capture_write("meanwhile", 9);
	CU_ASSERT_EQUAL(trace_writer_close(w, true, error, sizeof(error)), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "--force"));
	CU_ASSERT_EQUAL(files_in(capture_folder), 1);
	CU_ASSERT_PTR_NULL(trace_writer_open(
	    "/nonexistent/x.pcap", false, false, error, sizeof(error)));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "/nonexistent/x.pcap: can't"));
	CU_ASSERT_EQUAL(
	    trace_writer_close(NULL, true, error, sizeof(error)), 0);
}

/* A full disk, played by the limit of a file's size: the whole packets that
 * were written stay for who asked for that, and nothing for who did not. */
static void
test_full(void)
{
	static const uint8_t frame[1000];
	struct rlimit before, small;
	struct trace_packet p;

	(void)signal(SIGXFSZ, SIG_IGN);
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
	for (int part = 0; part < 2; part++) {
		(void)unlink(capture_path);
		struct trace_writer *w = begin(true, false);
		if (part)
			trace_writer_keep_part(w);
		small = before;
		small.rlim_cur = 10000;
		(void)setrlimit(RLIMIT_FSIZE, &small);
		for (unsigned i = 0; i < 50; i++)
			(void)trace_writer_put(w, i, frame, sizeof(frame));
		CU_ASSERT_EQUAL(
		    trace_writer_close(w, true, error, sizeof(error)), -1);
		(void)setrlimit(RLIMIT_FSIZE, &before);
		CU_ASSERT_PTR_NOT_NULL(strstr(error, "can't write: "));
		CU_ASSERT_EQUAL(files_in(capture_folder), (unsigned)part);
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "what was written before"));
	bool usage;
	struct trace *t =
	    trace_open(capture_path, NULL, &usage, error, sizeof(error));
	UNIT_NEED(t);
	unsigned count = 0;
	int status;
	while ((status = trace_next(t, &p)) == TRACE_PACKET)
		count++;
	CU_ASSERT_EQUAL(status, TRACE_END);
	CU_ASSERT(count == 9); /* 24 bytes, then 1016 each */
	trace_close(t);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "read again", test_written },
		{ "a full disk", test_full },
		{ "dropped", test_dropped },
		{ "already there", test_there },
		CU_TEST_INFO_NULL,
	};

	if (capture_make_folder() != 0)
		return EXIT_FAILURE;
	int status = unit_main("writer", tests);
	(void)capture_remove_folder();
	return status;
}
