/* SPDX-License-Identifier: MIT */
/*
 * live/probe/probers.c and the kinds of probes, against servers on loopback:
 * what each kind makes of what it hears, the beat of thousands, and what a
 * reload leaves alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "live/probe/probers.h"
#include "tests/live/probed.h"
#include "tests/support/busy.h"
#include "tests/unit.h"

#define INTERVAL_MS 100

/* --- servers on the same loop --------------------------------------------- */

enum manner { CLOSED, FULL, TALKS, MUTE, RESETS };

struct row {
	const char *name, *protocol, *more; /* more: of the probe's keys */
	enum manner manner;
	/* What is said to who connects or writes.  In datagrams I and J stand
	 * for the request's id, T and U for its token, X and Y for other
	 * values of J and U. */
	const char *words;
	size_t bytes; /* 0: strlen() */
	enum lb_answer expect;
};

struct server {
	uv_poll_t poll;
	int fd, fillers[4];
	uint16_t port;
	const struct row *row;
	unsigned asked, resets, eofs;
	struct in_addr peer; /* the latest */
	uint8_t last[512];
	size_t last_bytes;
	uint8_t acknowledged[4];
};

struct talk {
	uv_poll_t poll;
	int fd;
	struct server *server;
};

static void
free_handle(uv_handle_t *handle)
{
	free(handle->data);
}

static void
talk_end(struct talk *t)
{
	uv_close((uv_handle_t *)&t->poll, free_handle);
	(void)close(t->fd);
}

static void
keep_last(struct server *s, const void *in, size_t bytes)
{
	s->last_bytes = bytes < sizeof(s->last) ? bytes : sizeof(s->last) - 1;
	memcpy(s->last, in, s->last_bytes);
	s->last[s->last_bytes] = '\0';
}

static void
on_talk(uv_poll_t *poll, int status, int events)
{
	struct talk *t = poll->data;
	char in[2048];
	ssize_t bytes = recv(t->fd, in, sizeof(in), MSG_DONTWAIT);

	(void)status;
	(void)events;
	if (bytes < 0 && errno == EAGAIN)
		return;
	if (bytes > 0)
		keep_last(t->server, in, (size_t)bytes);
	if (bytes > 0 && t->server->row->manner == RESETS) {
		struct linger at_once = { 1, 0 };
		(void)setsockopt(
		    t->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		talk_end(t);
		return;
	}
	if (bytes > 0)
		return;
	t->server->eofs += bytes == 0;
	t->server->resets += bytes < 0;
	talk_end(t);
}

static void
on_accept(uv_poll_t *poll, int status, int events)
{
	struct server *s = poll->data;
	struct sockaddr_in from;
	socklen_t bytes = sizeof(from);
	int fd;

	(void)status;
	(void)events;
	while ((fd = accept4(s->fd, (struct sockaddr *)&from, &bytes,
		    SOCK_NONBLOCK)) >= 0) {
		s->peer = from.sin_addr;
		struct talk *t = calloc(1, sizeof(*t));
		UNIT_NEED(t);
		*t = (struct talk){ .fd = fd, .server = s };
		t->poll.data = t;
		s->asked++;
		CU_ASSERT(uv_poll_init(poll->loop, &t->poll, fd) == 0);
		CU_ASSERT(uv_poll_start(&t->poll, UV_READABLE, on_talk) == 0);
		if (s->row->manner == TALKS && s->row->words != NULL)
			(void)send(fd, s->row->words, strlen(s->row->words),
			    MSG_NOSIGNAL);
	}
}

/* The row's words about a request. */
static size_t
reply_to(const struct row *row, const uint8_t *in, uint8_t *out)
{
	const uint8_t *id = row->protocol[0] == 'd' ? in : in + 2;

	for (size_t i = 0; i < row->bytes; i++)
		switch (row->words[i]) {
		case 'I':
		case 'J':
			out[i] = id[row->words[i] - 'I'];
			break;
		case 'T':
		case 'U':
			out[i] = id[row->words[i] - 'T' + 2];
			break;
		case 'X':
		case 'Y':
			out[i] =
			    (uint8_t)(id[row->words[i] == 'X' ? 1 : 3] + 1);
			break;
		default:
			out[i] = (uint8_t)row->words[i];
		}
	return row->bytes;
}

/* Answers come from the address that was asked, of all of 127/8. */
static void
on_datagram(uv_poll_t *poll, int status, int events)
{
	struct server *s = poll->data;
	uint8_t in[2048], out[64], control[64] __attribute__((aligned(8)));
	struct sockaddr_in from;
	ssize_t bytes;

	(void)status;
	(void)events;
	for (;;) {
		struct iovec part = { in, sizeof(in) };
		struct msghdr m = { .msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control) };
		bytes = recvmsg(s->fd, &m, MSG_DONTWAIT);
		if (bytes < 0)
			return;
		if (bytes == 4 && memcmp(in, "\x60\x00", 2) == 0) {
			memcpy(s->acknowledged, in, 4);
			continue;
		}
		s->asked++;
		s->peer = from.sin_addr;
		keep_last(s, in, (size_t)bytes);
		if (s->row->manner != TALKS)
			continue;
		part.iov_len = (size_t)bytes;
		if (s->row->words != NULL)
			part = (struct iovec){ out, reply_to(s->row, in, out) };
		(void)sendmsg(s->fd, &m, 0);
	}
}

