/* SPDX-License-Identifier: MIT */
#include "live/net/raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct live_raw {
	int four, six; /* we write the IP headers; six -1: no IPv6 here */
};

struct live_raw *
live_raw_new(void)
{
	struct live_raw *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->four = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	r->six = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (r->four >= 0 && (r->six >= 0 || errno == EAFNOSUPPORT))
		return r;
	int code = errno;
	live_raw_free(r);
	errno = code;
	return NULL;
}

void
live_raw_free(struct live_raw *r)
{
	if (r == NULL)
		return;
	if (r->four >= 0)
		(void)close(r->four);
	if (r->six >= 0)
		(void)close(r->six);
	free(r);
}

bool
live_raw_send(const struct live_raw *r, const void *packet, size_t bytes,
    const struct lb_addr *to)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = lb_addr_v4_raw(to) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	memcpy(&in6.sin6_addr, to, sizeof(*to));
	ssize_t sent = lb_addr_is_v4(to)
			   ? sendto(r->four, packet, bytes, MSG_DONTWAIT,
				 (const struct sockaddr *)&in, sizeof(in))
			   : sendto(r->six, packet, bytes, MSG_DONTWAIT,
				 (const struct sockaddr *)&in6, sizeof(in6));
	return sent == (ssize_t)bytes;
}

/* --- checksums ----------------------------------------------------------- */

static uint32_t
sum_of(const void *data, size_t bytes)
{
	const uint8_t *at = data;
	uint32_t sum = 0;
	for (size_t i = 0; i + 1 < bytes; i += 2)
		sum += lb_load16(at + i);
	return (bytes & 1) != 0 ? sum + at[bytes - 1] : sum;
}

uint16_t
live_raw_checksum(const void *data, size_t bytes, uint32_t sum)
{
	sum += sum_of(data, bytes);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

uint32_t
live_raw_pseudo(const struct lb_addr *src, const struct lb_addr *dst,
    uint8_t proto, size_t bytes)
{
	size_t skip = lb_addr_is_v4(src) ? 12 : 0;
	return sum_of((const uint8_t *)src + skip, sizeof(*src) - skip) +
	       sum_of((const uint8_t *)dst + skip, sizeof(*dst) - skip) +
	       htons(proto) + htons((uint16_t)bytes);
}
