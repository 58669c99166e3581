/* SPDX-License-Identifier: MIT */
/*
 * CoAP over DTLS with a pre-shared key (RFC 7252 9.1.3.1), by libcoap on the
 * loop of others: its epoll descriptor, timers included, is one socket to that
 * loop, and is never waited on.  As over plain UDP a ping or a GET; each try
 * is a handshake of its own, so that a server that lost its sessions, or a key
 * that is no longer right, is noticed, and a close_notify at its end.
 *
 * libcoap's handlers run amid its walk over sessions: they only note the
 * answer, and tries end when it is done.
 */
#include "live/probe/prober.h"

#ifdef HAVE_LIBCOAP

#include <coap3/coap.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "live/probe/prober_socket.h"

/* RFC 7252 5.10: no longer is a part of a path or query. */
#define OPTION_MAX 255u

struct flight {
	coap_session_t *session;
	struct prober_try *try;
	int answer; /* -1: none yet */
	struct flight *next;
};

struct prober_coaps {
	coap_context_t *context;
	uv_poll_t poll;
	struct flight *answered; /* tries that are to end */
};

/* --- how a try ends ------------------------------------------------------- */

static void
end(struct prober_try *try)
{
	struct flight *f = try->flight;

	if (f == NULL)
		return;
	try->flight = NULL;
	struct flight **at = &try->shared->coaps->answered;
	while (*at != NULL && *at != f)
		at = &(*at)->next;
	if (*at == f)
		*at = f->next;
	if (f->session != NULL) {
		coap_session_set_app_data(f->session, NULL);
		/* else what it sent is retransmitted, and keeps it */
		coap_session_disconnected(
		    f->session, COAP_NACK_NOT_DELIVERABLE);
		coap_session_release(f->session);
	}
	free(f);
}

static void
end_answered(struct prober_coaps *coaps)
{
	while (coaps->answered != NULL) {
		struct prober_try *try = coaps->answered->try;
		enum lb_answer answer = (enum lb_answer)coaps->answered->answer;
		end(try);
		try->answered(try, answer);
	}
}

/* The first one counts. */
static void
note(coap_session_t *session, enum lb_answer answer)
{
	struct flight *f = coap_session_get_app_data(session);

	if (f == NULL || f->answer >= 0)
		return;
	f->answer = (int)answer;
	f->next = f->try->shared->coaps->answered;
	f->try->shared->coaps->answered = f;
}

/* --- what libcoap hears --------------------------------------------------- */

static coap_response_t
heard_response(coap_session_t *session, const coap_pdu_t *sent,
    const coap_pdu_t *received, const coap_mid_t mid)
{
	(void)sent;
	(void)mid;
	note(session, COAP_RESPONSE_CLASS(coap_pdu_get_code(received)) == 2
			  ? LB_ANSWER_GOOD
			  : LB_ANSWER_WRONG);
	return COAP_RESPONSE_OK;
}

static void
heard_nack(coap_session_t *session, const coap_pdu_t *sent,
    const coap_nack_reason_t reason, const coap_mid_t mid)
{
	bool ping = sent != NULL && coap_pdu_get_code(sent) == 0;

	(void)mid;
	switch (reason) {
	case COAP_NACK_RST:
		note(session, ping ? LB_ANSWER_GOOD : LB_ANSWER_WRONG);
		return;
	case COAP_NACK_ICMP_ISSUE:
		note(session, LB_ANSWER_REFUSED);
		return;
	case COAP_NACK_TLS_FAILED:
		note(session, LB_ANSWER_WRONG);
		return;
	default: /* unanswered: silence, when the time is up */
		return;
	}
}

/* An identity that the server does not know, or no common cipher. */
static int
heard_event(coap_session_t *session, const coap_event_t event)
{
	if (event == COAP_EVENT_DTLS_ERROR)
		note(session, LB_ANSWER_WRONG);
	return 0;
}

static void
process(struct prober_coaps *coaps)
{
	(void)coap_io_process(coaps->context, COAP_IO_NO_WAIT);
	end_answered(coaps);
}

static void
on_ready(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	process(poll->data);
}

/* --- a try ---------------------------------------------------------------- */

static void
address_of(const struct lb_addr *from, uint16_t port, coap_address_t *to)
{
	struct sockaddr_storage storage;

	coap_address_init(to);
	to->size = prober_sockaddr(from, port, &storage);
	memcpy(&to->addr, &storage, to->size);
}

/* NULL: libcoap could not. */
static coap_session_t *
session_new(const struct prober_try *try)
{
	coap_address_t to, from;
	char *identity = try->probe->psk_identity;
	bool bound = lb_probe_has_source(try->probe);
	coap_dtls_cpsk_t setup = {
		.version = COAP_DTLS_CPSK_SETUP_VERSION,
		.psk_info = {
			.identity = { strlen(identity),
			    (const uint8_t *)identity },
			.key = { try->files->psk_bytes, try->files->psk },
		},
	};

	address_of(&try->address, try->probe->port, &to);
	if (bound)
		address_of(&try->probe->source, 0, &from);
	return coap_new_client_session_psk2(try->shared->coaps->context,
	    bound ? &from : NULL, &to, COAP_PROTO_DTLS, &setup);
}

