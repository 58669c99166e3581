/* SPDX-License-Identifier: MIT */
/*
 * live/out/log.c: lines are JSON whatever bytes their texts have, and who reads
 * them and stands still keeps nobody waiting.
 */
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "live/out/log.h"
#include "live/out/log_out.h"
#include "model/path/base.h"
#include "tests/unit.h"

/* --- texts --------------------------------------------------------------- */

static void
test_texts(void)
{
	static const struct {
		const char *text, *json;
	} rows[] = {
		{ "", "" },
		{ "abc", "abc" },
		{ "gr\xc3\xb6\xc3\x9f", "gr\xc3\xb6\xc3\x9f" },
		{ "a\xff"
		  "b",
		    "a\xef\xbf\xbd"
		    "b" },
		{ "\xc3", "\xef\xbf\xbd" },
		{ "\xc3\xb6\xc3", "\xc3\xb6\xef\xbf\xbd" },
		{ "\xf0\x9f\x98\x80\x80", "\xf0\x9f\x98\x80\xef\xbf\xbd" },
		{ "\xed\xa0\x80", /* a surrogate */
		    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		json_t *text = live_log_text(rows[i].text);
		UNIT_NEED(text);
		UNIT_ROW(rows[i].json,
		    strcmp(json_string_value(text), rows[i].json) == 0);
		json_decref(text);
	}
	CU_ASSERT(json_is_null(live_log_text(NULL)));
}

/* --- lines --------------------------------------------------------------- */

#define LINE_BYTES 4096

/* One line of the log, by way of a pipe as standard error; its bytes. */
static size_t
logged(void (*log)(void), char line[LINE_BYTES])
{
	int ends[2], before = dup(STDERR_FILENO);
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	(void)dup2(ends[1], STDERR_FILENO);
	log();
	live_log_end();
	(void)dup2(before, STDERR_FILENO);
	(void)close(before);
	(void)close(ends[1]);
	ssize_t bytes = read(ends[0], line, LINE_BYTES - 1);
	(void)close(ends[0]);
	CU_ASSERT_FATAL(bytes > 0 && line[bytes - 1] == '\n');
	line[bytes] = '\0';
	return (size_t)bytes;
}

static void
log_one(void)
{
	live_log(LIVE_WARNING, "test", "s:s, s:s, s:i, s:I, s:b, s:f, s:o, s:s",
	    "bad", "x\xff", "none", (char *)NULL, "int", -1, "long",
	    (json_int_t)1 << 40, "flag", 1, "real", 0.5, "lost", (json_t *)NULL,
	    "last", "there");
}

static void
test_line(void)
{
	char said[LINE_BYTES];
	json_t *line = json_loadb(said, logged(log_one, said), 0, NULL);
	UNIT_NEED(line);
	json_t *expected =
	    json_pack("{s:s, s:s, s:s, s:n, s:i, s:I, s:b, s:f, s:n, s:s}",
		"level", "warning", "event", "test", "bad", "x\xef\xbf\xbd",
		"none", "int", -1, "long", (json_int_t)1 << 40, "flag", 1,
		"real", 0.5, "lost", "last", "there");
	CU_ASSERT(json_is_string(json_object_get(line, "time")));
	(void)json_object_del(line, "time");
	CU_ASSERT(json_equal(line, expected));
	json_decref(line);
	json_decref(expected);
}

static void
log_time(void)
{
	live_log(LIVE_INFO, "test", "s:f", "latency_ms",
	    (double)UINT64_C(182693) / 1e6);
}

/* Nanoseconds, and not what is left of them in binary. */
static void
test_digits(void)
{
	char said[LINE_BYTES];
	(void)logged(log_time, said);
	UNIT_ROW(said, strstr(said, "\"latency_ms\":0.182693}") != NULL);
}

/* --- a reader that stands still ------------------------------------------ */

#define LINES 20000u

static char text[64];

static size_t
put_lines(struct live_log_out *out)
{
	size_t bytes = 0;
	for (unsigned i = 0; i < LINES; i++) {
		bytes = (size_t)snprintf(
		    text, sizeof(text), "%05u and some text\n", i);
		live_log_out_put(out, text, bytes);
	}
	return bytes;
}

/* Whole lines, in order, from the first on: those that there was room for. */
static unsigned
read_lines(struct live_log_out *out, int fd, size_t line_bytes)
{
	unsigned lines = 0;
	char line[64];
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	for (;;) {
		ssize_t got = read(fd, line, line_bytes);
		if (got <= 0 && out->bytes == 0)
			return lines;
		if (got <= 0) {
			(void)live_log_out_turn(out);
			continue;
		}
		UNIT_EQUAL("a line's bytes", got, line_bytes);
		UNIT_EQUAL("which", strtoul(line, NULL, 10), lines);
		lines++;
	}
}

/* It comes back at once, however long nobody reads; a test that hangs is one
 * that failed. */
static void
stand_still(int reader, int writer, bool asked)
{
	static struct live_log_out out;
	int flags = fcntl(writer, F_GETFL);
	live_log_out_open(&out, writer);
	if (asked) /* as where /proc is not mounted */
		live_log_out_close(&out);
	size_t bytes = put_lines(&out);
	CU_ASSERT(!live_log_out_turn(&out));
	CU_ASSERT(out.bytes > LIVE_LOG_ROOM - 100);
	/* others that write there find it as it was */
	CU_ASSERT_EQUAL(fcntl(writer, F_GETFL), flags);
	unsigned lines = read_lines(&out, reader, bytes);
	CU_ASSERT_EQUAL(lines + live_log_out_lost(&out), LINES);
	CU_ASSERT(lines > LIVE_LOG_ROOM / bytes);
	CU_ASSERT_EQUAL(live_log_out_lost(&out), 0);
	live_log_out_close(&out);
}

static void
test_stands_still(void)
{
	int ends[2];
	for (int asked = 0; asked < 2; asked++) {
		CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
		stand_still(ends[0], ends[1], asked != 0);
		(void)close(ends[0]);
		(void)close(ends[1]);
	}
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	stand_still(ends[0], ends[1], false);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

/* Nobody there at all: counted, and nothing kept. */
static void
test_gone(void)
{
	static struct live_log_out out;
	int ends[2];
	(void)signal(SIGPIPE, SIG_IGN);
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	live_log_out_open(&out, ends[1]);
	(void)close(ends[0]);
	(void)put_lines(&out);
	CU_ASSERT_EQUAL(out.bytes, 0);
	CU_ASSERT_EQUAL(live_log_out_lost(&out), LINES);
	live_log_out_close(&out);
	(void)close(ends[1]);
}

/* A file that can't grow: what was said waits, and is there when it can. */
static void
test_full(void)
{
	static struct live_log_out out;
	char path[] = "/tmp/fairlead-log-XXXXXX";
	const struct rlimit full = { 10, RLIM_INFINITY };
	struct rlimit before;
	int fd = mkstemp(path);
	CU_ASSERT_FATAL(fd >= 0);
	(void)unlink(path);
	(void)signal(SIGXFSZ, SIG_IGN);
	CU_ASSERT_EQUAL(getrlimit(RLIMIT_FSIZE, &before), 0);
	live_log_out_open(&out, fd);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &full), 0);
	live_log_out_put(&out, "0123456789\n", 11);
	live_log_out_put(&out, "and more\n", 9);
	CU_ASSERT(!live_log_out_turn(&out));
	CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_END), 10);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
	CU_ASSERT(live_log_out_turn(&out));
	CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_END), 20);
	CU_ASSERT_EQUAL(live_log_out_lost(&out), 0);
	live_log_out_close(&out);
	(void)close(fd);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "texts", test_texts },
		{ "a line", test_line },
		{ "digits", test_digits },
		{ "a reader that stands still", test_stands_still },
		{ "a reader that is gone", test_gone },
		{ "a file that is full", test_full },
		CU_TEST_INFO_NULL,
	};
	return unit_main("live/log", tests);
}
