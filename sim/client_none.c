/* SPDX-License-Identifier: MIT */
/* Profiles that nobody plays yet. */
#include "sim/world.h"

const struct sim_profile sim_profile_dns = { .proto = LB_PROTO_UDP };
const struct sim_profile sim_profile_udp = { .proto = LB_PROTO_UDP };
const struct sim_profile sim_profile_coap = { .proto = LB_PROTO_UDP };
