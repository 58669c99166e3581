/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MODEL_PATH_SITE_H
#define TESTS_MODEL_PATH_SITE_H
/*
 * A balancer with members that talk to the world: a pool p of m0, m1.. at
 * 10.0.0.1.., frontends f0, f1.. at 203.0.113.1.., remotes A, B.. at
 * 198.51.100.1...  Whatever leaves, its bytes are looked at (invariant 4).
 */
#include "model/path/step.h"

#include "model/tables/world.h"
#include "tests/model/plan_text.h"

#define T0     1000u
#define MINUTE 60000u

#define TCP LB_PROTO_TCP
#define UDP LB_PROTO_UDP
#define SYN LB_TCP_SYN
#define ACK LB_TCP_ACK

#define OUT_OF(f, ports, more)                                                 \
	"outbound_rules: [{ name: o, pool: p, frontends: " f                   \
	", ports_per_member: " ports more " }]\n"
#define OUT(ports) OUT_OF("[f0]", ports, "")

struct site {
	struct made made;
	struct lb_world *world;
	uint32_t now_ms;
	struct lb_packet pkt;
	struct lb_result result;
};

/* Of the connection table of the next one that opens. */
extern unsigned site_entries;

/* n members, f frontends; `head` goes on with load_balancer, `rest` is what
 * follows the rule for f0's port 80. */
void site_open(
    struct site *s, unsigned n, unsigned f, const char *head, const char *rest);
void site_swap(
    struct site *s, unsigned n, unsigned f, const char *head, const char *rest);
/* The whole configuration. */
void site_open_text(struct site *s, const char *text);
void site_close(struct site *s);

struct lb_addr address(unsigned a, unsigned b, unsigned c, unsigned d);
struct lb_addr remote(unsigned i);
struct lb_addr member(unsigned i);

/* One end to another; flags of TCP. */
const struct lb_result *say(struct site *s, uint8_t proto, struct lb_addr src,
    uint16_t sport, struct lb_addr dst, uint16_t dport, uint8_t flags);

/* Member m opens, or goes on with, a flow; its public port, 0: it was
 * dropped. */
uint16_t leaves(struct site *s, uint8_t proto, unsigned m, uint16_t sport,
    unsigned to, uint16_t dport, uint8_t flags);

/* Everything whose time has come ends: so many outbound flows. */
uint32_t expire(struct site *s, uint32_t now_ms);

#endif
