/* SPDX-License-Identifier: MIT */
/*
 * live/control/control.c: lines in and out over a real socket, with callers who
 * send rubbish, lines without end, who do not read, or are too many.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "live/commands/control_commands.h"
#include "live/control/base64.h"
#include "live/control/control.h"
#include "model/path/base.h"
#include "tests/unit.h"

#define GREETING "{\"fairlead\":"
#define DONE     "{\"done\":true}\n"

static uv_loop_t loop;
static struct live_control *control;
static char folder[] = "/tmp/fairlead-control.XXXXXX", path[64];
static unsigned streams_ended;
static uint64_t lines_made;
static struct live_caller *waiting;

/* --- a service ----------------------------------------------------------- */

/* Lines without end, as fast as they are read. */
static enum live_more
pour(void *state, struct live_caller *caller)
{
	(void)state;
	for (int i = 0; i < 10; i++, lines_made++)
		live_caller_say(caller,
		    json_pack("{s:s}", "line", "some text, and a little more"));
	return LIVE_MORE;
}

/* Until somebody says stop. */
static enum live_more
wait_for_stop(void *state, struct live_caller *caller)
{
	(void)state;
	if (!live_caller_stopped(caller))
		return LIVE_WAIT;
	live_caller_say(caller, json_pack("{s:b}", "stopped", 1));
	live_caller_done(caller);
	return LIVE_END;
}

static void
ended(void *state)
{
	(void)state;
	streams_ended++;
	waiting = NULL;
}

static void
asked(void *arg, struct live_caller *caller, const json_t *request)
{
	const char *command =
	    json_string_value(json_object_get(request, "command"));
	(void)arg;
	if (command == NULL) {
		live_caller_fail(caller, LIVE_REFUSED_USAGE, "no command");
	} else if (strcmp(command, "pour") == 0) {
		live_caller_stream(
		    caller, &(struct live_stream){ pour, ended, NULL });
	} else if (strcmp(command, "wait") == 0) {
		waiting = caller;
		live_caller_stream(caller,
		    &(struct live_stream){ wait_for_stop, ended, NULL });
	} else {
		live_caller_say(caller, json_pack("{s:s}", "echo", command));
		live_caller_done(caller);
	}
}

/* --- a caller ------------------------------------------------------------ */

static void
turn(unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		(void)uv_run(&loop, UV_RUN_NOWAIT);
}

static int
dial(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(
	    connect(fd, (const struct sockaddr *)(const void *)&at, sizeof(at)),
	    0);
	turn(4);
	return fd;
}

