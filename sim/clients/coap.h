/* SPDX-License-Identifier: MIT */
#ifndef SIM_COAP_H
#define SIM_COAP_H
/*
 * CoAP devices and their servers: client_coap.c is the devices, coap_server.c
 * what answers and notifies them.
 *
 * A device lives on while its five-tuples come and go: a session is a binding
 * of its NAT.  Where it was registered the server goes on sending to the old
 * one, until a confirmable notification is not acknowledged.
 *
 * Source: RFC 7252 4.2, 4.7, 4.8; RFC 7641 3.6, 4.5; simulation.md D.3, D.4.
 */
#include "sim/clients/datagram.h"

#define SIM_COAP_TIMEOUT_NS     (2 * LB_NS_PER_S) /* ACK_TIMEOUT */
#define SIM_COAP_RANDOM_NS      (1 * LB_NS_PER_S) /* x ACK_RANDOM_FACTOR, 1.5 */
#define SIM_COAP_MAX_RETRANSMIT 4u
#define SIM_COAP_MAX_WAIT_NS    (93 * LB_NS_PER_S) /* MAX_TRANSMIT_WAIT */
#define SIM_COAP_EMPTY_BYTES    4u                 /* an ACK: its header */
#define SIM_COAP_REGISTER_BYTES                                                \
	24u /* a GET with a token, Observe and a path                          \
	     */

/* What is between a device and its server; there is one at a time (NSTART). */
enum sim_exchange { SIM_NO_EXCHANGE, SIM_REPORT, SIM_REGISTER };

struct sim_device {
	uint64_t first_ns;  /* it came on */
	uint64_t report_ns; /* the next report is due; SIM_NEVER, these all */
	uint64_t listen_ns; /* nothing heard until then: it registers again */
	uint64_t retry_ns;  /* the message is sent again, or given up */
	uint64_t asked_ns;  /* it was first sent */
	uint64_t used_ns;   /* the binding, the last time */
	uint64_t answer_ns; /* the server is done with the exchange */
	uint32_t serial;
	uint32_t session;       /* of the binding: its number */
	uint32_t bindings;      /* so far, these all */
	uint32_t reports;       /* begun */
	uint32_t exchanges;     /* the latest one's id */
	uint32_t notifications; /* that servers sent it: the latest one's id */
	uint32_t heard;         /* the latest one that arrived */
	uint32_t draw; /* of the exchange: where its variates are; a report's
			  number says, whatever came between */
	uint32_t answer_of; /* id of the exchange the server knows */
	uint16_t answer_member, answer_epoch; /* which server that is */
	uint16_t source;
	uint8_t doing; /* enum sim_exchange */
	uint8_t wants; /* bits 1 << enum sim_exchange */
	uint8_t tries; /* transmissions of the message so far */
	bool confirmable;
};

static inline struct sim_device *
sim_device_of(const struct sim_world *w, const struct sim_session *s)
{
	return (struct sim_device *)w->sources[s->source].own + s->serial;
}

/* The binding it uses. */
static inline struct sim_session *
sim_device_session(const struct sim_world *w, const struct sim_device *d)
{
	return sim_session_at(&w->sessions, d->session);
}

/* How long the transmission is waited for that brings them to `tries`; all but
 * the first wait twice as long as the one before.  first_draw: its address. */
uint64_t sim_coap_wait_ns(struct sim_world *w, enum sim_purpose purpose,
    uint32_t source, uint64_t first_draw, unsigned tries);

/* The server's part of sim_profile_coap. */
void sim_coap_at_server(struct sim_world *w, struct sim_session *s,
    const struct sim_parcel *parcel, struct sim_condition condition);
void sim_coap_server_alarm(struct sim_world *w, struct sim_session *s);

/* The device uses another binding: nobody needs this one, unless a server is
 * still to notify along it. */
void sim_coap_leave(struct sim_world *w, struct sim_session *s);

#endif
