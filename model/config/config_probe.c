/* SPDX-License-Identifier: MIT */
/* Probes as things to keep beside their configuration. */
#include <stdlib.h>
#include <string.h>

#include "model/config/config.h"

/* Every text of a probe, its name included. */
#define TEXTS(X)                                                               \
	X(name)                                                                \
	X(path)                                                                \
	X(host) X(tls_name) X(tls_ca) X(dns_name) X(psk_identity) X(psk_file)

static bool
copy_text(char **to, const char *from)
{
	*to = from == NULL ? NULL : strdup(from);
	return from == NULL || *to != NULL;
}

static bool
copy_bytes(struct lb_bytes *to, const struct lb_bytes *from)
{
	*to = (struct lb_bytes){ .at = NULL };
	if (from->at == NULL)
		return true;
	to->at = malloc(from->count + 1);
	if (to->at == NULL)
		return false;
	memcpy(to->at, from->at, from->count);
	to->count = from->count;
	return true;
}

int
lb_config_probe_copy(
    struct lb_config_probe *to, const struct lb_config_probe *from)
{
	bool whole = true;

	*to = *from;
#define X(text) whole &= copy_text(&to->text, from->text);
	TEXTS(X)
#undef X
	whole &= copy_bytes(&to->payload, &from->payload);
	whole &= copy_bytes(&to->expect, &from->expect);
	return whole ? 0 : -1;
}

void
lb_config_probe_clear(struct lb_config_probe *probe)
{
#define X(text)                                                                \
	free(probe->text);                                                     \
	probe->text = NULL;
	TEXTS(X)
#undef X
	free(probe->payload.at);
	free(probe->expect.at);
	probe->payload = probe->expect = (struct lb_bytes){ .at = NULL };
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same_bytes(const struct lb_bytes *a, const struct lb_bytes *b)
{
	if (a->at == NULL || b->at == NULL)
		return a->at == b->at;
	return a->count == b->count && memcmp(a->at, b->at, a->count) == 0;
}

bool
lb_config_probe_asks_alike(
    const struct lb_config_probe *a, const struct lb_config_probe *b)
{
	bool alike = a->protocol == b->protocol && a->port == b->port &&
		     a->interval_ms == b->interval_ms &&
		     lb_addr_same(&a->source, &b->source) &&
		     a->tls_verify == b->tls_verify &&
		     a->dns_type == b->dns_type;

#define X(text) alike = alike && same_text(a->text, b->text);
	TEXTS(X)
#undef X
	return alike && same_bytes(&a->payload, &b->payload) &&
	       same_bytes(&a->expect, &b->expect);
}
