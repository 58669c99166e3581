/* SPDX-License-Identifier: MIT */
/* A DNS question and its answer: RFC 1035 4.1. */
#include <stdio.h>
#include <string.h>

#include "sim/clients/payload.h"

#define HEADER_BYTES  12u
#define FIXED_BYTES   4u  /* of a question: type, class */
#define ADDRESS_BYTES 16u /* an A record whose name is a pointer */
#define TEXT_BYTES    12u /* a TXT record's, the same, before its data */
#define LABEL_MAX     63u
#define NAME_MAX      255u
#define TTL_S         300u

static const char zone[] = "\007example\003com"; /* and a NUL, the root */

static void
put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

/*
 * A name of exactly `bytes`: labels in front of example.com, the first with
 * the exchange's number as far as it fits.
 */
static void
put_name(uint8_t *to, uint32_t bytes, uint32_t id)
{
	uint32_t left = bytes - (uint32_t)sizeof(zone);
	char digits[9];

	(void)snprintf(digits, sizeof(digits), "%08x", id);
	for (bool first = true; left > 0; first = false) {
		uint32_t label = left - 1 < LABEL_MAX ? left - 1 : LABEL_MAX;
		if (left - 1 - label == 1)
			label--; /* a label has a byte, too */
		*to++ = (uint8_t)label;
		memset(to, 'x', label);
		if (first)
			memcpy(to, digits + (label < 8 ? 8 - label : 0),
			    label < 8 ? label : 8);
		to += label;
		left -= label + 1;
	}
	memcpy(to, zone, sizeof(zone));
}

/* The question's part, of which the name takes what is left of `bytes`. */
static uint32_t
put_question(uint8_t *to, uint32_t bytes, uint32_t id)
{
	uint32_t name = bytes - HEADER_BYTES - FIXED_BYTES;

	if (name > NAME_MAX)
		name = NAME_MAX;
	put_name(to, name, id);
	put16(to + name, 1);     /* A */
	put16(to + name + 2, 1); /* IN */
	return name + FIXED_BYTES;
}

/* A record of the question's name. */
static uint8_t *
put_record(uint8_t *to, unsigned type, uint32_t data_bytes)
{
	put16(to, 0xc000 | HEADER_BYTES);
	put16(to + 2, type);
	put16(to + 4, 1);
	put16(to + 6, 0);
	put16(to + 8, TTL_S);
	put16(to + 10, data_bytes);
	return to + TEXT_BYTES;
}

/* TXT data of that many bytes: strings of up to 255, each after its length. */
static void
put_text(uint8_t *to, uint32_t bytes)
{
	while (bytes > 0) {
		const uint32_t text = bytes - 1 < 255 ? bytes - 1 : 255;
		*to++ = (uint8_t)text;
		sim_payload_fill(to, text, 0);
		to += text;
		bytes -= text + 1;
	}
}

/* An address, and text as far as there is room; how many records. */
static unsigned
put_answers(uint8_t *to, uint32_t bytes, uint32_t id)
{
	unsigned count = 0;

	/* never so that too little is left for text, if it can be helped */
	if (bytes == ADDRESS_BYTES || bytes > ADDRESS_BYTES + TEXT_BYTES) {
		uint8_t *data = put_record(to, 1, 4);
		put16(data, 0xc612); /* 198.18, RFC 2544 */
		put16(data + 2, id & 0xffff);
		to += ADDRESS_BYTES;
		bytes -= ADDRESS_BYTES;
		count++;
	}
	if (bytes > TEXT_BYTES) {
		put_text(
		    put_record(to, 16, bytes - TEXT_BYTES), bytes - TEXT_BYTES);
		return count + 1;
	}
	memset(to, 0, bytes);
	return count;
}

/* A question of the request's size is repeated in the answer; one that is too
 * short for it has no question, and says that it was cut (TC). */
void
sim_payload_dns(const struct sim_tap *tap, uint8_t *to, uint32_t bytes)
{
	const bool answers = tap->says == SIM_SAYS_ANSWER;
	const uint32_t asked = tap->asked_bytes;
	const bool has_question = bytes >= asked;
	uint32_t used = HEADER_BYTES;
	unsigned count = 0;

	if (bytes < HEADER_BYTES) {
		sim_payload_fill(to, bytes, 0);
		return;
	}
	memset(to, 0, HEADER_BYTES);
	put16(to, sim_payload_id(tap));
	if (has_question)
		used += put_question(to + HEADER_BYTES, asked, tap->id);
	if (answers && has_question)
		count = put_answers(to + used, bytes - used, tap->id);
	else
		memset(to + used, 0, bytes - used);
	put16(to + 2, !answers       ? 0x0100 /* recursion desired */
		      : has_question ? 0x8180 /* and had */
				     : 0x8380);
	put16(to + 4, has_question);
	put16(to + 6, count);
}
