/* SPDX-License-Identifier: MIT */
/*
 * Writes a capture to measure with, to be looked at or profiled by hand.
 *
 *	make_capture FILE PACKETS FLOWS MEAN_BYTES [UDP_PERCENT]
 */
#include <stdlib.h>

#include "tests/bench/synthetic.h"

int
main(int argc, char **argv)
{
	if (argc < 5) {
		(void)fprintf(stderr,
		    "usage: make_capture FILE PACKETS FLOWS MEAN_BYTES "
		    "[UDP_PERCENT]\n");
		return 2;
	}
	const struct synthetic s = {
		.packets = strtoull(argv[2], NULL, 10),
		.flows = (uint32_t)strtoul(argv[3], NULL, 10),
		.mean_bytes = (uint32_t)strtoul(argv[4], NULL, 10),
		.udp_percent =
		    argc > 5 ? (uint32_t)strtoul(argv[5], NULL, 10) : 0,
	};
	if (synthetic_wrong(&s) != NULL) {
		(void)fprintf(
		    stderr, "make_capture: %s\n", synthetic_wrong(&s));
		return 2;
	}
	FILE *out = fopen(argv[1], "wb");
	if (out == NULL || synthetic_write(&s, out) != 0 || fclose(out) != 0) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