static void
say(int fd, const char *text)
{
	CU_ASSERT_EQUAL(
	    send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
	turn(8);
}

/* What lies there; 0 bytes after the other end hung up, or -1. */
static ssize_t
hear(int fd, char *text, size_t bytes)
{
	size_t used = 0;
	ssize_t got = -1;
	while (used + 1 < bytes &&
	       (got = recv(fd, text + used, bytes - used - 1, 0)) > 0) {
		used += (size_t)got;
		turn(4);
	}
	text[used] = '\0';
	return used > 0 ? (ssize_t)used : got;
}

static void
open_control_of(live_control_asked *answer)
{
	char error[256] = "";
	CU_ASSERT_EQUAL(uv_loop_init(&loop), 0);
	control =
	    live_control_open(&loop, path, answer, NULL, error, sizeof(error));
	if (control == NULL)
		(void)fprintf(stderr, "%s\n", error);
	UNIT_NEED(control);
	streams_ended = 0;
}

static void
open_control(void)
{
	open_control_of(asked);
}

static void
close_control(void)
{
	live_control_close(control);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	CU_ASSERT_EQUAL(uv_loop_close(&loop), 0);
	CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
}

/* --- tests --------------------------------------------------------------- */

static void
test_lines(void)
{
	static const struct {
		const char *in, *out;
	} truths[] = {
		{ "{\"command\":\"a\"}\n", "{\"echo\":\"a\"}\n" DONE },
		{ "\n\n{\"command\":\"b\"}\n", "{\"echo\":\"b\"}\n" DONE },
		/* two at once are answered in order */
		{ "{\"command\":\"c\"}\n{\"command\":\"d\"}\n",
		    "{\"echo\":\"c\"}\n" DONE "{\"echo\":\"d\"}\n" DONE },
		{ "{\"command\":\"e\",\"protocol\":1}\n",
		    "{\"echo\":\"e\"}\n" DONE },
		{ "{\"command\":\"stop\"}\n", "" }, /* nothing to stop */
	};
	char text[4096];
	open_control();
	int fd = dial();
	(void)hear(fd, text, sizeof(text));
	CU_ASSERT_EQUAL(strncmp(text, GREETING, strlen(GREETING)), 0);
	for (size_t i = 0; i < LB_COUNT(truths); i++) {
		say(fd, truths[i].in);
		(void)hear(fd, text, sizeof(text));
		CU_ASSERT_STRING_EQUAL(text, truths[i].out);
	}
	/* one line in two parts */
	say(fd, "{\"command\":");
	CU_ASSERT_EQUAL(hear(fd, text, sizeof(text)), -1);
	say(fd, "\"f\"}\n");
	(void)hear(fd, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "{\"echo\":\"f\"}\n" DONE);
	(void)close(fd);
	turn(4);
	CU_ASSERT_EQUAL(live_control_callers(control), 0);
	close_control();
}

/* Rubbish is refused, and the next request is heard. */
static void
test_rubbish(void)
{
	static const char *const lines[] = { "rubbish\n", "[]\n", "7\n", "{\n",
		"{\"a\":1,\"a\":2}\n", "\"\xff\xfe\"\n", "{\"protocol\":7}\n",
		"{\"command\":{}}\n", "{\"protocol\":1.5}\n" };
	char text[4096];
	open_control();
	int fd = dial();
	(void)hear(fd, text, sizeof(text));
	for (size_t i = 0; i < LB_COUNT(lines); i++) {
		say(fd, lines[i]);
		(void)hear(fd, text, sizeof(text));
		CU_ASSERT_EQUAL(strncmp(text, "{\"error\":", 9), 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"code\":\"usage\""));
	}
	say(fd, "{\"command\":\"a\"}\n");
	(void)hear(fd, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "{\"echo\":\"a\"}\n" DONE);
	(void)close(fd);
	close_control();
}

/* A line that does not end: told so, and hung up on. */
static void
test_long_line(void)
{
	static char line[2 * LIVE_REQUEST_MAX], text[4096];
	open_control();
	int fd = dial();
	(void)hear(fd, text, sizeof(text));
	memset(line, 'x', sizeof(line));
	CU_ASSERT(send(fd, line, sizeof(line), MSG_NOSIGNAL) > 0);
	turn(8);
	(void)hear(fd, text, sizeof(text));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "4096 bytes at most"));
	ssize_t got = hear(fd, text, sizeof(text));
	CU_ASSERT(got == 0 || (got < 0 && errno == ECONNRESET));
	CU_ASSERT_EQUAL(live_control_callers(control), 0);
	(void)close(fd);
	/* the longest that is allowed */
	fd = dial();
	(void)hear(fd, text, sizeof(text));
	(void)snprintf(line, sizeof(line), "{\"command\":\"%0*d\"}\n",
	    (int)LIVE_REQUEST_MAX - 14, 0);
	CU_ASSERT_EQUAL(strlen(line), LIVE_REQUEST_MAX + 1);
	say(fd, line);
	CU_ASSERT(hear(fd, line, sizeof(line)) > LIVE_REQUEST_MAX - 100);
	CU_ASSERT_EQUAL(strncmp(line, "{\"echo\":\"000", 12), 0);
	(void)close(fd);
	close_control();
}

/* Who does not read gets no more made, and does not keep others waiting; when
 * it goes, the stream ends. */
static void
test_slow_reader(void)
{
	char text[4096];
	open_control();
	int slow = dial(), other = dial();
	(void)hear(other, text, sizeof(text));
	say(slow, "{\"command\":\"pour\"}\n");
	turn(20000);
	uint64_t made = lines_made;
	CU_ASSERT(made > 0);
	turn(1000);
	CU_ASSERT_EQUAL(lines_made, made);
	/* what lies ready here and in the kernel */
	CU_ASSERT(made * 40 < 4 * LIVE_BACKLOG_MAX);
	say(other, "{\"command\":\"a\"}\n");
	(void)hear(other, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "{\"echo\":\"a\"}\n" DONE);
	/* it reads on: more comes */
	for (int i = 0; i < 200; i++)
		(void)hear(slow, text, sizeof(text));
	turn(1000);
	CU_ASSERT(lines_made > made);
	CU_ASSERT_EQUAL(streams_ended, 0);
	(void)close(slow);
	turn(100);
	CU_ASSERT_EQUAL(streams_ended, 1);
	CU_ASSERT_EQUAL(live_control_callers(control), 1);
	(void)close(other);
	close_control();
}