/* Each part of text between separators; returns where it ends, NULL: they do
 * not fit. */
static const char *
add_parts(coap_pdu_t *pdu, coap_option_num_t number, const char *text,
    char separator, const char *until)
{
	const char *end = text + strcspn(text, until);

	while (text < end) {
		const char *next =
		    memchr(text, separator, (size_t)(end - text));
		size_t bytes = (size_t)((next != NULL ? next : end) - text);
		if (bytes > OPTION_MAX || coap_add_option(pdu, number, bytes,
					      (const uint8_t *)text) == 0)
			return NULL;
		text += bytes + (next != NULL);
	}
	return end;
}

static bool
add_get(coap_pdu_t *pdu, const struct prober_try *try)
{
	const uint8_t token[2] = { (uint8_t)(try->id >> 8), (uint8_t)try->id };
	const char *path = try->probe->path;

	if (coap_add_token(pdu, sizeof(token), token) == 0)
		return false;
	path = add_parts(
	    pdu, COAP_OPTION_URI_PATH, path + (*path == '/'), '/', "?");
	if (path == NULL || *path != '?')
		return path != NULL;
	return add_parts(pdu, COAP_OPTION_URI_QUERY, path + 1, '&', "") != NULL;
}

/* Kept by libcoap until the handshake is done.  NULL without memory, or when
 * the path does not fit. */
static coap_pdu_t *
request_new(const struct prober_try *try, coap_session_t *session)
{
	bool ping = try->probe->path == NULL;
	coap_pdu_t *pdu = coap_pdu_init(COAP_MESSAGE_CON,
	    ping ? COAP_EMPTY_CODE : COAP_REQUEST_CODE_GET,
	    coap_new_message_id(session), coap_session_max_pdu_size(session));

	if (pdu == NULL || ping || add_get(pdu, try))
		return pdu;
	coap_delete_pdu(pdu);
	return NULL;
}

static int
begin(struct prober_try *try)
{
	int rc = try->files->psk_bytes == 0 ? -ENOENT : prober_route_fails(try);
	if (rc != 0)
		return rc < 0 ? rc : 0; /* nobody will answer */
	struct flight *f = calloc(1, sizeof(*f));
	if (f == NULL)
		return -ENOMEM;
	*f = (struct flight){ .try = try, .answer = -1 };
	try->flight = f;
	f->session = session_new(try);
	coap_pdu_t *pdu =
	    f->session != NULL ? request_new(try, f->session) : NULL;
	if (pdu == NULL) {
		end(try);
		return -ENOMEM;
	}
	coap_session_set_app_data(f->session, f);
	(void)coap_send(f->session, pdu); /* and frees it, whatever comes */
	end_answered(try->shared->coaps);
	return 0;
}

static void
look(struct prober_try *try)
{
	if (try->flight != NULL)
		process(try->shared->coaps);
}

/* --- what all share ------------------------------------------------------- */

static bool
watch(struct prober_coaps *coaps, uv_loop_t *loop)
{
	int fd = coap_context_get_coap_fd(coaps->context);

	if (fd < 0 || uv_poll_init(loop, &coaps->poll, fd) != 0)
		return false;
	coaps->poll.data = coaps;
	return uv_poll_start(&coaps->poll, UV_READABLE, on_ready) == 0;
}

/* libcoap's own log is silenced: at its levels it would say too much. */
struct prober_coaps *
prober_coaps_new(uv_loop_t *loop)
{
	struct prober_coaps *coaps = calloc(1, sizeof(*coaps));

	if (coaps == NULL)
		return NULL;
	coap_startup();
	coap_set_log_level(LOG_EMERG);
	coap_dtls_set_log_level(LOG_EMERG);
	coaps->context = coap_new_context(NULL);
	if (coaps->context == NULL || !watch(coaps, loop)) {
		if (coaps->context != NULL)
			coap_free_context(coaps->context);
		free(coaps);
		return NULL;
	}
	coap_register_response_handler(coaps->context, heard_response);
	coap_register_nack_handler(coaps->context, heard_nack);
	coap_register_event_handler(coaps->context, heard_event);
	return coaps;
}

static void
on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void
prober_coaps_close(struct prober_coaps *coaps)
{
	if (coaps == NULL)
		return;
	(void)uv_poll_stop(&coaps->poll);
	uv_close((uv_handle_t *)&coaps->poll, on_closed);
	coap_free_context(coaps->context);
}

bool
prober_coaps_built_in(void)
{
	return coap_dtls_is_supported() != 0;
}

const struct prober_kind prober_coaps = {
	.begin = begin,
	.look = look,
	.end = end,
};

#else /* without libcoap such a configuration is refused */

#include <errno.h>

static int
begin(struct prober_try *try)
{
	(void)try;
	return -EPROTONOSUPPORT;
}

static void
nothing(struct prober_try *try)
{
	(void)try;
}

struct prober_coaps *
prober_coaps_new(uv_loop_t *loop)
{
	(void)loop;
	return NULL;
}

void
prober_coaps_close(struct prober_coaps *coaps)
{
	(void)coaps;
}

bool
prober_coaps_built_in(void)
{
	return false;
}

const struct prober_kind prober_coaps = {
	.begin = begin,
	.look = nothing,
	.end = nothing,
};

#endif
