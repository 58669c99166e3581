/* SPDX-License-Identifier: MIT */
/* sim/clients/payload*.c: messages of every size are what they say they are. */
#include <string.h>

#include "sim/clients/payload.h"
#include "tests/unit.h"

#define MOST 3000u

static uint8_t said[MOST + 1];

/* One packet of a message of `bytes`, from offset on. */
static void
say(enum lb_profile profile, enum sim_says says, uint32_t id, bool confirmable,
    uint32_t bytes, uint32_t asked, uint32_t offset, uint32_t part)
{
	const struct lb_packet pkt = { .payload_bytes = part };
	const struct sim_tap tap = {
		.pkt = &pkt,
		.profile = profile,
		.says = says,
		.confirmable = confirmable,
		.id = id,
		.offset = offset,
		.message_bytes = bytes,
		.asked_bytes = asked,
	};

	memset(said + offset, 0xaa, part);
	sim_payload(&tap, said + offset);
	said[offset + part] = '\0';
}

/* --- HTTP ----------------------------------------------------------------- */

static void
http(const char *row, uint32_t bytes, const char *first)
{
	const char *text = (const char *)said;
	const char *body = strstr(text, "\r\n\r\n");
	const char *length = strstr(text, "Content-Length:");

	UNIT_ROW(row, strncmp(text, first, strlen(first)) == 0);
	UNIT_ROW(row, strlen(text) == bytes);
	UNIT_ROW(row, body != NULL);
	if (body == NULL)
		return;
	body += 4;
	UNIT_EQUAL(row, text + bytes - body,
	    length == NULL || length > body ? 0
					    : strtoul(length + 15, NULL, 10));
}

static void
test_http(void)
{
	for (uint32_t bytes = 1; bytes < MOST; bytes++) {
		char row[64];
		(void)snprintf(row, sizeof(row), "request of %u", bytes);
		say(LB_PROFILE_WEB, SIM_SAYS_REQUEST, 42, false, bytes, 0, 0,
		    bytes);
		if (bytes >= 60)
			http(row, bytes,
			    bytes < 1024 ? "GET /0000002a" : "POST /0000002a");
		(void)snprintf(row, sizeof(row), "answer of %u", bytes);
		say(LB_PROFILE_WEB, SIM_SAYS_ANSWER, 42, false, bytes, 0, 0,
		    bytes);
		if (bytes >= 75)
			http(row, bytes, "HTTP/1.1 200 OK\r\n");
	}
}

/* Cut into packets anywhere, it is the same message. */
static void
test_parts(void)
{
	static uint8_t whole[MOST];

	for (unsigned answer = 0; answer < 2; answer++) {
		const enum sim_says says =
		    answer != 0 ? SIM_SAYS_ANSWER : SIM_SAYS_REQUEST;
		say(LB_PROFILE_WEB, says, 7, false, 2000, 0, 0, 2000);
		memcpy(whole, said, 2000);
		for (uint32_t cut = 1; cut < 2000; cut++) {
			say(LB_PROFILE_WEB, says, 7, false, 2000, 0, 0, cut);
			say(LB_PROFILE_WEB, says, 7, false, 2000, 0, cut,
			    2000 - cut);
			CU_ASSERT_EQUAL(memcmp(whole, said, 2000), 0);
		}
	}
}

/* --- DNS ------------------------------------------------------------------ */

static unsigned
get16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/* Behind a name of labels; 0: it is none. */
static uint32_t
name_end(uint32_t at, uint32_t bytes)
{
	const uint32_t begin = at;

	while (at < bytes && said[at] != 0) {
		if (said[at] > 63)
			return 0;
		at += said[at] + 1u;
	}
	return at < bytes && at + 1 - begin <= 255 ? at + 1 : 0;
}

/* Behind a record, whose name is the question's; 0: it is none. */
static uint32_t
record_end(uint32_t at, uint32_t bytes)
{
	if (at + 12 > bytes || get16(said + at) != 0xc00c)
		return 0;
	const unsigned type = get16(said + at + 2);
	const uint32_t data = get16(said + at + 10), end = at + 12 + data;
	if (end > bytes)
		return 0;
	if (type == 1)
		return data == 4 ? end : 0;
	for (at += 12; at < end; at += said[at] + 1u)
		; /* strings, each after its length */
	return type == 16 && at == end ? end : 0;
}

static void
dns(const char *row, uint32_t bytes, uint32_t asked, bool answer)
{
	uint32_t at = name_end(12, bytes);
	unsigned records = get16(said + 6);

	UNIT_EQUAL(row, get16(said + 2), answer ? 0x8180 : 0x0100);
	UNIT_EQUAL(row, get16(said + 4), 1);
	UNIT_EQUAL(row, at + 4, asked);
	for (at += 4; records > 0; records--) {
		at = record_end(at, bytes);
		UNIT_ROW(row, at != 0);
		if (at == 0)
			return;
	}
	/* a dozen bytes are too few for a record: they are zeros */
	UNIT_ROW(row, at <= bytes && bytes - at <= 12);
	for (; at < bytes; at++)
		UNIT_EQUAL(row, said[at], 0);
}