static int
connect_loopback(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	(void)connect(fd, (struct sockaddr *)&to, sizeof(to));
	return fd;
}

static void
server_start(struct server *s, uv_loop_t *loop, const struct row *row)
{
	bool tcp = row->protocol[0] == 't' || row->protocol[0] == 'h';
	struct sockaddr_in any = { .sin_family = AF_INET };
	socklen_t bytes = sizeof(any);
	int on = 1;

	*s = (struct server){ .row = row, .fillers = { -1, -1, -1, -1 } };
	s->poll.data = s;
	s->fd = socket(
	    AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);
	CU_ASSERT_FATAL(s->fd >= 0);
	CU_ASSERT(bind(s->fd, (struct sockaddr *)&any, sizeof(any)) == 0);
	CU_ASSERT(getsockname(s->fd, (struct sockaddr *)&any, &bytes) == 0);
	s->port = ntohs(any.sin_port);
	CU_ASSERT(uv_poll_init(loop, &s->poll, s->fd) == 0);
	if (row->manner == CLOSED) { /* bound, so that nobody else listens */
		if (!tcp)            /* it hears nobody but itself */
			(void)connect(
			    s->fd, (struct sockaddr *)&any, sizeof(any));
		return;
	}
	if (!tcp) {
		int room = 4 << 20;
		(void)setsockopt(s->fd, IPPROTO_IP, IP_PKTINFO, &on, 4);
		(void)setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &room, 4);
		CU_ASSERT(
		    uv_poll_start(&s->poll, UV_READABLE, on_datagram) == 0);
		return;
	}
	CU_ASSERT(listen(s->fd, row->manner == FULL ? 0 : 4096) == 0);
	if (row->manner != FULL)
		CU_ASSERT(uv_poll_start(&s->poll, UV_READABLE, on_accept) == 0);
	for (int i = 0; row->manner == FULL && i < 4; i++)
		s->fillers[i] = connect_loopback(s->port);
}

static void
server_stop(struct server *s)
{
	uv_close((uv_handle_t *)&s->poll, NULL);
	(void)close(s->fd);
	for (int i = 0; i < 4; i++)
		if (s->fillers[i] >= 0)
			(void)close(s->fillers[i]);
}

/* --- what is probed ------------------------------------------------------- */

/* members: of addresses 127.0.0.1 and on; 0: one whom nobody probes */
static struct made
make(const struct row *row, uint16_t port, unsigned interval, unsigned members)
{
	const char *more = row->more;
	char *text = NULL;
	size_t bytes;
	FILE *f = open_memstream(&text, &bytes);

	UNIT_NEED(f);
	(void)fprintf(f, "load_balancer: { sku: fairlead }\n"
			 "frontends: [{ name: f, address: 192.0.2.1 }]\n"
			 "pools:\n  - name: p\n    members:\n");
	for (unsigned i = 1; i <= members + (members == 0); i++)
		(void)fprintf(f, "    - { name: m%u, address: 127.0.%u.%u }\n",
		    i, i / 250, i % 250 + 1 - (members == 1));
	(void)fprintf(f,
	    "probes: [{ name: t, protocol: %s, port: %u, interval: "
	    "%ums%s%s }]\n"
	    "rules: [{ name: r, frontend: f, pool: p, %s protocol: tcp,"
	    " frontend_port: 1, table_size: 10007 }]\n",
	    row->protocol, (unsigned)port, interval, more != NULL ? ", " : "",
	    more != NULL ? more : "", members > 0 ? "probe: t," : "");
	(void)fclose(f);
	return made_of(text, bytes, "test");
}

