/* SPDX-License-Identifier: MIT */
/*
 * live/out/http.c: where it listens, and how it answers; a client that says
 * nothing, too much, or a byte at a time keeps nobody waiting.
 */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "live/out/http.h"
#include "model/config/names.h"
#include "tests/unit.h"

static void
test_addresses(void)
{
	static const struct {
		const char *text, *address; /* NULL: it is none */
		unsigned port;
	} rows[] = {
		{ "9464", "127.0.0.1", 9464 },
		{ "1", "127.0.0.1", 1 },
		{ "0.0.0.0:80", "0.0.0.0", 80 },
		{ "10.1.2.3:65535", "10.1.2.3", 65535 },
		{ "[::1]:9464", "::1", 9464 },
		{ "[::]:9464", "::", 9464 },
		{ "", NULL, 0 },
		{ "0", NULL, 0 },
		{ ":9464", NULL, 0 },
		{ "10.1.2.3:", NULL, 0 },
		{ "10.1.2.3:65536", NULL, 0 },
		{ "10.1.2.3:99999999999999999999", NULL, 0 },
		{ "10.1.2.3:-1", NULL, 0 },
		{ "10.1.2.3: 1", NULL, 0 },
		{ "10.1.2.3:80x", NULL, 0 },
		{ "::1:80", NULL, 0 },
		{ "[10.1.2.3]:80", NULL, 0 },
		{ "[::1]80", NULL, 0 },
		{ "[]:80", NULL, 0 },
		{ "[:80", NULL, 0 },
		{ "localhost:80", NULL, 0 },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaa:80",
		    NULL, 0 },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct live_http_address is = { .port = 0 };
		char text[64];
		bool fits = live_http_address_of_text(rows[i].text, &is);
		UNIT_EQUAL(rows[i].text, fits, rows[i].address != NULL);
		if (!fits || rows[i].address == NULL)
			continue;
		UNIT_EQUAL(rows[i].text, is.port, rows[i].port);
		UNIT_ROW(rows[i].text,
		    strcmp(lb_addr_text(&is.address, text, sizeof(text)),
			rows[i].address) == 0);
	}
}

/* --- talking to it ------------------------------------------------------- */

static unsigned made;

static struct live_http_answer
make_count(void *arg)
{
	char text[32];
	(void)arg;
	int bytes = snprintf(text, sizeof(text), "made %u\n", ++made);
	return (struct live_http_answer){ 200, "text/plain", strdup(text),
		(size_t)bytes };
}

static struct live_http_answer
make_ill(void *arg)
{
	(void)arg;
	return (struct live_http_answer){ 503, "application/json", strdup("{}"),
		2 };
}

static struct live_http_answer
make_nothing(void *arg)
{
	(void)arg;
	return (struct live_http_answer){ 200, "text/plain", NULL, 0 };
}

static const struct live_http_page pages[] = {
	{ "/count", make_count },
	{ "/ill", make_ill },
	{ "/nothing", make_nothing },
};

struct served {
	uv_loop_t loop;
	struct live_http *http;
	struct live_http_address address;
};

/* On some free port. */
static void
serve(struct served *s)
{
	char error[256] = "";
	CU_ASSERT_EQUAL_FATAL(uv_loop_init(&s->loop), 0);
	CU_ASSERT(live_http_address_of_text("1", &s->address));
	for (unsigned port = 20000 + (unsigned)getpid() % 20000;
	     s->http == NULL && port < 65000; port++) {
		s->address.port = (uint16_t)port;
		s->http = live_http_open(&s->loop, &s->address, pages,
		    LB_COUNT(pages), NULL, error, sizeof(error));
	}
	UNIT_NEED(s->http);
}

static void
end(struct served *s)
{
	live_http_close(s->http);
	(void)uv_run(&s->loop, UV_RUN_DEFAULT);
	CU_ASSERT_EQUAL(uv_loop_close(&s->loop), 0);
}

static int
dial(const struct served *s)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(s->address.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	CU_ASSERT_EQUAL(
	    connect(fd, (const struct sockaddr *)(const void *)&to, sizeof(to)),
	    0);
	return fd;
}

static void
on_stop(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

/* Turns the loop for a while. */
static void
turn(struct served *s, unsigned ms)
{
	uv_timer_t stop;
	(void)uv_timer_init(&s->loop, &stop);
	uv_update_time(&s->loop);
	(void)uv_timer_start(&stop, on_stop, ms, 0);
	(void)uv_run(&s->loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&stop, NULL);
	(void)uv_run(&s->loop, UV_RUN_NOWAIT);
}

/* What is answered to what is said; "" for nothing. */
static const char *
ask(struct served *s, int fd, const char *request)
{
	static char answer[4096];
	size_t used = 0;
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		return "";
	for (unsigned left = 100; left > 0; left--) {
		turn(s, 10);
		ssize_t n = recv(
		    fd, answer + used, sizeof(answer) - 1 - used, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && used > 0))
			break;
		used += n > 0 ? (size_t)n : 0;
	}
	answer[used] = '\0';
	return answer;
}

