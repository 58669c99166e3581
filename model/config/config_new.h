/* SPDX-License-Identifier: MIT */
#ifndef MODEL_CONFIG_NEW_H
#define MODEL_CONFIG_NEW_H
/*
 * Configurations in the making: what a thing is before anybody has said
 * anything about it.  For those who build one piece by piece: the YAML
 * reader, the importer, tests.
 */
#include "model/config/config.h"
#include "model/path/packet.h"

#define LB_ENTRIES_DEFAULT           UINT64_C(1000000)
#define LB_ENTRIES6_PART             8u /* entries6 is by default 1/8 of entries */
#define LB_TABLE_SIZE_DEFAULT        65537u
#define LB_IDLE_TIMEOUT_DEFAULT_MS   UINT64_C(240000)
#define LB_PROBE_INTERVAL_DEFAULT_MS UINT64_C(15000) /* Azure's API's */

/* Empty, sku standard.  NULL without memory. */
struct lb_config *lb_config_new(void);

void lb_config_rule_init(struct lb_config_rule *rule);
void lb_config_nat_init(struct lb_config_nat *nat);
void lb_config_outbound_init(struct lb_config_outbound *outbound);
void lb_config_probe_init(struct lb_config_probe *probe);

#endif
