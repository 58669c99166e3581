/* SPDX-License-Identifier: MIT */
#include "model/path/apply.h"
#include "model/path/packet.h"

/* Headers start below this; parse never finds one further (packet.h's
 * limits), and the verifier needs to hear it. */
#define OFFSET_MAX 0x7fffu

/*
 * What a change adds to a ones' complement sum: ~old + new over the words
 * that changed.  Kept folded to 16 bits between steps; what follows an edit
 * is then an addition and one end-around carry.
 */
LB_INLINE uint32_t
fold(uint64_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)((sum & 0xffff) + (sum >> 16));
}

LB_INLINE uint64_t
delta32(uint32_t old, uint32_t new)
{
	return (uint64_t)(uint32_t)~old + new;
}

LB_INLINE uint32_t
delta16(uint32_t old, uint32_t new)
{
	return (~old & 0xffff) + new;
}

/* RFC 1624 equation 3, delta folded.  Byte order does not matter: RFC 1071
 * 2 (B). */
LB_INLINE uint32_t
checksum_after(uint32_t checksum, uint32_t delta)
{
	uint32_t sum = (~checksum & 0xffff) + delta;
	return ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
}

/* Writes a checksum and returns what that itself changed. */
LB_INLINE uint32_t
update(uint8_t *checksum, uint32_t delta)
{
	uint32_t old = lb_load16(checksum);
	uint32_t new = checksum_after(old, delta);
	lb_store16(checksum, (uint16_t) new);
	return delta16(old, new);
}

/* RFC 768: 0 means "none", so a reckoned 0 goes out as its twin. */
LB_INLINE uint32_t
update_udp(uint8_t *checksum, uint32_t delta)
{
	uint32_t old = lb_load16(checksum);
	if (old == 0)
		return 0;
	uint32_t new = checksum_after(old, delta);
	if (new == 0)
		new = 0xffff;
	lb_store16(checksum, (uint16_t) new);
	return delta16(old, new);
}

LB_INLINE uint64_t
put_address4(uint8_t *at, const struct lb_addr *new)
{
	uint32_t old = lb_load32(at);
	lb_store32(at, lb_addr_v4_raw(new));
	return delta32(old, lb_addr_v4_raw(new));
}

LB_INLINE uint64_t
put_address6(uint8_t *at, const struct lb_addr *new)
{
	uint64_t delta = 0;
	for (uint32_t i = 0; i < 2; i++) {
		uint64_t old = lb_load64(at + 8 * i);
		lb_store64(at + 8 * i, new->word[i]);
		delta += delta32((uint32_t)old, (uint32_t) new->word[i]);
		delta += delta32(
		    (uint32_t)(old >> 32), (uint32_t)(new->word[i] >> 32));
	}
	return delta;
}

LB_INLINE uint32_t
put_port(uint8_t *at, lb_be16 new)
{
	uint16_t old = lb_load16(at);
	lb_store16(at, new.raw);
	return delta16(old, new.raw);
}

/* The outer addresses.  *delta: what a pseudo-header's checksum must hear. */
LB_INLINE int
apply_addresses(uint8_t *ip, const uint8_t *end, const struct lb_edit *edit,
    uint32_t *delta)
{
	uint64_t sum = 0;
	if (edit->family == 4) {
		if (ip + 20 > end)
			return -1;
		if ((edit->what & LB_EDIT_SRC) != 0)
			sum += put_address4(ip + 12, &edit->src);
		if ((edit->what & LB_EDIT_DST) != 0)
			sum += put_address4(ip + 16, &edit->dst);
		*delta = fold(sum);
		if (sum != 0)
			(void)update(ip + 10, *delta);
		return 0;
	}
	if (ip + 40 > end)
		return -1;
	if ((edit->what & LB_EDIT_SRC) != 0)
		sum += put_address6(ip + 8, &edit->src);
	if ((edit->what & LB_EDIT_DST) != 0)
		sum += put_address6(ip + 24, &edit->dst);
	*delta = fold(sum);
	return 0;
}

LB_INLINE int
apply_transport(
    uint8_t *l4, const uint8_t *end, const struct lb_edit *edit, uint32_t delta)
{
	if (l4 + 8 > end)
		return -1;
	if ((edit->what & LB_EDIT_SPORT) != 0)
		delta = fold((uint64_t)delta + put_port(l4, edit->sport));
	if ((edit->what & LB_EDIT_DPORT) != 0)
		delta = fold((uint64_t)delta + put_port(l4 + 2, edit->dport));
	if (edit->proto == LB_PROTO_UDP) {
		(void)update_udp(l4 + 6, delta);
		return 0;
	}
	if (l4 + 18 > end)
		return -1;
	(void)update(l4 + 16, delta);
	return 0;
}

