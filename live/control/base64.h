/* SPDX-License-Identifier: MIT */
#ifndef LIVE_CONTROL_BASE64_H
#define LIVE_CONTROL_BASE64_H
/* Bytes in JSON (RFC 4648 4). */
#include <stdint.h>
#include <sys/types.h>

/* Characters that so many bytes become, and the end of the text. */
#define LIVE_BASE64_ROOM(bytes) (((bytes) + 2) / 3 * 4 + 1)

/* Writes LIVE_BASE64_ROOM(bytes) at most; returns text. */
char *live_base64_write(const uint8_t *data, size_t bytes, char *text);

/* How many bytes it was, at most `room`; -1: it is none, or too long. */
ssize_t live_base64_read(const char *text, uint8_t *data, size_t room);

#endif
