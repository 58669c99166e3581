/* SPDX-License-Identifier: MIT */
#include "model/config/names.h"

#include <arpa/inet.h>
#include <string.h>

/* The name that is written comes first; others of the same value are read. */
struct name {
	unsigned value;
	const char *text;
};

static const struct name verdicts[] = {
	{ LB_PASS, "pass" },
	{ LB_DROP, "drop" },
	{ LB_FORWARD, "forward" },
	{ LB_ANSWER, "answer" },
};

static const struct name reasons[] = { { LB_REASON_NONE, "none" },
#define X(name, text) { LB_REASON_##name, text },
	LB_REASONS(X)
#undef X
};

static const struct name parseds[] = {
	{ LB_PARSED, "parsed" },
	{ LB_PARSED_NOT_IP, "not_ip" },
	{ LB_PARSED_TRUNCATED, "truncated" },
	{ LB_PARSED_MALFORMED, "malformed" },
	{ LB_PARSED_OTHER_PROTOCOL, "other_protocol" },
};

static const struct name modes[] = {
	{ LB_MODE_FIVE_TUPLE, "five-tuple" },
	{ LB_MODE_FIVE_TUPLE, "default" },
	{ LB_MODE_SOURCE_IP, "source-ip" },
	{ LB_MODE_SOURCE_IP_PROTOCOL, "source-ip-protocol" },
	{ LB_MODE_SOURCE_IP_ANY_DST, "source-ip" },
	{ LB_MODE_SOURCE_IP_PROTOCOL_ANY_DST, "source-ip-protocol" },
};

static const struct name algorithms[] = {
	{ LB_MAGLEV, "maglev" },
	{ LB_RENDEZVOUS, "rendezvous" },
	{ LB_MODULO, "modulo" },
	{ LB_STABLE, "stable" },
};

static const struct name skus[] = {
	{ LB_SKU_STANDARD, "standard" },
	{ LB_SKU_BASIC, "basic" },
	{ LB_SKU_FAIRLEAD, "fairlead" },
};

static const struct name protos[] = {
	{ LB_PROTO_TCP, "tcp" },
	{ LB_PROTO_UDP, "udp" },
	{ 0, "all" },
	{ LB_PROTO_ICMP, "icmp" },
	{ LB_PROTO_ICMP6, "icmp6" },
};
#define RULE_PROTOS 3u /* of them a rule may name */

static const struct name forwardings[] = {
	{ LB_FORWARDING_NAT, "nat" },
	{ LB_FORWARDING_L2DSR, "l2dsr" },
};

static const struct name assignments[] = {
	{ LB_ASSIGN_LOWEST, "lowest-free" },
	{ LB_ASSIGN_INSTANCE, "instance" },
};

static const struct name outbound_frontends[] = {
	{ LB_OUTBOUND_ALL, "all" },
	{ LB_OUTBOUND_FILL_FIRST, "fill-first" },
	{ LB_OUTBOUND_SINGLE, "single" },
};

static const struct name udp_snats[] = {
	{ LB_UDP_SNAT_DESTINATION, "destination" },
	{ LB_UDP_SNAT_PORT, "port" },
};

static const struct name probe_protocols[] = {
	{ LB_PROBE_TCP, "tcp" },
	{ LB_PROBE_HTTP, "http" },
	{ LB_PROBE_HTTPS, "https" },
	{ LB_PROBE_UDP, "udp" },
	{ LB_PROBE_COAP, "coap" },
	{ LB_PROBE_DNS, "dns" },
};

/* RFC 1035 3.2.2, 3596, 2782 */
static const struct name dns_types[] = {
	{ 1, "a" },
	{ 2, "ns" },
	{ 5, "cname" },
	{ 6, "soa" },
	{ 12, "ptr" },
	{ 15, "mx" },
	{ 16, "txt" },
	{ 28, "aaaa" },
	{ 33, "srv" },
};

static const struct name admin_states[] = {
	{ LB_ADMIN_NONE, "none" },
	{ LB_ADMIN_UP, "up" },
	{ LB_ADMIN_DOWN, "down" },
};

static const struct name all_downs[] = {
	{ LB_ALL_PROBED_DOWN, "all-probed-down" },
	{ LB_ALL_PROBED_UP, "all-probed-up" },
};

static const char *
name_of(const struct name *names, size_t count, unsigned value)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].value == value)
			return names[i].text;
	return "?";
}