/* --- a run ---------------------------------------------------------------- */

static void
close_handle(uv_handle_t *handle, void *arg)
{
	struct talk *t = handle->data;

	(void)arg;
	if (uv_is_closing(handle))
		return;
	(void)close(t->fd);
	uv_close(handle, free_handle);
}

/* With connections that servers still have. */
static void
run_end(uv_loop_t *loop)
{
	uv_walk(loop, close_handle, NULL);
	loop_end(loop);
}

#define BYTES(text) text, sizeof(text) - 1
static const struct row rows[] = {
	{ "tcp accepts", "tcp", NULL, TALKS, NULL, 0, LB_ANSWER_GOOD },
	{ "tcp greets", "tcp", NULL, TALKS, "220 hello\r\n", 0,
	    LB_ANSWER_GOOD },
	{ "tcp refuses", "tcp", NULL, CLOSED, NULL, 0, LB_ANSWER_REFUSED },
	{ "tcp is silent", "tcp", NULL, FULL, NULL, 0, LB_ANSWER_SILENT },
	{ "200", "http", "request_path: /", TALKS,
	    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 0,
	    LB_ANSWER_GOOD },
	{ "200 without end", "http", "request_path: /health?x=1", TALKS,
	    "HTTP/1.1 200 OK\r\n\r\nand so on", 0, LB_ANSWER_GOOD },
	{ "100, then 200", "http", "request_path: /", TALKS,
	    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 0,
	    LB_ANSWER_GOOD },
	{ "204", "http", "request_path: /", TALKS, "HTTP/1.1 204 No\r\n\r\n", 0,
	    LB_ANSWER_WRONG },
	{ "301", "http", "request_path: /", TALKS,
	    "HTTP/1.1 301 Away\r\nLocation: http://127.0.0.1/\r\n"
	    "Content-Length: 0\r\n\r\n",
	    0, LB_ANSWER_WRONG },
	{ "503", "http", "request_path: /", TALKS,
	    "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", 0,
	    LB_ANSWER_WRONG },
	{ "not HTTP", "http", "request_path: /", TALKS, "220 smtp.example\r\n",
	    0, LB_ANSWER_WRONG },
	{ "200, headers without end", "http", "request_path: /", TALKS,
	    "HTTP/1.1 200 OK\r\nX: y\r\n", 0, LB_ANSWER_SILENT },
	{ "http hangs", "http", "request_path: /", MUTE, NULL, 0,
	    LB_ANSWER_SILENT },
	{ "http refuses", "http", "request_path: /", CLOSED, NULL, 0,
	    LB_ANSWER_REFUSED },
	{ "http resets", "http", "request_path: /", RESETS, NULL, 0,
	    LB_ANSWER_REFUSED },
	{ "https hangs", "https", "request_path: /", MUTE, NULL, 0,
	    LB_ANSWER_SILENT },
	{ "https without TLS", "https", "request_path: /", TALKS,
	    "HTTP/1.1 200 OK\r\n\r\n", 0, LB_ANSWER_WRONG },
	{ "udp echoes", "udp", NULL, TALKS, NULL, 0, LB_ANSWER_GOOD },
	{ "udp refuses", "udp", NULL, CLOSED, NULL, 0, LB_ANSWER_REFUSED },
	{ "udp is silent", "udp", NULL, MUTE, NULL, 0, LB_ANSWER_SILENT },
	{ "udp as expected", "udp", "expect: pong", TALKS, BYTES("pong 1"),
	    LB_ANSWER_GOOD },
	{ "udp just as expected", "udp", "expect: 0x706f0067", TALKS,
	    BYTES("po\0g"), LB_ANSWER_GOOD },
	{ "udp as not expected", "udp", "expect: pong", TALKS, BYTES("ping 1"),
	    LB_ANSWER_WRONG },
	{ "udp too short", "udp", "expect: pong", TALKS, BYTES("po"),
	    LB_ANSWER_WRONG },
	{ "tcp from an address", "tcp", "source: 127.0.9.9", TALKS, NULL, 0,
	    LB_ANSWER_GOOD },
	{ "http from an address", "http", "request_path: /, source: 127.0.9.9",
	    TALKS, "HTTP/1.1 200 OK\r\n\r\n", 0, LB_ANSWER_GOOD },
	{ "ping from an address", "coap", "source: 127.0.9.9", TALKS,
	    BYTES("\x70\x00IJ"), LB_ANSWER_GOOD },
	{ "https by a name, hangs", "https",
	    "request_path: /, tls_name: a.example, tls_verify: true", MUTE,
	    NULL, 0, LB_ANSWER_SILENT },
	{ "ping", "coap", NULL, TALKS, BYTES("\x70\x00IJ"), LB_ANSWER_GOOD },
	{ "ping acknowledged", "coap", NULL, TALKS, BYTES("\x60\x00IJ"),
	    LB_ANSWER_GOOD },
	{ "ping taken for a request", "coap", NULL, TALKS, BYTES("\x60\x84IJ"),
	    LB_ANSWER_GOOD },
	{ "another ping acknowledged", "coap", NULL, TALKS, BYTES("\x60\x45IX"),
	    LB_ANSWER_SILENT },
	{ "another ping's reset", "coap", NULL, TALKS, BYTES("\x70\x00IX"),
	    LB_ANSWER_SILENT },
	{ "coap refuses", "coap", NULL, CLOSED, NULL, 0, LB_ANSWER_REFUSED },
	{ "2.05", "coap", "request_path: /time", TALKS,
	    BYTES("\x62\x45IJTU\xffnow"), LB_ANSWER_GOOD },
	{ "2.05 apart", "coap", "request_path: /time", TALKS,
	    BYTES("\x42\x45\x11\x22TU"), LB_ANSWER_GOOD },
	{ "4.04", "coap", "request_path: /a/b?c=d", TALKS,
	    BYTES("\x62\x84IJTU"), LB_ANSWER_WRONG },
	{ "5.00", "coap", "request_path: /a", TALKS, BYTES("\x62\xa0IJTU"),
	    LB_ANSWER_WRONG },
	{ "get reset", "coap", "request_path: /a", TALKS, BYTES("\x70\x00IJ"),
	    LB_ANSWER_WRONG },
	{ "another token", "coap", "request_path: /a", TALKS,
	    BYTES("\x62\x45IJTY"), LB_ANSWER_SILENT },
	{ "only acknowledged", "coap", "request_path: /a", TALKS,
	    BYTES("\x60\x00IJ"), LB_ANSWER_SILENT },
	{ "token too long", "coap", "request_path: /a", TALKS,
	    BYTES("\x6f\x45IJTU"), LB_ANSWER_SILENT },
	{ "too short", "coap", NULL, TALKS, BYTES("\x70\x00\x01"),
	    LB_ANSWER_SILENT },
	{ "no error", "dns", NULL, TALKS, BYTES("IJ\x81\x80\0\1\0\0\0\0\0\0"),
	    LB_ANSWER_GOOD },
	{ "no such name", "dns", NULL, TALKS,
	    BYTES("IJ\x81\x83\0\1\0\0\0\0\0\0"), LB_ANSWER_GOOD },
	{ "servfail", "dns", NULL, TALKS, BYTES("IJ\x81\x82\0\1\0\0\0\0\0\0"),
	    LB_ANSWER_WRONG },
	{ "refused", "dns", NULL, TALKS, BYTES("IJ\x81\x85\0\1\0\0\0\0\0\0"),
	    LB_ANSWER_WRONG },
	{ "an answer", "dns", "dns_name: a.example", TALKS,
	    BYTES("IJ\x81\x80\0\1\0\1\0\0\0\0"), LB_ANSWER_GOOD },
	{ "no answer", "dns", "dns_name: a.example", TALKS,
	    BYTES("IJ\x81\x80\0\1\0\0\0\1\0\0"), LB_ANSWER_WRONG },
	{ "no such name, but wanted", "dns", "dns_name: a.example", TALKS,
	    BYTES("IJ\x81\x83\0\1\0\0\0\0\0\0"), LB_ANSWER_WRONG },
	{ "another id", "dns", NULL, TALKS, BYTES("IX\x81\x80\0\1\0\0\0\0\0\0"),
	    LB_ANSWER_SILENT },
	{ "a query back", "dns", NULL, TALKS,
	    BYTES("IJ\x01\x80\0\1\0\0\0\0\0\0"), LB_ANSWER_SILENT },
};

