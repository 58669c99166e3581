/* SPDX-License-Identifier: MIT */
#include "live/control/base64.h"

#include <stdbool.h>
#include <string.h>

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *
live_base64_write(const uint8_t *data, size_t bytes, char *text)
{
	char *to = text;
	for (size_t i = 0; i < bytes; i += 3) {
		size_t left = bytes - i;
		uint32_t word = (uint32_t)data[i] << 16 |
				(left > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
				(left > 2 ? data[i + 2] : 0);
		*to++ = digits[word >> 18];
		*to++ = digits[word >> 12 & 63];
		*to++ = '=';
		*to++ = '=';
		if (left > 1)
			to[-2] = digits[word >> 6 & 63];
		if (left > 2)
			to[-1] = digits[word & 63];
	}
	*to = '\0';
	return text;
}

/* Of four digits how many bytes: 1 to 3 into *word; 0: they are none. */
static unsigned
read_four(const char *text, uint32_t *word)
{
	unsigned bytes = 3;
	*word = 0;
	for (unsigned i = 0; i < 4; i++) {
		const char *digit =
		    text[i] != '\0' ? strchr(digits, text[i]) : NULL;
		bool fill = text[i] == '=' && i >= 2;
		if ((digit == NULL && !fill) || (digit != NULL && bytes < 3))
			return 0;
		bytes -= fill;
		*word = *word << 6 | (fill ? 0 : (uint32_t)(digit - digits));
	}
	return bytes;
}

ssize_t
live_base64_read(const char *text, uint8_t *data, size_t room)
{
	size_t length = strlen(text), used = 0;
	if (length % 4 != 0)
		return -1;
	for (size_t i = 0; i < length; i += 4) {
		uint32_t word;
		unsigned bytes = read_four(text + i, &word);
		if (bytes == 0 || (bytes < 3 && i + 4 < length) ||
		    room - used < bytes)
			return -1;
		for (unsigned b = 0; b < bytes; b++)
			data[used++] = (uint8_t)(word >> (16 - 8 * b));
	}
	return (ssize_t)used;
}
