/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_LANE_H
#define TESTS_BENCH_LANE_H
/*
 * A network in namespaces with `fairlead live` in it (tests/bench/lane.sh draws
 * it), for benches: three ways from one client to the same sinks or servers,
 * by the floor, by fairlead and by the kernel.
 *
 * A thread is in one network namespace at a time, and so are the threads that
 * it starts; lane_enter() says in which.
 */
#include <signal.h>
#include <sys/types.h>

#include "live/xdp/forward_io.h"

#define LANE_ERROR_BYTES 512

/* The three ways: interfaces e0, e1, e2 of the client. */
enum lane_way { LANE_FLOOR, LANE_FAIRLEAD, LANE_KERNEL, LANE_WAYS };

struct lane;

/* A signal asked to end: set between lane_open() and lane_close(), which what
 * is measured meanwhile looks at, so that everything is taken away. */
extern volatile sig_atomic_t lane_stopped;

/*
 * lane_open - make the network: what is missing or refused is in error.
 *
 * Returns NULL; with errno EPERM where privilege or a program is missing, so
 * that the bench may be skipped.
 */
struct lane *lane_open(char *error, size_t error_bytes);
/* Takes everything away again; NULL is fine. */
void lane_close(struct lane *lane);

/* client, balancer, s1, s2, or NULL: where it came from.  0 or -errno. */
int lane_enter(const struct lane *lane, const char *where);

/* A folder for files, gone with the lane. */
const char *lane_dir(const struct lane *lane);

/* Of the client's interface on a way, and of who receives there. */
const char *lane_interface(enum lane_way way);
void lane_mac(enum lane_way way, uint8_t mac[6]);

/*
 * lane_live - start `fairlead live` in the balancer with a configuration that
 * lane.sh wrote (bench.yaml, talk.yaml): 0, or -errno with a line in error.
 * lane_live_end() ends it, and forwarding too.
 */
int lane_live(
    struct lane *lane, const char *config, char *error, size_t error_bytes);
void lane_live_end(struct lane *lane);
pid_t lane_live_pid(const struct lane *lane);
/* SIGHUP, and what it logs is in live.log in the folder. */
void lane_live_reload(const struct lane *lane);

/* A program in the balancer, its output in the folder's file `log`. */
pid_t lane_start(
    const struct lane *lane, const char *log, const char *const *argv);
void lane_end(pid_t pid); /* SIGTERM, and waits; 0: nothing */

/* The floor, and sinks that drop all TCP and UDP, are attached meanwhile. */
int lane_sinks(struct lane *lane, char *error, size_t error_bytes);
/* Or instead, with real servers: what arrives at them and at the client by way
 * of fairlead is counted in the same way, and only port 5003 dropped. */
int lane_counters(struct lane *lane, char *error, size_t error_bytes);
void lane_sinks_end(struct lane *lane);
/* Packets that the sinks counted so far. */
uint64_t lane_sunk(const struct lane *lane);

/*
 * Packets that were lost at a full veth so far, by its sender: 256 wait at a
 * time and CPU, and no more.  Those never came to fairlead, or had left it.
 */
struct lane_drops {
	uint64_t before, after;
};
struct lane_drops lane_drops(const struct lane *lane);

/* A map of fairlead's, by the name of its pin: the caller closes it. */
int lane_pinned(const struct lane *lane, const char *what);
/* What fairlead counted so far, over all CPUs: 0 or -errno. */
int lane_total(const struct lane *lane, struct forward_total *sum);

/* Descriptors of what is attached, for test runs; negative: -errno. */
int lane_floor_program(const struct lane *lane);
int lane_live_program(const struct lane *lane); /* the caller closes it */

/* lane.sh WHAT TAG DIR [MORE]: its exit code. */
int lane_script(const struct lane *lane, const char *what, const char *more);

#endif