/* The quoted packet's checksums: what of them was quoted. */
LB_INLINE uint32_t
apply_quoted_transport(
    uint8_t *l4, const uint8_t *end, const struct lb_edit *edit, uint32_t delta)
{
	if (edit->quoted_proto == LB_PROTO_UDP) {
		if (edit->quoted_bytes >= 8 && l4 + 8 <= end)
			return update_udp(l4 + 6, delta);
	} else if (edit->quoted_bytes >= 18 && l4 + 18 <= end) {
		return update(l4 + 16, delta);
	}
	return 0;
}

/* One endpoint of the quoted packet.  Returns 0; *delta grows by every byte
 * that changed, for the ICMP checksum. */
LB_INLINE int
apply_quoted(uint8_t *data, const uint8_t *end, const struct lb_edit *edit,
    uint32_t *delta)
{
	const bool src = (edit->what & LB_EDIT_QUOTED_SRC) != 0;
	if (edit->quoted_l3 > OFFSET_MAX || edit->quoted_l4 > OFFSET_MAX)
		return -1;
	uint8_t *ip = data + lb_bound(edit->quoted_l3, OFFSET_MAX);
	uint32_t moved; /* in the quoted pseudo-header */
	uint64_t other = 0;
	if (edit->family == 4) {
		if (ip + 20 > end)
			return -1;
		moved = fold(put_address4(ip + (src ? 12 : 16), &edit->quoted));
		other = update(ip + 10, moved);
	} else {
		if (ip + 40 > end)
			return -1;
		moved = fold(put_address6(ip + (src ? 8 : 24), &edit->quoted));
	}
	uint8_t *ports = data + lb_bound(edit->quoted_l4, OFFSET_MAX);
	/* An offset that the verifier can't tell undoes the check before. */
	uint8_t *port = ports + lb_bound(src ? 0 : 2, 2);
	if (ports + 4 > end || port + 2 > end)
		return -1;
	moved = fold((uint64_t)moved + put_port(port, edit->quoted_port));
	other += apply_quoted_transport(ports, end, edit, moved);
	*delta = fold(other + moved + *delta);
	return 0;
}

/* The type alone changes: RFC 792, RFC 4443 4.2. */
LB_INLINE uint32_t
turn_echo(uint8_t *l4, uint32_t family)
{
	uint16_t old = lb_load16(l4);
	l4[0] = family == 4 ? LB_ECHO_REPLY4 : LB_ECHO_REPLY6;
	return delta16(old, lb_load16(l4));
}

LB_INLINE int
apply_icmp(uint8_t *data, const uint8_t *end, uint8_t *l4,
    const struct lb_edit *edit, uint32_t delta)
{
	/* ICMPv6 covers the addresses (RFC 4443 2.3), ICMP does not. */
	if (edit->family == 4)
		delta = 0;
	if ((edit->what & (LB_EDIT_QUOTED_SRC | LB_EDIT_QUOTED_DST)) != 0 &&
	    apply_quoted(data, end, edit, &delta) != 0)
		return -1;
	if (l4 + 8 > end)
		return -1;
	if ((edit->what & LB_EDIT_ECHO) != 0)
		delta = fold((uint64_t)delta + turn_echo(l4, edit->family));
	if (delta != 0)
		(void)update(l4 + 2, delta);
	/* A reply may be nothing but zeros, whose checksum is not 0; to all
	 * others both are the same. */
	if ((edit->what & LB_EDIT_ECHO) != 0 && lb_load16(l4 + 2) == 0)
		lb_store16(l4 + 2, 0xffff);
	return 0;
}

/*
 * A header at an offset.  `usual` is where it nearly always is: guessed right,
 * nothing waits for the offset (as in packet.c).
 */
LB_INLINE uint8_t *
header_to_edit(uint8_t *data, uint32_t at, uint32_t usual)
{
	if (LB_LIKELY(at == usual))
		return data + usual;
	lb_forget(at);
	return data + (at <= OFFSET_MAX ? at : OFFSET_MAX);
}

LB_API int
lb_apply(uint8_t *data, const uint8_t *end, const struct lb_edit *edit)
{
	uint32_t delta = 0;
	if (edit->what == 0)
		return 0;
	uint8_t *ip = header_to_edit(data, edit->l3, 14);
	uint8_t *l4 =
	    header_to_edit(data, edit->l4, edit->family == 4 ? 34 : 54);
	if (apply_addresses(ip, end, edit, &delta) != 0)
		return -1;
	if (edit->fragment == LB_FRAGMENT_LATER)
		return 0;
	if (edit->proto == LB_PROTO_TCP || edit->proto == LB_PROTO_UDP)
		return apply_transport(l4, end, edit, delta);
	return apply_icmp(data, end, l4, edit, delta);
}