static void
check_row(const struct row *row)
{
	uv_loop_t loop;
	struct server server;
	struct heard heard = { .loop = &loop, .until = 3 };

	CU_ASSERT_FATAL(uv_loop_init(&loop) == 0);
	server_start(&server, &loop, row);
	struct made m = make(row, server.port, INTERVAL_MS, 1);
	struct live_probers *p = live_probers_new(&loop, hear, &heard);
	UNIT_NEED(p);
	UNIT_EQUAL(row->name, live_probers_use(p, m.config, m.plan), 0);
	made_free(&m);
	run_for(&loop, 10000);
	UNIT_EQUAL(row->name, heard.count, 3);
	UNIT_EQUAL(row->name, heard.by[row->expect], 3);
	UNIT_EQUAL(row->name, live_probers_count(p)->answered[row->expect], 3);
	UNIT_EQUAL(row->name, live_probers_count(p)->failed, 0);
	if (row->manner == TALKS || row->manner == MUTE)
		UNIT_ROW(row->name, server.asked >= 3);
	if (row->more != NULL && strstr(row->more, "source") != NULL)
		UNIT_EQUAL(row->name, ntohl(server.peer.s_addr), 0x7f000909u);
	run_for(&loop, 20);
	if (row->protocol[0] == 't' && row->manner == TALKS) {
		UNIT_EQUAL(row->name, server.resets, 0);
		UNIT_ROW(row->name, server.eofs >= 3);
	}
	live_probers_close(p);
	server_stop(&server);
	run_end(&loop);
}

