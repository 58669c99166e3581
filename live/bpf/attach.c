/* SPDX-License-Identifier: MIT */
#include "live/bpf/attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "live/bpf/beside.h"
#include "live/bpf/privilege.h"

#define LIVE_INTERFACES_MAX 1024u

static const char *const mode_names[LIVE_MODE_COUNT] = {
	[LIVE_MODE_AUTO] = "auto",
	[LIVE_MODE_NATIVE] = "native",
	[LIVE_MODE_GENERIC] = "generic",
};

const char *
live_mode_name(unsigned mode)
{
	return mode < LIVE_MODE_COUNT ? mode_names[mode] : "?";
}

int
live_mode_of_name(const char *name)
{
	for (int mode = 0; mode < LIVE_MODE_COUNT; mode++)
		if (strcmp(name, mode_names[mode]) == 0)
			return mode;
	return -1;
}

bool
live_can_extend(void)
{
	return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_EXT, NULL) == 1;
}

bool
live_attach_who(uint32_t ifindex, char *text, size_t bytes)
{
	char name[LIVE_PIN_NAME_BYTES];
	uint32_t program = 0;
	if (bpf_xdp_query_id((int)ifindex, 0, &program) != 0 ||
	    !live_pins_who(ifindex, program, name))
		return false;
	(void)snprintf(text, bytes,
	    "a fairlead live with --pin-name %s forwards there: name another "
	    "interface, or end that one's forwarding (fairlead live --detach "
	    "--pin-name %s)",
	    name, name);
	return true;
}

static void
say_why(int code, uint32_t ifindex, struct live_attachment *how)
{
	const char *text = strerror(code);
	if ((code == EBUSY || code == EEXIST) &&
	    live_attach_who(ifindex, how->error, sizeof(how->error)))
		return;
	if (code == EOPNOTSUPP)
		text = "its driver has no native XDP: --mode generic";
	else if (code == EBUSY || code == EEXIST)
		text = how->beside
			   ? "another XDP program is attached, and not under "
			     "libxdp's dispatcher: take it off first (bpftool "
			     "net), and load it again by xdp-loader"
			   : "another XDP program is attached: take it off "
			     "first (bpftool net; ip link set IF xdp off)";
	else if (code == ERANGE)
		text = "its MTU, or that of the other end, is too large for "
		       "native XDP: lower it, or --mode generic";
	else if (code == EPERM)
		text =
		    how->beside
			? "libxdp's dispatcher is there, and to join it takes "
			  "CAP_SYS_ADMIN, which is given up after the start: "
			  "start it anew"
			: "not permitted: run it as root";
	(void)snprintf(how->error, sizeof(how->error), "%s mode: %s",
	    mode_names[how->mode], text);
}

/* A link: a descriptor or -errno. */
static int
link_new(uint32_t ifindex, int program, enum live_mode mode)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts,
	    .flags = mode == LIVE_MODE_GENERIC ? XDP_FLAGS_SKB_MODE
					       : XDP_FLAGS_DRV_MODE);
	int fd = bpf_link_create(program, (int)ifindex, BPF_XDP, &opts);
	return fd >= 0 ? fd : -errno;
}

/* The driver, its MTU, or a limit of its queues is in the way. */
bool
live_generic_may_help(int code)
{
	return code == -EOPNOTSUPP || code == -ERANGE || code == -EINVAL ||
	       code == -ENOSPC || code == -ENOMEM;
}

static int
attach_new(const struct live_pins *pins, uint32_t ifindex, int program,
    enum live_mode mode, enum live_mode *used)
{
	*used =
	    mode == LIVE_MODE_GENERIC ? LIVE_MODE_GENERIC : LIVE_MODE_NATIVE;
	int link = link_new(ifindex, program, *used);
	if (mode == LIVE_MODE_AUTO && live_generic_may_help(link)) {
		*used = LIVE_MODE_GENERIC;
		link = link_new(ifindex, program, *used);
	}
	if (link < 0)
		return link;
	int rc = live_pin_on_put(pins, LIVE_PIN_LINK, ifindex, link);
	(void)close(link); /* held by the pin, or gone */
	return rc;
}

