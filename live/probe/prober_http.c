/* SPDX-License-Identifier: MIT */
/*
 * HTTP and HTTPS, by libcurl on the loop of others.  Status 200 is good, any
 * other wrong, redirects included; known with the end of the headers, and no
 * body is read.  Each try is a connection of its own, so that a listener that
 * closed is noticed.
 *
 * Certificates are not verified unless the probe says so: members are named by
 * address, and Azure does not either.
 */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live/probe/prober.h"
#include "live/probe/prober_socket.h"
#include "model/config/names.h"

#define STATUS_GOOD 200
/* 1xx come before the answer. */
#define STATUS_LEAST 200
/* A file of authorities that changed is noticed so late. */
#define CA_KEPT_S 60L

struct prober_http {
	CURLM *multi;
	uv_loop_t *loop;
	uv_timer_t timer;
};

struct flight {
	CURL *easy;
	struct curl_slist *headers, *where; /* NULL: as the URL says */
	long status;                        /* 0: the headers have not ended */
};

/* A socket of libcurl's. */
struct watched {
	uv_poll_t poll;
	curl_socket_t fd;
	struct prober_http *http;
};

/* --- how a try ended ------------------------------------------------------ */

/* -1: nothing was heard of the member, and nothing will be. */
static int
judge(const struct flight *f, CURLcode result)
{
	long code = 0;

	if (f->status != 0)
		return f->status == STATUS_GOOD ? LB_ANSWER_GOOD
						: LB_ANSWER_WRONG;
	(void)curl_easy_getinfo(f->easy, CURLINFO_OS_ERRNO, &code);
	if (code != 0 && prober_socket_answer((int)code) >= 0)
		return LB_ANSWER_REFUSED;
	if (result == CURLE_RECV_ERROR || result == CURLE_SEND_ERROR)
		return LB_ANSWER_REFUSED; /* a reset within the connection */
	return result == CURLE_COULDNT_CONNECT ||
		       result == CURLE_OPERATION_TIMEDOUT
		   ? -1
		   : LB_ANSWER_WRONG;
}

static void
end(struct prober_try *try)
{
	struct flight *f = try->flight;

	if (f == NULL)
		return;
	try->flight = NULL;
	(void)curl_multi_remove_handle(try->shared->http->multi, f->easy);
	curl_easy_cleanup(f->easy);
	curl_slist_free_all(f->headers);
	curl_slist_free_all(f->where);
	free(f);
}

static void
take_ended(struct prober_http *http)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		struct prober_try *try = NULL;
		(void)curl_easy_getinfo(
		    message->easy_handle, CURLINFO_PRIVATE, (char **)&try);
		if (message->msg != CURLMSG_DONE || try == NULL)
			continue;
		int answer = judge(try->flight, message->data.result);
		end(try);
		if (answer >= 0)
			try->answered(try, (enum lb_answer)answer);
	}
}

/* --- libcurl's sockets and timer on the loop ------------------------------ */

static void
act(struct prober_http *http, curl_socket_t fd, int events)
{
	int running;

	(void)curl_multi_socket_action(http->multi, fd, events, &running);
	take_ended(http);
}

static void
on_timer(uv_timer_t *timer)
{
	act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int
want_timer(CURLM *multi, long ms, void *arg)
{
	struct prober_http *http = arg;

	(void)multi;
	if (ms < 0)
		return uv_timer_stop(&http->timer);
	return uv_timer_start(&http->timer, on_timer, (uint64_t)ms, 0);
}

static void
on_ready(uv_poll_t *poll, int status, int events)
{
	struct watched *w = poll->data;
	int flags = 0;

	if (status < 0)
		flags |= CURL_CSELECT_ERR;
	if ((events & UV_READABLE) != 0)
		flags |= CURL_CSELECT_IN;
	if ((events & UV_WRITABLE) != 0)
		flags |= CURL_CSELECT_OUT;
	act(w->http, w->fd, flags);
}

static void
on_unwatched(uv_handle_t *handle)
{
	free(handle->data);
}

static struct watched *
watch(struct prober_http *http, curl_socket_t fd)
{
	struct watched *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->fd = fd;
	w->http = http;
	w->poll.data = w;
	if (uv_poll_init_socket(http->loop, &w->poll, fd) != 0) {
		free(w);
		return NULL;
	}
	(void)curl_multi_assign(http->multi, fd, w);
	return w;
}

static int
want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct watched *w = socket_arg;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w == NULL)
			return 0;
		(void)uv_poll_stop(&w->poll);
		uv_close((uv_handle_t *)&w->poll, on_unwatched);
		(void)curl_multi_assign(w->http->multi, fd, NULL);
		return 0;
	}
	if (w == NULL)
		w = watch(arg, fd);
	if (w == NULL)
		return -1;
	int events = ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) |
		     ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
	return uv_poll_start(&w->poll, events, on_ready) == 0 ? 0 : -1;
}

