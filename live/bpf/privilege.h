/* SPDX-License-Identifier: MIT */
#ifndef LIVE_BPF_PRIVILEGE_H
#define LIVE_BPF_PRIVILEGE_H

#include <stdbool.h>

/*
 * What the control process keeps of its privilege once packets are forwarded.
 * Each capability for something that it still does (doc/fairlead-live.8 has
 * the table, tests/live/privilege.sh shows that the set suffices):
 *
 *   CAP_BPF              maps for another plan and health, pins
 *   CAP_NET_ADMIN        the program anew, links of interfaces that come back,
 *                        neighbours
 *   CAP_PERFMON          loading the program anew: without it the verifier
 *                        adds speculation barriers, which cost every packet
 *   CAP_DAC_READ_SEARCH  the configuration, wherever it lies, at a reload
 *
 * CAP_SYS_ADMIN is not kept, for all that libxdp takes it (live/bpf/beside.h).
 *
 * What was not there at the start is not missed: a unit may give less.  The
 * sockets that want CAP_NET_RAW (resets, ICMP errors) are open by then.
 */

/*
 * live_privilege_drop - give up all other capabilities, for good: also from
 * the bounding set, as far as that may be changed, and no_new_privs.
 *
 * Returns 0 or -errno.
 */
int live_privilege_drop(void);

/* Is CAP_SYS_ADMIN there?  libxdp asks the kernel for others' programs, which
 * takes it: so only before the drop. */
bool live_privilege_admin(void);

/* The effective set as text, "bpf, net_admin"; "" for none. */
const char *live_privilege_text(char *text, unsigned bytes);

#endif