static void
test_answers(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
}

/* --- what goes over the wire ---------------------------------------------- */

/* One probe of a kind, and what the server saw of it. */
static void
one_request(const struct row *row, struct server *server)
{
	uv_loop_t loop;
	struct heard heard = { .loop = &loop, .until = 1 };

	CU_ASSERT_FATAL(uv_loop_init(&loop) == 0);
	server_start(server, &loop, row);
	struct made m = make(row, server->port, INTERVAL_MS, 1);
	struct live_probers *p = live_probers_new(&loop, hear, &heard);
	UNIT_NEED(p);
	CU_ASSERT_EQUAL(live_probers_use(p, m.config, m.plan), 0);
	made_free(&m);
	run_for(&loop, 10000);
	run_for(&loop, 20);
	live_probers_close(p);
	server_stop(server);
	run_end(&loop);
}

static void
test_coap_bytes(void)
{
	static const struct row apart = { "apart", "coap",
		"request_path: /a/bc?d=e&f", TALKS, BYTES("\x42\x45\x11\x22TU"),
		LB_ANSWER_GOOD };
	static const struct row ping = { "ping", "coap", NULL, TALKS,
		BYTES("\x70\x00IJ"), LB_ANSWER_GOOD };
	struct server s;

	one_request(&apart, &s);
	CU_ASSERT_EQUAL(s.last_bytes, 6 + 2 + 3 + 4 + 2);
	CU_ASSERT(memcmp(s.last, "\x42\x01", 2) == 0);
	CU_ASSERT(memcmp(s.last + 6,
		      "\xb1"
		      "a"
		      "\x02"
		      "bc"
		      "\x43"
		      "d=e"
		      "\x01"
		      "f",
		      11) == 0);
	CU_ASSERT(memcmp(s.acknowledged, "\x60\x00\x11\x22", 4) == 0);
	one_request(&ping, &s);
	CU_ASSERT_EQUAL(s.last_bytes, 4);
	CU_ASSERT(memcmp(s.last, "\x40\x00", 2) == 0);
}

/* Has the request that line? */
static bool
asked_line(const struct server *s, const char *line)
{
	return strstr((const char *)s->last, line) != NULL;
}