/* --- a try ---------------------------------------------------------------- */

/* One line of the headers; an empty one ends them, and with them the try. */
static size_t
heard_header(char *line, size_t size, size_t count, void *arg)
{
	struct flight *f = arg;
	size_t bytes = size * count;
	long status = 0;

	if (line[0] != '\r' && line[0] != '\n')
		return bytes;
	(void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status < STATUS_LEAST)
		return bytes;
	f->status = status;
	return 0;
}

static size_t
heard_body(char *body, size_t size, size_t count, void *arg)
{
	(void)body;
	(void)size;
	(void)count;
	(void)arg;
	return 0;
}

/* Whose certificate it is to be: the bytes of a name in the probe's words, 0:
 * the address's. */
static size_t
tls_name_of(const struct prober_try *try, const char **name)
{
	const struct lb_config_probe *probe = try->probe;

	*name = probe->tls_name != NULL ? probe->tls_name : probe->host;
	if (probe->protocol != LB_PROBE_HTTPS || *name == NULL ||
	    (*name)[0] == '[') /* an IPv6 address */
		return 0;
	return strcspn(*name, ":");
}

/* NULL without memory. */
static char *
url_of(const struct prober_try *try)
{
	char authority[80], *url = NULL;
	const struct lb_config_probe *probe = try->probe;
	const char *name;
	size_t bytes = tls_name_of(try, &name);
	const char *path = probe->path != NULL ? probe->path : "/";
	int rc;

	(void)lb_addr_port_text(
	    &try->address, probe->port, authority, sizeof(authority));
	if (bytes > 0)
		rc = asprintf(&url, "https://%.*s:%u%s", (int)bytes, name,
		    (unsigned)probe->port, path);
	else
		rc = asprintf(&url, "%s://%s%s",
		    probe->protocol == LB_PROBE_HTTPS ? "https" : "http",
		    authority, path);
	return rc < 0 ? NULL : url;
}

/* With a name in the URL: the member is at its address all the same, and the
 * Host header is what the probe says, else that address. */
static CURLcode
set_names(const struct prober_try *try, struct flight *f)
{
	char authority[80], text[512];
	const char *name, *host = try->probe->host;
	CURLcode rc = CURLE_OK;
	bool named = tls_name_of(try, &name) > 0;

	(void)lb_addr_port_text(
	    &try->address, try->probe->port, authority, sizeof(authority));
	if (!named && host == NULL)
		return CURLE_OK;
	(void)snprintf(
	    text, sizeof(text), "Host: %s", host != NULL ? host : authority);
	f->headers = curl_slist_append(NULL, text);
	if (f->headers == NULL)
		return CURLE_OUT_OF_MEMORY;
	rc = curl_easy_setopt(f->easy, CURLOPT_HTTPHEADER, f->headers);
	if (rc != CURLE_OK || !named)
		return rc;
	(void)snprintf(text, sizeof(text), "::%s", authority);
	f->where = curl_slist_append(NULL, text);
	if (f->where == NULL)
		return CURLE_OUT_OF_MEMORY;
	return curl_easy_setopt(f->easy, CURLOPT_CONNECT_TO, f->where);
}

