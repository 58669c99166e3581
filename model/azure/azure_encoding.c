/* SPDX-License-Identifier: MIT */
/* What Windows' tools write: byte order marks and UTF-16. */
#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/azure/azure_json.h"

/* JSON begins with ASCII: without a mark, where the zero is says the order.
 * NULL: it is no UTF-16. */
static const char *
utf16_of(const unsigned char *text, size_t bytes)
{
	if (bytes < 2)
		return NULL;
	if ((text[0] == 0xff && text[1] == 0xfe) ||
	    (text[0] != 0 && text[1] == 0))
		return "UTF-16LE";
	if ((text[0] == 0xfe && text[1] == 0xff) ||
	    (text[0] == 0 && text[1] != 0))
		return "UTF-16BE";
	return NULL;
}

/* Two bytes of UTF-16 are at most three of UTF-8. */
static char *
from_utf16(const char *order, const char *text, size_t bytes, size_t *new_bytes)
{
	size_t room = bytes / 2 * 3 + 3, left = room;
	char *made = malloc(room + 1), *to = made;
	char *from = (char *)(uintptr_t)text;
	iconv_t convert = iconv_open("UTF-8", order);
	size_t lost = (size_t)-1;

	if (made != NULL && convert != (iconv_t)-1)
		lost = iconv(convert, &from, &bytes, &to, &left);
	int error = made == NULL ? ENOMEM : EILSEQ;
	if (convert != (iconv_t)-1)
		(void)iconv_close(convert);
	if (lost == (size_t)-1) {
		free(made);
		errno = error;
		return NULL;
	}
	*to = '\0';
	*new_bytes = room - left;
	return made;
}

char *
azure_utf8(const char *text, size_t bytes, size_t *new_bytes)
{
	static const char mark[] = "\xef\xbb\xbf";
	const char *order = utf16_of((const unsigned char *)text, bytes);
	char *made;

	if (order != NULL) {
		made = from_utf16(order, text, bytes, new_bytes);
	} else {
		made = malloc(bytes + 1);
		if (made == NULL)
			return NULL;
		memcpy(made, text, bytes);
		made[bytes] = '\0';
		*new_bytes = bytes;
	}
	if (made != NULL && *new_bytes >= 3 && memcmp(made, mark, 3) == 0) {
		*new_bytes -= 3;
		memmove(made, made + 3, *new_bytes + 1);
	}
	return made;
}