static void
test_stop(void)
{
	char text[4096];
	open_control();
	int fd = dial();
	(void)hear(fd, text, sizeof(text));
	say(fd, "{\"command\":\"wait\"}\n{\"command\":\"a\"}\n");
	CU_ASSERT_EQUAL(hear(fd, text, sizeof(text)), -1);
	(void)close(fd); /* hanging up ends it, with one more that waits */
	turn(20);
	CU_ASSERT_EQUAL(streams_ended, 1);
	fd = dial();
	(void)hear(fd, text, sizeof(text));
	say(fd, "{\"command\":\"wait\"}\n");
	live_caller_wake(waiting); /* for nothing */
	turn(8);
	CU_ASSERT_EQUAL(hear(fd, text, sizeof(text)), -1);
	say(fd, "{\"command\":\"stop\"}\n{\"command\":\"b\"}\n");
	(void)hear(fd, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(
	    text, "{\"stopped\":true}\n" DONE "{\"echo\":\"b\"}\n" DONE);
	/* who only closes its own end hears the rest */
	say(fd, "{\"command\":\"wait\"}\n");
	(void)shutdown(fd, SHUT_WR);
	turn(8);
	(void)hear(fd, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "{\"stopped\":true}\n" DONE);
	CU_ASSERT_EQUAL(hear(fd, text, sizeof(text)), 0);
	(void)close(fd);
	turn(8);
	CU_ASSERT_EQUAL(streams_ended, 3);
	close_control();
}

/* Streams under way are ended with the control. */
static void
test_close_under_way(void)
{
	open_control();
	int fd = dial(), other = dial();
	say(fd, "{\"command\":\"wait\"}\n");
	say(other, "{\"command\":\"pour\"}\n");
	close_control();
	CU_ASSERT_EQUAL(streams_ended, 2);
	(void)close(fd);
	(void)close(other);
}

static void
test_too_many(void)
{
	char text[4096];
	int fds[LIVE_CALLERS_MAX + 1];
	open_control();
	for (size_t i = 0; i <= LIVE_CALLERS_MAX; i++)
		fds[i] = dial();
	CU_ASSERT_EQUAL(live_control_callers(control), LIVE_CALLERS_MAX);
	(void)hear(fds[0], text, sizeof(text));
	CU_ASSERT_EQUAL(strncmp(text, GREETING, strlen(GREETING)), 0);
	(void)hear(fds[LIVE_CALLERS_MAX], text, sizeof(text));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "too many"));
	(void)close(fds[0]);
	turn(8);
	int again = dial();
	(void)hear(again, text, sizeof(text));
	CU_ASSERT_EQUAL(strncmp(text, GREETING, strlen(GREETING)), 0);
	(void)close(again);
	for (size_t i = 1; i <= LIVE_CALLERS_MAX; i++)
		(void)close(fds[i]);
	close_control();
}

/* Hangs up before it was greeted: nobody is ended by that. */
static void
test_gone_at_once(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	open_control();
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	for (int i = 0; i < 5; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		CU_ASSERT_EQUAL(
		    connect(fd, (const struct sockaddr *)(const void *)&at,
			sizeof(at)),
		    0);
		(void)close(fd);
	}
	turn(50);
	CU_ASSERT_EQUAL(live_control_callers(control), 0);
	close_control();
}

/* What is not understood whole is refused before anything is done: there is
 * nothing that it could be done to. */