#define SET(option, value)                                                     \
	do {                                                                   \
		if (rc == CURLE_OK)                                            \
			rc = curl_easy_setopt(f->easy, option, value);         \
	} while (0)

/* Authorities from one file: these libcurl keeps from try to try. */
static CURLcode
set_tls(const struct prober_try *try, struct flight *f)
{
	bool verify = try->probe->tls_verify;
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
	SET(CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
	if (!verify)
		return rc;
	SET(CURLOPT_CAPATH, NULL);
	if (try->files->ca != NULL)
		SET(CURLOPT_CAINFO, try->files->ca);
#if LIBCURL_VERSION_NUM >= 0x075700
	SET(CURLOPT_CA_CACHE_TIMEOUT, CA_KEPT_S);
#endif
	return rc;
}

static CURLcode
set_source(const struct prober_try *try, struct flight *f)
{
	char text[80] = "host!";

	if (!lb_probe_has_source(try->probe))
		return CURLE_OK;
	(void)lb_addr_text(&try->probe->source, text + 5, sizeof(text) - 5);
	return curl_easy_setopt(f->easy, CURLOPT_INTERFACE, text);
}

/* The environment's proxies, ~/.netrc and redirects are none of ours. */
static CURLcode
set_up(struct prober_try *try, struct flight *f, const char *url)
{
	CURLcode rc = curl_easy_setopt(f->easy, CURLOPT_URL, url);

	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PATH_AS_IS, 1L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_USERAGENT, "fairlead");
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_HEADERFUNCTION, heard_header);
	SET(CURLOPT_HEADERDATA, f);
	SET(CURLOPT_WRITEFUNCTION, heard_body);
	SET(CURLOPT_PRIVATE, try);
	if (rc == CURLE_OK)
		rc = set_tls(try, f);
	if (rc == CURLE_OK)
		rc = set_names(try, f);
	return rc == CURLE_OK ? set_source(try, f) : rc;
}

#undef SET

static int
begin(struct prober_try *try)
{
	int fails = prober_source_fails(try);
	if (fails != 0)
		return fails;
	struct flight *f = calloc(1, sizeof(*f));
	char *url = url_of(try);

	if (f == NULL || url == NULL || (f->easy = curl_easy_init()) == NULL) {
		free(f);
		free(url);
		return -ENOMEM;
	}
	CURLcode rc = set_up(try, f, url);
	free(url);
	try->flight = f;
	if (rc == CURLE_OK && curl_multi_add_handle(try->shared->http->multi,
				  f->easy) == CURLM_OK)
		return 0;
	end(try);
	return -ENOMEM;
}

static void
look(struct prober_try *try)
{
	struct flight *f = try->flight;
	curl_socket_t fd = CURL_SOCKET_BAD;

	if (f == NULL)
		return;
	(void)curl_easy_getinfo(f->easy, CURLINFO_ACTIVESOCKET, &fd);
	if (fd != CURL_SOCKET_BAD)
		act(try->shared->http, fd, 0);
}

const struct prober_kind prober_http = {
	.begin = begin,
	.look = look,
	.end = end,
};

/* --- what all share ------------------------------------------------------- */

struct prober_http *
prober_http_new(uv_loop_t *loop)
{
	struct prober_http *http = calloc(1, sizeof(*http));

	if (http == NULL)
		return NULL;
	http->loop = loop;
	http->timer.data = http;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		http->multi = curl_multi_init();
	if (http->multi == NULL || uv_timer_init(loop, &http->timer) != 0) {
		if (http->multi != NULL)
			(void)curl_multi_cleanup(http->multi);
		free(http);
		return NULL;
	}
	(void)curl_multi_setopt(
	    http->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	(void)curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	(void)curl_multi_setopt(
	    http->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	(void)curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	return http;
}

static void
on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void
prober_http_close(struct prober_http *http)
{
	if (http == NULL)
		return;
	(void)curl_multi_cleanup(http->multi);
	(void)uv_timer_stop(&http->timer);
	uv_close((uv_handle_t *)&http->timer, on_closed);
}
