/* SPDX-License-Identifier: MIT */
#include "live/net/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A dump comes in parts of at most this. */
#define BUFFER_BYTES 32768u
/* For what is heard between two looks: thousands of neighbours. */
#define HEAR_BYTES (4 << 20)

/* Absent from Debian's headers, since Linux 6.3. */
#define NETDEV_FAMILY         "netdev"
#define NETDEV_CMD_GET        1
#define NETDEV_ATTR_IFINDEX   1
#define NETDEV_ATTR_XDP       3
#define NETDEV_FAMILY_VERSION 1

struct live_netlink {
	struct mnl_socket *ask, *hear;
	unsigned sequence;
};

/* --- attributes ---------------------------------------------------------- */

/* Attributes by type, up to `top`. */
struct attributes {
	const struct nlattr **at;
	unsigned top;
};

static int
keep_attribute(const struct nlattr *attribute, void *arg)
{
	const struct attributes *a = arg;
	unsigned type = mnl_attr_get_type(attribute);
	if (type <= a->top)
		a->at[type] = attribute;
	return MNL_CB_OK;
}

static bool
get_address(const struct nlattr *attribute, struct lb_addr *addr)
{
	uint16_t bytes =
	    attribute != NULL ? mnl_attr_get_payload_len(attribute) : 0;
	if (bytes == 4)
		*addr = lb_addr_v4(mnl_attr_get_u32(attribute));
	else if (bytes == sizeof(*addr))
		memcpy(addr, mnl_attr_get_payload(attribute), sizeof(*addr));
	else
		return false;
	return true;
}

static void
put_address(struct nlmsghdr *message, uint16_t type, const struct lb_addr *addr)
{
	if (lb_addr_is_v4(addr))
		mnl_attr_put_u32(message, type, lb_addr_v4_raw(addr));
	else
		mnl_attr_put(message, type, sizeof(*addr), addr);
}

static uint8_t
family_of(const struct lb_addr *addr)
{
	return lb_addr_is_v4(addr) ? AF_INET : AF_INET6;
}

/* --- asking -------------------------------------------------------------- */

/* Sends a question and hands every answer to `each`: 0 or -errno. */
static int
ask(struct mnl_socket *socket, struct nlmsghdr *question, unsigned sequence,
    mnl_cb_t each, void *arg)
{
	char buffer[BUFFER_BYTES];
	unsigned port = mnl_socket_get_portid(socket);
	question->nlmsg_seq = sequence;
	if (mnl_socket_sendto(socket, question, question->nlmsg_len) < 0)
		return -errno;
	for (;;) {
		ssize_t got =
		    mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
		if (got < 0)
			return -errno;
		int more =
		    mnl_cb_run(buffer, (size_t)got, sequence, port, each, arg);
		if (more < 0)
			return -errno;
		if (more == MNL_CB_STOP)
			return 0;
	}
}

static struct nlmsghdr *
question_new(char *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	return message;
}

/* --- links --------------------------------------------------------------- */

struct each_link {
	void (*each)(void *arg, const struct live_link *link);
	void *arg;
};

static void
read_link_info(const struct nlattr *attribute, struct live_link *link)
{
	const struct nlattr *info[IFLA_INFO_MAX + 1] = { NULL };
	const struct nlattr *vlan[IFLA_VLAN_MAX + 1] = { NULL };
	struct attributes a = { info, IFLA_INFO_MAX };
	(void)mnl_attr_parse_nested(attribute, keep_attribute, &a);
	if (info[IFLA_INFO_KIND] == NULL)
		return;
	strncpy(link->kind, mnl_attr_get_str(info[IFLA_INFO_KIND]),
	    sizeof(link->kind) - 1);
	if (strcmp(link->kind, "vlan") != 0 || info[IFLA_INFO_DATA] == NULL)
		return;
	struct attributes b = { vlan, IFLA_VLAN_MAX };
	(void)mnl_attr_parse_nested(info[IFLA_INFO_DATA], keep_attribute, &b);
	if (vlan[IFLA_VLAN_PROTOCOL] != NULL &&
	    mnl_attr_get_u16(vlan[IFLA_VLAN_PROTOCOL]) != htons(ETH_P_8021Q))
		return;
	if (vlan[IFLA_VLAN_ID] != NULL)
		link->vlan = mnl_attr_get_u16(vlan[IFLA_VLAN_ID]);
}

