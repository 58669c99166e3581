/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_STEP_H
#define MODEL_PATH_STEP_H
/*
 * The engine's one entry point.  Read this second, after packet.h.
 *
 *   bytes  -> lb_parse() -> struct lb_packet
 *   packet -> lb_step()  -> struct lb_result        (the tables change here)
 *   result -> lb_apply() -> bytes
 */
#include "model/path/packet.h"
#include "model/path/result.h"

/*
 * lb_step - decide one packet.
 *
 * ctx      the world (base.h).
 * pkt      a packet that lb_parse() called LB_PARSED.
 * now_ms   path time: milliseconds since the tables were made, modulo 2^32.
 *          May lag behind what another CPU wrote by up to 2^31.
 * out      written whole.
 *
 * Changes only the connection table of ctx.  No errors: what is wrong with a
 * packet is a verdict.
 * Cost:    constant.  Targets: both.
 * Source:  design.md 2; Azure Load Balancer documentation as cited there.
 */
LB_API void lb_step(uint64_t ctx, const struct lb_packet *pkt, uint32_t now_ms,
    struct lb_result *out);

#endif
