/* SPDX-License-Identifier: MIT */
/*
 * CoAP over DTLS-PSK, against a server of libcoap's own on the same loop: what
 * is heard, keys that change, and how many there can be.
 */
#include <coap3/coap.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live/probe/probers.h"
#include "tests/live/probed.h"
#include "tests/support/busy.h"
#include "tests/unit.h"

#define IDENTITY "probe"
#define KEY      "correct horse"

static char folder[64];

/* --- a server ------------------------------------------------------------- */

struct server {
	coap_context_t *context; /* NULL: nobody reads the socket */
	uv_poll_t poll;
	int fd;
	uint16_t port;
	unsigned asked;
};

static void
on_server(uv_poll_t *poll, int status, int events)
{
	struct server *s = poll->data;

	(void)status;
	(void)events;
	(void)coap_io_process(s->context, COAP_IO_NO_WAIT);
}

static void
answer_up(coap_resource_t *resource, coap_session_t *session,
    const coap_pdu_t *request, const coap_string_t *query, coap_pdu_t *response)
{
	struct server *s = coap_resource_get_userdata(resource);
	bool sick = query != NULL && query->length == 4 &&
		    memcmp(query->s, "sick", 4) == 0;

	(void)session;
	(void)request;
	s->asked++;
	coap_pdu_set_code(response,
	    sick ? COAP_RESPONSE_CODE(503) : COAP_RESPONSE_CODE_CONTENT);
}

/* A port that is free now. */
static uint16_t
free_port(int *fd)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	socklen_t bytes = sizeof(any);

	*fd = socket(AF_INET, SOCK_DGRAM, 0);
	CU_ASSERT_FATAL(*fd >= 0);
	CU_ASSERT(bind(*fd, (struct sockaddr *)&any, sizeof(any)) == 0);
	CU_ASSERT(getsockname(*fd, (struct sockaddr *)&any, &bytes) == 0);
	return ntohs(any.sin_port);
}

static void
server_listen(struct server *s, uv_loop_t *loop)
{
	coap_address_t address;
	coap_dtls_spsk_t psk = {
		.version = COAP_DTLS_SPSK_SETUP_VERSION,
		.psk_info.key = { sizeof(KEY) - 1, (const uint8_t *)KEY },
	};
	coap_resource_t *up =
	    coap_resource_init(coap_make_str_const("up/now"), 0);

	coap_startup();
	coap_set_log_level(LOG_EMERG);
	s->context = coap_new_context(NULL);
	UNIT_NEED(s->context);
	CU_ASSERT(coap_context_set_psk2(s->context, &psk) != 0);
	coap_context_set_max_handshake_sessions(s->context, 1000);
	coap_address_init(&address);
	address.size = sizeof(address.addr.sin);
	address.addr.sin.sin_family = AF_INET;
	address.addr.sin.sin_port = htons(s->port);
	UNIT_NEED(coap_new_endpoint(s->context, &address, COAP_PROTO_DTLS));
	coap_resource_set_userdata(up, s);
	coap_register_request_handler(up, COAP_REQUEST_GET, answer_up);
	coap_add_resource(s->context, up);
	s->poll.data = s;
	CU_ASSERT(uv_poll_init(loop, &s->poll,
		      coap_context_get_coap_fd(s->context)) == 0);
	CU_ASSERT(uv_poll_start(&s->poll, UV_READABLE, on_server) == 0);
}

enum manner { SERVES, MUTE, CLOSED };

static void
server_start(struct server *s, uv_loop_t *loop, enum manner manner)
{
	*s = (struct server){ .fd = -1 };
	s->port = free_port(&s->fd);
	if (manner == MUTE)
		return;
	(void)close(s->fd);
	s->fd = -1;
	if (manner == SERVES)
		server_listen(s, loop);
}

static void
server_stop(struct server *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	if (s->context == NULL)
		return;
	uv_close((uv_handle_t *)&s->poll, NULL);
	coap_free_context(s->context);
}

/* --- what is probed ------------------------------------------------------- */

static void
write_key(const char *name, const char *key)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	if (f == NULL)
		abort();
	(void)fputs(key, f);
	(void)fclose(f);
}