static bool
xdp_attached(const struct nlattr *attribute)
{
	const struct nlattr *xdp[IFLA_XDP_MAX + 1] = { NULL };
	struct attributes a = { xdp, IFLA_XDP_MAX };
	(void)mnl_attr_parse_nested(attribute, keep_attribute, &a);
	return xdp[IFLA_XDP_ATTACHED] != NULL &&
	       mnl_attr_get_u8(xdp[IFLA_XDP_ATTACHED]) != XDP_ATTACHED_NONE;
}

static int
on_link(const struct nlmsghdr *message, void *arg)
{
	const struct each_link *e = arg;
	const struct ifinfomsg *head = mnl_nlmsg_get_payload(message);
	const struct nlattr *at[IFLA_MAX + 1] = { NULL };
	struct attributes a = { at, IFLA_MAX };
	struct live_link link = { .ifindex = (uint32_t)head->ifi_index,
		.up = (head->ifi_flags & IFF_UP) != 0,
		.carrier = (head->ifi_flags & IFF_RUNNING) != 0 };
	(void)mnl_attr_parse(message, sizeof(*head), keep_attribute, &a);
	if (at[IFLA_IFNAME] != NULL)
		strncpy(link.name, mnl_attr_get_str(at[IFLA_IFNAME]),
		    sizeof(link.name) - 1);
	if (at[IFLA_MTU] != NULL)
		link.mtu = mnl_attr_get_u32(at[IFLA_MTU]);
	if (at[IFLA_ADDRESS] != NULL &&
	    mnl_attr_get_payload_len(at[IFLA_ADDRESS]) == sizeof(link.mac))
		memcpy(link.mac, mnl_attr_get_payload(at[IFLA_ADDRESS]),
		    sizeof(link.mac));
	if (at[IFLA_LINKINFO] != NULL)
		read_link_info(at[IFLA_LINKINFO], &link);
	/* Below one that was moved into a namespace is nothing of that one. */
	if (link.vlan != 0 && at[IFLA_LINK] != NULL &&
	    at[IFLA_LINK_NETNSID] == NULL)
		link.lower = mnl_attr_get_u32(at[IFLA_LINK]);
	if (at[IFLA_XDP] != NULL)
		link.xdp = xdp_attached(at[IFLA_XDP]);
	e->each(e->arg, &link);
	return MNL_CB_OK;
}

int
live_netlink_links(struct live_netlink *n,
    void (*each)(void *arg, const struct live_link *link), void *arg)
{
	char buffer[256] = { 0 };
	struct each_link e = { each, arg };
	struct nlmsghdr *question =
	    question_new(buffer, RTM_GETLINK, NLM_F_DUMP);
	struct ifinfomsg *head =
	    mnl_nlmsg_put_extra_header(question, sizeof(*head));
	head->ifi_family = AF_UNSPEC;
	return ask(n->ask, question, ++n->sequence, on_link, &e);
}

/* --- neighbours ---------------------------------------------------------- */

struct each_neighbour {
	void (*each)(void *arg, const struct live_neighbour *neighbour);
	void *arg;
};

static bool
read_neighbour(const struct nlmsghdr *message, struct live_neighbour *neighbour)
{
	const struct ndmsg *head = mnl_nlmsg_get_payload(message);
	const struct nlattr *at[NDA_MAX + 1] = { NULL };
	struct attributes a = { at, NDA_MAX };
	*neighbour =
	    (struct live_neighbour){ .ifindex = (uint32_t)head->ndm_ifindex };
	if (head->ndm_family != AF_INET && head->ndm_family != AF_INET6)
		return false;
	(void)mnl_attr_parse(message, sizeof(*head), keep_attribute, &a);
	if (!get_address(at[NDA_DST], &neighbour->addr))
		return false;
	neighbour->stale = (head->ndm_state & NUD_STALE) != 0;
	neighbour->fixed =
	    (head->ndm_state & (NUD_PERMANENT | NUD_NOARP)) != 0 ||
	    (head->ndm_flags & NTF_EXT_LEARNED) != 0;
	neighbour->valid =
	    message->nlmsg_type == RTM_NEWNEIGH &&
	    (head->ndm_state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY |
				   NUD_PROBE | NUD_PERMANENT)) != 0 &&
	    at[NDA_LLADDR] != NULL &&
	    mnl_attr_get_payload_len(at[NDA_LLADDR]) == sizeof(neighbour->mac);
	if (neighbour->valid)
		memcpy(neighbour->mac, mnl_attr_get_payload(at[NDA_LLADDR]),
		    sizeof(neighbour->mac));
	return true;
}

static int
on_neighbour(const struct nlmsghdr *message, void *arg)
{
	const struct each_neighbour *e = arg;
	struct live_neighbour neighbour;
	if (read_neighbour(message, &neighbour))
		e->each(e->arg, &neighbour);
	return MNL_CB_OK;
}

