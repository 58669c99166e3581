/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_SNAT_H
#define REPORTS_SNAT_H
/*
 * SNAT ports: how full members were, and how full they would have to be.
 *
 * A member's flows towards one destination are calls, its ports lines: of a
 * calls offered (Erlangs: begun a second x mean hold, release time included)
 * to P ports the part
 *
 *     B(P, a) = (a^P / P!) / sum_{k <= P} a^k / k!
 *
 * finds none, whatever the holds' distribution: Erlang, 1917.  It holds for
 * clients that come by Poisson's law and do not try again.  Who retries offers
 * more; of bursts, and of a capture, whose law nobody knows, it says nothing
 * and is not asked.  Beside it stands what became of calls when they first
 * asked, whatever came of trying again.
 *
 * Source: simulation.md C.7; AZ 4.4 to 4.6.
 */
#include "reports/text/text.h"
#include "sim/record/record.h"
#include <jansson.h>

/* B(P, a), by 1/B_k = 1 + (k/a)/B_{k-1}.  NAN for a < 0.  Cost: O(P). */
double report_erlang_b(uint32_t ports, double erlangs);

/* The fewest ports, in eights, that block at most that part of so many
 * Erlangs; 0: more than `most` would have to be.  blocking > 0. */
uint32_t report_ports_for(double erlangs, double blocking, uint32_t most);

#define REPORT_SNAT_GOAL 0.001  /* blocking that ports are advised for */
#define REPORT_SNAT_MOST 64000u /* AZ 4.3 */

/* A member's ports of one protocol over all its frontends, towards its worst
 * destination.  What cannot be known is NAN. */
struct report_snat {
	uint32_t ports;
	uint64_t peak; /* in use at most, whatever the destination */
	/* The same of what there was then, when it was the greatest part. */
	uint64_t full_used, full_ports;
	uint64_t full_ns; /* when all of them were; SIM_NO_TIME: never */
	/* There: flows that got a port, packets that got none, ports at most */
	uint64_t opened, failed, peak_there;
	double hold_s;     /* mean, of flows that ended */
	double erlangs;    /* offered */
	double predicted;  /* blocking, by Erlang B; NAN: no Poisson arrivals */
	double simulated;  /* blocking: calls that found none at first */
	double of_packets; /* the same of packets, those sent again too */
	uint32_t advised;  /* ports for REPORT_SNAT_GOAL; 0: unknown, or more
			      than there are */
};

/* Of the gauge i, whose member's others of that protocol are beside it. */
struct report_snat report_snat_of(const struct sim_case *c, size_t i);

/* A gauge of the member and protocol that have most to tell, over all their
 * frontends: most failed, else the fullest.  SIZE_MAX: nobody has ports, or
 * there is no memory. */
size_t report_snat_worst(const struct sim_case *c);

/* The part of its ports that was in use at most, 0..1: of a gauge, and of all
 * a member has. */
double report_snat_fullness(const struct sim_snat *snat);
double report_snat_part_used(const struct report_snat *s);

/* Those it has at the end; those it had, who was removed. */
uint32_t report_snat_ports(const struct sim_snat *snat);

uint64_t report_snat_failed(const struct sim_case *c);
/* The most ports that a member had in use, of one protocol; NAN: no member
 * used any. */
double report_snat_peak(const struct sim_case *c);

/* Whether anything was asked of it. */
bool report_snat_is_used(const struct sim_snat *snat);
size_t report_snat_count_used(const struct sim_case *c);

/* Members that used ports, and those of them that found none at times.  0, -1
 * without memory. */
struct report_snat_members {
	size_t all, failed;
};
int report_snat_members(
    struct report_snat_members *members, const struct sim_case *c);

/* All gauges, those that failed most first, then the fullest; the caller frees
 * it; NULL without memory. */
size_t *report_snat_order(const struct sim_case *c);

/* The case that has most to tell: most failed, else the fullest member; its
 * number, SIZE_MAX where no member begins flows. */
size_t report_snat_case(const struct sim_record *record);

/* Of all members of a case together; NAN where it can't be told. */
enum report_snat_figure {
	REPORT_SNAT_BLOCKING, /* calls that found none when they first asked */
	REPORT_SNAT_EXPECTED, /* the same by Erlang's formula, where most
				 failed */
	REPORT_SNAT_PEAK, /* of the fullest member's ports, in use at most */
	REPORT_SNAT_FIGURE_COUNT
};
const char *report_snat_figure_name(unsigned figure); /* "blocking" */
double report_snat_figure(const struct sim_case *c, unsigned figure);

/* --- in words -------------------------------------------------------------
 * Names in them are fit to be shown; the caller frees texts; NULL without
 * memory. */

/* "15.3 %"; of what is too little to be told from nothing "none". */
char *report_snat_part(
    char *to, const struct report_script *script, double part);

/* AZ 9.2's two marks: "used up", "over 75 %", "". */
const char *report_snat_mark(const struct sim_snat *gauge);

/* "192.0.2.1:443"; of UDP, whose ports do not count, the address alone. */
#define REPORT_SNAT_DESTINATION_BYTES 64
char *report_snat_destination(const struct sim_snat *gauge, char *to);

/* "web-1 found no port for ..., 68.5 % of all there. Erlang's formula ..." of a
 * gauge's member: sentences, the last without its full stop. */
char *report_snat_words(
    const struct sim_case *c, size_t i, const struct report_script *script);

/* "When m51 was added at 5 min, 50 members went from 1 024 ports to 512 each,
 * and 9 876 flows lost theirs": of a change of allocations, without its full
 * stop. */
char *report_snat_turn_words(
    const struct sim_snat_turn *turn, const struct report_script *script);

/* The same for a picture, shorter: of the worst gauge. */
char *report_snat_title(const struct sim_case *c);
/* And of the case that has most to tell, with its name if there are several.
 */
char *report_snat_finding(const struct sim_record *record);
/* Who ran out, when, what failed and what would do, of that case: a report's
 * headline; where nothing failed, as report_snat_finding(). */
char *report_snat_headline(const struct sim_record *record);

/* "over 20 replications 1.2 % (0.8 % to 1.6 %) of the attempts failed, ...":
 * "" of one. */
char *report_snat_spread_words(const struct sim_record *record, size_t of_case,
    const struct report_script *script);

/* For a terminal; nothing where no member has begun flows. */
void report_put_snat_table(FILE *to, const struct sim_record *record);

/* Adds "snat" and "outbound" to a case; as json_build.h has it. */
json_t *report_snat_json(json_t *object, const struct sim_case *c);
/* Over replications: null where members use no ports. */
json_t *report_snat_spread_json(
    const struct sim_record *record, size_t of_case);

#endif
