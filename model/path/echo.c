/* SPDX-License-Identifier: MIT */
/*
 * Echo requests to a frontend: answered by the balancer, never by a member.
 *
 *     somebody is up            the reply
 *     members, and nobody is    dropped, no_healthy_backend: whoever forwards
 *                               may say "host unreachable"
 *     no member, or no rule     dropped, no_rule: silence
 *     more than 64 bytes        dropped, echo_too_big
 *
 * It costs less than forwarding and sends no more than came, so there is no
 * limit to it.
 *
 * Source: azure-load-balancer.md 5.8; who may be answered: RFC 1122 3.2.1.3,
 * RFC 4443 4.2.
 */
#include "model/path/view.h"

#define ECHO_BYTES_MAX 64u /* ICMP header and data */

/* Is this a host's own address, and not everybody's or nobody's?  (RFC 6890;
 * IPv4 in the order of the wire.) */
LB_INLINE bool
is_host_address(const struct lb_addr *addr, bool six)
{
	uint32_t first = (uint32_t)addr->word[0] & 0xff;
	if (six)
		return first != 0xff &&
		       (addr->word[0] != 0 ||
			   __builtin_bswap64(addr->word[1]) > 1);
	first = lb_addr_v4_raw(addr) & 0xff;
	return first != 0 && first != 127 && first < 224;
}

/* Is a member of any of the frontend's rules eligible?  Then it has slots in
 * the rule's lookup table, and who has none leaves the first one free. */
LB_INLINE bool
somebody_is_up(const struct lb_view *v, const struct lb_rule *rule)
{
	for (uint32_t i = 0; i < LB_ECHO_RULES_MAX; i++) {
		if (rule == NULL)
			return false;
		if (lb_lut_member(v->ctx, rule->lut, 0) != LB_NONE)
			return true;
		rule = lb_rule_of(v, rule->next_echo);
	}
	return false;
}

LB_COLD void
lb_echo(const struct lb_view *v)
{
	const struct lb_packet *pkt = v->pkt;
	const struct lb_headers *ip = &pkt->ip;
	struct lb_edit *edit = &v->out->edit;
	const uint64_t *slot = lb_endpoint_find(
	    v, &ip->dst, (lb_be16){ 0 }, 0, LB_ENDPOINT_ADDRESS);
	if (slot == NULL || (lb_slot_flags(slot) & LB_ADDRESS_FRONTEND) == 0)
		return;
	if ((pkt->notes & LB_NOTE_L4_BAD) != 0 ||
	    !is_host_address(&ip->src, v->six)) {
		lb_say(v, LB_DROP, LB_REASON_MALFORMED);
		return;
	}
	if (ip->fragment != LB_FRAGMENT_NO) {
		lb_say(v, LB_DROP, LB_REASON_FRAGMENT);
		return;
	}
	if (ip->l4_bytes > ECHO_BYTES_MAX) {
		lb_say(v, LB_DROP, LB_REASON_ECHO_TOO_BIG);
		return;
	}
	slot = lb_endpoint_find(
	    v, &ip->dst, (lb_be16){ 0 }, ip->proto, LB_ENDPOINT_FRONTEND);
	if (slot == NULL) {
		lb_say(v, LB_DROP, LB_REASON_NO_RULE);
		return;
	}
	if (!somebody_is_up(v, lb_rule_of(v, lb_slot_rule(slot)))) {
		lb_say(v, LB_DROP, LB_REASON_NO_HEALTHY_BACKEND);
		return;
	}
	lb_say(v, LB_ANSWER, LB_REASON_NONE);
	edit->src = ip->dst;
	edit->dst = ip->src;
	edit->what |= LB_EDIT_SRC | LB_EDIT_DST | LB_EDIT_ECHO;
}