static struct made
make(const char *keys, uint16_t port, unsigned interval, unsigned members)
{
	char *text = NULL, file[128];
	size_t bytes;
	FILE *f = open_memstream(&text, &bytes);

	UNIT_NEED(f);
	(void)fprintf(f, "load_balancer: { sku: fairlead }\n"
			 "frontends: [{ name: f, address: 192.0.2.1 }]\n"
			 "pools:\n  - name: p\n    members:\n");
	for (unsigned i = 0; i < members; i++)
		(void)fprintf(f, "    - { name: m%u, address: 127.0.%u.%u }\n",
		    i, i / 250, i % 250 + 1);
	(void)fprintf(f,
	    "probes: [{ name: t, protocol: coap, port: %u, interval: %ums, "
	    "psk_identity: " IDENTITY ", %s }]\n"
	    "rules: [{ name: r, frontend: f, pool: p, probe: t, protocol: tcp,"
	    " frontend_port: 1, table_size: 10007 }]\n",
	    (unsigned)port, interval, keys);
	(void)fclose(f);
	/* psk_file is beside the configuration */
	(void)snprintf(file, sizeof(file), "%s/lb.yaml", folder);
	return made_of(text, bytes, file);
}

/* --- a run ---------------------------------------------------------------- */

static const struct row {
	const char *name, *keys;
	enum manner manner;
	enum lb_answer expect;
} rows[] = {
	{ "ping", "psk_file: good", SERVES, LB_ANSWER_GOOD },
	{ "ping, a key in digits", "psk_file: hex", SERVES, LB_ANSWER_GOOD },
	{ "2.05", "psk_file: good, request_path: /up/now", SERVES,
	    LB_ANSWER_GOOD },
	{ "5.03", "psk_file: good, request_path: '/up/now?sick'", SERVES,
	    LB_ANSWER_WRONG },
	{ "4.04", "psk_file: good, request_path: /gone", SERVES,
	    LB_ANSWER_WRONG },
	{ "from an address", "psk_file: good, source: 127.0.9.9", SERVES,
	    LB_ANSWER_GOOD },
	{ "another key", "psk_file: bad", SERVES, LB_ANSWER_SILENT },
	{ "mute", "psk_file: good", MUTE, LB_ANSWER_SILENT },
	{ "refuses", "psk_file: good", CLOSED, LB_ANSWER_REFUSED },
};

static void
check_row(const struct row *row)
{
	uv_loop_t loop;
	struct server server;
	struct heard heard = { .loop = &loop, .until = 2 };

	CU_ASSERT_FATAL(uv_loop_init(&loop) == 0);
	server_start(&server, &loop, row->manner);
	struct made m = make(row->keys, server.port, 400, 1);
	struct live_probers *p = live_probers_new(&loop, hear, &heard);
	UNIT_NEED(p);
	UNIT_EQUAL(row->name, live_probers_use(p, m.config, m.plan), 0);
	made_free(&m);
	run_for(&loop, 10000);
	UNIT_EQUAL(row->name, heard.count, 2);
	UNIT_EQUAL(row->name, heard.by[row->expect], 2);
	UNIT_EQUAL(row->name, live_probers_count(p)->failed, 0);
	if (strstr(row->keys, "/up/now") != NULL)
		UNIT_ROW(row->name, server.asked >= 2);
	live_probers_close(p);
	server_stop(&server);
	loop_end(&loop);
}

static void
test_answers(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
}

/* Nothing can be sent, which says nothing about members. */
static void
test_failures(void)
{
	static const char *const keys[] = { "psk_file: none",
		"psk_file: good, source: 192.0.2.77" };

	for (size_t i = 0; i < 2; i++) {
		uv_loop_t loop;
		struct heard heard = { .loop = &loop };
		CU_ASSERT_FATAL(uv_loop_init(&loop) == 0);
		struct made m = make(keys[i], 1, 50, 1);
		struct live_probers *p = live_probers_new(&loop, hear, &heard);
		UNIT_NEED(p);
		CU_ASSERT_EQUAL(live_probers_use(p, m.config, m.plan), 0);
		made_free(&m);
		run_for(&loop, 300);
		UNIT_ROW(keys[i], live_probers_count(p)->failed >= 2);
		UNIT_EQUAL(keys[i], heard.count, 0);
		live_probers_close(p);
		loop_end(&loop);
	}
}

