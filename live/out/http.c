/* SPDX-License-Identifier: MIT */
#include "live/out/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "model/config/names.h"

#define PAGES_MAX 4u
/* Beside LIVE_HTTP_CONNECTIONS, for those that are ended but not yet closed:
 * the daemon lets in ten a turn, and closes the turn after.  At its own limit
 * it would stop listening until something else woke it. */
#define CONNECTIONS_ENDED 32u
#define CONNECTIONS_MAX   (LIVE_HTTP_CONNECTIONS + CONNECTIONS_ENDED)
#define NEVER_MS          UINT64_MAX

/* A client's connection. */
struct visitor {
	int fd;
	bool open, ended;  /* ended by us, and not yet closed */
	uint64_t since_ms; /* it came, or its last request was answered */
};

/* A page as it was made last. */
struct kept {
	struct MHD_Response *response; /* NULL: not yet */
	unsigned status;
	uint64_t made_ms;
};

struct live_http {
	uv_loop_t *loop;
	const struct live_http_page *pages;
	size_t page_count;
	void *arg;
	struct kept kept[PAGES_MAX];
	struct visitor visitors[CONNECTIONS_MAX];
	struct MHD_Daemon *daemon;
	uv_poll_t ready; /* a descriptor of the daemon's is */
	uv_timer_t due;  /* the daemon wants to be turned then */
	unsigned open_handles;
};

/* --- the address --------------------------------------------------------- */

/* 1..65535, and nothing behind it. */
static bool
port_of_text(const char *text, uint16_t *port)
{
	char *end;
	if (*text < '0' || *text > '9')
		return false;
	unsigned long value = strtoul(text, &end, 10);
	*port = (uint16_t)value;
	return *end == '\0' && value >= 1 && value <= UINT16_MAX;
}

bool
live_http_address_of_text(const char *text, struct live_http_address *address)
{
	char host[64] = "127.0.0.1";
	const char *colon = strrchr(text, ':');
	if (colon == NULL)
		return lb_addr_of_text(host, &address->address) &&
		       port_of_text(text, &address->port);
	const char *from = text, *to = colon;
	bool six = *from == '[' && to > from && to[-1] == ']';
	from += six;
	to -= six;
	if (to <= from || (size_t)(to - from) >= sizeof(host))
		return false;
	memcpy(host, from, (size_t)(to - from));
	host[to - from] = '\0';
	/* A colon more is an IPv6 address without brackets: whose port is it?
	 */
	return (strchr(host, ':') != NULL) == six &&
	       lb_addr_of_text(host, &address->address) &&
	       port_of_text(colon + 1, &address->port);
}

static socklen_t
socket_address(
    const struct live_http_address *address, struct sockaddr_storage *to)
{
	struct sockaddr_in *four = (struct sockaddr_in *)(void *)to;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)to;
	memset(to, 0, sizeof(*to));
	if (lb_addr_is_v4(&address->address)) {
		four->sin_family = AF_INET;
		four->sin_port = htons(address->port);
		four->sin_addr.s_addr = lb_addr_v4_raw(&address->address);
		return sizeof(*four);
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(address->port);
	memcpy(&six->sin6_addr, &address->address, sizeof(six->sin6_addr));
	return sizeof(*six);
}

/* A listening socket, or -errno. */
static int
listen_on(const struct live_http_address *address)
{
	struct sockaddr_storage to;
	socklen_t bytes = socket_address(address, &to);
	int one = 1;
	int fd =
	    socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (to.ss_family == AF_INET6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)(const void *)&to, bytes) == 0 &&
	    listen(fd, (int)LIVE_HTTP_CONNECTIONS) == 0)
		return fd;
	int code = errno;
	(void)close(fd);
	return -code;
}

static void
say_why(const struct live_http_address *address, int rc, char *error,
    size_t error_bytes)
{
	char text[64];
	(void)snprintf(error, error_bytes, "can't listen on %s port %u: %s",
	    lb_addr_text(&address->address, text, sizeof(text)), address->port,
	    strerror(-rc));
}

bool
live_http_taken(
    const struct live_http_address *address, char *error, size_t error_bytes)
{
	int fd = listen_on(address);
	if (fd >= 0)
		(void)close(fd);
	else
		say_why(address, fd, error, error_bytes);
	return fd < 0;
}

/* --- pages --------------------------------------------------------------- */

