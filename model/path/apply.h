/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_APPLY_H
#define MODEL_PATH_APPLY_H
/*
 * An edit carried out on the bytes.  Checksums are updated, never reckoned
 * anew (RFC 1624), so that one that came wrong leaves wrong by the same
 * amount.
 *
 *   UDP over IPv4   0 stays 0 (none); a computed 0 is sent as 0xffff
 *   UDP over IPv6   0 is left; it was wrong before
 *   later fragment  has no L4 header
 *   ICMP error      the quoted packet's addresses, port, IP checksum and,
 *                   where quoted, L4 checksum; then ICMP's own by all deltas
 *   echo            a request turned into its reply; TTL or hop limit are for
 *                   who sends it
 */
#include "model/path/result.h"

/*
 * lb_apply - carry out an edit.
 *
 * data, end   the frame that the edit's offsets were parsed from.
 *
 * Returns 0, or -1 with nothing more changed when a header lies beyond end
 * (not possible for the packet that the edit was made from).
 * Cost:    constant.  Targets: both.
 */
LB_API int lb_apply(
    uint8_t *data, const uint8_t *end, const struct lb_edit *edit);

#endif
