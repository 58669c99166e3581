/* SPDX-License-Identifier: MIT */
#ifndef LIVE_BPF_ATTACH_H
#define LIVE_BPF_ATTACH_H
/*
 * The program on an interface.  By a bpf_link: held by its pin, replaced in one
 * step, and safe from being replaced by others; then it is the only one.  Or
 * beside others under libxdp's dispatcher (live/bpf/beside.h), which takes
 * program extensions, which not every kernel has.
 */
#include "live/bpf/engine.h"
#include "live/bpf/pins.h"

enum live_mode {
	LIVE_MODE_AUTO,    /* native, or generic where the driver can't */
	LIVE_MODE_NATIVE,  /* in the driver */
	LIVE_MODE_GENERIC, /* in the stack: any interface, slower */
	LIVE_MODE_COUNT
};

const char *live_mode_name(unsigned mode);
int live_mode_of_name(const char *name); /* -1: there is none */

#define LIVE_ERROR_BYTES 512

/* How an attachment went. */
struct live_attachment {
	enum live_mode mode; /* that it is in */
	bool adopted;        /* it was there */
	bool beside;         /* under a dispatcher, not by a link */
	char error[LIVE_ERROR_BYTES];
};

/*
 * live_attach - attach a program of an engine to an interface and pin the link;
 * or, where one of ours is pinned already, put the program in its place: no
 * packet is lost, and it stays in the mode that it is in, and where it is.
 *
 * beside: under a dispatcher, if that can be.  Where one is already it can only
 * be there.
 *
 * Returns 0 or -errno with a line in how->error.
 */
int live_attach(const struct live_pins *pins, uint32_t ifindex,
    struct live_engine *engine, const char *name, enum live_mode mode,
    bool beside, struct live_attachment *how);

/* The mode of what is attached to an interface: native or generic. */
enum live_mode live_mode_now(uint32_t ifindex);

/* Is one of ours attached there? */
bool live_attached(const struct live_pins *pins, uint32_t ifindex);

/* Takes it off: 0 or -errno. */
int live_detach(const struct live_pins *pins, uint32_t ifindex);

/* All that is pinned under a name, whatever version of the layout pinned it:
 * as live_pins_remove(). */
int live_detach_all(const char *name, char *error, size_t error_bytes);

/* Not the program: what another driver, or none, could do better. */
bool live_generic_may_help(int code);

/* Does the kernel let one program extend another? */
bool live_can_extend(void);

#endif