static int
value_of(const struct name *names, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (lb_name_is(text, names[i].text))
			return (int)names[i].value;
	return -1;
}

#define NAME(function, names)                                                  \
	const char *function(unsigned value)                                   \
	{                                                                      \
		return name_of(names, LB_COUNT(names), value);                 \
	}
#define VALUE(function, names)                                                 \
	int function(const char *name)                                         \
	{                                                                      \
		return value_of(names, LB_COUNT(names), name);                 \
	}

/* clang-format off */
NAME(lb_verdict_name, verdicts)
NAME(lb_reason_name, reasons)
NAME(lb_parsed_name, parseds)
NAME(lb_mode_name, modes)
NAME(lb_algorithm_name, algorithms)
NAME(lb_sku_name, skus)
NAME(lb_proto_name, protos)
NAME(lb_forwarding_name, forwardings)
NAME(lb_assignment_name, assignments)
NAME(lb_outbound_frontends_name, outbound_frontends)
NAME(lb_udp_snat_name, udp_snats)
NAME(lb_probe_protocol_name, probe_protocols)
NAME(lb_admin_state_name, admin_states)
NAME(lb_all_down_name, all_downs)

VALUE(lb_mode_of_name, modes)
VALUE(lb_algorithm_of_name, algorithms)
VALUE(lb_sku_of_name, skus)
VALUE(lb_forwarding_of_name, forwardings)
VALUE(lb_assignment_of_name, assignments)
VALUE(lb_outbound_frontends_of_name, outbound_frontends)
VALUE(lb_udp_snat_of_name, udp_snats)
VALUE(lb_probe_protocol_of_name, probe_protocols)
VALUE(lb_dns_type_of_name, dns_types)
VALUE(lb_admin_state_of_name, admin_states)
VALUE(lb_all_down_of_name, all_downs)
/* clang-format on */

int
lb_proto_of_name(const char *name)
{
	return value_of(protos, RULE_PROTOS, name);
}

/* The next letter that counts, in lower case; 0 at the end. */
static int
next_letter(const char **text)
{
	*text += strspn(*text, "-_ ");
	int c = (unsigned char)**text;
	if (c != '\0')
		(*text)++;
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool
lb_name_is(const char *text, const char *name)
{
	int a, b;

	do {
		a = next_letter(&text);
		b = next_letter(&name);
	} while (a == b && a != '\0');
	return a == b;
}

char *
lb_hash_key_text(const uint8_t key[16], char text[LB_HASH_KEY_TEXT])
{
	for (size_t i = 0; i < 16; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", (unsigned)key[i]);
	return text;
}

char *
lb_addr_text(const struct lb_addr *addr, char *text, size_t bytes)
{
	uint32_t v4 = lb_addr_v4_raw(addr);
	const char *done =
	    lb_addr_is_v4(addr)
		? inet_ntop(AF_INET, &v4, text, (socklen_t)bytes)
		: inet_ntop(AF_INET6, addr, text, (socklen_t)bytes);

	if (done == NULL && bytes > 0)
		text[0] = '\0';
	return text;
}

char *
lb_addr_port_text(
    const struct lb_addr *addr, uint16_t port, char *text, size_t bytes)
{
	char bare[46];

	(void)lb_addr_text(addr, bare, sizeof(bare));
	if (port == 0)
		(void)snprintf(text, bytes, "%s", bare);
	else
		(void)snprintf(text, bytes,
		    lb_addr_is_v4(addr) ? "%s:%u" : "[%s]:%u", bare,
		    (unsigned)port);
	return text;
}

bool
lb_addr_of_text(const char *text, struct lb_addr *addr)
{
	uint32_t v4;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		*addr = lb_addr_v4(v4);
		return true;
	}
	return inet_pton(AF_INET6, text, addr) == 1;
}

static const char *const balancer_keys[] = {
#define X(section, key, text) text,
	LB_BALANCER_KEYS(X)
#undef X
};

static const struct {
	enum lb_balancer_key key;
	const char *name[2];
} switches[] = {
#define X(key, usual, other) { LB_BALANCER_KEY_##key, { usual, other } },
	LB_SWITCHES(X)
#undef X
};

const char *
lb_switch_key(enum lb_switch which)
{
	return which < LB_SWITCH_COUNT ? balancer_keys[switches[which].key]
				       : "?";
}

const char *
lb_switch_name(enum lb_switch which, bool otherwise)
{
	return which < LB_SWITCH_COUNT ? switches[which].name[otherwise] : "?";
}