static void
test_http_bytes(void)
{
	static const struct row plain = { "plain", "http",
		"request_path: /up?x", TALKS, "HTTP/1.1 200 OK\r\n\r\n", 0,
		LB_ANSWER_GOOD };
	static const struct row named = { "named", "http",
		"request_path: /up, host: www.example.org:81", TALKS,
		"HTTP/1.1 200 OK\r\n\r\n", 0, LB_ANSWER_GOOD };
	static const struct row tls = { "tls", "https",
		"request_path: /up, host: www.example.org:81", TALKS, "no TLS",
		0, LB_ANSWER_WRONG };
	static const struct row other = { "other", "https",
		"request_path: /up, host: www.example.org, tls_name: a.example",
		TALKS, "no TLS", 0, LB_ANSWER_WRONG };
	struct server s;
	char host[64];

	one_request(&plain, &s);
	(void)snprintf(
	    host, sizeof(host), "\r\nHost: 127.0.0.1:%u\r\n", s.port);
	CU_ASSERT(asked_line(&s, "GET /up?x HTTP/1.1\r\n"));
	CU_ASSERT(asked_line(&s, host));
	one_request(&named, &s);
	CU_ASSERT(asked_line(&s, "\r\nHost: www.example.org:81\r\n"));
	CU_ASSERT(!asked_line(&s, "127.0.0.1"));
	one_request(&tls, &s); /* SNI, in the Client Hello */
	CU_ASSERT(memmem(s.last, s.last_bytes, "www.example.org", 15) != NULL);
	one_request(&other, &s);
	CU_ASSERT(memmem(s.last, s.last_bytes, "a.example", 9) != NULL);
	CU_ASSERT(memmem(s.last, s.last_bytes, "www", 3) == NULL);
}

static void
test_udp_bytes(void)
{
	static const struct row plain = { "plain", "udp", NULL, TALKS, NULL, 0,
		LB_ANSWER_GOOD };
	static const struct row said = { "said", "udp",
		"payload: 0x00ff0a, expect: 0x00", TALKS, NULL, 0,
		LB_ANSWER_GOOD };
	struct server s;

	one_request(&plain, &s);
	CU_ASSERT_STRING_EQUAL((const char *)s.last, "fairlead probe\n");
	one_request(&said, &s);
	CU_ASSERT_EQUAL(s.last_bytes, 3);
	CU_ASSERT(memcmp(s.last, "\x00\xff\x0a", 3) == 0);
}

static void
test_dns_bytes(void)
{
	static const struct row named = { "named", "dns", "dns_name: ab.c.",
		TALKS, BYTES("IJ\x81\x80\0\1\0\1\0\0\0\0"), LB_ANSWER_GOOD };
	static const struct row six = { "six", "dns",
		"dns_name: ab.c, dns_type: aaaa", TALKS,
		BYTES("IJ\x81\x80\0\1\0\1\0\0\0\0"), LB_ANSWER_GOOD };
	static const struct row row = { "dns", "dns", NULL, TALKS,
		BYTES("IJ\x81\x80\0\1\0\0\0\0\0\0"), LB_ANSWER_GOOD };
	struct server s;

	one_request(&row, &s);
	CU_ASSERT_EQUAL(s.last_bytes, 17);
	CU_ASSERT(
	    memcmp(s.last + 2, "\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1", 15) == 0);
	one_request(&named, &s);
	CU_ASSERT_EQUAL(s.last_bytes, 22);
	CU_ASSERT(memcmp(s.last + 12, "\2\x61\x62\1\x63\0\0\1\0\1", 10) == 0);
	one_request(&six, &s);
	CU_ASSERT_EQUAL(s.last_bytes, 22);
	CU_ASSERT(memcmp(s.last + 18, "\0\x1c\0\1", 4) == 0);
}

/* Nothing can be sent from there, which says nothing about the member. */
static void
test_no_source(void)
{
	static const struct row from_afar[] = {
		{ "tcp", "tcp", "source: 192.0.2.77", TALKS, NULL, 0,
		    LB_ANSWER_GOOD },
		{ "udp", "udp", "source: 192.0.2.77", TALKS, NULL, 0,
		    LB_ANSWER_GOOD },
		{ "http", "http", "request_path: /, source: 192.0.2.77", TALKS,
		    NULL, 0, LB_ANSWER_GOOD },
	};

	for (size_t i = 0; i < sizeof(from_afar) / sizeof(*from_afar); i++) {
		const struct row *row = &from_afar[i];
		uv_loop_t loop;
		struct server server;
		struct heard heard = { .loop = &loop };

		CU_ASSERT_FATAL(uv_loop_init(&loop) == 0);
		server_start(&server, &loop, row);
		struct made m = make(row, server.port, INTERVAL_MS, 1);
		struct live_probers *p = live_probers_new(&loop, hear, &heard);
		UNIT_NEED(p);
		CU_ASSERT_EQUAL(live_probers_use(p, m.config, m.plan), 0);
		made_free(&m);
		run_for(&loop, 5ull * INTERVAL_MS);
		UNIT_ROW(row->name, live_probers_count(p)->failed >= 2);
		UNIT_EQUAL(row->name, live_probers_count(p)->sent, 0);
		UNIT_EQUAL(row->name, heard.count, 0);
		live_probers_close(p);
		server_stop(&server);
		run_end(&loop);
	}
}

