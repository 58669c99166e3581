/* SPDX-License-Identifier: MIT */
#include "model/check/config_check.h"

#include <string.h>

#include "model/config/addr_kind.h"
#include "model/config/names.h"

#define DAY_MS            UINT64_C(86400000)
#define SECOND_MS         UINT64_C(1000)
#define AZURE_INTERVAL_MS UINT64_C(5000) /* AZ 2.1 */
#define INTERVAL_MS       UINT64_C(10)
#define THRESHOLD_MAX     100u
#define PATH_MAX_BYTES    2048u
#define DNS_NAME_MAX      253u /* RFC 1035 2.3.4, as text */
#define DNS_LABEL_MAX     63u
#define HOST_MAX          (DNS_NAME_MAX + 6) /* and :65535 */
#define PSK_IDENTITY_MAX  128u /* what RFC 4279 5.3 wants of everybody */

/* --- what is probed ------------------------------------------------------ */

static void
check_probe_protocol(const struct lb_config *config,
    const struct lb_config_probe *probe, struct lb_problems *problems)
{
	struct lb_where where = probe->at[LB_PROBE_KEY_PROTOCOL];

	if (!LB_KNOWN(probe, PROBE, PROTOCOL))
		return;
	if (config->sku == LB_SKU_BASIC && probe->protocol == LB_PROBE_HTTPS)
		lb_error_add(problems, where, NULL,
		    "sku basic has no https probes; use http or tcp, or sku "
		    "standard");
	if (lb_config_is_azure(config) && probe->protocol > LB_PROBE_HTTPS)
		lb_error_add(problems, where, NULL,
		    "Azure has no %s probes; use tcp, or sku fairlead",
		    lb_probe_protocol_name(probe->protocol));
}

/* AZ 2.1: ports that Azure does not send HTTP to. */
static bool
is_refused_http_port(uint16_t port)
{
	static const uint16_t refused[] = { 19, 21, 25, 70, 110, 119, 143, 220,
		993 };

	for (size_t i = 0; i < LB_COUNT(refused); i++)
		if (refused[i] == port)
			return true;
	return false;
}

static void
check_probe_port(const struct lb_config *config,
    const struct lb_config_probe *probe, struct lb_problems *problems)
{
	struct lb_where where = probe->at[LB_PROBE_KEY_PORT];
	bool http = probe->protocol == LB_PROBE_HTTP ||
		    probe->protocol == LB_PROBE_HTTPS;

	if (!LB_KNOWN(probe, PROBE, PORT))
		return;
	if (probe->port == 0)
		lb_error_add(problems, where, NULL,
		    "`port`: 0 is no port to probe; use 1 to 65535");
	if (http && lb_config_is_azure(config) &&
	    is_refused_http_port(probe->port))
		lb_error_add(problems, where, NULL,
		    "`port`: Azure does not probe port %u by http; use "
		    "another port or protocol tcp",
		    probe->port);
}

/* What would end the request's line, or begin another (RFC 9112 3.2). */
static bool
is_path(const char *path)
{
	size_t length = 0;

	while (path[length] > 0x20 && path[length] < 0x7f)
		length++;
	return path[length] == '\0' && length <= PATH_MAX_BYTES;
}

static void
check_probe_path(
    const struct lb_config_probe *probe, struct lb_problems *problems)
{
	struct lb_where where = probe->at[LB_PROBE_KEY_PATH];
	bool http = probe->protocol == LB_PROBE_HTTP ||
		    probe->protocol == LB_PROBE_HTTPS;

	if (!LB_KNOWN(probe, PROBE, PATH) || !LB_KNOWN(probe, PROBE, PROTOCOL))
		return;
	if (http && probe->path == NULL)
		lb_error_add(problems, where, NULL,
		    "an %s probe needs `request_path`; give it one, like "
		    "/health",
		    lb_probe_protocol_name(probe->protocol));
	if (!http && probe->protocol != LB_PROBE_COAP && probe->path != NULL)
		lb_error_add(problems, where, NULL,
		    "a %s probe has no `request_path`; leave it out",
		    lb_probe_protocol_name(probe->protocol));
	else if (probe->path != NULL && probe->path[0] != '/')
		lb_error_add(problems, where, NULL,
		    "`request_path` begins with '/'; put one before it");
	else if (probe->path != NULL && !is_path(probe->path))
		lb_error_add(problems, where, NULL,
		    "`request_path` has blanks or what is no visible ASCII; "
		    "write these as %%20 and the like, at most %u characters",
		    PATH_MAX_BYTES);
}

/* --- what it says and wants to hear -------------------------------------- */

#define ONE(protocol) (1u << LB_PROBE_##protocol)

