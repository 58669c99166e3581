/* SPDX-License-Identifier: MIT */
#ifndef LIVE_NET_HOST_H
#define LIVE_NET_HOST_H
/* What only the machine knows of a configuration: its own addresses, and the
 * subnets that it shares with members. */
#include "model/config/config.h"

/*
 * live_host_complete - add to a configuration what the kernel says:
 * forwarding.local_addresses all addresses of the machine that are no
 * frontend's, .local_subnets its subnets that a member is in.  What stands
 * there stays; subnets beyond LB_SUBNET_MAX are left out.
 *
 * Returns 0 or -errno.
 */
int live_host_complete(struct lb_config *config);

/* Of all addresses of this machine and their subnets: another one when they
 * changed; 0: it can't be told. */
uint64_t live_host_digest(void);

/* Every address of this machine: 0 or -errno. */
int live_host_each(
    void (*each)(void *arg, const struct lb_addr *addr), void *arg);

/* Is it an address of this machine? */
bool live_host_has(const struct lb_addr *addr);

/* net.ipv4.conf.IF.forwarding or its IPv6 twin: 1, 0; -errno not known. */
int live_host_forwards(const char *interface, bool six);

#endif