static const char *
ask_once(struct served *s, const char *request)
{
	int fd = dial(s);
	const char *answer = ask(s, fd, request);
	(void)close(fd);
	return answer;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static void
test_answers(void)
{
	struct served s = { .http = NULL };
	serve(&s);
	const char *answer = ask_once(&s, GET("/count"));
	CU_ASSERT(begins(answer, "HTTP/1.1 200 "));
	CU_ASSERT(strstr(answer, "\r\n\r\nmade 1\n") != NULL);
	CU_ASSERT(begins(ask_once(&s, GET("/ill")), "HTTP/1.1 503 "));
	CU_ASSERT(begins(ask_once(&s, GET("/")), "HTTP/1.1 404 "));
	CU_ASSERT(begins(ask_once(&s, GET("/count/../x")), "HTTP/1.1 404 "));
	CU_ASSERT_STRING_EQUAL(ask_once(&s, GET("/nothing")), "");
	answer = ask_once(&s, "HEAD /count HTTP/1.1\r\nHost: x\r\n\r\n");
	CU_ASSERT(begins(answer, "HTTP/1.1 200 "));
	CU_ASSERT(strstr(answer, "made") == NULL);
	answer = ask_once(&s,
	    "POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
	CU_ASSERT(begins(answer, "HTTP/1.1 405 "));
	CU_ASSERT(strstr(answer, "Allow: GET, HEAD") != NULL);
	CU_ASSERT(!begins(
	    ask_once(&s, "\x16\x03\x01 nonsense\r\n\r\n"), "HTTP/1.1 200"));
	end(&s);
}

/* Asked in a row it is made once, and anew when it is no longer fresh. */
static void
test_freshness(void)
{
	struct served s = { .http = NULL };
	serve(&s);
	made = 0;
	int fd = dial(&s);
	for (unsigned i = 0; i < 5; i++)
		CU_ASSERT(
		    strstr(ask(&s, fd, GET("/count")), "made 1\n") != NULL);
	turn(&s, 2 * LIVE_HTTP_FRESH_MS);
	CU_ASSERT(strstr(ask(&s, fd, GET("/count")), "made 2\n") != NULL);
	(void)close(fd);
	end(&s);
}

/* Idle ones may have every connection but one that is free. */
static void
test_idlers(void)
{
	struct served s = { .http = NULL };
	int idle[LIVE_HTTP_CONNECTIONS - 1];
	serve(&s);
	for (size_t i = 0; i < LB_COUNT(idle); i++) {
		idle[i] = dial(&s);
		(void)send(idle[i], "GET /cou", 8, MSG_NOSIGNAL);
	}
	turn(&s, 50);
	CU_ASSERT(begins(ask_once(&s, GET("/ill")), "HTTP/1.1 503 "));
	static char much[4 * LIVE_HTTP_REQUEST_BYTES];
	memset(much, 'a', sizeof(much) - 1);
	CU_ASSERT(!begins(ask(&s, idle[0], much), "HTTP/1.1 200"));
	for (size_t i = 0; i < LB_COUNT(idle); i++)
		(void)close(idle[i]);
	turn(&s, 50);
	CU_ASSERT(begins(ask_once(&s, GET("/ill")), "HTTP/1.1 503 "));
	end(&s);
}

/* Says one more byte of a request that never ends: true while it may. */
static bool
dribble(int fd)
{
	char got[64];
	return send(fd, "a", 1, MSG_NOSIGNAL) == 1 &&
	       recv(fd, got, sizeof(got), MSG_DONTWAIT) < 0;
}

/*
 * More than there is room for, who all go on talking: each newcomer is
 * answered, and who is put out comes again.
 */
static void
test_dribblers(void)
{
	struct served s = { .http = NULL };
	int slow[LIVE_HTTP_CONNECTIONS + 16];
	unsigned ended = 0;
	serve(&s);
	for (size_t i = 0; i < LB_COUNT(slow); i++) {
		if (i % 16 == 0)
			turn(&s, 10); /* fewer than may wait to be let in */
		slow[i] = dial(&s);
		(void)send(
		    slow[i], "GET /ill HTTP/1.1\r\nX: ", 23, MSG_NOSIGNAL);
	}
	for (unsigned round = 0; round < 20; round++) {
		CU_ASSERT(begins(ask_once(&s, GET("/ill")), "HTTP/1.1 503 "));
		for (size_t i = 0; i < LB_COUNT(slow); i++) {
			if (dribble(slow[i]))
				continue;
			if (ended++ % 16 == 0)
				turn(&s, 10);
			(void)close(slow[i]);
			slow[i] = dial(&s);
		}
		turn(&s, 10);
	}
	CU_ASSERT(ended >= 16);
	for (size_t i = 0; i < LB_COUNT(slow); i++)
		(void)close(slow[i]);
	end(&s);
}

/* One alone, never silent for as long as would end it, has its time. */
static void
test_late(void)
{
	struct served s = { .http = NULL };
	serve(&s);
	int slow = dial(&s), left = 10 * LIVE_HTTP_REQUEST_S;
	CU_ASSERT_EQUAL(send(slow, "GET /", 5, MSG_NOSIGNAL), 5);
	uint64_t from_ns = uv_hrtime();
	for (; left > 0 && dribble(slow); left--)
		turn(&s, 200);
	uint64_t took_ns = uv_hrtime() - from_ns;
	CU_ASSERT(left > 0);
	CU_ASSERT(took_ns > LIVE_HTTP_IDLE_S * LB_NS_PER_S);
	(void)close(slow);
	CU_ASSERT(begins(ask_once(&s, GET("/ill")), "HTTP/1.1 503 "));
	end(&s);
}

static void
test_taken(void)
{
	struct served s = { .http = NULL };
	char error[256] = "";
	serve(&s);
	CU_ASSERT_PTR_NULL(live_http_open(&s.loop, &s.address, pages,
	    LB_COUNT(pages), NULL, error, sizeof(error)));
	CU_ASSERT(strstr(error, "127.0.0.1") != NULL);
	CU_ASSERT(strstr(error, "in use") != NULL);
	end(&s);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "addresses", test_addresses },
		{ "answers", test_answers },
		{ "freshness", test_freshness },
		{ "idlers", test_idlers },
		{ "dribblers", test_dribblers },
		{ "late", test_late },
		{ "taken", test_taken },
		CU_TEST_INFO_NULL,
	};
	return unit_main("live/http", tests);
}