static void
test_dns(void)
{
	char row[64];

	for (uint32_t asked = 31; asked <= 271; asked++) {
		(void)snprintf(row, sizeof(row), "a question of %u", asked);
		say(LB_PROFILE_DNS, SIM_SAYS_REQUEST, 0xabcdef, false, asked,
		    asked, 0, asked);
		dns(row, asked, asked, false);
		for (uint32_t bytes = asked; bytes <= 1472; bytes += 7) {
			(void)snprintf(
			    row, sizeof(row), "%u answers %u", bytes, asked);
			say(LB_PROFILE_DNS, SIM_SAYS_ANSWER, 0xabcdef, false,
			    bytes, asked, 0, bytes);
			dns(row, bytes, asked, true);
		}
	}
	say(LB_PROFILE_DNS, SIM_SAYS_ANSWER, 1, false, 31, 40, 0, 31);
	CU_ASSERT_EQUAL(get16(said + 2), 0x8380); /* cut */
	CU_ASSERT_EQUAL(get16(said + 4), 0);
}

/* --- CoAP ----------------------------------------------------------------- */

/* Behind the options and the payload; 0: it is no message (RFC 7252 3). */
static uint32_t
coap_end(uint32_t bytes)
{
	uint32_t at = 4u + (said[0] & 15u);
	unsigned number = 0;

	while (at < bytes && said[at] != 0xff) {
		unsigned delta = said[at] >> 4, length = said[at] & 15u;
		at++;
		if (delta > 12 || length > 13)
			return 0;
		if (length == 13)
			length += said[at++];
		number += delta;
		if (number != 6 && number != 11 && number != 12)
			return 0;
		at += length;
	}
	if (at < bytes && ++at == bytes)
		return 0; /* a marker and no payload */
	return at > bytes ? 0 : bytes;
}

static const struct {
	enum sim_says says;
	bool confirmable;
	unsigned type, code;
} messages[] = {
	{ SIM_SAYS_REQUEST, true, 0, 0x02 },
	{ SIM_SAYS_REQUEST, false, 1, 0x02 },
	{ SIM_SAYS_ANSWER, true, 2, 0x44 },
	{ SIM_SAYS_ANSWER, false, 1, 0x44 },
	{ SIM_SAYS_REGISTERED, true, 2, 0x45 },
	{ SIM_SAYS_NOTIFICATION, true, 0, 0x45 },
	{ SIM_SAYS_NOTIFICATION, false, 1, 0x45 },
};

static void
test_coap(void)
{
	static const uint32_t ids[] = { 0, 1, 255, 256, 65535, 65536,
		1u << 31 };
	char row[64];

	for (size_t m = 0; m < LB_COUNT(messages); m++) {
		for (size_t i = 0; i < LB_COUNT(ids); i++) {
			for (uint32_t bytes = 12; bytes <= 1472; bytes++) {
				(void)snprintf(row, sizeof(row), "%zu %u %u", m,
				    ids[i], bytes);
				say(LB_PROFILE_COAP_DEVICES, messages[m].says,
				    ids[i], messages[m].confirmable, bytes, 60,
				    0, bytes);
				UNIT_EQUAL(
				    row, said[0], 0x44 | messages[m].type << 4);
				UNIT_EQUAL(row, said[1], messages[m].code);
				UNIT_EQUAL(row, coap_end(bytes), bytes);
			}
		}
	}
	say(LB_PROFILE_COAP_DEVICES, SIM_SAYS_REGISTER, 1, true, 24, 60, 0, 24);
	CU_ASSERT_EQUAL(said[0], 0x44);
	CU_ASSERT_EQUAL(said[1], 0x01);
	CU_ASSERT_EQUAL(said[8], 0x60); /* Observe: 0 */
	CU_ASSERT_EQUAL(coap_end(24), 24);
	CU_ASSERT_EQUAL(memcmp(said + 11, "sensor-values", 13), 0);
	say(LB_PROFILE_COAP_DEVICES, SIM_SAYS_ACK, 1, false, 4, 60, 0, 4);
	CU_ASSERT_EQUAL(said[0], 0x60);
	CU_ASSERT_EQUAL(said[1], 0);
}

/* An answer has its question's number; what comes again, the same. */
static void
test_numbers(void)
{
	uint8_t first[2];

	say(LB_PROFILE_COAP_DEVICES, SIM_SAYS_REQUEST, 9, true, 60, 60, 0, 60);
	memcpy(first, said + 2, 2);
	say(LB_PROFILE_COAP_DEVICES, SIM_SAYS_ANSWER, 9, true, 12, 60, 0, 12);
	CU_ASSERT_EQUAL(memcmp(first, said + 2, 2), 0);
	say(LB_PROFILE_COAP_DEVICES, SIM_SAYS_REQUEST, 10, true, 60, 60, 0, 60);
	CU_ASSERT_NOT_EQUAL(memcmp(first, said + 2, 2), 0);
	say(LB_PROFILE_COAP_DEVICES, SIM_SAYS_NOTIFICATION, 9, true, 12, 60, 0,
	    12);
	CU_ASSERT_NOT_EQUAL(memcmp(first, said + 2, 2), 0);
	memcpy(first, said + 2, 2);
	say(LB_PROFILE_COAP_DEVICES, SIM_SAYS_ACK, 9, false, 4, 60, 0, 4);
	CU_ASSERT_EQUAL(memcmp(first, said + 2, 2), 0);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "HTTP", test_http },
		{ "HTTP in parts", test_parts },
		{ "DNS", test_dns },
		{ "CoAP", test_coap },
		{ "CoAP's numbers", test_numbers },
		CU_TEST_INFO_NULL,
	};

	return unit_main("payload", tests);
}
