/* SPDX-License-Identifier: MIT */
/* What a probe says and wants to hear. */
#include <stdlib.h>
#include <string.h>

#include "model/yaml/config_read.h"
#include "model/config/names.h"

static void
take_copy(struct lb_section *section, unsigned key, char **out)
{
	const char *text;

	if (lb_take_text(section, key, &text))
		*out = lb_reader_copy(section->reader, text);
}

static int
digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 'a' - 'A';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Pairs of hexadecimal digits. */
static bool
bytes_of_hex(const char *text, struct lb_bytes *out)
{
	for (out->count = 0; text[0] != '\0'; text += 2) {
		int high = digit_of(text[0]);
		int low = high < 0 ? -1 : digit_of(text[1]);
		if (low < 0)
			return false;
		out->at[out->count++] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* A text as it stands, or with 0x before them hexadecimal digits. */
static void
take_bytes(struct lb_section *section, unsigned key, struct lb_bytes *out)
{
	const char *text;

	if (!lb_take_text(section, key, &text))
		return;
	struct lb_bytes bytes = { .count = strlen(text) };
	bytes.at = (uint8_t *)lb_reader_copy(section->reader, text);
	if (bytes.at == NULL)
		return;
	if (strncmp(text, "0x", 2) == 0 && !bytes_of_hex(text + 2, &bytes))
		lb_section_refuse(section, key,
		    "after 0x come pairs of hexadecimal digits, like 0x0a2f");
	else if (bytes.count == 0 || bytes.count > LB_PROBE_BYTES_MAX)
		lb_section_refuse(section, key,
		    "%zu bytes; it has 1 to %u, as a text or as 0x and "
		    "hexadecimal digits",
		    bytes.count, LB_PROBE_BYTES_MAX);
	else
		*out = bytes;
	if (out->at != bytes.at)
		free(bytes.at);
}

void
lb_read_probe_asks(struct lb_section *section, struct lb_config_probe *probe)
{
	int type;

	for (unsigned k = 0; k < LB_PROBE_KEY_COUNT; k++)
		if (lb_section_has(section, k))
			probe->said |= UINT32_C(1) << k;
	take_copy(section, LB_PROBE_KEY_PATH, &probe->path);
	lb_take_address(section, LB_PROBE_KEY_SOURCE, &probe->source);
	take_copy(section, LB_PROBE_KEY_HOST, &probe->host);
	lb_take_bool(section, LB_PROBE_KEY_TLS_VERIFY, &probe->tls_verify);
	take_copy(section, LB_PROBE_KEY_TLS_NAME, &probe->tls_name);
	take_copy(section, LB_PROBE_KEY_TLS_CA, &probe->tls_ca);
	take_bytes(section, LB_PROBE_KEY_PAYLOAD, &probe->payload);
	take_bytes(section, LB_PROBE_KEY_EXPECT, &probe->expect);
	take_copy(section, LB_PROBE_KEY_DNS_NAME, &probe->dns_name);
	if (lb_take_choice(section, LB_PROBE_KEY_DNS_TYPE, lb_dns_type_of_name,
		"a, aaaa, cname, mx, ns, ptr, soa, srv and txt", &type))
		probe->dns_type = (uint16_t)type;
	take_copy(section, LB_PROBE_KEY_PSK_IDENTITY, &probe->psk_identity);
	take_copy(section, LB_PROBE_KEY_PSK_FILE, &probe->psk_file);
}
