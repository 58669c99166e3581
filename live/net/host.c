/* SPDX-License-Identifier: MIT */
#include "live/net/host.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/path/plan.h"

/* false: of another family. */
static bool
addr_of(const struct sockaddr *from, struct lb_addr *addr)
{
	if (from != NULL && from->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, from, sizeof(in));
		*addr = lb_addr_v4(in.sin_addr.s_addr);
		return true;
	}
	if (from != NULL && from->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, from, sizeof(in6));
		memcpy(addr, &in6.sin6_addr, sizeof(*addr));
		return true;
	}
	return false;
}

/* Bits of the 128 that a netmask has. */
static unsigned
prefix_of(const struct sockaddr *netmask)
{
	struct lb_addr mask;
	if (!addr_of(netmask, &mask))
		return 128;
	if (netmask->sa_family == AF_INET)
		return 96 + (unsigned)__builtin_popcount(lb_addr_v4_raw(&mask));
	return (unsigned)(__builtin_popcountll(mask.word[0]) +
			  __builtin_popcountll(mask.word[1]));
}

static bool
in_subnet(const struct lb_addr *addr, const struct lb_config_subnet *subnet)
{
	uint8_t a[16], b[16];
	memcpy(a, addr, sizeof(a));
	memcpy(b, &subnet->address, sizeof(b));
	unsigned whole = subnet->prefix / 8, rest = subnet->prefix % 8;
	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 ||
	       ((a[whole] ^ b[whole]) & (0xff00u >> rest) & 0xff) == 0;
}

static bool
has_member(
    const struct lb_config *config, const struct lb_config_subnet *subnet)
{
	for (size_t p = 0; p < config->pool_count; p++)
		for (size_t m = 0; m < config->pools[p].member_count; m++)
			if (in_subnet(
				&config->pools[p].members[m].address, subnet))
				return true;
	return false;
}

static int
add_address(struct lb_config *config, const struct lb_addr *addr)
{
	for (size_t i = 0; i < config->frontend_count; i++)
		if (lb_addr_same(&config->frontends[i].address, addr))
			return 0;
	for (size_t i = 0; i < config->local_address_count; i++)
		if (lb_addr_same(&config->local_addresses[i], addr))
			return 0;
	size_t count = config->local_address_count;
	struct lb_addr *more =
	    reallocarray(config->local_addresses, count + 1, sizeof(*more));
	if (more == NULL)
		return -ENOMEM;
	more[count] = *addr;
	config->local_addresses = more;
	config->local_address_count = count + 1;
	return 0;
}

static int
add_subnet(struct lb_config *config, const struct lb_config_subnet *subnet)
{
	size_t count = config->local_subnet_count;
	if (!has_member(config, subnet) || count >= LB_SUBNET_MAX)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (config->local_subnets[i].prefix == subnet->prefix &&
		    in_subnet(&config->local_subnets[i].address, subnet))
			return 0;
	struct lb_config_subnet *more =
	    reallocarray(config->local_subnets, count + 1, sizeof(*more));
	if (more == NULL)
		return -ENOMEM;
	more[count] = *subnet;
	config->local_subnets = more;
	config->local_subnet_count = count + 1;
	return 0;
}

int
live_host_complete(struct lb_config *config)
{
	struct ifaddrs *all;
	int rc = 0;
	if (getifaddrs(&all) != 0)
		return -errno;
	for (const struct ifaddrs *i = all; rc == 0 && i != NULL;
	     i = i->ifa_next) {
		struct lb_config_subnet subnet;
		if (!addr_of(i->ifa_addr, &subnet.address))
			continue;
		subnet.prefix = prefix_of(i->ifa_netmask);
		rc = add_address(config, &subnet.address);
		if (rc == 0)
			rc = add_subnet(config, &subnet);
	}
	freeifaddrs(all);
	return rc;
}

/* FNV-1a. */
static uint64_t
digest_add(uint64_t digest, const void *bytes, size_t count)
{
	const uint8_t *b = bytes;
	for (size_t i = 0; i < count; i++)
		digest = (digest ^ b[i]) * UINT64_C(0x100000001b3);
	return digest;
}

uint64_t
live_host_digest(void)
{
	struct ifaddrs *all;
	struct lb_addr addr;
	uint64_t digest = UINT64_C(0xcbf29ce484222325);
	if (getifaddrs(&all) != 0)
		return 0;
	for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
		if (!addr_of(i->ifa_addr, &addr))
			continue;
		const uint32_t prefix = prefix_of(i->ifa_netmask);
		digest = digest_add(digest, &addr, sizeof(addr));
		digest = digest_add(digest, &prefix, sizeof(prefix));
	}
	freeifaddrs(all);
	return digest;
}

int
live_host_each(void (*each)(void *arg, const struct lb_addr *addr), void *arg)
{
	struct ifaddrs *all;
	struct lb_addr own;
	if (getifaddrs(&all) != 0)
		return -errno;
	for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next)
		if (addr_of(i->ifa_addr, &own))
			each(arg, &own);
	freeifaddrs(all);
	return 0;
}

struct wanted {
	const struct lb_addr *addr;
	bool found;
};

static void
compare(void *arg, const struct lb_addr *own)
{
	struct wanted *wanted = arg;
	wanted->found |= lb_addr_same(own, wanted->addr);
}

bool
live_host_has(const struct lb_addr *addr)
{
	struct wanted wanted = { addr, false };
	return live_host_each(compare, &wanted) == 0 && wanted.found;
}

int
live_host_forwards(const char *interface, bool six)
{
	char path[128], value = '0';
	(void)snprintf(path, sizeof(path), "/proc/sys/net/ipv%c/conf/%s/%s",
	    six ? '6' : '4', interface, "forwarding");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t got = read(fd, &value, 1);
	(void)close(fd);
	return got == 1 ? value != '0' : -EIO;
}
