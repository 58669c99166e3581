/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_PACKET_INPUT_H
#define TESTS_FUZZ_PACKET_INPUT_H
/*
 * fuzz_packet's input: records of a header and, of packets, bytes.
 *
 *   0     what, and how much time passes before (an index of delays)
 *   1, 2  a packet's bytes, low byte first (fewer when the input ends);
 *         else what it is about
 *   3     a packet: so many bytes more were on the wire
 */
#include <stdint.h>

#define INPUT_HEADER_BYTES 4u

enum input_what {
	INPUT_FRAME, /* Ethernet */
	INPUT_IP,    /* without a link header */
	INPUT_SWEEP,
	INPUT_HEALTH, /* byte 1: member id; byte 2: 1 up */
	INPUT_PLAN,   /* byte 1: which */
	INPUT_WHAT_COUNT
};

/* Timeouts and the milliseconds around them. */
static const uint32_t input_delays_ms[] = { 0, 1, 1000, 14999, 15000, 29999,
	30000, 59999, 60000, 180000, 239999, 240000, 240001, 0x7fffffff,
	0x80000000, UINT32_MAX };
#define INPUT_DELAYS (sizeof(input_delays_ms) / sizeof(input_delays_ms[0]))

#define INPUT_BYTE0(what, delay) ((uint8_t)((what) | (delay) << 4))

#endif
