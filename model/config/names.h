/* SPDX-License-Identifier: MIT */
#ifndef MODEL_NAMES_H
#define MODEL_NAMES_H
/* Names of things, as users read and write them.  All strings are constant;
 * a value out of range gives "?". */
#include "model/config/config.h"
#include "model/path/packet.h"
#include "model/path/result.h"

const char *lb_verdict_name(unsigned value);   /* "forward" */
const char *lb_reason_name(unsigned value);    /* "no_rule"; NONE: "none" */
const char *lb_parsed_name(unsigned value);    /* "not_ip" */
const char *lb_mode_name(unsigned value);      /* "five-tuple"; the _ANY_DST
						 rows as their plain ones */
const char *lb_algorithm_name(unsigned value); /* "maglev" */
const char *lb_proto_name(unsigned value);     /* "tcp"; 0: "all" */
const char *lb_sku_name(unsigned value);

const char *lb_forwarding_name(unsigned value);         /* "nat" */
const char *lb_assignment_name(unsigned value);         /* "lowest-free" */
const char *lb_outbound_frontends_name(unsigned value); /* "all" */
const char *lb_udp_snat_name(unsigned value);           /* "destination" */
/* HAIRPIN: "hairpin"; "observed", otherwise "always-fails" */
const char *lb_switch_key(enum lb_switch which);
const char *lb_switch_name(enum lb_switch which, bool otherwise);
const char *lb_probe_protocol_name(unsigned value); /* "tcp" */
const char *lb_admin_state_name(unsigned value);    /* "none" */
const char *lb_all_down_name(unsigned value);       /* "all-probed-down" */

/* The same word: any case, and '-', '_' and ' ' left out, so that
 * `source-ip` is Azure's `SourceIP`. */
bool lb_name_is(const char *text, const char *name);

/* Reads a distribution mode's name (ours or Azure's spelling, any case):
 * -1 when there is none. */
int lb_mode_of_name(const char *name);
int lb_algorithm_of_name(const char *name);
int lb_sku_of_name(const char *name);
int lb_proto_of_name(const char *name); /* of rules: tcp, udp, all */
int lb_forwarding_of_name(const char *name);
int lb_assignment_of_name(const char *name);
int lb_outbound_frontends_of_name(const char *name);
int lb_udp_snat_of_name(const char *name);
int lb_probe_protocol_of_name(const char *name);
int lb_dns_type_of_name(const char *name); /* "aaaa": 28 */
int lb_admin_state_of_name(const char *name);
int lb_all_down_of_name(const char *name);

/* A hash key as 32 hexadecimal digits; returns text. */
#define LB_HASH_KEY_TEXT 33u
char *lb_hash_key_text(const uint8_t key[16], char text[LB_HASH_KEY_TEXT]);

/* Writes an address as text (RFC 5952); returns text.  46 bytes suffice. */
char *lb_addr_text(const struct lb_addr *addr, char *text, size_t bytes);

/* "203.0.113.10:5683", "[2001:db8::1]:80"; of port 0, any, the address alone;
 * returns text. */
#define LB_ADDR_PORT_TEXT 54u
char *lb_addr_port_text(
    const struct lb_addr *addr, uint16_t port, char *text, size_t bytes);
/* Reads either family; false when it is no address. */
bool lb_addr_of_text(const char *text, struct lb_addr *addr);

#endif