int
live_netlink_neighbours(struct live_netlink *n,
    void (*each)(void *arg, const struct live_neighbour *neighbour), void *arg)
{
	char buffer[256] = { 0 };
	struct each_neighbour e = { each, arg };
	struct nlmsghdr *question =
	    question_new(buffer, RTM_GETNEIGH, NLM_F_DUMP);
	struct ndmsg *head =
	    mnl_nlmsg_put_extra_header(question, sizeof(*head));
	head->ndm_family = AF_UNSPEC;
	return ask(n->ask, question, ++n->sequence, on_neighbour, &e);
}

static int
ask_about(struct live_netlink *n, struct nlmsghdr *question, uint8_t flags,
    uint32_t ifindex, const struct lb_addr *addr)
{
	struct ndmsg *head =
	    mnl_nlmsg_put_extra_header(question, sizeof(*head));
	head->ndm_family = family_of(addr);
	head->ndm_ifindex = (int)ifindex;
	head->ndm_flags = flags;
	put_address(question, NDA_DST, addr);
	return ask(n->ask, question, ++n->sequence, NULL, NULL);
}

int
live_netlink_resolve(
    struct live_netlink *n, uint32_t ifindex, const struct lb_addr *addr)
{
	char buffer[256] = { 0 };
	struct nlmsghdr *question =
	    question_new(buffer, RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE);
	return ask_about(n, question, NTF_USE, ifindex, addr);
}

int
live_netlink_forget(
    struct live_netlink *n, uint32_t ifindex, const struct lb_addr *addr)
{
	char buffer[256] = { 0 };
	struct nlmsghdr *question =
	    question_new(buffer, RTM_DELNEIGH, NLM_F_ACK);
	return ask_about(n, question, 0, ifindex, addr);
}

/* --- routes -------------------------------------------------------------- */

static int
on_route(const struct nlmsghdr *message, void *arg)
{
	struct live_route *route = arg;
	const struct rtmsg *head = mnl_nlmsg_get_payload(message);
	const struct nlattr *at[RTA_MAX + 1] = { NULL };
	struct attributes a = { at, RTA_MAX };
	struct lb_addr via;
	(void)mnl_attr_parse(message, sizeof(*head), keep_attribute, &a);
	route->local = head->rtm_type == RTN_LOCAL;
	if (at[RTA_OIF] != NULL)
		route->ifindex = mnl_attr_get_u32(at[RTA_OIF]);
	if (get_address(at[RTA_GATEWAY], &via))
		route->via = via;
	if (at[RTA_VIA] != NULL && /* IPv4 by an IPv6 gateway, RFC 5549 */
	    mnl_attr_get_payload_len(at[RTA_VIA]) == 2 + sizeof(via))
		memcpy(&route->via,
		    (const char *)mnl_attr_get_payload(at[RTA_VIA]) + 2,
		    sizeof(via));
	route->prefsrc_set = get_address(at[RTA_PREFSRC], &route->prefsrc);
	return MNL_CB_OK;
}

int
live_netlink_route(
    struct live_netlink *n, const struct lb_addr *to, struct live_route *route)
{
	char buffer[256] = { 0 };
	struct nlmsghdr *question =
	    question_new(buffer, RTM_GETROUTE, NLM_F_ACK);
	struct rtmsg *head =
	    mnl_nlmsg_put_extra_header(question, sizeof(*head));
	head->rtm_family = family_of(to);
	head->rtm_dst_len = lb_addr_is_v4(to) ? 32 : 128;
	put_address(question, RTA_DST, to);
	*route = (struct live_route){ .via = *to };
	return ask(n->ask, question, ++n->sequence, on_route, route);
}

/* --- drivers' features --------------------------------------------------- */

static struct nlmsghdr *
generic_new(char *buffer, uint16_t family, uint8_t command)
{
	struct nlmsghdr *question = question_new(buffer, family, NLM_F_ACK);
	struct genlmsghdr *head =
	    mnl_nlmsg_put_extra_header(question, sizeof(*head));
	head->cmd = command;
	head->version = NETDEV_FAMILY_VERSION;
	return question;
}

static int
on_family(const struct nlmsghdr *message, void *arg)
{
	const struct nlattr *at[CTRL_ATTR_MAX + 1] = { NULL };
	struct attributes a = { at, CTRL_ATTR_MAX };
	(void)mnl_attr_parse(
	    message, sizeof(struct genlmsghdr), keep_attribute, &a);
	if (at[CTRL_ATTR_FAMILY_ID] != NULL)
		*(uint16_t *)arg = mnl_attr_get_u16(at[CTRL_ATTR_FAMILY_ID]);
	return MNL_CB_OK;
}

