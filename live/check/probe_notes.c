/* SPDX-License-Identifier: MIT */
#include "live/check/probe_notes.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "live/net/host.h"
#include "live/probe/probe_files.h"
#include "live/probe/prober.h"
#include "model/config/names.h"

/* --- in words ------------------------------------------------------------- */

static void
describe_dns(const struct lb_config_probe *probe, char *text, size_t bytes)
{
	if (probe->dns_name == NULL)
		(void)snprintf(text, bytes, "DNS query for the root");
	else
		(void)snprintf(
		    text, bytes, "DNS query for %s", probe->dns_name);
}

static void
describe_request(const struct lb_config_probe *probe, char *text, size_t bytes)
{
	const char *over = probe->psk_identity != NULL ? " over DTLS" : "";

	switch (probe->protocol) {
	case LB_PROBE_HTTP:
	case LB_PROBE_HTTPS:
		(void)snprintf(text, bytes, "%s GET %s",
		    probe->protocol == LB_PROBE_HTTPS ? "HTTPS" : "HTTP",
		    probe->path);
		return;
	case LB_PROBE_UDP:
		(void)snprintf(text, bytes, "a UDP datagram");
		return;
	case LB_PROBE_COAP:
		(void)snprintf(text, bytes, "CoAP %s%s%s",
		    probe->path != NULL ? "GET " : "ping",
		    probe->path != NULL ? probe->path : "", over);
		return;
	case LB_PROBE_DNS:
		describe_dns(probe, text, bytes);
		return;
	default:
		(void)snprintf(text, bytes, "TCP connect");
	}
}

static const char *
good_answer(const struct lb_config_probe *probe)
{
	switch (probe->protocol) {
	case LB_PROBE_HTTP:
		return "status 200";
	case LB_PROBE_HTTPS:
		return probe->tls_verify
			   ? "status 200, under a valid certificate"
			   : "status 200, under any certificate";
	case LB_PROBE_UDP:
		return probe->expect.at != NULL
			   ? "a reply that begins as expected"
			   : "any reply";
	case LB_PROBE_COAP:
		return probe->path != NULL ? "any 2.xx" : "its Reset";
	case LB_PROBE_DNS:
		return probe->dns_name != NULL ? "an answer"
					       : "any but a failure";
	default:
		return "the handshake";
	}
}

void
live_probe_describe(
    const struct lb_config_probe *probe, char *text, size_t bytes)
{
	char request[LIVE_PROBE_TEXT_BYTES / 2], source[64] = "";

	describe_request(probe, request, sizeof(request));
	if (lb_probe_has_source(probe))
		(void)lb_addr_text(&probe->source, source, sizeof(source));
	(void)snprintf(text, bytes,
	    "%s to port %u every %llu ms%s%s: %s is good", request,
	    (unsigned)probe->port, (unsigned long long)probe->interval_ms,
	    source[0] != '\0' ? " from " : "", source, good_answer(probe));
}

/* --- what is in the way --------------------------------------------------- */

struct notes {
	const struct lb_config *config;
	const struct lb_config_probe *probe;
	void (*tell)(void *arg, enum live_finding finding,
	    const struct lb_config_probe *probe, struct lb_where where,
	    const char *text);
	void *arg;
	unsigned failures;
};

static void
note(struct notes *n, enum live_finding finding, enum lb_probe_key key,
    const char *text)
{
	n->failures += finding == LIVE_WOULD_FAIL;
	n->tell(n->arg, finding, n->probe, n->probe->at[key], text);
}

static void
look_at_source(struct notes *n)
{
	char address[64], text[LIVE_PROBE_TEXT_BYTES];

	if (!lb_probe_has_source(n->probe) || live_host_has(&n->probe->source))
		return;
	(void)lb_addr_text(&n->probe->source, address, sizeof(address));
	(void)snprintf(text, sizeof(text),
	    "source %s is no address of this machine: nothing can be sent "
	    "from it, and health stays as it is; ip addr add it, or name "
	    "another",
	    address);
	note(n, LIVE_WOULD_WARN, LB_PROBE_KEY_SOURCE, text);
}

static void
look_at_files(struct notes *n)
{
	struct live_probe_files files;
	enum lb_probe_key key;
	char text[LIVE_PROBE_TEXT_BYTES];

	if (n->probe->psk_identity != NULL && !prober_coaps_built_in())
		note(n, LIVE_WOULD_FAIL, LB_PROBE_KEY_PSK_IDENTITY,
		    "this fairlead was built without libcoap, and so has no "
		    "CoAP over DTLS; leave psk_identity and psk_file out, or "
		    "build it with libcoap3-dev");
	int rc = live_probe_files_read(
	    n->config, n->probe, &files, &key, text, sizeof(text));
	if (rc != 0)
		note(n, LIVE_WOULD_FAIL, key, text);
	else if (files.psk_open)
		note(n, LIVE_WOULD_WARN, key,
		    "psk_file can be read by every user of this machine: "
		    "chmod o-r");
	live_probe_files_clear(&files);
}

unsigned
live_probe_notes(const struct lb_config *config,
    void (*tell)(void *arg, enum live_finding finding,
	const struct lb_config_probe *probe, struct lb_where where,
	const char *text),
    void *arg)
{
	struct notes n = { .config = config, .tell = tell, .arg = arg };

	for (size_t i = 0; i < config->probe_count; i++) {
		n.probe = &config->probes[i];
		look_at_source(&n);
		look_at_files(&n);
		if (n.probe->protocol == LB_PROBE_HTTPS && !n.probe->tls_verify)
			note(&n, LIVE_WOULD, LB_PROBE_KEY_PROTOCOL,
			    "certificates are not verified, as Azure does it; "
			    "with tls_verify they are");
	}
	return n.failures;
}