static void
test_misunderstood(void)
{
	static const struct {
		const char *request, *why;
	} rows[] = {
		{ "{\"command\":\"reload\",\"dry_run\":\"yes\"}",
		    "\\\"dry_run\\\" is true or false" },
		{ "{\"command\":\"reload\",\"dry_run\":1}", "true or false" },
		{ "{\"command\":\"reload\",\"dryrun\":true}",
		    "reload has no \\\"dryrun\\\"" },
		{ "{\"command\":\"status\",\"member\":\"x\"}", "has no" },
		{ "{\"command\":\"drain\",\"member\":1}", "a text" },
		{ "{\"command\":\"drain\",\"member\":\"a/b\",\"wait\":0}",
		    "true or false" },
		{ "{\"command\":\"flows\",\"limit\":-1}", "a number from 0" },
		{ "{\"command\":\"flows\",\"limit\":1.5}", "a number" },
		{ "{\"command\":\"capture\",\"frontend\":\"all\",\"seconds\":"
		  "9223372036854775807}",
		    "to 4294967295" },
		{ "{\"command\":\"capture\",\"frontend\":\"all\",\"packets\":"
		  "4294967296}",
		    "to 4294967295" },
		{ "{\"command\":\"capture\",\"frontend\":{}}", "a text" },
		{ "{\"command\":\"nonsense\"}", "there is no command" },
		{ "{\"command\":1}", "names its" },
		{ "{}", "names its" },
	};
	char text[4096], line[256];
	open_control_of(live_control_command);
	int fd = dial();
	(void)hear(fd, text, sizeof(text));
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		(void)snprintf(line, sizeof(line), "%s\n", rows[i].request);
		say(fd, line);
		(void)hear(fd, text, sizeof(text));
		UNIT_ROW(rows[i].request, strstr(text, rows[i].why) != NULL);
		UNIT_ROW(rows[i].request,
		    strstr(text, "\"code\":\"usage\"") != NULL);
	}
	(void)close(fd);
	close_control();
}

/* --- the socket ---------------------------------------------------------- */

static struct live_control *
open_second(char *error, size_t bytes)
{
	return live_control_open(&loop, path, asked, NULL, error, bytes);
}

static void
test_socket(void)
{
	char error[256];
	struct stat st;
	open_control();
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	/* a living one is refused */
	CU_ASSERT_PTR_NULL(open_second(error, sizeof(error)));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "somebody listens there"));
	close_control();
	/* what a dead one left is replaced */
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CU_ASSERT_EQUAL(
	    bind(fd, (const struct sockaddr *)(const void *)&at, sizeof(at)),
	    0);
	(void)close(fd);
	CU_ASSERT_EQUAL(access(path, F_OK), 0);
	open_control();
	close_control();
	/* what is no socket stays */
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	(void)close(fd);
	CU_ASSERT_EQUAL(uv_loop_init(&loop), 0);
	CU_ASSERT_PTR_NULL(open_second(error, sizeof(error)));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "no socket"));
	CU_ASSERT_EQUAL(unlink(path), 0);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	CU_ASSERT_EQUAL(uv_loop_close(&loop), 0);
}

/* --- base64 -------------------------------------------------------------- */

static void
test_base64(void)
{
	static const struct {
		const char *bytes, *text;
	} truths[] = { /* RFC 4648 10 */
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" }
	};
	static const char *const wrong[] = { "Z",
		"Zg=", "Zg==Zg==", "Z===", "Zm9v!mFy", "=Zg=", "Zm=v", "====" };
	uint8_t bytes[16];
	char text[16];
	for (size_t i = 0; i < LB_COUNT(truths); i++) {
		size_t length = strlen(truths[i].bytes);
		CU_ASSERT_STRING_EQUAL(
		    live_base64_write(
			(const uint8_t *)truths[i].bytes, length, text),
		    truths[i].text);
		CU_ASSERT_EQUAL(
		    live_base64_read(truths[i].text, bytes, sizeof(bytes)),
		    (ssize_t)length);
		CU_ASSERT_EQUAL(memcmp(bytes, truths[i].bytes, length), 0);
	}
	for (size_t i = 0; i < LB_COUNT(wrong); i++)
		CU_ASSERT_EQUAL(
		    live_base64_read(wrong[i], bytes, sizeof(bytes)), -1);
	CU_ASSERT_EQUAL(live_base64_read("Zm9vYmFy", bytes, 5), -1);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "lines", test_lines },
		{ "rubbish", test_rubbish },
		{ "misunderstood", test_misunderstood },
		{ "a line that does not end", test_long_line },
		{ "a slow reader", test_slow_reader },
		{ "stop", test_stop },
		{ "closed under way", test_close_under_way },
		{ "too many", test_too_many },
		{ "gone at once", test_gone_at_once },
		{ "the socket", test_socket },
		{ "base64", test_base64 },
		CU_TEST_INFO_NULL,
	};
	if (mkdtemp(folder) == NULL)
		return 77;
	(void)snprintf(path, sizeof(path), "%s/control.sock", folder);
	int status = unit_main("control", tests);
	(void)rmdir(folder);
	return status;
}