/* Which kinds of probe a key is for. */
static const struct {
	enum lb_probe_key key;
	unsigned protocols;
	const char *name;
} fits[] = {
#define X(key, protocols, text)                                                \
	{                                                                      \
		LB_PROBE_KEY_##key, protocols, text                            \
	}
	X(HOST, ONE(HTTP) | ONE(HTTPS), "host"),
	X(TLS_VERIFY, ONE(HTTPS), "tls_verify"),
	X(TLS_NAME, ONE(HTTPS), "tls_name"),
	X(TLS_CA, ONE(HTTPS), "tls_ca"),
	X(PAYLOAD, ONE(UDP), "payload"),
	X(EXPECT, ONE(UDP), "expect"),
	X(DNS_NAME, ONE(DNS), "dns_name"),
	X(DNS_TYPE, ONE(DNS), "dns_type"),
	X(PSK_IDENTITY, ONE(COAP), "psk_identity"),
	X(PSK_FILE, ONE(COAP), "psk_file"),
#undef X
};

/* Said, and read without complaint. */
static bool
has(const struct lb_config_probe *probe, enum lb_probe_key key)
{
	return (probe->said >> key & 1) != 0 && (probe->bad >> key & 1) == 0;
}

static void
check_fit(const struct lb_config *config, const struct lb_config_probe *probe,
    struct lb_problems *problems)
{
	if (!LB_KNOWN(probe, PROBE, PROTOCOL))
		return;
	for (size_t i = 0; i < LB_COUNT(fits); i++) {
		if ((probe->said >> fits[i].key & 1) == 0)
			continue;
		if ((fits[i].protocols >> probe->protocol & 1) == 0)
			lb_error_add(problems, probe->at[fits[i].key], NULL,
			    "%s probes have no `%s`; leave it out",
			    lb_probe_protocol_name(probe->protocol),
			    fits[i].name);
		else if (lb_config_is_azure(config))
			lb_error_add(problems, probe->at[fits[i].key], NULL,
			    "Azure's probes have no `%s`; leave it out, or use "
			    "sku fairlead",
			    fits[i].name);
	}
}

/* 1 to most bytes, all of these. */
static bool
is_made_of(const char *text, const char *bytes, size_t most)
{
	size_t count = strlen(text);

	return count > 0 && count <= most && strspn(text, bytes) == count;
}

/* RFC 1035 2.3.4, with or without the root's dot; its letters are anything but
 * what would be taken for something else. */
static bool
is_dns_name(const char *text)
{
	size_t bytes = strlen(text);

	if (strcmp(text, ".") == 0)
		return true;
	if (bytes > 0 && text[bytes - 1] == '.')
		bytes--;
	if (bytes == 0 || bytes > DNS_NAME_MAX)
		return false;
	for (size_t at = 0, label = 0; at < bytes; at += label + 1) {
		label = strcspn(text + at, ".");
		if (label == 0 || label > DNS_LABEL_MAX)
			return false;
	}
	return text[strcspn(text, " \t\r\n\\\"")] == '\0';
}

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

static void
check_names(const struct lb_config_probe *probe, struct lb_problems *problems)
{
	const struct lb_where *at = probe->at;

	if (has(probe, LB_PROBE_KEY_HOST) && probe->host != NULL &&
	    !is_made_of(probe->host, WORD ":[]", HOST_MAX))
		lb_error_add(problems, at[LB_PROBE_KEY_HOST], NULL,
		    "`host` is a name or an address, and a port when the "
		    "header is to have one, like www.example.org or "
		    "www.example.org:8443");
	if (has(probe, LB_PROBE_KEY_TLS_NAME) && probe->tls_name != NULL &&
	    !is_made_of(probe->tls_name, WORD, DNS_NAME_MAX))
		lb_error_add(problems, at[LB_PROBE_KEY_TLS_NAME], NULL,
		    "`tls_name` is a host's name, like www.example.org");
	if (has(probe, LB_PROBE_KEY_DNS_NAME) && probe->dns_name != NULL &&
	    !is_dns_name(probe->dns_name))
		lb_error_add(problems, at[LB_PROBE_KEY_DNS_NAME], NULL,
		    "`dns_name` is a domain name: labels of 1 to %u bytes "
		    "with dots between them, %u together",
		    DNS_LABEL_MAX, DNS_NAME_MAX);
}

