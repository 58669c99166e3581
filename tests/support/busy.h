/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_BUSY_H
#define TESTS_SUPPORT_BUSY_H
/* Whether a test that needs its time had it. */
#include <stdint.h>
#include <stdio.h>

/* Nanoseconds that this process was ready to run while others ran; where the
 * kernel does not say, more from call to call than anybody allows. */
static inline uint64_t
waited_for_cpu(void)
{
	static uint64_t unknown;
	unsigned long long ran, waited;
	FILE *f = fopen("/proc/self/schedstat", "r");
	int got = f == NULL ? 0 : fscanf(f, "%llu %llu", &ran, &waited);

	if (f != NULL)
		(void)fclose(f);
	return got == 2 ? waited : (unknown += UINT64_C(1000000000000));
}

#endif