/* --- the beat ------------------------------------------------------------- */

#define RUN_MS 5000u

/* A kind, how many of it, and how often. */
struct crowd {
	struct row row;
	unsigned members, beat_ms;
};

static void
check_many(const struct crowd *crowd)
{
	const struct row *row = &crowd->row;
	unsigned members = crowd->members, beat_ms = crowd->beat_ms;
	unsigned beats_due = RUN_MS / beat_ms;
	uv_loop_t loop;
	struct server server;
	struct heard heard = { .loop = &loop };

	CU_ASSERT_FATAL(uv_loop_init(&loop) == 0);
	CU_ASSERT(uv_loop_configure(&loop, UV_METRICS_IDLE_TIME) == 0);
	server_start(&server, &loop, row);
	struct made m = make(row, server.port, beat_ms, members);
	struct live_probers *p = live_probers_new(&loop, hear, &heard);
	UNIT_NEED(p);
	uint64_t began = uv_hrtime(), waited = waited_for_cpu();
	CU_ASSERT_EQUAL(live_probers_use(p, m.config, m.plan), 0);
	made_free(&m);
	run_for(&loop, RUN_MS);
	const struct live_probers_counts *c = live_probers_count(p);
	uint64_t heard_of =
	    c->answered[0] + c->answered[1] + c->answered[2] + c->answered[3];
	uint64_t due = c->sent + c->missed + c->failed;
	(void)printf("\n    %s: %llu sent, %llu good, %llu silent, %llu late, "
		     "%llu missed, mean %.0f us, idle %.2f ",
	    row->name, (unsigned long long)c->sent,
	    (unsigned long long)c->answered[LB_ANSWER_GOOD],
	    (unsigned long long)c->answered[LB_ANSWER_SILENT],
	    (unsigned long long)c->late, (unsigned long long)c->missed,
	    (double)c->latency_sum_ns / 1e3 / (double)(heard_of + 1),
	    (double)uv_metrics_idle_time(&loop) / 1e6 / (RUN_MS));
	CU_ASSERT_EQUAL(c->targets, members);
	uint64_t beats = (uv_hrtime() - began) / (UINT64_C(1000000) * beat_ms);
	CU_ASSERT(beats + 1 >= beats_due); /* the timer rounds down */
	CU_ASSERT(
	    due >= members * (beats_due - 1) && due <= members * (beats + 1));
	CU_ASSERT_EQUAL(c->failed, 0);
	CU_ASSERT_EQUAL(heard_of, heard.count);
	CU_ASSERT(heard_of <= c->sent && heard_of + members >= c->sent);
	CU_ASSERT_EQUAL(c->answered[LB_ANSWER_WRONG], 0);
	CU_ASSERT_EQUAL(c->answered[LB_ANSWER_REFUSED], 0);
	/* A loop that had time to wait has no excuse, unless the machine let
	 * it wait for a CPU too. */
	if (uv_metrics_idle_time(&loop) > UINT64_C(1000000) * RUN_MS / 3 &&
	    waited_for_cpu() - waited < UINT64_C(1000000) * RUN_MS / 20) {
		CU_ASSERT(c->missed * 20 <= c->sent);
		CU_ASSERT(c->answered[LB_ANSWER_SILENT] * 20 <= c->sent);
	}
	uint64_t in_buckets = 0;
	for (size_t i = 0; i <= LIVE_LATENCY_BOUNDS; i++)
		in_buckets += c->latency[i];
	CU_ASSERT_EQUAL(in_buckets, heard_of - c->answered[LB_ANSWER_SILENT]);
	live_probers_close(p);
	server_stop(&server);
	run_end(&loop);
}

