/* SPDX-License-Identifier: MIT */
#include "traces/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGEST_READ_BYTES (64u * 1024)

/* A regular file, or -1.  It is not even opened when it is a pipe: somebody
 * else reads that one. */
static int
digest_open(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

static int
digest_file(int fd, uint8_t digest[SHA256_DIGEST_SIZE])
{
	uint8_t buffer[DIGEST_READ_BYTES];
	struct sha256_ctx ctx;
	ssize_t got;

	sha256_init(&ctx);
	do {
		got = read(fd, buffer, sizeof(buffer));
		if (got > 0)
			sha256_update(&ctx, (size_t)got, buffer);
	} while (got > 0 || (got < 0 && errno == EINTR));
	sha256_digest(&ctx, SHA256_DIGEST_SIZE, digest);
	return got < 0 ? -1 : 0;
}

int
trace_sha256(const char *path, char hex[65])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[SHA256_DIGEST_SIZE];

	int fd = digest_open(path);
	if (fd < 0)
		return -1;
	int status = digest_file(fd, digest);
	(void)close(fd);
	if (status != 0)
		return -1;
	for (size_t i = 0; i < sizeof(digest); i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	hex[64] = '\0';
	return 0;
}
