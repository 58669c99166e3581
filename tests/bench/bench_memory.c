/* SPDX-License-Identifier: MIT */
/*
 * What memory a replay takes: the program reads generated captures from a
 * pipe, and its peak resident size is looked at when it has ended.
 *
 * Per flow and its affinity key: the difference between 100,000 and 1,000,000
 * flows.  For the capture's length: none, at the same number of flows.
 * BENCH_BIG_GB=10 makes the longer of two captures 10 GB.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/synthetic.h"

#define FEW_FLOWS   100000u
#define MANY_FLOWS  1000000u
#define MEAN_BYTES  600u
#define SMALL_GB    1u
#define BIG_GB      4u
#define PIPE_BYTES  (1 << 20)
#define THREE_MODES "five-tuple,source-ip,source-ip-protocol"

struct spent {
	double peak_bytes, user_s;
};

/* The program, reading what is written to *to, which may be NULL for want of
 * memory; -1 with errno. */
static pid_t
start(const char *modes, FILE **to)
{
	const char *program = getenv("FAIRLEAD");
	const char *const argv[] = { "fairlead", "sim", "--no-report",
		"--quiet", "--modes", modes, "-", NULL };
	extern char **environ;
	posix_spawn_file_actions_t actions;
	int ends[2];
	pid_t pid = -1;

	if (program == NULL) {
		errno = ENOENT;
		return -1;
	}
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	(void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
	(void)posix_spawn_file_actions_addopen(
	    &actions, 1, "/dev/null", O_WRONLY, 0);
	int rc = posix_spawn(
	    &pid, program, &actions, NULL, (char *const *)argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)close(ends[0]);
	*to = rc == 0 ? fdopen(ends[1], "wb") : NULL;
	if (*to == NULL)
		(void)close(ends[1]);
	errno = rc;
	return rc == 0 ? pid : -1;
}

/* Has the program read a capture; false: it or we could not. */
static bool
run(const struct synthetic *capture, const char *modes, struct spent *spent)
{
	struct rusage usage;
	FILE *to = NULL;
	int status = -1;

	/* It may end before we do: then writing fails. */
	(void)signal(SIGPIPE, SIG_IGN);
	pid_t pid = start(modes, &to);
	if (pid < 0) {
		perror("bench: fairlead");
		return false;
	}
	bool written = to != NULL && synthetic_write(capture, to) == 0;
	if (to != NULL)
		(void)fclose(to);
	if (wait4(pid, &status, 0, &usage) != pid || status != 0 || !written) {
		(void)fprintf(
		    stderr, "bench: fairlead sim did not read all of it\n");
		return false;
	}
	spent->peak_bytes = (double)usage.ru_maxrss * 1024;
	spent->user_s = (double)usage.ru_utime.tv_sec +
			(double)usage.ru_utime.tv_usec / 1e6;
	return true;
}

static bool
measure_flows(const char *name, const char *modes, bool six)
{
	struct synthetic capture = {
		.mean_bytes = SYNTHETIC_BYTES_MIN,
		.even = true,
		.six = six,
		.in_turn = true,
	};
	struct spent few, many;

	capture.flows = FEW_FLOWS;
	capture.packets = 2 * MANY_FLOWS;
	if (!run(&capture, modes, &few))
		return false;
	capture.flows = MANY_FLOWS;
	if (!run(&capture, modes, &many))
		return false;
	bench_say(name,
	    (many.peak_bytes - few.peak_bytes) / (MANY_FLOWS - FEW_FLOWS),
	    "bytes", BENCH_NO_GOAL, 0);
	return true;
}

static bool
measure_length(void)
{
	const char *text = getenv("BENCH_BIG_GB");
	const unsigned big_gb = text != NULL && atoi(text) > (int)SMALL_GB
				    ? (unsigned)atoi(text)
				    : BIG_GB;
	struct synthetic capture = {
		.flows = FEW_FLOWS,
		.mean_bytes = MEAN_BYTES,
		.in_turn = true,
	};
	struct spent small, big;
	char name[64];

	capture.packets = SMALL_GB * UINT64_C(1000000000) / MEAN_BYTES;
	if (!run(&capture, "five-tuple", &small))
		return false;
	capture.packets = big_gb * UINT64_C(1000000000) / MEAN_BYTES;
	if (!run(&capture, "five-tuple", &big))
		return false;
	bench_say(
	    "memory_1_gb_peak", small.peak_bytes / 1e6, "MB", BENCH_NO_GOAL, 0);
	(void)snprintf(name, sizeof(name), "memory_%u_gb_vs_1_gb", big_gb);
	bench_say(
	    name, big.peak_bytes / small.peak_bytes, "x", BENCH_AT_MOST, 1.03);
	(void)snprintf(name, sizeof(name), "memory_%u_gb_user_s", big_gb);
	bench_say(name, big.user_s, "s", BENCH_NO_GOAL, 0);
	(void)snprintf(name, sizeof(name), "memory_%u_gb_user_mpps", big_gb);
	bench_say(name, (double)capture.packets / big.user_s / 1e6, "Mpps",
	    BENCH_NO_GOAL, 0);
	return true;
}

int
bench_memory(void)
{
	/* sim/flows/flows.h, sim/flows/slots.h, sim/flows/keys.h,
	 * sim/record/record.h. */
	printf("  promised: a flow 64 bytes with one case, 88 with three, and "
	       "16 to 32 of slots;\n  a key 32; in the other two modes, which "
	       "have fewer (here one per 16 flows),\n  48 and slots more\n");
	bool ok = measure_flows("memory_per_flow_1_mode", "five-tuple", false);
	ok = ok && measure_flows("memory_per_flow_3_modes", THREE_MODES, false);
	ok = ok &&
	     measure_flows("memory_per_flow_1_mode_ipv6", "five-tuple", true);
	ok = ok && measure_length();
	return ok ? 0 : 1;
}
