/* SPDX-License-Identifier: MIT */
#include "traces/filter.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#define SNAPLEN_MAX 262144 /* libpcap's own; what passes is not cut anyway */

enum { KIND_ETHERNET, KIND_SLL, KIND_SLL2, KIND_IP, KIND_COUNT };

struct trace_filter {
	char *expression;
	struct {
		enum { UNTRIED, FITS, UNFIT } state;
		struct bpf_program program;
	} kinds[KIND_COUNT];
	char why[PCAP_ERRBUF_SIZE];
};

static const int kind_dlt[KIND_COUNT] = {
	[KIND_ETHERNET] = DLT_EN10MB,
	[KIND_SLL] = DLT_LINUX_SLL,
	[KIND_SLL2] = DLT_LINUX_SLL2,
	[KIND_IP] = DLT_RAW,
};

/*
 * Loopback headers are taken off first: of their address families libpcap
 * knows the reading machine's only, and so would miss the BSDs' IPv6.
 */
static unsigned
kind_of(enum trace_link_form form)
{
	switch (form) {
	case TRACE_FORM_ETHERNET:
		return KIND_ETHERNET;
	case TRACE_FORM_SLL:
		return KIND_SLL;
	case TRACE_FORM_SLL2:
		return KIND_SLL2;
	default:
		return KIND_IP;
	}
}

struct trace_filter *
trace_filter_new(const char *expression)
{
	struct trace_filter *f = calloc(1, sizeof(*f));

	if (f != NULL)
		f->expression = strdup(expression);
	if (f == NULL || f->expression == NULL) {
		free(f);
		return NULL;
	}
	return f;
}

void
trace_filter_free(struct trace_filter *f)
{
	if (f == NULL)
		return;
	for (unsigned kind = 0; kind < KIND_COUNT; kind++)
		if (f->kinds[kind].state == FITS)
			pcap_freecode(&f->kinds[kind].program);
	free(f->expression);
	free(f);
}

static bool
compile(struct trace_filter *f, unsigned kind)
{
	pcap_t *dead = pcap_open_dead(kind_dlt[kind], SNAPLEN_MAX);

	if (dead == NULL) {
		(void)snprintf(f->why, sizeof(f->why), "no memory");
		return false;
	}
	bool fits = pcap_compile(dead, &f->kinds[kind].program, f->expression,
			1, PCAP_NETMASK_UNKNOWN) == 0;
	if (!fits)
		(void)snprintf(f->why, sizeof(f->why), "%s", pcap_geterr(dead));
	pcap_close(dead);
	return fits;
}

bool
trace_filter_fits(struct trace_filter *f, enum trace_link_form form)
{
	unsigned kind = kind_of(form);

	if (LB_UNLIKELY(f->kinds[kind].state == UNTRIED))
		f->kinds[kind].state = compile(f, kind) ? FITS : UNFIT;
	return f->kinds[kind].state == FITS;
}

const char *
trace_filter_why(const struct trace_filter *f)
{
	return f->why;
}

static bool
matches(const struct trace_filter *f, unsigned kind,
    const struct trace_packet *p, uint32_t bytes)
{
	return bpf_filter(f->kinds[kind].program.bf_insns, p->data,
		   p->wire_bytes, bytes) != 0;
}

bool
trace_filter_strip(
    struct trace_filter *f, enum trace_link_form form, struct trace_packet *p)
{
	const unsigned kind = kind_of(form);

	if (form == TRACE_FORM_UNREAD || !trace_filter_fits(f, form))
		return false;
	if (kind != KIND_IP && !matches(f, kind, p, p->captured_bytes))
		return false;
	trace_link_strip(form, p);
	/* Behind a loopback header that says so is no IP, whatever its bytes
	 * look like. */
	return kind != KIND_IP ||
	       matches(
		   f, kind, p, p->link == TRACE_RAW_IP ? p->captured_bytes : 0);
}