static void
test_many(void)
{
	static const struct crowd many[] = {
		{ { "coap", "coap", NULL, TALKS, BYTES("\x70\x00IJ"),
		      LB_ANSWER_GOOD },
		    2000, 200 },
		{ { "tcp", "tcp", NULL, TALKS, NULL, 0, LB_ANSWER_GOOD }, 2000,
		    200 },
		{ { "http", "http", "request_path: /", TALKS,
		      "HTTP/1.1 200 OK\r\n\r\n", 0, LB_ANSWER_GOOD },
		    2000, 1000 },
	};

	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++)
		check_many(&many[i]);
}

/* A loop that stood still: what was missed is left out, and an answer that came
 * in the meantime is no silence. */
static void
test_stall(void)
{
	static const struct row echo = { "echo", "udp", NULL, TALKS, NULL, 0,
		LB_ANSWER_GOOD };
	uv_loop_t loop;
	struct server server;
	struct heard heard = { .loop = &loop };

	CU_ASSERT_FATAL(uv_loop_init(&loop) == 0);
	server_start(&server, &loop, &echo);
	struct made m = make(&echo, server.port, INTERVAL_MS, 20);
	struct live_probers *p = live_probers_new(&loop, hear, &heard);
	UNIT_NEED(p);
	CU_ASSERT_EQUAL(live_probers_use(p, m.config, m.plan), 0);
	made_free(&m);
	run_for(&loop, 10ull * INTERVAL_MS);
	for (int i = 0; i < 5; i++) {
		(void)usleep(4 * INTERVAL_MS * 1000);
		run_for(&loop, INTERVAL_MS);
	}
	const struct live_probers_counts *c = live_probers_count(p);
	CU_ASSERT(c->missed >= 5 * 3 * 20);
	CU_ASSERT(c->answered[LB_ANSWER_GOOD] > 20 * 9);
	live_probers_close(p);
	server_stop(&server);
	run_end(&loop);
}

/* Who stays is not probed anew at once, who leaves no more. */
static void
test_reload(void)
{
	static const struct row echo = { "echo", "udp", NULL, TALKS, NULL, 0,
		LB_ANSWER_GOOD };
	uv_loop_t loop;
	struct server server;
	struct heard heard = { .loop = &loop };

	CU_ASSERT_FATAL(uv_loop_init(&loop) == 0);
	server_start(&server, &loop, &echo);
	struct live_probers *p = live_probers_new(&loop, hear, &heard);
	UNIT_NEED(p);
	for (unsigned i = 0; i < 50; i++) {
		struct made m =
		    make(&echo, server.port, 10000, i % 2 == 0 ? 500 : 250);
		CU_ASSERT_EQUAL(live_probers_use(p, m.config, m.plan), 0);
		CU_ASSERT_EQUAL(
		    live_probers_count(p)->targets, i % 2 == 0 ? 500u : 250u);
		made_free(&m);
		run_for(&loop, 4);
	}
	/* In 50 x 4 ms of 10 s a few; anew at each reload all would be. */
	CU_ASSERT(live_probers_count(p)->sent < 500);
	struct made m = make(&echo, server.port, 20, 0);
	CU_ASSERT_EQUAL(live_probers_use(p, m.config, m.plan), 0);
	made_free(&m);
	uint64_t sent = live_probers_count(p)->sent;
	run_for(&loop, 50);
	CU_ASSERT_EQUAL(live_probers_count(p)->sent, sent);
	CU_ASSERT_EQUAL(live_probers_count(p)->targets, 0);
	live_probers_close(p);
	server_stop(&server);
	run_end(&loop);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "what is heard of a member", test_answers },
		{ "CoAP byte for byte", test_coap_bytes },
		{ "HTTP's names", test_http_bytes },
		{ "UDP byte for byte", test_udp_bytes },
		{ "DNS byte for byte", test_dns_bytes },
		{ "a source that is none", test_no_source },
		{ "thousands", test_many },
		{ "a loop that stood still", test_stall },
		{ "a reload", test_reload },
		CU_TEST_INFO_NULL,
	};
	(void)signal(SIGPIPE, SIG_IGN);
	return unit_main("live probers", tests);
}
