/* SPDX-License-Identifier: MIT */
#include "cli/common/progress.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SHOW_EVERY_NS UINT64_C(200000000)
#define NS_PER_S      UINT64_C(1000000000)

static volatile sig_atomic_t interrupted;

/* A signal that comes just before a read does not end it, and a pipe may stay
 * silent for long: so it is followed by others, a second apart. */
static void
interrupt_again(int number)
{
	(void)number;
	(void)alarm(1);
}

static void
note_interrupt(int number)
{
	interrupted = 1;
	interrupt_again(number);
}

void
cli_interrupt_catch(void)
{
	/* A read that waits for a pipe must come back; the second time we
	 * go, whatever we are at. */
	struct sigaction action = { .sa_handler = note_interrupt,
		.sa_flags = (int)SA_RESETHAND };

	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	action = (struct sigaction){ .sa_handler = interrupt_again };
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGALRM, &action, NULL);
}

bool
cli_interrupted(void)
{
	return interrupted != 0;
}

static uint64_t
clock_ns(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void
cli_progress_start(struct cli_progress *p, bool quiet)
{
	*p = (struct cli_progress){
		.shown = !quiet && isatty(STDERR_FILENO) == 1,
	};
	p->started_ns = p->last_ns = clock_ns();
}

static void
print_line(const struct cli_progress *p, uint64_t packets, uint64_t bytes_read,
    uint64_t bytes_total)
{
	double elapsed_s = (double)(p->last_ns - p->started_ns) / 1e9;

	(void)fprintf(stderr, "\r\033[K%ju packets", (uintmax_t)packets);
	if (bytes_total > 0 && bytes_read <= bytes_total) {
		double part = (double)bytes_read / (double)bytes_total;
		(void)fprintf(stderr, "  %.0f%%", 100 * part);
		if (part > 0.001) {
			uint64_t left_s =
			    (uint64_t)(elapsed_s * (1 - part) / part + 0.5);
			(void)fprintf(stderr, "  ETA %ju:%02u",
			    (uintmax_t)(left_s / 60), (unsigned)(left_s % 60));
		}
	}
	if (elapsed_s > 0)
		(void)fprintf(
		    stderr, "  %.2f Mpps", (double)packets / elapsed_s / 1e6);
	(void)fflush(stderr);
}

bool
cli_progress_show(
    void *progress, uint64_t packets, uint64_t bytes_read, uint64_t bytes_total)
{
	struct cli_progress *p = progress;

	if (interrupted)
		return false;
	if (!p->shown)
		return true;
	uint64_t now_ns = clock_ns();
	if (now_ns - p->last_ns < SHOW_EVERY_NS)
		return true;
	p->last_ns = now_ns;
	p->on_screen = true;
	print_line(p, packets, bytes_read, bytes_total);
	return true;
}

void
cli_progress_end(struct cli_progress *p)
{
	if (p->on_screen)
		(void)fputs("\r\033[K", stderr);
	p->on_screen = false;
}

void
cli_progress_rate(
    const struct cli_progress *p, uint64_t packets, uint64_t duration_ns)
{
	double elapsed_s = (double)(clock_ns() - p->started_ns) / 1e9;

	if (!p->shown || elapsed_s <= 0)
		return;
	(void)fprintf(stderr,
	    "%ju packets in %.2f s: %.2f Mpps, %.3g times real time\n",
	    (uintmax_t)packets, elapsed_s, (double)packets / elapsed_s / 1e6,
	    (double)duration_ns / 1e9 / elapsed_s);
}