static struct MHD_Response *
response_of(struct live_http_answer answer, const char *more, const char *value)
{
	struct MHD_Response *r = NULL;
	if (answer.text != NULL)
		r = MHD_create_response_from_buffer(
		    answer.bytes, answer.text, MHD_RESPMEM_MUST_FREE);
	if (r == NULL) {
		free(answer.text);
		return NULL;
	}
	(void)MHD_add_response_header(
	    r, MHD_HTTP_HEADER_CONTENT_TYPE, answer.type);
	(void)MHD_add_response_header(
	    r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (more != NULL)
		(void)MHD_add_response_header(r, more, value);
	return r;
}

static uint64_t
now_ms(void)
{
	return uv_hrtime() / LB_NS_PER_MS;
}

/* As it is now, or was a moment ago. */
static const struct kept *
page(struct live_http *http, size_t i)
{
	struct kept *kept = &http->kept[i];
	if (kept->response != NULL &&
	    now_ms() - kept->made_ms < LIVE_HTTP_FRESH_MS)
		return kept;
	struct live_http_answer answer = http->pages[i].make(http->arg);
	struct MHD_Response *made = response_of(answer, NULL, NULL);
	if (made == NULL)
		return NULL;
	if (kept->response != NULL) /* who is being sent it keeps it */
		MHD_destroy_response(kept->response);
	*kept = (struct kept){ made, answer.status, now_ms() };
	return kept;
}

static enum MHD_Result
refuse(struct MHD_Connection *connection, unsigned status, const char *text,
    const char *more, const char *value)
{
	struct live_http_answer answer = { .type = "text/plain",
		.text = strdup(text),
		.bytes = strlen(text) };
	struct MHD_Response *r = response_of(answer, more, value);
	if (r == NULL)
		return MHD_NO;
	enum MHD_Result queued = MHD_queue_response(connection, status, r);
	MHD_destroy_response(r);
	return queued;
}

/* Called twice a request: with its headers, then with the whole of it. */
static enum MHD_Result
on_request(void *arg, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_bytes, void **seen)
{
	static char once;
	struct live_http *http = arg;
	(void)version;
	(void)upload;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
		    "GET and HEAD only\n", MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (*seen == NULL) {
		*seen = &once;
		return MHD_YES;
	}
	*upload_bytes = 0; /* a GET's body is nothing to us */
	for (size_t i = 0; i < http->page_count; i++) {
		if (strcmp(url, http->pages[i].path) != 0)
			continue;
		const struct kept *kept = page(http, i);
		return kept != NULL ? MHD_queue_response(connection,
					  kept->status, kept->response)
				    : MHD_NO;
	}
	return refuse(connection, MHD_HTTP_NOT_FOUND,
	    "there are /metrics and /healthz\n", NULL, NULL);
}

/* --- visitors ------------------------------------------------------------ */

/*
 * The daemon ends a connection that is silent, not one that says a byte a
 * second: a few dozen of those would keep everybody else out for as long as
 * they like.  So a request has a time to be made and answered in, and when
 * connections become scarce the one that has had its longest goes.
 */

/* The daemon closes it when it looks. */
static void
end_visit(struct visitor *v)
{
	v->ended = true;
	(void)shutdown(v->fd, SHUT_RDWR);
}

/* NULL: none that is not being ended already. */
static struct visitor *
longest(struct live_http *http)
{
	struct visitor *found = NULL;
	for (size_t i = 0; i < LB_COUNT(http->visitors); i++) {
		struct visitor *v = &http->visitors[i];
		if (v->open && !v->ended &&
		    (found == NULL || v->since_ms < found->since_ms))
			found = v;
	}
	return found;
}

static void
make_room(struct live_http *http)
{
	size_t staying = 0;
	for (size_t i = 0; i < LB_COUNT(http->visitors); i++)
		staying += http->visitors[i].open && !http->visitors[i].ended;
	if (staying >= LIVE_HTTP_CONNECTIONS)
		end_visit(longest(http));
}

static struct visitor *
visitor_new(struct live_http *http, int fd)
{
	for (size_t i = 0; i < LB_COUNT(http->visitors); i++) {
		struct visitor *v = &http->visitors[i];
		if (v->open)
			continue;
		*v = (struct visitor){
			.fd = fd, .open = true, .since_ms = now_ms()
		};
		return v;
	}
	return NULL; /* there are as many as the daemon lets in */
}

static void
on_connection(void *arg, struct MHD_Connection *connection, void **visitor,
    enum MHD_ConnectionNotificationCode what)
{
	struct live_http *http = arg;
	struct visitor *v = *visitor;
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		    connection, MHD_CONNECTION_INFO_CONNECTION_FD);
		make_room(http);
		*visitor =
		    info != NULL ? visitor_new(http, info->connect_fd) : NULL;
	} else if (v != NULL) {
		v->open = false;
	}
}

