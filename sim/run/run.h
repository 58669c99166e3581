/* SPDX-License-Identifier: MIT */
#ifndef SIM_RUN_H
#define SIM_RUN_H
/*
 * A run: captures are read once, in order of time, and every packet is played
 * to every case.  What came of it is a struct sim_record.
 *
 *   trace -> lb_parse() -> whose flow, which role -> for every case:
 *       from the client  lb_step(), counted for the member it went to
 *       from the server  played from that member, or only counted where the
 *                        balancer does not see replies
 *
 * The path's clock is the capture's, divided by the speed, in milliseconds
 * since the first packet that is played, modulo 2^32; it never runs back.
 *
 * Source: design.md 4, 8, 10 (5).
 */
#include "sim/record/record.h"
#include "sim/case/settings.h"
#include "sim/run/survey.h"

/*
 * sim_run - play captures.
 *
 * record   out with SIM_DONE; the caller frees it.
 * trouble  filled with the other two; zeroed before the call.
 *
 * A file that can't be opened or is damaged is no trouble: its entry in
 * record->input.files has the error and record->partial is true.  With
 * SIM_VIP_AUTO or a loop the captures are read more than once, so none may be
 * a pipe.
 *
 * A loop plays the captures again, behind one another, each round with other
 * client addresses (sim_shift_client()): the same behaviour of more clients.
 *
 * With a vip that is no frontend of a configuration, its flows are played to
 * the frontend of the first rule that has their protocol and port.
 */
int sim_run(const struct sim_settings *settings, struct sim_record **record,
    struct sim_trouble *trouble);

/*
 * sim_choose_vip - whose flows will be played: what SIM_VIP_AUTO means takes
 * reading the captures; who plays them several times asks once.
 *
 * Returns an enum sim_status; SIM_USAGE also when what is to be read again
 * can't be.
 */
int sim_choose_vip(const struct sim_settings *settings, struct sim_vip *vip,
    struct sim_trouble *trouble);

/*
 * sim_survey_make - look at captures, as sim_run() plays them.
 *
 * settings  its cases and seed are not looked at, details are kept in any
 *           case.  With SIM_VIP_AUTO, too, captures are read only once.
 * survey    out with SIM_DONE; the caller frees it.
 * trouble   as with sim_run().
 *
 * Cost: a run's without cases, and 100 bytes a flow more at its end.
 */
int sim_survey_make(const struct sim_settings *settings,
    struct sim_survey **survey, struct sim_trouble *trouble);

/* A path that can't be read a second time: a pipe, standard input.  NULL: all
 * can, or can't at all. */
const char *sim_reads_once(const struct sim_settings *settings);

#endif
