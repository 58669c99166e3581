/* SPDX-License-Identifier: MIT */
#ifndef SIM_CREW_H
#define SIM_CREW_H
/*
 * Runs that do not need one another, on threads.  They are numbered from 0
 * and begun in that order, in rounds; what came of a round is handed out in
 * order too, so that nobody can tell how many threads there were.
 */
#include "sim/run/run.h"

#define SIM_WORKERS_MAX 1024u

struct sim_crew_settings {
	/* Whose progress is told of all runs together, by one thread at a
	 * time; once it says stop, it is not asked again. */
	const struct sim_settings *run;
	unsigned workers; /* 0: one for each processor that may be used */
	uint32_t planned; /* runs in all; 0: nobody knows */
	/*
	 * Plays run n: as sim_run(), with these for progress and its argument.
	 * By several threads at once.
	 */
	int (*play)(void *arg, uint32_t n, const struct sim_settings *watch,
	    struct sim_record **record, struct sim_trouble *trouble);
	void *arg;
};

struct sim_crew;

struct sim_crew *sim_crew_new(const struct sim_crew_settings *settings);
void sim_crew_free(struct sim_crew *crew); /* NULL is fine */

unsigned sim_crew_size(const struct sim_crew *crew); /* workers wanted */
unsigned sim_crew_most(const struct sim_crew *crew); /* that there were */

/*
 * sim_crew_play - the next `count` runs.
 *
 * records  out: count of them, the caller's to free; NULL where none was
 *          begun, after a stop.  One that was stopped says so itself.
 *
 * Returns SIM_DONE; else what the first of those that failed came to, with
 * its trouble.
 */
int sim_crew_play(struct sim_crew *crew, uint32_t count,
    struct sim_record **records, struct sim_trouble *trouble);

#endif
