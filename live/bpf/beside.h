/* SPDX-License-Identifier: MIT */
#ifndef LIVE_BPF_BESIDE_H
#define LIVE_BPF_BESIDE_H
/*
 * The program on an interface beside others, under libxdp's dispatcher: where
 * the kernel has program extensions and fairlead was built with libxdp.
 *
 * What the dispatcher calls is a small program of our own (xdp/beside.bpf.c)
 * that goes on to the one in a pinned array; one array for all interfaces.
 * The small one stays as it is when the other is replaced.
 *
 * libxdp takes CAP_SYS_ADMIN, which the control process gives up once it
 * forwards: to attach anew and to detach.  Not so to adopt, to put another
 * program into the array, and to look what is there.
 */
#include "live/bpf/attach.h"

/* Was fairlead built with libxdp? */
bool live_beside_built(void);

/* Is a dispatcher on the interface? */
bool live_beside_dispatcher(uint32_t ifindex);

/* Is one of ours among what it calls? */
bool live_beside_attached(const struct live_pins *pins, uint32_t ifindex);

/*
 * live_beside_attach - put the program into the array, and what goes on to it
 * under the dispatcher of an interface, with a new dispatcher where there is
 * none; or only the former where the latter has been done.
 *
 * how: mode, adopted and, when there is more to say than errno, error.
 * Returns 0 or -errno: -EBUSY when a program without dispatcher is there,
 * -EPERM where CAP_SYS_ADMIN is missed.
 */
int live_beside_attach(const struct live_pins *pins, uint32_t ifindex,
    int program, enum live_mode mode, struct live_attachment *how);

/* Takes ours off: the dispatcher too where it was the last.  0 or -errno:
 * -EPERM without CAP_SYS_ADMIN. */
int live_beside_detach(const struct live_pins *pins, uint32_t ifindex);

#endif