static void
on_answered(void *arg, struct MHD_Connection *connection, void **seen,
    enum MHD_RequestTerminationCode how)
{
	(void)arg;
	(void)seen;
	(void)how;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct visitor *v = info != NULL ? info->socket_context : NULL;
	if (v != NULL)
		v->since_ms = now_ms();
}

/* Ends who is over his time: how long until the next one is. */
static uint64_t
end_late(struct live_http *http)
{
	const uint64_t most_ms = LIVE_HTTP_REQUEST_S * 1000u;
	struct visitor *v;
	while ((v = longest(http)) != NULL) {
		uint64_t for_ms = now_ms() - v->since_ms;
		if (for_ms < most_ms)
			return most_ms - for_ms;
		end_visit(v);
	}
	return NEVER_MS;
}

/* --- the loop ------------------------------------------------------------ */

static void on_due(uv_timer_t *timer);

static void
turn(struct live_http *http)
{
	MHD_UNSIGNED_LONG_LONG daemon_ms = NEVER_MS;
	uint64_t wait_ms = end_late(http);
	(void)MHD_run(http->daemon);
	(void)MHD_get_timeout(http->daemon, &daemon_ms);
	if (daemon_ms < wait_ms)
		wait_ms = daemon_ms;
	if (wait_ms < NEVER_MS)
		(void)uv_timer_start(&http->due, on_due, wait_ms, 0);
	else
		(void)uv_timer_stop(&http->due);
}

static void
on_due(uv_timer_t *timer)
{
	turn(timer->data);
}

static void
on_ready(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	turn(poll->data);
}

static void
silent(void *arg, const char *format, va_list args)
{
	(void)arg;
	(void)format;
	(void)args; /* what a client does wrong is no event of ours */
}

static struct MHD_Daemon *
daemon_on(struct live_http *http, int fd)
{
	return MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL,
	    NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER, silent, NULL,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
	    MHD_OPTION_NOTIFY_COMPLETED, on_answered, NULL,
	    MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, LIVE_HTTP_IDLE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)LIVE_HTTP_REQUEST_BYTES,
	    MHD_OPTION_END);
}

/* 0, or a libuv error. */
static int
watch(struct live_http *http)
{
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (info == NULL)
		return UV_ENOSYS;
	int rc = uv_timer_init(http->loop, &http->due);
	if (rc != 0)
		return rc;
	http->open_handles = 1;
	rc = uv_poll_init(http->loop, &http->ready, info->epoll_fd);
	if (rc != 0)
		return rc;
	http->open_handles = 2;
	http->ready.data = http->due.data = http;
	return uv_poll_start(&http->ready, UV_READABLE, on_ready);
}

struct live_http *
live_http_open(uv_loop_t *loop, const struct live_http_address *address,
    const struct live_http_page *pages, size_t count, void *arg, char *error,
    size_t error_bytes)
{
	struct live_http *http = calloc(1, sizeof(*http));
	if (http == NULL || count > PAGES_MAX) {
		(void)snprintf(error, error_bytes, "no memory");
		free(http);
		return NULL;
	}
	http->loop = loop;
	http->pages = pages;
	http->page_count = count;
	http->arg = arg;
	int fd = listen_on(address);
	int rc = fd < 0 ? fd : 0;
	if (rc == 0) {
		http->daemon = daemon_on(http, fd);
		if (http->daemon == NULL) {
			(void)close(fd);
			rc = -ENOMEM;
		} else {
			rc = watch(http);
		}
	}
	if (rc == 0)
		return http;
	say_why(address, rc, error, error_bytes);
	live_http_close(http);
	return NULL;
}

static void
handle_closed(uv_handle_t *handle)
{
	struct live_http *http = handle->data;
	if (--http->open_handles > 0)
		return;
	free(http);
}

void
live_http_close(struct live_http *http)
{
	if (http == NULL)
		return;
	unsigned open = http->open_handles;
	http->ready.data = http->due.data = http;
	if (open > 1)
		(void)uv_poll_stop(&http->ready);
	if (http->daemon != NULL)
		MHD_stop_daemon(http->daemon);
	for (size_t i = 0; i < http->page_count; i++)
		if (http->kept[i].response != NULL)
			MHD_destroy_response(http->kept[i].response);
	if (open == 0)
		free(http);
	if (open > 1)
		uv_close((uv_handle_t *)&http->ready, handle_closed);
	if (open > 0)
		uv_close((uv_handle_t *)&http->due, handle_closed);
}
