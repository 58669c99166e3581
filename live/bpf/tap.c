/* SPDX-License-Identifier: MIT */
#include "live/bpf/tap.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "live/xdp/forward_io.h"

/* Packets heard in one turn of the loop: others have work to do too. */
#define TURN_PACKETS 2048u
/* A capture whose process died ends by itself. */
#define LEASE_NS (3 * LB_NS_PER_S)
#define RENEW_MS 1000u
/* Between the two clocks: less than this is the reading's own error. */
#define CLOCK_SLACK_NS INT64_C(1000000)

/* As the program counts, per CPU: struct tap_count of live/xdp/tap.h. */
struct tap_count {
	uint64_t second, wants, lost;
};

struct live_tap {
	uv_loop_t *loop;
	live_tap_heard *heard;
	void *arg;
	uv_poll_t *poll;   /* of the ring in use; freed by its closing */
	uv_timer_t *renew; /* the same */
	struct ring_buffer *ring;
	struct forward_tap *wanted; /* mapped */
	int counts_fd;              /* of the engine in use; -1: none */
	uint32_t in_turn;
	int64_t to_realtime_ns;
	struct forward_tap capture;    /* snap 0: there is none */
	struct live_tap_counts counts; /* lost: of the programs before */
};

static int64_t
clock_ns(clockid_t clock)
{
	struct timespec now;
	(void)clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * (int64_t)LB_NS_PER_S + now.tv_nsec;
}

/* Monotonic to wall time.  Moved only when the wall clock was: times of packets
 * that follow each other do too. */
static void
read_clocks(struct live_tap *t)
{
	int64_t now = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	int64_t moved = now - t->to_realtime_ns;
	if (moved > CLOCK_SLACK_NS || moved < -CLOCK_SLACK_NS)
		t->to_realtime_ns = now;
}

/* --- hearing ------------------------------------------------------------- */

static int
on_record(void *arg, void *data, size_t bytes)
{
	struct live_tap *t = arg;
	struct forward_tapped head;
	if (bytes < sizeof(head))
		return 0;
	memcpy(&head, data, sizeof(head));
	if (head.kind >= LIVE_TAP_KINDS || head.bytes > bytes - sizeof(head))
		return 0;
	const struct live_tap_packet packet = {
		.kind = (enum live_tap_kind)head.kind,
		.ifindex = head.ifindex,
		.mtu = head.mtu,
		.time_ns =
		    (uint64_t)((int64_t)head.time_ns + t->to_realtime_ns),
		.wire_bytes = head.wire_bytes,
		.bytes = head.bytes,
		.frame = (const uint8_t *)data + sizeof(head),
	};
	t->counts.handed[packet.kind]++;
	t->heard(t->arg, &packet);
	return ++t->in_turn < TURN_PACKETS ? 0 : -EAGAIN; /* later */
}

static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct live_tap *t = poll->data;
	(void)status;
	(void)events;
	read_clocks(t);
	t->in_turn = 0;
	(void)ring_buffer__consume(t->ring);
}

static void
on_closed(uv_handle_t *handle)
{
	free(handle);
}

/* A handle outlives who has it, until the loop's next turn. */
static void
close_handle(void *handle)
{
	if (handle != NULL)
		uv_close(handle, on_closed);
}

/* --- the program in use -------------------------------------------------- */

static uint64_t
lost_now(const struct live_tap *t)
{
	uint32_t zero = 0;
	uint64_t lost = 0;
	int cpus = libbpf_num_possible_cpus();
	if (t->counts_fd < 0 || cpus <= 0)
		return 0;
	struct tap_count *each = calloc((size_t)cpus, sizeof(*each));
	if (each != NULL && bpf_map_lookup_elem(t->counts_fd, &zero, each) == 0)
		for (int cpu = 0; cpu < cpus; cpu++)
			lost += each[cpu].lost;
	free(each);
	return lost;
}

/* The program looks at snap first. */
static void
put_wanted(struct live_tap *t)
{
	assert(t->wanted != NULL); /* mapped by live_tap_use() */
	struct forward_tap wanted = t->capture;
	wanted.until_ns = (uint64_t)clock_ns(CLOCK_MONOTONIC) + LEASE_NS;
	__atomic_store_n(&t->wanted->snap, 0, __ATOMIC_RELEASE);
	t->wanted->frontend = wanted.frontend;
	t->wanted->port = wanted.port;
	t->wanted->proto = wanted.proto;
	t->wanted->any = wanted.any;
	__atomic_store_n(
	    &t->wanted->until_ns, wanted.until_ns, __ATOMIC_RELEASE);
	__atomic_store_n(&t->wanted->snap, wanted.snap, __ATOMIC_RELEASE);
}