/* The key in the file changes: a reload takes it, without one it is not
 * looked at. */
static void
test_rotation(void)
{
	uv_loop_t loop;
	struct server server;
	struct heard heard = { .loop = &loop, .until = 2 };

	CU_ASSERT_FATAL(uv_loop_init(&loop) == 0);
	server_start(&server, &loop, SERVES);
	write_key("rotated", "not " KEY "\n");
	struct made m = make("psk_file: rotated", server.port, 400, 1);
	struct live_probers *p = live_probers_new(&loop, hear, &heard);
	UNIT_NEED(p);
	CU_ASSERT_EQUAL(live_probers_use(p, m.config, m.plan), 0);
	write_key("rotated", KEY "\r\n");
	run_for(&loop, 10000);
	CU_ASSERT_EQUAL(heard.by[LB_ANSWER_SILENT], 2);
	heard.until = 4;
	CU_ASSERT_EQUAL(live_probers_use(p, m.config, m.plan), 0);
	run_for(&loop, 10000);
	CU_ASSERT_EQUAL(heard.by[LB_ANSWER_GOOD], 2);
	made_free(&m);
	live_probers_close(p);
	server_stop(&server);
	loop_end(&loop);
}

/* Many at once: what they cost, server included. */
static void
test_many(void)
{
	enum { MANY = 100, BEAT_MS = 500, BEATS = 6 };
	uv_loop_t loop;
	struct server server;
	struct heard heard = { .loop = &loop };
	struct rusage before, after;

	CU_ASSERT_FATAL(uv_loop_init(&loop) == 0);
	server_start(&server, &loop, SERVES);
	struct made m = make("psk_file: good", server.port, BEAT_MS, MANY);
	struct live_probers *p = live_probers_new(&loop, hear, &heard);
	UNIT_NEED(p);
	CU_ASSERT_EQUAL(live_probers_use(p, m.config, m.plan), 0);
	made_free(&m);
	uint64_t waited = waited_for_cpu();
	(void)getrusage(RUSAGE_SELF, &before);
	run_for(&loop, BEAT_MS * BEATS);
	(void)getrusage(RUSAGE_SELF, &after);
	const struct live_probers_counts *c = live_probers_count(p);
	double cpu =
	    (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) +
	    (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec) / 1e6 +
	    (double)(after.ru_stime.tv_sec - before.ru_stime.tv_sec) +
	    (double)(after.ru_stime.tv_usec - before.ru_stime.tv_usec) / 1e6;
	(void)printf("\n    %llu sent, %u good, %u silent, %llu missed, "
		     "%.0f us of CPU each, both sides ",
	    (unsigned long long)c->sent, heard.by[LB_ANSWER_GOOD],
	    heard.by[LB_ANSWER_SILENT], (unsigned long long)c->missed,
	    cpu * 1e6 / (double)(c->sent + 1));
	/* Unless others had the CPU: a handshake takes its turns. */
	if (waited_for_cpu() - waited <
	    UINT64_C(1000000) * BEAT_MS * BEATS / 20)
		CU_ASSERT(heard.by[LB_ANSWER_GOOD] > MANY * (BEATS - 2));
	CU_ASSERT_EQUAL(c->failed, 0);
	CU_ASSERT_EQUAL(heard.by[LB_ANSWER_WRONG], 0);
	CU_ASSERT_EQUAL(heard.by[LB_ANSWER_REFUSED], 0);
	live_probers_close(p);
	server_stop(&server);
	loop_end(&loop);
}

static void
remove_folder(void)
{
	static const char *const names[] = { "good", "hex", "bad", "rotated" };
	char path[128];

	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "what is heard of a member", test_answers },
		{ "what can't be sent", test_failures },
		{ "a key that changes", test_rotation },
		{ "hundreds", test_many },
		CU_TEST_INFO_NULL,
	};
	(void)signal(SIGPIPE, SIG_IGN);
	(void)snprintf(folder, sizeof(folder), "/tmp/coaps-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return 1;
	write_key("good", KEY "\n");
	write_key("hex", "0x636F727265637420686f727365\nmore\n");
	write_key("bad", "battery staple");
	int rc = unit_main("live CoAP over DTLS", tests);
	remove_folder();
	return rc;
}