static int
on_device(const struct nlmsghdr *message, void *arg)
{
	const struct nlattr *at[NETDEV_ATTR_XDP + 1] = { NULL };
	struct attributes a = { at, NETDEV_ATTR_XDP };
	(void)mnl_attr_parse(
	    message, sizeof(struct genlmsghdr), keep_attribute, &a);
	if (at[NETDEV_ATTR_XDP] != NULL)
		*(int64_t *)arg =
		    (int64_t)mnl_attr_get_u64(at[NETDEV_ATTR_XDP]);
	return MNL_CB_OK;
}

int64_t
live_netlink_xdp_features(uint32_t ifindex)
{
	char buffer[256] = { 0 };
	uint16_t family = 0;
	int64_t features = -ENOENT;
	struct mnl_socket *socket = mnl_socket_open(NETLINK_GENERIC);
	if (socket == NULL)
		return -errno;
	int rc =
	    mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;
	struct nlmsghdr *question =
	    generic_new(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(question, CTRL_ATTR_FAMILY_NAME, NETDEV_FAMILY);
	if (rc == 0)
		rc = ask(socket, question, 1, on_family, &family);
	memset(buffer, 0, sizeof(buffer));
	question = generic_new(buffer, family, NETDEV_CMD_GET);
	mnl_attr_put_u32(question, NETDEV_ATTR_IFINDEX, ifindex);
	if (rc == 0)
		rc = ask(socket, question, 2, on_device, &features);
	(void)mnl_socket_close(socket);
	return rc == 0 ? features : rc;
}

/* --- hearing ------------------------------------------------------------- */

static struct mnl_socket *
hear_open(void)
{
	static const int groups[] = { RTNLGRP_LINK, RTNLGRP_NEIGH,
		RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_IFADDR,
		RTNLGRP_IPV6_ROUTE };
	struct mnl_socket *socket =
	    mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (socket == NULL)
		return NULL;
	int bytes = HEAR_BYTES;
	(void)setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE,
	    &bytes, sizeof(bytes));
	int rc = mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID);
	for (size_t i = 0; rc == 0 && i < LB_COUNT(groups); i++) {
		int group = groups[i];
		rc = mnl_socket_setsockopt(
		    socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
	}
	if (rc == 0)
		return socket;
	(void)mnl_socket_close(socket);
	return NULL;
}

struct live_netlink *
live_netlink_open(void)
{
	struct live_netlink *n = calloc(1, sizeof(*n));
	if (n == NULL)
		return NULL;
	n->hear = hear_open();
	n->ask = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (n->hear == NULL || n->ask == NULL ||
	    mnl_socket_bind(n->ask, 0, MNL_SOCKET_AUTOPID) < 0) {
		int code = errno;
		live_netlink_close(n);
		errno = code;
		return NULL;
	}
	return n;
}

void
live_netlink_close(struct live_netlink *n)
{
	if (n == NULL)
		return;
	if (n->ask != NULL)
		(void)mnl_socket_close(n->ask);
	if (n->hear != NULL)
		(void)mnl_socket_close(n->hear);
	free(n);
}

int
live_netlink_fd(const struct live_netlink *n)
{
	return mnl_socket_get_fd(n->hear);
}

struct hearing {
	const struct live_netlink_events *events;
	void *arg;
};

static int
on_event(const struct nlmsghdr *message, void *arg)
{
	const struct hearing *h = arg;
	struct live_neighbour neighbour;
	if (message->nlmsg_type != RTM_NEWNEIGH &&
	    message->nlmsg_type != RTM_DELNEIGH)
		h->events->changed(h->arg);
	else if (read_neighbour(message, &neighbour))
		h->events->neighbour(h->arg, &neighbour);
	return MNL_CB_OK;
}

void
live_netlink_hear(
    struct live_netlink *n, const struct live_netlink_events *events, void *arg)
{
	char buffer[BUFFER_BYTES];
	struct hearing h = { events, arg };
	for (;;) {
		ssize_t got =
		    mnl_socket_recvfrom(n->hear, buffer, sizeof(buffer));
		if (got > 0) {
			(void)mnl_cb_run(
			    buffer, (size_t)got, 0, 0, on_event, &h);
			continue;
		}
		if (got < 0 && errno == ENOBUFS) {
			events->lost(arg);
			continue;
		}
		return; /* nothing more to hear */
	}
}
