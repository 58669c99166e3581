/* SPDX-License-Identifier: MIT */
#ifndef LIVE_NET_NETLINK_H
#define LIVE_NET_NETLINK_H
/*
 * What the kernel knows of the network, asked and heard by rtnetlink:
 * interfaces, routes, neighbours.  In the network namespace of the caller.
 */
#include <net/if.h>

#include "model/path/addr.h"

struct live_netlink;

struct live_link {
	uint32_t ifindex;
	uint32_t lower; /* of a VLAN the interface below; 0: not here, or it is
			   none */
	uint32_t mtu;
	uint16_t vlan; /* its tag, 802.1Q; 0: it is none */
	bool up;
	bool carrier;
	bool xdp; /* an XDP program is attached */
	uint8_t mac[6];
	char name[IF_NAMESIZE];
	char kind[16]; /* "veth", "vlan", ...; "": a device */
};

/* How an address is reached. */
struct live_route {
	uint32_t ifindex;
	struct lb_addr via; /* the neighbour: a gateway, or the address */
	bool local;         /* it is an address of this machine */
	bool prefsrc_set;
	struct lb_addr prefsrc;
};

struct live_neighbour {
	uint32_t ifindex;
	struct lb_addr addr;
	uint8_t mac[6];
	bool valid; /* mac may be used; else it is gone or failed */
	bool stale; /* valid, but for long not confirmed */
	bool fixed; /* not found out: somebody wrote it down */
};

/* NULL and errno. */
struct live_netlink *live_netlink_open(void);
void live_netlink_close(struct live_netlink *netlink); /* NULL is fine */

/*
 * Asking, each returns 0 or -errno.  The callbacks may not ask.
 *   route: -ENETUNREACH and the like when there is no way.
 */
int live_netlink_links(struct live_netlink *netlink,
    void (*each)(void *arg, const struct live_link *link), void *arg);
int live_netlink_neighbours(struct live_netlink *netlink,
    void (*each)(void *arg, const struct live_neighbour *neighbour), void *arg);
int live_netlink_route(struct live_netlink *netlink, const struct lb_addr *to,
    struct live_route *route);

/* Asks the kernel to find out a neighbour's link address, or to confirm the
 * one it has: what is forwarded past it confirms none. */
int live_netlink_resolve(
    struct live_netlink *netlink, uint32_t ifindex, const struct lb_addr *addr);

/* Has the kernel forget a neighbour, so that it asks the whole link for it. */
int live_netlink_forget(
    struct live_netlink *netlink, uint32_t ifindex, const struct lb_addr *addr);

/* The XDP features of an interface's driver, a set of enum netdev_xdp_act
 * (<linux/netdev.h>); -errno: it is not known. */
int64_t live_netlink_xdp_features(uint32_t ifindex);

/* Hearing: a descriptor to poll, and what to do when it is readable. */
struct live_netlink_events {
	void (*neighbour)(void *arg, const struct live_neighbour *neighbour);
	void (*changed)(void *arg); /* links, addresses or routes */
	void (*lost)(void *arg);    /* some were lost: ask for all anew */
};

int live_netlink_fd(const struct live_netlink *netlink);
void live_netlink_hear(struct live_netlink *netlink,
    const struct live_netlink_events *events, void *arg);

#endif
