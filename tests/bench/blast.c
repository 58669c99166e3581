/* SPDX-License-Identifier: MIT */
#include "tests/bench/blast.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <math.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/blast_io.h"
#include "tests/support/frame.h"

#define BATCH      64u     /* frames between two flushes, as NAPI's */
#define CALL_MAX   INT_MAX /* packets of one call */
#define CALL_MIN   64u
#define LOOK_S     0.25 /* between two looks at the clock, when it ends */
#define BURST_S    0.1  /* what is late is made up for; older is not */
#define FIRST_LOOK 65536u
#define NS_PER_S   1000000000
#define CPUS_MAX   1024

struct blast {
	struct blast_spec spec;
	struct blast_template template;
	struct frame frame;
	struct bpf_object *object;
	int program, into, lanes, target;
	unsigned cpus; /* that the kernel could have */
};

static const char *const kind_names[BLAST_KINDS] = { "udp", "syn", "ack" };

int
blast_kind_of_name(const char *name)
{
	for (int i = 0; i < BLAST_KINDS; i++)
		if (strcmp(name, kind_names[i]) == 0)
			return i;
	return -1;
}

const char *
blast_kind_name(enum blast_kind kind)
{
	return kind_names[kind];
}

static void say(char *error, size_t bytes, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
say(char *error, size_t bytes, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vsnprintf(error, bytes, format, args);
	va_end(args);
}

/* --- the packet ---------------------------------------------------------- */

static uint32_t
header_bytes(const struct blast_spec *s)
{
	return 14u + (lb_addr_is_v4(&s->source) ? 20u : 40u) +
	       (s->kind == BLAST_UDP ? 8u : 20u);
}

/* A SYN carries no data: what it lacks is padding. */
static void
make_frame(struct blast *b)
{
	const struct blast_spec *s = &b->spec;
	uint32_t rest = s->frame_bytes - header_bytes(s);
	struct frame_spec spec = { .src = s->source,
		.dst = s->dest,
		.sport = BLAST_PORT_FIRST,
		.dport = s->port,
		.proto = s->kind == BLAST_UDP ? LB_PROTO_UDP : LB_PROTO_TCP };
	if (s->kind == BLAST_SYN)
		spec.tcp_flags = LB_TCP_SYN;
	else if (s->kind == BLAST_ACK)
		spec.tcp_flags = LB_TCP_ACK;
	spec.payload_bytes = s->kind == BLAST_SYN ? 0 : rest;
	frame_build(&b->frame, &spec);
	memset(
	    b->frame.data + b->frame.bytes, 0, s->frame_bytes - b->frame.bytes);
	b->frame.bytes = s->frame_bytes;
	memcpy(b->frame.data, s->mac, sizeof(s->mac));
}

/* What a checksum adds up to without these: ~a is -a in its arithmetic. */
static uint32_t
sum_without(const uint8_t *checksum, uint32_t address, uint16_t port)
{
	uint32_t sum = (uint16_t)~lb_load16(checksum);
	sum += (uint16_t)~address;
	sum += (uint16_t) ~(address >> 16);
	sum += (uint16_t)~port;
	return sum;
}

static void
make_template(struct blast *b)
{
	struct blast_template *t = &b->template;
	const struct frame *f = &b->frame;
	bool six = !lb_addr_is_v4(&b->spec.source);
	t->address_at = f->l3 + (six ? 20u : 12u);
	t->port_at = f->l4;
	t->sum_at = f->l4 + (b->spec.kind == BLAST_UDP ? 6u : 16u);
	t->ip_sum_at = six ? 0 : f->l3 + 10u;
	uint32_t address = lb_load32(f->data + t->address_at);
	uint16_t port = lb_load16(f->data + t->port_at);
	t->address = __builtin_bswap32(address);
	t->sum = sum_without(f->data + t->sum_at, address, port);
	if (!six)
		t->ip_sum = sum_without(f->data + t->ip_sum_at, address, 0);
	t->flows = b->spec.flows;
	memcpy(t->head, f->data, sizeof(t->head));
}

/* The interface's own address, as the frame's sender. */
static int
name_sender(struct blast *b)
{
	struct ifreq ask = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	(void)snprintf(
	    ask.ifr_name, sizeof(ask.ifr_name), "%s", b->spec.interface);
	int rc = ioctl(fd, SIOCGIFHWADDR, &ask) == 0 ? 0 : -errno;
	(void)close(fd);
	memcpy(b->frame.data + 6, ask.ifr_hwaddr.sa_data, 6);
	return rc;
}

/* --- the program --------------------------------------------------------- */

static int
set_template(struct blast *b)
{
	size_t bytes = 0;
	struct bpf_map *map =
	    bpf_object__find_map_by_name(b->object, ".rodata");
	if (map == NULL || bpf_map__initial_value(map, &bytes) == NULL ||
	    bytes != sizeof(b->template))
		return -ENOENT;
	return bpf_map__set_initial_value(
	    map, &b->template, sizeof(b->template));
}

static int
program_fd(const struct blast *b, const char *name)
{
	const struct bpf_program *program =
	    bpf_object__find_program_by_name(b->object, name);
	return program != NULL ? bpf_program__fd(program) : -1;
}

static int
map_fd(const struct blast *b, const char *name)
{
	const struct bpf_map *map =
	    bpf_object__find_map_by_name(b->object, name);
	return map != NULL ? bpf_map__fd(map) : -1;
}

static int
load(struct blast *b)
{
	b->object = bpf_object__open_file(BLAST_BPF_OBJECT, NULL);
	if (b->object == NULL)
		return -errno;
	int rc = set_template(b);
	if (rc == 0)
		rc = bpf_object__load(b->object);
	if (rc != 0)
		return rc;
	b->program = program_fd(b, "blast");
	b->into = program_fd(b, "blast_into");
	b->lanes = map_fd(b, "blast_lanes");
	b->target = map_fd(b, "blast_target");
	return b->program < 0 || b->into < 0 || b->lanes < 0 || b->target < 0
		   ? -ENOENT
		   : 0;
}

/* Thread i takes flows i, i + threads, ... */
static int
share_flows(struct blast *b)
{
	struct blast_lane lanes[CPUS_MAX] = { { 0 } };
	const struct blast_spec *s = &b->spec;
	uint32_t zero = 0;
	for (unsigned i = 0; i < s->threads; i++)
		lanes[i] =
		    (struct blast_lane){ .next = (s->first + i) % s->flows,
			    .step = s->threads % s->flows };
	return bpf_map_update_elem(b->lanes, &zero, lanes, 0) == 0 ? 0 : -errno;
}

static int
packets_made(const struct blast *b, uint64_t *packets)
{
	struct blast_lane lanes[CPUS_MAX];
	uint32_t zero = 0;
	*packets = 0;
	if (bpf_map_lookup_elem(b->lanes, &zero, lanes) != 0)
		return -errno;
	for (unsigned i = 0; i < b->cpus; i++)
		*packets += lanes[i].made;
	return 0;
}

static const char *
wrong(const struct blast_spec *s, unsigned cpus)
{
	if (lb_addr_is_v4(&s->source) != lb_addr_is_v4(&s->dest))
		return "source and destination are of two families";
	if (s->frame_bytes < BLAST_FRAME_BYTES_MIN ||
	    s->frame_bytes > BLAST_FRAME_BYTES_MAX)
		return "a frame has 80 to 1514 bytes";
	if (s->threads == 0 || s->threads > BLAST_THREADS_MAX ||
	    s->threads > cpus)
		return "threads: at least one, and as many as CPUs at most";
	if (s->flows == 0)
		return "there must be a flow";
	return NULL;
}

struct blast *
blast_open(const struct blast_spec *spec, char *error, size_t error_bytes)
{
	int cpus = libbpf_num_possible_cpus();
	struct blast *b = calloc(1, sizeof(*b));
	if (b == NULL || cpus < 0 || cpus > CPUS_MAX) {
		say(error, error_bytes, "no memory, or too many CPUs");
		free(b);
		return NULL;
	}
	b->spec = *spec;
	b->cpus = (unsigned)cpus;
	b->template.ifindex = if_nametoindex(spec->interface);
	const char *what = wrong(spec, b->cpus);
	if (what != NULL || b->template.ifindex == 0) {
		say(error, error_bytes, "%s: %s", spec->interface,
		    what != NULL ? what
				 : "there is no such interface in this network "
				   "namespace (ip link lists them)");
		blast_close(b);
		return NULL;
	}
	make_frame(b);
	int rc = name_sender(b);
	make_template(b);
	if (rc == 0)
		rc = load(b);
	if (rc == 0)
		rc = share_flows(b);
	if (rc == 0)
		return b;
	say(error, error_bytes, "%s: %s%s", BLAST_BPF_OBJECT, strerror(-rc),
	    rc == -EPERM ? " (run it as root)" : "");
	blast_close(b);
	return NULL;
}

void
blast_close(struct blast *b)
{
	if (b == NULL)
		return;
	bpf_object__close(b->object);
	free(b);
}

/* --- running ------------------------------------------------------------- */

struct worker {
	struct blast *b;
	struct blast_order order; /* this one's part */
	unsigned cpu;
	int rc;
	uint64_t done;
	double start, sending, cpu_seconds;
	pthread_t thread;
};

static double
seconds_of(clockid_t clock)
{
	struct timespec now;
	(void)clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / NS_PER_S;
}

static void
sleep_until(double when)
{
	struct timespec at = { .tv_sec = (time_t)when,
		.tv_nsec = (long)((when - floor(when)) * NS_PER_S) };
	while (
	    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

/*
 * Sends so many from this CPU; less when a signal comes.  A call costs some 20
 * ms of waiting (RCU) that are no sending: few calls, and the kernel's own
 * figure of the time per packet.
 */
static int
send_some(struct worker *w, uint64_t packets)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = w->b->frame.data,
	    .data_size_in = w->b->frame.bytes, .repeat = (int)packets,
	    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);
	int rc = bpf_prog_test_run_opts(w->b->program, &opts);
	if (rc != 0 && errno != EINTR)
		return -errno;
	w->done += packets;
	w->sending += (double)opts.duration * (double)packets / NS_PER_S;
	return 0;
}

/* Packets of the next call: as many as are due, or fit in till the end. */
static uint64_t
call_packets(struct worker *w, double now)
{
	const struct blast_order *o = &w->order;
	double packets = CALL_MAX, end = w->start + o->seconds;
	if (o->rate > 0) {
		double due = (now - w->start) * o->rate - (double)w->done;
		packets = due < o->rate * BURST_S ? due : o->rate * BURST_S;
		if (packets < CALL_MIN)
			packets = CALL_MIN;
	} else if (o->seconds > 0) {
		double left = end - now < LOOK_S ? end - now : LOOK_S;
		packets = w->sending > 0 ? left * (double)w->done / w->sending
					 : FIRST_LOOK;
	}
	if (o->packets > 0 && packets > (double)(o->packets - w->done))
		packets = (double)(o->packets - w->done);
	if (packets > CALL_MAX)
		packets = CALL_MAX;
	return packets < 1 ? 1 : (uint64_t)packets;
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	const struct blast_order *o = &w->order;
	cpu_set_t cpu;
	CPU_ZERO(&cpu);
	CPU_SET(w->cpu, &cpu);
	if (sched_setaffinity(0, sizeof(cpu), &cpu) != 0)
		w->rc = -errno;
	double now = w->start = seconds_of(CLOCK_MONOTONIC);
	while (w->rc == 0 && (o->stop == NULL || !*o->stop) &&
	       (o->packets == 0 || w->done < o->packets) &&
	       (o->seconds <= 0 || now < w->start + o->seconds)) {
		w->rc = send_some(w, call_packets(w, now));
		if (o->rate > 0)
			sleep_until(w->start + (double)w->done / o->rate);
		now = seconds_of(CLOCK_MONOTONIC);
	}
	w->cpu_seconds = seconds_of(CLOCK_THREAD_CPUTIME_ID);
	return NULL;
}

/* The first threads take what does not divide. */
static struct blast_order
part_of(const struct blast_order *order, unsigned index, unsigned threads)
{
	struct blast_order part = *order;
	part.rate /= threads;
	part.packets =
	    order->packets / threads + (index < order->packets % threads);
	return part;
}

int
blast_run(
    struct blast *b, const struct blast_order *order, struct blast_sent *sent)
{
	struct worker workers[BLAST_THREADS_MAX] = { { 0 } };
	const unsigned threads = b->spec.threads;
	uint64_t before = 0, after = 0;
	unsigned started = 0;
	*sent = (struct blast_sent){ 0 };
	if (order->packets == 0 && order->seconds <= 0)
		return -EINVAL;
	int rc = packets_made(b, &before);
	double start = seconds_of(CLOCK_MONOTONIC);
	for (unsigned i = 0; rc == 0 && i < threads; i++) {
		workers[i] = (struct worker){
			.b = b, .order = part_of(order, i, threads), .cpu = i
		};
		if (order->packets > 0 && workers[i].order.packets == 0)
			break; /* fewer packets than threads */
		rc = -pthread_create(
		    &workers[i].thread, NULL, work, &workers[i]);
		started += rc == 0;
	}
	for (unsigned i = 0; i < started; i++) {
		(void)pthread_join(workers[i].thread, NULL);
		sent->cpu_seconds += workers[i].cpu_seconds;
		sent->sending = fmax(sent->sending, workers[i].sending);
		if (rc == 0)
			rc = workers[i].rc;
	}
	sent->seconds = seconds_of(CLOCK_MONOTONIC) - start;
	if (rc == 0)
		rc = packets_made(b, &after);
	sent->packets = after - before;
	return rc;
}

/* On CPU 0, whose flows they are. */
double
blast_into(struct blast *b, int program, uint32_t packets)
{
	uint32_t zero = 0;
	cpu_set_t before, cpu;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = b->frame.data,
	    .data_size_in = b->frame.bytes, .repeat = (int)packets);
	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	if (sched_getaffinity(0, sizeof(before), &before) != 0 ||
	    sched_setaffinity(0, sizeof(cpu), &cpu) != 0)
		return -errno;
	int rc = bpf_map_update_elem(b->target, &zero, &program, 0) != 0 ||
			 bpf_prog_test_run_opts(b->into, &opts) != 0
		     ? -errno
		     : 0;
	(void)sched_setaffinity(0, sizeof(before), &before);
	if (rc == 0 && opts.retval != XDP_REDIRECT)
		rc = -EPROTO;
	return rc == 0 ? (double)opts.duration : rc;
}