enum live_mode
live_mode_now(uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	if (bpf_xdp_query((int)ifindex, 0, &query) == 0 &&
	    query.attach_mode == XDP_ATTACHED_SKB)
		return LIVE_MODE_GENERIC;
	return LIVE_MODE_NATIVE;
}

/* Is the link still at that interface?  One that went away and came back is
 * another, and leaves the link at none. */
static bool
link_is_at(int link, uint32_t ifindex)
{
	struct bpf_link_info info = { 0 };
	uint32_t bytes = sizeof(info);
	return bpf_obj_get_info_by_fd(link, &info, &bytes) == 0 &&
	       info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex == ifindex;
}

static bool
link_attached(const struct live_pins *pins, uint32_t ifindex)
{
	int link = live_pin_on_get(pins, LIVE_PIN_LINK, ifindex);
	bool attached = link >= 0 && link_is_at(link, ifindex);
	if (link >= 0)
		(void)close(link);
	return attached;
}

bool
live_attached(const struct live_pins *pins, uint32_t ifindex)
{
	return link_attached(pins, ifindex) ||
	       live_beside_attached(pins, ifindex);
}

static int
attach_link(const struct live_pins *pins, uint32_t ifindex, int program,
    enum live_mode mode, struct live_attachment *how)
{
	how->adopted = link_attached(pins, ifindex);
	if (!how->adopted)
		return attach_new(pins, ifindex, program, mode, &how->mode);
	int link = live_pin_on_get(pins, LIVE_PIN_LINK, ifindex);
	int rc = bpf_link_update(link, program, NULL) == 0 ? 0 : -errno;
	how->mode = live_mode_now(ifindex);
	(void)close(link);
	return rc;
}

static int
attach_beside(const struct live_pins *pins, uint32_t ifindex,
    struct live_engine *engine, const char *name, enum live_mode mode,
    struct live_attachment *how)
{
	if (!live_privilege_admin() && !live_beside_attached(pins, ifindex))
		return -EPERM;
	int program = live_engine_callable(engine, name);
	return program >= 0
		   ? live_beside_attach(pins, ifindex, program, mode, how)
		   : program;
}

/* Under a dispatcher that is there; one is made only where it can be. */
static bool
goes_beside(const struct live_pins *pins, uint32_t ifindex, bool asked)
{
	if (link_attached(pins, ifindex))
		return false;
	if (live_beside_attached(pins, ifindex))
		return true;
	return live_beside_built() && live_can_extend() &&
	       ((asked && live_privilege_admin()) ||
		   live_beside_dispatcher(ifindex));
}

int
live_attach(const struct live_pins *pins, uint32_t ifindex,
    struct live_engine *engine, const char *name, enum live_mode mode,
    bool beside, struct live_attachment *how)
{
	how->mode = mode;
	how->beside = goes_beside(pins, ifindex, beside);
	int rc = how->beside
		     ? attach_beside(pins, ifindex, engine, name, mode, how)
		     : attach_link(pins, ifindex,
			   live_engine_program(engine, name), mode, how);
	if (rc != 0)
		say_why(-rc, ifindex, how);
	else if (!how->beside) /* of a dispatcher that somebody took off */
		(void)live_pin_on_remove(pins, LIVE_PIN_BESIDE, ifindex);
	return rc;
}

int
live_detach(const struct live_pins *pins, uint32_t ifindex)
{
	/* The pin may not be the last to hold it: a running bpftool does. */
	int link = live_pin_on_get(pins, LIVE_PIN_LINK, ifindex);
	if (link < 0)
		return live_beside_detach(pins, ifindex);
	(void)bpf_link_detach(link);
	(void)close(link);
	return live_pin_on_remove(pins, LIVE_PIN_LINK, ifindex);
}

/* What pins do not hold: the place under a dispatcher. */
static void
detach_beside(const struct live_pins *pins)
{
	uint32_t ifindexes[LIVE_INTERFACES_MAX];
	size_t count = live_pin_links(pins, ifindexes, LIVE_INTERFACES_MAX);
	for (size_t i = 0; i < count; i++)
		if (live_beside_attached(pins, ifindexes[i]))
			(void)live_beside_detach(pins, ifindexes[i]);
}

int
live_detach_all(const char *name, char *error, size_t error_bytes)
{
	return live_pins_remove(name, detach_beside, error, error_bytes);
}