static void
on_renew(uv_timer_t *timer)
{
	const struct live_tap *t = timer->data;
	__atomic_store_n(&t->wanted->until_ns,
	    (uint64_t)clock_ns(CLOCK_MONOTONIC) + LEASE_NS, __ATOMIC_RELEASE);
}

/* All that belongs to one program. */
struct use {
	struct ring_buffer *ring;
	struct forward_tap *wanted;
	int counts_fd;
	uv_poll_t *poll;
};

static void
use_end(struct use *u)
{
	close_handle(u->poll); /* before its descriptor */
	if (u->wanted != NULL)
		(void)munmap(u->wanted, sizeof(*u->wanted));
	ring_buffer__free(u->ring);
	if (u->counts_fd >= 0)
		(void)close(u->counts_fd);
}

static int
use_poll(struct live_tap *t, struct use *u)
{
	uv_poll_t *poll = calloc(1, sizeof(*poll));
	if (poll == NULL)
		return -ENOMEM;
	int rc = uv_poll_init(t->loop, poll, ring_buffer__epoll_fd(u->ring));
	if (rc != 0) {
		free(poll);
		return rc;
	}
	poll->data = t;
	u->poll = poll;
	return uv_poll_start(poll, UV_READABLE, on_readable);
}

static int
use_begin(struct live_tap *t, const struct live_engine *engine, struct use *u)
{
	*u = (struct use){ .counts_fd = -1 };
	u->ring = ring_buffer__new(
	    live_engine_map(engine, "tap_ring"), on_record, t, NULL);
	if (u->ring == NULL)
		return -errno;
	u->wanted = live_engine_mmap(engine, ".data.tap", sizeof(*u->wanted));
	if (u->wanted == NULL)
		return -errno;
	u->counts_fd = dup(live_engine_map(engine, "tap_counts"));
	if (u->counts_fd < 0)
		return -errno;
	return use_poll(t, u);
}

int
live_tap_use(struct live_tap *t, const struct live_engine *engine)
{
	struct use new, old = { t->ring, t->wanted, t->counts_fd, t->poll };
	int rc = use_begin(t, engine, &new);
	if (rc != 0) {
		use_end(&new);
		return rc;
	}
	t->counts.lost += lost_now(t);
	if (old.ring != NULL)
		(void)ring_buffer__consume(old.ring);
	use_end(&old);
	t->ring = new.ring;
	t->wanted = new.wanted;
	t->counts_fd = new.counts_fd;
	t->poll = new.poll;
	put_wanted(t);
	return 0;
}

struct live_tap *
live_tap_open(uv_loop_t *loop, const struct live_engine *engine,
    live_tap_heard *heard, void *arg)
{
	struct live_tap *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	*t = (struct live_tap){
		.loop = loop, .heard = heard, .arg = arg, .counts_fd = -1
	};
	read_clocks(t);
	t->renew = calloc(1, sizeof(*t->renew));
	int rc = t->renew != NULL ? uv_timer_init(loop, t->renew) : -ENOMEM;
	if (rc != 0) {
		free(t->renew);
		t->renew = NULL;
	} else {
		t->renew->data = t;
		rc = live_tap_use(t, engine);
	}
	if (rc == 0)
		return t;
	live_tap_close(t);
	errno = -rc;
	return NULL;
}

void
live_tap_close(struct live_tap *t)
{
	if (t == NULL)
		return;
	live_tap_capture_end(t);
	close_handle(t->renew);
	use_end(&(struct use){ t->ring, t->wanted, t->counts_fd, t->poll });
	free(t);
}

/* --- capturing ----------------------------------------------------------- */

int
live_tap_capture(struct live_tap *t, const struct lb_addr *frontend,
    uint16_t port, uint8_t protocol, uint32_t snap)
{
	if (t->capture.snap != 0)
		return -EBUSY;
	t->capture = (struct forward_tap){
		.snap = snap < 1                  ? 1
			: snap > FORWARD_SNAP_MAX ? FORWARD_SNAP_MAX
						  : snap,
		.port = lb_be16_of(port),
		.proto = protocol,
		.any = frontend == NULL,
	};
	if (frontend != NULL)
		t->capture.frontend = *frontend;
	put_wanted(t);
	return uv_timer_start(t->renew, on_renew, RENEW_MS, RENEW_MS);
}

void
live_tap_capture_end(struct live_tap *t)
{
	t->capture.snap = 0;
	if (t->renew != NULL)
		(void)uv_timer_stop(t->renew);
	if (t->wanted != NULL)
		put_wanted(t);
}

struct live_tap_counts
live_tap_count(const struct live_tap *t)
{
	struct live_tap_counts counts = t->counts;
	counts.lost += lost_now(t);
	return counts;
}