static void
check_tls(const struct lb_config_probe *probe, struct lb_problems *problems)
{
	bool identity = has(probe, LB_PROBE_KEY_PSK_IDENTITY);
	bool file = has(probe, LB_PROBE_KEY_PSK_FILE);

	if (has(probe, LB_PROBE_KEY_TLS_CA) && !probe->tls_verify)
		lb_error_add(problems, probe->at[LB_PROBE_KEY_TLS_CA], NULL,
		    "`tls_ca` is looked at with `tls_verify: true` only");
	if (has(probe, LB_PROBE_KEY_TLS_CA) && probe->tls_ca != NULL &&
	    probe->tls_ca[0] == '\0')
		lb_error_add(problems, probe->at[LB_PROBE_KEY_TLS_CA], NULL,
		    "`tls_ca` is a file of certificates (PEM)");
	if (identity && LB_KNOWN(probe, PROBE, PSK_FILE) && !file)
		lb_error_add(problems, probe->at[LB_PROBE_KEY_PSK_IDENTITY],
		    NULL, "`psk_identity` wants `psk_file`, where its key is");
	if (file && LB_KNOWN(probe, PROBE, PSK_IDENTITY) && !identity)
		lb_error_add(problems, probe->at[LB_PROBE_KEY_PSK_FILE], NULL,
		    "`psk_file` wants `psk_identity`, whose key is there");
	if (identity && probe->psk_identity != NULL &&
	    (probe->psk_identity[0] == '\0' ||
		strlen(probe->psk_identity) > PSK_IDENTITY_MAX))
		lb_error_add(problems, probe->at[LB_PROBE_KEY_PSK_IDENTITY],
		    NULL, "`psk_identity` has 1 to %u bytes", PSK_IDENTITY_MAX);
}

static void
check_source(const struct lb_config_probe *probe, struct lb_problems *problems)
{
	if (has(probe, LB_PROBE_KEY_SOURCE) &&
	    !lb_addr_is_unicast(&probe->source))
		lb_error_add(problems, probe->at[LB_PROBE_KEY_SOURCE], NULL,
		    "`source` is %s; use one of this machine's, or leave it "
		    "out",
		    lb_addr_kind_name(lb_addr_kind(&probe->source)));
}

/* The other family cannot be reached from it. */
void
lb_check_probe_source(const struct lb_config *config,
    const struct lb_config_rule *rule, struct lb_problems *problems)
{
	const struct lb_config_probe *probe =
	    rule->probe < 0 ? NULL : &config->probes[rule->probe];

	if (probe == NULL || !lb_probe_has_source(probe))
		return;
	unsigned family = lb_addr_is_v4(&probe->source) ? 4 : 6;
	unsigned theirs = lb_config_rule_family(config, rule);
	if (theirs != 0 && theirs != family)
		lb_error_add(problems, rule->at[LB_RULE_KEY_PROBE], NULL,
		    "probe '%s' has an IPv%u `source`, and these members are "
		    "IPv%u; give them a probe of their own",
		    probe->name, family, theirs);
}

static void
check_interval(const struct lb_config *config,
    const struct lb_config_probe *probe, struct lb_problems *problems)
{
	struct lb_where where = probe->at[LB_PROBE_KEY_INTERVAL];
	bool azure = lb_config_is_azure(config);
	uint64_t ms = probe->interval_ms;

	if (!LB_KNOWN(probe, PROBE, INTERVAL))
		return;
	if (azure && ms < AZURE_INTERVAL_MS && ms >= INTERVAL_MS)
		lb_error_add(problems, where, NULL,
		    "`interval` is 5s to 24h; use a time in between, or sku "
		    "fairlead, which allows less");
	else if (ms < INTERVAL_MS || ms > DAY_MS)
		lb_error_add(problems, where, NULL,
		    "`interval` is %s to 24h; use a time in between",
		    azure ? "5s" : "10ms");
	else if (azure && ms % SECOND_MS != 0)
		lb_check_say_whole(
		    "interval", "seconds", ms, SECOND_MS, where, problems);
}

/* --- all of it ----------------------------------------------------------- */

/* The platform flips after one result whatever it says (AZ 2.1). */
static void
check_number_of_probes(
    const struct lb_config_probe *probe, struct lb_problems *problems)
{
	if (probe->number_of_probes == 0)
		return;
	lb_warning_add(problems, probe->at[LB_PROBE_KEY_NUMBER_OF_PROBES],
	    "`number_of_probes` has no effect, in Azure either; what counts "
	    "is `probe_threshold`, which is %u",
	    probe->threshold);
}

void
lb_check_probe(const struct lb_config *config,
    const struct lb_config_probe *probe, struct lb_problems *problems)
{
	check_probe_protocol(config, probe, problems);
	check_probe_port(config, probe, problems);
	check_probe_path(probe, problems);
	check_fit(config, probe, problems);
	check_names(probe, problems);
	check_tls(probe, problems);
	check_source(probe, problems);
	check_interval(config, probe, problems);
	if (LB_KNOWN(probe, PROBE, THRESHOLD) &&
	    (probe->threshold == 0 || probe->threshold > THRESHOLD_MAX))
		lb_error_add(problems, probe->at[LB_PROBE_KEY_THRESHOLD], NULL,
		    "`probe_threshold`: %u; use 1 to 100", probe->threshold);
	if (LB_KNOWN(probe, PROBE, FLAP_DAMPING) &&
	    probe->flap_damping_ms > DAY_MS)
		lb_error_add(problems, probe->at[LB_PROBE_KEY_FLAP_DAMPING],
		    NULL,
		    "`flap_damping` is 0s (off) to 24h; use a time in "
		    "between");
	check_number_of_probes(probe, problems);
}
