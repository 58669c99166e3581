/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a capture.  Beyond not crashing: what is said to be there can be
 * read; an end stays the end; damage lies within what there is; and a pipe, in
 * which nothing can be read twice, gives the same packets as a file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "traces/capture.h"

/* A pipe takes as much without a reader. */
#define PIPE_BYTES_MAX 65536u

struct outcome {
	uint64_t packets, sum; /* of all that was read */
	uint64_t damaged_at;
	int status; /* -1: not opened */
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static uint64_t
mix(uint64_t sum, uint64_t value)
{
	return (sum ^ value) * UINT64_C(0x9e3779b97f4a7c15);
}

static void
look_at(const struct trace_packet *p, struct outcome *o)
{
	struct lb_packet pkt;

	must(p->wire_bytes >= p->captured_bytes);
	must(trace_parse(p, &pkt) < LB_PARSED_COUNT);
	for (uint32_t i = 0; i < p->captured_bytes; i++)
		o->sum = mix(o->sum, p->data[i]);
	o->sum = mix(o->sum, p->time_ns);
	o->sum = mix(o->sum, p->wire_bytes);
	o->sum = mix(o->sum, p->link);
	o->packets++;
}

static void
look_at_info(const struct trace *t, const struct outcome *o)
{
	struct trace_info info;
	uint64_t packets = 0;

	trace_info(t, &info);
	for (size_t i = 0; i < info.interface_count; i++) {
		const struct trace_interface *interface = &info.interfaces[i];
		must(interface->units_per_s > 0);
		must(memchr(interface->name, '\0', sizeof(interface->name)));
		packets += interface->packets;
	}
	must(packets == o->packets);
	must(trace_bytes_read(t) <= trace_bytes_total(t));
}

static struct outcome
read_all(const char *path, const char *filter)
{
	struct outcome o = { .status = -1 };
	struct trace_packet p;
	char error[1024] = "";
	bool usage = false;

	struct trace *t =
	    trace_open(path, filter, &usage, error, sizeof(error));
	must((t == NULL) == (error[0] != '\0'));
	must(t == NULL || !usage);
	if (t == NULL)
		return o;
	while ((o.status = trace_next(t, &p)) == TRACE_PACKET)
		look_at(&p, &o);
	must(trace_next(t, &p) == o.status);
	must((trace_error(t)[0] != '\0') == (o.status == TRACE_DAMAGED));
	o.damaged_at = trace_damaged_at(t);
	look_at_info(t, &o);
	trace_close(t);
	return o;
}

static struct outcome
read_file(const uint8_t *data, size_t bytes)
{
	char path[48];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, data, bytes) == (ssize_t)bytes);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct outcome o = read_all(path, NULL);
	struct outcome filtered = read_all(path, "udp or ip6 or len < 9");
	must(filtered.packets <= o.packets);
	(void)close(fd);
	return o;
}

static struct outcome
read_pipe(const uint8_t *data, size_t bytes)
{
	int ends[2], was = dup(STDIN_FILENO);

	must(pipe(ends) == 0 && write(ends[1], data, bytes) == (ssize_t)bytes);
	must(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
	(void)close(ends[0]);
	(void)close(ends[1]);
	struct outcome o = read_all("-", NULL);
	if (was >= 0) {
		(void)dup2(was, STDIN_FILENO);
		(void)close(was);
	} else {
		(void)close(STDIN_FILENO);
	}
	return o;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	if (bytes > PIPE_BYTES_MAX)
		return 0;
	struct outcome file = read_file(data, bytes);
	struct outcome pipe = read_pipe(data, bytes);
	must(file.status == pipe.status && file.packets == pipe.packets);
	must(file.sum == pipe.sum && file.damaged_at == pipe.damaged_at);
	/* gzip unpacks to more than there is */
	must(file.status != TRACE_DAMAGED || file.damaged_at == UINT64_MAX ||
	     file.damaged_at <= bytes ||
	     (bytes > 1 && data[0] == 0x1f && data[1] == 0x8b));
	return 0;
}
