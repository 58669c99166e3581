/* SPDX-License-Identifier: MIT */
#include "tests/support/meanwhile.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PAGE_BYTES 4096u

static struct {
	uint8_t *ctl, *entries; /* the pages that they are on */
	const struct meanwhile *steps;
	volatile unsigned done;
	unsigned count;
	struct sigaction before;
} now;

static void
protect(int ctl, int entries)
{
	if (mprotect(now.ctl, PAGE_BYTES, ctl) != 0 ||
	    mprotect(now.entries, PAGE_BYTES, entries) != 0)
		abort();
}

static void
open_all(void)
{
	protect(PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE);
}

/* As the next step wants it. */
static void
close_next(void)
{
	const int both = PROT_READ | PROT_WRITE;
	if (now.done == now.count)
		return;
	switch (now.steps[now.done].when) {
	case MEANWHILE_WRITES_CTL:
		protect(PROT_READ, both);
		break;
	case MEANWHILE_READS_CTL:
		protect(PROT_NONE, both);
		break;
	case MEANWHILE_READS_ENTRIES:
		protect(both, PROT_NONE);
		break;
	}
}

static bool
is_ours(const uint8_t *at)
{
	return (at >= now.ctl && at < now.ctl + PAGE_BYTES) ||
	       (at >= now.entries && at < now.entries + PAGE_BYTES);
}

static void
held_up(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	if (!is_ours(info->si_addr) || now.done == now.count) {
		(void)sigaction(SIGSEGV, &now.before, NULL);
		return; /* to fault again, for good */
	}
	open_all();
	now.steps[now.done].does();
	now.done++;
	close_next();
}

static uint8_t *
page_of(void *at)
{
	return (uint8_t *)at - (uintptr_t)at % PAGE_BYTES;
}

void
meanwhile_start(bool six, const struct meanwhile *steps, unsigned count)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO };
	now.ctl = page_of(bench_ctl(six));
	now.entries = page_of(bench_entry(six, 0));
	if (now.entries != (uint8_t *)bench_entry(six, 0))
		abort(); /* bench.h promised */
	now.steps = steps;
	now.count = count;
	now.done = 0;
	action.sa_sigaction = held_up;
	if (sigaction(SIGSEGV, &action, &now.before) != 0)
		abort();
	close_next();
}

unsigned
meanwhile_stop(void)
{
	open_all();
	(void)sigaction(SIGSEGV, &now.before, NULL);
	return now.done;
}
