/* SPDX-License-Identifier: MIT */
/* Built without libxdp. */
#include <errno.h>

#include "live/bpf/beside.h"

bool
live_beside_built(void)
{
	return false;
}

bool
live_beside_dispatcher(uint32_t ifindex)
{
	(void)ifindex;
	return false;
}

bool
live_beside_attached(const struct live_pins *pins, uint32_t ifindex)
{
	(void)pins;
	(void)ifindex;
	return false;
}

int
live_beside_attach(const struct live_pins *pins, uint32_t ifindex, int program,
    enum live_mode mode, struct live_attachment *how)
{
	(void)pins;
	(void)ifindex;
	(void)program;
	(void)mode;
	(void)how;
	return -ENOSYS;
}

int
live_beside_detach(const struct live_pins *pins, uint32_t ifindex)
{
	(void)pins;
	(void)ifindex;
	return -ENOENT;
}
